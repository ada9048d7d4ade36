//! Proofs from the logs: that nothing was left out or changed, and that every decision is
//! what the control law gives.
//!
//! From a log's account alone they reach from its base to its head. With the events whose
//! records the ring has dropped they reach from genesis.

mod history;
mod search;
mod track;

pub use history::{act, logged, History, Kept};
pub use search::{Logs, Search};

use homeostat::state::{
    audit::AUDIT_RECORD_BYTES,
    log::{Place, Ring, RECORD_BYTES},
    AuditLog, AuditRecord, Economy, Parameter, StoredGuardState,
};
use solana_program::hash::hashv;

use crate::{
    decode::Decode,
    log::{self, LogError, Record},
};
use history::Records;
use track::Track;

/// What [`verify_log`] proved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogProof {
    /// The proof begins after this record; 0 = at genesis.
    pub from_seq: u64,
    /// The last record that is proven.
    pub to_seq: u64,
    /// How many decisions lie between the two.
    pub decisions: u64,
    /// How many of these the control law gives again, to the last bit of every term.
    pub recomputed: u64,
    /// How many of these were recomputed together with the anomaly guard.
    pub guarded: u64,
    /// How many changes of a controller's configuration lie between the two.
    pub changes: u64,
    /// Decisions that could not be recomputed, because their configuration, or what the
    /// controller decided before, is in records that the ring has dropped.
    pub unproven: Vec<u64>,
}

/// What [`verify_audit`] proved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditProof {
    /// What took effect by the keys of several.
    pub decisions: RingProof,
    /// What one key did alone.
    pub acts: RingProof,
}

/// What was proved of one ring of an audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RingProof {
    /// The proof begins after this record; 0 = at genesis.
    pub from_seq: u64,
    /// Every record after that, in order.
    pub records: Vec<AuditRecord>,
}

/// Proves a decision log: its hash chain, every decision in it, and that it leads to the
/// controllers that the economy has now. Without a history from the ring alone, with one
/// from genesis.
///
/// `data` is the log account's data, read in the same slot as `economy`.
///
/// # Errors
///
/// A [`LogError`] that names the first record that is wrong. A decision that merely cannot be
/// proven from the ring is no error, see [`LogProof::unproven`].
pub fn verify_log(
    data: &[u8],
    economy: &Economy,
    history: Option<&History>,
) -> Result<LogProof, LogError> {
    let (log, _) = log::read(data)?;
    let (ring, kept) = log::walk(data, &Place::DECISIONS, RECORD_BYTES)?;
    let told = history.map(|history| &history.decisions);
    let (from_seq, records) = stretch(&ring, kept, told, RECORD_BYTES)?;

    // The account has the present configurations, whether or not the ring still has the
    // records of their changes.
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
                // Before the first change that is read, only the present configuration is known,
                // and it can be used only if it was in force at the time of the record.
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
        let at_limit = track
            .at_limit
            .is_none_or(|at_limit| at_limit == controller.at_limit);
        if !state || !guard || !at_limit {
            return Err(LogError::State { seq: 0 });
        }
    }
    Ok(proof)
}

/// Proves an audit log: its two hash chains, from the rings alone or, with a history, from the
/// council's creation.
///
/// # Errors
///
/// A [`LogError`] that names the first record that is wrong.
pub fn verify_audit(data: &[u8], history: Option<&History>) -> Result<AuditProof, LogError> {
    AuditLog::decode(data).map_err(LogError::Account)?;
    let told = |of: fn(&History) -> &Records| history.map(of);
    Ok(AuditProof {
        decisions: ring(
            data,
            &AuditLog::DECISIONS,
            told(|history| &history.audit_decisions),
            true,
        )?,
        acts: ring(
            data,
            &AuditLog::ACTS,
            told(|history| &history.audit_acts),
            false,
        )?,
    })
}

/// Proves one ring of an audit log, and that it has no record of the other.
fn ring(
    data: &[u8],
    place: &Place,
    told: Option<&Records>,
    decisions: bool,
) -> Result<RingProof, LogError> {
    let (ring, kept) = log::walk(data, place, AUDIT_RECORD_BYTES)?;
    let (from_seq, records) = stretch(&ring, kept, told, AUDIT_RECORD_BYTES)?;
    let records: Vec<AuditRecord> = records
        .into_iter()
        .map(bytemuck::pod_read_unaligned)
        .collect();
    let stray = records
        .iter()
        .find(|record| record.is_decision() != decisions);
    match stray {
        Some(record) => Err(LogError::Record { seq: record.seq }),
        None => Ok(RingProof { from_seq, records }),
    }
}

/// The sequence number before the first record to prove, and the records: those of the ring,
/// or, with a history (`told`), all of them since genesis, where the ring gives what the history
/// does not. What the history has behind the head of the ring is not looked at.
///
/// # Errors
///
/// `LogError::History` when the two do not lead from genesis to the head of the ring.
fn stretch<'a>(
    ring: &Ring,
    kept: Vec<&'a [u8]>,
    told: Option<&'a Records>,
    record_bytes: usize,
) -> Result<(u64, Vec<&'a [u8]>), LogError> {
    let Some(told) = told else {
        return Ok((ring.base_seq, kept));
    };
    // From genesis the chain must lead to the very head of the account.
    let mut chain = [0; 32];
    let mut records = Vec::new();
    let mut of_ring = kept.into_iter();
    for seq in 1..=ring.head_seq {
        let missing = LogError::History { seq };
        let kept = match seq > ring.base_seq {
            true => of_ring.next(),
            false => None,
        };
        let record = told.get(&seq).map(Vec::as_slice).or(kept);
        let record = record.filter(|record| record.len() == record_bytes);
        let record = record.ok_or(missing)?;
        chain = hashv(&[&chain, record]).to_bytes();
        if seq == ring.base_seq && chain != ring.base_hash {
            return Err(missing);
        }
        records.push(record);
    }
    if chain != ring.head_hash {
        return Err(LogError::History { seq: ring.head_seq });
    }
    Ok((0, records))
}
