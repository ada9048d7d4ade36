//! The key of a mint's address. It signs once, when the mint is created, and has no power over it
//! afterwards.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;

use homeostat_chain::signer::read_key;
use solana_keypair::{write_keypair, Keypair};

use crate::failure::{Failure, Place};

/// The key of a file, or a new one, which is written to the file unless nothing is to be changed;
/// without a file it is kept nowhere. A file that is there is read and never written to.
///
/// # Errors
///
/// The file is no key, or cannot be written.
pub(super) fn of(file: Option<&Path>, keep: bool) -> Result<Keypair, Failure> {
    let Some(file) = file else {
        return Ok(Keypair::new());
    };
    let name = file.display().to_string();
    let key = Keypair::new();
    if !keep {
        return if file.exists() {
            read_key(&name)
        } else {
            Ok(key)
        };
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let unwritable = |error: &dyn std::fmt::Display| {
        let place = Place::file(&name);
        Failure::at(
            "unwritable_file",
            place,
            format_args!("cannot be written: {error}"),
        )
        .remedy("name a file in a folder that exists, is yours, and has room")
    };
    match options.open(file) {
        Ok(mut file) => {
            write_keypair(&key, &mut file).map_err(|error| unwritable(&error))?;
            file.sync_all().map_err(|error| unwritable(&error))?;
            Ok(key)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read_key(&name),
        Err(error) => Err(unwritable(&error)),
    }
}

#[cfg(test)]
mod tests {
    use solana_signer::Signer;

    use super::*;

    #[test]
    fn a_key_that_is_there_is_read_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mint.json");
        // A try-out writes nothing.
        of(Some(&file), false).unwrap();
        assert!(!file.exists());
        let made = of(Some(&file), true).unwrap();
        let written = std::fs::read(&file).unwrap();
        for keep in [true, false] {
            assert_eq!(of(Some(&file), keep).unwrap().pubkey(), made.pubkey());
        }
        assert_eq!(std::fs::read(&file).unwrap(), written);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0);
        }
        // What is no key stays what it is.
        std::fs::write(&file, "not a key").unwrap();
        assert_eq!(of(Some(&file), true).unwrap_err().code, "bad_key");
        assert_eq!(std::fs::read(&file).unwrap(), b"not a key");
        let nowhere = folder.path().join("none").join("mint.json");
        assert_eq!(
            of(Some(&nowhere), true).unwrap_err().code,
            "unwritable_file"
        );
    }
}
