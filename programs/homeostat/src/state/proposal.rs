//! A proposal: actions that wait, and who is for or against them.

use crate::prelude::*;
use solana_program::hash::hash;

use super::{
    action::{Action, Actions},
    audit::{AuditKind, AuditRecord},
    council::{Class, Council},
    number::mul_div_ceil,
    take::take,
};
use crate::{
    constants::*,
    error::{refuse, HomeostatError},
};

/// Stage of a proposal. Whatever comes after `Queued` is final, but for a guardian's
/// veto of its own replacement.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum ProposalState {
    /// Collects approvals.
    Active = 1,
    /// Has the threshold and waits for its eta.
    Queued = 2,
    /// Done.
    Executed = 3,
    /// Stopped by the guardian or by stakers.
    Vetoed = 4,
    /// Taken back.
    Cancelled = 5,
    /// Too late.
    Expired = 6,
}

/// One proposal. Its actions never change.
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Layout version.
    pub version: u8,
    /// Canonical bump.
    pub bump: u8,
    /// `Class` as a number, as of the proposal's making.
    pub class: u8,
    /// `ProposalState` as a number.
    pub state: u8,
    /// Number of actions.
    pub action_count: u8,
    /// Place of the proposer in the council.
    pub place: u8,
    /// 1: every action only lets go of something, no guardian can veto it.
    pub resumes: u8,
    /// 1: all it does is offer the guardian's role to another.
    pub replaces_guardian: u8,
    /// 1: a guardian's veto was lifted; there is no second.
    pub overridden: u8,
    /// 1: vetoed by stakers, for ever.
    pub vetoed_by_stakers: u8,
    /// Bytes of `actions` in use.
    pub actions_len: u16,
    /// Membership of the proposer.
    pub proposer_id: u32,
    /// Economy.
    pub economy: Pubkey,
    /// Council.
    pub council: Pubkey,
    /// Position among the economy's proposals, from 0; part of the address.
    pub index: u64,
    /// Who made it.
    pub proposer: Pubkey,
    /// Who paid the rent and gets it back.
    pub payer: Pubkey,
    /// sha256 of the actions' bytes.
    pub digest: [u8; 32],
    /// When it was made (unix seconds).
    pub created_at: i64,
    /// In which slot it was made.
    pub created_slot: u64,
    /// Last second in which it can reach the threshold (unix seconds).
    pub active_until: i64,
    /// Earliest execution (unix seconds); fixed when the threshold is reached.
    pub eta: i64,
    /// Last second of execution (unix seconds); fixed with the eta.
    pub expires_at: i64,
    /// When it became final or was vetoed (unix seconds).
    pub ended_at: i64,
    /// Stake whose ballots are against it (base units).
    pub veto_weight: u64,
    /// What the ballots are a share of (base units), as of its making; above 0.
    pub veto_base: u64,
    /// Memberships that approve, by place.
    pub approvals: [u32; MAX_MEMBERS],
    /// Memberships that lift the guardian's veto, by place.
    pub overrides: [u32; MAX_MEMBERS],
    /// Memberships that cancel it since it was queued last, by place.
    pub cancels: [u32; MAX_MEMBERS],
    /// Unused.
    pub reserved: [u8; 4],
    /// The actions as Borsh writes them, one after the other.
    pub actions: [u8; MAX_ACTION_BYTES],
}

const _: () = assert!(core::mem::size_of::<Proposal>() == 1_072);

impl Proposal {
    /// Bytes of the account.
    pub const SPACE: usize = 8 + core::mem::size_of::<Self>();

    /// True in a state.
    pub const fn is(&self, state: ProposalState) -> bool {
        self.state == state as u8
    }

    /// True while approvals, ballots and vetoes count.
    pub const fn is_open(&self) -> bool {
        self.is(ProposalState::Active) || self.is(ProposalState::Queued)
    }

    /// Refuses another state.
    pub fn require(&self, state: ProposalState) -> Result<()> {
        ensure!(self.is(state), HomeostatError::InvalidState);
        Ok(())
    }

    /// Refuses unless approvals and vetoes count, and what is too late.
    pub fn require_open(&self, now: i64) -> Result<()> {
        ensure!(self.is_open(), HomeostatError::InvalidState);
        ensure!(!self.is_late(now), HomeostatError::ProposalExpired);
        Ok(())
    }

