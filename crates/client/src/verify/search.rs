//! What a history still lacks, and when the transactions that have it can have been.
//!
//! Anybody may name a log in a transaction of their own, so a list of the transactions that name
//! it says little. What the program itself has written down says more: a crank happens at the
//! end of a period or later, never before; whatever changes a configuration by proposal is in the
//! audit log with its slot; and a change of configuration has its time in its record.

use std::collections::BTreeSet;

use homeostat::state::{
    audit::AUDIT_RECORD_BYTES,
    log::{Place, Ring, RECORD_BYTES},
    AuditKind, AuditLog, AuditRecord, Economy,
};

use super::history::{History, Kept, Records};
use crate::log::{self, LogError, Record};

/// The accounts of an economy's logs, as they were at one time.
#[derive(Clone, Copy, Debug)]
pub struct Logs<'a> {
    /// Data of the decision log.
    pub decisions: &'a [u8],
    /// Data of the audit log; `None` before a council.
    pub audit: Option<&'a [u8]>,
}

/// Where in time the transactions are that a history lacks for the decision log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// No crank that is lacking happened before (unix seconds); `i64::MAX` when none is lacking.
    pub due: i64,
    /// No crank that is lacking happened after: what came later is in the ring (unix seconds).
    until: i64,
    period: i64,
    /// When configurations changed that are not known (unix seconds).
    moments: BTreeSet<i64>,
    /// Slots in which proposals were executed.
    slots: BTreeSet<u64>,
}

impl Search {
    /// Whether a transaction of this slot and time (unix seconds) may be one that is lacking,
    /// when no crank happened before `due`. Without a time it may.
    pub fn is_likely(&self, due: i64, slot: u64, time: Option<i64>) -> bool {
        time.is_none_or(|time| (due..=self.until).contains(&time) || self.moments.contains(&time))
            || self.slots.contains(&slot)
    }

    /// The earliest time of the crank after one at `time` that was due at `due`: a period later,
    /// and at least half a period from then (unix seconds).
    pub fn after(&self, due: i64, time: i64) -> i64 {
        next_end(due, time, self.period)
    }
}

fn next_end(due: i64, time: i64, period: i64) -> i64 {
    due.saturating_add(period)
        .max(time.saturating_add(period / 2))
}

impl History {
    /// Where to search for what a proof of the decision log from genesis needs and neither this
    /// history nor the ring has; `None` when it needs nothing more.
    ///
    /// # Errors
    ///
    /// A [`LogError`] when the ring itself is wrong.
    pub fn search(&self, logs: &Logs<'_>, economy: &Economy) -> Result<Option<Search>, LogError> {
        let (ring, kept) = log::walk(logs.decisions, &Place::DECISIONS, RECORD_BYTES)?;
        let mut present = Self::default();
        for controller in &economy.controllers {
            present.know(controller.config);
        }
        let is_known = |digest: &[u8; 32]| {
            self.configs.contains_key(digest) || present.configs.contains_key(digest)
        };
        let first = kept.first().and_then(|bytes| Record::parse(bytes));
        let told = self.decisions.values().map(Vec::as_slice);
        let moments: BTreeSet<i64> = told
            .chain(kept)
            .filter_map(|bytes| match Record::parse(bytes)? {
                Record::Config(record) => Some(record),
                Record::Decision(_) => None,
            })
            .filter(|record| !is_known(&record.digest))
            .map(|record| record.at)
            .collect();
        let lacks = lacks(&self.decisions, &ring);
        if !lacks && moments.is_empty() {
            return Ok(None);
        }
        let period = i64::from(economy.limits.period);
        Ok(Some(Search {
            due: match lacks {
                true => self.due(economy.live_at, period),
                false => i64::MAX,
            },
            until: match first {
                Some(Record::Decision(record)) => record.to,
                Some(Record::Config(record)) => record.at,
                None => i64::MAX,
            },
            period,
            moments,
            slots: self.executions(logs)?,
        }))
    }

