//! The states of a proposal, and what moves it from one to the next.
//!
//! ```text
//! Active --threshold--> Queued --eta--> Executed
//!    |  <--support lost--  |
//!    +---------------------+--> Vetoed | Cancelled | Expired
//! ```
//!
//! What its votes make of it, and since when, is in `support.rs`.
//!
//! Only a guardian's veto of the guardian's own replacement can be lifted; the proposal is
//! Queued again then.

use anchor_lang::prelude::*;

use super::{Proposal, ProposalState};
use crate::{
    constants::*,
    error::HomeostatError,
    state::{
        council::{Class, Council},
        number::mul_div_ceil,
    },
};

impl Proposal {
    /// Stores a state by its number.
    pub(super) fn set_state(&mut self, state: ProposalState) {
        self.state = state as u8;
    }

    /// Counts the approval of the member at `place`; the one that reaches the threshold
    /// fixes eta and expiry. Refuses a second approval (`AlreadyApproved`).
    pub fn approve(&mut self, council: &Council, place: usize, now: i64) -> Result<()> {
        let before = self.settle(council)?;
        self.require_open(now)?;
        vote(&mut self.approvals, council, place)?;
        if self.is(ProposalState::Active) && before.saturating_add(1) >= council.threshold {
            self.queue(now)?;
        }
        Ok(())
    }

    /// Withdraws the approval of the member at `place`; only below the threshold the
    /// proposal loses its eta. Refused after an override (`InvalidState`): then the votes
    /// to override count in place of approvals, and no missing approval may undo them.
    pub fn withdraw(&mut self, council: &Council, place: usize, now: i64) -> Result<()> {
        let before = self.settle(council)?;
        self.require_open(now)?;
        require!(self.overridden == 0, HomeostatError::InvalidState);
        let id = council.member(place)?.id;
        let given = self
            .approvals
            .get_mut(place)
            .filter(|given| **given == id)
            .ok_or(HomeostatError::NotApproved)?;
        *given = 0;
        if before.saturating_sub(1) < council.threshold {
            self.wait_for_approvals();
        }
        Ok(())
    }

    /// Vetoes it for the guardian. Refuses where every action only lets go of something,
    /// and a second veto of the guardian's own replacement (`NotVetoable`). Settled first, as for
    /// an execution: what a lower threshold queued late would otherwise be too late for a veto
    /// and in time to be executed.
    pub fn veto(&mut self, council: &Council, now: i64) -> Result<()> {
        self.settle(council)?;
        self.require_open(now)?;
        require!(
            self.resumes == 0 && self.overridden == 0,
            HomeostatError::NotVetoable
        );
        self.end(ProposalState::Vetoed, now);
        Ok(())
    }

    /// Counts a member's vote to lift the guardian's veto of its own replacement. Enough
    /// votes queue the proposal again, with a fresh Critical delay; returns whether this
    /// vote did. Refuses any other veto (`VetoFinal`), and a vote later than 14 d after it
    /// (`ProposalExpired`).
    pub fn override_veto(&mut self, council: &Council, place: usize, now: i64) -> Result<bool> {
        self.require(ProposalState::Vetoed)?;
        require!(self.is_liftable(), HomeostatError::VetoFinal);
        require!(now <= self.lift_until(), HomeostatError::ProposalExpired);
        vote(&mut self.overrides, council, place)?;
        if council.count(&self.overrides) < council.override_threshold() {
            return Ok(false);
        }
        self.overridden = 1;
        self.queue(now)?;
        Ok(true)
    }

    /// The moment before which stake has to have been there to vote on it (unix seconds).
    /// Settle it first. Refuses Immediate and Routine proposals (`NotVetoable`), and one that
    /// never was queued (`BallotsNotOpen`): stake that voted before the snapshot could leave
    /// and vote again with another owner.
    pub fn require_ballots(&self, now: i64) -> Result<i64> {
        self.require_open(now)?;
        require!(
            self.class >= Class::Standard as u8,
            HomeostatError::NotVetoable
        );
        require!(self.snapshot_at != 0, HomeostatError::BallotsNotOpen);
        Ok(self.snapshot_at)
    }

