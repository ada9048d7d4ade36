//! How the events of a keeper look: a line each on stderr, as text or as JSON.
//!
//! The events are those of `tracing`. Each has a name (`name:`), an economy where there is
//! one, and fields; this is their form, and which of them are told.

use std::any::Any;
use std::fmt::{self, Debug};
use std::io;
use std::panic::PanicHookInfo;

use chrono::{SecondsFormat, Utc};
use homeostat_chain::Talk;
use homeostat_settings::failure::quoted;
use homeostat_settings::Failure;
use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::{error, info, warn, Event, Level, Subscriber};
use tracing_serde::SerdeMapVisitor;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;

/// Where a person says which events are told, as `LEVEL` or as `TARGET=LEVEL,…`.
pub const LEVELS: &str = "RUST_LOG";
/// What the targets of the keeper's own events begin with.
const OWN: &str = "homeostat";

/// How lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// `2026-01-05T00:00:00.000Z INFO  cranked economy=… period=3`
    #[default]
    Text,
    /// One object a line: `time`, `level`, `event`, `economy` where there is one, fields.
    Json,
}

/// From now on tells the events of this process on stderr, and panics as events: debug ones
/// too if `verbose`, else those that `RUST_LOG` names, else from info on.
///
/// # Errors
///
/// `RUST_LOG` is no list of levels; events are told somewhere else already.
pub fn to_stderr(format: Format, verbose: bool) -> Result<(), Failure> {
    let wished = std::env::var(LEVELS).unwrap_or_default();
    let levels = levels(verbose, &wished)?;
    let all = lines(io::stderr, format, levels, Now);
    tracing::subscriber::set_global_default(all).map_err(|error| {
        Failure::new("no_log", format!("events cannot be told: {error}"))
            .remedy("a process has one log: begin it once")
    })?;
    // A panic's usual words would stand between the lines and be none of them.
    std::panic::set_hook(Box::new(panicked));
    Ok(())
}

/// Which events are told.
///
/// # Errors
///
/// `wished` is no list of levels.
pub fn levels(verbose: bool, wished: &str) -> Result<Targets, Failure> {
    if verbose || wished.is_empty() {
        let least = if verbose { Level::DEBUG } else { Level::INFO };
        return Ok(Targets::new().with_target(OWN, least));
    }
    wished.parse().map_err(|error| {
        let words = format!("{LEVELS} is {}: {error}", quoted(wished));
        Failure::new("bad_log_levels", words)
            .remedy("write a level (error, warn, info, debug, trace), or homeostat_keeper=debug")
    })
}

/// Tells events as lines, with the time that `time` says.
pub fn lines<W, T>(
    out: W,
    format: Format,
    levels: Targets,
    time: T,
) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
    T: FormatTime + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer()
        .event_format(Lines { format, time })
        .with_writer(out)
        .with_filter(levels);
    tracing_subscriber::registry().with(layer)
}

/// The clock of this machine, to the millisecond.
struct Now;

impl FormatTime for Now {
    fn format_time(&self, out: &mut Writer<'_>) -> fmt::Result {
        out.write_str(&Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

/// The form of a line.
struct Lines<T> {
    format: Format,
    time: T,
}

impl<S, N, T> FormatEvent<S, N> for Lines<T>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    T: FormatTime,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut time = String::new();
        self.time.format_time(&mut Writer::new(&mut time))?;
        match self.format {
            Format::Text => text(&time, event, &mut out)?,
            Format::Json => out.write_str(&json(&time, event).map_err(|_| fmt::Error)?)?,
        }
        out.write_char('\n')
    }
}

fn text(time: &str, event: &Event<'_>, out: &mut Writer<'_>) -> fmt::Result {
    let about = event.metadata();
    write!(out, "{time} {:<5} ", about.level().as_str())?;
    plainly(about.name(), out)?;
    let mut fields = Fields { out, all: Ok(()) };
    event.record(&mut fields);
    fields.all
}

fn json(time: &str, event: &Event<'_>) -> Result<String, serde_json::Error> {
    let about = event.metadata();
    let mut line = Vec::new();
    let mut json = serde_json::Serializer::new(&mut line);
    let mut map = json.serialize_map(None)?;
    map.serialize_entry("time", time)?;
    map.serialize_entry("level", &about.level().as_str().to_ascii_lowercase())?;
    map.serialize_entry("event", about.name())?;
    let mut fields = SerdeMapVisitor::new(map);
    event.record(&mut fields);
    fields.finish()?;
    Ok(String::from_utf8_lossy(&line).into_owned())
}

/// Writes the fields of a line of text.
struct Fields<'a, 'w> {
    out: &'a mut Writer<'w>,
    all: fmt::Result,
}

impl Visit for Fields<'_, '_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.all = self.all.and_then(|()| {
            write!(self.out, " {}=", field.name())?;
            plainly(value, self.out)
        });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

/// Writes a word as it is, and anything else in JSON's quotation marks, whose escapes keep a
/// hostile text on its line.
fn plainly(value: &str, out: &mut Writer<'_>) -> fmt::Result {
    let fits = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '=' | '\\');
    if !value.is_empty() && value.chars().all(fits) {
        out.write_str(value)
    } else {
        write!(out, "{}", Value::from(value))
    }
}

