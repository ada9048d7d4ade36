//! Formats of the data on stdout.

use std::ffi::OsString;
use std::io::{self, Write};

use clap::ValueEnum;
use schemars::{json_schema, JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::decimal::Decimal;
use crate::failure::Failure;
use crate::stdout;

/// Format of the data on stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// What suits a person and a terminal; CSV where the data is a table
    #[default]
    Display,
    /// JSON over several lines
    Json,
    /// JSON on one line
    JsonCompact,
}

impl Format {
    /// Finds `--output json` among words that did not parse as a command line.
    pub fn wished_for(words: impl IntoIterator<Item = OsString>) -> Self {
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let Some(word) = word.to_str() else { continue };
            let value = match word.strip_prefix("--output") {
                Some("") => words.next().and_then(|next| next.into_string().ok()),
                Some(rest) => rest.strip_prefix('=').map(str::to_owned),
                None => None,
            };
            if let Some(format) = value.and_then(|value| Self::from_str(&value, false).ok()) {
                return format;
            }
        }
        Self::Display
    }
}

/// A number with every digit, in JSON: a float would lose the last ones.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Exact(Box<RawValue>);

impl Exact {
    /// A number as it stands in a text.
    ///
    /// # Errors
    ///
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text).map(Self)
    }
}

impl From<Decimal> for Exact {
    fn from(number: Decimal) -> Self {
        Self::parse(&number.to_string()).expect("plain digits are JSON")
    }
}

impl JsonSchema for Exact {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Exact".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number" })
    }
}

/// Writes `value` and a newline.
pub fn write_json(
    out: &mut impl Write,
    value: &impl Serialize,
    format: Format,
) -> Result<(), serde_json::Error> {
    match format {
        Format::JsonCompact => serde_json::to_writer(&mut *out, value)?,
        Format::Json | Format::Display => serde_json::to_writer_pretty(&mut *out, value)?,
    }
    writeln!(out).map_err(serde_json::Error::io)
}

/// What is wrong when stdout cannot be written.
pub fn unwritten(error: &io::Error) -> Failure {
    Failure::new("write_failed", format!("cannot write to stdout: {error}"))
        .remedy("give it a place with room: redirect it to a file, or free some disk space")
}

/// Runs `write` on a buffered, locked stdout.
///
/// A reader that closes the pipe early (`| head`) has what it wanted: that is no failure.
pub fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = io::BufWriter::new(stdout::data());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wished(words: &[&str]) -> Format {
        Format::wished_for(words.iter().map(OsString::from))
    }

    #[test]
    fn the_wish_for_json_is_heard_in_a_broken_command_line() {
        assert_eq!(
            wished(&["homeostat", "fly", "--output", "json"]),
            Format::Json
        );
        assert_eq!(
            wished(&["homeostat", "--output=json-compact"]),
            Format::JsonCompact
        );
        assert_eq!(wished(&["homeostat", "--output", "yaml"]), Format::Display);
        assert_eq!(wished(&["homeostat", "--output"]), Format::Display);
        assert_eq!(wished(&["homeostat", "--outputs=json"]), Format::Display);
    }
}
