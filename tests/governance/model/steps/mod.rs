//! What somebody can do, and dice that decide what is done next: honest people most of
//! the time, and everybody else.

mod actions;
mod settings;

use homeostat::state::action::{AdviceRange, Caps, OutputLimits, SlewLimits, Terms};
use homeostat_client::{
    governance::q48, instruction::StakeMint, Action, Delays, FeedForward, GuardSettings, Parameter,
    Power, RoleKind, SeatArgs, Section, Tunable,
};
use homeostat_tests::HomeostatError;
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use solana_program::pubkey::Pubkey;

use super::{
    super::{DAY, HOUR},
    reference::{Model, Proposal, Stage, Verdict},
};

/// One transaction.
#[derive(Clone, Debug)]
pub enum Step {
    Propose(Pubkey, Vec<Action>),
    Approve(Pubkey, u64),
    Withdraw(Pubkey, u64),
    Veto(Pubkey, u64),
    Override(Pubkey, u64),
    Cancel(Pubkey, u64),
    Expire(Pubkey, u64),
    Execute(Pubkey, u64),
    CloseProposal(u64),
    Accept(Pubkey, RoleKind),
    Advise(Pubkey, Parameter, Tunable, i128, u32),
    VetoAdvice(Pubkey),
    Pause(Pubkey, Section, u32),
    CastBallot(Pubkey, u64),
    CloseBallot(Pubkey, u64),
    Stake(Pubkey, u64),
    Unstake(Pubkey, u64),
    CreateMeter(u8),
    Crank,
}

impl Step {
    /// The instruction's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Propose(..) => "propose",
            Self::Approve(..) => "approve",
            Self::Withdraw(..) => "withdraw_approval",
            Self::Veto(..) => "veto",
            Self::Override(..) => "override_veto",
            Self::Cancel(..) => "cancel",
            Self::Expire(..) => "expire",
            Self::Execute(..) => "execute",
            Self::CloseProposal(..) => "close_proposal",
            Self::Accept(..) => "accept_role",
            Self::Advise(..) => "advise",
            Self::VetoAdvice(..) => "veto_advice",
            Self::Pause(..) => "pause",
            Self::CastBallot(..) => "cast_ballot",
            Self::CloseBallot(..) => "close_ballot",
            Self::Stake(..) => "stake",
            Self::Unstake(..) => "request_unstake",
            Self::CreateMeter(..) => "create_meter",
            Self::Crank => "crank",
        }
    }

    /// Who signs, if anybody has to.
    pub fn signer(&self) -> Option<&Pubkey> {
        match self {
            Self::Propose(who, ..)
            | Self::Approve(who, ..)
            | Self::Withdraw(who, ..)
            | Self::Veto(who, ..)
            | Self::Override(who, ..)
            | Self::Cancel(who, ..)
            | Self::Expire(who, ..)
            | Self::Execute(who, ..)
            | Self::Accept(who, ..)
            | Self::Advise(who, ..)
            | Self::VetoAdvice(who)
            | Self::Pause(who, ..)
            | Self::CastBallot(who, ..)
            | Self::Stake(who, ..)
            | Self::Unstake(who, ..) => Some(who),
            Self::CloseProposal(..)
            | Self::CloseBallot(..)
            | Self::CreateMeter(..)
            | Self::Crank => None,
        }
    }

    /// The proposal it names.
    fn proposal(&self) -> Option<u64> {
        match self {
            Self::Approve(_, index)
            | Self::Withdraw(_, index)
            | Self::Veto(_, index)
            | Self::Override(_, index)
            | Self::Cancel(_, index)
            | Self::Expire(_, index)
            | Self::Execute(_, index)
            | Self::CloseProposal(index)
            | Self::CastBallot(_, index)
            | Self::CloseBallot(_, index) => Some(*index),
            _ => None,
        }
    }

    /// The proposal it changes, if it goes through: what is proposed anew may be open
    /// already, and what anybody may do needs no index.
    pub fn concerns(&self, model: &Model) -> Option<u64> {
        match self {
            Self::Propose(_, actions) => {
                let holder = model.holder(actions);
                let open = holder.filter(|index| model.proposals[index].is_open());
                Some(open.unwrap_or(model.next_index()))
            }
            Self::Execute(_, index) | Self::CloseProposal(index) => {
                Some(model.at_address_of(*index).unwrap_or(*index))
            }
            _ => self.proposal(),
        }
    }

    /// What the reference answers; its state changes with it, unless it refuses.
    pub fn expected(&self, model: &mut Model) -> Verdict {
        let mut after = model.clone();
        self.done(&mut after)?;
        *model = after;
        Ok(())
    }

    fn done(&self, model: &mut Model) -> Verdict {
        match self {
            Self::Propose(who, actions) => model.propose(who, actions),
            Self::Approve(who, index) => model.approve(who, *index),
            Self::Withdraw(who, index) => model.withdraw(who, *index),
            Self::Veto(who, index) => model.veto(who, *index),
            Self::Override(who, index) => model.override_veto(who, *index),
            Self::Cancel(who, index) => model.cancel(who, *index),
            Self::Expire(_, index) => model.expire(*index),
            Self::Execute(_, index) => model.execute(*index),
            Self::CloseProposal(index) => model.close_proposal(*index),
            Self::Accept(who, role) => model.accept(who, *role),
            Self::Advise(who, parameter, field, value, over) => {
                model.advise(who, (*parameter, *field, *value, *over))
            }
            Self::VetoAdvice(who) => model.veto_advice(who),
            Self::Pause(who, section, seconds) => model.pause(who, *section, *seconds),
            Self::CastBallot(who, index) => model.cast_ballot(who, *index),
            Self::CloseBallot(who, index) => model.close_ballot(who, *index),
            Self::Stake(who, amount) => model.stake(who, *amount),
            Self::Unstake(who, amount) => model.unstake(who, *amount),
            Self::CreateMeter(shard) => model.create_meter(*shard),
            Self::Crank => model.crank(),
        }
    }
}

