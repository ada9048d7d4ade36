//! Proofs from the logs: that nothing was left out or changed, and that every decision is
//! what the control law gives.
//!
//! From a log's account alone they reach from its base to its head. With the events since
//! go-live they reach from genesis, whatever the ring has dropped.

use std::collections::HashMap;

use homeostat::state::{
    audit::AUDIT_RECORD_BYTES,
    log::{Ring, RECORD_BYTES},
    AuditLog, AuditRecord, ConfigRecord, DecisionRecord, Economy, Parameter, StoredConfig,
    StoredDecision, StoredGuardState, StoredState,
};
use homeostat_control::{create, guarded_step, Config, Decision, GuardConfig, GuardState};
use solana_program::hash::{hash, hashv};

use crate::{
    decode::Decode,
    event::Event,
    log::{self, LogError, Record},
    Pubkey,
};

/// The economy that an event tells log records of; `None` when it tells none.
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

/// What the events of an economy told: the bytes of every log record, and the
/// configurations behind their digests. Feed it every event of one economy in order
/// ([`logged`] tells whose it is).
#[derive(Clone, Debug, Default)]
pub struct History {
    decisions: Vec<u8>,
    audit: Vec<u8>,
    configs: HashMap<[u8; 32], StoredConfig>,
}

impl History {
    /// Takes what an event tells about the logs.
    pub fn learn(&mut self, event: &Event) {
        match event {
            Event::WentLive(event) => self.decided(&event.records, &event.configs),
            Event::Cranked(event) => self.decided(&event.records, &event.configs),
            Event::Executed(event) => {
                self.decided(&event.records, &event.configs);
                self.audit.extend(&event.record);
            }
            Event::CouncilCreated(event) => self.audit.extend(&event.record),
            Event::Proposed(event) => self.audit.extend(&event.record),
            Event::Decided(event) => self.audit.extend(&event.record),
            Event::BallotCast(event) => self.audit.extend(&event.record),
            Event::RoleAccepted(event) => self.audit.extend(&event.record),
            Event::Paused(event) => self.audit.extend(&event.record),
            Event::Advised(event) => self.audit.extend(&event.record),
            Event::AdviceVetoed(event) => self.audit.extend(&event.record),
            Event::BreakerTripped(event) => self.audit.extend(&event.record),
            _ => {}
        }
    }

    fn decided(&mut self, records: &[u8], configs: &[u8]) {
        self.decisions.extend(records);
        for bytes in configs.chunks_exact(core::mem::size_of::<StoredConfig>()) {
            self.know(bytemuck::pod_read_unaligned(bytes));
        }
    }

    fn know(&mut self, config: StoredConfig) {
        let digest = hash(bytemuck::bytes_of(&config)).to_bytes();
        self.configs.insert(digest, config);
    }
}

/// What [`verify_log`] proved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogProof {
    /// The proof begins behind this record; 0 = at genesis.
    pub from_seq: u64,
    /// Last record.
    pub to_seq: u64,
    /// Decisions in that stretch.
    pub decisions: u64,
    /// Of these, recomputed by the control law to the last bit of every term.
    pub recomputed: u64,
    /// Of these, with the anomaly guard followed too.
    pub guarded: u64,
    /// Changes of a controller's configuration.
    pub changes: u64,
    /// Decisions that could not be recomputed, because their configuration, or what the
    /// controller decided before, is in records that the ring has dropped.
    pub unproven: Vec<u64>,
}

/// What [`verify_audit`] proved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditProof {
    /// The proof begins behind this record; 0 = at genesis.
    pub from_seq: u64,
    /// Every act in that stretch, in order.
    pub records: Vec<AuditRecord>,
}

/// The records to prove: those of the ring, or all of them where the history has them.
fn stretch<'a>(
    ring: &Ring,
    kept: Vec<&'a [u8]>,
    told: Option<&'a [u8]>,
    record_bytes: usize,
) -> Result<(u64, Vec<&'a [u8]>), LogError> {
    let Some(told) = told else {
        return Ok((ring.base_seq, kept));
    };
    // From genesis the chain must lead to the very head of the account.
    let mut chain = [0; 32];
    let mut records = Vec::new();
    for (record, seq) in told.chunks(record_bytes).zip(1u64..) {
        if record.len() != record_bytes || record[..8] != seq.to_le_bytes() {
            return Err(LogError::History { seq });
        }
        chain = hashv(&[&chain, record]).to_bytes();
        if seq == ring.base_seq && chain != ring.base_hash {
            return Err(LogError::History { seq });
        }
        records.push(record);
        if seq == ring.head_seq {
            break;
        }
    }
    if chain != ring.head_hash {
        let seq = records.len() as u64;
        return Err(LogError::History { seq });
    }
    Ok((0, records))
}

/// One controller along the log.
#[derive(Clone, Copy, Default)]
struct Track {
    /// A change was seen: `config` is what it set, if that is known.
    configured: bool,
    config: Option<Config>,
    state: Option<StoredState>,
    last: Option<Decision>,
    guard: Option<(GuardConfig, GuardState)>,
}

impl Track {
    fn configure(&mut self, record: &ConfigRecord, config: Option<&StoredConfig>) {
        self.configured = true;
        self.config = config.map(Config::from);
        self.state = Some(record.state);
        // The log opens with the creation of each controller.
        let created = record.seq <= Parameter::ALL.len() as u64;
        if let Some(config) = self.config.as_ref().filter(|_| created) {
            self.last = create(config, record.at).ok().map(|state| state.last);
        }
        self.guard = Some(((&record.guard_config).into(), (&record.guard).into()));
    }

