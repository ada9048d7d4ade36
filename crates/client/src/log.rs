//! The decision log: reading its records, checking their hash chain, and computing each
//! decision once more.

use homeostat::state::{
    log::{Place, RecordKind, Ring, HASH_BYTES, NOT_CAPPED, RECORD_BYTES},
    ConfigRecord, DecisionLog, DecisionRecord,
};
use homeostat_control::{
    held_step, resumed_step, step, Config, Decision, Flags, HoldReason, Input, LatchReason, State,
};
use solana_program::hash::hashv;

use crate::decode::{Decode, DecodeError};

/// A record of the decision log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant)]
pub enum Record {
    /// What a controller decided in a step.
    Decision(DecisionRecord),
    /// A new configuration of a controller.
    Config(ConfigRecord),
}

impl Record {
    /// Reads a record of [`RECORD_BYTES`]; `None` for another length or an unknown kind.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; RECORD_BYTES] = bytes.try_into().ok()?;
        // In both layouts the kind is the byte after two sequence numbers of 8 bytes.
        match bytes[16] {
            kind if kind == RecordKind::Decision as u8 => {
                Some(Self::Decision(bytemuck::pod_read_unaligned(bytes)))
            }
            kind if kind == RecordKind::Config as u8 => {
                Some(Self::Config(bytemuck::pod_read_unaligned(bytes)))
            }
            _ => None,
        }
    }

    /// The record's number in the chain, from 1.
    pub fn seq(&self) -> u64 {
        match self {
            Self::Decision(record) => record.seq,
            Self::Config(record) => record.seq,
        }
    }
}

/// Why a log does not prove what it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogError {
    /// The account is not a log of the kind that was asked for.
    Account(DecodeError),
    /// The header does not fit the account.
    Header,
    /// A record's number or kind is wrong.
    Record {
        /// Sequence it should have.
        seq: u64,
    },
    /// A record's hash does not follow from the one before.
    Chain {
        /// Sequence of the record.
        seq: u64,
    },
    /// The state of a controller before a record is not the one that the records before it led
    /// to, or the state in the account is not the one after the last record.
    State {
        /// Sequence of the record; 0 = the account.
        seq: u64,
    },
    /// The decision is not what the control law gives.
    Decision {
        /// Sequence of the record.
        seq: u64,
    },
    /// The history that was given is not the one that led to this log.
    History {
        /// Sequence of the first record that differs or is missing.
        seq: u64,
    },
}

impl core::fmt::Display for LogError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Account(error) => error.fmt(f),
            Self::Header => f.write_str("the log's header does not fit its account"),
            Self::Record { seq } => write!(f, "record {seq} is missing or out of order"),
            Self::Chain { seq } => write!(
                f,
                "the hash of record {seq} does not follow from its predecessor"
            ),
            Self::State { seq: 0 } => {
                f.write_str("the economy's controllers are not what its log leads to")
            }
            Self::State { seq } => write!(
                f,
                "the controller before record {seq} is not the one that its predecessor left"
            ),
            Self::Decision { seq } => {
                write!(f, "record {seq} is not what the control law decides")
            }
            Self::History { seq } => write!(
                f,
                "the events given do not lead to this log: record {seq} is missing or differs"
            ),
        }
    }
}

impl std::error::Error for LogError {}

/// The input of the step that a record is about: the time, the measurement, the signal of the
/// feed-forward and what the setpoint is a multiple of, the value that was in force if a cap had
/// changed it, and whether the breaker had tripped.
pub fn input(record: &DecisionRecord) -> Input {
    Input {
        now: record.to,
        y: record.sample(),
        w: record.w(),
        reference: record.reference(),
        applied: (record.applied != NOT_CAPPED).then_some(record.applied),
        tripped: record.held == HoldReason::Tripped as u8,
    }
}

