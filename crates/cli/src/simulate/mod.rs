//! `homeostat simulate`: one run of the simulator, beside the same under fixed values.

mod live;
mod present;
mod proposal;
mod setting;
mod smoke;
mod story;
mod vote;

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Instant;

use homeostat_sim::plant::World;
use homeostat_sim::policy::Policy;
use homeostat_sim::run::Case;
use homeostat_sim::scenario::Scenario;
use homeostat_sim::Metrics;
use schemars::{schema_for, Schema};

use crate::chain::ClusterArgs;
use crate::failure::{Failure, Place};
use crate::output::{self, Format};
use crate::progress::Progress;
use crate::report::{chart, Event};
use homeostat_settings::human::duration_in;
use live::Ground;
use present::Present;
use proposal::Proposal;
use setting::Lived;
use story::Story;
use vote::Vote;

pub use setting::design;
pub use smoke::{smoke, Figure, Smoke};
pub use story::figure;

/// What `simulate --help` opens with.
pub const LONG_ABOUT: &str = "\
Live through an economy with simulated people and a simulated market, and see what it does.

The accounts and the arithmetic are the program's own, so a simulated decision is the on-chain one.
Thousands of people stake, pay, trade, leave and come; the scenario is what happens to them from
outside. The same people live through it once more under the values that the economy starts with,
held for ever, so that the figures have something to be compared with.";

/// What `simulate --help` closes with.
pub const AFTER_LONG_HELP: &str = "\
Scenarios: stationary, bull, crash, whale-exit, congestion, feed-manipulation, low-participation,
boundary-gaming, keeper-outage, regime-switching. The shock comes after a third of the run; metrics
are taken from it on.

Policies: static-untuned, static-tuned, halving, solana, cosmos, eip-1559, homeostat,
no-feed-forward, no-guard, frozen, oracle.

An epoch is a day, or a period where that is shorter. A seed draws the people with their behaviour
and their luck; the same seed, people, epochs and economy give the same bytes on any machine.

--economy takes supply, limits, period and controllers from a file such as `demo --economy` reads;
it has to mint its rewards. --series takes the demand from a CSV file with the columns `date` or `t`,
and `close`, in the place of a scenario: its price over that of its first day.

--from-chain goes on from a live economy: its accounts, at their present outputs, integrals, ramps
and guards, read through --url. Name it behind the flag, or with --mint, or in HOMEOSTAT_ECONOMY
(--economy is a file here). People own, stake and pay in sum what is owned, staked and paid there;
the yield that they ask for is scaled so that they are content with what is staked.

--proposal takes a file of `propose` and shows what it would do before anybody votes: the same
people live without it and with it, over --seeds seeds, and each figure is shown with the interval
of its difference. It is tried out and executed by the program's own rules, after the delay of its
class; in an economy that is not on chain, after that of a council by default.

One run shows what can happen. Whether one policy is better than another is what `bench` is for.";

/// Arguments of `simulate`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// What happens from outside
    #[arg(long, value_name = "NAME", default_value = "crash", value_parser = scenario)]
    pub scenario: Scenario,

    /// What steers
    #[arg(long, value_name = "NAME", default_value = "homeostat", value_parser = policy)]
    pub policy: Policy,

    /// Seed of everything random
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        allow_negative_numbers = true
    )]
    pub seed: u64,

    /// The number of people
    #[arg(long, value_name = "N", default_value_t = 2_000, allow_negative_numbers = true,
          value_parser = clap::value_parser!(u64).range(20..=1_000_000))]
    pub people: u64,

    /// The number of epochs; 365 without it, or those of the series
    #[arg(long, value_name = "N", allow_negative_numbers = true,
          value_parser = clap::value_parser!(u64).range(10..=36_500))]
    pub epochs: Option<u64>,

    /// The length of a period, such as 12h or 43200; a day without it
    #[arg(long, value_name = "TIME", allow_negative_numbers = true, conflicts_with = "economy",
          value_parser = duration_in(60..=2_592_000_u32))]
    pub period: Option<u32>,

    /// Economy to live in (TOML); the program's defaults without it
    #[arg(long, value_name = "FILE")]
    pub economy: Option<PathBuf>,

    /// Live economy to go on from; that of --mint or HOMEOSTAT_ECONOMY without an address
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "",
          conflicts_with_all = ["economy", "period"])]
    pub from_chain: Option<String>,

    /// With --from-chain: the economy of this token
    #[arg(long, value_name = "ADDRESS", requires = "from_chain")]
    pub mint: Option<String>,

    /// With --mint: the economy that this wallet made, where there are several
    #[arg(long, value_name = "ADDRESS", requires = "mint")]
    pub creator: Option<String>,

    /// Proposal to show the effect of (TOML); see `propose --help` for its form
    #[arg(long, value_name = "FILE", conflicts_with = "policy")]
    pub proposal: Option<PathBuf>,

    /// With --proposal: how many seeds live without and with it, from --seed on
    #[arg(long, value_name = "N", default_value_t = 16, allow_negative_numbers = true,
          requires = "proposal", value_parser = clap::value_parser!(u64).range(2..=10_000))]
    pub seeds: u64,

    /// Prices to take the demand from, instead of a scenario (CSV)
    #[arg(long, value_name = "FILE", conflicts_with = "scenario")]
    pub series: Option<PathBuf>,

    /// Where the chart goes (SVG)
    #[arg(long, value_name = "FILE", default_value = "homeostat-simulate.svg")]
    pub chart: PathBuf,
}

