//! Closes an empty position; the rent goes to whoever paid it.

use crate::framework::prelude::*;

use super::{check_position, settle};
use crate::{
    events::{emit, PositionClosed},
    instructions::shared::*,
    state::{Economy, Pool, Position},
};

/// Accounts of `close_position`.
#[event_cpi]
#[derive(Accounts)]
pub struct ClosePosition<'info> {
    /// Of the position.
    pub owner: Signer<'info>,
    /// Paid the position's rent; gets it back.
    /// CHECK: by `position.payer`.
    #[account(mut)]
    pub payer: UncheckedAccount<'info>,
    /// Any stage of life.
    pub economy: AccountLoader<'info, Economy>,
    /// Of the position.
    #[account(mut)]
    pub pool: AccountLoader<'info, Pool>,
    /// Empty.
    #[account(mut, close = payer)]
    pub position: AccountLoader<'info, Position>,
}

impl ClosePosition<'_> {
    fn check(&self) -> Result<()> {
        check_position(
            self.economy.as_ref(),
            &self.pool,
            &self.position,
            &self.owner,
        )?;
        has_one(&self.position.open()?.payer, &self.payer)
    }

    fn validate(&self, now: i64) -> Result<()> {
        let economy = self.economy.open()?;
        let mut pool = self.pool.open_mut()?;
        let mut position = self.position.open_mut()?;
        settle(&economy, &mut pool, &mut position, now)?;
        position.require_empty()
    }
}

/// Handles `close_position`.
pub fn close_position(ctx: Context<ClosePosition>) -> Result<()> {
    ctx.accounts.check()?;
    ctx.accounts.validate(now()?)?;
    emit(
        &ctx.accounts.event_authority,
        &PositionClosed {
            pool: ctx.accounts.pool.key(),
            position: ctx.accounts.position.key(),
            owner: ctx.accounts.owner.key(),
        },
    )
}
