//! Running steps: announce, time, stop at the first failure.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// One step of a subcommand.
pub struct Step {
    /// What the step is called in progress lines and in the failure.
    pub name: &'static str,
    /// Arguments of `cargo`.
    pub cargo: &'static [&'static str],
}

impl Step {
    /// The command line as a person would type it.
    fn command_line(&self) -> String {
        format!("cargo {}", self.cargo.join(" "))
    }
}

/// A step that did not succeed.
pub struct Failure {
    step: &'static str,
    why: String,
}

impl Failure {
    pub fn new(step: &'static str, why: impl Into<String>) -> Self {
        Self {
            step,
            why: why.into(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step `{}` failed: {}", self.step, self.why)
    }
}

/// The workspace root. Commands run there, wherever they were called from.
pub fn workspace_root() -> PathBuf {
    // What Cargo says when it runs this: two checkouts that share a target folder may share
    // this executable too, and what it was compiled with is the first one's.
    let package = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package
        .parent()
        .map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// The target folder, as Cargo would choose it.
pub fn target_folder() -> Result<PathBuf, Failure> {
    match std::env::var_os("CARGO_TARGET_DIR") {
        // Cargo takes a relative path from where it was called.
        Some(folder) if !folder.is_empty() => std::path::absolute(&folder).map_err(|error| {
            Failure::new("target folder", format!("{}: {error}", folder.display()))
        }),
        _ => Ok(workspace_root().join("target")),
    }
}

/// The exit code of a subcommand, after its failure was told.
pub fn report(subcommand: &str, outcome: Result<(), Failure>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\nxtask {subcommand}: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Whether stdout is for a document alone.
static ASIDE: AtomicBool = AtomicBool::new(false);

/// From now on progress goes to stderr: stdout is for a document.
pub fn progress_to_stderr() {
    ASIDE.store(true, Ordering::Relaxed);
}

/// Prints a line of progress. It goes to stdout between the output of the steps,
/// so a log reads in order, unless stdout is for a document.
pub fn line(text: fmt::Arguments) {
    if ASIDE.load(Ordering::Relaxed) {
        eprintln!("{text}");
    } else {
        println!("{text}");
        // Cargo writes to the same terminal or file behind our buffer's back.
        let _ = std::io::stdout().flush();
    }
}

/// Prints a line of progress, formatted as `println!` would.
macro_rules! say {
    ($($text:tt)*) => { $crate::run::line(format_args!($($text)*)) };
}
pub(crate) use say;

/// Says which step begins.
pub fn announce(number: usize, of: usize, name: &str, what: &str) {
    say!("\n[{number}/{of}] {name}: {what}");
}

/// Says that a step is over.
pub fn done(number: usize, of: usize, name: &str, since: Instant) {
    say!("[{number}/{of}] {name}: ok in {}", human(since.elapsed()));
}

/// Runs one step; every line of its stdout is passed on and shown to `line`.
pub fn step(number: usize, of: usize, step: &Step, line: impl FnMut(&str)) -> Result<(), Failure> {
    step_with(number, of, step, &[], line)
}

/// The same with variables in its environment.
pub fn step_with(
    number: usize,
    of: usize,
    step: &Step,
    variables: &[(&str, &OsStr)],
    mut line: impl FnMut(&str),
) -> Result<(), Failure> {
    announce(number, of, step.name, &step.command_line());
    let start = Instant::now();
    let failed = |why: String| Failure::new(step.name, why);

    let mut child = cargo()
        .args(step.cargo)
        .envs(variables.iter().copied())
        .current_dir(workspace_root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(format!("cannot run `{}`: {error}", step.command_line())))?;
    if let Some(output) = child.stdout.take() {
        // Bytes, not lines of text: a test may print anything.
        for bytes in BufReader::new(output).split(b'\n') {
            let bytes = bytes.map_err(|error| failed(format!("cannot read output: {error}")))?;
            let text = String::from_utf8_lossy(&bytes);
            println!("{text}");
            line(&text);
        }
    }
    let status = child
        .wait()
        .map_err(|error| failed(format!("lost the process: {error}")))?;
    if !status.success() {
        return Err(failed(format!(
            "`{}` ended with {status} after {}",
            step.command_line(),
            human(start.elapsed())
        )));
    }
    done(number, of, step.name, start);
    Ok(())
}

/// Refuses to start without a Cargo component that a later step needs.
pub fn require_component(step: &'static str, probe: &str, component: &str) -> Result<(), Failure> {
    let present = cargo()
        .args([probe, "--version"])
        .current_dir(workspace_root())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if present {
        Ok(())
    } else {
        Err(Failure::new(
            step,
            format!(
                "`cargo {probe}` does not run: install it with `rustup component add {component}`"
            ),
        ))
    }
}

/// The Cargo that runs this program, so that a toolchain override is kept.
pub fn cargo() -> Command {
    let mut cargo =
        Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    // `cargo run` describes this program in variables that some build scripts watch
    // (ring's does): passed on, they would make half of the dependencies compile anew
    // whenever xtask and a person's own cargo take turns.
    for (name, _) in std::env::vars_os() {
        let described = name.to_str().is_some_and(|name| {
            name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
        });
        if described {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// A duration in the unit that fits: `0.4 s`, `3 min 12 s`.
pub fn human(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds >= 60 {
        format!("{} min {} s", seconds / 60, seconds % 60)
    } else {
        format!("{:.1} s", duration.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_like_a_person_would_say_them() {
        assert_eq!(human(Duration::from_millis(430)), "0.4 s");
        assert_eq!(human(Duration::from_secs(59)), "59.0 s");
        assert_eq!(human(Duration::from_secs(192)), "3 min 12 s");
    }

    #[test]
    fn the_workspace_root_holds_the_workspace_manifest() {
        let manifest = workspace_root().join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest).expect("workspace manifest");
        assert!(text.contains("[workspace]"), "{}", manifest.display());
    }
}
