//! The state file: what a run set out to do, and how far it is. The chain decides what is
//! left; the file guards against finishing something else than was begun.

use std::{io::ErrorKind, path::Path};

use homeostat_settings::{failure::Place, files, Failure};
use serde::{Deserialize, Serialize};

/// Largest state file in bytes.
const LARGEST: u64 = 1 << 20;
/// Format of the file.
const FORMAT: u32 = 1;

/// What is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Format of the file.
    pub format: u32,
    /// Genesis hash of the cluster.
    pub genesis: String,
    /// Program, if one is deployed.
    pub program: Option<String>,
    /// sha256 of the ELF, if one is deployed.
    pub elf: Option<String>,
    /// The step that was begun last and not seen to end.
    pub begun: Option<String>,
    /// Steps that ended.
    pub done: Vec<String>,
    /// Nothing was left to do.
    pub complete: bool,
}

impl State {
    /// Nothing done yet.
    pub fn new(genesis: String, program: Option<String>, elf: Option<String>) -> Self {
        Self {
            format: FORMAT,
            genesis,
            program,
            elf,
            begun: None,
            done: Vec::new(),
            complete: false,
        }
    }

    /// Reads the file; `None` = there is none.
    ///
    /// # Errors
    ///
    /// It cannot be read, or is not whole.
    pub fn read(path: &Path) -> Result<Option<Self>, Failure> {
        let name = path.display().to_string();
        let file = match std::fs::File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(files::unreadable(&name, &error)),
        };
        let bytes =
            files::read_up_to(file, LARGEST).map_err(|error| files::unreadable(&name, &error))?;
        let state: Self = serde_json::from_slice(&bytes).map_err(|error| {
            Failure::at(
                "bad_state",
                Place::file(&name),
                format_args!("is not a whole state file: {error}"),
            )
            .remedy(
                "move it away and run again: what is left to do is read from the chain, and \
                 nothing is done twice",
            )
        })?;
        if state.format != FORMAT {
            return Err(Failure::at(
                "bad_state",
                Place::file(&name),
                format_args!("has format {}, this tool writes {FORMAT}", state.format),
            )
            .remedy("use the tool that wrote it, or move it away and run again"));
        }
        Ok(Some(state))
    }

    /// Refuses to go on with something else than was begun.
    ///
    /// # Errors
    ///
    /// Another cluster; another program or ELF while a run is not complete.
    pub fn require_same(&self, now: &Self, path: &Path) -> Result<(), Failure> {
        let place = || Place::file(path.display().to_string());
        if self.genesis != now.genesis {
            return Err(Failure::at(
                "wrong_cluster",
                place(),
                format_args!(
                    "is of the cluster with genesis {}, this one's is {}",
                    self.genesis, now.genesis
                ),
            )
            .remedy("use one state file a cluster (--state)"));
        }
        // What was refused before its first step has left nothing to finish.
        if self.complete || (self.begun.is_none() && self.done.is_empty()) {
            return Ok(());
        }
        let differs = |what: &str, old: &Option<String>, new: &Option<String>| {
            let none = || "none".to_owned();
            Failure::at(
                "changed_meanwhile",
                place(),
                format_args!(
                    "a run with {what} {} is not complete, and the cluster file now has {}",
                    old.clone().unwrap_or_else(none),
                    new.clone().unwrap_or_else(none),
                ),
            )
            .remedy(
                "finish that run with what it began with; or move the state file away to begin \
                 anew (`solana program show --buffers` shows what the old one left, \
                 `solana program close` returns its rent)",
            )
        };
        if self.program != now.program {
            return Err(differs("program", &self.program, &now.program));
        }
        if self.elf != now.elf {
            return Err(differs("ELF", &self.elf, &now.elf));
        }
        Ok(())
    }

    /// Replaces the file.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        let mut text = serde_json::to_vec_pretty(self).map_err(|error| {
            Failure::new(
                "unwritable_file",
                format!("the state cannot be encoded: {error}"),
            )
            .remedy("report it with the cluster file; what was done is on the chain")
        })?;
        text.push(b'\n');
        files::replace(path, &text)
    }
}
