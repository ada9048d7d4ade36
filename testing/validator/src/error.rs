//! Why a validator did not start.

use std::path::PathBuf;

use solana_rpc_client_api::client_error::Error as RpcError;

/// Why a validator did not start. Whatever was begun has been cleared away.
#[derive(Debug)]
pub enum StartError {
    /// The ELF file cannot be read or is none.
    Elf {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The program's key cannot be read or belongs to another address.
    ProgramKey {
        /// What is wrong with it.
        why: String,
    },
    /// The ports asked for are taken, or none is free.
    Ports {
        /// Which, and why.
        why: String,
    },
    /// The ledger's folder cannot be used.
    Ledger {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Another validator runs on the ledger's folder.
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// The ledger holds the program, but not as in the ELF file.
    OtherProgram {
        /// The folder.
        folder: PathBuf,
        /// The ELF file.
        file: PathBuf,
    },
    /// The validator's own code failed.
    Validator {
        /// What it said.
        why: String,
    },
    /// The validator runs, but a request was refused.
    Rpc(Box<RpcError>),
    /// A step of the deployment failed.
    Deploy {
        /// What happened.
        why: String,
    },
    /// The validator runs, but what was waited for did not come.
    TimedOut {
        /// What was waited for.
        what: &'static str,
        /// For how long (seconds).
        seconds: u64,
    },
    /// [`Options::interrupt`](crate::Options::interrupt) became true.
    Interrupted,
}

impl core::fmt::Display for StartError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Elf { file, why } => write!(
                f,
                "{}: {why}; build the program with `cargo xtask build-sbf`",
                file.display()
            ),
            Self::ProgramKey { why } => write!(f, "the program's key: {why}"),
            Self::Ports { why } => f.write_str(why),
            Self::Ledger { folder, why } => {
                write!(f, "the ledger in {}: {why}", folder.display())
            }
            Self::InUse { folder } => write!(
                f,
                "a validator is running on the ledger in {}; stop it or choose another folder",
                folder.display()
            ),
            Self::OtherProgram { folder, file } => write!(
                f,
                "the ledger in {} holds another build of the program than {}; \
                 delete the folder or choose another one",
                folder.display(),
                file.display()
            ),
            Self::Validator { why } => write!(f, "the validator did not start: {why}"),
            Self::Rpc(error) => write!(f, "the validator refused a request: {error}"),
            Self::Deploy { why } => write!(f, "the program was not deployed: {why}"),
            Self::TimedOut { what, seconds } => {
                write!(f, "the validator runs, but after {seconds} s {what}")
            }
            Self::Interrupted => f.write_str("interrupted"),
        }
    }
}

impl std::error::Error for StartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Rpc(error) => Some(error.as_ref()),
            _ => None,
        }
    }
}

impl From<RpcError> for StartError {
    fn from(error: RpcError) -> Self {
        Self::Rpc(Box::new(error))
    }
}
