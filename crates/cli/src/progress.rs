//! How far a long command is, on stderr: one line that is written over on a terminal, a line now
//! and then where stderr is a file.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

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
    pub fn new() -> Self {
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

/// A length of time for people: `1 h 05 min`, `3 min 20 s`, `12 s`.
pub fn length(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    if hours > 0 {
        format!("{hours} h {minutes:02} min")
    } else if minutes > 0 {
        format!("{minutes} min {:02} s", seconds % 60)
    } else {
        format!("{seconds} s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_two_units() {
        for (seconds, text) in [
            (0.4, "0 s"),
            (59.4, "59 s"),
            (59.6, "1 min 00 s"),
            (3_599.0, "59 min 59 s"),
            (3_900.0, "1 h 05 min"),
            (200_000.0, "55 h 33 min"),
        ] {
            assert_eq!(length(Duration::from_secs_f64(seconds)), text);
        }
    }
}
