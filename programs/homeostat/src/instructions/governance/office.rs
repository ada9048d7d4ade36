//! The accounts and rules of what the guardian and the advisor do by themselves: `pause`,
//! `advise` and `veto_advice`.

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
    /// The economy's council, which names guardian and advisor.
    #[account(has_one = audit)]
    pub council: AccountLoader<'info, Council>,
    /// The council's audit log; it gets the record.
    #[account(mut)]
    pub audit: AccountLoader<'info, AuditLog>,
    /// The instructions sysvar, which shows how this instruction was called.
    /// CHECK: bound by its address; only the runtime writes it.
    #[account(address = sysvar::instructions::ID)]
    pub instructions: UncheckedAccount<'info>,
}

impl Office<'_> {
    /// Refuses anybody but the guardian, and an economy that is not live. The guardian may
    /// sign in advance, with a durable nonce, because a pause or veto only stops things.
    pub(super) fn validate_guardian(&self) -> Result<()> {
        self.validate(RoleKind::Guardian, Nonce::Accepted)
    }

    /// Refuses anybody but the advisor, an economy that is not live, and a durable nonce: old
    /// advice must not be sent later.
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
