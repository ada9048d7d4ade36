//! Governance against a reference model: random sequences of acts by everybody who might
//! try, and after each of them the program must have answered as the rules do, with the
//! same state behind it.
//!
//! A second plot gives the council a guardian who answers in time (`guardian`).
//!
//! `GOVERNANCE_SEQUENCES=10000` plays more of them, `GOVERNANCE_FIRST=17` begins with
//! sequence 17. A failure names its sequence; it fails again each time.

mod guardian;
mod reference;
mod stage;
mod steps;
mod story;
mod tally;
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
    story::{sequence, Plot},
    tally::{name, told, Tally, EXPECTED},
    watch::{Seen, Watch},
};

const SEED: u64 = 0x0067_6f76_6572_6e00;

/// Transactions of a sequence, before the council shows that it still works.
const STEPS: usize = 200;

/// Sequences in which anybody does anything, natively and on the ELF. The native ones are enough
/// for all of [`EXPECTED`].
const SEQUENCES: (u64, u64) = (200, 24);

/// Sequences in which the guardian answers, natively and on the ELF.
const GUARDED: (u64, u64) = (40, 5);

/// Sequences on one bank.
const BANK_LIFE: u64 = 500;
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

const fn shape(members: u8, threshold: u8) -> Shape {
    Shape { members, threshold }
}

/// Every `of`-th sequence from `first + worker` on, on banks of their own.
fn worker(
    plot: Plot,
    worker: u64,
    of: u64,
    numbers: core::ops::Range<u64>,
) -> Result<Tally, String> {
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
                tally.add(sequence(&mut bank, &ready, plot, *number).await?);
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

/// Plays the usual number of sequences of a plot, natively and on the ELF, or as many as the
/// environment asks for. Says what happened, and whether it was at least the native number.
fn play(plot: Plot, (native, elf): (u64, u64)) -> (Tally, bool) {
    let start = Instant::now();
    let usual = if Bank::runs_elf() { elf } else { native };
    let count = from_environment("GOVERNANCE_SEQUENCES").unwrap_or(usual);
    let first = from_environment("GOVERNANCE_FIRST").unwrap_or(0);
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let workers = cores.min(count).max(1);
    let mut all = Tally::default();
    let mut wrong = Vec::new();
    std::thread::scope(|scope| {
        let started: Vec<_> = (0..workers)
            .map(|number| scope.spawn(move || worker(plot, number, workers, first..first + count)))
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
        "{plot:?}, seed {SEED:#x}: sequences {first} to {}, {} transactions, {:.0} s",
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
    (all, count >= native)
}

#[test]
fn success_governance_does_what_its_rules_say() {
    let (all, enough) = play(Plot::Anything, SEQUENCES);
    if enough {
        let seen = watch::EXPECTED.map(str::to_string).into_iter();
        let never: Vec<String> = EXPECTED
            .iter()
            .flat_map(|(step, outcomes)| outcomes.iter().map(move |outcome| (*step, *outcome)))
            .filter(|(step, outcome)| !all.outcomes.contains_key(&(*step, outcome.to_string())))
            .map(|(step, outcome)| format!("{step}: {outcome}"))
            .chain(seen.filter(|what| !all.changes.contains_key(what)))
            .collect();
        assert!(never.is_empty(), "these never occurred: {never:?}");
    }
}

/// Given a guardian who answers within six hours, the shortest delay that a council can have,
/// when everybody else does anything, then nothing that waits is executed against it: only its
/// own replacement, after the members lifted its veto, and what lets go of something.
#[test]
fn g70_nothing_that_waits_is_executed_against_a_guardian_who_answers() {
    let (all, enough) = play(Plot::GuardianAnswers, GUARDED);
    if enough {
        let never: Vec<&str> = guardian::EXPECTED
            .into_iter()
            .filter(|outcome| !all.changes.contains_key(*outcome))
            .collect();
        assert!(never.is_empty(), "these never occurred: {never:?}");
    }
}
