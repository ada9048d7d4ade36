use homeostat_sim::{chain::Design, policy::Policy, scenario::*, tune::*, *};
use std::sync::atomic::*;
fn main() {
    let budget: usize = std::env::args().nth(1).unwrap().parse().unwrap();
    let supply = 1_000_000_000_000_000;
    let cal = |period_days: f64| {
        (
            Calendar {
                epochs: 540,
                epoch_days: 1.0,
                period_days,
            },
            Design::with_defaults((period_days * 86_400.0) as u32, supply),
        )
    };
    let scen = vec![
        Scenario::Stationary,
        Scenario::Bull,
        Scenario::Crash,
        Scenario::WhaleExit,
        Scenario::RegimeSwitching,
    ];
    let objective = Objective::new(
        scen.clone(),
        (0..8).collect(),
        250,
        vec![cal(1.0), cal(7.0)],
    );
    let start = objective.score(Policy::Homeostat, |d| (d.clone(), [0; 4]));
    println!("start {:.4} {start:?}", start.total());
    println!(
        "oracle {:?}",
        objective.score(Policy::Oracle, |d| (d.clone(), [0; 4]))
    );
    for (i, (calendar, design)) in objective.calendars.iter().enumerate() {
        let setting = Setting {
            people: 250,
            calendar: *calendar,
            design: design.clone(),
            constants: [0; 4],
        };
        for (p, mid, amp) in [
            (homeostat::state::Parameter::Emission, 80_000, 60_000),
            (homeostat::state::Parameter::Fee, 5_000, 4_500),
        ] {
            let u = relay::median(
                &setting,
                (0..16).map(|seed| Case {
                    scenario: Scenario::Stationary,
                    policy: Policy::Homeostat,
                    seed,
                }),
                p,
                mid,
                amp,
            );
            println!(
                "relay {i} {p:?} {u:?} simc {:?}  now kp {} ki {}",
                u.map(|u| u.simc()),
                design.of(p).config.kp.to,
                design.of(p).config.ki.to
            );
        }
    }
    let best = AtomicU64::new(f64::MAX.to_bits());
    let seen = |t: f64| {
        best.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |b| {
            (t < f64::from_bits(b)).then(|| t.to_bits())
        })
        .ok()
        .map(|_| eprintln!("{t:.4}"));
    };
    let t = std::time::Instant::now();
    let c = search::search(
        &objective,
        Policy::StaticTuned,
        Knobs::Constants,
        &[0.2, 0.0, 0.0, -0.3],
        budget,
        1,
        seen,
    );
    println!(
        "constants {:?} {:.4} {:?} {} s",
        Knobs::Constants
            .turn(&c.point, &objective.calendars[0].1, [0; 4])
            .1,
        c.score.total(),
        c,
        t.elapsed().as_secs()
    );
    best.store(f64::MAX.to_bits(), Ordering::SeqCst);
    let g = search::search(
        &objective,
        Policy::Homeostat,
        Knobs::Gains,
        &[],
        budget,
        1,
        seen,
    );
    println!(
        "gains {:?} {:.4} {:?}",
        Gains::of_defaults().turned(&g.point),
        g.score.total(),
        g
    );
}
