//! `cargo xtask`: what Cargo cannot say by itself.
//!
//! One module a subcommand. Standard library only, so that the first
//! `cargo xtask` of a fresh clone compiles in a second.

mod build_sbf;
mod cu;
mod idl;
mod libclang;
mod run;
mod test;

use std::process::ExitCode;

const HELP: &str = "\
What Cargo cannot say by itself.

Usage: cargo xtask <COMMAND>

Commands:
  build-sbf   The program as ELF, and its IDL
  cu          What every instruction costs; `--check`: whether it got dearer
  idl         The IDL alone, or whether the committed one is up to date
  test        Formatting, lints, IDL and every test; `--sbf`: integration tests on the ELF;
              `--validator`: the ELF on a real validator
  help        This text

Every command runs from any folder of the workspace. `cargo xtask <COMMAND> --help` says more.

Exit codes: 0 success, 1 a step failed, 2 wrong usage.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let Some((command, rest)) = arguments.split_first() else {
        return usage("no command given");
    };
    match command.as_str() {
        "build-sbf" => build_sbf::main(rest),
        "cu" => cu::main(rest),
        "idl" => idl::main(rest),
        "test" => test::main(rest),
        "help" | "--help" | "-h" => {
            println!("{HELP}");
            ExitCode::SUCCESS
        }
        other => usage(&format!("no such command: {other}")),
    }
}

/// Complains about the command line. Exit code 2, as `clap` and Cargo do.
fn usage(problem: &str) -> ExitCode {
    eprintln!("xtask: {problem}\n\n{HELP}");
    ExitCode::from(2)
}
