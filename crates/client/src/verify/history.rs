//! What the events of an economy say about its logs.

use std::collections::BTreeMap;

use homeostat::state::{audit::AUDIT_RECORD_BYTES, log::RECORD_BYTES, AuditRecord, StoredConfig};
use solana_program::hash::{hash, hashv};

use crate::{event::Event, Pubkey};

/// The economy whose logs an event adds records to; `None` when it adds none.
pub fn logged(event: &Event) -> Option<&Pubkey> {
    Some(match event {
        Event::WentLive(event) => &event.economy,
        Event::Cranked(event) => &event.economy,
        Event::Executed(event) => &event.economy,
        Event::CouncilCreated(event) => &event.economy,
        Event::Proposed(event) => &event.economy,
        Event::Decided(event) => &event.economy,
        Event::BallotCast(event) => &event.economy,
        Event::RoleAccepted(event) => &event.economy,
        Event::Paused(event) => &event.economy,
        Event::Advised(event) => &event.economy,
        Event::AdviceVetoed(event) => &event.economy,
        Event::BreakerTripped(event) => &event.economy,
        _ => return None,
    })
}

/// The bytes of the record that an event adds to the audit log; `None` when it adds none.
pub fn act(event: &Event) -> Option<&[u8]> {
    let record = match event {
        Event::Executed(event) => &event.record,
        Event::CouncilCreated(event) => &event.record,
        Event::Proposed(event) => &event.record,
        Event::Decided(event) => &event.record,
        Event::BallotCast(event) => &event.record,
        Event::RoleAccepted(event) => &event.record,
        Event::Paused(event) => &event.record,
        Event::Advised(event) => &event.record,
        Event::AdviceVetoed(event) => &event.record,
        Event::BreakerTripped(event) => &event.record,
        _ => return None,
    };
    (!record.is_empty()).then_some(record)
}

/// Records by their number in the chain.
pub(super) type Records = BTreeMap<u64, Vec<u8>>;

/// What the events of one economy contain: the bytes of log records, and the configurations
/// whose digests the records have. Give it the events of the economy in any order ([`logged`]
/// says whose an event is); a proof needs those whose records a ring has dropped, and tells the
/// first that is missing.
#[derive(Clone, Debug, Default)]
pub struct History {
    pub(super) decisions: Records,
    pub(super) audit_decisions: Records,
    pub(super) audit_acts: Records,
    pub(super) configs: BTreeMap<[u8; 32], StoredConfig>,
}

/// A history as bytes, to be kept in a file: the records of each ring from the first on, back
/// to back, and the configurations. It claims nothing: what is made of it is proved anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Records of the decision log (472 bytes each).
    pub decisions: Vec<u8>,
    /// Records of what took effect by the keys of several (144 bytes each).
    pub audit_decisions: Vec<u8>,
    /// Records of what one key did alone (144 bytes each).
    pub audit_acts: Vec<u8>,
    /// Stored configurations.
    pub configs: Vec<u8>,
}

impl Kept {
    /// The number of the last record of each ring and the hash of its chain there: of the
    /// decision log, of the audit log's decisions and of its acts.
    pub fn heads(&self) -> [(u64, [u8; 32]); 3] {
        [
            head(&self.decisions, RECORD_BYTES),
            head(&self.audit_decisions, AUDIT_RECORD_BYTES),
            head(&self.audit_acts, AUDIT_RECORD_BYTES),
        ]
    }
}

/// The number of the last of some records, and the hash of their chain from genesis on.
fn head(records: &[u8], record_bytes: usize) -> (u64, [u8; 32]) {
    let records = records.chunks_exact(record_bytes);
    records.fold((0, [0; 32]), |(seq, chain), record| {
        (seq + 1, hashv(&[&chain, record]).to_bytes())
    })
}

impl From<&Kept> for History {
    fn from(kept: &Kept) -> Self {
        let mut history = Self::default();
        add(&mut history.decisions, &kept.decisions, RECORD_BYTES);
        for (ring, records) in [
            (&mut history.audit_decisions, &kept.audit_decisions),
            (&mut history.audit_acts, &kept.audit_acts),
        ] {
            add(ring, records, AUDIT_RECORD_BYTES);
        }
        history.know_all(&kept.configs);
        history
    }
}

impl History {
    /// Adds the records and configurations of an event; an event without any changes nothing.
    pub fn learn(&mut self, event: &Event) {
        match event {
            Event::WentLive(event) => self.decided(&event.records, &event.configs),
            Event::Cranked(event) => self.decided(&event.records, &event.configs),
            Event::Executed(event) => self.decided(&event.records, &event.configs),
            _ => {}
        }
        if let Some(record) = act(event) {
            self.acted(record);
        }
    }

    /// How many records of the decision log it has.
    pub fn decisions(&self) -> u64 {
        self.decisions.len() as u64
    }

    fn decided(&mut self, records: &[u8], configs: &[u8]) {
        add(&mut self.decisions, records, RECORD_BYTES);
        self.know_all(configs);
    }

    /// Adds the record of an act to those of its ring; an act without a record adds none.
    fn acted(&mut self, record: &[u8]) {
        let ring = match bytemuck::try_pod_read_unaligned::<AuditRecord>(record) {
            Ok(record) if record.is_decision() => &mut self.audit_decisions,
            _ => &mut self.audit_acts,
        };
        add(ring, record, AUDIT_RECORD_BYTES);
    }

    fn know_all(&mut self, configs: &[u8]) {
        for bytes in configs.chunks_exact(core::mem::size_of::<StoredConfig>()) {
            self.know(bytemuck::pod_read_unaligned(bytes));
        }
    }

    /// Keeps a configuration under the digest by which records name it.
    pub(super) fn know(&mut self, config: StoredConfig) {
        let digest = hash(bytemuck::bytes_of(&config)).to_bytes();
        self.configs.insert(digest, config);
    }

    /// The configurations, back to back.
    pub(super) fn config_bytes(&self) -> Vec<u8> {
        let configs = self.configs.values();
        configs.flat_map(bytemuck::bytes_of).copied().collect()
    }
}

/// Adds records that stand back to back. Each begins with its number.
fn add(ring: &mut Records, records: &[u8], record_bytes: usize) {
    for record in records.chunks_exact(record_bytes) {
        if let Some(seq) = record.first_chunk() {
            ring.insert(u64::from_le_bytes(*seq), record.to_vec());
        }
    }
}
