//! Adds a meter, a shard of the payments, to a Draft, or to a live economy if a proposal
//! allowed it.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use super::permit::require_permit;
use crate::{
    constants::*,
    error::{check, HomeostatError},
    events::{publish, MeterCreated},
    seeds,
    state::{Council, Economy, Meter},
};

/// Accounts of `create_meter`.
#[event_cpi]
#[derive(Accounts)]
#[instruction(shard: u8)]
pub struct CreateMeter<'info> {
    /// Pays the rent; the economy's creator, once it is live anyone.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// The economy; it must be a Draft, or live with a proposal that allowed the meter.
    #[account(mut, has_one = authority, has_one = mint)]
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's data-less address that signs for its mint and vaults.
    pub authority: SystemAccount<'info>,
    /// The mint of the economy's token.
    #[account(mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// The meter; it is created.
    #[account(
        init,
        payer = creator,
        space = Meter::SPACE,
        seeds = [seeds::METER, economy.key().as_ref(), &shard.to_le_bytes()],
        bump,
    )]
    pub meter: AccountLoader<'info, Meter>,
    /// The meter's fee vault; it is created.
    #[account(
        init,
        payer = creator,
        token::mint = mint,
        token::authority = authority,
        token::token_program = token_program,
        seeds = [seeds::FEES, meter.key().as_ref()],
        bump,
    )]
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The economy's council; needed once the economy is live.
    #[account(mut, has_one = economy)]
    pub council: Option<AccountLoader<'info, Council>>,
    /// The token program that the mint belongs to.
    pub token_program: Interface<'info, TokenInterface>,
    /// The system program, which creates the accounts.
    pub system_program: Program<'info, System>,
}

impl CreateMeter<'_> {
    fn validate(&self, shard: u8) -> Result<()> {
        let economy = self.economy.load()?;
        require_permit(&economy, &self.creator, self.council.as_ref(), |permit| {
            permit.meters = permit.meters.checked_sub(1)?;
            Some(())
        })?;
        require!(
            usize::from(economy.meter_count) < MAX_METERS,
            HomeostatError::TooMany
        );
        // Shards are numbered in the order of their creation, so that the SDK can list them.
        check("shard", shard == economy.meter_count)
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
        meter.bump = bumps.meter;
        meter.vault_bump = bumps.vault;
        meter.shard = shard;
        meter.economy = self.economy.key();
        meter.vault = self.vault.key();
        meter.payer = self.creator.key();
        meter.invariant()
    }
}

/// The creator of a Draft calls it; in a live economy anyone, if a proposal allowed it.
/// Creates the meter with the next free shard number, and its fee vault.
pub fn create_meter(ctx: Context<CreateMeter>, shard: u8) -> Result<()> {
    ctx.accounts.validate(shard)?;
    ctx.accounts.apply(shard, &ctx.bumps)?;
    publish(
        &ctx.accounts.event_authority,
        &MeterCreated {
            economy: ctx.accounts.economy.key(),
            meter: ctx.accounts.meter.key(),
            shard,
        },
    )
}
