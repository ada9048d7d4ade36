//! The second step of a hand-over: whom a proposal offered a role takes it.

use crate::framework::prelude::*;

use crate::{
    events::{emit_outcome, RoleAccepted},
    instructions::{caller::*, shared::*},
    state::{AuditKind, AuditRecord, Council, RoleKind},
};

/// Accounts of `accept_role`.
#[event_cpi]
#[derive(Accounts)]
pub struct AcceptRole<'info> {
    /// Was offered the role.
    pub signer: Signer<'info>,
    /// Gets a new holder.
    #[account(mut)]
    pub council: AccountLoader<'info, Council>,
    /// Gets the record.
    /// CHECK: by `council.audit`.
    #[account(mut)]
    pub audit: UncheckedAccount<'info>,
    /// The transaction's instructions.
    /// CHECK: by its address.
    pub instructions: UncheckedAccount<'info>,
}

impl AcceptRole<'_> {
    fn check(&self, role: RoleKind) -> Result<()> {
        let council = self.council.open()?;
        has_one(&council.audit, &self.audit)?;
        let via = council.offered_via(role, self.signer.key)?;
        require_caller(&self.instructions, &via, Nonce::Refused)
    }

    fn apply(&self, role: RoleKind, clock: &Clock) -> Result<RoleAccepted> {
        let mut council = self.council.open_mut()?;
        let before = council.accept(role, self.signer.key, clock.unix_timestamp)?;
        council.validate()?;
        let mut record = AuditRecord::new(AuditKind::RoleAccepted, self.signer.key, clock);
        record.subject = before;
        record.outcome = role as u8;
        let record = record.append(&self.audit)?;
        Ok(RoleAccepted {
            economy: council.economy,
            role,
            old_holder: before,
            new_holder: self.signer.key(),
            record,
        })
    }
}

/// Handles `accept_role`.
pub fn accept_role(ctx: Context<AcceptRole>, role: RoleKind) -> Result<()> {
    let clock = clock()?;
    ctx.accounts.check(role)?;
    emit_outcome(
        &ctx.accounts.event_authority,
        &ctx.accounts.apply(role, &clock),
    )
}
