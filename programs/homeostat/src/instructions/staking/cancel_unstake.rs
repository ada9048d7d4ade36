//! Stakes an unbonding ticket again. It counts as newly added stake, so nobody votes on an
//! open proposal with stake that was unbonding when it was made.

use anchor_lang::prelude::*;

use super::settle;
use crate::{
    events::{publish, UnstakeCancelled},
    seeds,
    state::{pause::Section, Economy, Pool, Position},
};

/// Accounts of `cancel_unstake`.
#[event_cpi]
#[derive(Accounts)]
pub struct CancelUnstake<'info> {
    /// The owner of the position.
    pub owner: Signer<'info>,
    /// The economy; it must be live and its staking not paused.
    pub economy: AccountLoader<'info, Economy>,
    /// The pool that the position is in.
    #[account(mut, has_one = economy)]
    pub pool: AccountLoader<'info, Pool>,
    /// The owner's position, which holds the ticket.
    #[account(
        mut,
        seeds = [seeds::POSITION, pool.key().as_ref(), owner.key().as_ref()],
        bump = position.load()?.bump,
        has_one = owner,
    )]
    pub position: AccountLoader<'info, Position>,
}

impl CancelUnstake<'_> {
    fn validate(&self, now: i64) -> Result<()> {
        let economy = self.economy.load()?;
        economy.require_live()?;
        economy.require_pool_open(self.pool.load()?.lane)?;
        economy.require_open(Section::Stake, now)
    }

    fn apply(&self, ticket: u8, now: i64) -> Result<UnstakeCancelled> {
        let economy = self.economy.load()?;
        let mut pool = self.pool.load_mut()?;
        let mut position = self.position.load_mut()?;
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

/// The position's owner calls it.
///
/// 1. Refuses an economy that is not live, and one whose staking is paused.
/// 2. Settles, and moves the ticket back to the stake.
/// 3. Publishes the position's stake before and after.
pub fn cancel_unstake(ctx: Context<CancelUnstake>, ticket: u8) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    ctx.accounts.validate(now)?;
    let event = ctx.accounts.apply(ticket, now)?;
    publish(&ctx.accounts.event_authority, &event)
}
