//! Opens an owner's position in a pool.

use anchor_lang::prelude::*;

use crate::{
    events::{publish, PositionOpened},
    seeds,
    state::{Economy, Pool, Position},
};

/// Accounts of `open_position`.
#[event_cpi]
#[derive(Accounts)]
pub struct OpenPosition<'info> {
    /// Pays the rent and gets it back when the position closes; anyone.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The owner of the position, who alone stakes, unstakes and claims with it.
    pub owner: Signer<'info>,
    /// The economy; it must be live: a Draft can be closed, and with it the way back to the
    /// position's rent.
    pub economy: AccountLoader<'info, Economy>,
    /// The pool that the position is in; it must not be retired.
    #[account(mut, has_one = economy)]
    pub pool: AccountLoader<'info, Pool>,
    /// The owner's position in the pool; it is created.
    #[account(
        init,
        payer = payer,
        space = Position::SPACE,
        seeds = [seeds::POSITION, pool.key().as_ref(), owner.key().as_ref()],
        bump,
    )]
    pub position: AccountLoader<'info, Position>,
    /// The system program, which creates the account.
    pub system_program: Program<'info, System>,
}

impl OpenPosition<'_> {
    fn validate(&self) -> Result<()> {
        let economy = self.economy.load()?;
        economy.require_live()?;
        economy.require_pool_open(self.pool.load()?.lane)
    }
}

/// The owner calls it, with any payer of the rent: the owner signs, so that nobody opens
/// positions in the name of others. Publishes the new position.
pub fn open_position(ctx: Context<OpenPosition>) -> Result<()> {
    let accounts = &ctx.accounts;
    accounts.validate()?;
    {
        let mut pool = accounts.pool.load_mut()?;
        pool.open_position()?;
        let mut position = accounts.position.load_init()?;
        position.bump = ctx.bumps.position;
        position.pool = accounts.pool.key();
        position.owner = accounts.owner.key();
        position.payer = accounts.payer.key();
        // What the pool has earned up to now belongs to the positions that were there before.
        position.paid_q64 = pool.reward_per_share_q64;
    }
    publish(
        &ctx.accounts.event_authority,
        &PositionOpened {
            pool: accounts.pool.key(),
            position: accounts.position.key(),
            owner: accounts.owner.key(),
        },
    )
}
