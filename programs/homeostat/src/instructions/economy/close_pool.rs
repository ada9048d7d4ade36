//! Closes a liquidity pool that nobody uses any more: of weight 0, or of a retired economy. Its
//! rent goes to the recorded payer. Anyone may call it.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use super::closing::close_vault;
use crate::{
    events::{publish, PoolClosed},
    instructions::tokens::{Authority, Token},
    state::{Economy, Pool},
};

/// Accounts of `close_pool`.
#[event_cpi]
#[derive(Accounts)]
pub struct ClosePool<'info> {
    /// The economy; its lane becomes free for another pool.
    #[account(mut, has_one = authority)]
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's data-less address that signs for its mint and vaults.
    pub authority: SystemAccount<'info>,
    /// The pool; it must be retired and without positions, and is closed.
    #[account(
        mut,
        close = payer,
        has_one = economy,
        has_one = stake_mint,
        has_one = principal_vault,
        has_one = payer,
    )]
    pub pool: AccountLoader<'info, Pool>,
    /// The mint that was staked; tokens that were donated to the vault are burned.
    #[account(mut, dup, mint::token_program = token_program)]
    pub stake_mint: Box<InterfaceAccount<'info, Mint>>,
    /// The pool's vault; it is closed.
    #[account(mut, dup)]
    pub principal_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The payer of the pool's rent, who gets it back.
    /// CHECK: bound by `pool.payer`; it only receives lamports.
    #[account(mut)]
    pub payer: UncheckedAccount<'info>,
    /// The token program that the stake mint belongs to.
    pub token_program: Interface<'info, TokenInterface>,
}

impl ClosePool<'_> {
    /// Takes the pool off the economy's list. Returns its lane and the authority's bump.
    #[inline(never)]
    fn remove(&self, now: i64) -> Result<(u8, u8)> {
        let mut economy = self.economy.load_mut()?;
        let mut pool = self.pool.load_mut()?;
        // A clock that stepped back counts as standing still, so that nothing which streamed
        // to the empty pool is missing from what returns to the grant.
        let now = now.max(pool.settled_at);
        pool.settle(&economy.stream, economy.yield_q64, now)?;
        economy.remove_pool(&pool)?;
        Ok((pool.lane, economy.authority_bump))
    }

    #[inline(never)]
    fn apply(&self, now: i64) -> Result<PoolClosed> {
        let (lane, bump) = self.remove(now)?;
        let authority = Authority {
            info: &self.authority,
            economy: &self.economy.key(),
            bump: [bump],
        };
        let token = Token {
            mint: &self.stake_mint,
            program: &self.token_program,
        };
        close_vault(&token, &self.principal_vault, &self.payer, &authority)?;
        Ok(PoolClosed {
            economy: self.economy.key(),
            pool: self.pool.key(),
            lane,
            payer: self.payer.key(),
        })
    }
}

/// Anyone calls it.
///
/// 1. Refuses a pool that is not retired, or in which somebody has a position.
/// 2. Keeps its sums, takes it off the economy's list, and closes its vault.
/// 3. Publishes it. The pool is closed by its attribute.
pub fn close_pool(ctx: Context<ClosePool>) -> Result<()> {
    let event = ctx.accounts.apply(Clock::get()?.unix_timestamp)?;
    publish(&ctx.accounts.event_authority, &event)
}
