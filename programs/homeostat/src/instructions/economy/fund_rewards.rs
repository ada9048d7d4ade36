//! Fills the reward vault of a Funded economy.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use crate::{
    error::HomeostatError,
    events::{publish, RewardsFunded},
    instructions::tokens::Token,
    state::{Economy, Life},
};

/// Accounts of `fund_rewards`.
#[event_cpi]
#[derive(Accounts)]
pub struct FundRewards<'info> {
    /// The owner or delegate of the tokens; anyone, but in Draft only the creator, who gets
    /// them back on `close`.
    pub funder: Signer<'info>,
    /// The economy; it must be Funded and not retired.
    #[account(mut, has_one = mint, has_one = reward_vault)]
    pub economy: AccountLoader<'info, Economy>,
    /// The mint of the economy's token.
    #[account(mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// The funder's token account; it is debited.
    #[account(mut, dup, token::mint = mint)]
    pub funder_tokens: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The economy's reward vault; it is credited.
    #[account(
        mut,
        dup,
        constraint = reward_vault.key() != funder_tokens.key()
            @ ErrorCode::ConstraintDuplicateMutableAccount,
    )]
    pub reward_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The token program that the mint belongs to.
    pub token_program: Interface<'info, TokenInterface>,
}

impl FundRewards<'_> {
    fn validate(&self, amount: u64) -> Result<()> {
        let economy = self.economy.load()?;
        require!(!economy.mints(), HomeostatError::NotFunded);
        require!(amount > 0, HomeostatError::AmountTooSmall);
        // A retired economy emits nothing, so it would never pay these tokens out.
        require!(economy.life != Life::Retired as u8, HomeostatError::NotLive);
        require!(
            economy.life != Life::Draft as u8 || economy.creator == self.funder.key(),
            HomeostatError::FundingNotOpen
        );
        Ok(())
    }

    #[inline(never)]
    fn apply(&self, amount: u64, now: i64) -> Result<RewardsFunded> {
        let token = Token {
            mint: &self.mint,
            program: &self.token_program,
        };
        let received = token.transfer(
            &self.funder_tokens,
            &self.reward_vault,
            &self.funder,
            amount,
        )?;
        let mut economy = self.economy.load_mut()?;
        let old_supplied = economy.totals.supplied;
        economy.supply_rewards(received)?;
        economy.invariant(self.mint.supply, now)?;
        Ok(RewardsFunded {
            economy: self.economy.key(),
            funder: self.funder.key(),
            amount: received,
            old_supplied,
            new_supplied: economy.totals.supplied,
        })
    }
}

/// Anyone calls it, in Draft the creator alone. Moves `amount` base units from the funder
/// to the reward vault, counts what the vault received, and publishes it.
pub fn fund_rewards(ctx: Context<FundRewards>, amount: u64) -> Result<()> {
    ctx.accounts.validate(amount)?;
    let event = ctx.accounts.apply(amount, Clock::get()?.unix_timestamp)?;
    publish(&ctx.accounts.event_authority, &event)
}
