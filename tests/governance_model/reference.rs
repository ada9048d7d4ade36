//! The rules of governance as the design states them, in plain data: who may do what,
//! when, and what becomes of it. Written from the rules, not from the program: people by
//! key, approvals as sets of memberships, counts of open proposals counted afresh.

use std::collections::{BTreeMap, BTreeSet};

use homeostat_client::{Action, Delays, Parameter, RoleKind, SeatArgs, Section, Tunable};
use homeostat_tests::{anchor, HomeostatError as E};
use solana_program::pubkey::Pubkey;

const DAY: i64 = 86_400;
/// Fortnight in which a proposal finds its threshold, an offer its taker, and a
/// guardian's veto of its own replacement those who lift it.
const FORTNIGHT: i64 = 14 * DAY;
/// Places in a council.
const PLACES: usize = 15;
/// Pause that a section's budget holds (s): 72 h, back within 30 d.
const PAUSE_BUDGET: i64 = 72 * 3_600;
/// Tenths of a second of budget that a second gives back.
const TENTHS: i64 = 10;
/// Longest ramp (s).
const LONGEST_RAMP: u32 = 31_536_000;
/// One, in the control law's fixed point.
const ONE: i128 = 1 << 48;

/// What the program is expected to answer: a named error's number, or one of the
/// framework's.
pub type Verdict<T = ()> = Result<T, u32>;

fn no<T>(error: E) -> Verdict<T> {
    Err(error.into())
}

fn must(holds: bool, error: E) -> Verdict {
    if holds {
        Ok(())
    } else {
        no(error)
    }
}

/// How grave a proposal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gravity {
    Immediate,
    Routine,
    Standard,
    Critical,
}

/// Stage of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Active = 1,
    Queued,
    Executed,
    Vetoed,
    Cancelled,
    Expired,
}

/// A member, or somebody who was offered a seat.
#[derive(Clone, Debug)]
pub struct Member {
    pub id: u32,
    /// Last second to accept it; none = seated.
    pub offered_until: Option<i64>,
    /// Acts through a program only.
    pub via: Option<Pubkey>,
}

/// Somebody who was offered an office.
#[derive(Clone, Debug)]
pub struct Offer {
    pub key: Pubkey,
    pub via: Option<Pubkey>,
    pub until: i64,
}

/// An office that one person holds.
#[derive(Clone, Debug, Default)]
pub struct Office {
    pub holder: Option<Pubkey>,
    pub offer: Option<Offer>,
}

/// A section's pause and its budget.
#[derive(Clone, Debug, Default)]
pub struct Pause {
    pub from: i64,
    pub until: i64,
    /// Tenths of a second missing from the budget at `as_of`.
    missing: i64,
    as_of: i64,
}

impl Pause {
    fn covers(&self, now: i64) -> bool {
        self.from <= now && now < self.until
    }

    /// Tenths of a second missing from the budget.
    pub fn missing(&self, now: i64) -> i64 {
        (self.missing - (now - self.as_of)).max(0)
    }
}

/// What the advisor recommended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    pub parameter: usize,
    pub field: Tunable,
    pub value: i128,
    pub over_seconds: u32,
    pub eta: i64,
}

/// What governance sets of a controller; fixed-point numbers as bits.
#[derive(Clone, Debug)]
pub struct Controller {
    /// By [`Tunable`].
    pub targets: [i128; 7],
    /// What the council last set by a proposal that waited the Standard delay.
    pub anchors: [i128; 7],
    /// Period of the last small change.
    pub changed_in: [Option<u64>; 7],
    pub scale: i128,
    pub min: i64,
    pub max: i64,
    pub half_life: u64,
    /// Shortest half-life but none (s).
    pub shortest_half_life: u64,
    pub floor: i64,
    pub ceiling: i64,
    pub advice_setpoint: i128,
    pub advice_bias: i128,
    /// The guard holds it. When it does is the control law's affair: read after a crank.
    pub held: bool,
    pub config_seq: u64,
}