    /// True when its time is up, though nobody has marked it yet.
    pub fn is_late(&self, now: i64) -> bool {
        (self.is(ProposalState::Active) && now > self.active_until)
            || (self.is(ProposalState::Queued) && now > self.expires_at)
    }

    /// Writes the actions down.
    pub fn write(&mut self, actions: &Actions) -> Result<()> {
        let list = actions.list();
        let count = u8::try_from(list.len()).unwrap_or(u8::MAX);
        let fits = (1..=MAX_ACTIONS).contains(&usize::from(count));
        ensure!(fits, HomeostatError::BadActions);
        let bytes = actions.bytes();
        self.actions
            .get_mut(..bytes.len())
            .ok_or_else(|| refuse(HomeostatError::BadActions))?
            .copy_from_slice(bytes);
        self.action_count = count;
        self.actions_len =
            u16::try_from(bytes.len()).map_err(|_| refuse(HomeostatError::BadActions))?;
        self.digest = hash(bytes).to_bytes();
        self.resumes = u8::from(list.iter().all(Action::resumes));
        self.replaces_guardian = u8::from(matches!(list, [Action::Guardian { .. }]));
        Ok(())
    }

    /// The actions' bytes, one after the other.
    pub fn action_bytes(&self) -> &[u8] {
        self.actions
            .get(..usize::from(self.actions_len))
            .unwrap_or_default()
    }

    /// A record of what `actor` did to the proposal, whose address is `key`.
    #[inline(never)]
    pub fn record(
        &self,
        kind: AuditKind,
        actor: &Pubkey,
        key: &Pubkey,
        clock: &Clock,
    ) -> AuditRecord {
        let mut record = AuditRecord::new(kind, actor, clock);
        record.proposal = self.index;
        record.subject = *key;
        record.digest = self.digest;
        record.outcome = self.state;
        record.value = self.eta;
        record
    }

    /// Reads the actions.
    pub fn read(&self) -> Result<Vec<Action>> {
        let mut bytes = self.action_bytes();
        let mut actions = Vec::with_capacity(usize::from(self.action_count));
        for _ in 0..self.action_count {
            actions.push(take(&mut bytes).map_err(|_| refuse(HomeostatError::InvariantViolated))?);
        }
        Ok(actions)
    }

    fn set_state(&mut self, state: ProposalState) {
        self.state = state as u8;
    }

    /// Counts the approval of the member at `place`; the one that reaches the threshold
    /// fixes eta and expiry.
    pub fn approve(&mut self, council: &Council, place: usize, now: i64) -> Result<()> {
        self.require_open(now)?;
        give(&mut self.approvals, council, place)?;
        if self.is(ProposalState::Active) && council.count(&self.approvals) >= council.threshold {
            let delay = council.delays.of(Class::from_byte(self.class)?);
            self.queue(delay, council.delays.grace, now);
        }
        Ok(())
    }

    fn queue(&mut self, delay: u32, grace: u32, now: i64) {
        self.eta = now.saturating_add(i64::from(delay));
        self.expires_at = self.eta.saturating_add(i64::from(grace));
        self.ended_at = 0;
        // Who wanted it cancelled before may have approved it since.
        self.cancels = [0; MAX_MEMBERS];
        self.set_state(ProposalState::Queued);
    }

    /// Takes an approval back; only below the threshold it loses its eta. Refused after
    /// an override: its votes count then, and no approval that is missing may undo them.
    pub fn withdraw(&mut self, council: &Council, place: usize, now: i64) -> Result<()> {
        self.require_open(now)?;
        ensure!(self.overridden == 0, HomeostatError::InvalidState);
        let id = council.member(place)?.id;
        let given = self
            .approvals
            .get_mut(place)
            .filter(|given| **given == id)
            .ok_or(HomeostatError::NotApproved)?;
        *given = 0;
        if self.is(ProposalState::Queued) && council.count(&self.approvals) < council.threshold {
            self.eta = 0;
            self.expires_at = 0;
            self.set_state(ProposalState::Active);
        }
        Ok(())
    }

    /// Stops it by the guardian. Refuses what only lets go of something, and the second
    /// veto of the guardian's own replacement.
    pub fn veto(&mut self, now: i64) -> Result<()> {
        self.require_open(now)?;
        ensure!(
            self.resumes == 0 && self.overridden == 0,
            HomeostatError::NotVetoable
        );
        self.end(ProposalState::Vetoed, now);
        Ok(())
    }

