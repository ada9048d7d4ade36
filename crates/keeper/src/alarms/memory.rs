//! What a watcher must not forget: what it has seen, and which alarms are still to be told.
//!
//! One file, replaced as a whole and flushed to the disk. What was seen and the alarms that
//! follow from it are written in the same replacement, so a watcher that is killed has either
//! both or neither: no alarm is lost, and none is decided twice. Each alarm has the names of the
//! sinks that have not taken it; a name is struck out after its sink has. A kill between the two
//! delivers the same alarm again **under the same id**: the file of the `file` sink is asked
//! for that id, a web server gets it as `Idempotency-Key`, a command and a reader of stdout find
//! it in the alarm.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use homeostat_client::Pubkey;
use homeostat_settings::{files, Failure};
use serde::{Deserialize, Serialize};
use tracing::{info, Level};

use super::alarm::Alarm;
use super::metrics::{Ending, Metrics};
use super::seen::{Levels, Seen};
use super::sinks::Outlet;
use super::view::Program;
use crate::log::{fails, millis};

/// Most alarms that wait for a sink. With more the watcher stops looking, because what it does
/// not read stays in the logs on chain, and what it could not keep would be lost.
pub const MOST_PENDING: usize = 1_000;
/// Largest file that is read (bytes); the most alarms and a hundred economies have a tenth.
const LARGEST: u64 = 1 << 26;
/// The version of the file.
const VERSION: u32 = 1;

/// A moment at which a watcher may be killed; named so that a test can play each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Alarms were decided, and nothing is written yet.
    Decided,
    /// They are in the file, and nobody was told.
    Noted,
    /// A sink has taken one, and it is not struck out yet.
    Delivered,
    /// It is struck out.
    Struck,
}

/// The program as it was seen last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Deployment {
    account: String,
    upgrade_authority: Option<String>,
    deployed: u64,
    slot: u64,
    now: i64,
}

/// An alarm that somebody was not told yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pending {
    alarm: Alarm,
    left: BTreeSet<String>,
}

/// The file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    version: u32,
    genesis: String,
    sequence: u64,
    program: Option<Deployment>,
    levels: Levels,
    economies: BTreeMap<String, Seen>,
    pending: Vec<Pending>,
}

/// What a watcher remembers. Whoever has it has the file alone.
pub struct Memory {
    file: PathBuf,
    contents: Contents,
    sinks: BTreeSet<String>,
    metrics: Arc<Metrics>,
    step: Box<dyn FnMut(Step) + Send>,
    // Released by the system when the process ends, however it ends.
    _lock: File,
}

impl Memory {
    /// Opens the file, or begins one, for alarms to the sinks of these names. What was meant for
    /// a sink that is not among them is struck out.
    ///
    /// # Errors
    ///
    /// `watch_state_busy`: another watcher has it; `bad_watch_state`: it is none of this, and
    /// what it says may not be thrown away; it cannot be read or written.
    pub fn open(file: &Path, sinks: BTreeSet<String>) -> Result<Self, Failure> {
        let lock = lock(file)?;
        let mut contents = if file.exists() {
            read(file)?
        } else {
            Contents {
                version: VERSION,
                ..Contents::default()
            }
        };
        for pending in &mut contents.pending {
            pending.left.retain(|name| sinks.contains(name));
        }
        contents.pending.retain(|pending| !pending.left.is_empty());
        let memory = Self {
            file: file.to_path_buf(),
            contents,
            sinks,
            metrics: Arc::default(),
            step: Box::new(|_| ()),
            _lock: lock,
        };
        // A file that cannot be written must be known before anything is decided.
        memory.save()?;
        Ok(memory)
    }

    /// Has `step` called at every moment at which a kill could matter.
    #[must_use]
    pub fn at_each_step(mut self, step: impl FnMut(Step) + Send + 'static) -> Self {
        self.step = Box::new(step);
        self
    }

    /// Counts alarms and deliveries in `metrics` from now on.
    #[must_use]
    pub(super) fn counting(mut self, metrics: &Arc<Metrics>) -> Self {
        self.metrics = Arc::clone(metrics);
        for sink in &self.sinks {
            self.metrics.begin(sink);
        }
        self.count_pending();
        self
    }

    fn count_pending(&self) {
        for sink in &self.sinks {
            let all = self.contents.pending.iter();
            let waiting = all.filter(|pending| pending.left.contains(sink));
            self.metrics.pending(sink, waiting.count());
        }
    }

