//! Governance against a reference model: random sequences of acts by everybody who might
//! try, and after each of them the program must have answered as the rules do, with the
//! same state behind it.
//!
//! `GOVERNANCE_SEQUENCES=10000` plays more of them, `GOVERNANCE_FIRST=17` begins with
//! sequence 17. A failure names its sequence; it fails again each time.

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
    story::sequence,
    tally::{name, told, Tally, EXPECTED},
    watch::{Seen, Watch},
};

const SEED: u64 = 0x0067_6f76_6572_6e00;

/// Transactions of a sequence, before the council shows that it still works.
const STEPS: usize = 200;

/// Sequences, natively and on the ELF.
const SEQUENCES: (u64, u64) = (200, 24);

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

/// Sequences that are enough for all of [`EXPECTED`].
const ENOUGH: u64 = SEQUENCES.0;

const fn shape(members: u8, threshold: u8) -> Shape {
    Shape { members, threshold }
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
