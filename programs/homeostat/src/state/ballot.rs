//! A staker's ballot against a proposal.

use crate::prelude::*;

/// One ballot. It stays until the proposal is final, so that nobody votes twice.
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct Ballot {
    /// Layout version.
    pub version: u8,
    /// Canonical bump.
    pub bump: u8,
    /// Unused.
    pub reserved: [u8; 6],
    /// Proposal.
    pub proposal: Pubkey,
    /// Who voted.
    pub owner: Pubkey,
    /// Who paid the rent.
    pub payer: Pubkey,
    /// Stake that counted (base units).
    pub weight: u64,
}

const _: () = assert!(core::mem::size_of::<Ballot>() == 112);

impl Ballot {
    /// Bytes of the account.
    pub const SPACE: usize = 8 + core::mem::size_of::<Self>();
}
