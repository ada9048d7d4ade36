//! Files that several commands read and write.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

use homeostat_settings::economy_file::{read_economy, EconomySpec};
use homeostat_settings::files::read;

use crate::failure::{Failure, Place};

/// Reads the economy file of `--economy`.
///
/// # Errors
///
/// It cannot be read, or is no economy's.
pub fn economy_from(path: &Path) -> Result<EconomySpec, Failure> {
    read_economy(&read(path)?, &path.display().to_string())
}

/// Refuses a file that cannot be written, before a year is lived for it.
///
/// # Errors
///
/// `unwritable_file`.
pub fn writable(path: &Path) -> Result<(), Failure> {
    let existed = path.exists();
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .map_err(|error| unwritable(path, &error))?;
    if !existed {
        fs::remove_file(path).map_err(|error| unwritable(path, &error))?;
    }
    Ok(())
}

/// The failure of a chart that cannot be written.
pub fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::at(
        "unwritable_file",
        Place::file(path.display().to_string()),
        format_args!("cannot be written: {error}"),
    )
    .remedy("give another --chart file")
}
