//! The real binary, with nothing of whoever runs the tests: no configuration, key, journal or
//! variable of theirs.

use std::path::Path;
use std::process::Command;

/// Where the binary is; whoever starts it otherwise than with [`binary`] gives it a home.
pub const PATH: &str = env!("CARGO_BIN_EXE_homeostat");

/// The binary, with an empty home.
pub fn binary() -> Command {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("home");
    std::fs::create_dir_all(&home).expect("a home for the tests");
    let mut command = Command::new(PATH);
    command
        .env("HOME", &home)
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("XDG_STATE_HOME")
        .env_remove("HOMEOSTAT_CONFIG")
        .env_remove("HOMEOSTAT_ECONOMY")
        .env_remove("HOMEOSTAT_JOURNAL")
        .env_remove("HOMEOSTAT_PROGRAM")
        .env_remove("RUST_LOG");
    command
}
