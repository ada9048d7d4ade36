//! What was sent and has no outcome yet, on this machine.
//!
//! A transaction is written down before it is sent, so that whatever ends the process that
//! sent it leaves something to look up. One file a transaction, named by its signature and
//! replaced as a whole: processes that send at the same time do not meet. When the outcome is
//! known it is added, and of these finished entries the latest [`KEPT`] stay.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use homeostat_client::Pubkey;
use serde::{Deserialize, Serialize};
use solana_hash::Hash;
use solana_signature::Signature;

use crate::cluster::Cluster;
use crate::send::{Fate, Life, Until};
use homeostat_settings::failure::Failure;
use homeostat_settings::files;

/// Finished entries that are kept.
pub const KEPT: usize = 200;

/// The folder in the state folder of whoever runs this.
const FOLDER: &str = "homeostat/journal";

/// A folder of entries.
#[derive(Clone, Debug)]
pub struct Journal {
    /// `None` when nobody named one and there is no home folder either.
    folder: Option<PathBuf>,
}

/// A transaction that was sent, or was about to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its first signature.
    pub signature: String,
    /// Genesis hash of the cluster.
    pub genesis: String,
    /// Where it was sent, without what may be a secret.
    pub url: String,
    /// The command.
    pub command: String,
    /// What it does, in words.
    pub what: String,
    /// Address of the key that acts.
    pub key: String,
    /// When it was written down, by this machine's clock (unix seconds).
    pub at: u64,
    /// A slot that was confirmed when it was signed.
    pub slot: u64,
    /// Its blockhash, or the nonce's value.
    pub blockhash: String,
    /// The last block height it can land at; `None` with a nonce.
    pub last_valid_block_height: Option<u64>,
    /// The nonce account.
    pub nonce: Option<String>,
    /// What became of it; `None` while nobody knows.
    pub outcome: Option<Settled>,
}

/// An outcome that is certain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Settled {
    /// It went through.
    Landed {
        /// Its block's slot.
        slot: u64,
    },
    /// It is in a block and failed: it cost its fee and did nothing.
    Failed {
        /// Its block's slot.
        slot: u64,
        /// Why.
        error: String,
    },
    /// It is in no block, and can never be.
    NeverLanded,
}

impl Settled {
    /// A fate that is certain.
    pub fn of(fate: &Fate) -> Option<Self> {
        Some(match fate {
            Fate::Landed { slot, error: None } => Self::Landed { slot: *slot },
            Fate::Landed {
                slot,
                error: Some(error),
            } => Self::Failed {
                slot: *slot,
                error: error.to_string(),
            },
            Fate::Gone => Self::NeverLanded,
            Fate::Open | Fate::Unclear(_) => return None,
        })
    }
}

impl Entry {
    /// Until when the transaction can land; `None` when somebody has changed the entry.
    pub fn life(&self) -> Option<Life> {
        let until = match (&self.nonce, self.last_valid_block_height) {
            (None, Some(last)) => Until::Height(last),
            (Some(account), None) => Until::Nonce {
                account: account.parse().ok()?,
                value: self.blockhash.parse().ok()?,
            },
            _ => return None,
        };
        Some(Life {
            signed: self.slot,
            until,
        })
    }
}

/// What is written down about a transaction besides the transaction.
#[derive(Clone, Copy, Debug)]
pub struct Notes<'a> {
    /// Where.
    pub journal: &'a Journal,
    /// The command.
    pub command: &'a str,
    /// What it does, in words.
    pub what: &'a str,
    /// Whose key acts.
    pub key: Pubkey,
}

impl Notes<'_> {
    /// Writes a transaction down. An entry that is there stays: the same transaction may have
    /// been sent before, from an earlier slot.
    ///
    /// # Errors
    ///
    /// `journal_unwritable`.
    pub(crate) fn write(
        &self,
        signature: &Signature,
        cluster: &Cluster,
        blockhash: &Hash,
        life: &Life,
    ) -> Result<(), Failure> {
        if self.journal.find(signature)?.is_some() {
            return Ok(());
        }
        let (last, nonce) = match life.until {
            Until::Height(last) => (Some(last), None),
            Until::Nonce { account, .. } => (None, Some(account.to_string())),
        };
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        self.journal.put(&Entry {
            signature: signature.to_string(),
            genesis: cluster.genesis.clone(),
            url: cluster.url.clone(),
            command: self.command.to_owned(),
            what: self.what.to_owned(),
            key: self.key.to_string(),
            // A clock before 1970 is nobody's.
            at: since.map_or(0, |since| since.as_secs()),
            slot: life.signed,
            blockhash: blockhash.to_string(),
            last_valid_block_height: last,
            nonce,
            outcome: None,
        })
    }
}

