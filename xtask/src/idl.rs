//! `cargo xtask idl`: the program's interface description.

use std::path::PathBuf;
use std::process::{ExitCode, Stdio};
use std::time::Instant;

use crate::run::{self, Failure};

const HELP: &str = "\
Writes idl/homeostat.json, the program's interface description.

Usage: cargo xtask idl [--check]

Options:
      --check   Write nothing; exit with code 1 if the committed file differs
  -h, --help    This text";

const NAME: &str = "idl";
const FILE: &str = "idl/homeostat.json";

/// Entry point of the subcommand.
pub fn main(arguments: &[String]) -> ExitCode {
    let check = match arguments {
        [] => false,
        [flag] if flag == "--check" => true,
        [flag] if flag == "--help" || flag == "-h" => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("xtask idl: wrong arguments\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    run::report(NAME, if check { verify(1, 1) } else { write() })
}

/// Writes the file if it is not up to date.
pub fn write() -> Result<(), Failure> {
    let start = Instant::now();
    run::announce(1, 1, NAME, &format!("write {FILE}"));
    let fresh = generate()?;
    let path = path();
    if committed().ok().as_ref() != Some(&fresh) {
        let folder = run::workspace_root().join("idl");
        std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::write(&path, &fresh))
            .map_err(|error| Failure::new(NAME, format!("cannot write {FILE}: {error}")))?;
        println!("{FILE}: changed; commit it");
    } else {
        println!("{FILE}: up to date");
    }
    run::done(1, 1, NAME, start);
    Ok(())
}

/// Fails if the committed file says something else than the program; a step of its
/// own or among others.
pub fn verify(number: usize, of: usize) -> Result<(), Failure> {
    let start = Instant::now();
    let what = format!("compare {FILE} with the program");
    run::announce(number, of, NAME, &what);
    let (fresh, committed) = (generate()?, committed()?);
    if let Some((line, old, new)) = first_difference(&committed, &fresh) {
        return Err(Failure::new(
            NAME,
            format!(
                "{FILE} does not match the program; line {line}:\n  \
                 committed: {old}\n  program:   {new}\n\
                 run `cargo xtask idl` and commit the result"
            ),
        ));
    }
    run::done(number, of, NAME, start);
    Ok(())
}

fn path() -> PathBuf {
    run::workspace_root().join(FILE)
}

fn committed() -> Result<String, Failure> {
    std::fs::read_to_string(path()).map_err(|error| {
        let advice = "run `cargo xtask idl` and commit the result";
        Failure::new(NAME, format!("cannot read {FILE}: {error}; {advice}"))
    })
}

fn generate() -> Result<String, Failure> {
    let program = run::workspace_root().join("programs/homeostat");
    let output = run::cargo()
        .args(["run", "--quiet", "--locked", "--profile", "host"])
        .args(["--package", "xtask-idl", "--"])
        .arg(program)
        .current_dir(run::workspace_root())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::new(NAME, format!("cannot run cargo: {error}")))?;
    if !output.status.success() {
        return Err(Failure::new(
            NAME,
            format!("the IDL build ended with {}", output.status),
        ));
    }
    String::from_utf8(output.stdout)
        .map_err(|_| Failure::new(NAME, "the IDL build printed something else than text"))
}

/// The number of the first line that differs, and both versions of it.
fn first_difference<'a>(old: &'a str, new: &'a str) -> Option<(usize, &'a str, &'a str)> {
    let (mut old, mut new) = (old.lines(), new.lines());
    for number in 1.. {
        match (old.next(), new.next()) {
            (None, None) => return None,
            (a, b) if a == b => {}
            (a, b) => {
                let (a, b) = (a.unwrap_or("(end)"), b.unwrap_or("(end)"));
                return Some((number, a.trim(), b.trim()));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_named() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\n  c\n"), Some((2, "b", "c")));
        assert_eq!(first_difference("a\n", "a\nb\n"), Some((2, "(end)", "b")));
    }
}
