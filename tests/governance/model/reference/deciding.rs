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

    /// What waits, by index, and since when: as its votes are now, whoever has looked at it.
    pub fn waiting(&self) -> impl Iterator<Item = (u64, i64)> + '_ {
        self.proposals.iter().filter_map(|(index, proposal)| {
            let mut settled = proposal.clone();
            settled.settle(&self.realm);
            (settled.stage == Stage::Queued).then_some((*index, settled.queued_at))
        })
    }

    /// The proposal that is at the address of such actions now.
    pub fn holder(&self, actions: &[Action]) -> Option<u64> {
        let mut all = self.proposals.iter();
        all.find(|(_, proposal)| proposal.actions == actions)
            .map(|(index, _)| *index)
    }

    /// The proposal that is now where the one with that index was made.
    pub fn at_address_of(&self, index: u64) -> Option<u64> {
        self.holder(self.contents.get(index as usize)?)
    }

    pub fn next_index(&self) -> u64 {
        self.contents.len() as u64
    }

    pub(super) fn proposal(&mut self, index: u64) -> Verdict<&mut Proposal> {
        let holder = self.at_address_of(index).ok_or(MISSING)?;
        must(holder == index, E::WrongProposal)?;
        self.proposals.get_mut(&index).ok_or(MISSING)
    }

    pub fn propose(&mut self, who: &Pubkey, actions: &[Action]) -> Verdict {
        let id = self.realm.member(who)?.id;
        must((1..=4).contains(&actions.len()), E::BadActions)?;
        let holder = self.holder(actions);
        // Whoever proposes what is open already approves that.
        if let Some(index) = holder.filter(|index| self.proposals[index].is_open()) {
            return self.approve(who, index);
        }
        let retires = |action: &Action| matches!(action, Action::Retire { .. });
        let mixed = actions.len() != 1 && actions.iter().any(retires);
        must(!mixed, E::BadActions)?;
        let (_, gravity) = self.realm.after(actions, Gravity::Terminal, self.now)?;
        self.realm.settle(actions)?;
        if let Some(index) = holder {
            self.proposals[&index].closable(self.now)?;
        }
        must(self.open(Some(id)) < self.realm.quota(), E::TooManyOpen)?;
        if let Some(index) = holder {
            self.proposals.remove(&index);
        }
        let staked = self.staked();
        let index = self.next_index();
        self.contents.push(actions.to_vec());
        let proposal = Proposal {
            actions: actions.to_vec(),
            gravity,
            stage: Stage::Active,
            proposer: *who,
            proposer_id: id,
            created_at: self.now,
            active_until: self.now + FORTNIGHT,
            queued_at: 0,
            snapshot_at: None,
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
            .max(self.circulating.div_ceil(10)),
            delays: self.realm.delays,
        };
        self.proposals.insert(index, proposal);
        self.approve(who, index)
    }

    pub fn approve(&mut self, who: &Pubkey, index: u64) -> Verdict {
        let (now, realm) = (self.now, self.realm.clone());
        let proposal = self.proposal(index)?;
        let id = realm.member(who)?.id;
        proposal.settle(&realm);
        proposal.open(now)?;
        must(proposal.approvals.insert(id), E::AlreadyApproved)?;
        let enough = realm.present(&proposal.approvals) >= usize::from(realm.threshold);
        if proposal.stage == Stage::Active && enough {
            proposal.queue(now);
        }
        Ok(())
    }

    pub fn withdraw(&mut self, who: &Pubkey, index: u64) -> Verdict {
        let (now, realm) = (self.now, self.realm.clone());
        let proposal = self.proposal(index)?;
        let id = realm.member(who)?.id;
        proposal.settle(&realm);
        proposal.open(now)?;
        // What lifted the veto carries it from then on.
        must(!proposal.overridden, E::InvalidState)?;
        must(proposal.approvals.remove(&id), E::NotApproved)?;
        if realm.present(&proposal.approvals) < usize::from(realm.threshold) {
            proposal.activate();
        }
        Ok(())
    }

    pub fn veto(&mut self, who: &Pubkey, index: u64) -> Verdict {
        let (now, realm) = (self.now, self.realm.clone());
        let proposal = self.proposal(index)?;
        must(realm.guardian.holder == Some(*who), E::MissingPermission)?;
        proposal.settle(&realm);
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
            proposal.queue(now);
        }
        Ok(())
    }

    pub fn cancel(&mut self, who: &Pubkey, index: u64) -> Verdict {
        let (now, realm) = (self.now, self.realm.clone());
        let proposal = self.proposal(index)?;
        let id = realm.member(who)?.id;
        proposal.settle(&realm);
        proposal.open(now)?;
        if proposal.stage == Stage::Active {
            must(id == proposal.proposer_id, E::MissingPermission)?;
            let own = BTreeSet::from([id]);
            let others = proposal.approvals.difference(&own).copied().collect();
            must(realm.present(&others) == 0, E::OthersApprove)?;
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
        let (now, realm) = (self.now, self.realm.clone());
        let proposal = self.proposal(index)?;
        must(proposal.is_open(), E::InvalidState)?;
        proposal.settle(&realm);
        must(proposal.is_late(now), E::NotExpired)?;
        proposal.end(Stage::Expired, now);
        Ok(())
    }

    pub fn execute(&mut self, index: u64) -> Verdict {
        let (now, realm) = (self.now, self.realm.clone());
        let index = self.at_address_of(index).ok_or(MISSING)?;
        let proposal = self.proposal(index)?;
        proposal.settle(&realm);
        must(proposal.is_open(), E::InvalidState)?;
        let carried = if proposal.overridden {
            realm.present(&proposal.overrides) >= realm.override_threshold()
        } else {
            realm.present(&proposal.approvals) >= usize::from(realm.threshold)
        };
        must(carried, E::ThresholdNotMet)?;
        must(!proposal.is_late(now), E::ProposalExpired)?;
        must(now >= proposal.eta, E::TimelockActive)?;
        let (after, _) = realm.after(&proposal.actions, proposal.gravity, now)?;
        after.settle(&proposal.actions)?;
        proposal.end(Stage::Executed, now);
        self.realm = after;
        Ok(())
    }

    pub fn close_proposal(&mut self, index: u64) -> Verdict {
        let now = self.now;
        let index = self.at_address_of(index).ok_or(MISSING)?;
        self.proposal(index)?.closable(now)?;
        self.proposals.remove(&index);
        Ok(())
    }
}
