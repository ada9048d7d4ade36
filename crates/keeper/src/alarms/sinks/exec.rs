//! Alarms to a command.

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use homeostat_settings::failure::quoted;
use homeostat_settings::Failure;

use super::{Form, Sink};
use crate::alarms::alarm::Alarm;
use crate::program::Running;

/// A command that is run for each alarm, without a shell: the alarm is JSON on its stdin and its
/// id in `HOMEOSTAT_ALARM_ID`. It has taken the alarm when it ends with 0 in time; what it
/// prints on stdout is dropped. One that does not end is killed, together with what it has started in
/// its process group.
pub struct Exec {
    command: Vec<String>,
    timeout: Duration,
}

impl Exec {
    /// The command with its arguments.
    ///
    /// # Errors
    ///
    /// `usage`: there is none.
    pub fn new(command: Vec<String>, timeout: Duration) -> Result<Self, Failure> {
        if command.first().is_none_or(String::is_empty) {
            return Err(Failure::new("usage", "--exec names no command")
                .remedy("write --exec PROGRAM ARGUMENT…, last on the line"));
        }
        Ok(Self { command, timeout })
    }

    fn start(&self, alarm: &Alarm) -> std::io::Result<Running> {
        let mut words = self.command.iter();
        let mut command = Command::new(words.next().map_or("", String::as_str));
        command
            .args(words)
            .env("HOMEOSTAT_ALARM_ID", &alarm.id)
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        Running::start(&mut command, self.timeout)
    }
}

impl Sink for Exec {
    fn name(&self) -> &'static str {
        "exec"
    }

    fn deliver(&mut self, alarm: &Alarm) -> Result<(), Failure> {
        let name = quoted(self.command.first().map_or("", String::as_str));
        let failed = |problem: String| {
            Failure::new("exec_failed", format!("the command {name} {problem}"))
                .remedy("run it by hand; it is run again for this alarm, with the same id")
        };
        let line = Form::Json.line(alarm)?;
        let mut running = self
            .start(alarm)
            .map_err(|error| failed(format!("cannot be started: {error}")))?;
        // Written beside, because a command that reads nothing must not hold up the watcher. One
        // that closes its stdin may do so.
        if let Some(mut pipe) = running.child().stdin.take() {
            std::thread::Builder::new()
                .name("watcher-pipe".into())
                .spawn(move || {
                    let _ = pipe.write_all(line.as_bytes());
                })
                .map_err(|error| failed(format!("cannot be given the alarm: {error}")))?;
        }
        let waited = running
            .wait()
            .map_err(|error| failed(format!("cannot be waited for: {error}")))?;
        let status = waited.ok_or_else(|| {
            failed(format!(
                "did not end within {} s and was killed",
                self.timeout.as_secs()
            ))
        })?;
        if status.success() {
            Ok(())
        } else {
            Err(failed(format!("ended with {status}")))
        }
    }
}
