//! Files that several commands read and write.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

use homeostat_client::Wiring;
use homeostat_settings::economy_file::{read_economy, EconomySpec};
use homeostat_settings::files::read;

use crate::failure::{Failure, Place};

/// Reads the economy file of `--economy`. Its pools and feeds are for `create-economy`: where
/// people are simulated there is one liquidity pool, and nobody reports.
///
/// # Errors
///
/// It cannot be read, or is no economy's; `no_reporters`: a controller follows a feed.
pub fn economy_from(path: &Path) -> Result<EconomySpec, Failure> {
    let name = path.display().to_string();
    let spec = read_economy(&read(path)?, &name)?;
    if spec.wirings.iter().any(Wiring::has_feed) {
        let words = "a controller of the economy follows a feed, and nobody reports to it here";
        return Err(
            Failure::at("no_reporters", Place::file(name), words).remedy(
                "give the controller another metric for this; `homeostat create-economy` takes it",
            ),
        );
    }
    Ok(spec)
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
