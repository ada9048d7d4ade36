//! The decision log: its records, their hash chain, and each decision again.

use homeostat::state::{
    log::{RecordKind, Ring, HASH_BYTES, NOT_CAPPED, RECORD_BYTES},
    ConfigRecord, DecisionLog, DecisionRecord,
};
use homeostat_control::{
    held_step, resumed_step, step, Config, Decision, Flags, HoldReason, Input, LatchReason, State,
};
use solana_program::hash::hashv;

use crate::decode::{Decode, DecodeError};

/// A record of either kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant)]
pub enum Record {
    /// A controller's step.
    Decision(DecisionRecord),
    /// A controller's configuration.
    Config(ConfigRecord),
}

impl Record {
    /// Reads a record of [`RECORD_BYTES`].
    pub(crate) fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; RECORD_BYTES] = bytes.try_into().ok()?;
        // The kind is the byte behind two sequence numbers in both layouts.
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

    /// Position in the chain, from 1.
    pub fn seq(&self) -> u64 {
        match self {
            Self::Decision(record) => record.seq,
            Self::Config(record) => record.seq,
        }
    }
}

/// Why a log is not what it says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogError {
    /// No decision log.
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
    /// What a controller remembered before a record is not what the records before it,
    /// or the account after the last one, say.
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

/// What the controller of a record was shown.
pub fn input(record: &DecisionRecord) -> Input {
    Input {
        now: record.to,
        y: record.sample(),
        w: None,
        applied: (record.applied != NOT_CAPPED).then_some(record.applied),
        tripped: record.held == HoldReason::Tripped as u8,
    }
}

/// The step of a record again, from the configuration in force and the memory
/// before it; what the guard found is taken from the record. To prove that too,
/// follow the guard from its [`ConfigRecord`] on with
/// [`homeostat_control::guarded_step`].
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

/// A ring of records, walked from base to head under its hash chain: its header, and
/// each record's bytes, oldest first.
pub(crate) fn walk(data: &[u8], record_bytes: usize) -> Result<(Ring, Vec<&[u8]>), LogError> {
    let header = data.get(..Ring::SLOTS_AT).ok_or(LogError::Header)?;
    let at = Ring::SLOTS_AT - core::mem::size_of::<Ring>();
    let ring: Ring = bytemuck::pod_read_unaligned(&header[at..]);
    let slots = &data[Ring::SLOTS_AT..];
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
            .checked_mul(size)
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

/// The records kept in the ring, oldest first, after checking the chain from
/// base to head.
pub fn read(data: &[u8]) -> Result<(DecisionLog, Vec<Record>), LogError> {
    let log = DecisionLog::decode(data).map_err(LogError::Account)?;
    let (ring, bodies) = walk(data, RECORD_BYTES)?;
    let mut records = Vec::with_capacity(bodies.len());
    for (body, seq) in bodies.into_iter().zip(ring.base_seq + 1..) {
        records.push(Record::parse(body).ok_or(LogError::Record { seq })?);
    }
    Ok((log, records))
}
