//! Errors that a person can act on: what is wrong, where, and what to do. The tools and the
//! simulator report theirs alike.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

use std::fmt;

use serde::Serialize;

/// Why a command did not do its work, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Stable name for programs, in lower snake case.
    pub code: &'static str,
    /// What is wrong, with the place and the value.
    pub message: String,
    /// What to do.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub remedy: String,
    /// Where it is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Box<Place>>,
    /// The program's number for its refusal, where it refused; for callers that know what
    /// to do about one.
    #[serde(skip)]
    pub custom: Option<u32>,
    /// Whether it was refused because an account that it creates is there already.
    #[serde(skip)]
    pub taken: bool,
}

/// A place in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Place {
    /// File as named on the command line; `stdin` for `-`.
    pub file: String,
    /// Line, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Position in the line in characters, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
    /// CSV column or TOML key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// What is wrong about words on a command line, whatever the state of anything is.
const USAGE: &[&str] = &[
    "bad_address",
    "bad_amount",
    "bad_commitment",
    "bad_feed",
    "bad_label",
    "bad_log_levels",
    "bad_metrics_address",
    "bad_signer",
    "bad_url",
    "bad_value",
    "bank_keeps_nothing",
    "insecure_webhook",
    "left_out",
    "no_file",
    "usage",
];

impl Failure {
    /// A failure without a place.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            remedy: String::new(),
            at: None,
            custom: None,
            taken: false,
        }
    }

    /// A failure at a place, which opens the message.
    pub fn at(code: &'static str, place: Place, problem: impl fmt::Display) -> Self {
        Self {
            code,
            message: format!("{place}: {problem}"),
            remedy: String::new(),
            at: Some(Box::new(place)),
            custom: None,
            taken: false,
        }
    }

    /// The exit code of a command that ends with this failure: 2 when a word on the command line
    /// is none of those that can stand there (the same in a file is 1), 3 when the cluster could
    /// not be asked (or answered nonsense), 4 when it refused the transaction, 5 when
    /// nobody can say whether the transaction went through, 1 for everything else.
    pub fn exit(&self) -> u8 {
        match self.code {
            code if self.at.is_none() && USAGE.contains(&code) => 2,
            code if code.starts_with("rpc_") => 3,
            "expired" => 3,
            "refused" => 4,
            "outcome_unknown" => 5,
            _ => 1,
        }
    }

    /// Adds what to do.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        if !self.remedy.is_empty() {
            write!(f, "\n  remedy: {}", self.remedy)?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

impl Place {
    /// A whole file.
    pub fn file(name: impl Into<String>) -> Self {
        Self {
            file: name.into(),
            ..Self::default()
        }
    }

    /// A line of a file.
    pub fn line(name: impl Into<String>, line: u64) -> Self {
        Self {
            line: Some(line),
            ..Self::file(name)
        }
    }

    /// Narrows the place to a CSV column or TOML key.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        if let Some(column) = self.column {
            write!(f, ", column {column}")?;
        }
        if let Some(field) = &self.field {
            write!(f, ", `{field}`")?;
        }
        Ok(())
    }
}

/// A value from outside, fit to be shown: quoted, without control characters, and
/// not longer than a line.
pub fn quoted(text: &str) -> String {
    const LONGEST: usize = 48;
    let mut shown = String::from("`");
    for (count, character) in text.chars().enumerate() {
        if count == LONGEST {
            shown.push('…');
            break;
        }
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown.push('`');
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_reads_as_place_problem_remedy() {
        let failure = Failure::at(
            "bad_number",
            Place::line("a.csv", 3).field("y"),
            "`x` is not a number",
        )
        .remedy("write 0.5");
        assert_eq!(
            failure.to_string(),
            "error: a.csv, line 3, `y`: `x` is not a number\n  remedy: write 0.5"
        );
        assert_eq!(
            serde_json::to_value(&failure).expect("serialises"),
            serde_json::json!({
                "code": "bad_number",
                "message": "a.csv, line 3, `y`: `x` is not a number",
                "remedy": "write 0.5",
                "at": {"file": "a.csv", "line": 3, "field": "y"}
            })
        );
    }

    #[test]
    fn hostile_values_are_shortened_and_escaped() {
        assert_eq!(quoted("a\u{1b}[31m\nb"), "`a\\u{1b}[31m\\nb`");
        assert_eq!(quoted(&"é".repeat(1000)), format!("`{}…`", "é".repeat(48)));
    }
}
