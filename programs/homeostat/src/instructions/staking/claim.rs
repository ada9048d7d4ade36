//! Pays a position's rewards from the reward vault. Never gated.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use super::settle;
use crate::{
    error::HomeostatError,
    events::Claimed,
    instructions::shared::*,
    state::{Economy, Pool, Position},
};

/// Accounts of `claim`.
#[event_cpi]
#[derive(Accounts)]
pub struct Claim<'info> {
    /// Of the position.
    pub owner: Signer<'info>,
    /// Any stage of life.
    #[account(has_one = mint, has_one = authority, has_one = reward_vault)]
    pub economy: AccountLoader<'info, Economy>,
    /// Earned in.
    #[account(mut, has_one = economy)]
    pub pool: AccountLoader<'info, Pool>,
    /// The owner's.
    #[account(mut, has_one = pool, has_one = owner)]
    pub position: AccountLoader<'info, Position>,
    /// The economy's mint.
    #[account(mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// Any token account of the owner's; credited.
    #[account(mut, token::mint = mint, token::authority = owner)]
    pub owner_tokens: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Debited.
    #[account(mut)]
    pub reward_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// CHECK: by `economy.authority`.
    pub authority: UncheckedAccount<'info>,
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
}

impl Claim<'_> {
    #[inline(never)]
    fn apply(&mut self, now: i64) -> Result<Claimed> {
        let (amount, old_claimed, new_claimed, bump) = {
            let economy = self.economy.load()?;
            let mut pool = self.pool.load_mut()?;
            let mut position = self.position.load_mut()?;
            settle(&economy, &mut pool, &mut position, now)?;
            let amount = position.take_rewards()?;
            let old = pool.claimed;
            pool.pay_out(amount)?;
            (amount, old, pool.claimed, [economy.authority_bump])
        };
        require!(
            self.reward_vault.amount >= amount,
            HomeostatError::RewardVaultShort
        );
        let program = self.token_program.to_account_info();
        Move {
            from: &self.reward_vault,
            to: &mut self.owner_tokens,
            mint: &self.mint,
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
        Ok(Claimed {
            pool: self.pool.key(),
            owner: self.owner.key(),
            amount,
            old_claimed,
            new_claimed,
        })
    }
}

/// Handles `claim`.
pub fn claim(ctx: Context<Claim>) -> Result<()> {
    let event = ctx.accounts.apply(now()?)?;
    emit_cpi!(event);
    Ok(())
}
