//! `crank`.

use std::path::PathBuf;

use homeostat_chain::send::fits;
use homeostat_chain::signer::read_address;
use homeostat_chain::Live;
use homeostat_client::{Instruction, Pubkey};
use homeostat_keeper::lookup_table;
use homeostat_settings::human::when;

use super::delivery::SendArgs;
use super::key::Key;
use super::plain::signed;
use super::{Context, WhichArgs};
use crate::failure::Failure;

/// Arguments of `crank`.
#[derive(Clone, Debug, clap::Args)]
pub struct CrankArgs {
    /// A lookup table that begins with the economy, where its crank fits no packet without one;
    /// may be given several times [default: that of --record, else the one of the own key]
    #[arg(long, value_name = "ADDRESS", help_heading = "Economy")]
    pub lookup_table: Vec<String>,

    /// The keeper's record of its lookup tables
    #[arg(long, value_name = "FILE", help_heading = "Economy")]
    pub record: Option<PathBuf>,

    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

impl CrankArgs {
    /// Has the table used that a crank needs to fit a packet. It is looked for only then.
    fn table(
        &self,
        context: &Context,
        live: &Live,
        own: &Key,
        crank: &Instruction,
    ) -> Result<(), Failure> {
        let payer = self.send.payer(own)?.address();
        if fits(&payer, core::slice::from_ref(crank)) {
            return Ok(());
        }
        let named = self.lookup_table.iter();
        let named = named.map(|table| read_address(table, "--lookup-table"));
        let named: Vec<Pubkey> = named.collect::<Result<_, Failure>>()?;
        let economy = &live.at.economy;
        let record = self.record.clone();
        let own = own.address();
        match lookup_table(&context.connection, &own, economy, &named, record)? {
            Some(table) => {
                context.use_table(table);
                Ok(())
            }
            None => Err(Failure::new(
                "needs_table",
                format!("the crank of {economy} does not fit a packet without a lookup table"),
            )
            .remedy(
                "name one with --lookup-table, or a keeper's record of them with --record; \
                 `homeostat keeper` makes one",
            )),
        }
    }
}

/// `crank`: ends the period; whoever does it gets the bounty.
///
/// # Errors
///
/// It is too early; what the cluster refuses.
pub fn crank(context: &Context, arguments: &CrankArgs) -> Result<(), Failure> {
    let live = context.live(&arguments.which)?;
    let own = context.actor(&arguments.send)?;
    let now = context.connection.clock()?.unix_timestamp;
    let end = live.economy.next_end;
    if live.life() == "live" && now < end {
        return Err(
            Failure::new("too_early", "the period is not over yet").remedy(format!(
                "it ends {}; `homeostat preview` shows what the crank would do now",
                when(end, now)
            )),
        );
    }
    let crank = live.crank(&own.address());
    arguments.table(context, &live, &own, &crank)?;
    let what = format!(
        "end period {}",
        live.economy.totals.periods.saturating_add(1)
    );
    let send = (&arguments.send, &own);
    signed(context, &live, send, ("crank", what), vec![crank])
}
