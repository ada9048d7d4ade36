//! Alarms to whoever reads a stream, such as stdout.

use homeostat_settings::Failure;

use super::{Form, Sink};
use crate::alarms::alarm::Alarm;

/// Lines to a writer, such as stdout. The writer cannot be asked what it has: after a kill the
/// last line may come again, with the same id.
pub struct Lines {
    form: Form,
    write: Box<WriteLine>,
}

/// Writes a line and flushes it.
type WriteLine = dyn FnMut(&str) -> std::io::Result<()> + Send;

impl Lines {
    /// Lines that `write` writes and flushes.
    pub fn new(
        form: Form,
        write: impl FnMut(&str) -> std::io::Result<()> + Send + 'static,
    ) -> Self {
        Self {
            form,
            write: Box::new(write),
        }
    }
}

impl Sink for Lines {
    fn name(&self) -> &'static str {
        "stdout"
    }

    fn deliver(&mut self, alarm: &Alarm) -> Result<(), Failure> {
        (self.write)(&self.form.line(alarm)?).map_err(|error| {
            Failure::new("write_failed", format!("cannot write to stdout: {error}"))
                .remedy("see who reads it")
        })
    }
}
