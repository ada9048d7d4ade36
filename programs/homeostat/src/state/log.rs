//! The decision log: a ring of records under a hash chain.
//!
//! Each record is 384 bytes and its hash `h = sha256(h_prev || record)`. The
//! header keeps the head (sequence, hash) and the base (sequence and hash just
//! before the oldest record kept), so the ring alone proves everything from
//! base to head.

use crate::prelude::*;
use homeostat_control::Sample;
use solana_program::hash::hashv;

use super::{
    controller::{Controller, Metric, Parameter, StoredGuardConfig, StoredGuardState, StoredState},
    feed::FeedReading,
    layout::{require_version, Layout},
    number::{Fixed, U128},
    snapshot::{Measurement, Outcome},
};
use crate::error::{refuse, HomeostatError};

/// Bytes of a record that are hashed.
pub const RECORD_BYTES: usize = 384;
/// Bytes of a hash.
pub const HASH_BYTES: usize = 32;
/// Bytes of a record with its hash.
pub const SLOT_BYTES: usize = RECORD_BYTES + HASH_BYTES;
/// `DecisionRecord.applied` when nothing capped the parameter.
pub const NOT_CAPPED: i64 = i64::MIN;

/// What a record is about.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum RecordKind {
    /// A controller's step: [`DecisionRecord`].
    Decision = 0,
    /// A controller's configuration: [`ConfigRecord`].
    Config = 1,
}

/// A controller's step, with everything needed to recompute it from its
/// configuration. What the guard found stands in `held` (a latch) and in `flags`
/// ([`homeostat_control::Flags::RESUMED`]); the guard's own state does not, it
/// follows from the records since the configuration.
#[zero_copy]
#[derive(Debug, PartialEq, Eq)]
pub struct DecisionRecord {
    /// Position in the chain, from 1.
    pub seq: u64,
    /// `Controller.config_seq` in force.
    pub config_seq: u32,
    /// Age of the sample behind y at `to` (seconds); 0 for the program's own
    /// measurements.
    pub sample_age: u32,
    /// [`RecordKind::Decision`].
    pub kind: u8,
    /// `Parameter` as a number.
    pub parameter: u8,
    /// `Metric` as a number.
    pub metric: u8,
    /// `HoldReason` as a number.
    pub held: u8,
    /// `Flags`.
    pub flags: u32,
    /// End of the window (unix seconds); its start is `before.last_at`.
    pub to: i64,
    /// Numerator behind y (two's complement).
    pub numerator: U128,
    /// Denominator behind y; 0 = no measurement. Of a feed the reports that counted,
    /// times 2^48.
    pub denominator: U128,
    /// The controller before the step.
    pub before: StoredState,
    /// Process variable as used (fraction).
    pub y: Fixed,
    /// Setpoint (fraction).
    pub r: Fixed,
    /// Normalised error.
    pub z: Fixed,
    /// P (ppm).
    pub p: Fixed,
    /// I (ppm).
    pub i: Fixed,
    /// D (ppm).
    pub d: Fixed,
    /// F (ppm).
    pub f: Fixed,
    /// Bias (ppm).
    pub u0: Fixed,
    /// Before slew and limits (ppm).
    pub raw: Fixed,
    /// After slew (ppm).
    pub slewed: Fixed,
    /// After limits (ppm).
    pub limited: Fixed,
    /// Output after the step (ppm).
    pub u: i64,
    /// Real value that a cap left (ppm), or [`NOT_CAPPED`].
    pub applied: i64,
}

const _: () = assert!(core::mem::size_of::<DecisionRecord>() == RECORD_BYTES);

impl DecisionRecord {
    /// The record of a step that started from `controller`.
    pub fn new(parameter: Parameter, controller: &Controller, outcome: &Outcome) -> Self {
        let decision = &outcome.step.decision;
        let (numerator, denominator) = outcome
            .measurement
            .map_or((0, 0), |m| (m.numerator as u128, m.denominator));
        Self {
            seq: 0,
            config_seq: u32::try_from(controller.config_seq).unwrap_or(u32::MAX),
            sample_age: outcome.sample.map_or(0, |sample| {
                u32::try_from(decision.to.abs_diff(sample.at)).unwrap_or(u32::MAX)
            }),
            kind: RecordKind::Decision as u8,
            parameter: parameter as u8,
            metric: controller.metric,
            held: decision.held as u8,
            flags: decision.flags.0,
            to: decision.to,
            numerator: U128::new(numerator),
            denominator: U128::new(denominator),
            before: controller.state,
            y: decision.y.into(),
            r: decision.r.into(),
            z: decision.z.into(),
            p: decision.p.into(),
            i: decision.i.into(),
            d: decision.d.into(),
            f: decision.f.into(),
            u0: decision.u0.into(),
            raw: decision.raw.into(),
            slewed: decision.slewed.into(),
            limited: decision.limited.into(),
            u: decision.u,
            applied: outcome.applied.unwrap_or(NOT_CAPPED),
        }
    }

