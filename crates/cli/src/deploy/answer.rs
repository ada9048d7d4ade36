//! What `deploy` prints.

use std::io::{self, Write};

use homeostat_migrations::plan::Planned;
use homeostat_migrations::run::Upgrade;
use homeostat_migrations::status::Status;
use homeostat_migrations::{Plan, Signed};
use schemars::JsonSchema;
use serde::Serialize;

use crate::chain::key::Key;
use crate::chain::write::{ClusterAnswer, HandedOver};
use crate::chain::{Answer, Context};

/// The answer of `deploy plan`: everything that is left to do, in order.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Shown {
    /// Where.
    pub cluster: ClusterAnswer,
    /// The address that pays.
    pub payer: String,
    /// Steps.
    pub steps: Vec<Planned>,
    /// Rent that they lock (lamports).
    pub rent: u64,
    /// Fees of their signatures (lamports), without priority.
    pub fees: u64,
    /// The same for people.
    #[serde(skip)]
    plan: Plan,
}

/// The answer of `deploy apply`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Applied {
    /// Where.
    pub cluster: ClusterAnswer,
    /// The address that pays.
    pub payer: String,
    /// Nothing is left to do.
    pub complete: bool,
    /// What somebody else has to sign before it can go on.
    pub sign: Option<Upgrade>,
    /// With `--squads`: where the first of it was stored for the multisig's members.
    pub stored: Option<HandedOver>,
}

/// The answer of `deploy status`: the release check.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Checked {
    /// Where.
    pub cluster: ClusterAnswer,
    /// Whether the release may be announced.
    pub passes: bool,
    /// What was found.
    #[serde(flatten)]
    pub status: Status,
}

impl Shown {
    pub(super) fn new(context: &Context, payer: &Key, plan: Plan) -> Self {
        let (rent, fees) = plan.cost();
        Self {
            cluster: context.connection.cluster().into(),
            payer: payer.address().to_string(),
            steps: plan.steps.clone(),
            rent,
            fees,
            plan,
        }
    }
}

impl Applied {
    pub(super) fn new(
        context: &Context,
        payer: &Key,
        sign: Option<Upgrade>,
        stored: Option<HandedOver>,
    ) -> Self {
        Self {
            cluster: context.connection.cluster().into(),
            payer: payer.address().to_string(),
            complete: sign.is_none(),
            sign,
            stored,
        }
    }
}

impl Checked {
    pub(super) fn new(context: &Context, status: Status) -> Self {
        Self {
            cluster: context.connection.cluster().into(),
            passes: status.passes(),
            status,
        }
    }
}

impl Answer for Shown {
    fn display(&self, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{}", self.plan)
    }
}

impl Answer for Applied {
    fn display(&self, out: &mut dyn Write) -> io::Result<()> {
        let Some(sign) = &self.sign else {
            return writeln!(out, "complete: the cluster is as the file says");
        };
        writeln!(
            out,
            "The buffer {} holds the ELF (sha256 {}) and is {}'s.\n\
             Have it sign what upgrades {}, then run `homeostat deploy apply` again. The buffer's \
             rent will go to {}.",
            sign.buffer, sign.sha256, sign.authority, sign.program, sign.spill
        )?;
        if sign.pays > 0 {
            writeln!(
                out,
                "{} pays {} of rent for room: see that it has them.",
                sign.authority,
                homeostat_settings::human::sol(sign.pays)
            )?;
        }
        if let Some(stored) = &self.stored {
            return writeln!(
                out,
                "The first of {} is transaction {} of the multisig {}: when its {} members have \
                 approved and executed it, run `homeostat deploy apply` again.",
                sign.transactions.len(),
                stored.transaction_index,
                stored.multisig,
                stored.threshold
            );
        }
        writeln!(
            out,
            "Transactions for Squads' web importer (base58), to be executed in this order:"
        )?;
        for one in &sign.transactions {
            let what = match one.what {
                Signed::Room => "makes room",
                Signed::Upgrade => "upgrades the program",
            };
            writeln!(out, "{what}:\n{}", one.transaction)?;
        }
        Ok(())
    }
}

impl Answer for Checked {
    fn display(&self, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "{}", self.status)
    }
}
