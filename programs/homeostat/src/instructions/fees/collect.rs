//! Moves a meter's fees: burns, sweeps to stakers and treasury; once the economy is
//! retired the stakers' part goes to the treasury too. Anyone may; it only moves tokens
//! and never gates the crank.

use crate::framework::prelude::*;
use anchor_spl::token_interface::TokenInterface;

use super::check_meter;
use crate::{
    error::HomeostatError,
    events::{emit, Collected},
    instructions::shared::*,
    state::{
        meter::{Sweep, SweepRules},
        Economy, Meter,
    },
};

/// Accounts of `collect`.
#[event_cpi]
#[derive(Accounts)]
pub struct Collect<'info> {
    /// Read only.
    pub economy: AccountLoader<'info, Economy>,
    /// Emptied.
    #[account(mut)]
    pub meter: AccountLoader<'info, Meter>,
    /// The economy's mint.
    /// CHECK: by `economy.mint`.
    #[account(mut)]
    pub mint: UncheckedAccount<'info>,
    /// Debited.
    /// CHECK: by `meter.vault`.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// Credited for stakers.
    /// CHECK: by `economy.reward_vault`.
    #[account(mut)]
    pub reward_vault: UncheckedAccount<'info>,
    /// Credited.
    /// CHECK: by `economy.treasury_vault`.
    #[account(mut)]
    pub treasury_vault: UncheckedAccount<'info>,
    /// Signs for the economy's mint and vaults: its data-less address.
    /// CHECK: by `economy.authority`.
    pub authority: UncheckedAccount<'info>,
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
}

impl<'info> Collect<'info> {
    fn check(&self) -> Result<()> {
        check_meter(&self.economy, &self.mint, &self.meter, &self.vault)?;
        let economy = self.economy.open()?;
        has_one(&economy.authority, &self.authority)?;
        has_one(&economy.reward_vault, &self.reward_vault)?;
        has_one(&economy.treasury_vault, &self.treasury_vault)
    }

    #[inline(never)]
    fn apply(&self) -> Result<(Sweep, Collected)> {
        let token = Token::read(&self.mint, self.token_program.as_ref())?;
        let (bump, sweep) = {
            let economy = self.economy.open()?;
            let mut meter = self.meter.open_mut()?;
            let sweep = meter.sweep(&SweepRules::of(&economy, token.supply))?;
            ([economy.authority_bump], sweep)
        };
        let authority = Authority {
            info: &self.authority,
            economy: self.economy.as_ref().key,
            bump,
        };
        token.burn(&self.vault, &authority, sweep.burn)?;
        let rewards = Tokens::read("reward_vault", &self.reward_vault)?;
        let stakers = token.pay_out(&self.vault, &rewards, &authority, sweep.stakers)?;
        let treasury = Tokens::read("treasury_vault", &self.treasury_vault)?;
        let treasury = token.pay_out(&self.vault, &treasury, &authority, sweep.treasury)?;

        let mut meter = self.meter.open_mut()?;
        meter.swept(stakers, treasury)?;
        ensure!(
            balance(&self.vault)? >= meter.liability()?,
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
    ctx.accounts.check()?;
    let (sweep, event) = ctx.accounts.apply()?;
    if sweep == Sweep::default() {
        return Ok(());
    }
    emit(&ctx.accounts.event_authority, &event)
}