    /// Whether a proof of the audit log from the council's creation needs more than this history
    /// and the rings have.
    ///
    /// # Errors
    ///
    /// A [`LogError`] when a ring itself is wrong.
    pub fn lacks_audit(&self, logs: &Logs<'_>) -> Result<bool, LogError> {
        let Some(data) = logs.audit else {
            return Ok(false);
        };
        let (decisions, _) = log::walk(data, &AuditLog::DECISIONS, AUDIT_RECORD_BYTES)?;
        let (acts, _) = log::walk(data, &AuditLog::ACTS, AUDIT_RECORD_BYTES)?;
        Ok(lacks(&self.audit_decisions, &decisions) || lacks(&self.audit_acts, &acts))
    }

    /// Every record from the first to the heads of the logs, of this history and of the rings.
    ///
    /// # Errors
    ///
    /// A [`LogError`] when a ring is wrong, or the history does not lead to its head.
    pub fn keep(&self, logs: &Logs<'_>) -> Result<Kept, LogError> {
        let records = |data: &[u8], place: &Place, told: &Records, bytes: usize| {
            let (ring, kept) = log::walk(data, place, bytes)?;
            let (_, records) = super::stretch(&ring, kept, Some(told), bytes)?;
            Ok(records.concat())
        };
        let audit = |place: &Place, told: &Records| {
            logs.audit.map_or(Ok(Vec::new()), |data| {
                records(data, place, told, AUDIT_RECORD_BYTES)
            })
        };
        Ok(Kept {
            decisions: records(
                logs.decisions,
                &Place::DECISIONS,
                &self.decisions,
                RECORD_BYTES,
            )?,
            audit_decisions: audit(&AuditLog::DECISIONS, &self.audit_decisions)?,
            audit_acts: audit(&AuditLog::ACTS, &self.audit_acts)?,
            configs: self.config_bytes(),
        })
    }

    /// The records of each ring from the first on, up to the first that this history does not have.
    pub fn prefix(&self) -> Kept {
        let records = |told: &Records| {
            let prefix = (1..).map_while(|seq| told.get(&seq));
            prefix.flatten().copied().collect()
        };
        Kept {
            decisions: records(&self.decisions),
            audit_decisions: records(&self.audit_decisions),
            audit_acts: records(&self.audit_acts),
            configs: self.config_bytes(),
        }
    }

    /// The earliest time of the first crank that this history does not have (unix seconds).
    fn due(&self, live_at: i64, period: i64) -> i64 {
        let mut due = live_at;
        let mut last = None;
        let prefix = (1..).map_while(|seq| Some((seq, self.decisions.get(&seq)?)));
        for (seq, bytes) in prefix {
            if seq == 1 {
                // Going live opened the first period.
                due = live_at.saturating_add(period);
            }
            if let Some(Record::Decision(record)) = Record::parse(bytes) {
                // A crank decides on every parameter at once.
                if last != Some(record.to) {
                    due = next_end(due, record.to, period);
                }
                last = Some(record.to);
            }
        }
        due
    }

    /// The slots in which proposals were executed, as far as the audit log tells.
    fn executions(&self, logs: &Logs<'_>) -> Result<BTreeSet<u64>, LogError> {
        let mut kept = Vec::new();
        if let Some(data) = logs.audit {
            (_, kept) = log::walk(data, &AuditLog::DECISIONS, AUDIT_RECORD_BYTES)?;
        }
        let told = self.audit_decisions.values().map(Vec::as_slice);
        let records = told.chain(kept).map(bytemuck::pod_read_unaligned);
        Ok(records
            .filter(|record: &AuditRecord| record.kind == AuditKind::Executed as u8)
            .map(|record| record.slot)
            .collect())
    }
}

/// Whether one of the records that a ring has dropped is not told either.
fn lacks(told: &Records, ring: &Ring) -> bool {
    (1..=ring.base_seq).any(|seq| !told.contains_key(&seq))
}
