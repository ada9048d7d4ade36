//! Pays out every ticket whose unbonding time has passed. Never gated, not even
//! by a vault that is short: whoever can be paid is paid.

use crate::framework::prelude::*;
use anchor_spl::token_interface::TokenInterface;

use super::check_position;
use crate::{
    events::{emit_outcome, Withdrawn},
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
    pub economy: AccountLoader<'info, Economy>,
    /// Withdrawn from.
    #[account(mut)]
    pub pool: AccountLoader<'info, Pool>,
    /// The owner's.
    #[account(mut)]
    pub position: AccountLoader<'info, Position>,
    /// Staked.
    /// CHECK: by `pool.stake_mint`.
    pub stake_mint: UncheckedAccount<'info>,
    /// Any token account of the owner's; credited.
    /// CHECK: a token account of the owner's.
    #[account(mut)]
    pub owner_tokens: UncheckedAccount<'info>,
    /// Debited.
    /// CHECK: by `pool.principal_vault`.
    #[account(mut)]
    pub principal_vault: UncheckedAccount<'info>,
    /// Signs for the economy's mint and vaults: its data-less address.
    /// CHECK: by `economy.authority`.
    pub authority: UncheckedAccount<'info>,
    /// Of the stake mint.
    pub token_program: Interface<'info, TokenInterface>,
}

impl<'info> Withdraw<'info> {
    fn check(&self) -> Result<()> {
        distinct(&[
            ("owner_tokens", self.owner_tokens.key),
            ("principal_vault", self.principal_vault.key),
        ])?;
        check_position(
            self.economy.as_ref(),
            &self.pool,
            &self.position,
            &self.owner,
        )?;
        let pool = self.pool.open()?;
        has_one(&pool.stake_mint, &self.stake_mint)?;
        has_one(&pool.principal_vault, &self.principal_vault)?;
        has_one(&self.economy.open()?.authority, &self.authority)
    }

    /// Takes every unlocked ticket; nothing is paid yet.
    fn take(&self, now: i64) -> Result<Withdrawn> {
        let mut pool = self.pool.open_mut()?;
        let mut position = self.position.open_mut()?;
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
        let token = Token::read(&self.stake_mint, self.token_program.as_ref())?;
        let to = Tokens::owned(
            "owner_tokens",
            &self.owner_tokens,
            self.stake_mint.key,
            self.owner.key,
        )?;
        let event = self.take(now)?;
        let authority = Authority {
            info: &self.authority,
            economy: self.economy.as_ref().key,
            bump: [self.economy.open()?.authority_bump],
        };
        token.pay_out(&self.principal_vault, &to, &authority, event.amount)?;
        Ok(event)
    }
}

/// Handles `withdraw`.
pub fn withdraw(ctx: Context<Withdraw>) -> Result<()> {
    ctx.accounts.check()?;
    emit_outcome(&ctx.accounts.event_authority, &ctx.accounts.apply(now()?))
}
