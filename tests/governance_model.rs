//! Governance against a reference model: random sequences of acts by everybody who might
//! try, and after each of them the program must have answered as the rules do, with the
//! same state behind it.
//!
//! `GOVERNANCE_SEQUENCES=10000` plays more of them, `GOVERNANCE_FIRST=17` begins with
//! sequence 17. A failure names its sequence; it fails again each time.

mod reference;
mod stage;
mod steps;
mod watch;

use std::{collections::BTreeMap, time::Instant};

use homeostat_client::{error::from_code, Action, RoleKind, SeatArgs};
use homeostat_sandbox::Bank;
use homeostat_tests::anchor;
use solana_program::pubkey::Pubkey;

use self::{
    reference::{Model, Stage, IN_USE},
    stage::{Play, Prepared, Shape},
    steps::{Dice, Step},
    watch::{Seen, Watch},
};

const SEED: u64 = 0x0067_6f76_6572_6e00;
/// Transactions of a sequence, before the council shows that it still works.
const STEPS: usize = 200;
/// Sequences, natively and on the ELF.
const SEQUENCES: (u64, u64) = (200, 24);
/// Sequences on one bank.
const BANK_LIFE: u64 = 500;

/// What every instruction must have answered at least once, or the stories are too tame.
const EXPECTED: [(&str, &[&str]); 19] = [
    (
        "propose",
        &[
            "ok",
            "BadActions",
            "ChangedThisPeriod",
            "InvalidParameter",
            "MissingPermission",
            "NotAMember",
            "NothingToResume",
            "OldValueChanged",
            "StepTooLarge",
            "TooMany",
            "TooManyOpen",
        ],
    ),
    (
        "approve",
        &[
            "ok",
            "AlreadyApproved",
            "InvalidState",
            "MissingPermission",
            "NotAMember",
            "ProposalExpired",
            "WrongDigest",
            "no such account",
        ],
    ),
    (
        "withdraw_approval",
        &[
            "ok",
            "InvalidState",
            "MissingPermission",
            "NotAMember",
            "NotApproved",
            "ProposalExpired",
            "no such account",
        ],
    ),
    (
        "veto",
        &[
            "ok",
            "InvalidState",
            "MissingPermission",
            "NotVetoable",
            "ProposalExpired",
            "no such account",
        ],
    ),
    (
        "override_veto",
        &[
            "ok",
            "AlreadyApproved",
            "InvalidState",
            "MissingPermission",
            "NotAMember",
            "ProposalExpired",
            "VetoFinal",
            "no such account",
        ],
    ),
    (
        "cancel",
        &[
            "ok",
            "AlreadyApproved",
            "InvalidState",
            "MissingPermission",
            "NotAMember",
            "ProposalExpired",
            "no such account",
        ],
    ),
    (
        "expire",
        &["ok", "InvalidState", "NotExpired", "no such account"],
    ),
    (
        "execute",
        &[
            "ok",
            "ChangedThisPeriod",
            "ClassChanged",
            "InvalidParameter",
            "InvalidState",
            "NotAMember",
            "NothingToResume",
            "OldValueChanged",
            "ProposalExpired",
            "ThresholdNotMet",
            "TimelockActive",
            "no such account",
        ],
    ),
    ("close_proposal", &["ok", "InvalidState", "no such account"]),
    (
        "accept_role",
        &["ok", "CpiForbidden", "NotPendingAuthority"],
    ),
    (
        "advise",
        &[
            "ok",
            "AdvicePending",
            "InvalidParameter",
            "OutsideAdvice",
            "Unauthorized",
        ],
    ),
    ("veto_advice", &["ok", "NoAdvice", "Unauthorized"]),
    (
        "pause",
        &[
            "ok",
            "InvalidParameter",
            "NotLive",
            "PauseBudgetExceeded",
            "Unauthorized",
        ],
    ),
    (
        "cast_ballot",
        &[
            "ok",
            "InvalidState",
            "NoVotingWeight",
            "NotVetoable",
            "ProposalExpired",
            "account in use",
            "no such account",
        ],
    ),
    ("close_ballot", &["ok", "InvalidState", "no such account"]),
    ("stake", &["ok", "Paused"]),
    ("request_unstake", &["ok", "InsufficientStake"]),
    ("create_meter", &["ok", "NotPermitted"]),
    ("crank", &["ok", "NotLive", "Paused", "TooEarly"]),
];

