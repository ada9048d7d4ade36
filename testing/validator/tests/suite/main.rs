//! Tests on a real validator, over JSON-RPC and websocket only.
//!
//! They need the ELF: `cargo xtask test --validator` builds it and says where it is.

mod chain;
mod kept;
#[cfg(target_os = "linux")]
mod localnet;
mod migrations;
mod story;

use std::{
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The variable that names the folder with the ELF.
const ELF_FOLDER: &str = "SBF_OUT_DIR";

/// The program's ELF file.
fn elf() -> PathBuf {
    let folder = std::env::var_os(ELF_FOLDER)
        .unwrap_or_else(|| panic!("set {ELF_FOLDER}, or run `cargo xtask test --validator`"));
    PathBuf::from(folder).join("homeostat.so")
}

/// One validator test at a time: two would slow each other down below the speed
/// at which slots follow.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}
