//! The decision log: a ring of records under a hash chain.
//!
//! Each record is 384 bytes and its hash `h = sha256(h_prev || record)`. The
//! header keeps the head (sequence, hash) and the base (sequence and hash just
//! before the oldest record kept), so the ring alone proves everything from
//! base to head.

mod record;
mod ring;

pub use record::*;
pub use ring::*;

use anchor_lang::prelude::*;

/// Bytes of a record that are hashed.
pub const RECORD_BYTES: usize = 384;
/// Bytes of a hash.
pub const HASH_BYTES: usize = 32;
/// Bytes of a record with its hash.
pub const SLOT_BYTES: usize = RECORD_BYTES + HASH_BYTES;

/// The log of decisions and configurations.
#[account(zero_copy, discriminator = b"declog.\x01")]
#[derive(Debug, PartialEq, Eq)]
pub struct DecisionLog {
    /// Canonical bump.
    pub bump: u8,
    /// Unused.
    pub reserved: [u8; 7],
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
