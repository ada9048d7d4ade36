//! Prints the interface description (IDL) of the program in the folder given.
//!
//! A crate of its own, so that `cargo xtask` itself needs no dependency.

use std::path::PathBuf;
use std::process::ExitCode;

use anchor_lang_idl::{
    build::IdlBuilder,
    types::{Idl, IdlInstructionAccountItem, IdlPda, IdlSeed, IdlSeedConst},
};

/// Seed of the address that signs a program's calls to itself, by which Anchor publishes
/// events.
const EVENT_AUTHORITY: &[u8] = b"__event_authority";

/// Says of the two accounts that `#[event_cpi]` adds to an instruction what they are and
/// where a client finds them: the macro leaves both out of the description.
fn describe_event_accounts(idl: &mut Idl) {
    let program = idl.address.clone();
    let instructions = idl.instructions.iter_mut();
    for item in instructions.flat_map(|instruction| &mut instruction.accounts) {
        let IdlInstructionAccountItem::Single(account) = item else {
            continue;
        };
        match account.name.as_str() {
            "event_authority" => {
                account.docs = vec!["The program's address that signs its events.".into()];
                let value = EVENT_AUTHORITY.to_vec();
                account.pda = Some(IdlPda {
                    seeds: vec![IdlSeed::Const(IdlSeedConst { value })],
                    program: None,
                });
            }
            "program" => {
                account.docs =
                    vec!["This program, which publishes its events by a call of itself.".into()];
                account.address = Some(program.clone());
            }
            _ => {}
        }
    }
}

fn main() -> ExitCode {
    let Some(program) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: xtask-idl PROGRAM_FOLDER");
        return ExitCode::from(2);
    };
    // The builder calls Cargo for a test run that prints the parts. Inherited from
    // the Cargo above, the name of the toolchain would make it call `+{toolchain}`,
    // literally; the folder's rust-toolchain.toml says the same.
    std::env::remove_var("RUSTUP_TOOLCHAIN");
    // It sets RUSTFLAGS, which would compile every dependency a second time; Cargo
    // prefers this variable. Empty is what the rest of the workspace builds with.
    std::env::set_var("CARGO_ENCODED_RUSTFLAGS", "");

    let arguments = ["--lib", "--locked", "--profile", "host"];
    let idl = IdlBuilder::new()
        .program_path(program)
        .resolution(true)
        .cargo_args(arguments.map(String::from).to_vec())
        .build();
    match idl
        .map_err(|error| error.to_string())
        .map(|mut idl| {
            describe_event_accounts(&mut idl);
            idl
        })
        .and_then(|idl| serde_json::to_string_pretty(&idl).map_err(|error| error.to_string()))
    {
        Ok(json) => {
            println!("{json}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("xtask-idl: {error}");
            ExitCode::FAILURE
        }
    }
}
