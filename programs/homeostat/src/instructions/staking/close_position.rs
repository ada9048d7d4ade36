//! Closes an empty position; the rent goes to its payer.

use anchor_lang::prelude::*;

use super::settle;
use crate::{
    events::{publish, PositionClosed},
    seeds,
    state::{exits, EconomyHead, Pool, Position},
};

/// Accounts of `close_position`.
#[event_cpi]
#[derive(Accounts)]
pub struct ClosePosition<'info> {
    /// The owner of the position.
    pub owner: Signer<'info>,
    /// The payer of the position's rent, who gets it back.
    /// CHECK: bound by `position.payer`; it only receives lamports.
    #[account(mut)]
    pub payer: UncheckedAccount<'info>,
    /// The economy, at any stage of life and in any layout version.
    pub economy: AccountLoader<'info, EconomyHead>,
    /// The pool that the position is in.
    #[account(mut, has_one = economy)]
    pub pool: AccountLoader<'info, Pool>,
    /// The owner's position; it must be empty, and is closed.
    #[account(
        mut,
        close = payer,
        seeds = [seeds::POSITION, pool.key().as_ref(), owner.key().as_ref()],
        bump = position.load()?.bump,
        has_one = owner,
        has_one = payer,
    )]
    pub position: AccountLoader<'info, Position>,
}

/// The position's owner calls it. Settles, refuses a position with stake, tickets or
/// rewards, and publishes the close. The position is closed by its attribute.
pub fn close_position(ctx: Context<ClosePosition>) -> Result<()> {
    let accounts = &ctx.accounts;
    {
        let mut pool = accounts.pool.load_mut()?;
        let mut position = accounts.position.load_mut()?;
        settle(
            &*exits::economy(accounts.economy.as_ref())?,
            &mut pool,
            &mut position,
            Clock::get()?.unix_timestamp,
        )?;
        position.require_empty()?;
        pool.close_position();
    }
    publish(
        &ctx.accounts.event_authority,
        &PositionClosed {
            pool: accounts.pool.key(),
            position: accounts.position.key(),
            owner: accounts.owner.key(),
        },
    )
}
