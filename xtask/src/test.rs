//! `cargo xtask test`: everything that must hold before a change lands.

use std::ffi::OsStr;
use std::process::ExitCode;
use std::time::Instant;

use crate::run::{self, Failure, Step};
use crate::{build_sbf, idl, libclang};

const HELP: &str = "\
Formatting, lints, the committed IDL and every test; stops at the first step that fails.

Usage: cargo xtask test [--sbf | --validator]

Steps:
  1 arithmetic  the program and the control law deny clippy::arithmetic_side_effects
  2 format      cargo fmt --all --check
  3 lint        cargo clippy over the workspace, every warning is an error
  4 idl         idl/homeostat.json says what the program says (`cargo xtask idl --check`)
  5 test        cargo test over the workspace: unit, integration and doc tests
Lint and test leave homeostat-validator out, whose dependencies build for many minutes.

With --sbf instead: builds the ELF (`cargo xtask build-sbf --help`), then runs the
integration tests on it. They are the very tests that step 5 runs on the native program.

With --validator instead: builds the ELF, then checks format, lints and tests of
homeostat-validator. The tests deploy the ELF to a real validator in their own process
and live through three periods of real time over JSON-RPC and websocket, and run
`homeostat localnet --validator`: 7 min, and the first time some 20 min of compiling on two cores.
Needs libclang (Debian's libclang-dev; installed if you are root and apt-get is there).

Options:
      --sbf        The integration tests, on the ELF
      --validator  The tests of homeostat-validator, with the ELF
  -h, --help       This text

Everything is built with `--profile host` (see Cargo.toml). The last line counts all tests.";

/// Crates whose arithmetic decides about money: there clippy must refuse every
/// operation that could wrap, panic or lose a remainder unseen.
const EXACT_CRATES: [&str; 2] = ["crates/control/src/lib.rs", "programs/homeostat/src/lib.rs"];

const ARITHMETIC: &str = "arithmetic";

const FORMAT: Step = Step {
    name: "format",
    cargo: &["fmt", "--all", "--check"],
};

const LINT: Step = Step {
    name: "lint",
    cargo: &[
        "clippy",
        "--workspace",
        "--exclude",
        "homeostat-validator",
        "--all-targets",
        "--profile",
        "host",
        "--",
        "-D",
        "warnings",
    ],
};

// Without target flags Cargo runs unit, integration and doc tests. One failing
// test must not hide the others.
const TEST: Step = Step {
    name: "test",
    cargo: &[
        "test",
        "--workspace",
        "--exclude",
        "homeostat-validator",
        "--profile",
        "host",
        "--no-fail-fast",
    ],
};

const STEPS: usize = 5;

const TEST_ELF: Step = Step {
    name: "test on the ELF",
    cargo: &[
        "test",
        "--package",
        "homeostat-tests",
        "--profile",
        "host",
        "--no-fail-fast",
    ],
};

const VALIDATOR_FORMAT: Step = Step {
    name: "format",
    cargo: &["fmt", "--package", "homeostat-validator", "--check"],
};

const VALIDATOR_LINT: Step = Step {
    name: "lint",
    cargo: &[
        "clippy",
        "--package",
        "homeostat-validator",
        "--all-targets",
        "--profile",
        "host",
        "--",
        "-D",
        "warnings",
    ],
};

// `homeostat localnet --validator`, which the tests run beside the validator's own executable. A test
// target is named for the features that come with it (homeostat-workspace-hack).
const VALIDATOR_COMMAND: Step = Step {
    name: "command line",
    cargo: &[
        "build",
        "--package",
        "homeostat-cli",
        "--bin",
        "homeostat",
        "--test",
        "demo",
        "--profile",
        "host",
    ],
};

// Their output is passed on, for somebody who waits five minutes; one after the
// other, for their lines would mix.
const VALIDATOR_TEST: Step = Step {
    name: "test on a validator",
    cargo: &[
        "test",
        "--package",
        "homeostat-validator",
        "--profile",
        "host",
        "--no-fail-fast",
        "--",
        "--nocapture",
        "--test-threads=1",
    ],
};

/// Where the tests of `homeostat-validator`, `homeostat-sandbox` and `solana-program-test` look for ELF files.
const ELF_FOLDER: &str = "SBF_OUT_DIR";

/// Entry point of the subcommand.
pub fn main(arguments: &[String]) -> ExitCode {
    let start = Instant::now();
    let outcome = match arguments {
        [] => all(),
        [flag] if flag == "--sbf" => on_elf(),
        [flag] if flag == "--validator" => on_validator(),
        [flag] if flag == "--help" || flag == "-h" => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("xtask test: wrong arguments\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(tally) => {
            println!(
                "\nxtask test: all steps ok in {}",
                run::human(start.elapsed())
            );
            println!("{}", tally.line());
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("\nxtask test: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn all() -> Result<Tally, Failure> {
    // Before anything slow: a missing component should not cost a build first.
    run::require_component(FORMAT.name, "fmt", "rustfmt")?;
    run::require_component(LINT.name, "clippy", "clippy")?;

    arithmetic_is_denied(1)?;
    run::step(2, STEPS, &FORMAT, |_| {})?;
    run::step(3, STEPS, &LINT, |_| {})?;
    idl::verify(4, STEPS)?;
    tests(5, STEPS, &TEST, &[])
}

/// The integration tests on the ELF.
fn on_elf() -> Result<Tally, Failure> {
    let programs = [build_sbf::PROGRAM, build_sbf::PROBE];
    // Apart: built together, Cargo would give the program the features that the example
    // wants of it, and take its entry point away.
    build_sbf::build(&[build_sbf::SUBSCRIPTION], false)?;
    let folder = build_sbf::build(&programs, false)?;
    // The bank logs every line of every program; a failing test shows its own.
    let log = std::env::var_os("RUST_LOG").unwrap_or_else(|| "error".into());
    let variables = [
        (ELF_FOLDER, folder.as_os_str()),
        ("RUST_LOG", log.as_os_str()),
    ];
    tests(1, 1, &TEST_ELF, &variables)
}

/// The ELF on a real validator.
fn on_validator() -> Result<Tally, Failure> {
    run::require_component(VALIDATOR_FORMAT.name, "fmt", "rustfmt")?;
    run::require_component(VALIDATOR_LINT.name, "clippy", "clippy")?;
    libclang::require(1, STEPS)?;
    let folder = build_sbf::build(&[build_sbf::PROGRAM], false)?;
    run::step(2, STEPS, &VALIDATOR_FORMAT, |_| {})?;
    run::step(3, STEPS, &VALIDATOR_LINT, |_| {})?;
    let log = std::env::var_os("RUST_LOG").unwrap_or_else(|| "error".into());
    let variables = [
        (ELF_FOLDER, folder.as_os_str()),
        ("RUST_LOG", log.as_os_str()),
    ];
    run::step(4, STEPS, &VALIDATOR_COMMAND, |_| {})?;
    tests(5, STEPS, &VALIDATOR_TEST, &variables)
}

/// Runs tests and counts them.
fn tests(
    number: usize,
    of: usize,
    step: &Step,
    variables: &[(&str, &OsStr)],
) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    let result = run::step_with(number, of, step, variables, |line| tally.read(line));
    if result.is_err() {
        println!("{}", tally.line());
    }
    result?;
    if tally.passed == 0 {
        return Err(Failure::new(step.name, "no test was executed"));
    }
    Ok(tally)
}

/// The lint itself runs in the clippy step, for the crate attribute is what
/// raises it there. This step only makes sure that nobody dropped the attribute.
fn arithmetic_is_denied(number: usize) -> Result<(), Failure> {
    let start = Instant::now();
    run::announce(
        number,
        STEPS,
        ARITHMETIC,
        "program and control law deny clippy::arithmetic_side_effects",
    );
    for file in EXACT_CRATES {
        let source = std::fs::read_to_string(run::workspace_root().join(file))
            .map_err(|error| Failure::new(ARITHMETIC, format!("cannot read {file}: {error}")))?;
        if !denies_arithmetic(&source) {
            return Err(Failure::new(
                ARITHMETIC,
                format!(
                    "{file} lacks `#![deny(clippy::arithmetic_side_effects)]`: put it at the top"
                ),
            ));
        }
    }
    run::done(number, STEPS, ARITHMETIC, start);
    Ok(())
}

/// True when an inner attribute denies or forbids the lint, also among others.
fn denies_arithmetic(source: &str) -> bool {
    source.split("#![").skip(1).any(|attribute| {
        let attribute = attribute.split(']').next().unwrap_or_default();
        let name = attribute.trim_start();
        (name.starts_with("deny") || name.starts_with("forbid"))
            && attribute.contains("clippy::arithmetic_side_effects")
    })
}

/// Sum of the `test result:` lines of all test binaries.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl Tally {
    /// Adds a line like `test result: ok. 3 passed; 0 failed; 1 ignored; ...`.
    fn read(&mut self, line: &str) {
        let Some(rest) = line.trim().strip_prefix("test result: ") else {
            return;
        };
        let Some((_, counts)) = rest.split_once(". ") else {
            return;
        };
        for count in counts.split("; ") {
            let Some((number, what)) = count.split_once(' ') else {
                continue;
            };
            let Ok(number) = number.parse::<u64>() else {
                continue;
            };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }

    fn line(&self) -> String {
        format!(
            "tests: {} passed, {} failed, {} skipped",
            self.passed, self.failed, self.ignored
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_several_test_binaries_add_up() {
        let mut tally = Tally::default();
        for line in [
            "running 4 tests",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.02s",
            "test looks::like::test result: ... ok",
            "test result: FAILED. 5 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s",
        ] {
            tally.read(line);
        }
        assert_eq!(tally.line(), "tests: 8 passed, 2 failed, 1 skipped");
    }

    #[test]
    fn the_attribute_is_found_alone_and_among_others() {
        assert!(denies_arithmetic(
            "//! x\n#![deny(clippy::arithmetic_side_effects)]\n"
        ));
        assert!(denies_arithmetic(
            "#![no_std]\n#![deny(\n    missing_docs,\n    clippy::arithmetic_side_effects,\n)]\n"
        ));
        assert!(!denies_arithmetic(
            "#![warn(clippy::arithmetic_side_effects)]\n"
        ));
        assert!(!denies_arithmetic(
            "#![deny(missing_docs)]\n#![allow(clippy::arithmetic_side_effects)]\n"
        ));
    }
}
