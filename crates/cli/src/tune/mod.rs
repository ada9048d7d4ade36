//! `homeostat tune`: which gains, and what do they rest on?

mod proposal;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;
use std::time::Instant;

use homeostat_client::Parameter;
use homeostat_sim::tune::gains::{Gains, GainsFile, Weekly};
use homeostat_sim::tune::plan::{Step, Tuned};
use homeostat_sim::tune::{tune, Plan, Score};
use schemars::{schema_for, JsonSchema, Schema};
use serde::Serialize;

use crate::bench::write;
use crate::failure::{Failure, Place};
use crate::output::Format;
use crate::progress::{length, Progress};

/// What `tune --help` opens with.
pub const LONG_ABOUT: &str = "\
Find gains on the simulator, and say what they rest on.

A relay makes each loop swing and gives a first guess; CMA-ES goes on from there, over scenarios,
seeds and periods that no benchmark uses; as many scores go into the best constant values, so that
both are tuned alike. What was found is judged on seeds that no search saw, with half and with
twice the gains too. A front shows what has to be given up for what.";

/// What `tune --help` closes with.
pub const AFTER_LONG_HELP: &str = "\
Writes a gains file (JSON) for `bench --gains` and, with --proposal, ready proposals for `propose`:
gains of two controllers each, for the period of the economy that they are for.

The gains are for a week; for other periods they scale as the program's defaults do. The same seed,
budget and machine find the same gains.";

/// The longest run (days).
const MOST_DAYS: i64 = 3_650;
/// The most scores of a search.
const MOST_SCORES: i64 = 100_000;

/// Arguments of `tune`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where the gains go (JSON)
    #[arg(long, value_name = "FILE", default_value = "homeostat-gains.json")]
    pub gains: PathBuf,

    /// Folder for ready proposals (TOML)
    #[arg(long, value_name = "FOLDER")]
    pub proposals: Option<PathBuf>,

    /// Period of the economy that the proposals are for (seconds)
    #[arg(long, value_name = "SECONDS", default_value_t = 604_800, requires = "proposals",
          value_parser = clap::value_parser!(u32).range(60..=2_592_000))]
    pub period: u32,

    /// Scores that each of the two searches may take
    #[arg(long, value_name = "N", default_value_t = 300,
          value_parser = clap::value_parser!(u32).range(1..=MOST_SCORES))]
    pub budget: u32,

    /// People in a run
    #[arg(long, value_name = "N", default_value_t = 250,
          value_parser = clap::value_parser!(u32).range(20..=10_000))]
    pub people: u32,

    /// Days of a run
    #[arg(long, value_name = "N", default_value_t = 540,
          value_parser = clap::value_parser!(u32).range(60..=MOST_DAYS))]
    pub days: u32,

    /// Seeds of a score; as many more are for the check
    #[arg(long, value_name = "N", default_value_t = 8,
          value_parser = clap::value_parser!(u64).range(1..=32))]
    pub seeds: u64,

    /// Seed of the searches
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
}

/// The answer.
#[derive(Serialize, JsonSchema)]
struct Document {
    /// sha256 of gains and constants, as `bench` names it.
    gains_hash: String,
    /// The gains of each controller, for a week.
    gains: Vec<GainsLine>,
    /// The best constant values (ppm): emission, fee, burn share, liquidity share.
    constants: [i64; 4],
    /// Scores: of the program's defaults, of what was found, and so on.
    scores: Vec<ScoreLine>,
    /// What the relay found.
    relay: Vec<RelayLine>,
    /// What has to be given up for what.
    front: Vec<FrontLine>,
}

/// Gains of one controller.
#[derive(Serialize, JsonSchema)]
struct GainsLine {
    /// The controller.
    parameter: &'static str,
    /// The proportional gain for a week (ppm per unit of normalised error).
    kp: i64,
    /// The integral gain (the same a week).
    ki: i64,
}

