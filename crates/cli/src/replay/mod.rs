//! `homeostat replay`: what would this controller have done with these samples?

mod series;

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use homeostat_control::{Config, Decision, Flags, HoldReason, Input, Sample};
use schemars::{schema_for, JsonSchema, Schema};
use serde::ser::{SerializeSeq, Serializer};
use serde::Serialize;

use crate::decimal::{Decimal, PPM};
use crate::document;
use crate::failure::Failure;
use crate::output::{self, Exact, Format};
use homeostat_settings::files::{read_up_to, unreadable};

pub use homeostat_settings::controller_file::read_controller;
pub use series::{read_series, Row};

/// What `replay --help` opens with.
pub const LONG_ABOUT: &str = "\
Run the control law over a recorded series: what would it have done?

Reads samples (t, y) from a CSV file and prints one decision for each of them, computed by the
very code that runs on chain. Nothing is printed before the whole input is read and found good.";

/// What `replay --help` closes with.
pub const AFTER_LONG_HELP: &str = "\
Input: CSV with a header that names the columns `t` and `y`, in any order; other columns are
ignored, so the output can be fed back in.
  t  time in whole seconds (Unix time, or counted from any start)
  y  measurement as a fraction (0.42, not 42 %); empty = the sample is missing
A row whose t is not after the rows before changes nothing: the last decision comes again, flagged
`repeated`.

Time: the controller is created one period before the first row with u = bias, so the first row is
its first sample. That sample primes it: P acts at once, the integral starts from 0 and integrates
from the second row on. A recording that begins in the middle of a run can have a row with
y = setpoint put before the rest.

Output: t,y,e,p,i,d,raw,u,flags as CSV, or an array of objects with --output json. e is the
normalised error before the dead-band; p, i, d, raw and u are fractions. Every digit is exact, in
JSON too: read the numbers as decimals where 17 digits are not enough. flags are joined by `|` (an
array in JSON):
  primed repeated gap held_missing held_stale held_future held_out_of_range held_thin_samples
  held_computation held_tripped hold_expired dead_band slew_up slew_down limit_low limit_high
  trimmed capped manual clamped_y
In a held row e and p are those of the last accepted sample.

Controller: a TOML file. Gains, bias, limits and slew are fractions of u (0.06 = 6 %).
  setpoint      target of y                                                   required
  action        \"reverse\" (y below the target raises u) or \"direct\"           required
  bias          u without control, from min to max                            required
  min, max      limits of u, at most six decimal places                       required
  period        seconds, 60 to 31536000                                       required
  scale         normalises the error: z = ±(setpoint - y) / scale             |setpoint|, or 1
  kp, ki, kd    gains per unit of z; ki per period, kd times periods          0
  filter        time constant of the derivative in periods, 0.01 to 1000      1
  half_life     of the integral in seconds; at least max_periods × period     0 (no leak)
  dead_band     half-width on z, 0 to below 8                                 0
  slew_up       fastest rise of u per period, at most six decimal places      unlimited
  slew_down     fastest fall of u per period, at most six decimal places      unlimited
  max_periods   most periods that one step integrates over, 1 to 52           4
  max_hold      periods without a sample before u moves to the bias, to 1000  4
  sampling      \"mean\" (y is the mean since the row before) or \"point\"      \"mean\"
  reference     \"absolute\", or \"average\": setpoint times the mean of y      \"absolute\"
  average_half_life  of that mean in seconds; at least max_periods × period  0

Example:
  setpoint = 0.60
  action = \"reverse\"
  kp = 0.10
  ki = 0.02
  bias = 0.06
  min = 0.01
  max = 0.20
  slew_up = 0.02
  slew_down = 0.02
  dead_band = 0.02
  period = 604800

  homeostat replay --controller emission.toml --input staked-share.csv > decisions.csv";

/// Arguments of `replay`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Controller configuration (TOML)
    #[arg(long, value_name = "FILE")]
    pub controller: PathBuf,

    /// Samples (CSV); `-` for stdin
    #[arg(long, value_name = "CSV")]
    pub input: PathBuf,
}

/// Runs the command.
///
/// # Errors
///
/// A file that cannot be read, or that is not what it should be; stdout that
/// cannot be written.
pub fn run(arguments: &Arguments, format: Format) -> Result<(), Failure> {
    let config = controller_from(&arguments.controller)?;
    let rows = rows_from(&arguments.input)?;
    if rows.is_empty() {
        eprintln!(
            "note: {} has a header but no rows",
            input_name(&arguments.input)
        );
    }
    let lines = replay(&config, &rows)?;
    let written = output::to_stdout(|out| match format {
        Format::Display => write_csv(out, lines),
        Format::Json => {
            write_json(&mut serde_json::Serializer::pretty(&mut *out), lines)?;
            writeln!(out)
        }
        Format::JsonCompact => {
            write_json(&mut serde_json::Serializer::new(&mut *out), lines)?;
            writeln!(out)
        }
    });
    written.map_err(|error| crate::output::unwritten(&error))
}

/// One printed row.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    row: &'a Row,
    decision: Decision,
}

/// Steps the law over the rows, lazily.
///
/// # Errors
///
/// A configuration that does not validate.
pub fn replay<'a>(
    config: &'a Config,
    rows: &'a [Row],
) -> Result<impl Iterator<Item = Line<'a>>, Failure> {
    // One period early, so that the first row is the sample that primes: a
    // controller created at the first row would call that row a repetition.
    let first = rows.first().map_or(0, |row| row.t);
    let created = first.saturating_sub(i64::from(config.period));
    let mut state = homeostat_control::create(config, created).map_err(|error| {
        Failure::new(
            "bad_config",
            format!("the controller cannot start: {error}"),
        )
        .remedy("correct the controller file: `homeostat replay --help` has the range of each key")
    })?;
    Ok(rows.iter().map(move |row| {
        let input = Input {
            y: row.y.as_ref().map(|y| Sample {
                value: y.value,
                at: row.t,
                samples: u32::MAX,
            }),
            ..Input::missing(row.t)
        };
        let (next, decision) = homeostat_control::step(config, &state, &input);
        state = next;
        Line { row, decision }
    }))
}

