//! Opens an owner's position in a pool.

use crate::framework::prelude::*;

use crate::{
    events::{emit, PositionOpened},
    instructions::shared::*,
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
    /// CHECK: by its seeds.
    #[account(mut)]
    pub position: UncheckedAccount<'info>,
    /// Creates the account.
    pub system_program: Program<'info, System>,
}

impl OpenPosition<'_> {
    fn apply(&self) -> Result<()> {
        let (pool, owner) = (self.pool.key(), self.owner.key());
        let creator = Creator { payer: &self.payer };
        let (mut position, bump) = creator.state::<Position>(
            "position",
            &self.position,
            Position::SPACE,
            &[seeds::POSITION, pool.as_ref(), owner.as_ref()],
        )?;
        position.bump = bump;
        position.pool = pool;
        position.owner = owner;
        position.payer = self.payer.key();
        // What was earned before belongs to others.
        position.paid_q64 = self.pool.open()?.reward_per_share_q64;
        Ok(())
    }
}

/// Handles `open_position`.
pub fn open_position(ctx: Context<OpenPosition>) -> Result<()> {
    ctx.accounts.apply()?;
    emit(
        &ctx.accounts.event_authority,
        &PositionOpened {
            pool: ctx.accounts.pool.key(),
            position: ctx.accounts.position.key(),
            owner: ctx.accounts.owner.key(),
        },
    )
}