    /// Adds a staker's weight (base units) against it. The share of the veto base that was
    /// in force when it was made, rounded up, vetoes for good; returns whether that is
    /// reached. Call [`require_ballots`](Self::require_ballots) first.
    pub fn vote_against(&mut self, weight: u64, now: i64) -> Result<bool> {
        require!(
            weight > 0 && self.veto_base > 0,
            HomeostatError::NoVotingWeight
        );
        self.veto_weight = self.veto_weight.saturating_add(weight);
        let share = u64::from(self.delays.staker_veto_ppm);
        let needed = mul_div_ceil(self.veto_base, share, PPM).unwrap_or(u64::MAX);
        let enough = self.veto_weight >= needed;
        if enough {
            self.vetoed_by_stakers = 1;
            self.end(ProposalState::Vetoed, now);
        }
        Ok(enough)
    }

    /// Cancels it: its proposer while it is Active and nobody else approves it, a threshold of
    /// members while it is Queued. Returns whether it is cancelled now. Whoever proposes first
    /// what another wants must not be able to take it from those who approve it
    /// (`OthersApprove`).
    pub fn cancel(&mut self, council: &Council, place: usize, now: i64) -> Result<bool> {
        let count = self.settle(council)?;
        self.require_open(now)?;
        if self.is(ProposalState::Active) {
            let id = council.member(place)?.id;
            require!(id == self.proposer_id, HomeostatError::MissingPermission);
            let own = u8::from(self.approvals.get(place) == Some(&id));
            require!(count <= own, HomeostatError::OthersApprove);
        } else {
            vote(&mut self.cancels, council, place)?;
            if council.count(&self.cancels) < council.threshold {
                return Ok(false);
            }
        }
        self.end(ProposalState::Cancelled, now);
        Ok(true)
    }

    /// Ends it because its time is up. Refuses while it is not (`NotExpired`).
    pub fn expire(&mut self, council: &Council, now: i64) -> Result<()> {
        require!(self.is_open(), HomeostatError::InvalidState);
        self.settle(council)?;
        require!(self.is_late(now), HomeostatError::NotExpired);
        self.end(ProposalState::Expired, now);
        Ok(())
    }

    /// Ends it because its actions were carried out.
    pub fn executed(&mut self, now: i64) {
        self.end(ProposalState::Executed, now);
    }

    /// Ends it in `state` at `now` (unix seconds).
    fn end(&mut self, state: ProposalState, now: i64) {
        self.ended_at = now;
        self.set_state(state);
    }

    /// Refuses while its state can still change (`InvalidState`): while it is open, and while
    /// members can lift the guardian's veto.
    pub fn require_final(&self, now: i64) -> Result<()> {
        let liftable = self.is_liftable() && now <= self.lift_until();
        require!(!self.is_open() && !liftable, HomeostatError::InvalidState);
        Ok(())
    }

    /// Refuses while its account is needed: while its state can change (`InvalidState`), and
    /// for a Critical delay after a veto (`RecentlyVetoed`). As long as the account is there,
    /// the same actions cannot be proposed again, so nobody has to veto them every day.
    pub fn require_closable(&self, now: i64) -> Result<()> {
        self.require_final(now)?;
        let cooling = i64::from(self.delays.critical);
        require!(
            !self.is(ProposalState::Vetoed) || now > self.ended_at.saturating_add(cooling),
            HomeostatError::RecentlyVetoed
        );
        Ok(())
    }

    /// True for the guardian's veto of its own replacement, which members can lift.
    const fn is_liftable(&self) -> bool {
        self.is(ProposalState::Vetoed) && self.replaces_guardian != 0 && self.vetoed_by_stakers == 0
    }

    /// The last second in which members can lift the guardian's veto (unix seconds).
    const fn lift_until(&self) -> i64 {
        self.ended_at.saturating_add(OPEN_TIME)
    }
}

/// Records the vote of the member at `place`. Refuses a second one (`AlreadyApproved`).
fn vote(votes: &mut [u32; MAX_MEMBERS], council: &Council, place: usize) -> Result<()> {
    let id = council.member(place)?.id;
    let given = votes
        .get_mut(place)
        .ok_or(HomeostatError::InvariantViolated)?;
    require!(*given != id, HomeostatError::AlreadyApproved);
    *given = id;
    Ok(())
}
