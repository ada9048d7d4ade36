//! What must hold whatever the reference says, from the accounts alone: who approved,
//! how long it waited, and that nothing else changes anything.

mod blocking;
mod powers;
mod values;
mod waits;

use std::collections::{BTreeMap, BTreeSet};

use homeostat_client::{Action, Class, Council, Economy, Proposal, ProposalState};
use solana_program::pubkey::Pubkey;

pub(super) use self::values::EXPECTED;
use self::{values::Values, waits::shortest_wait};
use super::steps::Step;

/// The accounts of governance at one moment.
#[derive(Clone)]
pub struct Seen {
    pub now: i64,
    pub council: Box<Council>,
    pub economy: Box<Economy>,
    pub proposal: Option<Box<Proposal>>,
}

impl Seen {
    /// State of the proposal.
    pub fn state(&self) -> Option<u8> {
        self.proposal.as_ref().map(|proposal| proposal.state)
    }

    fn is(&self, state: ProposalState) -> bool {
        self.state() == Some(state as u8)
    }

    /// Everything that people set of the economy.
    fn parameters(&self) -> Vec<u8> {
        let economy = &self.economy;
        let mut bytes = vec![economy.life];
        bytes.extend_from_slice(bytemuck::bytes_of(&economy.limits));
        for slot in &economy.pools {
            bytes.extend_from_slice(bytemuck::bytes_of(slot));
        }
        for controller in &economy.controllers {
            bytes.extend_from_slice(bytemuck::bytes_of(&controller.config));
            bytes.extend_from_slice(bytemuck::bytes_of(&controller.guard_config));
            bytes.extend_from_slice(bytemuck::bytes_of(&controller.envelope));
            bytes.extend([
                controller.metric,
                controller.w_signal,
                controller.reference_signal,
            ]);
        }
        bytes.extend_from_slice(&economy.given_up);
        bytes.extend(economy.active_excluded().iter().flat_map(Pubkey::to_bytes));
        bytes
    }

    /// The powers in the council, by membership.
    fn seats(&self) -> BTreeMap<Pubkey, u32> {
        let seated = self.council.members.iter().filter(|m| m.is_seated());
        seated.map(|m| (m.seat.key, m.id)).collect()
    }

    /// Everything that people set of the council, its members apart.
    fn rules(&self) -> Vec<u8> {
        let council = &self.council;
        let mut bytes = vec![council.threshold];
        bytes.extend_from_slice(bytemuck::bytes_of(&council.delays));
        bytes.extend_from_slice(bytemuck::bytes_of(&council.permit));
        bytes
    }

    fn holders(&self) -> [Pubkey; 2] {
        [
            self.council.guardian.holder.key,
            self.council.advisor.holder.key,
        ]
    }

    fn offers(&self) -> [(Pubkey, i64); 2] {
        [&self.council.guardian, &self.council.advisor]
            .map(|role| (role.offered.key, role.offered_until))
    }

    /// Memberships of a place and offers, also of those who have not accepted.
    fn places(&self) -> Vec<(Pubkey, u32)> {
        let members = self.council.members.iter();
        members.map(|m| (m.seat.key, m.id)).collect()
    }
}

/// A vote of one membership.
type Votes = BTreeSet<(Pubkey, u32)>;

/// What has been seen of one proposal.
#[derive(Default)]
struct Record {
    actions: Vec<Action>,
    approvals: Votes,
    overrides: Votes,
    /// Since when enough present members have been for it, without a break.
    supported_since: Option<i64>,
    /// The delays when it was made.
    delays: homeostat_client::Delays,
    /// The circulating supply when it was made.
    circulating: u64,
    lifted: bool,
    vetoed: bool,
    stakers: bool,
}

impl Record {
    /// Votes of present members that count, and how many it takes.
    fn carried_by(&self, seen: &Seen) -> (usize, usize) {
        let seats = seen.seats();
        let present = |votes: &Votes| {
            let here = |(key, id): &&(Pubkey, u32)| seats.get(key) == Some(id);
            votes.iter().filter(here).count()
        };
        let threshold = usize::from(seen.council.threshold);
        if self.lifted {
            let two_thirds = (2 * seats.len()).div_ceil(3);
            (present(&self.overrides), threshold.max(two_thirds))
        } else {
            (present(&self.approvals), threshold)
        }
    }

    /// Notes whether it has its support now.
    fn follow(&mut self, seen: &Seen) {
        let (votes, needed) = self.carried_by(seen);
        self.supported_since = (votes >= needed).then(|| self.supported_since.unwrap_or(seen.now));
    }
}

