//! Mints what has accrued and is not minted yet. Anyone may; never cap-checked,
//! because accrual itself stops at the cap.

use crate::framework::prelude::*;
use anchor_spl::token_interface::TokenInterface;

use crate::{
    error::HomeostatError,
    events::{emit, ToppedUp},
    instructions::shared::*,
    state::Economy,
};

/// Accounts of `top_up`.
#[event_cpi]
#[derive(Accounts)]
pub struct TopUp<'info> {
    /// In Mint mode.
    #[account(mut)]
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's mint.
    /// CHECK: by `economy.mint`.
    #[account(mut)]
    pub mint: UncheckedAccount<'info>,
    /// Signs for the economy's mint and vaults: its data-less address.
    /// CHECK: by `economy.authority`.
    pub authority: UncheckedAccount<'info>,
    /// Credited.
    /// CHECK: by `economy.reward_vault`.
    #[account(mut)]
    pub reward_vault: UncheckedAccount<'info>,
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
}

impl<'info> TopUp<'info> {
    fn check(&self) -> Result<Token<'_, 'info>> {
        let economy = self.economy.open()?;
        has_one(&economy.mint, &self.mint)?;
        has_one(&economy.authority, &self.authority)?;
        has_one(&economy.reward_vault, &self.reward_vault)?;
        Token::read(&self.mint, self.token_program.as_ref())
    }

    fn validate(&self) -> Result<()> {
        let economy = self.economy.open()?;
        ensure!(economy.mints(), HomeostatError::NotMintable);
        // A retired economy still mints what it owes.
        ensure!(
            economy.life != crate::state::Life::Draft as u8,
            HomeostatError::NotLive
        );
        Ok(())
    }

    #[inline(never)]
    fn apply(&self, mut token: Token<'_, 'info>, now: i64) -> Result<ToppedUp> {
        let (amount, bump) = {
            let economy = self.economy.open()?;
            (economy.mintable(now)?, economy.authority_bump)
        };
        let authority = Authority {
            info: &self.authority,
            economy: self.economy.as_ref().key,
            bump: [bump],
        };
        token.mint_to(&self.reward_vault, &authority, amount)?;
        let mut economy = self.economy.open_mut()?;
        let old_supplied = economy.totals.supplied;
        economy.supply_rewards(amount)?;
        economy.invariant(token.supply, now)?;
        Ok(ToppedUp {
            economy: self.economy.key(),
            amount,
            old_supplied,
            new_supplied: economy.totals.supplied,
        })
    }
}

/// Handles `top_up`.
pub fn top_up(ctx: Context<TopUp>) -> Result<()> {
    let now = now()?;
    let token = ctx.accounts.check()?;
    ctx.accounts.validate()?;
    let event = ctx.accounts.apply(token, now)?;
    if event.amount == 0 {
        return Ok(());
    }
    emit(&ctx.accounts.event_authority, &event)
}