/// A score and what it is of. Less is better.
#[derive(Serialize, JsonSchema)]
struct ScoreLine {
    /// What of.
    of: &'static str,
    /// What is minimised.
    total: f64,
    /// ITAE of the staked share over that of static untuned.
    tracking: f64,
    /// How far the emission travels in a year (fraction of the supply).
    effort: f64,
    /// The overshoot of the staked share (fraction).
    overshoot: f64,
    /// The mean errors of the burn's and of the liquidity's loop, over their targets, added up.
    others: f64,
    /// The part of the time that loops rest at limits.
    at_limit: f64,
    /// The part of the runs that failed.
    failed: f64,
}

impl ScoreLine {
    fn new(of: &'static str, score: &Score) -> Self {
        Self {
            of,
            total: score.total(),
            tracking: score.tracking,
            effort: score.effort,
            overshoot: score.overshoot,
            others: score.others,
            at_limit: score.at_limit,
            failed: score.failed,
        }
    }
}

/// An oscillation under a relay.
#[derive(Serialize, JsonSchema)]
struct RelayLine {
    /// The period of the economy (days).
    period_days: f64,
    /// The controller.
    parameter: &'static str,
    /// The ultimate gain (ppm per unit); absent where the loop does not swing.
    ultimate_gain: Option<f64>,
    /// The ultimate period (periods).
    ultimate_period: Option<f64>,
}

/// A candidate that no other is better than in everything.
#[derive(Serialize, JsonSchema)]
struct FrontLine {
    /// Its gains.
    gains: Vec<GainsLine>,
    /// ITAE of the staked share over that of static untuned.
    tracking: f64,
    /// The volatility of the price.
    volatility: f64,
    /// The inflation (a year).
    inflation: f64,
    /// How far the emission travels in a year.
    effort: f64,
}

/// Schema of the JSON document.
pub fn schema() -> Schema {
    schema_for!(Document)
}

fn lines(gains: &Gains) -> Vec<GainsLine> {
    let line = |parameter: Parameter| {
        let Weekly { kp, ki } = gains.of(parameter);
        GainsLine {
            parameter: parameter.name(),
            kp,
            ki,
        }
    };
    Parameter::ALL.map(line).into()
}

impl Document {
    fn new(tuned: &Tuned) -> Self {
        let GainsFile { gains, evidence } = &tuned.file;
        let [half, twice] = &evidence.half_and_twice;
        Self {
            gains_hash: gains.hash(),
            gains: lines(gains),
            constants: gains.constants,
            scores: vec![
                ScoreLine::new("the program's defaults", &evidence.start),
                ScoreLine::new("these gains", &evidence.found),
                ScoreLine::new("the best constant values", &evidence.constants),
                ScoreLine::new("these gains, other seeds", &evidence.held_out),
                ScoreLine::new("half of them, other seeds", half),
                ScoreLine::new("twice them, other seeds", twice),
            ],
            relay: tuned
                .ultimates
                .iter()
                .map(|(period_days, parameter, found)| RelayLine {
                    period_days: *period_days,
                    parameter: parameter.name(),
                    ultimate_gain: found.map(|found| found.gain),
                    ultimate_period: found.map(|found| found.period),
                })
                .collect(),
            front: tuned
                .front
                .iter()
                .filter_map(|(gains, candidate)| {
                    let [tracking, volatility, inflation, effort] =
                        candidate.costs.as_slice().try_into().ok()?;
                    Some(FrontLine {
                        gains: lines(gains),
                        tracking,
                        volatility,
                        inflation,
                        effort,
                    })
                })
                .collect(),
        }
    }

