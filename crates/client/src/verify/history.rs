//! What the events of an economy say about its logs.

use std::collections::HashMap;

use homeostat::state::{AuditRecord, StoredConfig};
use solana_program::hash::hash;

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

/// What the events of one economy contain: the bytes of every log record, and the
/// configurations whose digests the records have. Give it every event of the economy in order
/// ([`logged`] says whose an event is).
#[derive(Clone, Debug, Default)]
pub struct History {
    pub(super) decisions: Vec<u8>,
    pub(super) audit_decisions: Vec<u8>,
    pub(super) audit_acts: Vec<u8>,
    pub(super) configs: HashMap<[u8; 32], StoredConfig>,
}

impl History {
    /// Adds the records and configurations of an event; an event without any changes nothing.
    pub fn learn(&mut self, event: &Event) {
        match event {
            Event::WentLive(event) => self.decided(&event.records, &event.configs),
            Event::Cranked(event) => self.decided(&event.records, &event.configs),
            Event::Executed(event) => {
                self.decided(&event.records, &event.configs);
                self.acted(&event.record);
            }
            Event::CouncilCreated(event) => self.acted(&event.record),
            Event::Proposed(event) => self.acted(&event.record),
            Event::Decided(event) => self.acted(&event.record),
            Event::BallotCast(event) => self.acted(&event.record),
            Event::RoleAccepted(event) => self.acted(&event.record),
            Event::Paused(event) => self.acted(&event.record),
            Event::Advised(event) => self.acted(&event.record),
            Event::AdviceVetoed(event) => self.acted(&event.record),
            Event::BreakerTripped(event) => self.acted(&event.record),
            _ => {}
        }
    }

    fn decided(&mut self, records: &[u8], configs: &[u8]) {
        self.decisions.extend(records);
        for bytes in configs.chunks_exact(core::mem::size_of::<StoredConfig>()) {
            self.know(bytemuck::pod_read_unaligned(bytes));
        }
    }

    /// Adds the record of an act to those of its ring; an act without a record adds none.
    fn acted(&mut self, record: &[u8]) {
        let ring = match bytemuck::try_pod_read_unaligned::<AuditRecord>(record) {
            Ok(record) if record.is_decision() => &mut self.audit_decisions,
            _ => &mut self.audit_acts,
        };
        ring.extend(record);
    }

    /// Keeps a configuration under the digest by which records name it.
    pub(super) fn know(&mut self, config: StoredConfig) {
        let digest = hash(bytemuck::bytes_of(&config)).to_bytes();
        self.configs.insert(digest, config);
    }
}
