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
    pub queued_at: i64,
    /// When it first had enough approvals: older stake votes.
    pub snapshot_at: Option<i64>,
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
    /// The delays when it was made.
    pub delays: Delays,
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
                    | Action::RevokeAdvisor { .. }
                    | Action::ResumeController { .. }
                    | Action::ResumeEconomy { .. }
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

    /// Nobody needs its account any more: a veto keeps the same actions from being proposed
    /// for a Critical delay.
    pub(super) fn closable(&self, now: i64) -> Verdict {
        must(!self.is_open() && !self.liftable(now), E::InvalidState)?;
        let cold = now > self.ended_at + i64::from(self.delays.critical);
        must(self.stage != Stage::Vetoed || cold, E::RecentlyVetoed)
    }

    fn delay(&self) -> i64 {
        i64::from(match self.gravity {
            Gravity::Immediate => 0,
            Gravity::Routine => self.delays.routine,
            Gravity::Standard => self.delays.standard,
            Gravity::Critical => self.delays.critical,
            Gravity::Terminal => self.delays.critical + 14 * 86_400,
        })
    }

    pub(super) fn queue(&mut self, since: i64) {
        self.stage = Stage::Queued;
        self.queued_at = since;
        self.snapshot_at.get_or_insert(since);
        self.eta = since + self.delay();
        self.expires_at = self.eta + i64::from(self.delays.grace);
        self.ended_at = 0;
        // Votes to cancel end with the stage they were cast in.
        self.cancels.clear();
    }

    pub(super) fn activate(&mut self) {
        self.stage = Stage::Active;
        (self.queued_at, self.eta, self.expires_at) = (0, 0, 0);
    }

    /// The last second in which it can be open, as its votes are now.
    pub fn open_until(&self, realm: &Realm) -> i64 {
        let mut settled = self.clone();
        settled.settle(realm);
        settled.active_until.max(settled.expires_at)
    }

    /// What the votes of the present members make of it, by how many votes it took when.
    pub(super) fn settle(&mut self, realm: &Realm) {
        if !self.is_open() {
            return;
        }
        let (votes, kind) = if self.overridden {
            (&self.overrides, 1)
        } else {
            (&self.approvals, 0)
        };
        let since = realm.enough_since(realm.present(votes), kind);
        let last = if self.overridden {
            self.expires_at
        } else {
            self.active_until
        };
        match since {
            Some(since) if since <= self.queued_at.max(last) => {
                if since > self.queued_at || self.stage == Stage::Active {
                    self.queue(since);
                }
            }
            _ if self.overridden => {}
            _ => self.activate(),
        }
    }

    pub(super) fn end(&mut self, stage: Stage, now: i64) {
        self.stage = stage;
        self.ended_at = now;
    }
}
