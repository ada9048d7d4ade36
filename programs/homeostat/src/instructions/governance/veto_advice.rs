//! The guardian drops the pending advice before a crank applies it.

use anchor_lang::prelude::*;

use super::Office;
use crate::{
    events::{publish, AdviceVetoed},
    state::{AuditKind, AuditRecord},
};

impl Office<'_> {
    #[inline(never)]
    fn veto_advice(&self, clock: &Clock) -> Result<AdviceVetoed> {
        let mut economy = self.economy.load_mut()?;
        let mut record = AuditRecord::new(AuditKind::AdviceVetoed, self.signer.key, clock);
        record.outcome = economy.advice.parameter;
        economy.advice.drop_pending()?;
        Ok(AdviceVetoed {
            economy: self.economy.key(),
            record: record.append(&self.audit)?,
        })
    }
}

/// The guardian calls it while advice is pending. Drops the advice, records it in the audit
/// log and publishes it.
pub fn veto_advice(ctx: Context<Office>) -> Result<()> {
    ctx.accounts.validate_guardian()?;
    let event = ctx.accounts.veto_advice(&Clock::get()?)?;
    publish(&ctx.accounts.event_authority, &event)
}
