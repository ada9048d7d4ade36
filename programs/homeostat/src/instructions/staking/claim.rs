//! Pays a position's rewards from the reward vault. No pause, latch or trip stops it.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use super::settle;
use crate::{
    error::HomeostatError,
    events::{publish, Claimed},
    instructions::tokens::{Authority, Token},
    seeds,
    state::{exits, EconomyHead, Pool, Position},
};

/// Accounts of `claim`.
#[event_cpi]
#[derive(Accounts)]
pub struct Claim<'info> {
    /// The owner of the position.
    pub owner: Signer<'info>,
    /// The economy, at any stage of life and in any layout version.
    #[account(has_one = mint, has_one = reward_vault, has_one = authority)]
    pub economy: AccountLoader<'info, EconomyHead>,
    /// The pool that the rewards were earned in.
    #[account(mut, has_one = economy)]
    pub pool: AccountLoader<'info, Pool>,
    /// The owner's position in the pool.
    #[account(
        mut,
        seeds = [seeds::POSITION, pool.key().as_ref(), owner.key().as_ref()],
        bump = position.load()?.bump,
        has_one = owner,
    )]
    pub position: AccountLoader<'info, Position>,
    /// The mint of the economy's token.
    #[account(mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// Any token account of the owner's; it is credited.
    #[account(mut, dup, token::mint = mint, token::authority = owner)]
    pub owner_tokens: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The economy's reward vault; it is debited.
    #[account(mut, dup)]
    pub reward_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The economy's data-less address that signs for its mint and vaults.
    pub authority: SystemAccount<'info>,
    /// The token program that the mint belongs to.
    pub token_program: Interface<'info, TokenInterface>,
}

impl Claim<'_> {
    /// Settles, and debits the position with what it can claim; nothing is paid yet.
    fn settle(&self, now: i64) -> Result<Claimed> {
        let economy = exits::economy(self.economy.as_ref())?;
        let mut pool = self.pool.load_mut()?;
        let mut position = self.position.load_mut()?;
        settle(&economy, &mut pool, &mut position, now)?;
        let amount = position.debit_rewards()?;
        let old_claimed = pool.claimed;
        pool.pay_out(amount)?;
        Ok(Claimed {
            pool: self.pool.key(),
            owner: self.owner.key(),
            amount,
            old_claimed,
            new_claimed: pool.claimed,
        })
    }

    #[inline(never)]
    fn apply(&self, now: i64) -> Result<Claimed> {
        let event = self.settle(now)?;
        require!(
            self.reward_vault.amount >= event.amount,
            HomeostatError::RewardVaultShort
        );
        let authority = Authority {
            info: &self.authority,
            economy: &self.economy.key(),
            bump: [self.economy.load()?.authority_bump],
        };
        let token = Token {
            mint: &self.mint,
            program: &self.token_program,
        };
        token.pay_out(
            &self.reward_vault,
            &self.owner_tokens,
            &authority,
            event.amount,
        )?;
        Ok(event)
    }
}

/// The position's owner calls it.
///
/// 1. Settles, and debits the position with what it can claim.
/// 2. Refuses if the reward vault is short of it; `top_up` in front of it helps.
/// 3. Pays the owner, and publishes what was paid.
pub fn claim(ctx: Context<Claim>) -> Result<()> {
    let event = ctx.accounts.apply(Clock::get()?.unix_timestamp)?;
    publish(&ctx.accounts.event_authority, &event)
}