    /// Recomputes a decision; counts what it proves.
    fn decide(&mut self, record: &DecisionRecord, proof: &mut LogProof) -> Result<(), LogError> {
        let seq = record.seq;
        if self.state.is_some_and(|state| state != record.before) {
            return Err(LogError::State { seq });
        }
        let known = self.last.is_some();
        let before = record.before.with_last(self.last.unwrap_or_else(unknown));
        let guard = self.guard.take();
        let made = self.config.map(|config| {
            let (state, decision) = log::recompute(&config, &before, record);
            (config, state, decision)
        });
        let agrees = made
            .as_ref()
            .is_some_and(|(_, _, decision)| is_recorded(record, decision));
        proof.decisions += 1;
        match made {
            Some((config, state, decision)) if agrees => {
                proof.recomputed += 1;
                if let Some((guard_config, guard)) = guard {
                    let input = log::input(record);
                    let guarded = guarded_step(&config, &guard_config, &before, &guard, &input);
                    if guarded.state != state || guarded.decision != decision {
                        return Err(LogError::Decision { seq });
                    }
                    proof.guarded += 1;
                    self.guard = Some((guard_config, guarded.guard));
                }
                self.state = Some((&state).into());
                self.last = Some(decision);
            }
            // All that goes into the law is known, and it says otherwise.
            Some(_) if known => return Err(LogError::Decision { seq }),
            _ => {
                proof.unproven.push(seq);
                self.state = None;
                self.last = Some(recorded(record));
            }
        }
        Ok(())
    }
}

/// A decision that is not known.
fn unknown() -> Decision {
    Decision::from(&StoredDecision::default())
}

/// What a record keeps of its decision: all that the next step looks at.
fn recorded(record: &DecisionRecord) -> Decision {
    Decision::from(&StoredDecision {
        y: record.y,
        r: record.r,
        z: record.z,
        p: record.p,
        i: record.i,
        d: record.d,
        f: record.f,
        u0: record.u0,
        raw: record.raw,
        slewed: record.slewed,
        limited: record.limited,
        from: record.before.last_at,
        to: record.to,
        u_prev: record.before.u,
        u: record.u,
        flags: record.flags,
        held: record.held,
        ..StoredDecision::default()
    })
}

/// True when every term of a decision is the one on record.
fn is_recorded(record: &DecisionRecord, decision: &Decision) -> bool {
    let made = StoredDecision::from(decision);
    let kept = StoredDecision::from(&recorded(record));
    // The record leaves these three out: they follow from the others.
    kept == StoredDecision {
        e: kept.e,
        tau: kept.tau,
        lambda: kept.lambda,
        ..made
    }
}

/// Proves a decision log: its hash chain, every decision in it, and that it leads to the
/// controllers that the economy has now. Without a history from the ring alone, with one
/// from genesis.
///
/// `data` is the log account's data, read in the same slot as `economy`.
///
/// # Errors
///
/// The first record that is not what it should be. What merely cannot be proven from the
/// ring is no error, see [`LogProof::unproven`].
pub fn verify_log(
    data: &[u8],
    economy: &Economy,
    history: Option<&History>,
) -> Result<LogProof, LogError> {
    let (log, _) = log::read(data)?;
    let (ring, kept) = log::walk(data, RECORD_BYTES)?;
    let told = history.map(|history| history.decisions.as_slice());
    let (from_seq, records) = stretch(&ring, kept, told, RECORD_BYTES)?;

    // What the account has is known, whether or not the ring has its record.
    let mut known = history.cloned().unwrap_or_default();
    for controller in &economy.controllers {
        known.know(controller.config);
    }
    let mut tracks = [Track::default(); Parameter::ALL.len()];
    let mut proof = LogProof {
        from_seq,
        to_seq: log.head_seq,
        ..LogProof::default()
    };
    for (bytes, seq) in records.into_iter().zip(from_seq + 1..) {
        let record = Record::parse(bytes).ok_or(LogError::Record { seq })?;
        match record {
            Record::Config(record) => {
                let track = tracks
                    .get_mut(usize::from(record.parameter))
                    .ok_or(LogError::Record { seq })?;
                proof.changes += 1;
                track.configure(&record, known.configs.get(&record.digest));
            }
            Record::Decision(record) => {
                let index = usize::from(record.parameter);
                let (track, controller) = tracks
                    .get_mut(index)
                    .zip(economy.controllers.get(index))
                    .ok_or(LogError::Record { seq })?;
                // Before the first change in the stretch only the present configuration is
                // known, and only if it was in force then.
                if !track.configured {
                    let in_force = u64::from(record.config_seq) == controller.config_seq;
                    track.config = in_force.then(|| controller.config());
                }
                track.decide(&record, &mut proof)?;
            }
        }
    }
    for (track, controller) in tracks.iter().zip(&economy.controllers) {
        let state = track.state.is_none_or(|state| state == controller.state);
        let guard = track
            .guard
            .is_none_or(|(_, guard)| StoredGuardState::from(&guard) == controller.guard);
        if !state || !guard {
            return Err(LogError::State { seq: 0 });
        }
    }
    Ok(proof)
}

/// Proves an audit log: its hash chain, from the ring alone or, with a history, from the
/// council's creation.
///
/// # Errors
///
/// The first record that is not what it should be.
pub fn verify_audit(data: &[u8], history: Option<&History>) -> Result<AuditProof, LogError> {
    AuditLog::decode(data).map_err(LogError::Account)?;
    let (ring, kept) = log::walk(data, AUDIT_RECORD_BYTES)?;
    let told = history.map(|history| history.audit.as_slice());
    let (from_seq, records) = stretch(&ring, kept, told, AUDIT_RECORD_BYTES)?;
    Ok(AuditProof {
        from_seq,
        records: records
            .into_iter()
            .map(bytemuck::pod_read_unaligned)
            .collect(),
    })
}
