//! A proposal and its stages.

use super::*;

/// A proposal that somebody made.
#[derive(Clone, Debug)]
pub struct Proposal {
    pub actions: Vec<Action>,
    pub gravity: Gravity,
    pub stage: Stage,
    pub proposer: Pubkey,
    pub proposer_id: u32,
    pub created_at: i64,
    pub active_until: i64,
    pub eta: i64,
    pub expires_at: i64,
    pub ended_at: i64,
    pub approvals: BTreeSet<u32>,
    pub overrides: BTreeSet<u32>,
    pub cancels: BTreeSet<u32>,
    pub overridden: bool,
    pub vetoed_by_stakers: bool,
    pub veto_weight: u64,
    pub veto_base: u64,
}

impl Proposal {
    pub fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Active | Stage::Queued)
    }

    pub fn is_late(&self, now: i64) -> bool {
        match self.stage {
            Stage::Active => now > self.active_until,
            Stage::Queued => now > self.expires_at,
            _ => false,
        }
    }

    pub(super) fn open(&self, now: i64) -> Verdict {
        must(self.is_open(), E::InvalidState)?;
        must(!self.is_late(now), E::ProposalExpired)
    }

    /// All it does is offer the guardian's role.
    pub fn replaces_guardian(&self) -> bool {
        matches!(self.actions[..], [Action::Guardian { .. }])
    }

    /// It only lets go of something.
    pub fn resumes(&self) -> bool {
        self.actions.iter().all(|action| {
            matches!(
                action,
                Action::Unpause { .. }
                    | Action::RevokeAdvisor
                    | Action::ResumeController { .. }
                    | Action::ResumeEconomy
            )
        })
    }

    /// A guardian's veto that members can still lift.
    pub fn liftable(&self, now: i64) -> bool {
        self.stage == Stage::Vetoed
            && self.replaces_guardian()
            && !self.vetoed_by_stakers
            && now <= self.ended_at + FORTNIGHT
    }

    pub(super) fn queue(&mut self, delay: i64, grace: u32, now: i64) {
        self.stage = Stage::Queued;
        self.eta = now + delay;
        self.expires_at = self.eta + i64::from(grace);
        self.ended_at = 0;
        // Votes to cancel end with the stage they were cast in.
        self.cancels.clear();
    }

    pub(super) fn end(&mut self, stage: Stage, now: i64) {
        self.stage = stage;
        self.ended_at = now;
    }
}
