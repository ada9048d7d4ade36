//! Mints what has accrued and is not minted yet. Anyone may call it. No cap is checked,
//! because accrual itself stops at the cap.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use crate::{
    error::HomeostatError,
    events::{publish, ToppedUp},
    instructions::tokens::{Authority, Token},
    state::{Economy, Life},
};

/// Accounts of `top_up`.
#[event_cpi]
#[derive(Accounts)]
pub struct TopUp<'info> {
    /// The economy; it must mint its rewards, and must have gone live.
    #[account(mut, has_one = mint, has_one = authority, has_one = reward_vault)]
    pub economy: AccountLoader<'info, Economy>,
    /// The mint of the economy's token; its supply rises.
    #[account(mut, dup, mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// The economy's data-less address that signs for its mint and vaults.
    pub authority: SystemAccount<'info>,
    /// The economy's reward vault; it is credited.
    #[account(mut, dup)]
    pub reward_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The token program that the mint belongs to.
    pub token_program: Interface<'info, TokenInterface>,
}

impl TopUp<'_> {
    fn validate(&self) -> Result<()> {
        let economy = self.economy.load()?;
        require!(economy.mints(), HomeostatError::NotMintable);
        // A retired economy still mints what it owes.
        require!(economy.life != Life::Draft as u8, HomeostatError::NotLive);
        Ok(())
    }

    #[inline(never)]
    fn apply(&self, now: i64) -> Result<ToppedUp> {
        let key = self.economy.key();
        let (amount, bump) = {
            let economy = self.economy.load()?;
            (economy.mintable(now)?, [economy.authority_bump])
        };
        let authority = Authority {
            info: &self.authority,
            economy: &key,
            bump,
        };
        let token = Token {
            mint: &self.mint,
            program: &self.token_program,
        };
        let supply = token.mint_to(&self.reward_vault, &authority, amount)?;

        let mut economy = self.economy.load_mut()?;
        let old_supplied = economy.totals.supplied;
        economy.supply_rewards(amount)?;
        economy.invariant(supply, now)?;
        Ok(ToppedUp {
            economy: key,
            amount,
            old_supplied,
            new_supplied: economy.totals.supplied,
        })
    }
}

/// Anyone calls it, mostly in front of a claim. Mints the accrued rewards that are not
/// minted yet into the reward vault. Without any, nothing happens and no event is emitted.
pub fn top_up(ctx: Context<TopUp>) -> Result<()> {
    ctx.accounts.validate()?;
    let event = ctx.accounts.apply(Clock::get()?.unix_timestamp)?;
    if event.amount > 0 {
        publish(&ctx.accounts.event_authority, &event)?;
    }
    Ok(())
}
