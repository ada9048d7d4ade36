//! A program leaves its payer for ever only when a person has typed its address.

use std::io::{self, BufRead, IsTerminal, Write};

use homeostat_chain::cluster::{is_loopback, Kind};
use homeostat_client::Pubkey;
use homeostat_migrations::file::Program;

use crate::chain::Context;
use crate::failure::{quoted, Failure};

/// Whether a cluster is a validator of one's own: none that is known, asked on this very machine
/// alone.
pub(super) fn is_local(context: &Context) -> bool {
    let settings = &context.settings;
    let mut urls = core::iter::once(&settings.url).chain(&settings.other_urls);
    context.connection.cluster().kind == Kind::Other && urls.all(|url| is_loopback(url))
}

/// Has the program's address typed, on the command line or at the terminal.
///
/// # Errors
///
/// `not_confirmed`: another address, or nobody to ask.
pub(super) fn ask(
    context: &Context,
    program: &Program,
    given: Option<&str>,
) -> Result<(), Failure> {
    let typed = match given {
        Some(given) => given.to_owned(),
        None => {
            let stdin = io::stdin();
            if !stdin.is_terminal() {
                return Err(refused(program, "and there is nobody to ask".to_owned()));
            }
            context.say(&format!(
                "{} will belong to {} for ever: only they can upgrade it, or give it back.",
                program.id, program.authority
            ));
            let _ = write!(io::stderr(), "Type the program's address to hand it over: ");
            read(&mut stdin.lock())
        }
    };
    compare(program, &typed)
}

fn read(input: &mut dyn BufRead) -> String {
    let mut typed = String::new();
    match input.read_line(&mut typed) {
        Ok(_) => typed.trim().to_owned(),
        // What cannot be read was not typed.
        Err(_) => String::new(),
    }
}

fn compare(program: &Program, typed: &str) -> Result<(), Failure> {
    match typed.parse::<Pubkey>() {
        Ok(address) if address == program.id => Ok(()),
        _ => Err(refused(
            program,
            format!("and {} is not its address", quoted(typed)),
        )),
    }
}

fn refused(program: &Program, why: String) -> Failure {
    Failure::new(
        "not_confirmed",
        format!(
            "{} is to be handed to {} for ever, {why}",
            program.id, program.authority
        ),
    )
    .remedy(format!(
        "nothing was sent; compare {} with the publisher's vault or key, then type the program's \
         address, or give --confirm-program {}",
        program.authority, program.id
    ))
}

#[cfg(test)]
mod tests {
    use homeostat_migrations::Publisher;

    use super::*;

    fn program() -> Program {
        Program {
            id: Pubkey::new_from_array([7; 32]),
            key: None,
            elf: Vec::new(),
            sha256: String::new(),
            authority: Pubkey::new_from_array([9; 32]),
            publisher: Publisher::Nobody,
        }
    }

    #[test]
    fn only_the_programs_own_address_hands_it_over() {
        let program = program();
        let id = program.id.to_string();
        for typed in ["", "yes", "y", &program.authority.to_string(), &id[1..]] {
            let refused = compare(&program, &read(&mut typed.as_bytes())).unwrap_err();
            assert_eq!(refused.code, "not_confirmed", "{typed}");
            assert!(refused.remedy.contains(&id), "{refused}");
        }
        let typed = format!("  {id}\n");
        assert!(compare(&program, &read(&mut typed.as_bytes())).is_ok());
    }
}
