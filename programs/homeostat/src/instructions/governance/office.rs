//! What the guardian and the advisor do by themselves share these accounts and rules.

use anchor_lang::prelude::*;
use solana_program::sysvar;

use crate::{
    error::HomeostatError,
    instructions::caller::{require_caller, Nonce},
    state::{AuditLog, Council, Economy, RoleKind},
};

/// Accounts of `pause`, `advise` and `veto_advice`.
#[event_cpi]
#[derive(Accounts)]
pub struct Office<'info> {
    /// The guardian; for `advise` the advisor.
    pub signer: Signer<'info>,
    /// The economy; it must be live.
    #[account(mut, has_one = council)]
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's council, which knows guardian and advisor.
    #[account(has_one = audit)]
    pub council: AccountLoader<'info, Council>,
    /// The council's audit log; it gets the record.
    #[account(mut)]
    pub audit: AccountLoader<'info, AuditLog>,
    /// The instructions sysvar, which tells how the instruction was called.
    /// CHECK: bound by its address; only the runtime writes it.
    #[account(address = sysvar::instructions::ID)]
    pub instructions: UncheckedAccount<'info>,
}

impl Office<'_> {
    /// The guardian acts on a live economy. Such an act may be signed in advance: it only
    /// stops things.
    pub(super) fn validate_guardian(&self) -> Result<()> {
        self.validate(RoleKind::Guardian, Nonce::Accepted)
    }

    /// The advisor acts on a live economy, with a signature that expires.
    pub(super) fn validate_advisor(&self) -> Result<()> {
        self.validate(RoleKind::Advisor, Nonce::Refused)
    }

    #[inline(never)]
    fn validate(&self, role: RoleKind, nonce: Nonce) -> Result<()> {
        // signer
        let council = self.council.load()?;
        let seat = match role {
            RoleKind::Advisor => &council.advisor.holder,
            _ => &council.guardian.holder,
        };
        require!(seat.key == *self.signer.key, HomeostatError::Unauthorized);
        require_caller(&self.instructions, &seat.via, nonce)?;
        // economy
        self.economy.load()?.require_live()
    }
}
