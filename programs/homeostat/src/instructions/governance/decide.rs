//! The six acts on a proposal: approve, withdraw the approval, veto, override the veto,
//! cancel, expire.

use anchor_lang::prelude::*;
use solana_program::sysvar;

use crate::{
    error::HomeostatError,
    events::{publish, Decided},
    instructions::caller::{require_caller, Nonce},
    state::{AuditKind, AuditLog, Council, Proposal},
};

/// Accounts of `approve`, `withdraw_approval`, `veto`, `override_veto`, `cancel` and
/// `expire`.
#[event_cpi]
#[derive(Accounts)]
pub struct Decide<'info> {
    /// A seated member of the council; for `veto` the guardian, for `expire` anyone.
    pub signer: Signer<'info>,
    /// The council that decides on the proposal.
    #[account(mut, has_one = audit)]
    pub council: AccountLoader<'info, Council>,
    /// The proposal that is decided upon.
    #[account(mut, has_one = council)]
    pub proposal: AccountLoader<'info, Proposal>,
    /// The council's audit log; it gets the record.
    #[account(mut)]
    pub audit: AccountLoader<'info, AuditLog>,
    /// The instructions sysvar, which shows how this instruction was called.
    /// CHECK: bound by its address; only the runtime writes it.
    #[account(address = sysvar::instructions::ID)]
    pub instructions: UncheckedAccount<'info>,
}

/// What an act refuses, and then its effect on a proposal and on its council's count of open
/// ones, at a time (unix seconds).
type Act<'a> = &'a dyn Fn(&mut Council, &mut Proposal, i64) -> Result<()>;

impl Decide<'_> {
    /// The signer's place in the council. Refuses who is not seated, and a call that the
    /// seat does not allow.
    fn validate_member(&self, council: &Council) -> Result<usize> {
        let place = council.place(self.signer.key)?;
        let via = &council.member(place)?.seat.via;
        require_caller(&self.instructions, via, Nonce::Refused)?;
        Ok(place)
    }

    /// Refuses anybody but the guardian, and a call that the guardian's seat does not
    /// allow. A veto may be signed in advance: it only stops things.
    fn validate_guardian(&self, council: &Council) -> Result<()> {
        let guardian = &council.guardian.holder;
        require!(
            guardian.key == *self.signer.key,
            HomeostatError::MissingPermission
        );
        require_caller(&self.instructions, &guardian.via, Nonce::Accepted)
    }

    /// Does the act on the proposal with that index, checks the council, and records it in the
    /// audit log.
    #[inline(never)]
    fn apply(&self, kind: AuditKind, index: u64, act: Act, clock: &Clock) -> Result<Decided> {
        let mut council = self.council.load_mut()?;
        let mut proposal = self.proposal.load_mut()?;
        proposal.require_index(index)?;
        let old_state = proposal.state;
        act(&mut council, &mut proposal, clock.unix_timestamp)?;
        council.invariant()?;
        let record = proposal
            .record(kind, self.signer.key, &self.proposal.key(), clock)
            .append(&self.audit)?;
        Ok(decided(
            &proposal,
            self.proposal.key(),
            kind,
            old_state,
            record,
        ))
    }
}

/// The event of an act on the proposal at `key`, which was in `old_state` before.
pub(super) fn decided(
    proposal: &Proposal,
    key: Pubkey,
    kind: AuditKind,
    old_state: u8,
    record: Vec<u8>,
) -> Decided {
    Decided {
        economy: proposal.economy,
        proposal: key,
        kind,
        old_state,
        new_state: proposal.state,
        eta: proposal.eta,
        expires_at: proposal.expires_at,
        record,
    }
}

/// The end of all six handlers: the act, its record and its event.
#[inline(never)]
fn decide(ctx: &Context<Decide>, kind: AuditKind, index: u64, act: Act) -> Result<()> {
    let event = ctx.accounts.apply(kind, index, act, &Clock::get()?)?;
    publish(&ctx.accounts.event_authority, &event)
}

/// A seated member calls it. The proposal's address follows from its actions, so no display can
/// pass one proposal off as another, and its index tells it from others with the same actions.
pub fn approve(ctx: Context<Decide>, index: u64) -> Result<()> {
    decide(
        &ctx,
        AuditKind::Approved,
        index,
        &|council, proposal, now| {
            let place = ctx.accounts.validate_member(council)?;
            proposal.approve(council, place, now)
        },
    )
}

/// A seated member calls it and withdraws its approval.
pub fn withdraw_approval(ctx: Context<Decide>, index: u64) -> Result<()> {
    decide(
        &ctx,
        AuditKind::Withdrawn,
        index,
        &|council, proposal, now| {
            let place = ctx.accounts.validate_member(council)?;
            proposal.withdraw(council, place, now)
        },
    )
}

/// The guardian calls it and stops a proposal, approved or not.
pub fn veto(ctx: Context<Decide>, index: u64) -> Result<()> {
    decide(&ctx, AuditKind::Vetoed, index, &|council, proposal, now| {
        ctx.accounts.validate_guardian(council)?;
        proposal.veto(council, now)?;
        council.close_proposal(proposal.place, proposal.proposer_id);
        Ok(())
    })
}

/// A seated member calls it and votes to lift the guardian's veto of its own replacement. The
/// vote that suffices queues the proposal again.
pub fn override_veto(ctx: Context<Decide>, index: u64) -> Result<()> {
    decide(
        &ctx,
        AuditKind::Overridden,
        index,
        &|council, proposal, now| {
            let place = ctx.accounts.validate_member(council)?;
            if proposal.override_veto(council, place, now)? {
                council.reopen_proposal(proposal.place, proposal.proposer_id);
            }
            Ok(())
        },
    )
}

/// The proposer calls it for an active proposal that nobody else approves; for a queued one each member who wants it
/// cancelled does, and it takes a threshold of them.
pub fn cancel(ctx: Context<Decide>, index: u64) -> Result<()> {
    decide(
        &ctx,
        AuditKind::Cancelled,
        index,
        &|council, proposal, now| {
            let place = ctx.accounts.validate_member(council)?;
            if proposal.cancel(council, place, now)? {
                council.close_proposal(proposal.place, proposal.proposer_id);
            }
            Ok(())
        },
    )
}

/// Anyone calls it once a proposal's time is up, so that it no longer counts as open.
pub fn expire(ctx: Context<Decide>, index: u64) -> Result<()> {
    decide(
        &ctx,
        AuditKind::Expired,
        index,
        &|council, proposal, now| {
            proposal.expire(council, now)?;
            council.close_proposal(proposal.place, proposal.proposer_id);
            Ok(())
        },
    )
}
