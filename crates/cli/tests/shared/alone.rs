//! The real binary, with nothing of whoever runs the tests: no configuration, key, journal or
//! variable of theirs.

use std::path::Path;
use std::process::Command;

/// The binary, with an empty home.
pub fn binary() -> Command {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("home");
    std::fs::create_dir_all(&home).expect("a home for the tests");
    let mut command = Command::new(env!("CARGO_BIN_EXE_homeostat"));
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
