//! `homeostat bench`, `verify` and `report`: every scenario and policy over many seeds.

mod headline;
mod markdown;
pub mod report;
pub mod verify;

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use homeostat_settings::files::{read_up_to, unreadable};
use homeostat_sim::bench::{self, result_hash, tables, Cell, Plan, RowsFile, Tables, Tier};
use homeostat_sim::policy::Policy;
use homeostat_sim::series::{read_series, table::LARGEST, Series};
use homeostat_sim::tune::{Gains, GainsFile};
use schemars::{schema_for, JsonSchema, Schema};
use serde::Serialize;

use crate::failure::{Failure, Place};
use crate::output::{self, Format};
use crate::progress::{length, Progress};
use crate::simulate::figure;

/// What `bench --help` opens with.
pub const LONG_ABOUT: &str = "\
Compare Homeostat with ten other policies in ten scenarios, over many seeds.

Every run has people and luck of its own seed, the same for all policies. Tables have the mean of
each metric with its Monte-Carlo standard error, and, for Homeostat against each other policy by
seed: median difference and ratio of means with BCa intervals of 95 %, Wilcoxon's signed-rank test
with Holm's correction over the scenarios and policies of a metric, and the win rate.";

/// What `bench --help` closes with.
pub const AFTER_LONG_HELP: &str = "\
Tiers: smoke is 500 people, 180 days and 8 seeds; standard 2,000, 730 and 64; full 10,000, 730 and
256. Seeds are 1000 and following; those below belong to tuning.

--rows keeps each run as a line of a CSV file. A benchmark that was stopped, or killed, goes on with
the file; so does one with more --seeds. The file says which version, tier, gains, design and series
it is of, and no other is mixed with it. `report` makes tables and charts of it, `verify` lives some
of its runs again.

--series takes the demand from a CSV file with the columns `date` (YYYY-MM-DD) or `t` (seconds),
strictly increasing, and `close`, in the place of the scenarios: its price each day over that of its
first, on which the economy goes live. The runs are as long as the series.

The result is the same bits on any machine and with any number of threads; its hash says so.";

/// Which benchmark: what its runs have in common.
#[derive(Clone, Debug, clap::Args)]
pub struct Shared {
    /// Prices to take the demand from, instead of the scenarios (CSV)
    #[arg(long, value_name = "FILE")]
    pub series: Option<PathBuf>,

    /// Gains and constants, as `tune` found them (JSON); the program's defaults without it
    #[arg(long, value_name = "FILE")]
    pub gains: Option<PathBuf>,

    /// Threads; all cores without it
    #[arg(long, value_name = "N", allow_negative_numbers = true,
          value_parser = clap::value_parser!(u16).range(1..=1_024))]
    pub threads: Option<u16>,
}

impl Shared {
    fn series(&self) -> Result<Option<Series>, Failure> {
        self.series.as_deref().map(series_from).transpose()
    }

    fn gains(&self) -> Result<Option<Gains>, Failure> {
        self.gains.as_deref().map(gains_from).transpose()
    }

    fn threads(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.map_or_else(cores, usize::from)
    }
}

/// Arguments of `bench`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// How large: smoke, standard or full
    #[arg(long, value_name = "TIER", value_parser = tier)]
    pub tier: Tier,

    /// The number of seeds; the tier's without it
    #[arg(long, value_name = "N", allow_negative_numbers = true,
          value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub seeds: Option<u64>,

    /// Where the runs are kept, and gone on with (CSV)
    #[arg(long, value_name = "FILE")]
    pub rows: Option<PathBuf>,

    /// What the runs have in common
    #[command(flatten)]
    pub shared: Shared,
}

fn tier(name: &str) -> Result<Tier, String> {
    Tier::from_name(name).ok_or_else(|| format!("one of {}", Tier::ALL.map(Tier::name).join(", ")))
}

/// The answer.
#[derive(Serialize, JsonSchema)]
struct Document {
    /// The version of the simulator.
    version: &'static str,
    /// The tier.
    tier: &'static str,
    /// The number of people.
    people: usize,
    /// The number of epochs, each a day.
    epochs: usize,
    /// The first seed.
    first_seed: u64,
    /// The number of seeds.
    seeds: u64,
    /// sha256 over gains and constants.
    gains_hash: String,
    /// sha256 over people, calendar, limits, controllers and constants.
    design_hash: String,
    /// sha256 over the demand of a series; `none` without one.
    series_hash: String,
    /// sha256 over all rows.
    result_hash: String,
    /// The rows that were there already.
    restored: usize,
    /// The threads.
    threads: usize,
    /// People times epochs of the runs of this process.
    agent_steps: u64,
    /// How long they took (seconds).
    seconds: f64,
    /// The agent-steps a second; none where all rows were there already.
    agent_steps_per_second: Option<f64>,
    /// The tables.
    tables: Tables,
}

/// Schema of the JSON document.
pub fn schema() -> Schema {
    schema_for!(Document)
}

