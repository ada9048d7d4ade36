//! Adds stake to the signer's own position. It earns from this second on.

use crate::framework::prelude::*;
use anchor_spl::token_interface::TokenInterface;

use super::{check_position, settle};
use crate::{
    error::HomeostatError,
    events::{emit_outcome, Staked},
    instructions::shared::*,
    state::{pause::Section, Economy, Pool, Position},
};

/// Accounts of `stake`.
#[event_cpi]
#[derive(Accounts)]
pub struct Stake<'info> {
    /// Of the position and the tokens.
    pub owner: Signer<'info>,
    /// Live.
    pub economy: AccountLoader<'info, Economy>,
    /// Staked in.
    #[account(mut)]
    pub pool: AccountLoader<'info, Pool>,
    /// The owner's.
    #[account(mut)]
    pub position: AccountLoader<'info, Position>,
    /// Staked.
    /// CHECK: by `pool.stake_mint`.
    pub stake_mint: UncheckedAccount<'info>,
    /// Debited.
    /// CHECK: a token account of the owner's.
    #[account(mut)]
    pub owner_tokens: UncheckedAccount<'info>,
    /// Credited.
    /// CHECK: by `pool.principal_vault`.
    #[account(mut)]
    pub principal_vault: UncheckedAccount<'info>,
    /// Liquidity pools only: the AMM's token account of the economy's mint.
    /// CHECK: by `pool.amm_vault`, in `validate`.
    pub amm_vault: Option<UncheckedAccount<'info>>,
    /// Of the stake mint.
    pub token_program: Interface<'info, TokenInterface>,
}

impl<'info> Stake<'info> {
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
        has_one(&pool.principal_vault, &self.principal_vault)
    }

    fn validate(&self, amount: u64, now: i64) -> Result<()> {
        let economy = self.economy.open()?;
        economy.require_live()?;
        economy.require_open(Section::Stake, now)?;
        ensure!(
            amount >= economy.limits.min_stake.max(1),
            HomeostatError::AmountTooSmall
        );
        let pool = self.pool.open()?;
        if !pool.is_native() {
            let named = self.amm_vault.as_ref().map(|vault| vault.key());
            ensure!(named == Some(pool.amm_vault), HomeostatError::WrongAmmVault);
        }
        Ok(())
    }

    /// Moves the tokens in. Returns what arrived and the mint's supply.
    #[inline(never)]
    fn receive(&self, amount: u64) -> Result<(u64, u64)> {
        let token = Token::read(&self.stake_mint, self.token_program.as_ref())?;
        Tokens::owned(
            "owner_tokens",
            &self.owner_tokens,
            self.stake_mint.key,
            self.owner.key,
        )?;
        let vault = Tokens::read("principal_vault", &self.principal_vault)?;
        let received = token.transfer(&self.owner_tokens, &vault, &self.owner, amount)?;
        ensure!(received > 0, HomeostatError::AmountTooSmall);
        Ok((received, token.supply))
    }

    #[inline(never)]
    fn apply(&self, amount: u64, now: i64) -> Result<Staked> {
        let (received, supply) = self.receive(amount)?;
        let economy = self.economy.open()?;
        let mut pool = self.pool.open_mut()?;
        let mut position = self.position.open_mut()?;
        settle(&economy, &mut pool, &mut position, now)?;
        if let Some(amm_vault) = self.amm_vault.as_ref().filter(|_| !pool.is_native()) {
            let balance = balance_or_zero(amm_vault, &economy.mint);
            pool.touch(now, balance, supply)?;
        }
        let old_amount = position.amount;
        position.add(received, now)?;
        pool.add_stake(received)?;
        ensure!(
            balance(&self.principal_vault)? >= pool.liability()?,
            HomeostatError::InsolventVault
        );
        Ok(Staked {
            pool: self.pool.key(),
            owner: self.owner.key(),
            amount: received,
            old_amount,
            new_amount: position.amount,
            total: pool.total,
        })
    }
}

/// Handles `stake`.
pub fn stake(ctx: Context<Stake>, amount: u64) -> Result<()> {
    let now = now()?;
    ctx.accounts.check()?;
    ctx.accounts.validate(amount, now)?;
    emit_outcome(
        &ctx.accounts.event_authority,
        &ctx.accounts.apply(amount, now),
    )
}
