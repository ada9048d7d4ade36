//! Fills the reward vault of a Funded economy.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use crate::{
    error::HomeostatError,
    events::RewardsFunded,
    instructions::shared::*,
    state::{Economy, Life},
};

/// Accounts of `fund_rewards`.
#[event_cpi]
#[derive(Accounts)]
pub struct FundRewards<'info> {
    /// Anyone; in Draft only the creator, who gets it back on `close`.
    pub funder: Signer<'info>,
    /// Funded.
    #[account(mut, has_one = mint, has_one = reward_vault)]
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's mint.
    #[account(mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// Debited.
    #[account(mut, token::mint = mint)]
    pub funder_tokens: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Credited.
    #[account(mut)]
    pub reward_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
}

impl FundRewards<'_> {
    fn validate(&self, amount: u64) -> Result<()> {
        let economy = self.economy.load()?;
        require!(!economy.mints(), HomeostatError::NotFunded);
        require!(amount > 0, HomeostatError::AmountTooSmall);
        let draft = economy.life == Life::Draft as u8;
        require!(
            !draft || economy.creator == self.funder.key(),
            HomeostatError::FundingNotOpen
        );
        Ok(())
    }

    #[inline(never)]
    fn apply(&mut self, amount: u64, now: i64) -> Result<(u64, u64, u64)> {
        let program = self.token_program.to_account_info();
        let received = Move {
            from: &self.funder_tokens,
            to: &mut self.reward_vault,
            mint: &self.mint,
            program: &program,
        }
        .by_signer(&self.funder, amount)?;
        let mut economy = self.economy.load_mut()?;
        let old = economy.totals.supplied;
        economy.supply_rewards(received)?;
        economy.invariant(self.mint.supply, now)?;
        Ok((received, old, economy.totals.supplied))
    }
}

/// Handles `fund_rewards`.
pub fn fund_rewards(ctx: Context<FundRewards>, amount: u64) -> Result<()> {
    let now = now()?;
    ctx.accounts.validate(amount)?;
    let (amount, old_supplied, new_supplied) = ctx.accounts.apply(amount, now)?;
    emit_cpi!(RewardsFunded {
        economy: ctx.accounts.economy.key(),
        funder: ctx.accounts.funder.key(),
        amount,
        old_supplied,
        new_supplied,
    });
    Ok(())
}