impl Journal {
    /// The journal in this folder, or in the state folder of whoever runs this:
    /// `$XDG_STATE_HOME` or `~/.local/state`, on macOS `~/Library/Application Support`, on
    /// Windows `%LOCALAPPDATA%`.
    pub fn open(wished: Option<&Path>) -> Self {
        let usual = || state_folder().map(|folder| folder.join(FOLDER));
        Self {
            folder: wished.map(Path::to_path_buf).or_else(usual),
        }
    }

    /// The folder of this name beside this journal's; `None` when the journal has no place.
    pub fn beside(&self, name: &str) -> Option<PathBuf> {
        self.folder
            .as_ref()
            .map(|folder| folder.with_file_name(name))
    }

    /// The entry of a transaction.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn find(&self, signature: &Signature) -> Result<Option<Entry>, Failure> {
        match &self.folder {
            Some(folder) => read(&file(folder, signature)),
            None => Ok(None),
        }
    }

    /// The entries without an outcome, the oldest first, and why others cannot be read.
    pub fn open_entries(&self) -> (Vec<Entry>, Vec<Failure>) {
        let (mut open, mut unread) = (Vec::new(), Vec::new());
        for path in self.paths() {
            match read(&path) {
                Ok(Some(entry)) if entry.outcome.is_none() => open.push(entry),
                Ok(_) => {}
                Err(failure) => unread.push(failure),
            }
        }
        open.sort_by(|a, b| (a.at, &a.signature).cmp(&(b.at, &b.signature)));
        (open, unread)
    }

    /// Adds an outcome to an entry, if it is there, and forgets old finished ones.
    ///
    /// # Errors
    ///
    /// `journal_unwritable`; it cannot be read.
    pub fn settle(&self, signature: &Signature, outcome: Settled) -> Result<(), Failure> {
        if let Some(entry) = self.find(signature)? {
            self.put(&Entry {
                outcome: Some(outcome),
                ..entry
            })?;
            self.prune();
        }
        Ok(())
    }

    fn put(&self, entry: &Entry) -> Result<(), Failure> {
        let unwritable = |what: String| {
            Failure::new(
                "journal_unwritable",
                format!("the journal of sent transactions {what}"),
            )
            .remedy(
                "name a folder that is yours and has room with --journal or HOMEOSTAT_JOURNAL; \
                 without a journal nothing is sent",
            )
        };
        let folder = self.folder.as_ref();
        let folder = folder.ok_or_else(|| unwritable("has no place: there is no home".into()))?;
        let signature = entry.signature.parse();
        let signature: Signature =
            signature.map_err(|_| unwritable("has a signature that is none".into()))?;
        let bytes = serde_json::to_vec_pretty(entry);
        let bytes = bytes.map_err(|error| unwritable(format!("cannot be written: {error}")))?;
        fs::create_dir_all(folder).map_err(|error| {
            unwritable(format!("cannot be written: {}: {error}", folder.display()))
        })?;
        files::replace(&file(folder, &signature), &bytes)
            .map_err(|failure| unwritable(format!("cannot be written: {}", failure.message)))
    }

    /// Forgets all finished entries but the latest [`KEPT`]. What cannot be forgotten now is
    /// forgotten another time.
    fn prune(&self) {
        let finished = self.paths().into_iter().filter_map(|path| {
            let entry = read(&path).ok()??;
            entry.outcome.is_some().then_some((entry.at, path))
        });
        let mut finished: Vec<(u64, PathBuf)> = finished.collect();
        finished.sort();
        let old = finished.len().saturating_sub(KEPT);
        for (_, path) in finished.drain(..old) {
            let _ = fs::remove_file(path);
        }
    }

    /// The files of the entries; none where there is no folder.
    fn paths(&self) -> Vec<PathBuf> {
        let entries = self.folder.as_ref().and_then(|it| fs::read_dir(it).ok());
        let paths = entries.into_iter().flatten().flatten().map(|it| it.path());
        let mut paths: Vec<PathBuf> = paths
            .filter(|path| path.extension().is_some_and(|it| it == "json"))
            .collect();
        paths.sort();
        paths
    }
}

fn file(folder: &Path, signature: &Signature) -> PathBuf {
    folder.join(format!("{signature}.json"))
}

/// An entry's file; `None` when there is none.
fn read(path: &Path) -> Result<Option<Entry>, Failure> {
    let shown = path.display().to_string();
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        // A file where its folder should be: writing will say so.
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => return Ok(None),
        Err(error) => return Err(files::unreadable(&shown, &error)),
    };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| {
        Failure::new(
            "bad_journal_entry",
            format!("{shown} is no entry of the journal: {error}"),
        )
        .remedy("its name is the signature: look that up, then remove the file")
    })
}

