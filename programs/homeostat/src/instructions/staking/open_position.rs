//! Opens an owner's position in a pool.

use anchor_lang::prelude::*;

use crate::{
    constants::LAYOUT_VERSION,
    events::PositionOpened,
    seeds,
    state::{Pool, Position},
};

/// Accounts of `open_position`.
#[event_cpi]
#[derive(Accounts)]
pub struct OpenPosition<'info> {
    /// Pays the rent and gets it back when the position closes.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// Of the position.
    pub owner: Signer<'info>,
    /// Any pool.
    pub pool: AccountLoader<'info, Pool>,
    /// Created.
    #[account(
        init,
        payer = payer,
        space = Position::SPACE,
        seeds = [seeds::POSITION, pool.key().as_ref(), owner.key().as_ref()],
        bump
    )]
    pub position: AccountLoader<'info, Position>,
    /// Creates the account.
    pub system_program: Program<'info, System>,
}

/// Handles `open_position`.
pub fn open_position(ctx: Context<OpenPosition>) -> Result<()> {
    {
        let pool = ctx.accounts.pool.load()?;
        let mut position = ctx.accounts.position.load_init()?;
        position.version = LAYOUT_VERSION;
        position.bump = ctx.bumps.position;
        position.pool = ctx.accounts.pool.key();
        position.owner = ctx.accounts.owner.key();
        position.payer = ctx.accounts.payer.key();
        // What was earned before belongs to others.
        position.paid_q64 = pool.reward_per_share_q64;
    }
    emit_cpi!(PositionOpened {
        pool: ctx.accounts.pool.key(),
        position: ctx.accounts.position.key(),
        owner: ctx.accounts.owner.key(),
    });
    Ok(())
}
