//! Adds stake to the signer's own position. It earns from this second on.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use super::settle;
use crate::{
    error::HomeostatError,
    events::Staked,
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
    #[account(mut, has_one = economy, has_one = stake_mint, has_one = principal_vault)]
    pub pool: AccountLoader<'info, Pool>,
    /// The owner's.
    #[account(mut, has_one = pool, has_one = owner)]
    pub position: AccountLoader<'info, Position>,
    /// Staked.
    #[account(mint::token_program = token_program)]
    pub stake_mint: Box<InterfaceAccount<'info, Mint>>,
    /// Debited.
    #[account(mut, token::mint = stake_mint, token::authority = owner)]
    pub owner_tokens: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Credited.
    #[account(mut)]
    pub principal_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// CHECK: liquidity pools only: `pool.amm_vault`, checked in `validate`.
    pub amm_vault: Option<UncheckedAccount<'info>>,
    /// Of the stake mint.
    pub token_program: Interface<'info, TokenInterface>,
}

impl Stake<'_> {
    fn validate(&self, amount: u64, now: i64) -> Result<()> {
        let economy = self.economy.load()?;
        economy.require_live()?;
        economy.require_open(Section::Stake, now)?;
        require!(
            amount >= economy.limits.min_stake.max(1),
            HomeostatError::AmountTooSmall
        );
        let pool = self.pool.load()?;
        if !pool.is_native() {
            let named = self.amm_vault.as_ref().map(|vault| vault.key());
            require!(named == Some(pool.amm_vault), HomeostatError::WrongAmmVault);
        }
        Ok(())
    }

    #[inline(never)]
    fn apply(&mut self, amount: u64, now: i64) -> Result<Staked> {
        let program = self.token_program.to_account_info();
        let received = Move {
            from: &self.owner_tokens,
            to: &mut self.principal_vault,
            mint: &self.stake_mint,
            program: &program,
        }
        .by_signer(&self.owner, amount)?;
        require!(received > 0, HomeostatError::AmountTooSmall);

        let economy = self.economy.load()?;
        let mut pool = self.pool.load_mut()?;
        let mut position = self.position.load_mut()?;
        settle(&economy, &mut pool, &mut position, now)?;
        if let Some(amm_vault) = self.amm_vault.as_ref().filter(|_| !pool.is_native()) {
            let balance = balance_or_zero(amm_vault, &economy.mint);
            pool.touch(now, balance, self.stake_mint.supply)?;
        }
        let old_amount = position.amount;
        position.add(received, now)?;
        pool.add_stake(received)?;
        require!(
            self.principal_vault.amount >= pool.liability()?,
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
    ctx.accounts.validate(amount, now)?;
    let event = ctx.accounts.apply(amount, now)?;
    emit_cpi!(event);
    Ok(())
}
