//! `cargo xtask cu`: what every instruction costs on the real ELF.

use std::process::{ExitCode, Stdio};
use std::time::Instant;

use crate::build_sbf::{self, GAUGE, PROGRAM};
use crate::run::{self, Failure};

const HELP: &str = "\
Measures every instruction on the real ELF: compute units, those that other programs used
among them, heap, stack, transaction bytes. Prints a table and the ceilings, writes
docs/COMPUTE.md and docs/compute.json.

Usage: cargo xtask cu [--check | --only INSTRUCTION] [--output table|json] [--upstream]

Options:
      --check              Write nothing; exit with code 1 if anything is dearer than committed
                           or over its ceiling (testing/compute/src/ceilings.rs)
      --only INSTRUCTION   Write nothing; measure this instruction
      --output json        Print docs/compute.json's text and nothing else; progress on stderr
      --upstream           Use the upstream toolchain even where `cargo build-sbf` works
  -h, --help               This text

Exit codes: 0 success, 1 a measurement failed, is dearer than committed or over its ceiling,
2 wrong usage.";

const NAME: &str = "cu";

/// Where the tool looks for ELF files.
const ELF_FOLDER: &str = "SBF_OUT_DIR";

/// Entry point of the subcommand.
pub fn main(arguments: &[String]) -> ExitCode {
    let mut upstream = false;
    let mut tool = Vec::new();
    let mut rest = arguments.iter().map(String::as_str);
    while let Some(argument) = rest.next() {
        match argument {
            "--help" | "-h" => {
                println!("{HELP}");
                return ExitCode::SUCCESS;
            }
            "--upstream" => upstream = true,
            "--check" => tool.push(argument),
            "--output" | "--only" => match rest.next() {
                Some(value) => {
                    if value == "json" {
                        run::progress_to_stderr();
                    }
                    tool.extend([argument, value]);
                }
                None => return usage(&format!("{argument} needs a value")),
            },
            other => return usage(&format!("no such option: {other}")),
        }
    }
    match measure(&tool, upstream) {
        Ok(code) => code,
        Err(failure) => run::report(NAME, Err(failure)),
    }
}

fn usage(problem: &str) -> ExitCode {
    eprintln!("xtask cu: {problem}\n\n{HELP}");
    ExitCode::from(2)
}

/// Builds the ELF files and runs the tool on them; its exit code is ours.
fn measure(arguments: &[&str], upstream: bool) -> Result<ExitCode, Failure> {
    // Apart: built together, Cargo would give the program the features that the gauge
    // wants of it, and take its entry point away.
    build_sbf::build(&[GAUGE], upstream)?;
    let folder = build_sbf::build(&[PROGRAM], upstream)?;
    let start = Instant::now();
    run::announce(1, 1, NAME, "measure");
    let status = run::cargo()
        .args(["run", "--quiet", "--locked", "--profile", "host"])
        .args(["--package", "homeostat-compute", "--"])
        .args(arguments)
        .current_dir(run::workspace_root())
        .env(ELF_FOLDER, folder)
        .stdin(Stdio::null())
        .status()
        .map_err(|error| Failure::new(NAME, format!("cannot run cargo: {error}")))?;
    if status.success() {
        run::done(1, 1, NAME, start);
    }
    // A code outside a byte (ended by a signal) is a failure like any other.
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}