    /// Counts a member's vote to lift the guardian's veto of its replacement. Enough of
    /// them queue the proposal again, with a fresh Critical delay. Returns whether
    /// this was the one.
    pub fn override_veto(&mut self, council: &Council, place: usize, now: i64) -> Result<bool> {
        self.require(ProposalState::Vetoed)?;
        ensure!(
            self.replaces_guardian != 0 && self.vetoed_by_stakers == 0,
            HomeostatError::VetoFinal
        );
        ensure!(
            now <= self.ended_at.saturating_add(OPEN_TIME),
            HomeostatError::ProposalExpired
        );
        give(&mut self.overrides, council, place)?;
        if council.count(&self.overrides) < council.override_threshold() {
            return Ok(false);
        }
        self.overridden = 1;
        let delays = &council.delays;
        self.queue(delays.critical, delays.grace, now);
        Ok(true)
    }

    /// Adds a staker's weight against it; enough of it vetoes for good. Returns
    /// whether this was enough.
    pub fn vote_against(&mut self, weight: u64, veto_ppm: u32, now: i64) -> Result<bool> {
        self.require_open(now)?;
        ensure!(
            self.class >= Class::Standard as u8,
            HomeostatError::NotVetoable
        );
        ensure!(
            weight > 0 && self.veto_base > 0,
            HomeostatError::NoVotingWeight
        );
        self.veto_weight = self.veto_weight.saturating_add(weight);
        let needed = mul_div_ceil(self.veto_base, u64::from(veto_ppm), PPM).unwrap_or(u64::MAX);
        let enough = self.veto_weight >= needed;
        if enough {
            self.vetoed_by_stakers = 1;
            self.end(ProposalState::Vetoed, now);
        }
        Ok(enough)
    }

    /// Refuses to execute: too early, too late, or not enough of those who are members
    /// now.
    pub fn require_executable(&self, council: &Council, now: i64) -> Result<()> {
        self.require(ProposalState::Queued)?;
        ensure!(now >= self.eta, HomeostatError::TimelockActive);
        ensure!(now <= self.expires_at, HomeostatError::ProposalExpired);
        let (given, needed) = if self.overridden != 0 {
            (&self.overrides, council.override_threshold())
        } else {
            (&self.approvals, council.threshold)
        };
        ensure!(
            council.count(given) >= needed,
            HomeostatError::ThresholdNotMet
        );
        Ok(())
    }

    /// Takes it back: its proposer while it is Active, a threshold of members while it
    /// is Queued. Returns whether it is cancelled now.
    pub fn cancel(&mut self, council: &Council, place: usize, now: i64) -> Result<bool> {
        self.require_open(now)?;
        if self.is(ProposalState::Active) {
            let own = council.member(place)?.id == self.proposer_id;
            ensure!(own, HomeostatError::MissingPermission);
        } else {
            give(&mut self.cancels, council, place)?;
            if council.count(&self.cancels) < council.threshold {
                return Ok(false);
            }
        }
        self.end(ProposalState::Cancelled, now);
        Ok(true)
    }

    /// Marks it as too late.
    pub fn expire(&mut self, now: i64) -> Result<()> {
        ensure!(self.is_open(), HomeostatError::InvalidState);
        ensure!(self.is_late(now), HomeostatError::NotExpired);
        self.end(ProposalState::Expired, now);
        Ok(())
    }

    /// It has been executed.
    pub fn executed(&mut self, now: i64) {
        self.end(ProposalState::Executed, now);
    }

    fn end(&mut self, state: ProposalState, now: i64) {
        self.ended_at = now;
        self.set_state(state);
    }

    /// Refuses to give it up while anything can still become of it.
    pub fn require_final(&self, now: i64) -> Result<()> {
        let liftable = self.is(ProposalState::Vetoed)
            && self.replaces_guardian != 0
            && self.vetoed_by_stakers == 0
            && now <= self.ended_at.saturating_add(OPEN_TIME);
        ensure!(!self.is_open() && !liftable, HomeostatError::InvalidState);
        Ok(())
    }
}

/// Writes a member's vote down.
fn give(votes: &mut [u32; MAX_MEMBERS], council: &Council, place: usize) -> Result<()> {
    let id = council.member(place)?.id;
    let vote = votes
        .get_mut(place)
        .ok_or(HomeostatError::InvariantViolated)?;
    ensure!(*vote != id, HomeostatError::AlreadyApproved);
    *vote = id;
    Ok(())
}
