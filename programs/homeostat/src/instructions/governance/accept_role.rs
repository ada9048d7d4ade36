//! The second step of a hand-over: the address that a proposal offered a role accepts it, and
//! whoever a Draft's creator appointed. Two steps, so that a role cannot be lost to a mistyped
//! address, or to one whose program cannot call.

use anchor_lang::prelude::*;
use solana_program::sysvar;

use crate::{
    events::{publish, RoleAccepted},
    instructions::caller::{require_caller, Nonce},
    state::{AuditKind, AuditLog, AuditRecord, Council, RoleKind},
};

/// Accounts of `accept_role`.
#[event_cpi]
#[derive(Accounts)]
pub struct AcceptRole<'info> {
    /// The address that was offered the role.
    pub signer: Signer<'info>,
    /// The council whose role gets a new holder.
    #[account(mut, has_one = audit)]
    pub council: AccountLoader<'info, Council>,
    /// The council's audit log; it gets the record.
    #[account(mut)]
    pub audit: AccountLoader<'info, AuditLog>,
    /// The instructions sysvar, which shows how this instruction was called.
    /// CHECK: bound by its address; only the runtime writes it.
    #[account(address = sysvar::instructions::ID)]
    pub instructions: UncheckedAccount<'info>,
}

impl AcceptRole<'_> {
    fn validate(&self, role: RoleKind) -> Result<()> {
        let via = self.council.load()?.offered_via(role, self.signer.key)?;
        require_caller(&self.instructions, &via, Nonce::Refused)
    }

    #[inline(never)]
    fn apply(&self, role: RoleKind, clock: &Clock) -> Result<RoleAccepted> {
        let mut council = self.council.load_mut()?;
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

/// The address that was offered the role calls it, itself or through the program of its seat.
///
/// 1. Refuses an address without a valid offer, and a call that its seat does not allow.
/// 2. Makes it the holder, and checks the whole council.
/// 3. Records the change in the audit log and publishes it.
pub fn accept_role(ctx: Context<AcceptRole>, role: RoleKind) -> Result<()> {
    ctx.accounts.validate(role)?;
    let event = ctx.accounts.apply(role, &Clock::get()?)?;
    publish(&ctx.accounts.event_authority, &event)
}