/// Who there is.
#[derive(Clone, Debug)]
pub struct Cast {
    /// Everybody who can sign: founders of the council, its first guardian, strangers,
    /// stakers.
    pub everybody: Vec<Pubkey>,
    /// Those with a position.
    pub stakers: Vec<Pubkey>,
    /// A program that some seats name.
    pub program: Pubkey,
    /// An AMM's pool, which proposals allow.
    pub amm: StakeMint,
    /// What somebody might want to exclude: token accounts, a vault of the economy, an address
    /// at which there is nothing.
    pub accounts: Vec<Pubkey>,
}

const SECTIONS: [Section; 4] = [
    Section::Stake,
    Section::Pay,
    Section::Crank,
    Section::Emission,
];

/// Refusals that few acts lead to: those are always tried.
const RARE: [HomeostatError; 14] = [
    HomeostatError::AlreadyApproved,
    HomeostatError::NotApproved,
    HomeostatError::MissingPermission,
    HomeostatError::ChangedThisPeriod,
    HomeostatError::StepTooLarge,
    HomeostatError::TooMany,
    HomeostatError::TooManyOpen,
    HomeostatError::NoVotingWeight,
    HomeostatError::NotExpired,
    HomeostatError::OthersApprove,
    HomeostatError::RecentlyVetoed,
    HomeostatError::SlewNotAlone,
    HomeostatError::PowerGivenUp,
    HomeostatError::DuplicateAccount,
];