/// Computes the step of a record once more, from the configuration in force and the state
/// before it. What the anomaly guard found is taken from the record; to prove that as well,
/// follow the guard from its [`ConfigRecord`] on with [`homeostat_control::guarded_step`], as
/// [`crate::verify::verify_log`] does.
pub fn recompute(config: &Config, state: &State, record: &DecisionRecord) -> (State, Decision) {
    let input = input(record);
    let resumed = Flags(record.flags).contains(Flags::RESUMED);
    let latch = match HoldReason::from_number(record.held) {
        HoldReason::Spike => Some(LatchReason::Spike),
        HoldReason::Drift => Some(LatchReason::Drift),
        HoldReason::Frozen => Some(LatchReason::Frozen),
        _ => None,
    };
    match latch {
        Some(reason) => held_step(config, state, &input, reason),
        None if resumed => resumed_step(config, state, &input),
        None => step(config, state, &input),
    }
}

/// Walks a ring of records from base to head and checks sequence numbers and hash chain. Returns
/// the ring's header and each record's bytes, the oldest first.
///
/// # Errors
///
/// `LogError::Header`, `LogError::Chain` or `LogError::Record`, for the first record that is
/// wrong.
pub(crate) fn walk<'a>(
    data: &'a [u8],
    place: &Place,
    record_bytes: usize,
) -> Result<(Ring, Vec<&'a [u8]>), LogError> {
    let ring = data
        .get(place.ring..)
        .and_then(|rest| rest.get(..core::mem::size_of::<Ring>()))
        .ok_or(LogError::Header)?;
    let ring: Ring = bytemuck::pod_read_unaligned(ring);
    let slots = data.get(place.slots..).ok_or(LogError::Header)?;
    let (len, capacity) = (ring.len as usize, ring.capacity as usize);
    if len > capacity || ring.next > ring.capacity || ring.capacity > ring.allocated {
        return Err(LogError::Header);
    }
    let mut records = Vec::with_capacity(len.min(slots.len() / record_bytes));
    let mut hash = ring.base_hash;
    let mut seq = ring.base_seq;
    for n in 0..len {
        seq = seq.checked_add(1).ok_or(LogError::Header)?;
        let index = (ring.next as usize + capacity - len + n) % capacity;
        let size = record_bytes + HASH_BYTES;
        let slot = index
            .checked_mul(place.stride)
            .and_then(|from| slots.get(from..)?.get(..size))
            .ok_or(LogError::Header)?;
        let (body, stored) = slot.split_at(record_bytes);
        hash = hashv(&[&hash, body]).to_bytes();
        if hash != stored {
            return Err(LogError::Chain { seq });
        }
        if body[..8] != seq.to_le_bytes() {
            return Err(LogError::Record { seq });
        }
        records.push(body);
    }
    if hash != ring.head_hash || seq != ring.head_seq {
        return Err(LogError::Chain { seq: ring.head_seq });
    }
    Ok((ring, records))
}

/// The numbers and hashes of what a ring of a log keeps: first the record just before the oldest
/// one kept (number 0 and a zero hash before the first record), then every record up to the
/// newest. Whoever remembers one of them can tell later whether the chain still leads through
/// it. `record_bytes` is the size of a record without its hash.
///
/// # Errors
///
/// `LogError::Header`, `LogError::Chain` or `LogError::Record`, for the first record that is
/// wrong.
pub fn hashes(
    data: &[u8],
    place: &Place,
    record_bytes: usize,
) -> Result<Vec<(u64, [u8; HASH_BYTES])>, LogError> {
    let (ring, bodies) = walk(data, place, record_bytes)?;
    let mut last = (ring.base_seq, ring.base_hash);
    let mut all = Vec::with_capacity(bodies.len() + 1);
    all.push(last);
    for body in bodies {
        last = (last.0 + 1, hashv(&[&last.1, body]).to_bytes());
        all.push(last);
    }
    Ok(all)
}

/// The records in the ring of a decision log, the oldest first, after checking the hash chain
/// from base to head. `data` is the account's data.
///
/// # Errors
///
/// A [`LogError`] that names the first record that is wrong.
pub fn read(data: &[u8]) -> Result<(DecisionLog, Vec<Record>), LogError> {
    let log = DecisionLog::decode(data).map_err(LogError::Account)?;
    let (ring, bodies) = walk(data, &Place::DECISIONS, RECORD_BYTES)?;
    let mut records = Vec::with_capacity(bodies.len());
    for (body, seq) in bodies.into_iter().zip(ring.base_seq + 1..) {
        records.push(Record::parse(body).ok_or(LogError::Record { seq })?);
    }
    Ok((log, records))
}
