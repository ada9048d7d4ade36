//! A ring of records under a hash chain, which both logs have.

use anchor_lang::{prelude::*, Owner, ZeroCopy};
use solana_program::hash::hashv;

use super::{DecisionLog, HASH_BYTES, SLOT_BYTES};
use crate::{
    error::HomeostatError,
    state::{
        layout::{space, DISCRIMINATOR_LEN},
        number::add,
    },
};

/// Appends records to a ring of a log, numbers them and chains them. Anchor has checked owner,
/// type and layout version when it took the account in, and `mut` at its field that it is
/// writable.
pub fn append<L: ZeroCopy + Owner, R: bytemuck::Pod>(
    log: &AccountLoader<'_, L>,
    place: &Place,
    records: &mut [R],
) -> Result<()> {
    Ring::append_to(&mut log.as_ref().try_borrow_mut_data()?, place, records)
}

/// Where a ring and its slots are in the data of a log's account (bytes).
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Where the ring begins.
    pub ring: usize,
    /// Where its first slot begins.
    pub slots: usize,
    /// From the begin of a slot to that of the next one.
    pub stride: usize,
}

impl Place {
    /// The only ring of a decision log.
    pub const DECISIONS: Self = Self {
        ring: Ring::FIRST,
        slots: space::<DecisionLog>(),
        stride: SLOT_BYTES,
    };
}

/// A ring of records of one size under a hash chain. It stands in the header of a log's account;
/// the slots follow the header.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ring {
    /// The number of slots that the ring uses.
    pub capacity: u32,
    /// The number of slots that fit the account. The ring begins to use new ones when it
    /// would wrap: only then are its slots in order.
    pub allocated: u32,
    /// The index of the slot that the next record goes to.
    pub next: u32,
    /// The number of records kept.
    pub len: u32,
    /// The number of the newest record; 0 = none.
    pub head_seq: u64,
    /// The hash of the newest record.
    pub head_hash: [u8; 32],
    /// The number of the record just before the oldest one kept.
    pub base_seq: u64,
    /// The hash of the record just before the oldest one kept.
    pub base_hash: [u8; 32],
}

impl Ring {
    /// Where the first ring of a log begins in its account's data.
    pub const FIRST: usize = space::<DecisionLog>() - core::mem::size_of::<Self>();

    /// An empty ring of `slots` slots.
    pub fn new(slots: u32) -> Self {
        Self {
            capacity: slots,
            allocated: slots,
            ..Self::default()
        }
    }

    /// Appends a record, numbers it and chains it. `slots` is the account's data from the first
    /// slot on, of which one begins every `stride` bytes. A record begins with its number, which
    /// is overwritten. Indices and lengths stay below the number of slots, so no sum of them
    /// saturates.
    fn append(&mut self, slots: &mut [u8], stride: usize, record: &mut [u8]) -> Result<()> {
        if self.next == self.capacity {
            self.capacity = self.allocated;
            if self.next == self.capacity {
                self.next = 0;
            }
        }
        let seq = add(self.head_seq, 1)?;
        let (seq_bytes, _) = record
            .split_first_chunk_mut::<8>()
            .ok_or(HomeostatError::InvariantViolated)?;
        *seq_bytes = seq.to_le_bytes();

        let size = record.len().saturating_add(HASH_BYTES);
        // The cast widens: addresses have 64 bits on chain.
        let at = (self.next as usize)
            .checked_mul(stride)
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

    /// What holds after every append: the ring fits its slots, and the numbers from base to
    /// head are as many as the records kept.
    fn invariant(&self) -> Result<()> {
        let counted = self.base_seq.checked_add(u64::from(self.len));
        require!(
            self.len <= self.capacity
                && self.next <= self.capacity
                && self.capacity <= self.allocated
                && counted == Some(self.head_seq),
            HomeostatError::InvariantViolated
        );
        Ok(())
    }

    /// The bytes of an account with a header of `header` bytes and `slots` slots of `stride`
    /// bytes each. The cast widens, and at most [`crate::constants::LOG_MAX_CAPACITY`] slots do
    /// not saturate the product.
    pub const fn space(header: usize, stride: usize, slots: u32) -> usize {
        header.saturating_add(stride.saturating_mul(slots as usize))
    }

    /// The header that both kinds of log begin with, read from an account's data.
    pub fn header(data: &[u8]) -> Result<&DecisionLog> {
        data.get(DISCRIMINATOR_LEN..space::<DecisionLog>())
            .and_then(|header| bytemuck::try_from_bytes(header).ok())
            .ok_or_else(|| error!(ErrorCode::AccountDidNotDeserialize))
    }

    /// A ring and its slots in a log account's data.
    #[inline(never)]
    pub fn split<'a>(data: &'a mut [u8], place: &Place) -> Result<(&'a mut Self, &'a mut [u8])> {
        data.split_at_mut_checked(place.slots)
            .and_then(|(header, slots)| {
                let end = place.ring.checked_add(core::mem::size_of::<Self>())?;
                let ring = header.get_mut(place.ring..end)?;
                Some((bytemuck::try_from_bytes_mut(ring).ok()?, slots))
            })
            .ok_or_else(|| error!(ErrorCode::AccountDidNotDeserialize))
    }

    /// Appends records to a log account's data. The caller has checked whose data it is:
    /// Anchor the account of [`append`], and one that this instruction created is the program's
    /// own.
    pub fn append_to<R: bytemuck::Pod>(
        data: &mut [u8],
        place: &Place,
        records: &mut [R],
    ) -> Result<()> {
        let (ring, slots) = Self::split(data, place)?;
        for record in records.iter_mut() {
            ring.append(slots, place.stride, bytemuck::bytes_of_mut(record))?;
        }
        ring.invariant()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::log::RECORD_BYTES;

    const HEADER: core::ops::Range<usize> = Ring::FIRST..DecisionLog::SLOTS_AT;

    fn empty(allocated: u32) -> Vec<u64> {
        let mut words = vec![0u64; DecisionLog::space(allocated) / 8];
        let bytes: &mut [u8] = bytemuck::cast_slice_mut(&mut words);
        *ring(bytes) = Ring::new(allocated);
        words
    }

    fn ring(bytes: &mut [u8]) -> &mut Ring {
        bytemuck::from_bytes_mut(&mut bytes[HEADER])
    }

    fn header(words: &[u64]) -> Ring {
        *bytemuck::from_bytes(&bytemuck::cast_slice::<u64, u8>(words)[HEADER])
    }

    fn append(words: &mut [u64], tag: u8) {
        let data = bytemuck::cast_slice_mut(words);
        Ring::append_to(data, &Place::DECISIONS, &mut [[tag; RECORD_BYTES]]).unwrap();
    }

    /// Walks the ring from base to head and checks every hash.
    fn verify(words: &[u64]) {
        let log = header(words);
        let slots = &bytemuck::cast_slice::<u64, u8>(words)[DecisionLog::SLOTS_AT..];
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
