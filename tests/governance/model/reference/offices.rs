//! Roles, advice, pauses, ballots, and the stake and periods that they rest on.

use super::*;

impl Model {
    pub fn accept(&mut self, who: &Pubkey, role: RoleKind) -> Verdict {
        let now = self.now;
        let office = match role {
            RoleKind::Member => {
                let member = self.realm.members.get_mut(who);
                let Some((member, until)) =
                    member.and_then(|member| member.offered_until.map(|until| (member, until)))
                else {
                    return no(E::NotPendingAuthority);
                };
                must(member.via.is_none(), E::CpiForbidden)?;
                must(now <= until, E::NotPendingAuthority)?;
                member.offered_until = None;
                self.realm.remember_needed(now);
                return Ok(());
            }
            RoleKind::Guardian => &mut self.realm.guardian,
            RoleKind::Advisor => &mut self.realm.advisor,
        };
        let Some(offer) = office.offer.as_ref().filter(|offer| offer.key == *who) else {
            return no(E::NotPendingAuthority);
        };
        must(offer.via.is_none(), E::CpiForbidden)?;
        must(now <= offer.until, E::NotPendingAuthority)?;
        *office = Office {
            holder: Some(*who),
            offer: None,
        };
        Ok(())
    }

    pub fn advise(&mut self, who: &Pubkey, advice: (Parameter, Tunable, i128, u32)) -> Verdict {
        let (parameter, field, value, over_seconds) = advice;
        let realm = &mut self.realm;
        realm.in_office(&realm.advisor, who)?;
        must(realm.advice.is_none(), E::AdvicePending)?;
        let mut trial = realm.controllers[parameter as usize].clone();
        trial.advisable(field, value)?;
        trial.tune(field, value, over_seconds, self.now)?;
        realm.advice = Some(Advice {
            parameter: parameter as usize,
            field,
            value,
            over_seconds,
            eta: self.now + i64::from(realm.delays.routine),
        });
        Ok(())
    }

    pub fn veto_advice(&mut self, who: &Pubkey) -> Verdict {
        let realm = &mut self.realm;
        realm.in_office(&realm.guardian, who)?;
        must(realm.advice.take().is_some(), E::NoAdvice)
    }

    pub fn pause(&mut self, who: &Pubkey, section: Section, seconds: u32) -> Verdict {
        let now = self.now;
        let realm = &mut self.realm;
        realm.in_office(&realm.guardian, who)?;
        must(seconds > 0, E::InvalidParameter)?;
        let pause = &mut realm.pauses[section as usize];
        let going_on = now < pause.until;
        let until = pause.until.max(now + i64::from(seconds));
        let added = until - pause.until.max(now);
        must(added > 0, E::PauseNotLonger)?;
        let missing = pause.missing(now);
        // The budget counts whole seconds.
        let spent = (missing + TENTHS - 1) / TENTHS + added;
        must(spent <= PAUSE_BUDGET, E::PauseBudgetExceeded)?;
        *pause = Pause {
            from: if going_on { pause.from } else { now },
            until,
            missing: missing + TENTHS * added,
            as_of: now,
        };
        Ok(())
    }

    pub fn cast_ballot(&mut self, who: &Pubkey, index: u64) -> Verdict {
        let now = self.now;
        let stake = self.stakes.get(who).cloned();
        let standing = self.ballots.contains_key(&(index, *who));
        self.at_address_of(index).ok_or(MISSING)?;
        let stake = stake.ok_or(MISSING)?;
        if standing {
            return Err(IN_USE);
        }
        let realm = self.realm.clone();
        let proposal = self.proposal(index)?;
        let veto_ppm = u128::from(proposal.delays.staker_veto_ppm);
        proposal.settle(&realm);
        proposal.open(now)?;
        must(proposal.gravity >= Gravity::Standard, E::NotVetoable)?;
        let snapshot = proposal.snapshot_at.ok_or(E::BallotsNotOpen)?;
        let weight = stake.before(snapshot);
        must(weight > 0 && proposal.veto_base > 0, E::NoVotingWeight)?;
        proposal.veto_weight += weight;
        let needed = (u128::from(proposal.veto_base) * veto_ppm).div_ceil(1_000_000);
        if u128::from(proposal.veto_weight) >= needed {
            proposal.vetoed_by_stakers = true;
            proposal.end(Stage::Vetoed, now);
        }
        self.ballots.insert((index, *who), weight);
        Ok(())
    }

