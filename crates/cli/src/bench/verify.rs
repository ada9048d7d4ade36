//! `homeostat verify`: are these rows what the simulator gives?

use std::path::PathBuf;

use homeostat_sim::bench::{self, result_hash, RowsFile, FIRST_SEED};
use schemars::{schema_for, JsonSchema, Schema};
use serde::Serialize;

use super::{write, Shared};
use crate::failure::{Failure, Place};
use crate::output::Format;
use crate::progress::Progress;

/// What `verify --help` opens with.
pub const LONG_ABOUT: &str = "\
Live some runs of a benchmark again and compare every value exactly.

Takes a random hundredth of the rows, at least eight, of the seeds that are whole in the file.
Exit code 1 and every difference if there is one.";

/// The most differences that are told.
const TOLD: usize = 8;

/// Arguments of `verify`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The runs, as `bench --rows` wrote them (CSV)
    #[arg(long, value_name = "FILE")]
    pub rows: PathBuf,

    /// Seed of the choice of runs
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        allow_negative_numbers = true
    )]
    pub seed: u64,

    /// What the runs have in common
    #[command(flatten)]
    pub shared: Shared,
}

/// The answer.
#[derive(Serialize, JsonSchema)]
struct Document {
    /// The tier.
    tier: &'static str,
    /// The first seed of the rows.
    first_seed: u64,
    /// The number of seeds.
    seeds: u64,
    /// The number of rows.
    rows: usize,
    /// How many of them were lived again, each with the same values.
    checked: usize,
    /// sha256 over all rows.
    result_hash: String,
}

/// Schema of the JSON document.
pub fn schema() -> Schema {
    schema_for!(Document)
}

/// Runs the command.
///
/// # Errors
///
/// A file that cannot be read or is of another benchmark; `not_verified` where a value differs.
pub fn run(arguments: &Arguments, format: Format) -> Result<(), Failure> {
    let shared = &arguments.shared;
    let series = shared.series()?;
    let (plan, rows) = RowsFile::read(&arguments.rows, shared.gains()?, series.as_ref())?;
    let mut progress = Progress::new();
    let found = bench::verify(
        &plan,
        &rows,
        arguments.seed,
        shared.threads(),
        |done, all| progress.tell(|| format!("{done} of {all} runs")),
    );
    drop(progress);
    if !found.differences.is_empty() {
        let told: Vec<String> = found
            .differences
            .iter()
            .take(TOLD)
            .map(|difference| {
                format!(
                    "{}, {}, seed {}: {} is {} in the file and {} now",
                    plan.name(difference.case.scenario),
                    difference.case.policy.name(),
                    difference.case.seed,
                    difference.what,
                    difference.stored,
                    difference.again
                )
            })
            .collect();
        let problem = format!(
            "{} values of {} runs that were lived again differ: {}",
            found.differences.len(),
            found.checked,
            told.join("; ")
        );
        let place = Place::file(arguments.rows.display().to_string());
        return Err(Failure::at("not_verified", place, problem)
            .remedy("the rows are of other code, or were changed: make them anew with `bench`"));
    }
    let document = Document {
        tier: plan.tier.name(),
        first_seed: FIRST_SEED,
        seeds: plan.seeds,
        rows: rows.len(),
        checked: found.checked,
        result_hash: result_hash(&rows),
    };
    write(format, &document, |out| {
        writeln!(
            out,
            "{} of {} runs lived again: every value is the same\nresult  {}",
            document.checked, document.rows, document.result_hash
        )
    })
}
