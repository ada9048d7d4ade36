//! A start from a live economy, read from its cluster.

use homeostat_chain::Live;
use homeostat_client::{Council, Feed, Pubkey};
use homeostat_settings::proposal_file::State;
use homeostat_settings::words::{word, SECTIONS};
use homeostat_sim::live::{Start, Unfit};

use crate::chain::council::seated;
use crate::chain::{duration, start, ClusterArgs, Context, WhichArgs};
use crate::failure::Failure;
use crate::output::Format;

/// The economy of the environment, for commands that talk to a cluster.
const ECONOMY: &str = "HOMEOSTAT_ECONOMY";

/// Which economy `--from-chain` means: the one that it names, else that of `--mint`, else that of
/// the environment.
pub fn which(address: &str, mint: Option<String>, creator: Option<String>) -> WhichArgs {
    let named = (!address.is_empty()).then(|| address.to_owned());
    WhichArgs {
        economy: named.or_else(|| std::env::var(ECONOMY).ok()),
        mint,
        creator,
    }
}

/// What was read.
pub struct Ground {
    /// The start.
    pub start: Start,
    /// The economy's address.
    pub address: Pubkey,
    /// Where it was read, for people.
    pub cluster: String,
    live: Live,
    feeds: Vec<Feed>,
    council: Option<Box<Council>>,
    now: i64,
}

impl Ground {
    /// Reads an economy with all that a crank looks at; with the council, if somebody proposes.
    pub fn read(
        cluster: &ClusterArgs,
        which: &WhichArgs,
        format: Format,
        proposes: bool,
    ) -> Result<Self, Failure> {
        let context = Context::open(cluster, format)?;
        let live = context.live(which)?;
        let council = proposes.then(|| seated(&context, &live)).transpose()?;
        let found = start::read(&context, &live)?;
        let now = found.now;
        let start = found
            .start
            .map_err(|unfit| unfit_failure(&live, unfit, now))?;
        Ok(Self {
            start,
            address: live.at.economy,
            cluster: context.connection.cluster().to_string(),
            feeds: found.feeds,
            council,
            now,
            live,
        })
    }

    /// What a proposal is read against, if the council was read.
    pub fn state(&self) -> Option<State<'_>> {
        Some(State {
            economy: &self.live.economy,
            council: self.council.as_deref()?,
            feeds: &self.feeds,
            now: self.now,
        })
    }
}

/// Why nothing can be simulated, and what to do.
fn unfit_failure(live: &Live, unfit: Unfit, now: i64) -> Failure {
    let address = live.at.economy;
    let failure = |code, problem: &str| Failure::new(code, format!("{address}: {problem}"));
    match unfit {
        Unfit::Draft => failure("not_live", "is a Draft: nothing has been decided yet").remedy(
            "`homeostat go-live` starts it; before that, `simulate --economy FILE` lives in its file",
        ),
        Unfit::Retired => failure("not_live", "has retired: it decides nothing any more")
            .remedy("name an economy that is live"),
        Unfit::Funded => failure("funded_economy", &unfit.to_string())
            .remedy("`demo` has economies with a funded vault"),
        Unfit::Paused { section, until } => {
            let section = word(&SECTIONS, &section);
            let left = duration(until.saturating_sub(now).max(0).unsigned_abs());
            failure("paused", &format!("{section} is paused for another {left}")).remedy(format!(
                "wait until it ends, or end it with `homeostat unpause {section}`"
            ))
        }
        Unfit::NothingFree => failure("nothing_circulates", &unfit.to_string())
            .remedy("people need tokens in their wallets to stake, pay and trade"),
        Unfit::Incomplete | Unfit::Inconsistent => failure("changed_meanwhile", &unfit.to_string())
            .remedy("it changed while it was read: try again"),
    }
}
