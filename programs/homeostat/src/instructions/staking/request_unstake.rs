//! Begins to unbond: the stake stops earning now and can be withdrawn after the
//! unbonding time. Never gated.

use crate::framework::prelude::*;

use super::{check_position, settle};
use crate::{
    events::{emit_outcome, UnstakeRequested},
    instructions::{loader::Open, shared::now},
    state::{Economy, Pool, Position},
};

/// Accounts of `request_unstake`.
#[event_cpi]
#[derive(Accounts)]
pub struct RequestUnstake<'info> {
    /// Of the position.
    pub owner: Signer<'info>,
    /// Any stage of life.
    pub economy: AccountLoader<'info, Economy>,
    /// Unstaked from.
    #[account(mut)]
    pub pool: AccountLoader<'info, Pool>,
    /// The owner's.
    #[account(mut)]
    pub position: AccountLoader<'info, Position>,
}

impl RequestUnstake<'_> {
    fn check(&self) -> Result<()> {
        check_position(
            self.economy.as_ref(),
            &self.pool,
            &self.position,
            &self.owner,
        )
    }

    #[inline(never)]
    fn apply(&self, amount: u64, now: i64) -> Result<UnstakeRequested> {
        let economy = self.economy.open()?;
        let mut pool = self.pool.open_mut()?;
        let mut position = self.position.open_mut()?;
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

/// Handles `request_unstake`.
pub fn request_unstake(ctx: Context<RequestUnstake>, amount: u64) -> Result<()> {
    ctx.accounts.check()?;
    emit_outcome(
        &ctx.accounts.event_authority,
        &ctx.accounts.apply(amount, now()?),
    )
}