/// How often what was seen, so that a statement about it says something.
#[derive(Default)]
pub struct Notes(BTreeMap<&'static str, u64>);

impl Notes {
    fn note(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }
}

/// Looks on.
#[derive(Default)]
pub struct Watch {
    proposals: BTreeMap<u64, Record>,
    values: Option<Values>,
    notes: Notes,
}

impl Watch {
    /// Looks at a transaction that went through. Says what should not have been.
    pub fn look(
        &mut self,
        step: &Step,
        index: Option<u64>,
        before: &Seen,
        after: &Seen,
    ) -> Result<(), String> {
        if let Some(index) = index {
            self.record(step, index, before, after);
        }
        let executed = match (step, index) {
            (Step::Execute(..), Some(index)) => self.executed(index, before, after.now),
            _ => Ok(()),
        };
        for record in self.proposals.values_mut() {
            record.follow(after);
        }
        executed?;
        let values = self.values.get_or_insert_with(|| Values::new(before));
        values.look(matches!(step, Step::Crank), before, after, &mut self.notes)?;
        powers::look(before, after)?;
        if let Some(proposal) = &after.proposal {
            blocking::look(proposal)?;
        }
        if let (Step::CastBallot(..), Some(index), Some(proposal)) = (step, index, &after.proposal)
        {
            self.voted(index, proposal)?;
        }
        let parameters_changed = before.parameters() != after.parameters();
        let council_changed = before.rules() != after.rules()
            || before.seats() != after.seats()
            || before.places() != after.places()
            || before.holders() != after.holders()
            || before.offers() != after.offers();
        match step {
            Step::Execute(..) => Ok(()),
            Step::Accept(who, _) => {
                let stolen = (before.seats().iter().chain(after.seats().iter()))
                    .any(|(key, id)| key != who && before.seats().get(key) != Some(id));
                let strangers = (before.holders().into_iter().zip(after.holders()))
                    .any(|(old, new)| old != new && new != *who);
                let offered = before
                    .council
                    .members
                    .iter()
                    .any(|m| m.seat.key == *who && m.offered_until >= before.now)
                    || before
                        .offers()
                        .iter()
                        .any(|(key, until)| key == who && *until >= before.now);
                say(
                    parameters_changed || before.rules() != after.rules(),
                    "taking a role changed a parameter",
                )?;
                say(
                    stolen || strangers || !offered,
                    "a role went to somebody it was not offered to",
                )
            }
            Step::Crank => {
                say(council_changed, "a crank changed the council")?;
                let due =
                    before.economy.advice.pending != 0 && before.economy.advice.eta <= before.now;
                say(
                    parameters_changed && !due,
                    "a crank changed a parameter without advice",
                )
            }
            Step::CreateMeter(..) => {
                let mut allowed = after.clone();
                allowed.council.permit.meters += 1;
                say(
                    parameters_changed || allowed.rules() != before.rules(),
                    "a meter took more than its permit",
                )
            }
            _ => say(
                parameters_changed || council_changed,
                "something changed without a proposal",
            ),
        }
    }

    fn record(&mut self, step: &Step, index: u64, before: &Seen, after: &Seen) {
        let record = self.proposals.entry(index).or_default();
        let vote = |who: &Pubkey| before.seats().get(who).map(|id| (*who, *id));
        match step {
            Step::Propose(who, actions) => {
                if record.actions.is_empty() {
                    record.actions = actions.clone();
                    record.delays = before.council.delays;
                    record.circulating = before.economy.totals.circulating;
                }
                record.approvals.extend(vote(who));
            }
            Step::Approve(who, ..) => record.approvals.extend(vote(who)),
            Step::Override(who, ..) => record.overrides.extend(vote(who)),
            Step::Withdraw(who, ..) => {
                if let Some(vote) = vote(who) {
                    record.approvals.remove(&vote);
                }
            }
            Step::Veto(..) => record.vetoed = true,
            Step::CastBallot(..) => record.stakers |= after.is(ProposalState::Vetoed),
            _ => {}
        }
        let queued = after.is(ProposalState::Queued);
        if queued && before.state() != after.state() && matches!(step, Step::Override(..)) {
            // Its delay counts from now on.
            record.lifted = true;
            record.supported_since = None;
        }
    }

    /// Stakers block what has had its approvals, and nothing with less than their share of a
    /// tenth of the circulating supply.
    fn voted(&self, index: u64, proposal: &Proposal) -> Result<(), String> {
        let record = &self.proposals[&index];
        let once = proposal.snapshot_at >= proposal.created_at;
        say(!once, "a ballot on what never had its approvals")?;
        let share = u128::from(record.delays.staker_veto_ppm);
        let weight = u128::from(proposal.veto_weight) * 10 * 1_000_000;
        let enough = weight >= u128::from(record.circulating) * share;
        let vetoed = proposal.is(ProposalState::Vetoed);
        say(vetoed && !enough, "little stake blocked a proposal")?;
        let waits = proposal.class >= Class::Standard as u8;
        say(!waits, "stakers voted on what they cannot stop")
    }

    /// What was seen, and how often.
    pub fn notes(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.notes.0.iter().map(|(what, times)| (*what, *times))
    }

    /// Looks at a transaction that was refused.
    pub fn refused(step: &Step, code: u32, before: &Seen) -> Result<(), String> {
        blocking::refused(step, code, before)
    }

    fn executed(&self, index: u64, before: &Seen, now: i64) -> Result<(), String> {
        let record = &self.proposals[&index];
        let (votes, needed) = record.carried_by(before);
        say(votes < needed, "executed by too few present members")?;
        let Some(since) = record.supported_since else {
            return Err("executed without having been approved".into());
        };
        let wait = shortest_wait(&record.actions, before, &record.delays);
        say(now - since < wait, "executed before its delay was over")?;
        say(record.stakers, "executed though stakers vetoed it")?;
        say(
            record.vetoed && !record.lifted,
            "executed though the guardian vetoed it",
        )?;
        let replaces = matches!(record.actions[..], [Action::Guardian { .. }]);
        say(
            record.lifted && !replaces,
            "a veto was lifted that was not of the guardian's replacement",
        )
    }
}

fn say(wrong: bool, what: &str) -> Result<(), String> {
    if wrong {
        return Err(what.into());
    }
    Ok(())
}
