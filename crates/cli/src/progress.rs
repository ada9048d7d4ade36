//! How far a long command is, on stderr: one line that is written over on a terminal, a line now
//! and then where stderr is a file.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use homeostat_settings::human::duration;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};

/// How often a terminal is told.
const OFTEN: Duration = Duration::from_millis(100);
/// How often a file is told.
const SELDOM: Duration = Duration::from_secs(60);
/// Columns of a line; what is longer would not be written over.
const WIDTH: usize = 100;

/// A line of progress.
pub struct Progress {
    terminal: bool,
    told: Instant,
    /// Whether a line stands there that has to be written over.
    open: bool,
}

impl Progress {
    /// Nothing is told yet.
    pub fn start() -> Self {
        Self {
            terminal: io::stderr().is_terminal(),
            told: Instant::now(),
            open: false,
        }
    }

    /// Tells what `text` makes, unless it was told a moment ago.
    pub fn tell(&mut self, text: impl FnOnce() -> String) {
        let pause = if self.terminal { OFTEN } else { SELDOM };
        if self.told.elapsed() < pause {
            return;
        }
        self.told = Instant::now();
        let text = text();
        // Nothing can be done about a stderr that is gone.
        let _ = if self.terminal {
            self.open = true;
            write!(io::stderr(), "\r{text:<WIDTH$}")
        } else {
            writeln!(io::stderr(), "{text}")
        };
    }
}

impl Drop for Progress {
    /// Makes room for what comes next.
    fn drop(&mut self) {
        if self.open {
            let _ = write!(io::stderr(), "\r{:<WIDTH$}\r", "");
        }
    }
}

/// A measured length of time for people, to the second.
pub fn length(time: Duration) -> String {
    duration(Duration::from_secs_f64(time.as_secs_f64().round()).as_secs())
}

/// A line that turns while an outcome is waited for, and says for how long: on a terminal alone.
///
/// Whoever writes on stderr meanwhile does so through [`Spinner::beside`].
#[derive(Clone, Default)]
pub struct Spinner(Arc<Mutex<Option<ProgressBar>>>);

impl Spinner {
    /// Begins to turn, in the place of one that turned before.
    pub fn start(&self, what: &'static str) {
        // A terminal is recognised by the library, which draws nothing anywhere else.
        let bar = ProgressBar::new_spinner();
        if bar.is_hidden() {
            return;
        }
        let took = |state: &ProgressState, out: &mut dyn fmt::Write| {
            // Nothing can be done about a terminal that is gone.
            let _ = out.write_str(&duration(state.elapsed().as_secs()));
        };
        if let Ok(style) = ProgressStyle::with_template("  {spinner} {msg}, {took}") {
            bar.set_style(style.with_key("took", took));
        }
        bar.set_message(what);
        bar.enable_steady_tick(OFTEN);
        self.stop();
        *self.bar() = Some(bar);
    }

    /// Writes on stderr without the line in its way.
    pub fn beside(&self, write: impl FnOnce()) {
        match &*self.bar() {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Takes the line away.
    pub fn stop(&self) {
        if let Some(bar) = self.bar().take() {
            bar.finish_and_clear();
        }
    }

    fn bar(&self) -> MutexGuard<'_, Option<ProgressBar>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_nobody_looks_nothing_turns() {
        // given tests, whose stderr is no terminal
        if io::stderr().is_terminal() {
            return;
        }
        // when something is waited for, then nothing turns, and what is said is said
        let spinner = Spinner::default();
        spinner.start("waiting");
        assert!(spinner.bar().is_none());
        let mut said = false;
        spinner.beside(|| said = true);
        assert!(said);
        spinner.stop();
    }
}
