//! Speed and memory of the full model: 10,000 people.
//!
//! `cargo bench -p homeostat-sim`

use std::time::Instant;

use homeostat_sim::{
    bench::{ordered, Plan, Tier, FIRST_SEED},
    policy::Policy,
    run::Case,
    scenario::Scenario,
};

/// The runs that one measurement is taken from: so many that the last one, for which the second
/// thread finds nothing to do, weighs little.
const RUNS: usize = 24;
/// How often one thread and two are measured, in turns, so that what else the machine does meets
/// both.
const ROUNDS: usize = 7;
/// The days of each.
const EPOCHS: usize = 365;

fn main() {
    let mut plan = Plan::new(Tier::Full);
    plan.setting.calendar.epochs = EPOCHS;
    let live = |index: usize| {
        let case = Case {
            scenario: Scenario::Crash,
            policy: Policy::Homeostat,
            seed: FIRST_SEED + index as u64,
        };
        plan.live(case).1
    };
    let people = plan.setting.people;
    live(0);
    match peak_memory() {
        Some(megabytes) => println!("one run of {people} people: peak {megabytes:.0} MB (VmHWM)"),
        None => println!("one run of {people} people: this system does not tell its peak memory"),
    }
    let speed = |threads: usize| {
        let started = Instant::now();
        let mut epochs = 0;
        let _ = ordered(0..RUNS, threads, live, |_, lived| {
            epochs += lived;
            Ok::<(), std::convert::Infallible>(())
        });
        (people * epochs) as f64 / started.elapsed().as_secs_f64()
    };
    let mut measured = [[0.0; ROUNDS]; 3];
    for round in 0..ROUNDS {
        let (one, two) = (speed(1), speed(2));
        let figures = [one / 1e6, two / 1e6, two / one];
        for (all, figure) in measured.iter_mut().zip(figures) {
            all[round] = figure;
        }
    }
    let [one, two, times] = measured.map(|mut all| {
        all.sort_by(f64::total_cmp);
        format!(
            "median {:.2}, {:.2} to {:.2}",
            all[ROUNDS / 2],
            all[0],
            all[ROUNDS - 1]
        )
    });
    println!("{ROUNDS} rounds of {RUNS} runs with one thread, then with two");
    println!("1 thread:  {one} M agent-steps/s");
    println!("2 threads: {two} M agent-steps/s");
    println!("2 threads over 1, by round: {times}");
}

/// The most memory that this process ever had in RAM, where Linux tells it (MB).
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024.0)
}
