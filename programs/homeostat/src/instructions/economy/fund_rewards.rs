//! Fills the reward vault of a Funded economy.

use crate::framework::prelude::*;
use anchor_spl::token_interface::TokenInterface;

use crate::{
    error::HomeostatError,
    events::{emit_outcome, RewardsFunded},
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
    #[account(mut)]
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's mint.
    /// CHECK: by `economy.mint`.
    pub mint: UncheckedAccount<'info>,
    /// Debited.
    /// CHECK: a token account of the mint.
    #[account(mut)]
    pub funder_tokens: UncheckedAccount<'info>,
    /// Credited.
    /// CHECK: by `economy.reward_vault`.
    #[account(mut)]
    pub reward_vault: UncheckedAccount<'info>,
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
}

impl<'info> FundRewards<'info> {
    fn check(&self) -> Result<()> {
        let economy = self.economy.open()?;
        has_one(&economy.mint, &self.mint)?;
        has_one(&economy.reward_vault, &self.reward_vault)?;
        distinct(&[
            ("funder_tokens", self.funder_tokens.key),
            ("reward_vault", self.reward_vault.key),
        ])
    }

    fn validate(&self, amount: u64) -> Result<()> {
        let economy = self.economy.open()?;
        ensure!(!economy.mints(), HomeostatError::NotFunded);
        ensure!(amount > 0, HomeostatError::AmountTooSmall);
        // Nothing would ever pay it out again.
        let retired = economy.life == Life::Retired as u8;
        ensure!(!retired, HomeostatError::NotLive);
        let draft = economy.life == Life::Draft as u8;
        ensure!(
            !draft || economy.creator == self.funder.key(),
            HomeostatError::FundingNotOpen
        );
        Ok(())
    }

    #[inline(never)]
    fn apply(&self, amount: u64, now: i64) -> Result<RewardsFunded> {
        let token = Token::read(&self.mint, self.token_program.as_ref())?;
        Tokens::of("funder_tokens", &self.funder_tokens, self.mint.key)?;
        let vault = Tokens::read("reward_vault", &self.reward_vault)?;
        let received = token.transfer(&self.funder_tokens, &vault, &self.funder, amount)?;
        let mut economy = self.economy.open_mut()?;
        let old_supplied = economy.totals.supplied;
        economy.supply_rewards(received)?;
        economy.invariant(token.supply, now)?;
        Ok(RewardsFunded {
            economy: self.economy.key(),
            funder: self.funder.key(),
            amount: received,
            old_supplied,
            new_supplied: economy.totals.supplied,
        })
    }
}

/// Handles `fund_rewards`.
pub fn fund_rewards(ctx: Context<FundRewards>, amount: u64) -> Result<()> {
    let now = now()?;
    ctx.accounts.check()?;
    ctx.accounts.validate(amount)?;
    emit_outcome(
        &ctx.accounts.event_authority,
        &ctx.accounts.apply(amount, now),
    )
}
