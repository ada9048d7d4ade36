//! Moves a meter's fees: burns some and sweeps the rest to stakers and treasury. Anyone may
//! call it. It only moves tokens; no crank has to wait for it.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use crate::{
    events::{publish, Collected},
    instructions::tokens::{require_covered, Authority, Token},
    state::{
        meter::{Sweep, SweepRules},
        Economy, Meter,
    },
};

/// Accounts of `collect`.
#[event_cpi]
#[derive(Accounts)]
pub struct Collect<'info> {
    /// The economy, at any stage of life; it counts what its period has burned.
    #[account(
        mut,
        has_one = mint,
        has_one = reward_vault,
        has_one = treasury_vault,
        has_one = authority,
    )]
    pub economy: AccountLoader<'info, Economy>,
    /// The meter whose fees are moved.
    #[account(mut, has_one = economy, has_one = vault)]
    pub meter: AccountLoader<'info, Meter>,
    /// The mint of the economy's token; burns lower its supply.
    #[account(mut, dup, mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// The meter's fee vault; it is emptied.
    #[account(mut, dup)]
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The economy's reward vault; it is credited with the stakers' part.
    #[account(mut, dup)]
    pub reward_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The economy's treasury vault; it is credited with the treasury's part.
    #[account(mut, dup)]
    pub treasury_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The economy's data-less address that signs for its mint and vaults.
    pub authority: SystemAccount<'info>,
    /// The token program that the mint belongs to.
    pub token_program: Interface<'info, TokenInterface>,
}

impl Collect<'_> {
    /// Moves the fees out of the meter's vault, and counts what the other vaults really
    /// received. Refuses where the vault then contains less than the meter counts
    /// (`InsolventVault`).
    #[inline(never)]
    fn apply(&self) -> Result<(Sweep, Collected)> {
        let key = self.economy.key();
        let (bump, sweep) = {
            let mut economy = self.economy.load_mut()?;
            let rules = SweepRules::of(&economy, self.mint.supply);
            let sweep = self.meter.load_mut()?.sweep(&rules)?;
            economy.count_burn(sweep.burn);
            ([economy.authority_bump], sweep)
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
        token.burn(&self.vault, &authority, sweep.burn)?;
        let stakers = token.pay_out(&self.vault, &self.reward_vault, &authority, sweep.stakers)?;
        let treasury = token.pay_out(
            &self.vault,
            &self.treasury_vault,
            &authority,
            sweep.treasury,
        )?;

        let mut meter = self.meter.load_mut()?;
        meter.swept(stakers, treasury)?;
        require_covered(&self.vault, meter.liability()?)?;
        let event = Collected {
            economy: key,
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

/// Anyone calls it, at any stage of the economy's life.
///
/// 1. Decides what is burned, what goes to stakers and what to the treasury.
/// 2. Burns and transfers, and counts what arrived.
/// 3. Publishes what was moved; without anything to move there is no event.
pub fn collect(ctx: Context<Collect>) -> Result<()> {
    let (sweep, event) = ctx.accounts.apply()?;
    if sweep != Sweep::default() {
        publish(&ctx.accounts.event_authority, &event)?;
    }
    Ok(())
}