impl Controller {
    /// Within a tenth of the anchor, of the scale, of the span.
    fn inside_envelope(&self, field: Tunable, value: i128) -> bool {
        let anchor = self.anchors[field as usize];
        let whole = match field {
            Tunable::Setpoint => self.scale,
            Tunable::Bias => i128::from(self.max - self.min) * ONE,
            _ => anchor.abs(),
        };
        (value - anchor).abs() * 10 <= whole
    }

    fn advisable(&self, field: Tunable, value: i128) -> Verdict {
        let width = match field {
            Tunable::Setpoint => self.advice_setpoint,
            Tunable::Bias => self.advice_bias,
            _ => 0,
        };
        let off = (value - self.anchors[field as usize]).abs();
        must(width > 0 && off <= width, E::OutsideAdvice)
    }

    fn once_a_period(&mut self, field: Tunable, period: u64) -> Verdict {
        let changed = &mut self.changed_in[field as usize];
        must(*changed != Some(period), E::ChangedThisPeriod)?;
        *changed = Some(period);
        Ok(())
    }

    fn tune(&mut self, field: Tunable, value: i128, over_seconds: u32) -> Verdict {
        let whole = |ppm: i64| i128::from(ppm) * ONE;
        let in_range = match field {
            Tunable::Setpoint => value.abs() <= 1_000_000 * ONE,
            Tunable::Bias => (whole(self.min)..=whole(self.max)).contains(&value),
            Tunable::Kp => (0..=1_000_000_000_000 * ONE).contains(&value),
            other => panic!("{other:?} is not in the stories"),
        };
        must(
            in_range && over_seconds <= LONGEST_RAMP,
            E::InvalidParameter,
        )?;
        self.targets[field as usize] = value;
        self.config_seq += 1;
        Ok(())
    }
}

/// What a Standard proposal allowed somebody to build.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permit {
    pub stake_mint: Pubkey,
    pub amm_vault: Pubkey,
    pub weight: u16,
    pub meters: u8,
    pub feeds: u8,
}

