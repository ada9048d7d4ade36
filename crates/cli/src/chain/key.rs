//! Keys of the command line: here, or elsewhere.

use std::sync::Arc;

use homeostat_client::Pubkey;
use homeostat_ops::signer::read_key;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::failure::Failure;

/// Somebody who has to sign.
#[derive(Clone, Debug)]
pub enum Key {
    /// The key is here.
    Here(Arc<Keypair>),
    /// Only its address is: somebody signs elsewhere, with `--sign-only`.
    Elsewhere(Pubkey),
}

impl Key {
    /// Reads a key file, `-`, or an address.
    ///
    /// # Errors
    ///
    /// None of these.
    pub fn read(source: &str) -> Result<Self, Failure> {
        if !std::path::Path::new(source).exists() {
            if let Ok(address) = source.parse() {
                return Ok(Self::Elsewhere(address));
            }
        }
        Ok(Self::Here(Arc::new(read_key(source)?)))
    }

    /// Whose it is.
    pub fn address(&self) -> Pubkey {
        match self {
            Self::Here(key) => key.pubkey(),
            Self::Elsewhere(address) => *address,
        }
    }

    /// The signer.
    ///
    /// # Errors
    ///
    /// Only its address is here.
    pub fn here(&self) -> Result<&dyn Signer, Failure> {
        self.signer().ok_or_else(|| {
            Failure::new(
                "missing_key",
                format!("the key of {} is not here", self.address()),
            )
            .remedy("give its file with --keypair, or sign elsewhere: --sign-only, then --signer")
        })
    }

    /// The signer, if it is here.
    pub fn signer(&self) -> Option<&dyn Signer> {
        match self {
            Self::Here(key) => Some(key.as_ref()),
            Self::Elsewhere(_) => None,
        }
    }
}

impl From<Keypair> for Key {
    fn from(key: Keypair) -> Self {
        Self::Here(Arc::new(key))
    }
}