    /// Binds the file to a cluster.
    ///
    /// # Errors
    ///
    /// `other_cluster`: what it says is of another one.
    pub fn require_cluster(&mut self, genesis: &str) -> Result<(), Failure> {
        if self.contents.genesis.is_empty() {
            genesis.clone_into(&mut self.contents.genesis);
        }
        if self.contents.genesis == genesis {
            return Ok(());
        }
        Err(Failure::new(
            "other_cluster",
            format!(
                "{} remembers the cluster with the genesis {}, and this one has {genesis}",
                self.file.display(),
                self.contents.genesis
            ),
        )
        .remedy("correct --url, or give each cluster a file of its own with --state"))
    }

    /// What was known of an economy.
    pub fn seen(&self, economy: &Pubkey) -> Option<&Seen> {
        self.contents.economies.get(&economy.to_string())
    }

    /// The program as it was seen last.
    pub fn program(&self) -> Option<Program> {
        let kept = self.contents.program.as_ref()?;
        let authority = match &kept.upgrade_authority {
            Some(text) => Some(text.parse().ok()?),
            None => None,
        };
        Some(Program {
            account: kept.account.parse().ok()?,
            upgrade_authority: authority,
            deployed: kept.deployed,
            slot: kept.slot,
            now: kept.now,
        })
    }

    /// The slot and the cluster's clock (unix seconds) of the last view that was believed; 0
    /// before the first.
    pub fn last(&self) -> (u64, i64) {
        let program = self.contents.program.iter().map(|one| (one.slot, one.now));
        let economies = self.contents.economies.values();
        let all = program.chain(economies.map(|one| (one.slot, one.now)));
        all.max().unwrap_or_default()
    }

    /// What lasts apart from single economies.
    pub fn levels(&self) -> &Levels {
        &self.contents.levels
    }

    /// Alarms that somebody was not told yet.
    pub fn pending(&self) -> usize {
        self.contents.pending.len()
    }

    /// Whether there is room for the alarms of another look.
    pub fn has_room(&self) -> bool {
        self.pending() < MOST_PENDING
    }

    /// Notes what is known of an economy from now on, together with the alarms that follow.
    ///
    /// # Errors
    ///
    /// It cannot be written; then nothing has changed.
    pub fn note(
        &mut self,
        economy: &Pubkey,
        seen: Seen,
        alarms: Vec<Alarm>,
    ) -> Result<(), Failure> {
        self.change(alarms, |contents| {
            contents.economies.insert(economy.to_string(), seen);
        })
    }

    /// Notes the program, with the alarms that follow.
    ///
    /// # Errors
    ///
    /// As [`Memory::note`].
    pub fn note_program(&mut self, program: &Program, alarms: Vec<Alarm>) -> Result<(), Failure> {
        let kept = Deployment {
            account: program.account.to_string(),
            upgrade_authority: program.upgrade_authority.as_ref().map(ToString::to_string),
            deployed: program.deployed,
            slot: program.slot,
            now: program.now,
        };
        self.change(alarms, |contents| contents.program = Some(kept))
    }

    /// Notes what lasts apart from single economies, with the alarms that follow.
    ///
    /// # Errors
    ///
    /// As [`Memory::note`].
    pub fn note_levels(&mut self, levels: Levels, alarms: Vec<Alarm>) -> Result<(), Failure> {
        if alarms.is_empty() && levels == self.contents.levels {
            return Ok(());
        }
        self.change(alarms, |contents| contents.levels = levels)
    }

    fn change(
        &mut self,
        alarms: Vec<Alarm>,
        change: impl FnOnce(&mut Contents),
    ) -> Result<(), Failure> {
        let before = self.contents.clone();
        let count = alarms.len();
        let some = count > 0;
        if some {
            (self.step)(Step::Decided);
        }
        change(&mut self.contents);
        for mut alarm in alarms {
            self.contents.sequence = self.contents.sequence.saturating_add(1);
            alarm.sequence = self.contents.sequence;
            info!(name: "alarm", code = alarm.code.word(), id = %alarm.id);
            self.contents.pending.push(Pending {
                alarm,
                left: self.sinks.clone(),
            });
        }
        // Nothing is written for a slot that only passed: it is read again after a kill.
        if !some && self.contents.same_but_slots(&before) {
            return Ok(());
        }
        if let Err(failure) = self.save() {
            self.contents = before;
            return Err(failure);
        }
        if some {
            let new = self.contents.pending.iter().rev().take(count);
            for Pending { alarm, .. } in new {
                self.metrics.alarm(alarm.code, alarm.severity);
            }
            self.count_pending();
            (self.step)(Step::Noted);
        }
        Ok(())
    }

