//! A proposal: actions that wait, and who is for or against them. Its states and what moves
//! it from one to the next are in `life.rs`.

mod life;
mod reason;
mod support;

pub use reason::Reason;

use anchor_lang::prelude::*;

use super::{
    action::Action,
    audit::{AuditKind, AuditRecord},
    council::Delays,
    layout::space,
};
use crate::{constants::*, error::HomeostatError};

/// The state of a proposal. Every state after `Queued` is final, except that members can
/// lift a guardian's veto of the guardian's own replacement.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum ProposalState {
    /// The proposal collects approvals.
    Active = 1,
    /// The proposal has the threshold and waits for its eta.
    Queued = 2,
    /// The actions were carried out.
    Executed = 3,
    /// The guardian or the stakers stopped the proposal.
    Vetoed = 4,
    /// Its proposer or a threshold of members took the proposal back.
    Cancelled = 5,
    /// The proposal was not approved or not executed in time.
    Expired = 6,
}

/// One proposal. Its actions never change, and nothing that it is measured by does.
///
/// The address follows from the actions: nobody can occupy it with anything else, and the same
/// actions cannot be decided upon twice at a time. Once it is final, the same actions can be
/// proposed again at the same address; `index` tells the two apart.
#[account(zero_copy, discriminator = b"proposa\x01")]
#[derive(Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The canonical bump of the address.
    pub bump: u8,
    /// The `Class` as a number, as of when it was made.
    pub class: u8,
    /// The `ProposalState` as a number.
    pub state: u8,
    /// The number of actions.
    pub action_count: u8,
    /// The proposer's place in the council.
    pub place: u8,
    /// 1 if every action only lets go of something, so that no guardian can veto it.
    pub resumes: u8,
    /// 1 if all it does is offer the guardian's role to another.
    pub replaces_guardian: u8,
    /// 1 if members lifted the guardian's veto; there is no second one.
    pub overridden: u8,
    /// 1 if stakers vetoed it, which nobody can lift.
    pub vetoed_by_stakers: u8,
    /// The number of bytes in use of `reason_uri`; 0 = no reason was given.
    pub reason_uri_len: u8,
    /// The number of bytes in use of `actions`.
    pub actions_len: u16,
    /// The number of the proposer's membership.
    pub proposer_id: u32,
    /// The economy that it changes.
    pub economy: Pubkey,
    /// The council that decides.
    pub council: Pubkey,
    /// Its position among the economy's proposals, from 0. Every act on a proposal names it.
    pub index: u64,
    /// The member who made it.
    pub proposer: Pubkey,
    /// The payer of the rent, who gets it back.
    pub payer: Pubkey,
    /// The sha256 of the actions' bytes; part of the address.
    pub digest: [u8; 32],
    /// The time at which it was made (unix seconds).
    pub created_at: i64,
    /// The slot in which it was made.
    pub created_slot: u64,
    /// The last second in which it can reach the threshold (unix seconds).
    pub active_until: i64,
    /// The time since when it has had enough approvals (unix seconds); 0 while it has not.
    pub queued_at: i64,
    /// The earliest execution (unix seconds); fixed when the threshold is reached.
    pub eta: i64,
    /// The last second of execution (unix seconds); fixed with the eta.
    pub expires_at: i64,
    /// The time at which it became final or was vetoed (unix seconds).
    pub ended_at: i64,
    /// Ballots weigh the stake that was there before this moment (unix seconds): when it first
    /// had enough approvals. It stays when support is lost; 0 = it never had enough.
    pub snapshot_at: i64,
    /// The stake whose ballots are against it (base units).
    pub veto_weight: u64,
    /// The stake that the ballots are a share of (base units), as of its making; above 0.
    pub veto_base: u64,
    /// The memberships that approve, by place.
    pub approvals: [u32; MAX_MEMBERS],
    /// The memberships that voted to lift the guardian's veto, by place.
    pub overrides: [u32; MAX_MEMBERS],
    /// The memberships that voted to cancel it since it was queued last, by place.
    pub cancels: [u32; MAX_MEMBERS],
    /// The sha256 of the text that says why it was made.
    pub reason_sha256: [u8; 32],
    /// The address of that text, in ASCII.
    pub reason_uri: [u8; MAX_REASON_URI],
    /// The council's delays and the stakers' share as of its making.
    pub delays: Delays,
    /// The actions as Borsh writes them, one after the other.
    pub actions: [u8; MAX_ACTION_BYTES],
}

