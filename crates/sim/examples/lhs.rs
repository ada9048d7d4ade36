use homeostat_sim::{chain::Design, policy::Policy, robustness::*, scenario::*, *};
fn main() {
    let calendar = Calendar {
        epochs: 540,
        epoch_days: 1.0,
        period_days: 1.0,
    };
    let design = Design::with_defaults(86_400, 1_000_000_000_000_000);
    let setting = Setting {
        people: 300,
        calendar,
        design,
        constants: [60_000, 3_000, 300_000, 100_000],
    };
    for scenario in [
        Scenario::Stationary,
        Scenario::Crash,
        Scenario::RegimeSwitching,
    ] {
        let pts: Vec<Point> = points(256, 5_000)
            .iter()
            .map(|(at, seed)| {
                live(
                    &setting,
                    scenario,
                    Policy::StaticUntuned,
                    |m| m.itae,
                    at,
                    *seed,
                )
            })
            .collect();
        let r = Robustness::of(&pts);
        println!(
            "{scenario:?} {:.3} +- {:.3} failed {} {:?}",
            r.better,
            r.standard_error,
            r.failed,
            &r.turns[..4]
        );
    }
}
