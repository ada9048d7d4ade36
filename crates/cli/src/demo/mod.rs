//! `homeostat demo`: a year in the life of an economy, in process.

mod beside;
mod check;
mod counts;
mod life;
mod plan;
mod stage;
mod summary;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Instant;

use homeostat_sandbox::Bank;
use schemars::{schema_for, JsonSchema, Schema};
use serde::Serialize;

use crate::failure::Failure;
use crate::files::{economy_from, unwritable, writable};
use crate::output::{self, Format};
use crate::report::{self, chart, table};
use crate::stdout;
use homeostat_settings::economy_file::EconomySpec;
use life::{History, Life};
use plan::{Plan, Story, PEOPLE};
use summary::{DecisionLine, Summary};

/// What `demo --help` opens with.
pub const LONG_ABOUT: &str = "\
Live through a year of an economy, in process: every decision, its reasons, and a chart.

Creates a Token-2022 economy on a bank in this process, with the real program, and lives through
weekly periods with the people of the simulator, who stake, pay, trade, claim and leave: real
transactions, real time travel, nothing on any network. Every decision of the program is compared
with the simulated one, bit for bit. The same people live through the same year once more under a
fixed rule, which leaves every parameter where it started: what that would have done stands beside.";

/// What `demo --help` closes with.
pub const AFTER_LONG_HELP: &str = "\
Scenarios: mix (the default: congestion with sybils after a fifth of the time, a crash after a half,
a whale's exit after three quarters), or one of the simulator: stationary, bull, crash, whale-exit,
congestion, low-participation, boundary-gaming, keeper-outage, regime-switching, whose shock comes
after a third. The people's behaviour and luck are drawn by the seed from the simulator's ranges; no
range and no scenario was chosen for what comes out.

Prints a row for each decision (period, measurement, target, P, I, D, output, flags), then where
each parameter went and why, what a fixed rule would have done, also where that did better, what
became of the supply, how the people behave, and the invariants that were checked. The chart is an
SVG file; its thin lines are the fixed rule. The same arguments give the same bytes.

--output json gives one document: `decisions` (period, parameter, measurement, setpoint, p, i, d,
raw, value, min, max, flags; fractions with every digit; `fixed_rule`: measurement and value at the
same moment), `summary` (tokens and fractions; `beside_fixed_rule` by parameter), `events`, and
`invariants` (name -> true).

Economy: a TOML file; everything is optional and starts from the program's defaults.
  [economy]
  name             for titles                                      \"Demo\"
  mode             \"mint\" (rewards are minted) or \"funded\"         \"mint\"
  decimals         of the token, 0 to 12                           6
  supply           tokens at the start                             1000000000
  hard_cap         tokens, never exceeded                          twice the supply
  supply_floor     tokens, burns stop here                         0
  period           seconds or \"7 d\", 60 to 2592000                 604800 (a week)
  unbonding        seconds or \"7 d\", 0 to 7776000                  604800
  treasury_share   of the fees that are not burned, 0 to 1         0.2
  turnover         yearly volume over circulating supply that is
                   utilisation 1, 0.01 to 1000                     4
  min_stake        tokens, of the native pool                      the smallest amount
  yield_cap        most that native stake earns of the emission in
                   a year over the stake, to 4294.967295 = no cap  1
  bounty           lamports per crank, 0 to 100000000              0
  period_emission  most emission of a period over supply, to 0.1   twice what max gives
  period_burn      most burned in a period over supply, to 0.1     0.01
  outflow_cap      tokens, paid by the treasury in 30 d at most    0
  meters           payment shards, 1 to 8; the demo pays in one    1
  [forecast]       what you expect: everything left open above and below then fits it, and a
                   target out of reach is told with its figures
  turnover         yearly volume over circulating supply           4
  stakers          who stakes: [{ yield = 0.075, staked = 0.5 }], ascending
  staked_share     of the circulating supply, to be staked         0.6
  most_emission    that you accept, a year over the supply         0.2
  treasury_needs   a year over the supply                          0
  fee              that payers are used to                         0.003
  burned_over_emitted   of the emission, to be burned again        0.1
  provider_yield   that liquidity providers ask for                0.08
  depth            tokens behind staked liquidity, over the
                   circulating supply                              0.03
  circulating      part of the supply that circulates              1
  [controllers.emission], [controllers.fee], [controllers.burn], [controllers.liquidity]
  setpoint scale action kp ki kd bias min max filter half_life dead_band slew_up slew_down
  max_periods max_hold average_half_life, as in `replay`; metric feed_forward reference kf w_ref
  f_max, as in the example; quantities of the parameter are fractions (0.06 = 6 %);
  slew_up and slew_down can be \"unlimited\"
  [council] is for `create-economy`: the demo appoints its own

Example: examples/economy.toml";