    /// What the control law was shown, again: exactly the sample that the step took.
    pub fn sample(&self) -> Option<Sample> {
        let denominator = self.denominator.get();
        let measurement = Measurement {
            numerator: self.numerator.get() as i128,
            denominator,
        };
        let of_feed = self.metric >= Metric::Feed0 as u8;
        measurement.value().map(|value| Sample {
            value,
            at: self.to.saturating_sub(i64::from(self.sample_age)),
            samples: if of_feed {
                FeedReading::counted(denominator)
            } else {
                1
            },
        })
    }
}

/// A controller's configuration as of `config_seq`, by its digest; the event
/// that carries the record carries the configuration itself.
#[zero_copy]
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigRecord {
    /// Position in the chain, from 1.
    pub seq: u64,
    /// `Controller.config_seq` from now on.
    pub config_seq: u64,
    /// [`RecordKind::Config`].
    pub kind: u8,
    /// `Parameter` as a number.
    pub parameter: u8,
    /// `Metric` as a number.
    pub metric: u8,
    /// Unused.
    pub reserved: [u8; 5],
    /// When (unix seconds).
    pub at: i64,
    /// sha256 of the stored configuration's bytes.
    pub digest: [u8; 32],
    /// The controller after the change.
    pub state: StoredState,
    /// The guard's configuration itself.
    pub guard_config: StoredGuardConfig,
    /// What the guard remembers after the change: from here on it can be followed.
    pub guard: StoredGuardState,
    /// Unused.
    pub reserved_end: [u8; 96],
}

const _: () = assert!(core::mem::size_of::<ConfigRecord>() == RECORD_BYTES);

impl ConfigRecord {
    /// The record of a controller's configuration.
    pub fn new(parameter: Parameter, controller: &Controller, at: i64) -> Self {
        Self {
            seq: 0,
            config_seq: controller.config_seq,
            kind: RecordKind::Config as u8,
            parameter: parameter as u8,
            metric: controller.metric,
            reserved: [0; 5],
            at,
            digest: hashv(&[bytemuck::bytes_of(&controller.config)]).to_bytes(),
            state: controller.state,
            guard_config: controller.guard_config,
            guard: controller.guard,
            reserved_end: [0; 96],
        }
    }
}

/// A ring of records of one size under a hash chain: what a log's account begins with.
/// The slots follow it in the account.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ring {
    /// Slots in use by the ring.
    pub capacity: u32,
    /// Slots that fit the account; the ring takes new ones in when it wraps,
    /// because only then its slots are in order.
    pub allocated: u32,
    /// Slot that the next record goes to.
    pub next: u32,
    /// Records kept.
    pub len: u32,
    /// Sequence of the newest record; 0 = none.
    pub head_seq: u64,
    /// Its hash.
    pub head_hash: [u8; 32],
    /// Sequence just before the oldest record kept.
    pub base_seq: u64,
    /// Its hash.
    pub base_hash: [u8; 32],
}

impl Ring {
    /// Where the slots of a log begin in its account's data.
    pub const SLOTS_AT: usize = 8 + core::mem::size_of::<DecisionLog>();
    /// Where the ring itself begins.
    const AT: usize = Self::SLOTS_AT - core::mem::size_of::<Self>();

    /// An empty ring.
    pub fn new(slots: u32) -> Self {
        Self {
            capacity: slots,
            allocated: slots,
            ..Self::default()
        }
    }

    /// Appends a record, numbers and chains it. `slots` is the account's data
    /// from [`Ring::SLOTS_AT`] on; a record begins with its sequence.
    fn append(&mut self, slots: &mut [u8], record: &mut [u8]) -> Result<()> {
        if self.next == self.capacity {
            self.capacity = self.allocated;
            if self.next == self.capacity {
                self.next = 0;
            }
        }
        let seq = self
            .head_seq
            .checked_add(1)
            .ok_or(HomeostatError::MathOverflow)?;
        let (seq_bytes, _) = record
            .split_first_chunk_mut::<8>()
            .ok_or(HomeostatError::InvariantViolated)?;
        *seq_bytes = seq.to_le_bytes();

        let size = record.len().saturating_add(HASH_BYTES);
        let at = (self.next as usize)
            .checked_mul(size)
            .ok_or(HomeostatError::MathOverflow)?;
        let slot = slots
            .get_mut(at..)
            .and_then(|rest| rest.get_mut(..size))
            .ok_or(HomeostatError::InvariantViolated)?;
        let (body, hash) = slot.split_at_mut(record.len());
        if self.len == self.capacity {
            // The oldest record makes room: the base moves past it.
            self.base_hash.copy_from_slice(hash);
            self.base_seq = self.base_seq.saturating_add(1);
        } else {
            self.len = self.len.saturating_add(1);
        }
        let new = hashv(&[&self.head_hash, record]).to_bytes();
        body.copy_from_slice(record);
        hash.copy_from_slice(&new);
        self.head_hash = new;
        self.head_seq = seq;
        self.next = self.next.saturating_add(1);
        Ok(())
    }

    /// What holds after every append.
    fn invariant(&self) -> Result<()> {
        let counted = self.base_seq.checked_add(u64::from(self.len));
        ensure!(
            self.len <= self.capacity
                && self.next <= self.capacity
                && self.capacity <= self.allocated
                && counted == Some(self.head_seq),
            HomeostatError::InvariantViolated
        );
        Ok(())
    }