/// Deterministic dice.
pub struct Dice(ChaCha8Rng);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub fn below(&mut self, most: usize) -> usize {
        (self.0.next_u64() % most as u64) as usize
    }

    /// True `part` times in a hundred.
    pub fn chance(&mut self, part: usize) -> bool {
        self.below(100) < part
    }

    pub fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    fn pick_or<T: Clone>(&mut self, of: &[T], or: T) -> T {
        if of.is_empty() {
            or
        } else {
            self.pick(of)
        }
    }

    /// A moment when something begins or ends, or any other, not before now.
    pub fn moment(&mut self, model: &Model) -> i64 {
        let now = model.now;
        let mut edges = vec![model.next_end];
        for p in model.proposals.values() {
            match p.stage {
                Stage::Active => edges.push(p.active_until),
                Stage::Queued => edges.extend([p.eta, p.eta, p.eta, p.expires_at]),
                Stage::Vetoed if p.liftable(now) => edges.push(p.ended_at + 14 * DAY),
                _ => {}
            }
        }
        let realm = &model.realm;
        edges.extend(realm.members.values().filter_map(|m| m.offered_until));
        edges.extend([&realm.guardian, &realm.advisor].map(|office| {
            let offer = office.offer.as_ref();
            offer.map_or(0, |offer| offer.until)
        }));
        edges.extend(realm.pauses.iter().map(|pause| pause.until));
        edges.extend(realm.advice.iter().map(|advice| advice.eta));
        // Mostly what comes next: a sequence that only leaps reaches nothing.
        let mut ahead: Vec<i64> = edges.into_iter().filter(|at| *at > now).collect();
        ahead.sort_unstable();
        ahead.truncate(4);
        match self.below(20) {
            0..9 if !ahead.is_empty() => {
                let edge = self.pick(&ahead);
                edge + self.below(3) as i64 - 1
            }
            9..18 => now + self.below(4 * HOUR as usize) as i64,
            18 => now + self.below(2 * DAY as usize) as i64,
            _ => now + self.below(20 * DAY as usize) as i64,
        }
        .max(now)
    }

    fn seated(&mut self, model: &Model, cast: &Cast) -> Pubkey {
        let realm = &model.realm;
        let office = match self.below(100) {
            0..88 => {
                let seated: Vec<Pubkey> = realm.seated().map(|(key, _)| *key).collect();
                return self.pick(&seated);
            }
            88..91 => realm.guardian.holder,
            91..93 => realm.advisor.holder,
            _ => None,
        };
        office.unwrap_or_else(|| self.pick(&cast.everybody))
    }

    fn holder(&mut self, office: Option<Pubkey>, cast: &Cast) -> Pubkey {
        match office {
            Some(holder) if self.chance(88) => holder,
            _ => self.pick(&cast.everybody),
        }
    }

    /// A proposal that `fits`, or now and then any other: also one that is closed or
    /// has never been.
    fn proposal(&mut self, model: &Model, fits: impl Fn(&Proposal) -> bool) -> u64 {
        let fitting: Vec<u64> = model
            .proposals
            .iter()
            .filter(|(_, p)| fits(p))
            .map(|(index, _)| *index)
            .collect();
        let known: Vec<u64> = model.proposals.keys().copied().collect();
        let any = self.below(model.next_index() as usize + 1) as u64;
        match self.below(20) {
            0 => any,
            1 | 2 => self.pick_or(&known, any),
            _ => {
                let known = self.pick_or(&known, any);
                self.pick_or(&fitting, known)
            }
        }
    }

    /// A member whose vote is missing.
    fn voter(
        &mut self,
        model: &Model,
        cast: &Cast,
        index: u64,
        given: impl Fn(&Proposal, u32) -> bool,
    ) -> Pubkey {
        let proposal = model.proposals.get(&index);
        let missing: Vec<Pubkey> = model
            .realm
            .seated()
            .filter(|(_, member)| proposal.is_some_and(|p| !given(p, member.id)))
            .map(|(key, _)| *key)
            .collect();
        if missing.is_empty() || self.chance(15) {
            return self.seated(model, cast);
        }
        self.pick(&missing)
    }

    /// What is done next. Of what would be refused, a fifth is tried.
    pub fn step(&mut self, model: &Model, cast: &Cast) -> Step {
        let now = model.now;
        loop {
            let step = self.any_step(model, cast);
            // What has changed under a proposal shows when it is executed.
            let ripe = matches!(step, Step::Execute(_, index)
            if model.proposals.get(&index).is_some_and(|p| {
                p.stage == Stage::Queued && p.eta <= now && !p.is_late(now)
            }));
            let tried = match step.expected(&mut model.clone()) {
                Ok(()) => true,
                Err(code) => ripe || RARE.iter().any(|error| u32::from(*error) == code),
            };
            if tried || self.chance(20) {
                return step;
            }
        }
    }

    fn any_step(&mut self, model: &Model, cast: &Cast) -> Step {
        let now = model.now;
        let any = |dice: &mut Self| dice.pick(&cast.everybody);
        match self.below(170) {
            0..16 => {
                let who = self.seated(model, cast);
                // What was proposed before, by somebody else or in vain.
                let again = self.pick_or(&model.contents, Vec::new());
                let actions = if self.chance(15) && !again.is_empty() {
                    again
                } else {
                    self.actions(model, cast)
                };
                Step::Propose(who, actions)
            }
            16..62 => {
                let index = self.proposal(model, |p| p.stage == Stage::Active && !p.is_late(now));
                let who = self.voter(model, cast, index, |p, id| p.approvals.contains(&id));
                Step::Approve(who, index)
            }
            62..69 => {
                let index = self.proposal(model, Proposal::is_open);
                let who = self.voter(model, cast, index, |p, id| !p.approvals.contains(&id));
                Step::Withdraw(who, index)
            }
            69..75 => {
                // A guardian worth replacing.
                let entrenched = self.chance(60);
                let index = self.proposal(model, |p| {
                    p.is_open() && (!entrenched || p.replaces_guardian())
                });
                let who = self.holder(model.realm.guardian.holder, cast);
                Step::Veto(who, index)
            }
            75..88 => {
                let index = self.proposal(model, |p| p.liftable(now));
                let who = self.voter(model, cast, index, |p, id| p.overrides.contains(&id));
                Step::Override(who, index)
            }
            88..96 => {
                let mine = self.chance(40);
                let index =
                    self.proposal(model, |p| p.is_open() && (p.stage == Stage::Active) == mine);
                let proposer = model.proposals.get(&index).map(|p| p.proposer);
                let who = match proposer {
                    Some(proposer) if mine && self.chance(60) => proposer,
                    _ => self.voter(model, cast, index, |p, id| p.cancels.contains(&id)),
                };
                Step::Cancel(who, index)
            }
            96..100 => {
                let index = self.proposal(model, |p| p.is_late(now));
                Step::Expire(any(self), index)
            }
            100..118 => {
                let ripe = self.chance(85);
                let index = self.proposal(model, |p| {
                    p.stage == Stage::Queued && (!ripe || (p.eta <= now && !p.is_late(now)))
                });
                Step::Execute(any(self), index)
            }
            118..121 => {
                let index = self.proposal(model, |p| !p.is_open() && !p.liftable(now));
                Step::CloseProposal(index)
            }
            121..130 => self.acceptance(model, cast),
            130..140 => self.advice(model, cast),
            140..142 => Step::VetoAdvice(self.holder(model.realm.guardian.holder, cast)),
            142..147 => {
                let who = self.holder(model.realm.guardian.holder, cast);
                let section = self.pick(&SECTIONS);
                let seconds = match self.below(8) {
                    0 => 0,
                    1 => 72 * HOUR as u32,
                    2 => 73 * HOUR as u32,
                    _ => 1 + self.below(20 * HOUR as usize) as u32,
                };
                Step::Pause(who, section, seconds)
            }
            147..155 => {
                let index = self.proposal(model, Proposal::is_open);
                let who = if self.chance(92) {
                    self.pick(&cast.stakers)
                } else {
                    any(self)
                };
                Step::CastBallot(who, index)
            }
            155..157 => {
                let standing: Vec<(u64, Pubkey)> = model.ballots.keys().copied().collect();
                if standing.is_empty() || self.chance(15) {
                    let index = self.proposal(model, |_| true);
                    return Step::CloseBallot(any(self), index);
                }
                let (index, who) = self.pick(&standing);
                Step::CloseBallot(who, index)
            }
            157..160 => {
                let who = self.pick(&cast.stakers);
                Step::Stake(who, self.below(50_000) as u64)
            }
            160..163 => {
                let who = self.pick(&cast.stakers);
                let most = model.stakes[&who].amount as usize;
                let amount = if self.chance(10) {
                    most + 1
                } else {
                    self.below(most + 1) / (1 + self.below(6))
                };
                Step::Unstake(who, amount as u64)
            }
            163 => Step::CreateMeter(model.realm.meters + u8::from(self.chance(10))),
            _ => Step::Crank,
        }
    }

    fn acceptance(&mut self, model: &Model, cast: &Cast) -> Step {
        let realm = &model.realm;
        let mut offers: Vec<(Pubkey, RoleKind)> = realm
            .members
            .iter()
            .filter(|(_, member)| member.offered_until.is_some())
            .map(|(key, _)| (*key, RoleKind::Member))
            .collect();
        let offices = [
            (&realm.guardian, RoleKind::Guardian),
            (&realm.advisor, RoleKind::Advisor),
        ];
        for (office, role) in offices {
            offers.extend(office.offer.as_ref().map(|offer| (offer.key, role)));
        }
        offers.retain(|(key, _)| cast.everybody.contains(key));
        if offers.is_empty() || self.chance(12) {
            let role = self.pick(&[RoleKind::Member, RoleKind::Guardian, RoleKind::Advisor]);
            return Step::Accept(self.pick(&cast.everybody), role);
        }
        let (who, role) = self.pick(&offers);
        Step::Accept(who, role)
    }

    fn advice(&mut self, model: &Model, cast: &Cast) -> Step {
        let who = self.holder(model.realm.advisor.holder, cast);
        let ranged = |index: &usize| {
            let c = &model.realm.controllers[*index];
            c.advice_setpoint > 0 || c.advice_bias > 0
        };
        let ranges: Vec<usize> = (0..2).filter(ranged).collect();
        let index = if self.chance(85) {
            self.pick_or(&ranges, 0)
        } else {
            self.below(4)
        };
        let c = &model.realm.controllers[index];
        let (field, width) = match self.below(8) {
            0 => (Tunable::Kp, 0),
            1..5 if c.advice_bias > 0 => (Tunable::Bias, c.advice_bias),
            _ => (Tunable::Setpoint, c.advice_setpoint),
        };
        // To both ends of the range, and a little beyond.
        let part = self.below(223) as i128 - 111;
        let value = c.anchors[field as usize] + width * part.clamp(-101, 101) / 100;
        let over = self.pick(&[0, 0, 3_600, 40_000_000]);
        Step::Advise(who, Parameter::ALL[index], field, value, over)
    }
}
