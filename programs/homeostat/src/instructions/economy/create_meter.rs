//! Adds a meter (a payment shard) to a Draft, or one that a proposal allowed.

use crate::framework::prelude::*;
use anchor_spl::token_interface::TokenInterface;

use crate::{
    constants::*,
    error::HomeostatError,
    events::{emit, MeterCreated},
    instructions::shared::*,
    seeds,
    state::{Council, Economy, Meter},
};

/// Accounts of `create_meter`.
#[event_cpi]
#[derive(Accounts)]
pub struct CreateMeter<'info> {
    /// The economy's creator; once live, anyone. Pays the rent.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// In Draft, or allowed by a proposal.
    #[account(mut)]
    pub economy: AccountLoader<'info, Economy>,
    /// Signs for the economy's mint and vaults: its data-less address.
    /// CHECK: by `economy.authority`.
    pub authority: UncheckedAccount<'info>,
    /// The economy's mint.
    /// CHECK: by `economy.mint`.
    pub mint: UncheckedAccount<'info>,
    /// Created.
    /// CHECK: by its seeds.
    #[account(mut)]
    pub meter: UncheckedAccount<'info>,
    /// Created.
    /// CHECK: by its seeds.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// The economy's council, once live.
    #[account(mut)]
    pub council: Option<AccountLoader<'info, Council>>,
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
    /// Creates the accounts.
    pub system_program: Program<'info, System>,
}

impl CreateMeter<'_> {
    fn check(&self) -> Result<()> {
        let economy = self.economy.open()?;
        require_permit(
            &economy,
            self.creator.key,
            self.council.as_ref(),
            |permit| {
                permit.meters = permit.meters.checked_sub(1)?;
                Some(())
            },
        )?;
        has_one(&economy.authority, &self.authority)?;
        has_one(&economy.mint, &self.mint)
    }

    fn validate(&self, shard: u8) -> Result<()> {
        let economy = self.economy.open()?;
        ensure!(
            usize::from(economy.meter_count) < MAX_METERS,
            HomeostatError::TooMany
        );
        // Shards are numbered as they come, so the SDK can list them.
        crate::state::economy::check("shard", shard == economy.meter_count)
    }

    #[inline(never)]
    fn apply(&self, shard: u8) -> Result<()> {
        let key = self.economy.key();
        let mut economy = self.economy.open_mut()?;
        let slot = economy
            .meters
            .get_mut(usize::from(shard))
            .ok_or(HomeostatError::TooMany)?;
        *slot = self.meter.key();
        economy.meter_count = shard.checked_add(1).ok_or(HomeostatError::MathOverflow)?;

        let creator = Creator {
            payer: &self.creator,
        };
        let (mut meter, bump) = creator.state::<Meter>(
            "meter",
            &self.meter,
            Meter::SPACE,
            &[seeds::METER, key.as_ref(), &[shard]],
        )?;
        let vault_bump = creator.vault(
            "vault",
            &self.vault,
            &Token::read(&self.mint, self.token_program.as_ref())?,
            self.authority.key,
            &[seeds::FEES, self.meter.key.as_ref()],
        )?;
        meter.bump = bump;
        meter.vault_bump = vault_bump;
        meter.shard = shard;
        meter.economy = key;
        meter.vault = self.vault.key();
        meter.payer = self.creator.key();
        meter.invariant()
    }
}

/// Handles `create_meter`.
pub fn create_meter(ctx: Context<CreateMeter>, shard: u8) -> Result<()> {
    ctx.accounts.check()?;
    ctx.accounts.validate(shard)?;
    ctx.accounts.apply(shard)?;
    emit(
        &ctx.accounts.event_authority,
        &MeterCreated {
            economy: ctx.accounts.economy.key(),
            meter: ctx.accounts.meter.key(),
            shard,
        },
    )
}
