//! What a value is read from. Whatever a source does, reading it ends in its time, takes
//! bounded memory, and gives decimal digits or a failure that names the source.

mod command;
mod csv;
mod http;
mod json;
mod time;

pub(super) use command::Command;
pub(super) use csv::Csv;
pub(super) use http::{Header, Http};
pub(super) use json::Pointer;
pub(super) use time::Times;

use std::fmt;
use std::time::Duration;

use homeostat_chain::cluster;
use homeostat_settings::decimal::Decimal;
use homeostat_settings::failure::quoted;
use homeostat_settings::Failure;

/// One source of a feed.
#[derive(Debug)]
pub(super) struct Source {
    /// Its number in the feed, from 1.
    pub(super) number: usize,
    /// How it is read.
    pub(super) kind: Kind,
    /// What a number of it is multiplied by to be in the feed's unit; above 0.
    pub(super) unit: Decimal,
    /// The oldest value that counts (seconds).
    pub(super) max_age: i64,
    /// How long reading it may take.
    pub(super) timeout: Duration,
    /// The unit of its times.
    pub(super) times: Times,
}

/// How a source is read.
#[derive(Debug)]
pub(super) enum Kind {
    /// The newest row of a file.
    Csv(Csv),
    /// A number in a JSON document.
    Http(Http),
    /// What a program prints.
    Command(Command),
}

/// How the output of a command is read.
#[derive(Debug)]
pub(super) enum Format {
    /// It is a number and nothing else.
    Number,
    /// It is a JSON document.
    Json {
        /// Where the number is.
        value: Pointer,
        /// Where its time is.
        time: Option<Pointer>,
    },
}

/// What a source says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// In the source's own unit.
    pub(super) value: Decimal,
    /// When that was so (unix seconds); `None` = now.
    pub(super) at: Option<i64>,
}

/// Why a source says nothing: a code, what is wrong, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Silence {
    code: &'static str,
    problem: String,
    remedy: String,
}

impl Silence {
    pub(super) fn new(
        code: &'static str,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            code,
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }

    /// A source that answers nothing in its time.
    pub(super) fn slow(timeout: Duration) -> Self {
        Self::new(
            "source_slow",
            format!("has not answered within {} s", timeout.as_secs()),
            "see what holds it up, or raise its timeout",
        )
    }

    /// A source that says more than anybody needs to say a number.
    pub(super) fn too_large(most: u64, remedy: &str) -> Self {
        let problem = format!("is larger than {most} bytes");
        Self::new("source_too_large", problem, remedy)
    }
}

impl Source {
    /// Reads it, within its timeout.
    ///
    /// # Errors
    ///
    /// A failure whose code begins with `source_` and whose message names the source.
    pub(super) fn read(&self, secrets: &[String]) -> Result<Said, Failure> {
        let said = match &self.kind {
            Kind::Csv(csv) => csv.read(self.times),
            Kind::Http(http) => http.read(self.timeout, self.times),
            Kind::Command(command) => command.read(self.timeout, self.times, secrets),
        };
        said.map_err(|silence| self.failure(silence))
    }

    /// A failure of this source.
    pub(super) fn failure(&self, silence: Silence) -> Failure {
        Failure::new(silence.code, format!("{self} {}", silence.problem)).remedy(silence.remedy)
    }
}

impl fmt::Display for Source {
    /// Its number, and where it is: without what may be a secret.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match &self.kind {
            Kind::Csv(csv) => csv.file.display().to_string(),
            Kind::Http(http) => cluster::shown(http.url.as_str()),
            Kind::Command(command) => command.program.clone(),
        };
        write!(out, "source {} ({place})", self.number)
    }
}

/// A number as text.
///
/// # Errors
///
/// `source_not_a_number`.
fn number(text: &str) -> Result<Decimal, Silence> {
    text.parse().map_err(|error| {
        Silence::new(
            "source_not_a_number",
            format!("says {}, which {error}", quoted(text)),
            "look at what it says; the number may be at another place of it",
        )
    })
}