/// Everything that proposals change.
#[derive(Clone, Debug)]
pub struct Realm {
    pub live: bool,
    pub members: BTreeMap<Pubkey, Member>,
    pub last_id: u32,
    pub threshold: u8,
    pub guardian: Office,
    pub advisor: Office,
    pub delays: Delays,
    pub permit: Permit,
    pub meters: u8,
    pub pauses: [Pause; Section::COUNT],
    pub advice: Option<Advice>,
    pub controllers: [Controller; 4],
    pub treasury_ppm: u32,
    pub terms: homeostat::state::action::Terms,
    pub periods: u64,
    /// Seats offered in this proposal to those who have one.
    clashes: usize,
}

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
    fn present(&self, ids: &BTreeSet<u32>) -> usize {
        self.seated().filter(|(_, m)| ids.contains(&m.id)).count()
    }

    pub fn override_threshold(&self) -> usize {
        usize::from(self.threshold).max((2 * self.size()).div_ceil(3))
    }

    fn quota(&self) -> usize {
        (16 / self.size()).max(2)
    }

    /// A seated member who signs for itself.
    fn member(&self, who: &Pubkey) -> Verdict<&Member> {
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

    fn gravity(&self, action: &Action) -> Gravity {
        use Gravity::*;
        match action {
            Action::Unpause { .. } | Action::RevokeAdvisor => Immediate,
            Action::ResumeController { .. } | Action::ResumeEconomy => Routine,
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
            Action::Limits {
                parameter, value, ..
            } => {
                let old = &self.controllers[*parameter as usize];
                if value.min_ppm < old.min || value.max_ppm > old.max {
                    Critical
                } else {
                    Standard
                }
            }
            Action::HalfLife { .. }
            | Action::FeeSplit { .. }
            | Action::PoolWeight { .. }
            | Action::AllowPool { .. }
            | Action::AllowMeters { .. }
            | Action::AllowFeeds { .. }
            | Action::Advisor { .. }
            | Action::AdviceRange { .. } => Standard,
            Action::Terms { .. }
            | Action::AddMember { .. }
            | Action::RemoveMember { .. }
            | Action::Threshold { .. }
            | Action::Guardian { .. }
            | Action::Delays { .. }
            | Action::Retire { .. } => Critical,
            other => panic!("{other:?} is not in the stories"),
        }
    }

    fn delay(&self, gravity: Gravity) -> i64 {
        i64::from(match gravity {
            Gravity::Immediate => 0,
            Gravity::Routine => self.delays.routine,
            Gravity::Standard => self.delays.standard,
            Gravity::Critical => self.delays.critical,
        })
    }

    /// What the actions make of it, and how grave they are; none graver than `allowed`.
    fn after(&self, actions: &[Action], allowed: Gravity, now: i64) -> Verdict<(Self, Gravity)> {
        let mut after = self.clone();
        let mut gravest = Gravity::Immediate;
        for action in actions {
            let gravity = after.gravity(action);
            must(gravity <= allowed, E::ClassChanged)?;
            gravest = gravest.max(gravity);
            after.apply(action, gravity, now)?;
        }
        // However many actions did it, one proposal widens by one step.
        for (old, new) in self.controllers.iter().zip(&after.controllers) {
            let wider = (old.min - new.min).max(new.max - old.max);
            must(wider <= new.ceiling / 4, E::StepTooLarge)?;
        }
        after.check()?;
        Ok((after, gravest))
    }

    fn apply(&mut self, action: &Action, gravity: Gravity, now: i64) -> Verdict {
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
                expect(controller.targets[*field as usize] == *expected_q48)?;
                if gravity == Gravity::Routine {
                    controller.once_a_period(*field, period)?;
                } else {
                    controller.anchors[*field as usize] = *value_q48;
                }
                controller.tune(*field, *value_q48, *over_seconds)
            }
            Action::HalfLife {
                parameter,
                expected,
                value,
            } => {
                let controller = &mut self.controllers[*parameter as usize];
                expect(controller.half_life == *expected)?;
                let range = controller.shortest_half_life..=31_536_000_000;
                must(*value == 0 || range.contains(value), E::InvalidParameter)?;
                controller.half_life = *value;
                controller.config_seq += 1;
                Ok(())
            }
            Action::Limits {
                parameter,
                expected,
                value,
            } => {
                let controller = &mut self.controllers[*parameter as usize];
                let (min, max) = (value.min_ppm, value.max_ppm);
                expect((controller.min, controller.max) == (expected.min_ppm, expected.max_ppm))?;
                let bias = controller.targets[Tunable::Bias as usize];
                let holds = min < max
                    && min >= controller.floor
                    && max <= controller.ceiling
                    && i128::from(min) * ONE <= bias
                    && bias <= i128::from(max) * ONE;
                must(holds, E::InvalidParameter)?;
                (controller.min, controller.max) = (min, max);
                controller.config_seq += 1;
                Ok(())
            }
            Action::ResumeController { parameter } => {
                let held = &mut self.controllers[*parameter as usize].held;
                must(core::mem::take(held), E::NothingToResume)
            }
            // Nothing in the stories trips the whole economy.
            Action::ResumeEconomy => no(E::NothingToResume),
            Action::Unpause { section } => {
                let pause = &mut self.pauses[*section as usize];
                must(pause.covers(now), E::NothingToResume)?;
                pause.until = now;
                Ok(())
            }
            Action::RevokeAdvisor => {
                self.advisor = Office::default();
                self.advice = None;
                Ok(())
            }
            Action::FeeSplit {
                expected_ppm,
                value_ppm,
            } => {
                expect(self.treasury_ppm == *expected_ppm)?;
                self.treasury_ppm = *value_ppm;
                Ok(())
            }
            // The stories' economy has no liquidity pool.
            Action::PoolWeight { .. } => no(E::InvalidParameter),
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
                expect(
                    (controller.advice_setpoint, controller.advice_bias)
                        == (expected.setpoint_q48, expected.bias_q48),
                )?;
                let sound = value.setpoint_q48 >= 0 && value.bias_q48 >= 0;
                must(sound, E::InvalidParameter)?;
                controller.advice_setpoint = value.setpoint_q48;
                controller.advice_bias = value.bias_q48;
                Ok(())
            }
            Action::Terms { expected, value } => {
                expect(self.terms == *expected)?;
                self.terms = *value;
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
            Action::RemoveMember { key } => must(self.members.remove(key).is_some(), E::NotAMember),
            Action::Threshold { expected, value } => {
                expect(self.threshold == *expected)?;
                self.threshold = *value;
                Ok(())
            }
            Action::Guardian { expected, seat } => {
                expect(self.guardian.holder == Some(*expected))?;
                self.guardian.offer = Some(offer(seat, now)?);
                Ok(())
            }
            Action::Delays { expected, value } => {
                expect(self.delays == *expected)?;
                self.delays = *value;
                Ok(())
            }
            Action::Retire { .. } => {
                must(self.live, E::NotLive)?;
                self.live = false;
                Ok(())
            }
            other => panic!("{other:?} is not in the stories"),
        }
    }

    /// What no proposal may break.
    fn check(&mut self) -> Verdict {
        let hours = |least: u32, days: u32| least * 3_600..=days * 86_400;
        let delays = &self.delays;
        let terms = &self.terms;
        let guards = [
            self.guardian.holder,
            self.guardian.offer.as_ref().map(|offer| offer.key),
        ];
        let sound = (1..=self.size()).contains(&usize::from(self.threshold))
            && self.clashes == 0
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
            && (100_000..=500_000).contains(&delays.staker_veto_ppm)
            && self.treasury_ppm <= 1_000_000
            && terms.min_stake > 0
            && terms.bounty <= 100_000_000
            && terms.unbonding <= 90 * 86_400
            && (10_000..=1_000_000_000).contains(&terms.turnover_ppm);
        must(sound, E::InvalidParameter)
    }
}

