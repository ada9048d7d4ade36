//! Puts an unbonding ticket back to work. Counts as newly added stake.

use crate::framework::prelude::*;

use super::{check_position, settle};
use crate::{
    events::{emit_outcome, UnstakeCancelled},
    instructions::{loader::Open, shared::now},
    state::{pause::Section, Economy, Pool, Position},
};

/// Accounts of `cancel_unstake`.
#[event_cpi]
#[derive(Accounts)]
pub struct CancelUnstake<'info> {
    /// Of the position.
    pub owner: Signer<'info>,
    /// Live.
    pub economy: AccountLoader<'info, Economy>,
    /// Staked in again.
    #[account(mut)]
    pub pool: AccountLoader<'info, Pool>,
    /// The owner's.
    #[account(mut)]
    pub position: AccountLoader<'info, Position>,
}

impl CancelUnstake<'_> {
    fn check(&self) -> Result<()> {
        check_position(
            self.economy.as_ref(),
            &self.pool,
            &self.position,
            &self.owner,
        )
    }

    fn validate(&self, now: i64) -> Result<()> {
        let economy = self.economy.open()?;
        economy.require_live()?;
        economy.require_open(Section::Stake, now)
    }

    #[inline(never)]
    fn apply(&self, ticket: u8, now: i64) -> Result<UnstakeCancelled> {
        let economy = self.economy.open()?;
        let mut pool = self.pool.open_mut()?;
        let mut position = self.position.open_mut()?;
        settle(&economy, &mut pool, &mut position, now)?;
        let old_amount = position.amount;
        let amount = position.rebond(ticket, now)?;
        pool.cancel_unbonding(amount)?;
        Ok(UnstakeCancelled {
            pool: self.pool.key(),
            owner: self.owner.key(),
            amount,
            old_amount,
            new_amount: position.amount,
            total: pool.total,
        })
    }
}

/// Handles `cancel_unstake`.
pub fn cancel_unstake(ctx: Context<CancelUnstake>, ticket: u8) -> Result<()> {
    let now = now()?;
    ctx.accounts.check()?;
    ctx.accounts.validate(now)?;
    emit_outcome(
        &ctx.accounts.event_authority,
        &ctx.accounts.apply(ticket, now),
    )
}