/// Most periods: ten years of weeks.
const MOST_PERIODS: i64 = 520;
/// How often progress is told (periods), unless something happens.
const TELL_EVERY: u32 = 13;

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// What happens from outside
    #[arg(long, value_name = "NAME", default_value = "mix", value_parser = Story::from_name)]
    pub scenario: Story,

    /// Seed of everything random
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        allow_negative_numbers = true
    )]
    pub seed: u64,

    /// Periods to live through; what happens moves with it
    #[arg(long, value_name = "N", default_value_t = 52, allow_negative_numbers = true,
          value_parser = clap::value_parser!(u32).range(1..=MOST_PERIODS))]
    pub periods: u32,

    /// Economy to live in (TOML); the program's defaults without it
    #[arg(long, value_name = "FILE")]
    pub economy: Option<PathBuf>,

    /// Where the chart goes (SVG)
    #[arg(long, value_name = "FILE", default_value = "homeostat-demo.svg")]
    pub chart: PathBuf,

    /// Keep the bank's own log on stderr
    #[arg(long, short)]
    pub verbose: bool,
}

/// The JSON document.
#[derive(Serialize, JsonSchema)]
struct Document<'a> {
    summary: &'a Summary,
    invariants: &'a BTreeMap<&'static str, bool>,
    events: &'a [report::Event],
    decisions: Vec<DecisionLine>,
}

/// Schema of the JSON document.
pub fn schema() -> Schema {
    schema_for!(Document<'static>)
}

/// Runs the command.
///
/// # Errors
///
/// A file that cannot be read, written, or used; an invariant that does not hold.
pub fn run(arguments: &Arguments, format: Format) -> Result<(), Failure> {
    let spec = match &arguments.economy {
        Some(path) => economy_from(path)?,
        None => EconomySpec::default(),
    };
    for finding in &spec.findings {
        eprintln!("nearest target: {}", finding.text);
    }
    writable(&arguments.chart)?;

    // The bank reads this when it starts. Whoever has set it wants to see its log.
    if !arguments.verbose && std::env::var_os("RUST_LOG").is_none() {
        std::env::set_var("RUST_LOG", "off");
    }
    let started = Instant::now();
    eprintln!(
        "building an economy in process: {}, {} periods, {PEOPLE} people, scenario {}, seed {}",
        spec.name,
        arguments.periods,
        arguments.scenario.name(),
        arguments.seed
    );
    let plan = Plan::new(&spec, arguments.scenario, arguments.seed, arguments.periods);
    let history = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| {
            Failure::new("no_runtime", format!("the bank cannot be started: {error}")).remedy(
                "raise the limits of open files and processes (`ulimit -a`), then run it again",
            )
        })?
        .block_on(live(&plan, arguments, started))?;

    let summary = Summary::new(&plan, arguments.periods, &history);
    let fixed = beside::fixed(&history);
    let rows: Vec<report::Row> = history.decisions.iter().map(summary::row).collect();
    let events: Vec<report::Event> = history
        .events
        .iter()
        .map(|event| report::Event {
            at: event.at,
            label: event.label.to_owned(),
        })
        .collect();
    let svg = draw(
        &plan,
        &history,
        &rows,
        &events,
        &beside::rows(&rows, &fixed),
    )?;
    fs::write(&arguments.chart, svg).map_err(|error| unwritable(&arguments.chart, &error))?;
    let written = output::to_stdout(|out| match format {
        Format::Display => {
            table::write(out, &rows, &events)?;
            writeln!(out)?;
            summary.write(out, &history)
        }
        Format::Json | Format::JsonCompact => {
            let document = Document {
                summary: &summary,
                invariants: &history.invariants.held,
                events: &events,
                decisions: history
                    .decisions
                    .iter()
                    .enumerate()
                    .map(|(index, made)| DecisionLine::new(made, fixed.get(index).copied()))
                    .collect(),
            };
            output::write_json(&mut &mut *out, &document, format).map_err(io::Error::other)
        }
    });
    written.map_err(|error| crate::output::unwritten(&error))?;
    eprintln!(
        "{} transactions in {:.1} s; the chart is in {}",
        history.counts.transactions,
        started.elapsed().as_secs_f64(),
        arguments.chart.display()
    );
    Ok(())
}

async fn live(
    plan: &Plan<'_>,
    arguments: &Arguments,
    started: Instant,
) -> Result<History, Failure> {
    let _aside = stdout::set_aside(arguments.verbose).map_err(|error| stdout::not_aside(&error))?;
    let bank = Bank::start().await;
    let life = Life::begin(plan, bank).await?;
    life.live(|period, news| {
        if !news.is_empty() {
            eprintln!("period {period}: {news}");
        } else if period.is_multiple_of(TELL_EVERY) {
            let seconds = started.elapsed().as_secs_f64();
            eprintln!("period {period} of {} ({seconds:.1} s)", arguments.periods);
        }
    })
    .await
}

fn draw(
    plan: &Plan<'_>,
    history: &History,
    rows: &[report::Row],
    events: &[report::Event],
    fixed: &[report::Row],
) -> Result<String, Failure> {
    let title = format!(
        "{}: {} periods, {}, seed {}",
        plan.spec.name,
        rows.last().map_or(0, |row| row.period),
        plan.story.name(),
        plan.seed
    );
    let paths = beside::paths(history);
    let besides = chart::Besides {
        paths: Some(&paths),
        fixed,
    };
    chart::svg_with(&title, rows, events, &besides).map_err(|error| {
        Failure::new(
            "chart_failed",
            format!("the chart cannot be drawn: {error}"),
        )
        .remedy("report it with the economy file, the scenario and the seed")
    })
}