    /// Writes the tables for people.
    fn display(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "gains for a week (ppm)     kp          ki")?;
        for line in &self.gains {
            writeln!(
                out,
                "  {:<12} {:>14} {:>11}",
                line.parameter, line.kp, line.ki
            )?;
        }
        writeln!(
            out,
            "\nscores (less is better)     total  tracking   effort  overshoot  others  at limit  failed"
        )?;
        for line in &self.scores {
            writeln!(
                out,
                "  {:<25} {:>6.3}  {:>8.3} {:>8.3} {:>10.3} {:>7.3} {:>9.3} {:>7.3}",
                line.of,
                line.total,
                line.tracking,
                line.effort,
                line.overshoot,
                line.others,
                line.at_limit,
                line.failed
            )?;
        }
        writeln!(
            out,
            "\nrelay               ultimate gain   ultimate period (periods)"
        )?;
        for line in &self.relay {
            write!(out, "  {:>4} d {:<11}", line.period_days, line.parameter)?;
            match (line.ultimate_gain, line.ultimate_period) {
                (Some(gain), Some(period)) => writeln!(out, " {gain:>12.0} {period:>17.1}")?,
                _ => writeln!(out, "  does not swing")?,
            }
        }
        writeln!(
            out,
            "\nfront: tracking  volatility  inflation  effort   emission kp, ki"
        )?;
        for line in &self.front {
            let emission = line
                .gains
                .first()
                .map_or((0, 0), |gains| (gains.kp, gains.ki));
            writeln!(
                out,
                "       {:>8.3} {:>11.3} {:>10.4} {:>7.3}   {}, {}",
                line.tracking, line.volatility, line.inflation, line.effort, emission.0, emission.1
            )?;
        }
        writeln!(out, "\ngains hash  {}", self.gains_hash)
    }
}

/// Runs the command.
///
/// # Errors
///
/// A file that cannot be written; nothing is searched for then.
pub fn run(arguments: &Arguments, format: Format) -> Result<(), Failure> {
    let plan = Plan {
        people: arguments.people as usize,
        days: arguments.days as usize,
        seeds: arguments.seeds,
        budget: arguments.budget as usize,
        seed: arguments.seed,
        ..Plan::standard()
    };
    // Refused before an hour is spent, not after it.
    fs::write(&arguments.gains, "").map_err(|error| unwritable(&arguments.gains, &error))?;
    if let Some(folder) = &arguments.proposals {
        fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    }
    let started = Instant::now();
    let progress = Mutex::new(Progress::start());
    let scores = [(); 3].map(|()| AtomicUsize::new(0));
    let tuned = tune(&plan, &|step| {
        let told = |kind: usize, what: &str, total: f64| {
            let count = scores[kind].fetch_add(1, Ordering::Relaxed) + 1;
            format!("{what}: {count} scores, the last {total:.3}")
        };
        let text = match step {
            Step::Relay(parameter) => format!("a relay on the {}", parameter.name()),
            Step::Constants(total) => told(0, "constant values", total),
            Step::Gains(total) => told(1, "gains", total),
            Step::Front(tracking) => told(2, "front", tracking),
            Step::Check => "a check on other seeds".to_owned(),
        };
        // A thread that panicked has told all it could.
        if let Ok(mut progress) = progress.lock() {
            progress.tell(|| text);
        }
    });
    drop(progress);
    eprintln!("tuned in {}", length(started.elapsed()));

    let text = serde_json::to_string_pretty(&tuned.file).map_err(|error| {
        Failure::new(
            "gains_failed",
            format!("the gains cannot be written as JSON: {error}"),
        )
        .remedy("report it with the command line; the gains found are in --report, if it was given")
    })?;
    fs::write(&arguments.gains, text + "\n")
        .map_err(|error| unwritable(&arguments.gains, &error))?;
    if let Some(folder) = &arguments.proposals {
        for (name, text) in proposal::files(&tuned.file.gains, arguments.period) {
            let path = folder.join(name);
            fs::write(&path, text).map_err(|error| unwritable(&path, &error))?;
        }
    }
    let document = Document::new(&tuned);
    write(format, &document, |out| document.display(out))
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::at(
        "unwritable_file",
        Place::file(path.display().to_string()),
        format_args!("cannot be written: {error}"),
    )
    .remedy("give another place")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_file_that_says_what_they_rest_on() {
        let text = include_str!("../../../sim/tuned/defaults.json");
        let file: GainsFile = serde_json::from_str(text).unwrap();
        assert_eq!(Gains::of_defaults(), file.gains);
        // What was found beats what the search started with, and the best constants, on its own
        // seeds; on others it settles with half and with twice the gains.
        let evidence = &file.evidence;
        assert!(evidence.found.total() < evidence.start.total());
        assert!(evidence.found.total() < evidence.constants.total());
        for score in evidence.half_and_twice.iter().chain([&evidence.held_out]) {
            assert!(score.tracking < 1.0 && score.failed == 0.0, "{score:?}");
        }
    }
}
