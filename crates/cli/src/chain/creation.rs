//! `create-economy`, and [`go_live`], which ends what it began.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use homeostat_chain::creation::{Creation, Stage};
use homeostat_chain::send::pack;
use homeostat_chain::send::BASE_FEE;
use homeostat_chain::signer::read_address;
use homeostat_chain::{live, program, squads};
use homeostat_client::{Council, Economy, Instruction, Pubkey};
use homeostat_settings::economy_file::read_economy;
use homeostat_settings::files;
use homeostat_settings::human::sol;
use schemars::JsonSchema;
use serde::Serialize;

use super::delivery::{Delivery, SendArgs};
use super::key::Key;
use super::recipients::{AllowArgs, Check};
use super::refused::fitting;
use super::write::{ClusterAnswer, HandedOver, Sent, Simulated};
use super::{Answer, ClusterArgs, Context};
use crate::failure::Failure;

mod handed;
mod opening;
mod shown;

pub(super) use opening::before_go_live;
pub use opening::{go_live, GoLiveArgs};

/// What `create-economy --help` closes with.
pub const AFTER_LONG_HELP: &str = "\
The file is that of `homeostat demo --economy` (its help lists [economy], [forecast] and [controllers]), and

  [council]
  members    = [\"ADDRESS\", …]     1 to 15; for one that a program signs for, such as a multisig's
                                  vault: { key = \"ADDRESS\", via = \"PROGRAM\" }
  threshold  = 2                  approvals that a proposal needs
  guardian   = \"ADDRESS\"          pauses and vetoes; no member
  [council.delays]                optional; seconds or \"2 d\", and a fraction of the stake
  routine = 21600, standard = 172800, critical = 518400, grace = 604800, staker_veto = 0.334

  [[pool]]                        a liquidity pool, any number up to 7
  stake_mint = \"ADDRESS\"         the AMM's LP mint
  amm_vault  = \"ADDRESS\"         the AMM's account of the economy's token, which is measured
  weight     = 1                  share of the liquidity emission, relative to the other pools'

  [[feed]]                        a quantity from outside, up to 4: feed_0, feed_1, …
  label      = \"SOL/USD\"         what is reported and its unit, 1 to 16 bytes
  reporters  = [\"ADDRESS\", …]     1 to 7
  quorum     = 2                  fewest reports that make a reading; more than half [default: that]
  max_spread = 0.05               distance from the median up to which a report counts
  max_age    = 3600               age up to which a report counts (seconds)

A controller can follow a feed of the file: metric, feed_forward and reference know its name. A pool
of the Draft stays as it was made; label, reporters and rules of a feed can be changed.

Without [council] the Draft has none, and cannot go live: add it and run again. Before it goes
live every member and the guardian sign once, `homeostat accept-role member` and `… guardian`, so
that no mistyped address is among them; `homeostat status` shows who has not. The creator's own
seat is accepted by `create-economy`.

The vault of a multisig as the creator: --squads MULTISIG stores what is missing there (--keypair is
a member and pays; the vault pays the rents). Its members approve the transactions and execute them
in order; a run before they have stores nothing twice.

The economy is a Draft afterwards: change the file and run again until it is right. Where a run
was stopped, the next one goes on; where nothing is missing, nothing is sent. `name` and `supply`
are for the demo: the token's supply is the mint's.";

/// Arguments of `create-economy`.
#[derive(Clone, Debug, clap::Args)]
pub struct CreateArgs {
    /// Economy file (TOML); `--config FILE.toml` means the same
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The economy's token
    #[arg(long, value_name = "ADDRESS")]
    pub mint: String,
    /// Go on where a target of [forecast] cannot be reached, with the nearest that can
    #[arg(long)]
    pub nearest_targets: bool,
    #[command(flatten)]
    allow: AllowArgs,
    #[command(flatten)]
    pub(crate) send: SendArgs,
}

/// The answer of `create-economy`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Created {
    /// The command.
    pub command: String,
    /// Where.
    pub cluster: ClusterAnswer,
    /// The economy.
    pub economy: String,
    /// Its token.
    pub mint: String,
    /// Signs for its vaults; a token of the mode `mint` needs it as its mint authority.
    pub authority: String,
    /// Bounties are paid from here: anybody can send lamports to it.
    pub keeper_vault: String,
    /// Its council; absent before there is one.
    pub council: Option<String>,
    /// `absent`, `draft`, `live` or `retired`.
    pub life: String,
    /// What was missing when the command began.
    pub steps: Vec<StepAnswer>,
    /// The transactions that made it.
    pub transactions: Vec<Sent>,
    /// With `--squads`: what its members have to approve and execute, in this order.
    pub handed_over: Vec<HandedOver>,
    /// With `--simulate`: what the first transaction would change. Those after it depend
    /// on it.
    pub simulated: Option<Simulated>,
    /// Whether nothing is missing of what the file says.
    pub complete: bool,
    /// What `go-live` will ask for.
    pub before_go_live: Vec<String>,
}

/// A step.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StepAnswer {
    /// What it does.
    pub what: String,
    /// Rent that it locks at most.
    pub rent_lamports: u64,
}

impl Answer for Created {
    fn display(&self, out: &mut dyn Write) -> io::Result<()> {
        if let Some(simulated) = &self.simulated {
            let units = simulated.compute_units;
            writeln!(
                out,
                "the first transaction would go through ({units} compute units); those after it \
                 depend on it"
            )?;
            return simulated.display(out);
        }
        if let (Some(first), Some(last)) = (self.handed_over.first(), self.handed_over.last()) {
            writeln!(
                out,
                "waits for approval in Squads: numbers {} to {} of {}, to be executed in this \
                 order; then run this again, which shows what is missing",
                first.transaction_index, last.transaction_index, first.multisig
            )?;
            return writeln!(out, "  economy    {}", self.economy);
        }
        if !self.complete {
            return writeln!(
                out,
                "all that is missing waits in the multisig: nothing was stored"
            );
        }
        match (self.life.as_str(), self.transactions.len()) {
            ("draft", 0) => writeln!(out, "complete already: nothing was sent")?,
            ("draft", count) => writeln!(out, "done in {count} transactions")?,
            (life, _) => writeln!(
                out,
                "the economy is {life}: nothing was sent; its council changes it from here on \
                 (`homeostat proposals`)"
            )?,
        }
        writeln!(out, "  economy    {}", self.economy)?;
        for missing in &self.before_go_live {
            writeln!(out, "before go-live: {missing}")?;
        }
        if self.life == "draft" && self.before_go_live.is_empty() {
            writeln!(out, "next: homeostat go-live --economy {}", self.economy)?;
        }
        Ok(())
    }
}

impl CreateArgs {
    /// Refuses what would have to be signed elsewhere.
    ///
    /// # Errors
    ///
    /// It is neither sent, nor tried out, nor stored in a multisig.
    pub fn here_only(&self) -> Result<(), Failure> {
        match self.send.delivery() {
            Delivery::Send | Delivery::Simulate | Delivery::Squads { .. } => Ok(()),
            Delivery::Prepare(_) | Delivery::SignOnly(_) | Delivery::Export(_) => Err(Failure::new(
                "signed_here_only",
                "an economy is created in several transactions, of which each needs the one before",
            )
            .remedy(
                "create it with a key that is here, or with --squads alone; nothing of it is final \
                 before go-live, which takes --prepare",
            )),
        }
    }

    /// The economy file. The Solana command line's `--config` is never TOML: one that is
    /// names the economy, and is taken out of `cluster`.
    ///
    /// # Errors
    ///
    /// None is named.
    pub fn take_file(&self, cluster: &mut ClusterArgs) -> Result<PathBuf, Failure> {
        if let Some(file) = &self.file {
            return Ok(file.clone());
        }
        let toml = |file: &mut String| file.ends_with(".toml");
        cluster
            .config
            .take_if(toml)
            .map(PathBuf::from)
            .ok_or_else(|| {
                Failure::new("no_file", "which economy file?").remedy(
                    "name it: `homeostat create-economy economy.toml --mint ADDRESS`; \
                     examples/economy.toml has every key",
                )
            })
    }
}

/// `create-economy`: makes what a Draft lacks of what `file` says.
///
/// # Errors
///
/// What is wrong with file, mint or wallet, before anything is sent; what the cluster
/// refuses. Whatever was sent before stays, and the next run goes on there.
pub fn create(context: &Context, arguments: &CreateArgs, file: &Path) -> Result<(), Failure> {
    let send = &arguments.send;
    let (simulate, multisig) = match send.delivery() {
        Delivery::Simulate => (true, None),
        Delivery::Squads { multisig, simulate } => (simulate, Some(multisig)),
        _ => (false, None),
    };
    let spec = read_economy(&files::read(file)?, &file.display().to_string())?;
    if arguments.nearest_targets {
        for finding in &spec.findings {
            context.say(&format!("nearest target: {}", finding.text));
        }
    } else {
        spec.require_reachable(
            "change [forecast] as it says, or add --nearest-targets; nothing was sent",
        )?;
    }
    let mint = read_address(&arguments.mint, "--mint")?;
    let own = context.actor(send)?;
    let payer = send.payer(&own)?;
    let connection = &context.connection;
    let creation = Creation {
        mint,
        creator: own.address(),
        via: multisig.map(|_| squads::PROGRAM),
        spec: &spec,
    };
    program::require(connection)?;
    let found = creation.found(&connection.accounts(&creation.reads())?)?;
    if !matches!(found.stage, Stage::Created) {
        let check = Check {
            connection,
            at: &creation.at(),
            allow: arguments.allow,
        };
        if let Some(sponsor) = &spec.sponsor {
            check.wallet(sponsor, "the sponsor")?;
        }
        if let Some(council) = &spec.council {
            check.council(council)?;
        }
        for reporter in spec.feeds.iter().flat_map(|feed| &feed.reporters) {
            check.wallet(reporter, "a reporter")?;
        }
    }
    let pieces = creation.missing(&found, &|bytes| connection.rent(bytes))?;
    let instructions: Vec<Instruction> = pieces
        .iter()
        .map(|piece| piece.instruction.clone())
        .collect();
    let handed = multisig
        .map(|multisig| handed::Batches::pack(context, send, multisig, &instructions))
        .transpose()?;
    let batches = match &handed {
        Some(handed) => handed.batches.clone(),
        None => pack(&payer.address(), &instructions),
    };
    context.announce(&creation, &found, &pieces, batches.len());

    let mut transactions = Vec::new();
    let mut handed_over = Vec::new();
    let mut simulated = None;
    if let Some(handed) = handed {
        let stored = handed.store(context, &creation, &pieces, simulate)?;
        (handed_over, simulated) = (stored.handed_over, stored.simulated);
    } else if !batches.is_empty() {
        let rent = pieces.iter().map(|piece| piece.rent).sum();
        require_funds(context, send, (&own, &payer), rent, batches.len())?;
        let what = format!("create the economy of {mint}");
        let mut sender = context.sender(send, context.notes("create-economy", &what, &own));
        sender.watch = simulate;
        if simulate {
            let first = batches.first().map(Vec::as_slice).unwrap_or_default();
            let prepared = sender.prepare(&payer.address(), first)?;
            simulated = Some(context.simulated(&prepared)?);
        } else {
            let signers = [payer.here()?, own.here()?];
            context.warn_of_open("create-economy", &own);
            context.ask(send)?;
            for (number, batch) in batches.iter().enumerate() {
                let receipt = sender
                    .send(signers[0], &signers, batch)
                    .map_err(|failure| fitting("create-economy", failure))
                    .map_err(|failure| stopped(failure, number, batches.len()))?;
                context.say(&format!(
                    "  {} of {} transactions",
                    number + 1,
                    batches.len()
                ));
                transactions.push(receipt.into());
            }
        }
    }
    let at = creation.at();
    let economy = connection.fetch::<Economy>(&at.economy)?;
    let before_go_live = match &economy {
        Some(economy) if live::life(economy) == "draft" => {
            let mint = opening::mint_of(context, &at)?;
            let council = connection.fetch::<Council>(&at.council)?;
            before_go_live(economy, council.as_ref(), &at, &mint)
        }
        _ => Vec::new(),
    };
    let council = economy
        .as_ref()
        .is_some_and(|economy| economy.council != Pubkey::default());
    context.answer(&Created {
        command: "create-economy".to_owned(),
        cluster: connection.cluster().into(),
        economy: at.economy.to_string(),
        mint: mint.to_string(),
        authority: at.authority.to_string(),
        keeper_vault: at.keeper_vault.to_string(),
        council: council.then(|| at.council.to_string()),
        life: economy.as_ref().map_or("absent", live::life).to_owned(),
        steps: pieces
            .iter()
            .map(|piece| StepAnswer {
                what: piece.what.clone(),
                rent_lamports: piece.rent,
            })
            .collect(),
        complete: pieces.is_empty() || !transactions.is_empty(),
        transactions,
        handed_over,
        simulated,
        before_go_live,
    })
}

/// A failure on the way, with how far it came.
fn stopped(failure: Failure, done: usize, of: usize) -> Failure {
    if done == 0 {
        return failure;
    }
    Failure {
        message: format!(
            "{} ({done} of {of} transactions went through)",
            failure.message
        ),
        remedy: format!("{}; run it again: it goes on there", failure.remedy),
        ..failure
    }
}

/// Refuses wallets that cannot pay to the end: `own` the rent (lamports), `payer` the fees of so
/// many transactions.
///
/// # Errors
///
/// `too_little_sol` with what is missing; the server's.
pub(crate) fn require_funds(
    context: &Context,
    send: &SendArgs,
    (own, payer): (&Key, &Key),
    rent: u64,
    transactions: usize,
) -> Result<(), Failure> {
    let connection = &context.connection;
    let count = u64::try_from(transactions).unwrap_or(u64::MAX);
    let same = own.address() == payer.address();
    let signatures = if same { 1 } else { 2 };
    let each = (signatures * BASE_FEE).saturating_add(send.max_priority_fee);
    let fees = count.saturating_mul(each);
    // A wallet that is not emptied must itself be exempt from rent.
    let least = connection.rent(0)?;
    let rent = rent.saturating_add(least);
    let needs = if same {
        vec![(own.address(), rent.saturating_add(fees))]
    } else {
        vec![
            (own.address(), rent),
            (payer.address(), fees.saturating_add(least)),
        ]
    };
    for (wallet, needed) in needs {
        let held = connection.account(&wallet)?.map_or(0, |it| it.lamports);
        if held < needed {
            return Err(Failure::new(
                "too_little_sol",
                format!(
                    "the wallet {wallet} has {} and needs up to {}: {} are missing",
                    sol(held),
                    sol(needed),
                    sol(needed - held)
                ),
            )
            .remedy(
                "send them to it (`solana airdrop 1` on devnet or a local validator); nothing \
                 was sent",
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_economy_file_has_a_place_of_its_own_or_is_the_toml_of_config() {
        let arguments = |file: Option<&str>| CreateArgs {
            file: file.map(PathBuf::from),
            allow: AllowArgs::default(),
            nearest_targets: false,
            mint: String::new(),
            send: SendArgs::default(),
        };
        let cluster = |config: &str| ClusterArgs {
            config: Some(config.to_owned()),
            ..ClusterArgs::default()
        };

        let mut solana = cluster("config.yml");
        let file = arguments(Some("e.toml")).take_file(&mut solana).unwrap();
        assert_eq!(
            (file, solana.config),
            ("e.toml".into(), Some("config.yml".into()))
        );

        let mut toml = cluster("e.toml");
        let file = arguments(None).take_file(&mut toml).unwrap();
        assert_eq!((file, toml.config), ("e.toml".into(), None));

        let failure = arguments(None).take_file(&mut cluster("config.yml"));
        assert_eq!(failure.unwrap_err().code, "no_file");
    }
}
