//! How fast the toy model runs on one core: agent-steps a second, the median of 21 runs.
//!
//! `cargo bench -p homeostat-sim --bench toy`; beside Mesa and AgentPy: benches/peers/compare.sh.

use std::hint::black_box;
use std::time::Instant;

use homeostat_sim::toy::{Outcome, Toy};

const STAKERS: u32 = 10_000;
const STEPS: u32 = 100;
const RUNS: usize = 21;

fn main() {
    let mut outcome = Outcome::default();
    let mut rates: Vec<f64> = (0..RUNS)
        .map(|_| {
            // Built outside the time, as for the others.
            let toy = Toy::new(black_box(STAKERS));
            let start = Instant::now();
            outcome = black_box(toy.run(black_box(STEPS)));
            f64::from(STAKERS) * f64::from(STEPS) / start.elapsed().as_secs_f64()
        })
        .collect();
    rates.sort_unstable_by(f64::total_cmp);
    let Outcome {
        staked,
        supply,
        sum,
    } = outcome;
    println!("{STAKERS} stakers, {STEPS} steps, {RUNS} runs on one core");
    println!(
        "agent-steps a second: median {:.1} M, slowest {:.1} M, fastest {:.1} M",
        rates[RUNS / 2] / 1e6,
        rates[0] / 1e6,
        rates[RUNS - 1] / 1e6
    );
    // For compare.sh: the rate and the outcome.
    println!("toy {:.0} {staked} {supply} {sum}", rates[RUNS / 2]);
}