const SHAPES: [Shape; 8] = [
    shape(3, 2),
    shape(5, 3),
    shape(1, 1),
    shape(4, 1),
    shape(2, 2),
    shape(7, 4),
    shape(9, 2),
    shape(15, 4),
];

/// Sequences that are enough for all of [`EXPECTED`].
const ENOUGH: u64 = SEQUENCES.0;

const fn shape(members: u8, threshold: u8) -> Shape {
    Shape { members, threshold }
}

/// How often each instruction ended how, and what became of proposals.
#[derive(Default)]
struct Tally {
    outcomes: BTreeMap<(&'static str, String), u64>,
    /// Changes of a proposal's state, by class.
    changes: BTreeMap<String, u64>,
    steps: u64,
}

impl Tally {
    fn add(&mut self, other: Self) {
        for (key, count) in other.outcomes {
            *self.outcomes.entry(key).or_default() += count;
        }
        for (key, count) in other.changes {
            *self.changes.entry(key).or_default() += count;
        }
        self.steps += other.steps;
    }

    fn count_change(&mut self, before: &Seen, after: &Seen) {
        if before.state() == after.state() {
            return;
        }
        let proposal = after.proposal.as_ref().or(before.proposal.as_ref());
        let Some(proposal) = proposal else {
            return;
        };
        let class = ["Immediate", "Routine", "Standard", "Critical"][usize::from(proposal.class)];
        let state = |seen: &Seen| match seen.state() {
            None => "none",
            Some(state) => [
                "Active",
                "Queued",
                "Executed",
                "Vetoed",
                "Cancelled",
                "Expired",
            ][usize::from(state) - 1],
        };
        let change = format!("{class}: {} -> {}", state(before), state(after));
        *self.changes.entry(change).or_default() += 1;
    }

    fn count(&mut self, step: &Step, verdict: &Result<(), u32>) {
        self.steps += 1;
        let outcome = match verdict {
            Ok(()) => "ok".into(),
            Err(code) => name(*code),
        };
        *self.outcomes.entry((step.name(), outcome)).or_default() += 1;
    }
}

fn name(code: u32) -> String {
    match (from_code(code), code) {
        (Some(error), _) => error.name(),
        (None, anchor::ACCOUNT_OWNED_BY_WRONG_PROGRAM) => "no such account".into(),
        (None, IN_USE) => "account in use".into(),
        (None, _) => format!("error {code}"),
    }
}

fn told(verdict: &Result<(), u32>) -> String {
    verdict.map_or_else(name, |()| "ok".into())
}

/// One sequence as far as it went.
struct Story<'a> {
    play: Play<'a>,
    model: Model,
    watch: Watch,
    tally: Tally,
    lines: Vec<String>,
}

