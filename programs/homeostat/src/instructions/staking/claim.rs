//! Pays a position's rewards from the reward vault. Never gated.

use crate::framework::prelude::*;
use anchor_spl::token_interface::TokenInterface;

use super::{check_position, settle};
use crate::{
    error::HomeostatError,
    events::{emit_outcome, Claimed},
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
    pub economy: AccountLoader<'info, Economy>,
    /// Earned in.
    #[account(mut)]
    pub pool: AccountLoader<'info, Pool>,
    /// The owner's.
    #[account(mut)]
    pub position: AccountLoader<'info, Position>,
    /// The economy's mint.
    /// CHECK: by `economy.mint`.
    pub mint: UncheckedAccount<'info>,
    /// Any token account of the owner's; credited.
    /// CHECK: a token account of the owner's.
    #[account(mut)]
    pub owner_tokens: UncheckedAccount<'info>,
    /// Debited.
    /// CHECK: by `economy.reward_vault`.
    #[account(mut)]
    pub reward_vault: UncheckedAccount<'info>,
    /// Signs for the economy's mint and vaults: its data-less address.
    /// CHECK: by `economy.authority`.
    pub authority: UncheckedAccount<'info>,
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
}

impl<'info> Claim<'info> {
    fn check(&self) -> Result<()> {
        distinct(&[
            ("owner_tokens", self.owner_tokens.key),
            ("reward_vault", self.reward_vault.key),
        ])?;
        check_position(
            self.economy.as_ref(),
            &self.pool,
            &self.position,
            &self.owner,
        )?;
        let economy = self.economy.open()?;
        has_one(&economy.mint, &self.mint)?;
        has_one(&economy.authority, &self.authority)?;
        has_one(&economy.reward_vault, &self.reward_vault)
    }

    /// Takes what the position has earned; nothing is paid yet.
    #[inline(never)]
    fn take(&self, now: i64) -> Result<(Claimed, [u8; 1])> {
        let economy = self.economy.open()?;
        let mut pool = self.pool.open_mut()?;
        let mut position = self.position.open_mut()?;
        settle(&economy, &mut pool, &mut position, now)?;
        let amount = position.take_rewards()?;
        let old_claimed = pool.claimed;
        pool.pay_out(amount)?;
        let event = Claimed {
            pool: self.pool.key(),
            owner: self.owner.key(),
            amount,
            old_claimed,
            new_claimed: pool.claimed,
        };
        Ok((event, [economy.authority_bump]))
    }

    #[inline(never)]
    fn apply(&self, now: i64) -> Result<Claimed> {
        let token = Token::read(&self.mint, self.token_program.as_ref())?;
        let to = Tokens::owned(
            "owner_tokens",
            &self.owner_tokens,
            self.mint.key,
            self.owner.key,
        )?;
        let (event, bump) = self.take(now)?;
        ensure!(
            balance(&self.reward_vault)? >= event.amount,
            HomeostatError::RewardVaultShort
        );
        let authority = Authority {
            info: &self.authority,
            economy: self.economy.as_ref().key,
            bump,
        };
        token.pay_out(&self.reward_vault, &to, &authority, event.amount)?;
        Ok(event)
    }
}

/// Handles `claim`.
pub fn claim(ctx: Context<Claim>) -> Result<()> {
    ctx.accounts.check()?;
    emit_outcome(&ctx.accounts.event_authority, &ctx.accounts.apply(now()?))
}
