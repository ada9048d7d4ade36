//! What a validator is started with.

use std::{
    path::PathBuf,
    sync::{atomic::AtomicBool, Arc},
};

/// How the program gets into a new ledger. A ledger that has it keeps it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Loading {
    /// It is there from genesis on: ready at once.
    #[default]
    Preloaded,
    /// Deployed by transactions through the upgradeable loader, as on any cluster:
    /// buffer, writes of 900 bytes, deploy. Some 15 s a megabyte.
    Deployed,
}

/// What a validator is started with; [`Options::new`] has the defaults.
#[derive(Clone, Debug)]
pub struct Options {
    /// The program's ELF file (`homeostat.so`).
    pub elf: PathBuf,
    /// How the program gets into a new ledger.
    pub loading: Loading,
    /// The program's key file, for [`Loading::Deployed`]. `None` is
    /// `keys/localnet-program.json` as it was when this crate was built. It must
    /// belong to [`homeostat_client::PROGRAM_ID`].
    pub program_key: Option<PathBuf>,
    /// The ledger's folder; created if it is missing, kept, and used again by the
    /// next start. `None` is a temporary folder that goes with the validator.
    pub ledger: Option<PathBuf>,
    /// Port of JSON-RPC (1 to 65534); the websocket is on the next one. `None`
    /// chooses two that are free.
    pub rpc_port: Option<u16>,
    /// Ends a start early once it is true, with
    /// [`StartError::Interrupted`](crate::StartError::Interrupted) and nothing left
    /// behind: for signal handlers. Looked at several times a second, but not
    /// during the few seconds in which the validator's own code starts.
    pub interrupt: Option<Arc<AtomicBool>>,
}

impl Options {
    /// Preloaded, in a temporary folder, on free ports.
    pub fn new(elf: impl Into<PathBuf>) -> Self {
        Self {
            elf: elf.into(),
            loading: Loading::default(),
            program_key: None,
            ledger: None,
            rpc_port: None,
            interrupt: None,
        }
    }
}