impl Story<'_> {
    async fn set_time(&mut self, at: i64) {
        if at > self.model.now {
            self.play.bank.set_time(at).await;
            self.model.now = at;
        }
    }

    /// A step on both sides.
    async fn step(&mut self, step: &Step) -> Result<Result<(), u32>, String> {
        let index = match step {
            Step::Propose(..) => Some(self.model.next_index),
            _ => step.proposal(),
        };
        let before = self.play.seen(index);
        let expected = step.expected(&mut self.model);
        self.lines.push(format!(
            "{:>9} s  {step:?}: {}",
            self.model.now - Bank::GENESIS,
            told(&expected)
        ));
        let answer = self.play.send(step).await;
        let answer = answer.map_err(|failure| format!("no code: {failure}"))?;
        if answer != expected {
            let (program, reference) = (told(&answer), told(&expected));
            return Err(format!("program: {program}, reference: {reference}"));
        }
        self.tally.count(step, &answer);
        if answer.is_ok() {
            if matches!(step, Step::Crank) {
                self.model.circulating = self.play.circulating();
                for (controller, held) in self
                    .model
                    .realm
                    .controllers
                    .iter_mut()
                    .zip(self.play.held())
                {
                    controller.held = held;
                }
            }
            let after = self.play.seen(index);
            self.tally.count_change(&before, &after);
            self.watch.look(step, &before, &after)?;
        }
        // A transaction writes nothing that it does not name; at the end all is read.
        let apart = self.play.differences(&self.model, index);
        if apart.is_empty() {
            return Ok(answer);
        }
        Err(apart.join("\n"))
    }

    /// A step that has to go through.
    async fn must(&mut self, step: Step) -> Result<(), String> {
        let answer = self.step(&step).await?;
        answer.map_err(|code| format!("the council is stuck: {}", name(code)))
    }

    fn seated(&self) -> Vec<Pubkey> {
        self.model.realm.seated().map(|(key, _)| *key).collect()
    }

    /// Approvals up to the threshold, by who has not given one.
    async fn approve(&mut self, index: u64) -> Result<(), String> {
        for who in self.seated() {
            if self.model.proposals[&index].stage == Stage::Queued {
                return Ok(());
            }
            let id = self.model.realm.members[&who].id;
            if !self.model.proposals[&index].approvals.contains(&id) {
                self.must(Step::Approve(who, index, true)).await?;
            }
        }
        Ok(())
    }

    async fn propose(&mut self, actions: Vec<Action>) -> Result<u64, String> {
        let who = self.seated()[0];
        let index = self.model.next_index;
        self.must(Step::Propose(who, actions)).await?;
        self.approve(index).await?;
        Ok(index)
    }

    async fn execute_in_time(&mut self, index: u64) -> Result<(), String> {
        self.set_time(self.model.proposals[&index].eta).await;
        let anybody = self.play.prepared.cast.everybody[0];
        self.must(Step::Execute(anybody, index)).await
    }

    /// Whatever happened, an honest threshold still governs: within what time frees
    /// for everybody, against a guardian who vetoes everything.
    async fn still_governs(&mut self) -> Result<(), String> {
        let now = self.model.now;
        let late = |p: &reference::Proposal| p.active_until.max(p.expires_at) + 1;
        let open = self.model.proposals.values().filter(|p| p.is_open());
        let free = open.map(late).max().unwrap_or(now);
        self.set_time(free).await;
        let anybody = self.play.prepared.cast.everybody[0];
        let open: Vec<u64> = self
            .model
            .proposals
            .iter()
            .filter(|(_, p)| p.is_open())
            .map(|(index, _)| *index)
            .collect();
        for index in open {
            self.must(Step::Expire(anybody, index)).await?;
        }

        let guardian = self.model.realm.guardian.holder.unwrap();
        let members = &self.model.realm.members;
        let everybody = &self.play.prepared.cast.everybody;
        let successor = everybody
            .iter()
            .find(|key| !members.contains_key(*key) && **key != guardian);
        if let Some(successor) = successor.copied() {
            let index = self
                .propose(vec![Action::Guardian {
                    expected: guardian,
                    seat: SeatArgs {
                        key: successor,
                        via: None,
                    },
                }])
                .await?;
            self.must(Step::Veto(guardian, index)).await?;
            for who in self.seated() {
                if self.model.proposals[&index].stage == Stage::Vetoed {
                    self.must(Step::Override(who, index)).await?;
                }
            }
            let again = self.step(&Step::Veto(guardian, index)).await?;
            if again.is_ok() {
                return Err("a second veto of the guardian's own replacement".into());
            }
            self.execute_in_time(index).await?;
            self.must(Step::Accept(successor, RoleKind::Guardian))
                .await?;
        }
        let threshold = self.model.realm.threshold;
        let index = self
            .propose(vec![Action::Threshold {
                expected: threshold,
                value: threshold,
            }])
            .await?;
        self.execute_in_time(index).await
    }

    /// The whole of it.
    async fn run(&mut self, dice: &mut Dice) -> Result<(), String> {
        let cast = &self.play.prepared.cast;
        for _ in 0..STEPS {
            if dice.chance(25) {
                let at = dice.moment(&self.model);
                self.set_time(at).await;
            }
            let step = dice.step(&self.model, cast);
            let _ = self.step(&step).await?;
        }
        self.still_governs().await?;
        let apart = self.play.all_differences(&self.model).await;
        if apart.is_empty() {
            return Ok(());
        }
        Err(format!("at the end:\n{}", apart.join("\n")))
    }
}