/// Tells of a panic, wherever it was.
fn panicked(about: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let place = about.location().map(ToString::to_string);
    error!(
        name: "panicked",
        thread = thread.name(),
        place = place.as_deref(),
        message = words(about.payload())
    );
}

/// What a panic said.
pub(crate) fn words(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without words")
}

/// Tells of a server that is waited for, or of another one that is asked.
pub fn server(line: &str) {
    warn!(name: "server", message = line);
}

/// What a sender says goes into the log.
pub(crate) struct Told;

impl Talk for Told {
    fn say(&self, line: &str) {
        info!(name: "sender", message = line);
    }
}

/// A remedy, where there is one.
pub(crate) fn remedy(failure: &Failure) -> Option<&str> {
    (!failure.remedy.is_empty()).then_some(failure.remedy.as_str())
}

/// A wait as a field (milliseconds).
pub(crate) fn millis(wait: std::time::Duration) -> u64 {
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)
}

/// An event about a failure: the fields that are given, then its code, message and remedy.
/// Its level need not be known when it is compiled.
macro_rules! fails {
    ($level:expr, $name:literal, $failure:expr $(, $($fields:tt)+)?) => {{
        let failure: &homeostat_settings::Failure = $failure;
        crate::log::leveled!(
            $level,
            $name,
            $($($fields)+,)?
            code = failure.code,
            message = failure.message.as_str(),
            remedy = crate::log::remedy(failure)
        )
    }};
}
pub(crate) use fails;

/// An event whose level need not be known when it is compiled.
macro_rules! leveled {
    ($level:expr, $name:literal, $($fields:tt)+) => {
        match $level {
            tracing::Level::ERROR => tracing::event!(name: $name, tracing::Level::ERROR, $($fields)+),
            tracing::Level::WARN => tracing::event!(name: $name, tracing::Level::WARN, $($fields)+),
            tracing::Level::INFO => tracing::event!(name: $name, tracing::Level::INFO, $($fields)+),
            _ => tracing::event!(name: $name, tracing::Level::DEBUG, $($fields)+),
        }
    };
}
pub(crate) use leveled;

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use homeostat_client::Pubkey;

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A clock that stands.
    struct Monday;

    impl FormatTime for Monday {
        fn format_time(&self, out: &mut Writer<'_>) -> fmt::Result {
            out.write_str("2026-01-05T00:00:00.000Z")
        }
    }

    fn told(format: Format, levels: Targets) -> String {
        let kept = Kept::default();
        let out = kept.clone();
        let all = lines(move || out.clone(), format, levels, Monday);
        tracing::subscriber::with_default(all, || {
            let economy = Pubkey::new_from_array([1; 32]);
            let hostile = "a \"b\"\n\u{1b}[31m{}=\\";
            tracing::debug!(name: "unheard", n = 1);
            tracing::warn!(target: "another", "what others say");
            tracing::warn!(name: "one", economy = %economy, n = 3, what = hostile);
            let failure = Failure::new("broken", hostile).remedy("mend it");
            fails!(Level::ERROR, "two", &failure, retry_ms = 250);
            let failure = Failure::new("broken", "without a remedy");
            fails!(Level::ERROR, "three", &failure, economy = %economy);
        });
        let bytes = kept.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn json_lines_are_json_whatever_they_say() {
        let told = told(Format::Json, levels(false, "").unwrap());
        let lines: Vec<Value> = told
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0]["time"], "2026-01-05T00:00:00.000Z");
        assert_eq!(lines[0]["level"], "warn");
        assert_eq!(lines[0]["event"], "one");
        assert_eq!(lines[0]["n"], 3);
        assert_eq!(lines[0]["what"], "a \"b\"\n\u{1b}[31m{}=\\");
        let economy = Pubkey::new_from_array([1; 32]).to_string();
        assert_eq!(lines[0]["economy"], economy);
        assert_eq!(lines[1]["code"], "broken");
        assert_eq!(lines[1]["message"], "a \"b\"\n\u{1b}[31m{}=\\");
        assert_eq!(lines[1]["remedy"], "mend it");
        assert_eq!(lines[1]["retry_ms"], 250);
        assert_eq!(lines[2]["economy"], economy);
        assert!(lines[2].get("remedy").is_none());
    }

    #[test]
    fn text_lines_stay_on_their_line() {
        let told = told(Format::Text, levels(false, "").unwrap());
        assert_eq!(told.lines().count(), 3);
        assert!(!told.contains('\u{1b}'), "{told}");
        assert!(told.starts_with(
            "2026-01-05T00:00:00.000Z WARN  one \
             economy=4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi n=3 what=\"a \\\"b"
        ));
    }

    #[test]
    fn a_flag_or_a_variable_says_what_is_told() {
        let count = |verbose, wished| {
            let told = told(Format::Json, levels(verbose, wished).unwrap());
            told.lines().count()
        };
        assert_eq!(count(true, ""), 4);
        assert_eq!(count(false, "debug"), 5);
        assert_eq!(count(false, "homeostat_keeper=error"), 2);
        assert_eq!(count(false, "another=warn"), 1);
        assert_eq!(count(false, "off"), 0);
        // The flag is nearer than the variable.
        assert_eq!(count(true, "off"), 4);
        let failure = levels(false, "homeostat_keeper=loud").unwrap_err();
        assert_eq!(failure.code, "bad_log_levels");
        assert!(!failure.remedy.is_empty());
    }
}
