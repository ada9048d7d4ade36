//! What happens to positions: stake, unbonding, rewards.

use anchor_lang::prelude::*;

/// A position was opened.
#[event]
pub struct PositionOpened {
    /// The pool that the position is in.
    pub pool: Pubkey,
    /// The position that was opened.
    pub position: Pubkey,
    /// The owner of the position.
    pub owner: Pubkey,
}

/// Stake was added to a position.
#[event]
pub struct Staked {
    /// The pool that was staked in.
    pub pool: Pubkey,
    /// The owner of the position.
    pub owner: Pubkey,
    /// What the pool's vault received (base units).
    pub amount: u64,
    /// The position's stake before (base units).
    pub old_amount: u64,
    /// The position's stake after (base units).
    pub new_amount: u64,
    /// The pool's whole stake after (base units).
    pub total: u64,
}

/// Stake began to unbond.
#[event]
pub struct UnstakeRequested {
    /// The pool that the position is in.
    pub pool: Pubkey,
    /// The owner of the position.
    pub owner: Pubkey,
    /// The stake that began to unbond (base units).
    pub amount: u64,
    /// The position's stake before (base units).
    pub old_amount: u64,
    /// The position's stake after (base units).
    pub new_amount: u64,
    /// When the ticket can be withdrawn (unix seconds).
    pub unlock_at: i64,
    /// The pool's whole stake after (base units).
    pub total: u64,
}

/// An unbonding ticket went back to stake.
#[event]
pub struct UnstakeCancelled {
    /// The pool that the position is in.
    pub pool: Pubkey,
    /// The owner of the position.
    pub owner: Pubkey,
    /// The ticket's amount, which is staked again (base units).
    pub amount: u64,
    /// The position's stake before (base units).
    pub old_amount: u64,
    /// The position's stake after (base units).
    pub new_amount: u64,
    /// The pool's whole stake after (base units).
    pub total: u64,
}

/// Unlocked tickets were withdrawn.
#[event]
pub struct Withdrawn {
    /// The pool that the position is in.
    pub pool: Pubkey,
    /// The owner of the position.
    pub owner: Pubkey,
    /// The sum of the tickets that were paid (base units).
    pub amount: u64,
    /// What was unbonding in the pool before (base units).
    pub old_unbonding: u64,
    /// What is unbonding in the pool after (base units).
    pub new_unbonding: u64,
}

/// Rewards were paid to an owner.
#[event]
pub struct Claimed {
    /// The pool that the rewards were earned in.
    pub pool: Pubkey,
    /// The owner of the position.
    pub owner: Pubkey,
    /// The rewards that were paid (base units).
    pub amount: u64,
    /// All rewards that the pool had paid before (base units).
    pub old_claimed: u64,
    /// All rewards that the pool has paid after (base units).
    pub new_claimed: u64,
}

/// A position was closed.
#[event]
pub struct PositionClosed {
    /// The pool that the position was in.
    pub pool: Pubkey,
    /// The position that was closed.
    pub position: Pubkey,
    /// The owner of the position.
    pub owner: Pubkey,
}