/// Where programs keep what should outlive them and is no setting.
fn state_folder() -> Option<PathBuf> {
    let named = |name: &str| env::var_os(name).map(PathBuf::from);
    let home = || env::home_dir().filter(|home| home.is_absolute());
    if cfg!(windows) {
        return named("LOCALAPPDATA");
    }
    if cfg!(target_os = "macos") {
        return home().map(|home| home.join("Library/Application Support"));
    }
    // The XDG rules ignore a path that is not absolute.
    named("XDG_STATE_HOME")
        .filter(|folder| folder.is_absolute())
        .or_else(|| home().map(|home| home.join(".local/state")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(signature: &Signature, at: u64) -> Entry {
        Entry {
            signature: signature.to_string(),
            genesis: "g".into(),
            url: "http://localhost".into(),
            command: "pay".into(),
            what: "pay 1 token".into(),
            key: Pubkey::new_unique().to_string(),
            at,
            slot: 5,
            blockhash: Hash::new_unique().to_string(),
            last_valid_block_height: Some(155),
            nonce: None,
            outcome: None,
        }
    }

    fn folder(name: &str) -> PathBuf {
        let folder = env::temp_dir().join(format!("homeostat-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    #[test]
    fn an_entry_is_open_until_its_outcome_and_finished_ones_are_pruned() {
        let folder = folder("journal");
        let journal = Journal::open(Some(&folder));
        // given one that is open, and more finished ones than are kept
        let open = Signature::from([9; 64]);
        journal.put(&entry(&open, 0)).unwrap();
        let finished: Vec<Signature> = (0..=KEPT)
            .map(|number| {
                let mut bytes = [1; 64];
                bytes[..8].copy_from_slice(&number.to_le_bytes());
                Signature::from(bytes)
            })
            .collect();
        for (at, signature) in (1..).zip(&finished) {
            journal.put(&entry(signature, at)).unwrap();
            journal.settle(signature, Settled::NeverLanded).unwrap();
        }
        // then only the open one is open, though it is the oldest, and the oldest finished
        // one is forgotten
        let (entries, unread) = journal.open_entries();
        assert_eq!(entries, [entry_of(&journal, &open)]);
        assert!(unread.is_empty());
        assert_eq!(journal.find(&finished[0]).unwrap(), None);
        assert_eq!(
            entry_of(&journal, &finished[KEPT]).outcome,
            Some(Settled::NeverLanded)
        );
        // and an outcome of what was never written down is nobody's
        journal
            .settle(&Signature::from([7; 64]), Settled::NeverLanded)
            .unwrap();
        assert_eq!(journal.find(&Signature::from([7; 64])).unwrap(), None);
        fs::remove_dir_all(folder).unwrap();
    }

    fn entry_of(journal: &Journal, signature: &Signature) -> Entry {
        journal.find(signature).unwrap().expect("it is there")
    }

    #[test]
    fn what_is_half_written_or_no_entry_is_told_and_hides_nothing() {
        let folder = folder("journal-half");
        let journal = Journal::open(Some(&folder));
        let open = Signature::from([3; 64]);
        journal.put(&entry(&open, 1)).unwrap();
        // A process was killed before the rename: nothing was sent, nothing is listed.
        fs::write(folder.join("half.json.new"), b"{").unwrap();
        fs::write(folder.join("broken.json"), b"{").unwrap();
        let (entries, unread) = journal.open_entries();
        assert_eq!(entries.len(), 1);
        assert_eq!(unread.len(), 1);
        assert_eq!(unread[0].code, "bad_journal_entry");
        assert!(unread[0].message.contains("broken.json"));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn the_life_of_an_entry_is_its_heights_or_its_nonces() {
        let signature = Signature::from([4; 64]);
        let mut entry = entry(&signature, 1);
        assert_eq!(entry.life().unwrap().until, Until::Height(155));
        let (account, value) = (Pubkey::new_unique(), Hash::new_unique());
        entry.last_valid_block_height = None;
        assert_eq!(entry.life(), None);
        entry.nonce = Some(account.to_string());
        entry.blockhash = value.to_string();
        assert_eq!(entry.life().unwrap().until, Until::Nonce { account, value });
    }

    #[test]
    fn a_folder_that_cannot_be_is_named_with_a_remedy() {
        let file = folder("journal-file");
        fs::write(&file, b"").unwrap();
        let journal = Journal::open(Some(&file.join("under")));
        let failure = journal
            .put(&entry(&Signature::from([5; 64]), 1))
            .unwrap_err();
        assert_eq!(failure.code, "journal_unwritable");
        assert!(failure.message.contains(&file.display().to_string()));
        assert!(failure.remedy.contains("HOMEOSTAT_JOURNAL"));
        fs::remove_file(file).unwrap();
    }
}