impl Line<'_> {
    fn e(&self) -> Decimal {
        Decimal::from_fx(self.decision.z)
    }

    /// p, i, d and raw as fractions.
    fn terms(&self) -> [Decimal; 4] {
        let decision = &self.decision;
        [decision.p, decision.i, decision.d, decision.raw]
            .map(|ppm| Decimal::from_fx(ppm).shifted(-PPM))
    }

    fn u(&self) -> Decimal {
        Decimal::from(self.decision.u).shifted(-PPM)
    }

    fn y(&self) -> Option<&str> {
        self.row.y.as_ref().map(|y| y.text.as_str())
    }
}

const COLUMNS: &str = "t,y,e,p,i,d,raw,u,flags";

fn write_csv<'a>(out: &mut dyn Write, lines: impl Iterator<Item = Line<'a>>) -> io::Result<()> {
    // Digits, points and snake case only: nothing that CSV would have to quote.
    writeln!(out, "{COLUMNS}")?;
    for line in lines {
        let [p, i, d, raw] = line.terms();
        writeln!(
            out,
            "{},{},{},{p},{i},{d},{raw},{},{}",
            line.row.t,
            line.y().unwrap_or_default(),
            line.e(),
            line.u(),
            flag_names(&line.decision).join("|"),
        )?;
    }
    Ok(())
}

/// A row in JSON.
#[derive(Serialize, JsonSchema)]
struct Object {
    t: i64,
    y: Option<Exact>,
    e: Exact,
    p: Exact,
    i: Exact,
    d: Exact,
    raw: Exact,
    u: Exact,
    flags: Vec<&'static str>,
}

/// Schema of the JSON: a list of rows.
pub fn schema() -> Schema {
    schema_for!(Vec<Object>)
}

fn write_json<'a, S: Serializer>(
    to: S,
    lines: impl Iterator<Item = Line<'a>>,
) -> Result<(), S::Error> {
    let number = |text: &str| Exact::parse(text).map_err(serde::ser::Error::custom);

    let mut rows = to.serialize_seq(None)?;
    for line in lines {
        let [p, i, d, raw] = line.terms();
        rows.serialize_element(&Object {
            t: line.row.t,
            y: line.y().map(number).transpose()?,
            e: number(&line.e().to_string())?,
            p: number(&p.to_string())?,
            i: number(&i.to_string())?,
            d: number(&d.to_string())?,
            raw: number(&raw.to_string())?,
            u: number(&line.u().to_string())?,
            flags: flag_names(&line.decision),
        })?;
    }
    rows.end().map(drop)
}

/// The flags of a decision, in the order of their bits; a hold with its reason.
pub fn flag_names(decision: &Decision) -> Vec<&'static str> {
    let held = match decision.held {
        HoldReason::None => "held",
        HoldReason::Missing => "held_missing",
        HoldReason::Stale => "held_stale",
        HoldReason::Future => "held_future",
        HoldReason::OutOfRange => "held_out_of_range",
        HoldReason::ThinSamples => "held_thin_samples",
        HoldReason::Computation => "held_computation",
        HoldReason::Tripped => "held_tripped",
        HoldReason::Spike => "held_spike",
        HoldReason::Drift => "held_drift",
        HoldReason::Frozen => "held_frozen",
        HoldReason::NoReference => "held_no_reference",
    };
    [
        (Flags::PRIMED, "primed"),
        (Flags::REPEATED, "repeated"),
        (Flags::GAP, "gap"),
        (Flags::HELD, held),
        (Flags::HOLD_EXPIRED, "hold_expired"),
        (Flags::DEAD_BAND, "dead_band"),
        (Flags::SLEW_UP, "slew_up"),
        (Flags::SLEW_DOWN, "slew_down"),
        (Flags::LIMIT_LOW, "limit_low"),
        (Flags::LIMIT_HIGH, "limit_high"),
        (Flags::TRIMMED, "trimmed"),
        (Flags::CAPPED, "capped"),
        (Flags::MANUAL, "manual"),
        (Flags::CLAMPED_Y, "clamped_y"),
        (Flags::RESUMED, "resumed"),
    ]
    .into_iter()
    .filter(|(flag, _)| decision.flags.contains(*flag))
    .map(|(_, name)| name)
    .collect()
}

/// What `-` is called in messages.
const STDIN: &str = "stdin";

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

fn input_name(path: &Path) -> String {
    if is_stdin(path) {
        STDIN.to_owned()
    } else {
        path.display().to_string()
    }
}

fn controller_from(path: &Path) -> Result<Config, Failure> {
    let name = path.display().to_string();
    let bytes = File::open(path)
        .and_then(|file| read_up_to(file, document::LARGEST))
        .map_err(|error| unreadable(&name, &error))?;
    read_controller(&bytes, &name)
}

fn rows_from(path: &Path) -> Result<Vec<Row>, Failure> {
    let name = input_name(path);
    let bytes = if is_stdin(path) {
        read_up_to(io::stdin().lock(), series::LARGEST)
    } else {
        File::open(path).and_then(|file| read_up_to(file, series::LARGEST))
    };
    read_series(&bytes.map_err(|error| unreadable(&name, &error))?, &name)
}
