//! The guardian pauses a section for a time, out of that section's budget.

use anchor_lang::prelude::*;

use super::Office;
use crate::{
    events::Paused,
    state::{AuditKind, AuditRecord, Economy, PauseReason, Section},
};

impl Office<'_> {
    #[inline(never)]
    fn pause(
        &self,
        section: Section,
        seconds: u32,
        reason: PauseReason,
        clock: &Clock,
    ) -> Result<Paused> {
        let mut economy = self.economy.load_mut()?;
        let old_until = paused_until(&economy, section);
        economy.pause(section, seconds, reason, clock.unix_timestamp)?;
        let new_until = paused_until(&economy, section);
        let mut record = AuditRecord::new(AuditKind::Paused, self.signer.key, clock);
        record.outcome = section as u8;
        record.value = new_until;
        Ok(Paused {
            economy: self.economy.key(),
            section,
            reason,
            old_until,
            new_until,
            record: record.append(&self.audit)?,
        })
    }
}

/// End of a section's pause, in force or past (unix seconds).
fn paused_until(economy: &Economy, section: Section) -> i64 {
    let pause = economy.pauses.get(section as usize);
    pause.map_or(0, |pause| pause.until)
}

/// Handles `pause`.
pub fn pause(
    ctx: Context<Office>,
    section: Section,
    seconds: u32,
    reason: PauseReason,
) -> Result<()> {
    ctx.accounts.validate_guardian()?;
    let event = ctx
        .accounts
        .pause(section, seconds, reason, &Clock::get()?)?;
    emit_cpi!(event);
    Ok(())
}
