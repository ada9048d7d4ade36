//! Touches a liquidity pool: measures its depth once. A period's depth is the median of its
//! touches, so keepers touch every pool several times in a period.

use anchor_lang::prelude::*;

use crate::{
    error::HomeostatError,
    events::{publish, PoolTouched},
    instructions::tokens::{balance_or_zero, supply_or_zero},
    state::{Economy, Pool},
};

/// Accounts of `touch_pool`.
#[event_cpi]
#[derive(Accounts)]
pub struct TouchPool<'info> {
    /// The economy; it must be live.
    pub economy: AccountLoader<'info, Economy>,
    /// The liquidity pool that is touched.
    #[account(
        mut,
        has_one = economy,
        has_one = stake_mint,
        has_one = amm_vault @ HomeostatError::WrongAmmVault,
        constraint = !pool.load()?.is_native() @ HomeostatError::WrongAmmVault,
    )]
    pub pool: AccountLoader<'info, Pool>,
    /// The mint of the pool's LP tokens, whose supply is read.
    /// CHECK: bound by `pool.stake_mint`. What is no mint any more has no supply.
    pub stake_mint: UncheckedAccount<'info>,
    /// The AMM's token account of the economy's mint, whose balance is read.
    /// CHECK: bound by `pool.amm_vault`. What is no token account any more has no balance.
    pub amm_vault: UncheckedAccount<'info>,
}

impl TouchPool<'_> {
    fn apply(&self, now: i64) -> Result<PoolTouched> {
        let economy = self.economy.load()?;
        economy.require_live()?;
        let mut pool = self.pool.load_mut()?;
        let held = balance_or_zero(&self.amm_vault, &economy.mint);
        let supply = supply_or_zero(&self.stake_mint);
        let depth = pool
            .touch(&economy, now, held, supply)
            .ok_or(HomeostatError::TouchedLately)?;
        Ok(PoolTouched {
            pool: self.pool.key(),
            depth,
            touches: pool.touches,
            at: pool.touched_at,
        })
    }
}

/// Anyone calls it, a tenth of a period after the last touch or later.
///
/// 1. Refuses an economy that is not live, a native pool, and a pool that was touched lately.
/// 2. Measures the depth, which the next crank takes the median of.
/// 3. Publishes it.
pub fn touch_pool(ctx: Context<TouchPool>) -> Result<()> {
    let event = ctx.accounts.apply(Clock::get()?.unix_timestamp)?;
    publish(&ctx.accounts.event_authority, &event)
}
