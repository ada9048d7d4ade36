//! In which part of the space of behaviours does steering help? Prints the share of a Latin
//! hypercube, and the three parameters that turn it.
//!
//! `cargo run --profile host -p homeostat-sim --example robustness`

use homeostat_sim::{
    chain::Design,
    policy::Policy,
    robustness::{live, points, Point, Robustness},
    scenario::{Calendar, Scenario},
    tune::Gains,
    Setting,
};

/// The points of the hypercube, and the seed of the first.
const POINTS: u32 = 256;
const FIRST_SEED: u64 = 5_000;

fn main() {
    let setting = Setting {
        people: 300,
        calendar: Calendar {
            epochs: 540,
            epoch_days: 1.0,
            period_days: 1.0,
        },
        design: Design::with_defaults(86_400, 1_000_000_000_000_000),
        constants: Gains::of_defaults().constants,
    };
    let cube = points(POINTS, FIRST_SEED);
    for scenario in [
        Scenario::Stationary,
        Scenario::Crash,
        Scenario::RegimeSwitching,
    ] {
        let lived: Vec<Point> = cube
            .iter()
            .map(|(at, seed)| {
                let other = Policy::StaticUntuned;
                live(&setting, scenario, other, |metrics| metrics.itae, at, *seed)
            })
            .collect();
        let robustness = Robustness::of(&lived);
        println!(
            "{}: a lower ITAE than static untuned in {:.1} ± {:.1} % of {} points, {} failed",
            scenario.name(),
            100.0 * robustness.better,
            100.0 * robustness.standard_error,
            robustness.points,
            robustness.failed
        );
        for turn in robustness.turns.iter().take(3) {
            println!(
                "  {}: {:.1} % in the lower half of its range, {:.1} % in the upper",
                turn.parameter,
                100.0 * turn.lower_half,
                100.0 * turn.upper_half
            );
        }
    }
}
