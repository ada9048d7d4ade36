//! Makes room for more records in a log: that of decisions or that of governance and
//! safety. Anyone may, who pays the rent.

use anchor::Discriminator;

use crate::framework::prelude::*;

use crate::{
    constants::LOG_MAX_CAPACITY,
    error::HomeostatError,
    events::{emit, LogGrown},
    instructions::shared::*,
    state::{
        audit::AUDIT_SLOT_BYTES,
        economy::check,
        log::{Ring, SLOT_BYTES},
        AuditLog, DecisionLog, Economy,
    },
};

/// Bytes that an account grows by at most at a time.
const MAX_GROWTH: usize = 10_240;

/// Accounts of `grow_log`.
#[event_cpi]
#[derive(Accounts)]
pub struct GrowLog<'info> {
    /// Pays the rent of the new slots.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// Of the log.
    pub economy: AccountLoader<'info, Economy>,
    /// Grown: the decision log or the audit log.
    /// CHECK: by its owner, its type and the economy it names.
    #[account(mut)]
    pub log: UncheckedAccount<'info>,
    /// Moves the rent.
    pub system_program: Program<'info, System>,
}

impl GrowLog<'_> {
    /// The bytes of a slot and the slots so far.
    fn check(&self) -> Result<(usize, u32)> {
        // For its layout version; nothing in it is needed.
        self.economy.open()?;
        same(
            ErrorCode::AccountOwnedByWrongProgram,
            "log",
            &crate::ID,
            self.log.owner,
        )?;
        let data = self.log.try_borrow_data()?;
        let slot = if data.starts_with(DecisionLog::DISCRIMINATOR) {
            SLOT_BYTES
        } else {
            ensure!(
                data.starts_with(AuditLog::DISCRIMINATOR),
                ErrorCode::AccountDiscriminatorMismatch
            );
            AUDIT_SLOT_BYTES
        };
        let header = Ring::header(&data)?;
        has_one(&header.economy, self.economy.as_ref())?;
        Ok((slot, header.ring.allocated))
    }

    fn validate(slots: u32, slot: usize, old: u32) -> Result<u32> {
        ensure!(old < LOG_MAX_CAPACITY, HomeostatError::LogAtCapacity);
        let growth = slot.saturating_mul(slots as usize);
        check("slots", (1..=MAX_GROWTH).contains(&growth))?;
        Ok(old.saturating_add(slots).min(LOG_MAX_CAPACITY))
    }

    #[inline(never)]
    fn apply(&self, slot: usize, slots: u32) -> Result<()> {
        let space = Ring::space(slot, slots);
        let missing = rent_of(space)?.saturating_sub(self.log.lamports());
        transfer_lamports(&self.payer, &self.log, missing, &[])?;
        self.log.resize(space)?;
        // The ring takes the new slots in when it wraps next.
        let mut data = self.log.try_borrow_mut_data()?;
        Ring::split(&mut data)?.0.allocated = slots;
        Ok(())
    }
}

/// Handles `grow_log`.
pub fn grow_log(ctx: Context<GrowLog>, slots: u32) -> Result<()> {
    let (slot, old_slots) = ctx.accounts.check()?;
    let new_slots = GrowLog::validate(slots, slot, old_slots)?;
    ctx.accounts.apply(slot, new_slots)?;
    emit(
        &ctx.accounts.event_authority,
        &LogGrown {
            economy: ctx.accounts.economy.key(),
            log: ctx.accounts.log.key(),
            old_slots,
            new_slots,
        },
    )
}
