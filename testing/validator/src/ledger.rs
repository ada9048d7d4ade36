//! The ledger's folder, temporary or kept.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

use solana_keypair::{read_keypair_file, write_keypair_file, Keypair};
use solana_test_validator::TestValidatorGenesis;
use tempfile::TempDir;

use crate::error::StartError;

/// Held while a validator runs on the folder.
const LOCK: &str = "homeostat.lock";
/// Whose lamports the genesis made: a ledger is of no use without it.
const PAYER: &str = "payer-keypair.json";

/// A folder that nobody else uses.
pub(crate) struct Ledger {
    folder: PathBuf,
    /// Released when it is closed, even by a crash.
    _lock: File,
    /// Removed with this value, if the folder is temporary.
    temporary: Option<TempDir>,
}

impl Ledger {
    /// Takes a folder, or a new temporary one.
    pub fn take(kept: Option<&Path>) -> Result<Self, StartError> {
        let temporary = match kept {
            Some(_) => None,
            None => Some(
                tempfile::Builder::new()
                    .prefix("homeostat-validator-")
                    .tempdir()
                    .map_err(|error| StartError::Ledger {
                        folder: std::env::temp_dir(),
                        why: error.to_string(),
                    })?,
            ),
        };
        let wanted = match (&temporary, kept) {
            (Some(temporary), _) => temporary.path(),
            (None, Some(kept)) => kept,
            (None, None) => Path::new("."),
        };
        let failed = |error: std::io::Error| StartError::Ledger {
            folder: wanted.to_path_buf(),
            why: error.to_string(),
        };
        fs::create_dir_all(wanted).map_err(failed)?;
        // The validator's threads must not depend on the current folder.
        let folder = wanted.canonicalize().map_err(failed)?;
        if folder.to_str().is_none() {
            // The validator's own code would panic.
            return Err(StartError::Ledger {
                folder,
                why: "its path is not UTF-8".into(),
            });
        }
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join(LOCK))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StartError::InUse { folder }),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        Ok(Self {
            folder,
            _lock: lock,
            temporary,
        })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether there is a chain in it.
    pub fn exists(&self) -> bool {
        TestValidatorGenesis::ledger_exists(&self.folder)
    }

    /// The key that the genesis gave its lamports to; made for a new ledger.
    pub fn payer(&self) -> Result<Keypair, StartError> {
        let file = self.folder.join(PAYER);
        let failed = |why: String| StartError::Ledger {
            folder: self.folder.clone(),
            why,
        };
        if self.exists() {
            return read_keypair_file(&file).map_err(|error| {
                failed(format!(
                    "{PAYER} cannot be read ({error}); was it made by this program?"
                ))
            });
        }
        let payer = Keypair::new();
        write_keypair_file(&payer, &file)
            .map_err(|error| failed(format!("{PAYER} cannot be written: {error}")))?;
        Ok(payer)
    }

    /// Removes a temporary folder; a kept one stays.
    pub fn close(self) -> std::io::Result<()> {
        self.temporary.map_or(Ok(()), TempDir::close)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use solana_signer::Signer;

    #[test]
    fn a_temporary_folder_goes_and_a_kept_one_stays() {
        let temporary = Ledger::take(None).unwrap();
        let folder = temporary.folder().to_path_buf();
        assert!(folder.join(LOCK).is_file());
        temporary.close().unwrap();
        assert!(!folder.exists());

        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("a/b");
        Ledger::take(Some(&folder)).unwrap().close().unwrap();
        assert!(folder.is_dir());
    }

    #[test]
    fn a_folder_is_used_once_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = Ledger::take(Some(folder.path())).unwrap();
        let second = Ledger::take(Some(folder.path())).err().unwrap();
        assert!(matches!(second, StartError::InUse { .. }), "{second}");
        drop(first);
        assert!(Ledger::take(Some(folder.path())).is_ok());
    }

    #[test]
    fn the_payer_of_a_chain_is_never_made_anew() {
        // given a folder with a chain in it and its payer
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::take(Some(folder.path())).unwrap();
        let payer = ledger.payer().unwrap().pubkey();
        fs::write(folder.path().join("vote-account-keypair.json"), "").unwrap();
        assert!(ledger.exists());

        // then it is found again, and missed when it is gone
        assert_eq!(ledger.payer().unwrap().pubkey(), payer);
        fs::remove_file(folder.path().join(PAYER)).unwrap();
        let missing = ledger.payer().err().unwrap();
        assert!(matches!(missing, StartError::Ledger { .. }), "{missing}");
    }
}