    /// Bytes of an account with `slots` slots of `slot` bytes.
    pub const fn space(slot: usize, slots: u32) -> usize {
        Self::SLOTS_AT.saturating_add(slot.saturating_mul(slots as usize))
    }

    /// What both kinds of log begin with, out of an account's data.
    pub fn header(data: &[u8]) -> Result<&DecisionLog> {
        data.get(8..Self::SLOTS_AT)
            .and_then(|header| bytemuck::try_from_bytes(header).ok())
            .ok_or_else(|| refuse(ErrorCode::AccountDidNotDeserialize))
    }

    /// The ring and the slots of a log account's data.
    #[inline(never)]
    pub fn split(data: &mut [u8]) -> Result<(&mut Self, &mut [u8])> {
        require_version(data, DecisionLog::VERSION)?;
        data.split_at_mut_checked(Self::SLOTS_AT)
            .and_then(|(header, slots)| {
                let ring = bytemuck::try_from_bytes_mut(header.get_mut(Self::AT..)?).ok()?;
                Some((ring, slots))
            })
            .ok_or_else(|| refuse(ErrorCode::AccountDidNotDeserialize))
    }

    /// Appends records to a log account's data.
    pub fn append_to<R: bytemuck::Pod>(data: &mut [u8], records: &mut [R]) -> Result<()> {
        let (ring, slots) = Self::split(data)?;
        for record in records.iter_mut() {
            ring.append(slots, bytemuck::bytes_of_mut(record))?;
        }
        ring.invariant()
    }
}

/// The log of decisions and configurations.
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct DecisionLog {
    /// Layout version.
    pub version: u8,
    /// Canonical bump.
    pub bump: u8,
    /// Unused.
    pub reserved: [u8; 6],
    /// Economy.
    pub economy: Pubkey,
    /// The ring of [`DecisionRecord`]s and [`ConfigRecord`]s.
    pub ring: Ring,
}

const _: () = assert!(core::mem::size_of::<DecisionLog>() == 136);

impl core::ops::Deref for DecisionLog {
    type Target = Ring;

    fn deref(&self) -> &Ring {
        &self.ring
    }
}

impl DecisionLog {
    /// Where the slots begin in the account's data.
    pub const SLOTS_AT: usize = Ring::SLOTS_AT;

    /// Bytes of an account with `slots` slots.
    pub const fn space(slots: u32) -> usize {
        Ring::space(SLOT_BYTES, slots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::layout::VERSION_AT;

    fn empty(allocated: u32) -> Vec<u64> {
        let mut words = vec![0u64; DecisionLog::space(allocated) / 8];
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut words);
        bytes[VERSION_AT] = DecisionLog::VERSION;
        *ring(bytes) = Ring::new(allocated);
        words
    }

    fn ring(bytes: &mut [u8]) -> &mut Ring {
        bytemuck::from_bytes_mut(&mut bytes[Ring::AT..Ring::SLOTS_AT])
    }

    fn header(words: &[u64]) -> Ring {
        *bytemuck::from_bytes(&bytemuck::cast_slice::<u64, u8>(words)[Ring::AT..Ring::SLOTS_AT])
    }

    fn append(words: &mut [u64], tag: u8) {
        Ring::append_to(bytemuck::cast_slice_mut(words), &mut [[tag; RECORD_BYTES]]).unwrap();
    }

    /// Walks the ring from base to head and checks every hash.
    fn verify(words: &[u64]) {
        let log = header(words);
        let slots = &bytemuck::cast_slice::<u64, u8>(words)[Ring::SLOTS_AT..];
        let mut hash = log.base_hash;
        for n in 0..log.len {
            let index = (log.next + log.capacity - log.len + n) % log.capacity;
            let slot = &slots[index as usize * SLOT_BYTES..][..SLOT_BYTES];
            let (body, stored) = slot.split_at(RECORD_BYTES);
            assert_eq!(body[..8], (log.base_seq + u64::from(n) + 1).to_le_bytes());
            hash = hashv(&[&hash, body]).to_bytes();
            assert_eq!(hash, stored);
        }
        assert_eq!(hash, log.head_hash);
    }

    #[test]
    fn the_ring_keeps_the_newest_records_and_its_base() {
        let mut words = empty(3);
        for tag in 0..8 {
            append(&mut words, tag);
            verify(&words);
        }
        let log = header(&words);
        assert_eq!((log.len, log.base_seq, log.head_seq), (3, 5, 8));
    }

    #[test]
    fn new_slots_are_taken_in_when_the_ring_wraps() {
        for before in 0..7 {
            let mut words = empty(3);
            for tag in 0..before {
                append(&mut words, tag);
            }
            words.resize(DecisionLog::space(5) / 8, 0);
            let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut words);
            ring(bytes).allocated = 5;
            for tag in 0..12 {
                append(&mut words, tag);
                verify(&words);
            }
            assert_eq!(header(&words).len, 5);
        }
    }
}
