//! What approvals make of a proposal: queued while it has enough of them, and its delay counts
//! from the moment since when it has had them without a break.

use anchor_lang::prelude::*;

use super::{Proposal, ProposalState};
use crate::{
    constants::MAX_MEMBERS,
    error::HomeostatError,
    state::council::{Bar, Class, Council},
};

impl Proposal {
    /// The votes that carry it, how many of them it needs, and since when how many have been
    /// enough: approvals, or after an override the votes to override.
    fn carried_by<'a>(&'a self, council: &'a Council) -> (&'a [u32; MAX_MEMBERS], u8, &'a Bar) {
        if self.overridden != 0 {
            let needed = council.override_threshold();
            (&self.overrides, needed, &council.override_bar)
        } else {
            (&self.approvals, council.threshold, &council.approval_bar)
        }
    }

    /// Brings an open proposal to the state that its votes give it now, and returns how many
    /// of them there are. Members leave and thresholds move without its account, so every act
    /// that depends on its support begins here, and whoever shows a proposal does so too.
    ///
    /// Without enough votes it is Active again. With enough of them it is queued since they
    /// have been enough, so a threshold that was raised and lowered again begins a fresh
    /// delay. The votes are those of the present members: what they would not have carried at
    /// some time since it was queued has lost its support then. What finds it only after its
    /// time is up does not come back.
    pub fn settle(&mut self, council: &Council) -> Result<u8> {
        if !self.is_open() {
            return Ok(0);
        }
        let (votes, needed, bar) = self.carried_by(council);
        let count = council.count(votes);
        let since = bar.since(count);
        let last = if self.overridden != 0 {
            self.expires_at
        } else {
            self.active_until
        };
        if count < needed || (since > self.queued_at && since > last) {
            // What lifted a veto is not Active again: no approval could queue it.
            if self.overridden == 0 {
                self.wait_for_approvals();
            }
        } else if since > self.queued_at || self.is(ProposalState::Active) {
            self.queue(since)?;
        }
        Ok(count)
    }

    /// Queues it since `since` (unix seconds): it can be executed after the delay of its
    /// class, for the time of the grace. The first time is the snapshot for the ballots: waiting
    /// for approvals before it silences nobody, and support that is lost and found again
    /// neither makes anybody vote twice nor lets the same stake move and vote again.
    pub(super) fn queue(&mut self, since: i64) -> Result<()> {
        let delay = self.delays.of(Class::from_byte(self.class)?);
        self.queued_at = since;
        if self.snapshot_at == 0 {
            self.snapshot_at = since.max(self.created_at);
        }
        self.eta = since.saturating_add(i64::from(delay));
        self.expires_at = self.eta.saturating_add(i64::from(self.delays.grace));
        self.ended_at = 0;
        // Whoever voted to cancel it when it was queued before may have approved it since.
        self.cancels = [0; MAX_MEMBERS];
        self.set_state(ProposalState::Queued);
        Ok(())
    }

    /// Makes it Active again, without an eta.
    pub(super) fn wait_for_approvals(&mut self) {
        self.queued_at = 0;
        self.eta = 0;
        self.expires_at = 0;
        self.set_state(ProposalState::Active);
    }

    /// Refuses execution before the eta (`TimelockActive`), after the expiry
    /// (`ProposalExpired`), and without the votes of enough of those who are members now
    /// (`ThresholdNotMet`). Settle it first.
    pub fn require_executable(&self, council: &Council, now: i64) -> Result<()> {
        require!(self.is_open(), HomeostatError::InvalidState);
        let (votes, needed, _) = self.carried_by(council);
        require!(
            council.count(votes) >= needed,
            HomeostatError::ThresholdNotMet
        );
        require!(!self.is_late(now), HomeostatError::ProposalExpired);
        require!(now >= self.eta, HomeostatError::TimelockActive);
        Ok(())
    }
}
