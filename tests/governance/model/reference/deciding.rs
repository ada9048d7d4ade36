//! Proposals: made, approved, vetoed, cancelled, executed, closed.

use super::*;

impl Realm {
    /// Somebody's office, held and signed for directly.
    pub(super) fn in_office(&self, office: &Office, who: &Pubkey) -> Verdict {
        must(office.holder == Some(*who), E::Unauthorized)?;
        must(self.live, E::NotLive)
    }
}

impl Model {
    pub fn staked(&self) -> u64 {
        self.stakes.values().map(|stake| stake.amount).sum()
    }

    /// Open proposals, of a membership or of all.
    pub fn open(&self, of: Option<u32>) -> usize {
        self.proposals
            .values()
            .filter(|p| p.is_open() && of.is_none_or(|id| p.proposer_id == id))
            .count()
    }

    pub(super) fn proposal(&mut self, index: u64) -> Verdict<&mut Proposal> {
        self.proposals.get_mut(&index).ok_or(MISSING)
    }

    pub fn propose(&mut self, who: &Pubkey, actions: &[Action]) -> Verdict {
        let id = self.realm.member(who)?.id;
        let retires = |action: &Action| matches!(action, Action::Retire { .. });
        let mixed = actions.len() != 1 && actions.iter().any(retires);
        must(!mixed, E::BadActions)?;
        let (_, gravity) = self.realm.after(actions, Gravity::Terminal, self.now)?;
        must(self.open(Some(id)) < self.realm.quota(), E::TooManyOpen)?;
        must((1..=4).contains(&actions.len()), E::BadActions)?;
        let staked = self.staked();
        let index = self.next_index;
        self.next_index += 1;
        let proposal = Proposal {
            actions: actions.to_vec(),
            gravity,
            stage: Stage::Active,
            proposer: *who,
            proposer_id: id,
            created_at: self.now,
            active_until: self.now + FORTNIGHT,
            eta: 0,
            expires_at: 0,
            ended_at: 0,
            approvals: BTreeSet::new(),
            overrides: BTreeSet::new(),
            cancels: BTreeSet::new(),
            overridden: false,
            vetoed_by_stakers: false,
            veto_weight: 0,
            veto_base: if self.realm.periods == 0 {
                staked
            } else {
                staked.min(self.mean_stake)
            }
            .max(self.circulating.div_ceil(100)),
        };
        self.proposals.insert(index, proposal);
        self.approve(who, index, true)
    }

    pub fn approve(&mut self, who: &Pubkey, index: u64, as_read: bool) -> Verdict {
        let (now, realm) = (self.now, self.realm.clone());
        let proposal = self.proposal(index)?;
        let id = realm.member(who)?.id;
        must(as_read, E::WrongDigest)?;
        proposal.open(now)?;
        must(proposal.approvals.insert(id), E::AlreadyApproved)?;
        let enough = realm.present(&proposal.approvals) >= usize::from(realm.threshold);
        if proposal.stage == Stage::Active && enough {
            proposal.queue(realm.delay(proposal.gravity), realm.delays.grace, now);
        }
        Ok(())
    }

    pub fn withdraw(&mut self, who: &Pubkey, index: u64) -> Verdict {
        let (now, realm) = (self.now, self.realm.clone());
        let proposal = self.proposal(index)?;
        let id = realm.member(who)?.id;
        proposal.open(now)?;
        // What lifted the veto carries it from then on.
        must(!proposal.overridden, E::InvalidState)?;
        must(proposal.approvals.remove(&id), E::NotApproved)?;
        let enough = realm.present(&proposal.approvals) >= usize::from(realm.threshold);
        if proposal.stage == Stage::Queued && !enough {
            proposal.stage = Stage::Active;
            (proposal.eta, proposal.expires_at) = (0, 0);
        }
        Ok(())
    }

    pub fn veto(&mut self, who: &Pubkey, index: u64) -> Verdict {
        let (now, guardian) = (self.now, self.realm.guardian.holder);
        let proposal = self.proposal(index)?;
        must(guardian == Some(*who), E::MissingPermission)?;
        proposal.open(now)?;
        let exempt = proposal.resumes() || proposal.overridden;
        must(!exempt, E::NotVetoable)?;
        proposal.end(Stage::Vetoed, now);
        Ok(())
    }

    pub fn override_veto(&mut self, who: &Pubkey, index: u64) -> Verdict {
        let (now, realm) = (self.now, self.realm.clone());
        let proposal = self.proposal(index)?;
        let id = realm.member(who)?.id;
        must(proposal.stage == Stage::Vetoed, E::InvalidState)?;
        let liftable = proposal.replaces_guardian() && !proposal.vetoed_by_stakers;
        must(liftable, E::VetoFinal)?;
        must(now <= proposal.ended_at + FORTNIGHT, E::ProposalExpired)?;
        must(proposal.overrides.insert(id), E::AlreadyApproved)?;
        if realm.present(&proposal.overrides) >= realm.override_threshold() {
            proposal.overridden = true;
            proposal.queue(realm.delay(Gravity::Critical), realm.delays.grace, now);
        }
        Ok(())
    }

    pub fn cancel(&mut self, who: &Pubkey, index: u64) -> Verdict {
        let (now, realm) = (self.now, self.realm.clone());
        let proposal = self.proposal(index)?;
        let id = realm.member(who)?.id;
        proposal.open(now)?;
        if proposal.stage == Stage::Active {
            must(id == proposal.proposer_id, E::MissingPermission)?;
        } else {
            must(proposal.cancels.insert(id), E::AlreadyApproved)?;
            if realm.present(&proposal.cancels) < usize::from(realm.threshold) {
                return Ok(());
            }
        }
        proposal.end(Stage::Cancelled, now);
        Ok(())
    }

    pub fn expire(&mut self, index: u64) -> Verdict {
        let now = self.now;
        let proposal = self.proposal(index)?;
        must(proposal.is_open(), E::InvalidState)?;
        must(proposal.is_late(now), E::NotExpired)?;
        proposal.end(Stage::Expired, now);
        Ok(())
    }

    pub fn execute(&mut self, index: u64) -> Verdict {
        let (now, realm) = (self.now, self.realm.clone());
        let proposal = self.proposal(index)?;
        must(proposal.stage == Stage::Queued, E::InvalidState)?;
        must(now >= proposal.eta, E::TimelockActive)?;
        must(now <= proposal.expires_at, E::ProposalExpired)?;
        let carried = if proposal.overridden {
            realm.present(&proposal.overrides) >= realm.override_threshold()
        } else {
            realm.present(&proposal.approvals) >= usize::from(realm.threshold)
        };
        must(carried, E::ThresholdNotMet)?;
        let (after, _) = realm.after(&proposal.actions, proposal.gravity, now)?;
        proposal.end(Stage::Executed, now);
        self.realm = after;
        Ok(())
    }

    pub fn close_proposal(&mut self, index: u64) -> Verdict {
        let now = self.now;
        let proposal = self.proposal(index)?;
        let final_ = !proposal.is_open() && !proposal.liftable(now);
        must(final_, E::InvalidState)?;
        self.proposals.remove(&index);
        Ok(())
    }
}
