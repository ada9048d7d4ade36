//! The file that keeps what was proved of an economy's logs, so that a later proof goes on there.
//!
//! It holds the records themselves, not a claim about them: whoever reads it proves them anew,
//! against the chain's own base and head. So a file that was changed can cost time, and cannot
//! make anything true.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use base64::{prelude::BASE64_STANDARD, Engine};
use homeostat_client::verify::{History, Kept};
use homeostat_client::Pubkey;
use serde::{Deserialize, Serialize};
use solana_hash::Hash;

use crate::cluster::Cluster;
use homeostat_settings::failure::Failure;
use homeostat_settings::files;

/// The layout of the file.
const VERSION: u32 = 1;

/// Where what was proved of one economy on one cluster is kept.
#[derive(Clone, Debug)]
pub struct Proved {
    path: PathBuf,
    genesis: String,
    economy: String,
}

#[derive(Serialize, Deserialize)]
struct Document {
    version: u32,
    /// Genesis hash of the cluster.
    genesis: String,
    economy: String,
    /// Everything up to and with this slot was proved.
    slot: u64,
    decisions: Chain,
    audit_decisions: Chain,
    audit_acts: Chain,
    /// Stored configurations, in base64.
    configs: String,
}

/// The records of one ring from the first on.
#[derive(Serialize, Deserialize)]
struct Chain {
    /// Number of the last record.
    seq: u64,
    /// The hash that it was proved to.
    hash: String,
    /// The records, in base64.
    records: String,
}

impl Proved {
    /// What is kept in this file, or in one of its own in this folder.
    pub fn new(file: Option<&Path>, folder: &Path, cluster: &Cluster, economy: &Pubkey) -> Self {
        let genesis = cluster.genesis.clone();
        let own = || folder.join(format!("{economy}-{genesis}.json"));
        Self {
            path: file.map_or_else(own, Path::to_path_buf),
            genesis,
            economy: economy.to_string(),
        }
    }

    /// What was proved before, and up to which slot; `None` when there is no file.
    ///
    /// # Errors
    ///
    /// It cannot be read; `bad_proved_file`: somebody changed it, or it is about another economy
    /// or cluster.
    pub fn read(&self) -> Result<Option<(History, u64)>, Failure> {
        let shown = self.path.display().to_string();
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(files::unreadable(&shown, &error)),
        };
        let bad = |what: &str| {
            Failure::new("bad_proved_file", format!("{shown} {what}"))
                .remedy("remove it, or name another file with --proved")
        };
        let document: Document = serde_json::from_slice(&bytes)
            .map_err(|error| bad(&format!("does not keep what was proved: {error}")))?;
        if document.version != VERSION {
            return Err(bad("is of another version"));
        }
        if document.genesis != self.genesis || document.economy != self.economy {
            return Err(bad("is about another economy or cluster"));
        }
        let changed = || bad("was changed: its records do not lead to its own hash");
        let kept = document.kept().ok_or_else(changed)?;
        Ok(Some((History::from(&kept), document.slot)))
    }

    /// Replaces the file: everything up to and with `slot` was proved.
    ///
    /// # Errors
    ///
    /// It cannot be written.
    pub fn write(&self, kept: &Kept, slot: u64) -> Result<(), Failure> {
        let [decisions, audit_decisions, audit_acts] = kept.heads();
        let chain = |(seq, hash): (u64, [u8; 32]), records: &[u8]| Chain {
            seq,
            hash: Hash::from(hash).to_string(),
            records: BASE64_STANDARD.encode(records),
        };
        let document = Document {
            version: VERSION,
            genesis: self.genesis.clone(),
            economy: self.economy.clone(),
            slot,
            decisions: chain(decisions, &kept.decisions),
            audit_decisions: chain(audit_decisions, &kept.audit_decisions),
            audit_acts: chain(audit_acts, &kept.audit_acts),
            configs: BASE64_STANDARD.encode(&kept.configs),
        };
        let unwritable = |error: String| {
            Failure::new(
                "unwritable_file",
                format!("{} cannot be written: {error}", self.path.display()),
            )
            .remedy("name another file with --proved")
        };
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(|error| unwritable(error.to_string()))?;
        }
        let bytes = serde_json::to_vec(&document).map_err(|error| unwritable(error.to_string()))?;
        files::replace(&self.path, &bytes)
    }
}

impl Document {
    /// The bytes; `None` when they do not lead to the hashes that were proved.
    fn kept(&self) -> Option<Kept> {
        let chains = [&self.decisions, &self.audit_decisions, &self.audit_acts];
        let bytes = |text: &str| BASE64_STANDARD.decode(text).ok();
        let kept = Kept {
            decisions: bytes(&self.decisions.records)?,
            audit_decisions: bytes(&self.audit_decisions.records)?,
            audit_acts: bytes(&self.audit_acts.records)?,
            configs: bytes(&self.configs)?,
        };
        let agrees = kept.heads().into_iter().zip(chains).all(|(head, chain)| {
            head.0 == chain.seq && Hash::from(head.1).to_string() == chain.hash
        });
        agrees.then_some(kept)
    }
}
