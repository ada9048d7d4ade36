//! What proposals change, and by which rules: classes, delays, each action, and what no
//! proposal may break.

use homeostat::state::action::AdviceRange;

use super::*;

impl Realm {
    /// The members who decide.
    pub fn seated(&self) -> impl Iterator<Item = (&Pubkey, &Member)> {
        self.members
            .iter()
            .filter(|(_, member)| member.offered_until.is_none())
    }

    pub fn size(&self) -> usize {
        self.seated().count()
    }

    /// How many of those memberships are seated now.
    pub(super) fn present(&self, ids: &BTreeSet<u32>) -> usize {
        self.seated().filter(|(_, m)| ids.contains(&m.id)).count()
    }

    pub fn override_threshold(&self) -> usize {
        usize::from(self.threshold).max((2 * self.size()).div_ceil(3))
    }

    pub(super) fn quota(&self) -> usize {
        (16 / self.size()).max(2)
    }

    /// A seated member who signs for itself.
    pub(super) fn member(&self, who: &Pubkey) -> Verdict<&Member> {
        match self.members.get(who) {
            Some(member) if member.offered_until.is_none() => {
                must(member.via.is_none(), E::CpiForbidden)?;
                Ok(member)
            }
            _ if [self.guardian.holder, self.advisor.holder].contains(&Some(*who)) => {
                no(E::MissingPermission)
            }
            _ => no(E::NotAMember),
        }
    }

    pub(super) fn gravity(&self, action: &Action) -> Gravity {
        use Gravity::*;
        match action {
            Action::Unpause { .. } | Action::RevokeAdvisor { .. } => Immediate,
            Action::ResumeController { .. } | Action::ResumeEconomy { .. } => Routine,
            Action::Tune {
                parameter,
                field,
                value_q48,
                ..
            } => {
                if self.controllers[*parameter as usize].inside_envelope(*field, *value_q48) {
                    Routine
                } else {
                    Standard
                }
            }
            // Of these, what all actions do together counts besides.
            Action::AdviceRange { .. } | Action::Slew { .. } | Action::Caps { .. } => Immediate,
            Action::Mode { .. }
            | Action::Limits { .. }
            | Action::HalfLife { .. }
            // A wider limit counts besides.
            | Action::FeedForward { .. }
            | Action::FeeSplit { .. }
            | Action::PoolWeight { .. }
            | Action::AllowMeters { .. }
            | Action::AllowFeeds { .. }
            | Action::Advisor { .. } => Standard,
            Action::Terms { .. }
            | Action::MinStake { .. }
            | Action::AllowPool { .. }
            | Action::Exclude { .. }
            | Action::Guard { .. }
            | Action::GiveUp { .. }
            | Action::AddMember { .. }
            | Action::RemoveMember { .. }
            | Action::Threshold { .. }
            | Action::Guardian { .. }
            | Action::Delays { .. } => Critical,
            Action::Retire { .. } => Terminal,
            other => panic!("{other:?} is not in the stories"),
        }
    }

    pub(super) fn needed_now(&self) -> [usize; 2] {
        [usize::from(self.threshold), self.override_threshold()]
    }

    /// Remembers how many votes it takes from now on.
    pub(super) fn remember_needed(&mut self, now: i64) {
        self.needed.push((now, self.needed_now()));
    }

    /// Since when so many votes have been enough without a break; none if they are not.
    pub(super) fn enough_since(&self, votes: usize, kind: usize) -> Option<i64> {
        let back = self.needed.iter().rev();
        back.take_while(|(_, needed)| needed[kind] <= votes)
            .last()
            .map(|(since, _)| *since)
    }

    /// What the actions make of it, and how grave they are; none graver than `allowed`.
    pub(super) fn after(
        &self,
        actions: &[Action],
        allowed: Gravity,
        now: i64,
    ) -> Verdict<(Self, Gravity)> {
        let mut after = self.clone();
        let mut gravest = Gravity::Immediate;
        for action in actions {
            let gravity = after.gravity(action);
            must(gravity <= allowed, E::ClassChanged)?;
            gravest = gravest.max(gravity);
            after.apply(action, gravity, now)?;
        }
        after.check_terms()?;
        gravest = gravest.max(self.gravity_of(&after)?);
        must(gravest <= allowed, E::ClassChanged)?;
        after.check_council()?;
        after.remember_needed(now);
        Ok((after, gravest))
    }

