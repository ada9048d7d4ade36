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

/// The runs that one figure is taken from.
const RUNS: usize = 6;
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
    let one = speed(1);
    println!("1 thread:  {:.2} M agent-steps/s", one / 1e6);
    let two = speed(2);
    println!(
        "2 threads: {:.2} M agent-steps/s, {:.2} times as many",
        two / 1e6,
        two / one
    );
}

/// The most memory that this process ever had in RAM, where Linux tells it (MB).
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024.0)
}
