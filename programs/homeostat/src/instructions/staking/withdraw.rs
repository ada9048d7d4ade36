//! Pays out every ticket whose unbonding time has passed. Never gated, not even
//! by a vault that is short: whoever can be paid is paid.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use crate::{
    events::Withdrawn,
    instructions::shared::*,
    state::{Economy, Pool, Position},
};

/// Accounts of `withdraw`.
#[event_cpi]
#[derive(Accounts)]
pub struct Withdraw<'info> {
    /// Of the position.
    pub owner: Signer<'info>,
    /// Any stage of life.
    #[account(has_one = authority)]
    pub economy: AccountLoader<'info, Economy>,
    /// Withdrawn from.
    #[account(mut, has_one = economy, has_one = stake_mint, has_one = principal_vault)]
    pub pool: AccountLoader<'info, Pool>,
    /// The owner's.
    #[account(mut, has_one = pool, has_one = owner)]
    pub position: AccountLoader<'info, Position>,
    /// Staked.
    #[account(mint::token_program = token_program)]
    pub stake_mint: Box<InterfaceAccount<'info, Mint>>,
    /// Any token account of the owner's; credited.
    #[account(mut, token::mint = stake_mint, token::authority = owner)]
    pub owner_tokens: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Debited.
    #[account(mut)]
    pub principal_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// CHECK: by `economy.authority`.
    pub authority: UncheckedAccount<'info>,
    /// Of the stake mint.
    pub token_program: Interface<'info, TokenInterface>,
}

impl Withdraw<'_> {
    #[inline(never)]
    fn apply(&mut self, now: i64) -> Result<Withdrawn> {
        let bump = [self.economy.load()?.authority_bump];
        let (amount, old_unbonding, new_unbonding) = {
            let mut pool = self.pool.load_mut()?;
            let mut position = self.position.load_mut()?;
            let amount = position.withdraw(now)?;
            let old = pool.unbonding;
            pool.end_unbonding(amount)?;
            (amount, old, pool.unbonding)
        };
        let program = self.token_program.to_account_info();
        Move {
            from: &self.principal_vault,
            to: &mut self.owner_tokens,
            mint: &self.stake_mint,
            program: &program,
        }
        .by_authority(
            &Authority {
                info: &self.authority,
                economy: self.economy.key(),
                bump,
            },
            amount,
        )?;
        Ok(Withdrawn {
            pool: self.pool.key(),
            owner: self.owner.key(),
            amount,
            old_unbonding,
            new_unbonding,
        })
    }
}

/// Handles `withdraw`.
pub fn withdraw(ctx: Context<Withdraw>) -> Result<()> {
    let event = ctx.accounts.apply(now()?)?;
    emit_cpi!(event);
    Ok(())
}
