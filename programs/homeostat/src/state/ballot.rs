//! A staker's ballot against a proposal.

use anchor_lang::prelude::*;

use super::layout::space;

/// One owner's ballot. It stays until the proposal is final, so that nobody votes twice.
#[account(zero_copy, discriminator = b"ballot.\x01")]
#[derive(Debug, PartialEq, Eq)]
pub struct Ballot {
    /// The canonical bump of the address.
    pub bump: u8,
    /// Reserved; zero.
    pub reserved: [u8; 7],
    /// The proposal that was voted against.
    pub proposal: Pubkey,
    /// The owner of the stake, who voted.
    pub owner: Pubkey,
    /// The payer of the rent, who gets it back.
    pub payer: Pubkey,
    /// The stake that counted (base units).
    pub weight: u64,
    /// The index of the proposal, which tells it from others at the same address.
    pub index: u64,
}

const _: () = assert!(core::mem::size_of::<Ballot>() == 120);

impl Ballot {
    /// Bytes of the account.
    pub const SPACE: usize = space::<Self>();
}
