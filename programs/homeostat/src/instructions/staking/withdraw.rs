//! Pays out every ticket whose unbonding time has passed. No pause, latch or trip stops it,
//! nor a vault that is short of the other stakes: whoever can be paid is paid.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use crate::{
    events::{publish, Withdrawn},
    instructions::tokens::{Authority, Token},
    seeds,
    state::{EconomyHead, Pool, Position},
};

/// Accounts of `withdraw`.
#[event_cpi]
#[derive(Accounts)]
pub struct Withdraw<'info> {
    /// The owner of the position.
    pub owner: Signer<'info>,
    /// The economy, at any stage of life and in any layout version.
    #[account(has_one = authority)]
    pub economy: AccountLoader<'info, EconomyHead>,
    /// The pool that the position is in.
    #[account(mut, has_one = economy, has_one = stake_mint, has_one = principal_vault)]
    pub pool: AccountLoader<'info, Pool>,
    /// The owner's position, which holds the tickets.
    #[account(
        mut,
        seeds = [seeds::POSITION, pool.key().as_ref(), owner.key().as_ref()],
        bump = position.load()?.bump,
        has_one = owner,
    )]
    pub position: AccountLoader<'info, Position>,
    /// The mint of what was staked.
    #[account(mint::token_program = token_program)]
    pub stake_mint: Box<InterfaceAccount<'info, Mint>>,
    /// Any token account of the owner's; it is credited.
    #[account(mut, dup, token::mint = stake_mint, token::authority = owner)]
    pub owner_tokens: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The pool's vault; it is debited.
    #[account(mut, dup)]
    pub principal_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The economy's data-less address that signs for its mint and vaults.
    pub authority: SystemAccount<'info>,
    /// The token program that the stake mint belongs to.
    pub token_program: Interface<'info, TokenInterface>,
}

impl Withdraw<'_> {
    /// Removes every unlocked ticket from position and pool; nothing is paid yet.
    fn settle(&self, now: i64) -> Result<Withdrawn> {
        let mut pool = self.pool.load_mut()?;
        let mut position = self.position.load_mut()?;
        let amount = position.withdraw(now)?;
        let old_unbonding = pool.unbonding;
        pool.end_unbonding(amount)?;
        Ok(Withdrawn {
            pool: self.pool.key(),
            owner: self.owner.key(),
            amount,
            old_unbonding,
            new_unbonding: pool.unbonding,
        })
    }

    #[inline(never)]
    fn apply(&self, now: i64) -> Result<Withdrawn> {
        let event = self.settle(now)?;
        let bump = {
            let economy = self.economy.load()?;
            economy.require_known()?;
            economy.authority_bump
        };
        let authority = Authority {
            info: &self.authority,
            economy: &self.economy.key(),
            bump: [bump],
        };
        let token = Token {
            mint: &self.stake_mint,
            program: &self.token_program,
        };
        token.pay_out(
            &self.principal_vault,
            &self.owner_tokens,
            &authority,
            event.amount,
        )?;
        Ok(event)
    }
}

/// The position's owner calls it.
///
/// 1. Removes every unlocked ticket; refuses if there is none.
/// 2. Pays their sum to the owner, and publishes it.
pub fn withdraw(ctx: Context<Withdraw>) -> Result<()> {
    let event = ctx.accounts.apply(Clock::get()?.unix_timestamp)?;
    publish(&ctx.accounts.event_authority, &event)
}
