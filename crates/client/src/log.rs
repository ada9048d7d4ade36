//! The decision log: its records, their hash chain, and each decision again.

use homeostat::state::{
    log::{RecordKind, NOT_CAPPED, RECORD_BYTES, SLOT_BYTES},
    ConfigRecord, DecisionLog, DecisionRecord, Measurement,
};
use homeostat_control::{
    held_step, resumed_step, step, Config, Decision, Flags, HoldReason, Input, LatchReason, Sample,
    State,
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
    fn from_bytes(bytes: &[u8; RECORD_BYTES]) -> Option<Self> {
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
        }
    }
}

impl std::error::Error for LogError {}

/// What the controller of a record was shown.
pub fn input(record: &DecisionRecord) -> Input {
    let denominator = record.denominator.get();
    let measured = (denominator > 0)
        .then_some(Measurement {
            numerator: record.numerator.get() as i128,
            denominator,
        })
        .and_then(|measurement| measurement.value());
    Input {
        now: record.to,
        y: measured.map(|value| Sample {
            value,
            at: record.to,
            samples: 1,
        }),
        w: None,
        applied: (record.applied != NOT_CAPPED).then_some(record.applied),
        latched: record.held == HoldReason::Latched as u8,
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

/// The records kept in the ring, oldest first, after checking the chain from
/// base to head.
pub fn read(data: &[u8]) -> Result<(DecisionLog, Vec<Record>), LogError> {
    let log = DecisionLog::decode(data).map_err(LogError::Account)?;
    let slots = data.get(DecisionLog::SLOTS_AT..).ok_or(LogError::Header)?;
    if log.len > log.capacity || log.next > log.capacity || log.capacity > log.allocated {
        return Err(LogError::Header);
    }
    let mut records = Vec::with_capacity(log.len as usize);
    let mut hash = log.base_hash;
    for n in 0..log.len {
        let seq = log.base_seq + u64::from(n) + 1;
        let index = (log.next + log.capacity - log.len + n) % log.capacity;
        let slot = slots
            .get(index as usize * SLOT_BYTES..)
            .and_then(|rest| rest.get(..SLOT_BYTES))
            .ok_or(LogError::Header)?;
        let (body, stored) = slot.split_at(RECORD_BYTES);
        hash = hashv(&[&hash, body]).to_bytes();
        if hash != stored {
            return Err(LogError::Chain { seq });
        }
        let record = body
            .try_into()
            .ok()
            .and_then(Record::from_bytes)
            .filter(|record| record.seq() == seq)
            .ok_or(LogError::Record { seq })?;
        records.push(record);
    }
    if hash != log.head_hash || log.base_seq + u64::from(log.len) != log.head_seq {
        return Err(LogError::Chain { seq: log.head_seq });
    }
    Ok((log, records))
}