/// Plays one sequence; tells what went wrong.
async fn sequence(bank: &mut Bank, prepared: &Prepared, number: u64) -> Result<Tally, String> {
    let (play, model) = Play::begin(bank, prepared).await;
    let mut story = Story {
        play,
        model,
        watch: Watch::default(),
        tally: Tally::default(),
        lines: Vec::new(),
    };
    let mut dice = Dice::new(SEED.wrapping_add(number));
    let outcome = story.run(&mut dice).await;
    let Story {
        play, tally, lines, ..
    } = story;
    play.end();
    outcome.map(|()| tally).map_err(|wrong| {
        let last = lines.len().saturating_sub(60);
        let text = format!(
            "seed {SEED:#x}, sequence {number} (GOVERNANCE_FIRST={number} \
             GOVERNANCE_SEQUENCES=1), step {}:\n{}\n{wrong}",
            lines.len(),
            lines[last..].join("\n")
        );
        prepared.told(&text)
    })
}

/// Every `of`-th sequence from `first + worker` on, on banks of their own.
fn worker(worker: u64, of: u64, numbers: core::ops::Range<u64>) -> Result<Tally, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut tally = Tally::default();
        let mine: Vec<u64> = numbers.skip(worker as usize).step_by(of as usize).collect();
        for numbers in mine.chunks(BANK_LIFE as usize) {
            let mut bank = Bank::start().await;
            let mut councils: [Option<Prepared>; SHAPES.len()] = Default::default();
            for number in numbers {
                let shape = (number % SHAPES.len() as u64) as usize;
                let ready = match councils[shape].take() {
                    Some(ready) => ready,
                    None => {
                        let (back, ready) = Prepared::build(bank, SHAPES[shape]).await;
                        bank = back;
                        ready
                    }
                };
                tally.add(sequence(&mut bank, &ready, *number).await?);
                councils[shape] = Some(ready);
            }
        }
        Ok(tally)
    })
}

fn from_environment(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name}: a number")))
}

#[test]
fn success_governance_does_what_its_rules_say() {
    let start = Instant::now();
    let (native, elf) = SEQUENCES;
    let usual = if Bank::runs_elf() { elf } else { native };
    let count = from_environment("GOVERNANCE_SEQUENCES").unwrap_or(usual);
    let first = from_environment("GOVERNANCE_FIRST").unwrap_or(0);
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let workers = cores.min(count).max(1);
    let mut all = Tally::default();
    let mut wrong = Vec::new();
    std::thread::scope(|scope| {
        let started: Vec<_> = (0..workers)
            .map(|number| scope.spawn(move || worker(number, workers, first..first + count)))
            .collect();
        for worker in started {
            match worker.join().expect("no panic") {
                Ok(tally) => all.add(tally),
                Err(told) => wrong.push(told),
            }
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));

    eprintln!(
        "seed {SEED:#x}: sequences {first} to {}, {} transactions, {:.0} s",
        first + count - 1,
        all.steps,
        start.elapsed().as_secs_f64()
    );
    for ((step, outcome), times) in &all.outcomes {
        eprintln!("{times:>9} {step}: {outcome}");
    }
    for (change, times) in &all.changes {
        eprintln!("{times:>9} {change}");
    }
    if count >= ENOUGH {
        let never: Vec<String> = EXPECTED
            .iter()
            .flat_map(|(step, outcomes)| outcomes.iter().map(move |outcome| (*step, *outcome)))
            .filter(|(step, outcome)| !all.outcomes.contains_key(&(*step, outcome.to_string())))
            .map(|(step, outcome)| format!("{step}: {outcome}"))
            .collect();
        assert!(never.is_empty(), "these never occurred: {never:?}");
    }
}