fn scenario(name: &str) -> Result<Scenario, String> {
    let names = Scenario::ALL.map(Scenario::name);
    Scenario::from_name(name).ok_or_else(|| format!("one of {}", names.join(", ")))
}

fn policy(name: &str) -> Result<Policy, String> {
    let names = Policy::ALL.map(Policy::name);
    Policy::from_name(name).ok_or_else(|| format!("one of {}", names.join(", ")))
}

/// Schema of the JSON document.
pub fn schema() -> Schema {
    schema_for!(Story)
}

/// Runs the command.
///
/// # Errors
///
/// A file that cannot be read, written or used; a cluster that does not answer, an economy that no
/// run can go on from, a proposal that the program would refuse; a period longer than the run; a
/// run that the program refused something in.
pub fn run(arguments: &Arguments, cluster: &ClusterArgs, format: Format) -> Result<(), Failure> {
    let ground = arguments
        .from_chain
        .as_deref()
        .map(|address| {
            let (mint, creator) = (arguments.mint.clone(), arguments.creator.clone());
            let which = live::which(address, mint, creator);
            Ground::read(cluster, &which, format, arguments.proposal.is_some())
        })
        .transpose()?;
    let lived = Lived::of(arguments, ground.as_ref())?;
    let proposal = arguments
        .proposal
        .as_deref()
        .map(|path| Proposal::read(path, &lived, ground.as_ref()))
        .transpose()?;
    let present = ground.as_ref().map(Present::of).transpose()?;
    crate::files::writable(&arguments.chart)?;
    let started = Instant::now();
    let world = live_through(&lived, arguments.policy, arguments.seed, proposal.as_ref())?;
    let steps = (lived.setting.people * world.days().len()) as f64;
    let seconds = started.elapsed().as_secs_f64();
    let fixed = match arguments.policy {
        Policy::StaticUntuned => Metrics::of(&world),
        _ => Metrics::of(&live_through(
            &lived,
            Policy::StaticUntuned,
            arguments.seed,
            None,
        )?),
    };
    let vote = proposal.as_ref().map(|proposal| {
        let seeds = (arguments.seed, arguments.seeds as usize);
        let effects = proposal.effects(&lived, seeds.0, seeds.1)?;
        let epoch_days = lived.setting.calendar.epoch_days;
        Ok(Vote::new(
            proposal,
            epoch_days,
            ground.is_some(),
            seeds,
            &effects,
        ))
    });
    let story = Story::new(&lived, arguments.policy, arguments.seed, &world, &fixed)
        .with(present, vote.transpose()?);

    let (rows, mut events) = story::decisions(&world, &lived);
    events.extend(proposal.map(|proposal| Event {
        at: world.starts(proposal.epoch),
        label: "proposal".to_owned(),
    }));
    events.sort_by_key(|event| event.at);
    let paths = story::paths(&world);
    let besides = chart::Besides {
        paths: Some(&paths),
        fixed: &[],
    };
    let svg = chart::svg_with(&story.title(), &rows, &events, &besides).map_err(|error| {
        Failure::new(
            "chart_failed",
            format!("the chart cannot be drawn: {error}"),
        )
        .remedy("report it with the command line and the seed")
    })?;
    fs::write(&arguments.chart, svg)
        .map_err(|error| crate::files::unwritable(&arguments.chart, &error))?;
    let written = output::to_stdout(|out| match format {
        Format::Display => story.write(out),
        Format::Json | Format::JsonCompact => {
            output::write_json(&mut &mut *out, &story, format).map_err(io::Error::other)
        }
    });
    written.map_err(|error| crate::output::unwritten(&error))?;
    eprintln!(
        "{:.1} M agent-steps in {seconds:.1} s; the chart is in {}",
        steps / 1e6,
        arguments.chart.display()
    );
    Ok(())
}

/// Lives a run to its end, with a proposal if there is one, and tells how far it is.
fn live_through(
    lived: &Lived,
    policy: Policy,
    seed: u64,
    proposal: Option<&Proposal>,
) -> Result<World, Failure> {
    let case = Case {
        scenario: lived.scenario,
        policy,
        seed,
    };
    let mut run = lived
        .prepare(case)
        .map_err(|error| refused_in("before it began", &error))?;
    let epochs = lived.setting.calendar.epochs;
    let mut progress = Progress::start();
    for epoch in 0..epochs {
        let refused = |error| refused_in(&format!("in epoch {}", epoch + 1), &error);
        if let Some(decision) = proposal.map(Proposal::decision) {
            if decision.epoch == epoch {
                let enacted = run.world.enact(decision.council, decision.actions);
                enacted.map_err(refused)?;
            }
        }
        run.world.step(&mut run.steer).map_err(refused)?;
        progress.tell(|| {
            let day = run.world.days().last();
            let (share, price) = day.map_or((0.0, 0.0), |day| (day.staked_share, day.price));
            format!(
                "{}: epoch {} of {epochs}, {:.1} % staked, price {price:.3}",
                policy.name(),
                epoch + 1,
                share * 100.0
            )
        });
    }
    Ok(run.world)
}

/// What the program refused when.
fn refused_in(when: &str, error: &homeostat_sim::chain::Error) -> Failure {
    Failure::new(
        "run_failed",
        format!("the program refused something {when}: {error}"),
    )
    .remedy("limits and controllers of the economy do not fit together; change them")
}

/// The place of a file in messages.
fn place(path: &std::path::Path) -> Place {
    Place::file(path.display().to_string())
}