const _: () = assert!(core::mem::size_of::<Proposal>() == 1_264);

impl Proposal {
    /// Bytes of the account.
    pub const SPACE: usize = space::<Self>();

    /// True when the proposal is in that state.
    pub const fn is(&self, state: ProposalState) -> bool {
        self.state == state as u8
    }

    /// True while approvals, ballots and vetoes count.
    pub const fn is_open(&self) -> bool {
        self.is(ProposalState::Active) || self.is(ProposalState::Queued)
    }

    /// Refuses unless it is the one that is meant (`WrongProposal`): an approval, a vote or a
    /// veto of an earlier proposal of the same actions must not count for this one.
    pub fn require_index(&self, index: u64) -> Result<()> {
        require!(self.index == index, HomeostatError::WrongProposal);
        Ok(())
    }

    /// Refuses any other state (`InvalidState`).
    pub fn require(&self, state: ProposalState) -> Result<()> {
        require!(self.is(state), HomeostatError::InvalidState);
        Ok(())
    }

    /// Refuses a proposal on which approvals and vetoes no longer count (`InvalidState`,
    /// `ProposalExpired`).
    pub fn require_open(&self, now: i64) -> Result<()> {
        require!(self.is_open(), HomeostatError::InvalidState);
        require!(!self.is_late(now), HomeostatError::ProposalExpired);
        Ok(())
    }

    /// True when its time is up, even if nobody has called `expire` yet.
    pub fn is_late(&self, now: i64) -> bool {
        (self.is(ProposalState::Active) && now > self.active_until)
            || (self.is(ProposalState::Queued) && now > self.expires_at)
    }

    /// The bytes of actions as Borsh writes them, one after the other. Refuses none, more than
    /// four, and more bytes than a proposal holds (`BadActions`).
    pub fn encode(actions: &[Action]) -> Result<Vec<u8>> {
        require!(
            (1..=MAX_ACTIONS).contains(&actions.len()),
            HomeostatError::BadActions
        );
        let mut bytes = Vec::with_capacity(MAX_ACTION_BYTES);
        for action in actions {
            action
                .serialize(&mut bytes)
                .map_err(|_| error!(HomeostatError::BadActions))?;
        }
        require!(bytes.len() <= MAX_ACTION_BYTES, HomeostatError::BadActions);
        Ok(bytes)
    }

    /// Stores actions and what follows from them; `bytes` is what [`encode`](Self::encode)
    /// made of them, and `digest` its sha256.
    pub fn write(&mut self, actions: &[Action], bytes: &[u8], digest: [u8; 32]) -> Result<()> {
        self.actions
            .get_mut(..bytes.len())
            .ok_or(HomeostatError::BadActions)?
            .copy_from_slice(bytes);
        // The casts lose nothing: there are at most `MAX_ACTIONS` actions of at most
        // `MAX_ACTION_BYTES` bytes.
        self.action_count = actions.len() as u8;
        self.actions_len = bytes.len() as u16;
        self.digest = digest;
        self.resumes = u8::from(actions.iter().all(Action::resumes));
        self.replaces_guardian = u8::from(matches!(actions, [Action::Guardian { .. }]));
        Ok(())
    }

    /// The stored bytes of the actions, one after the other.
    pub fn action_bytes(&self) -> &[u8] {
        self.actions
            .get(..usize::from(self.actions_len))
            .unwrap_or_default()
    }

    /// A record of what `actor` did to the proposal. `subject` is the proposal's address, or
    /// what else [`AuditKind`] says.
    pub fn record(
        &self,
        kind: AuditKind,
        actor: &Pubkey,
        subject: &Pubkey,
        clock: &Clock,
    ) -> AuditRecord {
        let mut record = AuditRecord::new(kind, actor, clock);
        record.proposal = self.index;
        record.subject = *subject;
        record.digest = self.digest;
        record.outcome = self.state;
        record.value = self.eta;
        record
    }

    /// Decodes the stored actions.
    pub fn read(&self) -> Result<Vec<Action>> {
        let mut bytes = self.action_bytes();
        let mut actions = Vec::with_capacity(usize::from(self.action_count));
        for _ in 0..self.action_count {
            let action = Action::deserialize(&mut bytes)
                .map_err(|_| error!(HomeostatError::InvariantViolated))?;
            actions.push(action);
        }
        Ok(actions)
    }
}
