//! Moves a meter's fees: burns, sweeps to stakers and treasury. Anyone may; it
//! only moves tokens and never gates the crank.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use crate::{
    error::HomeostatError,
    events::Collected,
    instructions::shared::*,
    state::{meter::Sweep, Economy, Meter},
};

/// Accounts of `collect`.
#[event_cpi]
#[derive(Accounts)]
pub struct Collect<'info> {
    /// Read only.
    #[account(
        has_one = mint,
        has_one = authority,
        has_one = reward_vault,
        has_one = treasury_vault
    )]
    pub economy: AccountLoader<'info, Economy>,
    /// Emptied.
    #[account(mut, has_one = economy, has_one = vault)]
    pub meter: AccountLoader<'info, Meter>,
    /// The economy's mint.
    #[account(mut, mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// Debited.
    #[account(mut)]
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Credited for stakers.
    #[account(mut)]
    pub reward_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Credited.
    #[account(mut)]
    pub treasury_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// CHECK: by `economy.authority`.
    pub authority: UncheckedAccount<'info>,
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
}

impl Collect<'_> {
    #[inline(never)]
    fn apply(&mut self) -> Result<(Sweep, Collected)> {
        let (bump, sweep) = {
            let economy = self.economy.load()?;
            let mut meter = self.meter.load_mut()?;
            let sweep = meter.sweep(self.mint.supply, economy.limits.supply_floor)?;
            ([economy.authority_bump], sweep)
        };
        let authority = Authority {
            info: &self.authority,
            economy: self.economy.key(),
            bump,
        };
        let program = self.token_program.to_account_info();
        burn(
            &self.mint.to_account_info(),
            &self.vault.to_account_info(),
            &authority,
            &program,
            sweep.burn,
        )?;
        let stakers = Move {
            from: &self.vault,
            to: &mut self.reward_vault,
            mint: &self.mint,
            program: &program,
        }
        .by_authority(&authority, sweep.stakers)?;
        let treasury = Move {
            from: &self.vault,
            to: &mut self.treasury_vault,
            mint: &self.mint,
            program: &program,
        }
        .by_authority(&authority, sweep.treasury)?;
        self.vault.reload()?;

        let mut meter = self.meter.load_mut()?;
        meter.swept(stakers, treasury)?;
        require!(
            self.vault.amount >= meter.liability()?,
            HomeostatError::InsolventVault
        );
        let event = Collected {
            economy: self.economy.key(),
            meter: self.meter.key(),
            burned: sweep.burn,
            burn_blocked: sweep.blocked,
            stakers,
            treasury,
            payments: meter.payments,
            volume: meter.volume.get(),
        };
        Ok((sweep, event))
    }
}

/// Handles `collect`.
pub fn collect(ctx: Context<Collect>) -> Result<()> {
    let (sweep, event) = ctx.accounts.apply()?;
    if sweep != Sweep::default() {
        emit_cpi!(event);
    }
    Ok(())
}
