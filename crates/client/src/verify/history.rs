//! What the events of an economy say about its logs.

use std::collections::HashMap;

use homeostat::state::StoredConfig;
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
    pub(super) governance: Vec<u8>,
    pub(super) operations: Vec<u8>,
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
                self.governance.extend(&event.record);
            }
            Event::CouncilCreated(event) => self.governance.extend(&event.record),
            Event::Proposed(event) => self.governance.extend(&event.record),
            Event::Decided(event) => self.governance.extend(&event.record),
            Event::BallotCast(event) => self.governance.extend(&event.record),
            Event::RoleAccepted(event) => self.governance.extend(&event.record),
            Event::Paused(event) => self.operations.extend(&event.record),
            Event::Advised(event) => self.operations.extend(&event.record),
            Event::AdviceVetoed(event) => self.operations.extend(&event.record),
            Event::BreakerTripped(event) => self.operations.extend(&event.record),
            _ => {}
        }
    }

    fn decided(&mut self, records: &[u8], configs: &[u8]) {
        self.decisions.extend(records);
        for bytes in configs.chunks_exact(core::mem::size_of::<StoredConfig>()) {
            self.know(bytemuck::pod_read_unaligned(bytes));
        }
    }

    /// Keeps a configuration under the digest by which records name it.
    pub(super) fn know(&mut self, config: StoredConfig) {
        let digest = hash(bytemuck::bytes_of(&config)).to_bytes();
        self.configs.insert(digest, config);
    }
}
