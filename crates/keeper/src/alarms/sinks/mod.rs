//! Whom alarms are told: each sink takes one alarm at a time and says whether it has it.

mod exec;
mod file;
mod lines;
mod webhook;

use std::time::{Duration, Instant};

use homeostat_settings::Failure;

pub use exec::Exec;
pub use file::Appended;
pub use lines::Lines;
pub use webhook::Webhook;

use super::alarm::Alarm;
use crate::backoff::Backoff;

/// Takes alarms.
pub trait Sink: Send {
    /// Its name in the watcher's file: one sink of each kind.
    fn name(&self) -> &'static str;

    /// Takes an alarm, or fails. It may be given one again that it has taken already, after a
    /// kill: the alarm's id tells.
    ///
    /// # Errors
    ///
    /// It has not taken it, or nobody can say whether it has.
    fn deliver(&mut self, alarm: &Alarm) -> Result<(), Failure>;
}

/// How lines of text or JSON look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// A sentence for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Form {
    /// An alarm as one line, with its end.
    ///
    /// # Errors
    ///
    /// It is no JSON, which an alarm always is.
    pub fn line(self, alarm: &Alarm) -> Result<String, Failure> {
        let mut line = match self {
            Self::Text => alarm.line(),
            Self::Json => serde_json::to_string(alarm).map_err(|error| {
                Failure::new("bad_alarm", format!("an alarm cannot be written: {error}"))
                    .remedy("please report this with the lines before it; it stays to be told")
            })?,
        };
        line.push('\n');
        Ok(line)
    }
}

/// A sink with its waits after failures.
pub struct Outlet {
    sink: Box<dyn Sink>,
    backoff: Backoff,
    not_before: Option<Instant>,
}

impl Outlet {
    /// A sink that is left alone after a failure for `base`, then twice as long each time, at
    /// most `cap`.
    pub fn new(sink: impl Sink + 'static, base: Duration, cap: Duration) -> Self {
        Self {
            sink: Box::new(sink),
            backoff: Backoff::new(base, cap),
            not_before: None,
        }
    }

    /// The sink's name.
    pub fn name(&self) -> &'static str {
        self.sink.name()
    }

    pub(super) fn is_free(&self, at: Instant) -> bool {
        self.not_before.is_none_or(|then| then <= at)
    }

    /// Gives the sink an alarm, whatever it was left alone for.
    ///
    /// # Errors
    ///
    /// As [`Sink::deliver`].
    pub fn deliver(&mut self, alarm: &Alarm) -> Result<(), Failure> {
        self.sink.deliver(alarm)?;
        self.backoff.reset();
        self.not_before = None;
        Ok(())
    }

    /// It failed at `at`: how long it is left alone.
    pub(super) fn failed(&mut self, at: Instant) -> Duration {
        let wait = self.backoff.fail(0);
        self.not_before = at.checked_add(wait);
        wait
    }
}

#[cfg(test)]
mod tests;
