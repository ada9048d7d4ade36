//! The decision log: a ring of records under a hash chain.
//!
//! A slot holds a record of 472 bytes and its hash `h = sha256(h_prev || record)`. The header
//! has the head (number and hash of the newest record) and the base (number and hash of the
//! record just before the oldest one kept), so the ring alone proves everything from base to
//! head: nobody can change, drop or insert a record unnoticed.

mod record;
mod ring;

pub use record::*;
pub use ring::*;

use anchor_lang::prelude::*;

use super::layout::space;

/// The bytes of a record that are hashed.
pub const RECORD_BYTES: usize = 472;
/// The bytes of a hash.
pub const HASH_BYTES: usize = 32;
/// The bytes of a record together with its hash.
pub const SLOT_BYTES: usize = RECORD_BYTES + HASH_BYTES;

/// The log of decisions and configurations.
#[account(zero_copy, discriminator = b"declog.\x01")]
#[derive(Debug, PartialEq, Eq)]
pub struct DecisionLog {
    /// The canonical bump of the log's address.
    pub bump: u8,
    /// Reserved; zero.
    pub reserved: [u8; 7],
    /// The economy that the log belongs to.
    pub economy: Pubkey,
    /// The ring of [`DecisionRecord`]s and [`ConfigRecord`]s, whose slots follow it.
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
    pub const SLOTS_AT: usize = space::<Self>();

    /// The bytes of an account with `slots` slots.
    pub const fn space(slots: u32) -> usize {
        Ring::space(Self::SLOTS_AT, SLOT_BYTES, slots)
    }
}
