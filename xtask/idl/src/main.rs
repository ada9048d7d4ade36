//! Prints the interface description (IDL) of the program in the folder given.
//!
//! A crate of its own, so that `cargo xtask` itself needs no dependency.

use std::path::PathBuf;
use std::process::ExitCode;

use anchor_lang_idl::build::IdlBuilder;

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