/// Runs the command.
///
/// # Errors
///
/// A file that cannot be read or written, is not what it should be, or has the rows of another
/// benchmark.
pub fn run(arguments: &Arguments, format: Format) -> Result<(), Failure> {
    let shared = &arguments.shared;
    let mut plan = Plan::new(arguments.tier);
    if let Some(gains) = shared.gains()? {
        plan = plan.with_gains(gains);
    }
    if let Some(series) = shared.series()? {
        plan = plan.with_series(&series)?;
    }
    if let Some(seeds) = arguments.seeds {
        plan = plan.with_seeds(seeds);
    }
    let (mut file, mut rows) = match &arguments.rows {
        Some(path) => {
            let (file, rows) = RowsFile::open(path, &plan)?;
            (Some(file), rows)
        }
        None => (None, Vec::new()),
    };
    let restored = rows.len();
    eprintln!(
        "{}: {} people, {} days, {} seeds, {} runs{}",
        plan.tier.name(),
        plan.setting.people,
        plan.setting.calendar.epochs,
        plan.seeds,
        plan.len(),
        match restored {
            0 => String::new(),
            restored => format!(", {restored} of them in the file already"),
        }
    );
    let threads = shared.threads();
    let mut progress = Progress::start();
    let mut last = None;
    bench::run(&plan, restored, threads, |row, so_far| {
        if let Some(file) = &mut file {
            file.add(&row)?;
        }
        rows.push(row);
        last = Some(so_far);
        progress.tell(|| {
            format!(
                "{} of {} runs, {:.2} M agent-steps/s, {} left",
                so_far.done,
                so_far.total,
                so_far.speed() / 1e6,
                so_far.left.map_or_else(String::new, length)
            )
        });
        Ok(())
    })?;
    drop(progress);
    let document = Document {
        version: env!("CARGO_PKG_VERSION"),
        tier: plan.tier.name(),
        people: plan.setting.people,
        epochs: plan.setting.calendar.epochs,
        first_seed: bench::FIRST_SEED,
        seeds: plan.seeds,
        gains_hash: plan.gains_hash(),
        design_hash: plan.design_hash(),
        series_hash: plan.series_hash(),
        result_hash: result_hash(&rows),
        restored,
        threads,
        agent_steps: last.map_or(0, |last| last.agent_steps),
        seconds: last.map_or(0.0, |last| last.elapsed.as_secs_f64()),
        agent_steps_per_second: last.map(|last| last.speed()),
        tables: tables(&plan, &rows, threads),
    };
    write(format, &document, |out| document.write(out))
}

/// The metrics that are shown on a terminal.
const SHOWN: [&str; 6] = [
    "itae",
    "staked_share",
    "emission",
    "security_per_issued",
    "volatility",
    "price_drawdown",
];
/// The policies that are shown on a terminal.
const COMPARED: [Policy; 5] = [
    Policy::Homeostat,
    Policy::StaticUntuned,
    Policy::StaticTuned,
    Policy::Cosmos,
    Policy::Oracle,
];

impl Document {
    /// Writes some of the tables, for people.
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        for table in &self.tables.scenarios {
            writeln!(out, "{}", table.scenario)?;
            write!(out, "  {:<15}", "")?;
            for metric in SHOWN {
                write!(out, " {metric:>19}")?;
            }
            writeln!(out)?;
            for policy in COMPARED {
                write!(out, "  {:<15}", policy.name())?;
                for metric in SHOWN {
                    let cell = table
                        .cell(policy, metric)
                        .map_or_else(String::new, with_error);
                    write!(out, " {cell:>19}")?;
                }
                writeln!(out)?;
            }
        }
        writeln!(
            out,
            "\nMeans ± Monte-Carlo standard errors over {} seeds; {} of {} runs failed.",
            self.seeds, self.tables.failed, self.tables.runs
        )?;
        if let Some(speed) = self.agent_steps_per_second {
            writeln!(
                out,
                "{:.2} M agent-steps/s on {} threads, {:.0} s",
                speed / 1e6,
                self.threads,
                self.seconds
            )?;
        }
        writeln!(out, "gains   {}", self.gains_hash)?;
        writeln!(out, "design  {}", self.design_hash)?;
        writeln!(out, "series  {}", self.series_hash)?;
        writeln!(out, "result  {}", self.result_hash)
    }
}

/// A mean with its standard error.
fn with_error(cell: &Cell) -> String {
    match cell.standard_error {
        Some(error) => format!("{} ± {}", figure(cell.mean), two_digits(error)),
        None => figure(cell.mean),
    }
}

/// A standard error: two digits that count.
fn two_digits(error: f64) -> String {
    if error == 0.0 {
        return "0".to_owned();
    }
    if !(1e-4..1e6).contains(&error) {
        return format!("{error:.1e}");
    }
    let digits = (1 - error.log10().floor() as i32).clamp(0, 7) as usize;
    format!("{error:.digits$}")
}

/// Writes an answer in the format that was chosen.
pub(crate) fn write(
    format: Format,
    document: &impl Serialize,
    display: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let written = output::to_stdout(|out| match format {
        Format::Display => display(out),
        Format::Json | Format::JsonCompact => {
            output::write_json(&mut &mut *out, document, format).map_err(io::Error::other)
        }
    });
    written.map_err(|error| crate::output::unwritten(&error))
}

/// Reads a price series.
pub fn series_from(path: &Path) -> Result<Series, Failure> {
    let name = path.display().to_string();
    let bytes = File::open(path)
        .and_then(|file| read_up_to(file, LARGEST))
        .map_err(|error| unreadable(&name, &error))?;
    read_series(&bytes, &name)
}

/// Reads a gains file.
fn gains_from(path: &Path) -> Result<Gains, Failure> {
    let name = path.display().to_string();
    let bytes = homeostat_settings::files::read(path)?;
    let file: GainsFile = serde_json::from_slice(&bytes).map_err(|error| {
        let place = Place {
            column: Some(error.column() as u64),
            ..Place::line(&name, error.line() as u64)
        };
        Failure::at(
            "bad_gains",
            place,
            format_args!("is no gains file: {error}"),
        )
        .remedy("give a file that `homeostat tune` wrote")
    })?;
    Ok(file.gains)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_two_digits() {
        for (error, text) in [
            (0.0, "0"),
            (0.0123, "0.012"),
            (1.26, "1.3"),
            (123.4, "123"),
            (1.2e-9, "1.2e-9"),
        ] {
            assert_eq!(two_digits(error), text);
        }
    }
}
