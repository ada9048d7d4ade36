//! Keys of the command line: here, or elsewhere.

use std::{cell::RefCell, collections::BTreeMap, fmt, rc::Rc};

use homeostat_chain::signer::read_signer;
use homeostat_client::Pubkey;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::failure::Failure;

thread_local! {
    /// The signers that were read: stdin has a key only once, and nobody wants to type the same
    /// seed phrase for each role that it has.
    static READ: RefCell<BTreeMap<String, Key>> = const { RefCell::new(BTreeMap::new()) };
}

/// Somebody who has to sign.
#[derive(Clone)]
pub enum Key {
    /// The key is here, or in a device that is.
    Here(Rc<dyn Signer>),
    /// Only its address is: somebody signs elsewhere, with `--sign-only`.
    Elsewhere(Pubkey),
}

impl Key {
    /// Reads a key file, another source of the Solana tools ([`read_signer`]), or an address. A
    /// source is read once.
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
        if let Some(key) = READ.with_borrow(|read| read.get(source).cloned()) {
            return Ok(key);
        }
        let key = Self::Here(read_signer(source, "the signer")?.into());
        READ.with_borrow_mut(|read| read.insert(source.to_owned(), key.clone()));
        Ok(key)
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
            .remedy(
                "give its file with --keypair, or --prepare FILE here, sign elsewhere with --sign-only \
                 FILE, and `submit FILE`",
            )
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

impl fmt::Debug for Key {
    /// The address, and nothing that has to be kept secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.address())
    }
}

impl From<Keypair> for Key {
    fn from(key: Keypair) -> Self {
        Self::Here(Rc::new(key))
    }
}
