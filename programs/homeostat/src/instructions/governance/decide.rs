//! What members, the guardian and time do to a proposal.

use crate::framework::prelude::*;

use crate::{
    error::HomeostatError,
    events::{emit_outcome, Decided},
    instructions::{caller::*, shared::*},
    state::{AuditKind, Council, Proposal},
};

/// Accounts of `approve`, `withdraw_approval`, `veto`, `override_veto`, `cancel` and
/// `expire`.
#[event_cpi]
#[derive(Accounts)]
pub struct Decide<'info> {
    /// A seated member; for `veto` the guardian, for `expire` anybody.
    pub signer: Signer<'info>,
    /// The proposal's council.
    #[account(mut)]
    pub council: AccountLoader<'info, Council>,
    /// Decided upon.
    #[account(mut)]
    pub proposal: AccountLoader<'info, Proposal>,
    /// Gets the record.
    /// CHECK: by `council.audit`.
    #[account(mut)]
    pub audit: UncheckedAccount<'info>,
    /// The transaction's instructions.
    /// CHECK: by its address.
    pub instructions: UncheckedAccount<'info>,
}

impl Decide<'_> {
    fn check(&self) -> Result<()> {
        let proposal = self.proposal.open()?;
        has_one(&proposal.council, self.council.as_ref())?;
        has_one(&self.council.open()?.audit, &self.audit)
    }

    /// The signer's place, if a place is what the act needs.
    fn validate(&self, kind: AuditKind) -> Result<usize> {
        let council = self.council.open()?;
        let signer = self.signer.key;
        match kind {
            AuditKind::Expired => Ok(usize::MAX),
            AuditKind::Vetoed => {
                let guardian = &council.guardian.holder;
                ensure!(guardian.key == *signer, HomeostatError::MissingPermission);
                require_caller(&self.instructions, &guardian.via, Nonce::Accepted)?;
                Ok(usize::MAX)
            }
            _ => {
                let place = council.place(signer)?;
                let via = &council.member(place)?.seat.via;
                require_caller(&self.instructions, via, Nonce::Refused)?;
                Ok(place)
            }
        }
    }

    #[inline(never)]
    fn apply(&self, kind: AuditKind, place: usize, clock: &Clock) -> Result<Decided> {
        let now = clock.unix_timestamp;
        let mut council = self.council.open_mut()?;
        let council = &mut *council;
        let mut proposal = self.proposal.open_mut()?;
        let proposal = &mut *proposal;
        let old_state = proposal.state;
        let ended = match kind {
            AuditKind::Approved => proposal.approve(council, place, now).map(|()| false),
            AuditKind::Withdrawn => proposal.withdraw(council, place, now).map(|()| false),
            AuditKind::Vetoed => proposal.veto(now).map(|()| true),
            AuditKind::Cancelled => proposal.cancel(council, place, now),
            AuditKind::Overridden => {
                if proposal.override_veto(council, place, now)? {
                    council.reopen_proposal(proposal.place, proposal.proposer_id);
                }
                Ok(false)
            }
            _ => proposal.expire(now).map(|()| true),
        }?;
        if ended {
            council.close_proposal(proposal.place, proposal.proposer_id);
        }
        council.invariant()?;
        let record = proposal
            .record(kind, self.signer.key, &self.proposal.key(), clock)
            .append(&self.audit)?;
        Ok(Decided {
            economy: proposal.economy,
            proposal: self.proposal.key(),
            kind,
            old_state,
            new_state: proposal.state,
            eta: proposal.eta,
            expires_at: proposal.expires_at,
            record,
        })
    }

    #[inline(never)]
    fn decide(&self, kind: AuditKind) -> Result<()> {
        let clock = clock()?;
        self.check()?;
        let place = self.validate(kind)?;
        emit_outcome(&self.event_authority, &self.apply(kind, place, &clock))
    }
}

/// Handles `approve`. `digest` is that of the actions that were read.
pub fn approve(ctx: Context<Decide>, digest: [u8; 32]) -> Result<()> {
    ensure!(
        ctx.accounts.proposal.open()?.digest == digest,
        HomeostatError::WrongDigest
    );
    ctx.accounts.decide(AuditKind::Approved)
}

/// Handles `withdraw_approval`.
pub fn withdraw_approval(ctx: Context<Decide>) -> Result<()> {
    ctx.accounts.decide(AuditKind::Withdrawn)
}

/// Handles `veto`.
pub fn veto(ctx: Context<Decide>) -> Result<()> {
    ctx.accounts.decide(AuditKind::Vetoed)
}

/// Handles `override_veto`.
pub fn override_veto(ctx: Context<Decide>) -> Result<()> {
    ctx.accounts.decide(AuditKind::Overridden)
}

/// Handles `cancel`.
pub fn cancel(ctx: Context<Decide>) -> Result<()> {
    ctx.accounts.decide(AuditKind::Cancelled)
}

/// Handles `expire`.
pub fn expire(ctx: Context<Decide>) -> Result<()> {
    ctx.accounts.decide(AuditKind::Expired)
}
