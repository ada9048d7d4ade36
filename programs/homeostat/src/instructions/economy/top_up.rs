//! Mints what has accrued and is not minted yet. Anyone may; never cap-checked,
//! because accrual itself stops at the cap.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use crate::{error::HomeostatError, events::ToppedUp, instructions::shared::*, state::Economy};

/// Accounts of `top_up`.
#[event_cpi]
#[derive(Accounts)]
pub struct TopUp<'info> {
    /// In Mint mode.
    #[account(mut, has_one = mint, has_one = authority, has_one = reward_vault)]
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's mint.
    #[account(mut, mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// CHECK: by `economy.authority`.
    pub authority: UncheckedAccount<'info>,
    /// Credited.
    #[account(mut)]
    pub reward_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
}

impl TopUp<'_> {
    fn validate(&self) -> Result<()> {
        let economy = self.economy.load()?;
        require!(economy.mints(), HomeostatError::NotMintable);
        // A retired economy still mints what it owes.
        require!(
            economy.life != crate::state::Life::Draft as u8,
            HomeostatError::NotLive
        );
        Ok(())
    }

    #[inline(never)]
    fn apply(&mut self, now: i64) -> Result<(u64, u64, u64)> {
        let (amount, bump) = {
            let economy = self.economy.load()?;
            (economy.mintable(now)?, economy.authority_bump)
        };
        let program = self.token_program.to_account_info();
        mint_rewards(
            &mut self.mint,
            &mut self.reward_vault,
            &Authority {
                info: &self.authority,
                economy: self.economy.key(),
                bump: [bump],
            },
            &program,
            amount,
        )?;
        let mut economy = self.economy.load_mut()?;
        let old = economy.totals.supplied;
        economy.supply_rewards(amount)?;
        economy.invariant(self.mint.supply, now)?;
        Ok((amount, old, economy.totals.supplied))
    }
}

/// Handles `top_up`.
pub fn top_up(ctx: Context<TopUp>) -> Result<()> {
    let now = now()?;
    ctx.accounts.validate()?;
    let (amount, old_supplied, new_supplied) = ctx.accounts.apply(now)?;
    if amount > 0 {
        emit_cpi!(ToppedUp {
            economy: ctx.accounts.economy.key(),
            amount,
            old_supplied,
            new_supplied,
        });
    }
    Ok(())
}