    /// Tells what is pending to the sinks that may be asked at `at`, each in the order of the
    /// alarms and up to its first failure, until `until`. Returns how many were taken.
    ///
    /// # Errors
    ///
    /// The file cannot be written. A sink's failures are told and tried again later.
    pub fn deliver(
        &mut self,
        outlets: &mut [Outlet],
        at: Instant,
        until: Instant,
    ) -> Result<usize, Failure> {
        let mut count = 0_usize;
        for outlet in outlets {
            while outlet.is_free(at) && Instant::now() <= until {
                let name = outlet.name();
                let mut waiting = self.contents.pending.iter();
                let Some(index) = waiting.position(|pending| pending.left.contains(name)) else {
                    break;
                };
                let Some(pending) = self.contents.pending.get_mut(index) else {
                    break;
                };
                if let Err(failure) = outlet.deliver(&pending.alarm) {
                    let wait = outlet.failed(at);
                    self.metrics.delivery(name, Ending::Failed);
                    self.metrics.backoff(name, wait);
                    fails!(Level::ERROR, "undelivered", &failure, sink = outlet.name(),
                        id = %pending.alarm.id, retry_ms = millis(wait));
                    break;
                }
                self.metrics.delivery(name, Ending::Taken);
                self.metrics.backoff(name, Duration::ZERO);
                (self.step)(Step::Delivered);
                pending.left.remove(name);
                if pending.left.is_empty() {
                    self.contents.pending.remove(index);
                }
                self.save()?;
                self.count_pending();
                (self.step)(Step::Struck);
                count = count.saturating_add(1);
            }
        }
        Ok(count)
    }

    fn save(&self) -> Result<(), Failure> {
        let bytes = serde_json::to_vec(&self.contents).map_err(|error| {
            Failure::new("bad_watch_state", format!("it cannot be written: {error}"))
                .remedy("please report this with the lines before it; nothing was forgotten")
        })?;
        files::replace(&self.file, &bytes)
    }
}

impl Contents {
    /// Whether nothing differs but the slots and times of the last looks.
    fn same_but_slots(&self, other: &Self) -> bool {
        let still = |contents: &Self| {
            let mut contents = contents.clone();
            for seen in contents.economies.values_mut() {
                (seen.slot, seen.now) = (0, 0);
            }
            if let Some(program) = &mut contents.program {
                (program.slot, program.now) = (0, 0);
            }
            contents
        };
        still(self) == still(other)
    }
}

/// The lock of a file: of two watchers each would tell half of the alarms, or all of them twice.
fn lock(file: &Path) -> Result<File, Failure> {
    let mut name = file.file_name().unwrap_or_default().to_os_string();
    name.push(".lock");
    let path = file.with_file_name(name);
    let unwritable = |error: std::io::Error| {
        Failure::new(
            "unwritable_file",
            format!("{} cannot be locked: {error}", path.display()),
        )
        .remedy("check that the folder exists, is yours, and has room")
    };
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(unwritable)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(std::fs::TryLockError::WouldBlock) => Err(Failure::new(
            "watch_state_busy",
            format!("another watcher has {}", file.display()),
        )
        .remedy("stop it, or give this one a file of its own with --state")),
        Err(std::fs::TryLockError::Error(error)) => Err(unwritable(error)),
    }
}

fn read(file: &Path) -> Result<Contents, Failure> {
    let bytes = File::open(file)
        .and_then(|open| files::read_up_to(open, LARGEST))
        .map_err(|error| files::unreadable(&file.display().to_string(), &error))?;
    let bad = |why: String| {
        Failure::new("bad_watch_state", format!("{}: {why}", file.display())).remedy(
            "it may hold alarms that nobody was told: look into it, then move it away; a watcher without it takes the present as its base line",
        )
    };
    let contents: Contents =
        serde_json::from_slice(&bytes).map_err(|error| bad(error.to_string()))?;
    if contents.version != VERSION {
        return Err(bad(format!(
            "its version is {}, and this program knows {VERSION}",
            contents.version
        )));
    }
    Ok(contents)
}

#[cfg(test)]
mod tests;
