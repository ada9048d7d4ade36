//! The guardian pauses a section for a time, which is charged to that section's budget.

use anchor_lang::prelude::*;

use super::Office;
use crate::{
    events::{publish, Paused},
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

/// The end of a section's last pause (unix seconds); 0 = it never was paused.
fn paused_until(economy: &Economy, section: Section) -> i64 {
    let pause = economy.pauses.get(section as usize);
    pause.map_or(0, |pause| pause.until)
}

/// The guardian calls it.
///
/// 1. Refuses anybody else, and more `seconds` than are left of the section's budget.
/// 2. Stores the pause with its end.
/// 3. Records it in the audit log and publishes it.
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
    publish(&ctx.accounts.event_authority, &event)
}