fn expect(holds: bool) -> Verdict {
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

    fn open(&self, now: i64) -> Verdict {
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

    fn queue(&mut self, delay: i64, grace: u32, now: i64) {
        self.stage = Stage::Queued;
        self.eta = now + delay;
        self.expires_at = self.eta + i64::from(grace);
        self.ended_at = 0;
        // Votes to cancel end with the stage they were cast in.
        self.cancels.clear();
    }

    fn end(&mut self, stage: Stage, now: i64) {
        self.stage = stage;
        self.ended_at = now;
    }
}

/// Native stake of one owner.
#[derive(Clone, Debug, Default)]
pub struct Stake {
    pub amount: u64,
    pub last_add_at: i64,
}

/// The whole of it.
#[derive(Clone, Debug)]
pub struct Model {
    pub now: i64,
    pub realm: Realm,
    pub proposals: BTreeMap<u64, Proposal>,
    pub next_index: u64,
    /// Ballots that stand, by proposal and owner.
    pub ballots: BTreeMap<(u64, Pubkey), u64>,
    pub stakes: BTreeMap<Pubkey, Stake>,
    pub period: i64,
    pub next_end: i64,
    pub last_crank: i64,
    /// Mean stake over the last period.
    pub mean_stake: u64,
    /// Circulating supply, as the last crank measured it: not governance's to say.
    pub circulating: u64,
    /// Stake x seconds since the last crank, up to `integrated_at`.
    pub stake_seconds: u128,
    pub integrated_at: i64,
}

/// An account that is not there.
const MISSING: u32 = anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM;
/// The system program's word for an account that is there already.
pub const IN_USE: u32 = 0;

impl Realm {
    /// Somebody's office, held and signed for directly.
    fn in_office(&self, office: &Office, who: &Pubkey) -> Verdict {
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

    fn proposal(&mut self, index: u64) -> Verdict<&mut Proposal> {
        self.proposals.get_mut(&index).ok_or(MISSING)
    }

    pub fn propose(&mut self, who: &Pubkey, actions: &[Action]) -> Verdict {
        let id = self.realm.member(who)?.id;
        let retires = |action: &Action| matches!(action, Action::Retire { .. });
        let mixed = actions.len() != 1 && actions.iter().any(retires);
        must(!mixed, E::BadActions)?;
        let (_, gravity) = self.realm.after(actions, Gravity::Critical, self.now)?;
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
        must(as_read, E::WrongDigest)?;
        let id = realm.member(who)?.id;
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
        trial.tune(field, value, over_seconds)?;
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
        let veto_ppm = u128::from(self.realm.delays.staker_veto_ppm);
        let proposal = self.proposal(index)?;
        let stake = stake.ok_or(MISSING)?;
        must(stake.last_add_at < proposal.created_at, E::NoVotingWeight)?;
        if standing {
            return Err(IN_USE);
        }
        proposal.open(now)?;
        must(proposal.gravity >= Gravity::Standard, E::NotVetoable)?;
        must(
            stake.amount > 0 && proposal.veto_base > 0,
            E::NoVotingWeight,
        )?;
        proposal.veto_weight += stake.amount;
        let needed = (u128::from(proposal.veto_base) * veto_ppm).div_ceil(1_000_000);
        if u128::from(proposal.veto_weight) >= needed {
            proposal.vetoed_by_stakers = true;
            proposal.end(Stage::Vetoed, now);
        }
        self.ballots.insert((index, *who), stake.amount);
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
        must(realm.live, E::NotLive)?;
        must(realm.permit.meters > 0, E::NotPermitted)?;
        must(shard == realm.meters, E::InvalidParameter)?;
        realm.permit.meters -= 1;
        realm.meters += 1;
        Ok(())
    }

    fn integrate_stake(&mut self) {
        let seconds = u128::try_from(self.now - self.integrated_at).unwrap();
        self.stake_seconds += u128::from(self.staked()) * seconds;
        self.integrated_at = self.now;
    }

    fn paused(&self, section: Section) -> bool {
        self.realm.pauses[section as usize].covers(self.now)
    }

    pub fn stake(&mut self, who: &Pubkey, amount: u64) -> Verdict {
        must(self.realm.live, E::NotLive)?;
        must(!self.paused(Section::Stake), E::Paused)?;
        must(amount >= self.realm.terms.min_stake, E::AmountTooSmall)?;
        self.integrate_stake();
        let now = self.now;
        let stake = self.stakes.get_mut(who).ok_or(MISSING)?;
        stake.amount += amount;
        stake.last_add_at = now;
        Ok(())
    }

    pub fn unstake(&mut self, who: &Pubkey, amount: u64) -> Verdict {
        must(amount > 0, E::AmountTooSmall)?;
        must(amount <= self.stakes[who].amount, E::InsufficientStake)?;
        self.integrate_stake();
        self.stakes.get_mut(who).ok_or(MISSING)?.amount -= amount;
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
        self.stake_seconds = 0;
        self.last_crank = self.now;
        self.realm.periods += 1;
        self.next_end = (self.next_end + self.period).max(self.now + self.period / 2);
        Ok(())
    }

    /// Advice whose time has come is followed, or dropped when it no longer fits.
    fn follow_advice(&mut self) {
        let period = self.realm.periods;
        let due = self.realm.advice.take_if(|advice| self.now >= advice.eta);
        let Some(advice) = due else {
            return;
        };
        let controller = &mut self.realm.controllers[advice.parameter];
        let Advice { field, value, .. } = advice;
        let _ = controller
            .advisable(field, value)
            .and_then(|()| controller.once_a_period(field, period))
            .and_then(|()| controller.tune(field, value, advice.over_seconds));
    }
}

impl Realm {
    /// As it is before anybody proposed anything.
    pub fn new(given: Given) -> Self {
        Self {
            live: true,
            members: given
                .members
                .into_iter()
                .zip(1..)
                .map(|(key, id)| {
                    let seated = Member {
                        id,
                        offered_until: None,
                        via: None,
                    };
                    (key, seated)
                })
                .collect(),
            last_id: given.last_id,
            threshold: given.threshold,
            guardian: Office {
                holder: Some(given.guardian),
                offer: None,
            },
            advisor: Office::default(),
            delays: given.delays,
            permit: Permit::default(),
            meters: 1,
            pauses: Default::default(),
            advice: None,
            controllers: given.controllers,
            treasury_ppm: given.treasury_ppm,
            terms: given.terms,
            periods: 0,
            clashes: 0,
        }
    }
}

/// What the economy was founded with.
pub struct Given {
    pub members: Vec<Pubkey>,
    pub last_id: u32,
    pub threshold: u8,
    pub guardian: Pubkey,
    pub delays: Delays,
    pub controllers: [Controller; 4],
    pub treasury_ppm: u32,
    pub terms: homeostat::state::action::Terms,
}
