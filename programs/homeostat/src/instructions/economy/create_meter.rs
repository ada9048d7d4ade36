//! Adds a meter (a payment shard) to a Draft.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use crate::{
    constants::*,
    error::HomeostatError,
    events::MeterCreated,
    seeds,
    state::{Economy, Meter},
};

/// Accounts of `create_meter`.
#[event_cpi]
#[derive(Accounts)]
#[instruction(shard: u8)]
pub struct CreateMeter<'info> {
    /// The economy's creator; pays the rent.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// In Draft.
    #[account(
        mut,
        has_one = creator @ HomeostatError::Unauthorized,
        has_one = authority,
        has_one = mint
    )]
    pub economy: AccountLoader<'info, Economy>,
    /// CHECK: by `economy.authority`.
    pub authority: UncheckedAccount<'info>,
    /// The economy's mint.
    #[account(mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// Created.
    #[account(
        init,
        payer = creator,
        space = Meter::SPACE,
        seeds = [seeds::METER, economy.key().as_ref(), &[shard]],
        bump
    )]
    pub meter: AccountLoader<'info, Meter>,
    /// Created.
    #[account(
        init,
        payer = creator,
        seeds = [seeds::FEES, meter.key().as_ref()],
        bump,
        token::mint = mint,
        token::authority = authority,
        token::token_program = token_program
    )]
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
    /// Creates the accounts.
    pub system_program: Program<'info, System>,
}

impl CreateMeter<'_> {
    fn validate(&self, shard: u8) -> Result<()> {
        let economy = self.economy.load()?;
        economy.require_draft()?;
        require!(
            usize::from(economy.meter_count) < MAX_METERS,
            HomeostatError::TooMany
        );
        // Shards are numbered as they come, so the SDK can list them.
        crate::state::economy::check("shard", shard == economy.meter_count)
    }

    #[inline(never)]
    fn apply(&self, shard: u8, bumps: &CreateMeterBumps) -> Result<()> {
        let mut economy = self.economy.load_mut()?;
        let slot = economy
            .meters
            .get_mut(usize::from(shard))
            .ok_or(HomeostatError::TooMany)?;
        *slot = self.meter.key();
        economy.meter_count = shard.checked_add(1).ok_or(HomeostatError::MathOverflow)?;

        let mut meter = self.meter.load_init()?;
        meter.version = LAYOUT_VERSION;
        meter.bump = bumps.meter;
        meter.vault_bump = bumps.vault;
        meter.shard = shard;
        meter.economy = self.economy.key();
        meter.vault = self.vault.key();
        meter.payer = self.creator.key();
        meter.invariant()
    }
}

/// Handles `create_meter`.
pub fn create_meter(ctx: Context<CreateMeter>, shard: u8) -> Result<()> {
    ctx.accounts.validate(shard)?;
    ctx.accounts.apply(shard, &ctx.bumps)?;
    emit_cpi!(MeterCreated {
        economy: ctx.accounts.economy.key(),
        meter: ctx.accounts.meter.key(),
        shard,
    });
    Ok(())
}