    pub(super) fn apply(&mut self, action: &Action, gravity: Gravity, now: i64) -> Verdict {
        let period = self.periods;
        match action {
            Action::Tune {
                parameter,
                field,
                expected_q48,
                value_q48,
                over_seconds,
            } => {
                let controller = &mut self.controllers[*parameter as usize];
                expect(controller.target(*field) == *expected_q48)?;
                if gravity == Gravity::Routine {
                    controller.once_a_period(*field, period)?;
                } else {
                    controller.anchors[*field as usize] = *value_q48;
                }
                controller.tune(*field, *value_q48, *over_seconds, now)
            }
            Action::HalfLife {
                parameter,
                expected,
                value,
            } => self.controllers[*parameter as usize].set_half_life(*expected, *value, now),
            Action::FeedForward {
                parameter,
                expected,
                value,
            } => self.controllers[*parameter as usize].set_feed_forward(expected, value, now),
            Action::Limits {
                parameter,
                expected,
                value,
            } => self.controllers[*parameter as usize].set_limits(expected, value, now),
            Action::Slew {
                parameter,
                expected,
                value,
            } => self.controllers[*parameter as usize].set_slew(expected, value, now),
            Action::Mode {
                parameter,
                expected_ppm,
                value_ppm,
            } => self.controllers[*parameter as usize].set_mode(*expected_ppm, *value_ppm, now),
            Action::Guard {
                parameter,
                expected,
                value,
            } => self.controllers[*parameter as usize].set_guard(expected, value),
            Action::ResumeController {
                parameter,
                expected_since,
            } => self.controllers[*parameter as usize].resume(*expected_since, now),
            // Nothing in the stories trips the whole economy.
            Action::ResumeEconomy { .. } => no(E::NothingToResume),
            Action::Unpause {
                section,
                expected_until,
            } => {
                let pause = &mut self.pauses[*section as usize];
                must(pause.covers(now), E::NothingToResume)?;
                expect(pause.until == *expected_until)?;
                pause.until = now;
                Ok(())
            }
            Action::RevokeAdvisor { expected } => {
                let advisor = &mut self.advisor;
                let offered = advisor.offer.take_if(|offer| offer.key == *expected);
                let held = advisor.holder.take_if(|holder| holder == expected);
                expect(offered.is_some() || held.is_some())?;
                if held.is_some() {
                    self.advice = None;
                }
                Ok(())
            }
            Action::FeeSplit {
                expected_ppm,
                value_ppm,
            } => {
                expect_other(&self.treasury_ppm, expected_ppm, value_ppm)?;
                self.treasury_ppm = *value_ppm;
                Ok(())
            }
            // The stories' economy has no liquidity pool.
            Action::PoolWeight { .. } => no(E::InvalidParameter),
            Action::MinStake {
                lane,
                expected,
                value,
            } => {
                must(*lane == 0 && *value > 0, E::InvalidParameter)?;
                expect_other(&self.min_stake, expected, value)?;
                self.min_stake = *value;
                Ok(())
            }
            Action::AllowPool {
                stake_mint,
                amm_vault,
                weight,
            } => {
                let sound = *weight > 0 && *stake_mint != Pubkey::default();
                must(sound, E::InvalidParameter)?;
                self.permit = Permit {
                    stake_mint: *stake_mint,
                    amm_vault: *amm_vault,
                    weight: *weight,
                    pool_until: now + FORTNIGHT,
                    ..self.permit
                };
                Ok(())
            }
            Action::AllowMeters { count } => {
                must(*count > 0, E::InvalidParameter)?;
                let all = u32::from(self.permit.meters) + u32::from(self.meters);
                must(all + u32::from(*count) <= 8, E::TooMany)?;
                self.permit.meters += count;
                Ok(())
            }
            Action::AllowFeeds { count } => {
                must(*count > 0, E::InvalidParameter)?;
                // Nobody builds one in the stories.
                must(
                    u32::from(self.permit.feeds) + u32::from(*count) <= 4,
                    E::TooMany,
                )?;
                self.permit.feeds += count;
                Ok(())
            }
            Action::Advisor { expected, seat } => {
                expect(self.advisor.holder.unwrap_or_default() == *expected)?;
                self.advisor.offer = Some(offer(seat, now)?);
                Ok(())
            }
            Action::AdviceRange {
                parameter,
                expected,
                value,
            } => {
                let controller = &mut self.controllers[*parameter as usize];
                let present = AdviceRange {
                    setpoint_q48: controller.advice_setpoint,
                    bias_q48: controller.advice_bias,
                };
                expect_other(&present, expected, value)?;
                let fits = |field, width: i128| {
                    (0..=controller.envelope(field)).contains(&(width.saturating_mul(10)))
                };
                let sound = fits(Tunable::Setpoint, value.setpoint_q48)
                    && fits(Tunable::Bias, value.bias_q48);
                must(sound, E::InvalidParameter)?;
                controller.advice_setpoint = value.setpoint_q48;
                controller.advice_bias = value.bias_q48;
                Ok(())
            }
            Action::Terms { expected, value } => {
                expect_other(&self.terms, expected, value)?;
                self.terms = *value;
                Ok(())
            }
            Action::Caps { expected, value } => {
                expect_other(&self.caps, expected, value)?;
                self.caps = *value;
                Ok(())
            }
            Action::Exclude { expected, accounts } => {
                expect_other(&self.excluded, expected, accounts)?;
                self.exclude(accounts)
            }
            Action::GiveUp { power } => {
                self.require(*power)?;
                self.given_up[*power as usize] = true;
                Ok(())
            }
            Action::AddMember { seat } => {
                self.members
                    .retain(|_, member| member.offered_until.is_none_or(|until| now <= until));
                let Offer { key, via, until } = offer(seat, now)?;
                must(self.members.len() + self.clashes < PLACES, E::TooMany)?;
                self.last_id += 1;
                if self.members.contains_key(&key) {
                    self.clashes += 1;
                    return Ok(());
                }
                let member = Member {
                    id: self.last_id,
                    offered_until: Some(until),
                    via,
                };
                self.members.insert(key, member);
                Ok(())
            }
            Action::RemoveMember { key, expected_id } => {
                let removed = self.members.remove(key);
                let removed = removed.ok_or(u32::from(E::NotAMember))?;
                expect(removed.id == *expected_id)
            }
            Action::Threshold { expected, value } => {
                expect_other(&self.threshold, expected, value)?;
                self.threshold = *value;
                Ok(())
            }
            Action::Guardian { expected, seat } => {
                expect(self.guardian.holder == Some(*expected))?;
                self.guardian.offer = Some(offer(seat, now)?);
                Ok(())
            }
            Action::Delays { expected, value } => {
                expect_other(&self.delays, expected, value)?;
                self.delays = *value;
                Ok(())
            }
            Action::Retire { successor } => {
                if successor.is_some() {
                    self.require(Power::Successor)?;
                }
                must(self.live, E::NotLive)?;
                must(*successor != Some(Pubkey::default()), E::InvalidParameter)?;
                self.live = false;
                Ok(())
            }
            other => panic!("{other:?} is not in the stories"),
        }
    }

