//! `homeostat advisor`: what should be changed in a live economy, on what evidence, and how sure
//! is that?

mod answer;
mod evidence;
mod figures;
mod ground;
mod look;
mod print;
mod wallets;
mod way_out;
mod weights;

use std::path::PathBuf;

use homeostat_client::Parameter;
use homeostat_settings::human::duration_in;
use homeostat_settings::words;
use homeostat_sim::advisor::recommend::Costs;

use crate::chain::delivery::SendArgs;
use crate::chain::{Context, WhichArgs};
use crate::failure::Failure;
use ground::Ground;
use weights::weights;

pub use answer::Advice;

/// What `advisor --help` opens with.
pub const LONG_ABOUT: &str = "\
Recommend a change to a live economy, with its evidence, or wait and say why.

Reads what the last cranks published, finds the behaviours of people that explain it (and says how
badly they are known), judges a forecast of demand against the last value, sorts wallets into
groups, and tries every change that is allowed in rollouts of the simulator. The change that does
best by the council's weights is judged on people that it was not chosen on.

It prints, and sends nothing unless it is told to. It never recommends anything while a guard is
latched, something is paused, the history is short or the people that it found do not explain the
history: it says which, with figures, and ends with success.";

/// What `advisor --help` closes with.
pub const AFTER_LONG_HELP: &str = "\
  homeostat advisor                                  look, and print what comes out
  homeostat advisor --send advise --keypair KEY      send it as the advisor, inside its range
  homeostat advisor --proposal change.toml           look at what the council may do, and write
                                                     a file for `homeostat propose`

Weights say how many points of the sum one whole of each cost is: `security` the staked share that
is missing to its target, `inflation` the growth of the supply in a year, `fees` the fees over what
is paid, `effort` how far the emission travels in a year. What is not named keeps its default,
security=1,inflation=1,fees=10,effort=0.2.

One request for each period that is read, and two searches for the wallets; a server that refuses
these leaves the groups out. docs/ADVISOR.md says what all of it rests on.";

/// Arguments of `advisor`.
#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// What each cost weighs: security=..,inflation=..,fees=..,effort=..
    #[arg(long, value_name = "WEIGHTS", default_value = "", hide_default_value = true,
          value_parser = weights)]
    pub weights: Costs,

    /// How far to look ahead (days) [default: 60, but not beyond the length of the history]
    #[arg(long, value_name = "DAYS", allow_negative_numbers = true,
          value_parser = clap::value_parser!(u32).range(1..=730))]
    pub horizon: Option<u32>,

    /// Look at this parameter alone [emission, fee, burn, liquidity]
    #[arg(long = "for", value_name = "PARAMETER", value_parser = parameter)]
    pub only: Option<Parameter>,

    /// Duration of the ramp of a change, such as 2d or 172800
    #[arg(long, value_name = "TIME", default_value_t = 0, allow_negative_numbers = true,
          value_parser = duration_in(0..=31_536_000_u32))]
    pub over: u32,

    /// The most periods to read, the latest ones
    #[arg(long, value_name = "N", default_value_t = 200, allow_negative_numbers = true,
          value_parser = clap::value_parser!(u32).range(40..=10_000))]
    pub periods: u32,

    /// How many kinds of people to keep of those tried, each with a seed of its own
    #[arg(long, value_name = "N", default_value_t = 80, allow_negative_numbers = true,
          value_parser = clap::value_parser!(u32).range(16..=1_000))]
    pub seeds: u32,

    /// How many kinds of people to try; at least three times those kept
    #[arg(long, value_name = "N", default_value_t = 2_000, allow_negative_numbers = true,
          value_parser = clap::value_parser!(u32).range(200..=100_000))]
    pub candidates: u32,

    /// The number of simulated people
    #[arg(long, value_name = "N", default_value_t = 300, allow_negative_numbers = true,
          value_parser = clap::value_parser!(u32).range(20..=10_000))]
    pub people: u32,

    /// Seed of everything random
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true,
          value_parser = clap::value_parser!(u64).range(0..=1_000_000))]
    pub seed: u64,

    /// Threads; all cores without it
    #[arg(long, value_name = "N", allow_negative_numbers = true,
          value_parser = clap::value_parser!(u16).range(1..=1_024))]
    pub threads: Option<u16>,

    /// Send what comes out, as a transaction of the advisor
    #[arg(long, value_name = "WHAT", value_parser = ["advise"], conflicts_with = "proposal")]
    pub send: Option<String>,

    /// Look at what the council may do, and write it as a proposal file (TOML)
    #[arg(long, value_name = "FILE")]
    pub proposal: Option<PathBuf>,

    #[command(flatten)]
    which: WhichArgs,
    #[command(flatten)]
    pub(crate) delivery: SendArgs,
}

fn parameter(word: &str) -> Result<Parameter, String> {
    words::parameter(word).ok_or_else(|| "emission, fee, burn or liquidity".to_owned())
}

/// `advisor`.
///
/// # Errors
///
/// There is no such economy; the server's; a file that cannot be written; the key is not the
/// advisor's; what the cluster refuses.
pub fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    if arguments.candidates < arguments.seeds.saturating_mul(3) {
        return Err(Failure::new(
            "too_few_candidates",
            format!(
                "--candidates {} are fewer than three times --seeds {}",
                arguments.candidates, arguments.seeds
            ),
        )
        .remedy("try more --candidates, or keep fewer --seeds"));
    }
    // Whatever would be refused at the end is refused before minutes are spent.
    if let Some(file) = &arguments.proposal {
        way_out::writable(file)?;
    }
    let ground = Ground::read(context, &arguments.which)?;
    let own = match arguments.send {
        Some(_) => Some(way_out::advisor(context, &ground, &arguments.delivery)?),
        None => None,
    };
    let looked = look::look(context, arguments, &ground)?;
    let mut advice = Advice::new(arguments, &ground, &looked);
    let Some(change) = looked.change() else {
        return context.answer(&advice);
    };
    if let Some(file) = &arguments.proposal {
        way_out::write_proposal(file, &advice, &change)?;
        advice.proposal_file = Some(file.display().to_string());
    }
    if let Some(own) = own {
        match way_out::send(context, &ground, &arguments.delivery, &own, &change)? {
            Some(written) => advice.sent = Some(written),
            // Its signatures are on stdout, and nothing else belongs there.
            None => return Ok(()),
        }
    }
    context.answer(&advice)
}