    pub fn close_ballot(&mut self, who: &Pubkey, index: u64) -> Verdict {
        let ballot = (index, *who);
        if !self.ballots.contains_key(&ballot) {
            return Err(MISSING);
        }
        if let Some(proposal) = self.proposals.get(&index) {
            let final_ = !proposal.is_open() && !proposal.liftable(self.now);
            must(final_, E::InvalidState)?;
        }
        self.ballots.remove(&ballot);
        Ok(())
    }

    /// Anybody builds what a proposal allowed, in order.
    pub fn create_meter(&mut self, shard: u8) -> Verdict {
        let realm = &mut self.realm;
        if shard < realm.meters {
            return Err(IN_USE);
        }
        must(realm.live, E::NotLive)?;
        must(realm.permit.meters > 0, E::NotPermitted)?;
        must(shard == realm.meters, E::InvalidParameter)?;
        realm.permit.meters -= 1;
        realm.meters += 1;
        Ok(())
    }

    pub(super) fn integrate_stake(&mut self) {
        let seconds = u128::try_from(self.now - self.integrated_at).unwrap();
        self.stake_seconds += u128::from(self.staked()) * seconds;
        self.integrated_at = self.now;
    }

    pub(super) fn paused(&self, section: Section) -> bool {
        self.realm.pauses[section as usize].covers(self.now)
    }

    pub fn stake(&mut self, who: &Pubkey, amount: u64) -> Verdict {
        must(self.realm.live, E::NotLive)?;
        must(!self.paused(Section::Stake), E::Paused)?;
        must(amount >= self.realm.min_stake, E::AmountTooSmall)?;
        self.integrate_stake();
        let now = self.now;
        let stake = self.stakes.get_mut(who).ok_or(MISSING)?;
        stake.add(amount, now);
        Ok(())
    }

    pub fn unstake(&mut self, who: &Pubkey, amount: u64) -> Verdict {
        must(amount > 0, E::AmountTooSmall)?;
        must(amount <= self.stakes[who].amount, E::InsufficientStake)?;
        self.integrate_stake();
        self.stakes.get_mut(who).ok_or(MISSING)?.remove(amount);
        Ok(())
    }

    pub fn crank(&mut self) -> Verdict {
        must(self.realm.live, E::NotLive)?;
        must(!self.paused(Section::Crank), E::Paused)?;
        must(self.now >= self.next_end, E::TooEarly)?;
        self.follow_advice();
        self.integrate_stake();
        let elapsed = u128::try_from(self.now - self.last_crank).unwrap();
        self.mean_stake = u64::try_from(self.stake_seconds / elapsed).unwrap();
        self.window = (self.stake_seconds, u64::try_from(elapsed).unwrap());
        self.stake_seconds = 0;
        self.last_crank = self.now;
        self.realm.periods += 1;
        self.next_end = (self.next_end + self.period).max(self.now + self.period / 2);
        Ok(())
    }

    /// Advice whose time has come is followed, or dropped when it no longer fits.
    pub(super) fn follow_advice(&mut self) {
        let (period, now) = (self.realm.periods, self.now);
        let due = self.realm.advice.take_if(|advice| self.now >= advice.eta);
        let Some(advice) = due else {
            return;
        };
        let controller = &mut self.realm.controllers[advice.parameter];
        let Advice { field, value, .. } = advice;
        let changed_in = controller.changed_in;
        let followed = controller
            .advisable(field, value)
            .and_then(|()| controller.once_a_period(field, period))
            .and_then(|()| controller.tune(field, value, advice.over_seconds, now));
        if followed.is_err() {
            controller.changed_in = changed_in;
        }
    }
}
