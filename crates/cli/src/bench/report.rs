//! `homeostat report`: tables and charts of a benchmark's rows.

use std::fs;
use std::path::{Path, PathBuf};

use homeostat_sim::bench::{bands, result_hash, tables, Plan, RowsFile};
use homeostat_sim::metrics::TARGET;
use homeostat_sim::policy::Policy;
use homeostat_sim::scenario::Scenario;
use schemars::{schema_for, JsonSchema, Schema};
use serde::Serialize;

use super::{markdown, write, Shared};
use crate::failure::{Failure, Place};
use crate::output::Format;
use crate::progress::Progress;
use crate::report::chart::bands::{svg, Band};

/// What `report --help` opens with.
pub const LONG_ABOUT: &str = "\
Make tables and charts of the runs that `bench --rows` kept.

Writes report.md (the claims of an article beside what was measured, where Homeostat is better and
where worse, the mean of every metric), a file a scenario with every paired comparison, and a chart
a scenario: the staked share over time of Homeostat, static untuned, Cosmos and the oracle, median
and 10 to 90 % band over seeds. Rows have no days, so the runs of the charts are lived again, of the
first 16 seeds unless --chart-seeds says otherwise.";

/// The policies of the charts.
const CHARTED: [Policy; 4] = [
    Policy::Homeostat,
    Policy::StaticUntuned,
    Policy::Cosmos,
    Policy::Oracle,
];

/// Arguments of `report`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The runs, as `bench --rows` wrote them (CSV)
    #[arg(long, value_name = "FILE")]
    pub rows: PathBuf,

    /// Folder that the files go to; it is made if it is not there
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,

    /// The most seeds that the charts are made of
    #[arg(long, value_name = "N", default_value_t = 16, allow_negative_numbers = true,
          value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub chart_seeds: u64,

    /// What the runs have in common
    #[command(flatten)]
    pub shared: Shared,
}

/// The answer.
#[derive(Serialize, JsonSchema)]
struct Document {
    /// The files that were written.
    files: Vec<String>,
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
/// A file that cannot be read or written, or that is of another benchmark.
pub fn run(arguments: &Arguments, format: Format) -> Result<(), Failure> {
    let shared = &arguments.shared;
    let threads = shared.threads();
    let series = shared.series()?;
    let (plan, rows) = RowsFile::read(&arguments.rows, shared.gains()?, series.as_ref())?;
    fs::create_dir_all(&arguments.out).map_err(|error| unwritable(&arguments.out, &error))?;
    let mut files = Files {
        folder: &arguments.out,
        written: Vec::new(),
    };
    let mut progress = Progress::start();
    progress.tell(|| "comparing".to_owned());
    let tables = tables(&plan, &rows, threads);
    let hash = result_hash(&rows);
    let chart_seeds = arguments.chart_seeds.min(plan.seeds);
    let report = markdown::report(&plan, &tables, &hash, chart_seeds);
    files.write("report.md", &report)?;
    for table in &tables.scenarios {
        files.write(
            &format!("{}.md", table.scenario),
            &markdown::pairings(table),
        )?;
    }
    let scenarios = plan.scenarios();
    for (index, scenario) in scenarios.iter().enumerate() {
        progress.tell(|| format!("chart {} of {}", index + 1, scenarios.len()));
        let chart = chart(&plan, *scenario, chart_seeds, threads)?;
        files.write(&format!("{}.svg", plan.name(*scenario)), &chart)?;
    }
    drop(progress);
    let document = Document {
        files: files.written,
        result_hash: hash,
    };
    write(format, &document, |out| {
        for file in &document.files {
            writeln!(out, "{file}")?;
        }
        Ok(())
    })
}

/// The staked share over time.
fn chart(plan: &Plan, scenario: Scenario, seeds: u64, threads: usize) -> Result<String, Failure> {
    let bands: Vec<Band> = bands(plan, scenario, &CHARTED, seeds, threads)
        .into_iter()
        .map(|band| Band {
            name: band.policy.name(),
            low: band.low,
            median: band.median,
            high: band.high,
        })
        .collect();
    let title = format!(
        "{}: staked share, median and 10 to 90 % of {seeds} seeds",
        plan.name(scenario)
    );
    svg(&title, &bands, TARGET, plan.setting.calendar.shock()).map_err(|error| {
        Failure::new(
            "chart_failed",
            format!("the chart cannot be drawn: {error}"),
        )
        .remedy("report it with the rows that it is drawn from")
    })
}

/// The files of a report.
struct Files<'a> {
    folder: &'a Path,
    written: Vec<String>,
}

impl Files<'_> {
    fn write(&mut self, name: &str, text: &str) -> Result<(), Failure> {
        let path = self.folder.join(name);
        fs::write(&path, text).map_err(|error| unwritable(&path, &error))?;
        self.written.push(path.display().to_string());
        Ok(())
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::at(
        "unwritable_file",
        Place::file(path.display().to_string()),
        format_args!("cannot be written: {error}"),
    )
    .remedy("give another --out folder")
}