    /// What no proposal may break of the economy.
    fn check_terms(&self) -> Verdict {
        let (terms, caps) = (&self.terms, &self.caps);
        let sound = caps.hard_cap > caps.supply_floor
            && caps.period_emission_ppm <= 100_000
            && caps.period_burn_ppm <= 100_000
            && self.treasury_ppm <= 1_000_000
            && terms.yield_ppm > 0
            && terms.bounty <= 100_000_000
            && terms.unbonding <= 90 * 86_400
            && (10_000..=1_000_000_000).contains(&terms.turnover_ppm);
        must(sound, E::InvalidParameter)
    }

    /// What no proposal may break of the council.
    fn check_council(&self) -> Verdict {
        let hours = |least: u32, days: u32| least * 3_600..=days * 86_400;
        let delays = &self.delays;
        let guards = [
            self.guardian.holder,
            self.guardian.offer.as_ref().map(|offer| offer.key),
        ];
        let advises = [
            self.advisor.holder,
            self.advisor.offer.as_ref().map(|offer| offer.key),
        ];
        let sound = (1..=self.size()).contains(&usize::from(self.threshold))
            && self.clashes == 0
            && !guards
                .iter()
                .flatten()
                .any(|key| advises.contains(&Some(*key)))
            && !guards
                .iter()
                .flatten()
                .any(|key| self.members.contains_key(key))
            && hours(6, 7).contains(&delays.routine)
            && hours(24, 14).contains(&delays.standard)
            && hours(72, 30).contains(&delays.critical)
            && delays.routine <= delays.standard
            && delays.standard <= delays.critical
            && hours(24, 30).contains(&delays.grace)
            && (100_000..=500_000).contains(&delays.staker_veto_ppm);
        must(sound, E::InvalidParameter)
    }
}

pub(super) fn expect_other<T: PartialEq>(present: &T, expected: &T, value: &T) -> Verdict {
    expect(present == expected)?;
    must(value != present, E::NothingChanges)
}

pub(super) fn expect(holds: bool) -> Verdict {
    must(holds, E::OldValueChanged)
}

fn offer(seat: &SeatArgs, now: i64) -> Verdict<Offer> {
    let nobody = Pubkey::default();
    let sound = seat.key != nobody && seat.via != Some(nobody);
    must(sound, E::InvalidParameter)?;
    Ok(Offer {
        key: seat.key,
        via: seat.via,
        until: now + FORTNIGHT,
    })
}
