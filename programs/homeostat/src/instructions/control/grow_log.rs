//! Makes room for more decisions in the log. Anyone may, who pays the rent.

use anchor_lang::prelude::*;

use crate::{
    constants::LOG_MAX_CAPACITY,
    error::HomeostatError,
    events::{emit, LogGrown},
    instructions::shared::*,
    state::{log::SLOT_BYTES, DecisionLog, Economy},
};

/// Most slots one call can add: an account grows by 10,240 bytes at a time.
const MAX_STEP: u32 = 10_240 / SLOT_BYTES as u32;

/// Accounts of `grow_log`.
#[event_cpi]
#[derive(Accounts)]
pub struct GrowLog<'info> {
    /// Pays the rent of the new slots.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// Of the log.
    pub economy: AccountLoader<'info, Economy>,
    /// Grown.
    #[account(mut)]
    pub log: AccountLoader<'info, DecisionLog>,
    /// Moves the rent.
    pub system_program: Program<'info, System>,
}

impl GrowLog<'_> {
    fn check(&self) -> Result<()> {
        has_one("economy", &self.economy.load()?.log, self.log.as_ref())?;
        has_one("log", &self.log.load()?.economy, self.economy.as_ref())
    }

    fn validate(&self, slots: u32) -> Result<(u32, u32)> {
        let old = self.log.load()?.allocated;
        ensure!(old < LOG_MAX_CAPACITY, HomeostatError::LogAtCapacity);
        crate::state::economy::check("slots", (1..=MAX_STEP).contains(&slots))?;
        Ok((old, old.saturating_add(slots).min(LOG_MAX_CAPACITY)))
    }

    #[inline(never)]
    fn apply(&self, slots: u32) -> Result<()> {
        let info = self.log.to_account_info();
        let space = DecisionLog::space(slots);
        let missing = Rent::get()?
            .minimum_balance(space)
            .saturating_sub(info.lamports());
        transfer_lamports(&self.payer, &info, missing, &[])?;
        info.resize(space)?;
        // The ring takes the new slots in when it wraps next.
        self.log.load_mut()?.ring.allocated = slots;
        Ok(())
    }
}

/// Handles `grow_log`.
pub fn grow_log(ctx: Context<GrowLog>, slots: u32) -> Result<()> {
    ctx.accounts.check()?;
    let (old_slots, new_slots) = ctx.accounts.validate(slots)?;
    ctx.accounts.apply(new_slots)?;
    emit(
        &ctx.accounts.event_authority,
        &LogGrown {
            economy: ctx.accounts.economy.key(),
            old_slots,
            new_slots,
        },
    )
}
