//! What a keeper tells: a line an event, as text or as JSON.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{SecondsFormat, Utc};
use homeostat_client::Pubkey;
use homeostat_ops::{Failure, Talk};
use serde_json::Value;

/// How lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// `2026-01-05T00:00:00.000Z INFO cranked economy=… period=3`
    #[default]
    Text,
    /// One object a line: `time`, `level`, `event`, `economy` where there is one, fields.
    Json,
}

/// How much an event matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For who looks for an error.
    Debug,
    /// As it should be.
    Info,
    /// Somebody should look at it, some day.
    Warn,
    /// Something was not done.
    Error,
}

impl Level {
    const fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// A field of a line.
pub type Field<'a> = (&'a str, Value);

/// When it is tried again.
pub(crate) fn retry(wait: Duration) -> Field<'static> {
    let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    ("retry_ms", wait.into())
}

/// Where lines go.
pub struct Log {
    format: Format,
    least: Level,
    out: Mutex<Box<dyn Write + Send>>,
}

impl Log {
    /// On stderr; with debug lines if `verbose`.
    pub fn stderr(format: Format, verbose: bool) -> Self {
        let least = if verbose { Level::Debug } else { Level::Info };
        Self::to(Box::new(io::stderr()), format, least)
    }

    /// Anywhere.
    pub fn to(out: Box<dyn Write + Send>, format: Format, least: Level) -> Self {
        Self {
            format,
            least,
            out: Mutex::new(out),
        }
    }

    /// Writes a line.
    pub fn line(&self, level: Level, event: &str, economy: Option<&Pubkey>, fields: &[Field<'_>]) {
        if level < self.least {
            return;
        }
        let time = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
        let economy = economy.map(|economy| ("economy", Value::from(economy.to_string())));
        let fields = economy.iter().chain(fields);
        let line = match self.format {
            Format::Text => text(&time, level, event, fields),
            Format::Json => json(&time, level, event, fields),
        };
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody to tell that nobody listens.
        let _ = out.write_all(line.as_bytes());
    }

    /// A line about a failure, with its remedy.
    pub fn failure(
        &self,
        level: Level,
        event: &str,
        economy: Option<&Pubkey>,
        failure: &Failure,
        fields: &[Field<'_>],
    ) {
        let mut all: Vec<Field<'_>> = vec![
            ("code", failure.code.into()),
            ("message", failure.message.as_str().into()),
        ];
        if !failure.remedy.is_empty() {
            all.push(("remedy", failure.remedy.as_str().into()));
        }
        all.extend_from_slice(fields);
        self.line(level, event, economy, &all);
    }
}

impl Talk for Log {
    fn say(&self, line: &str) {
        self.line(Level::Info, "sender", None, &[("message", line.into())]);
    }
}

fn text<'a>(
    time: &str,
    level: Level,
    event: &str,
    fields: impl Iterator<Item = &'a Field<'a>>,
) -> String {
    let mut line = format!("{time} {:<5} {event}", level.name().to_uppercase());
    for (name, value) in fields {
        let plain = |text: &str| {
            let fits = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '=' | '\\');
            !text.is_empty() && text.chars().all(fits)
        };
        match value {
            Value::String(value) if plain(value) => line.push_str(&format!(" {name}={value}")),
            // JSON's quotation marks and escapes keep a hostile text on its line.
            value => line.push_str(&format!(" {name}={value}")),
        }
    }
    line.push('\n');
    line
}

fn json<'a>(
    time: &str,
    level: Level,
    event: &str,
    fields: impl Iterator<Item = &'a Field<'a>>,
) -> String {
    let mut line = format!(
        "{{\"time\":\"{time}\",\"level\":\"{}\",\"event\":{}",
        level.name(),
        Value::from(event)
    );
    for (name, value) in fields {
        line.push_str(&format!(",{}:{value}", Value::from(*name)));
    }
    line.push_str("}\n");
    line
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn told(format: Format) -> String {
        let kept = Kept::default();
        let log = Log::to(Box::new(kept.clone()), format, Level::Info);
        let economy = Pubkey::new_from_array([1; 32]);
        let hostile = "a \"b\"\n\u{1b}[31m{}=\\";
        log.line(Level::Debug, "unheard", None, &[]);
        log.line(
            Level::Warn,
            "one",
            Some(&economy),
            &[("n", 3.into()), ("what", hostile.into())],
        );
        log.failure(
            Level::Error,
            "two",
            None,
            &Failure::new("broken", hostile).remedy("mend it"),
            &[("retry_ms", 250.into())],
        );
        let bytes = kept.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn json_lines_are_json_whatever_they_say() {
        let told = told(Format::Json);
        let lines: Vec<Value> = told
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["level"], "warn");
        assert_eq!(lines[0]["n"], 3);
        assert_eq!(lines[0]["what"], "a \"b\"\n\u{1b}[31m{}=\\");
        assert_eq!(
            lines[0]["economy"],
            Pubkey::new_from_array([1; 32]).to_string()
        );
        assert_eq!(lines[1]["code"], "broken");
        assert_eq!(lines[1]["remedy"], "mend it");
        assert_eq!(lines[1]["retry_ms"], 250);
    }

    #[test]
    fn text_lines_stay_on_their_line() {
        let told = told(Format::Text);
        assert_eq!(told.lines().count(), 2);
        assert!(!told.contains('\u{1b}'), "{told}");
        assert!(told.contains(
            " WARN  one economy=4vJ9JU1bJJE96FWSJKvHsmmFADCg4gpZQff4P3bkLKi n=3 what=\"a \\\"b"
        ));
    }
}
