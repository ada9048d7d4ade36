//! Begins to unbond: the stake stops earning now and can be withdrawn after the
//! unbonding time. No pause, latch or trip stops it.

use anchor_lang::prelude::*;

use super::settle;
use crate::{
    events::{publish, UnstakeRequested},
    seeds,
    state::{exits, EconomyHead, Pool, Position},
};

/// Accounts of `request_unstake`.
#[event_cpi]
#[derive(Accounts)]
pub struct RequestUnstake<'info> {
    /// The owner of the position.
    pub owner: Signer<'info>,
    /// The economy, at any stage of life and in any layout version.
    pub economy: AccountLoader<'info, EconomyHead>,
    /// The pool that the position is in.
    #[account(mut, has_one = economy)]
    pub pool: AccountLoader<'info, Pool>,
    /// The owner's position in the pool.
    #[account(
        mut,
        seeds = [seeds::POSITION, pool.key().as_ref(), owner.key().as_ref()],
        bump = position.load()?.bump,
        has_one = owner,
    )]
    pub position: AccountLoader<'info, Position>,
}

impl RequestUnstake<'_> {
    fn apply(&self, amount: u64, now: i64) -> Result<UnstakeRequested> {
        let economy = exits::economy(self.economy.as_ref())?;
        let mut pool = self.pool.load_mut()?;
        let mut position = self.position.load_mut()?;
        settle(&economy, &mut pool, &mut position, now)?;
        let old_amount = position.amount;
        let unlock_at = now.saturating_add(i64::from(economy.limits.unbonding));
        let unlock_at = position.unbond(amount, now, unlock_at)?;
        pool.begin_unbonding(amount)?;
        Ok(UnstakeRequested {
            pool: self.pool.key(),
            owner: self.owner.key(),
            amount,
            old_amount,
            new_amount: position.amount,
            unlock_at,
            total: pool.total,
        })
    }
}

/// The position's owner calls it.
///
/// 1. Settles, and moves `amount` (base units) from the stake into a ticket.
/// 2. Publishes when the ticket unlocks.
pub fn request_unstake(ctx: Context<RequestUnstake>, amount: u64) -> Result<()> {
    let event = ctx.accounts.apply(amount, Clock::get()?.unix_timestamp)?;
    publish(&ctx.accounts.event_authority, &event)
}
