use super::*;
use crate::study::{watch::Seen, Stakers};

fn times() -> Times {
    Times {
        step: 10.0,
        window: 5.0,
        allowed: [20.0, 40.0, 20.0],
    }
}

/// Daily cranks with an error that is a function of the days since the step.
fn cranks(error: impl Fn(f64) -> f64, limit: i8) -> Vec<Crank> {
    let seen = |day: f64| Seen {
        error: error(day - 10.0),
        limit,
        ..Seen::default()
    };
    (1..=60)
        .map(|day| Crank {
            day: f64::from(day),
            loops: [seen(f64::from(day)); 4],
        })
        .collect()
}

#[test]
fn a_loop_has_settled_when_it_differs_no_more_from_its_twin() {
    // Given twins that swing, and lives in which a difference of one decays by half every
    // five days on top,
    let swing = |days: f64| {
        if libm::fmod(days, 20.0) < 10.0 {
            0.5
        } else {
            -0.5
        }
    };
    let decay = |days: f64| libm::exp2(-days / 5.0);
    let life = |error: &dyn Fn(f64) -> f64, limit| -> Life {
        let cranks = cranks(error, limit);
        Some(LOOPS.map(|parameter| times().windows(&cranks, parameter)))
    };
    let line = |lives: &[Life], index| {
        let cell = Grid::whole().cells()[0];
        let trial = Trial {
            cell,
            design: Design::with_defaults(3_600, SUPPLY),
            factor: 1.0,
            times: times(),
        };
        let twins = [life(&swing, 0), life(&swing, 0)];
        Line::new(&trial, 2.0, index, lives, &twins)
    };
    let stepped = |of: &dyn Fn(f64) -> f64| {
        let both = |days| swing(days) + of(days);
        [life(&both, 0), life(&both, 0)]
    };
    // then its means over the windows are 0.72, 0.39, 0.19 and 0.097: the fourth is within a
    // tenth, however much both swing.
    let decays = line(&stepped(&decay), 0);
    assert_eq!((decays.settled, decays.resolution), (Some(15.0), 0.0));
    assert_eq!(decays.swing.len(), 2);
    // After twenty days the rest of the difference is a tenth of the swing at most.
    assert!(
        decays.after.iter().all(|ratio| (0.9..1.1).contains(ratio)),
        "{decays:?}"
    );
    assert!((decays.swing[0] - 0.5).abs() < 0.1, "{decays:?}");
    // What is out again later has not settled before that, which is late for a loop with less
    // time.
    let returns = |days: f64| f64::from((26.0..28.0).contains(&days));
    assert_eq!(line(&stepped(&returns), 1).settled, Some(30.0));
    assert_eq!(line(&stepped(&returns), 0).settled, None);
    // One that stays away at a limit is told from one that does so freely.
    let away = |days: f64| swing(days) + 0.5;
    let stuck = line(&[life(&away, 1), life(&away, 1)], 0);
    assert_eq!((stuck.settled, stuck.is_at_limit), (None, true));
    assert!(!line(&stepped(&|_| 0.5), 0).is_at_limit);
    // A single life more that differs makes the standard error wider, not the verdict wrong.
    let wide = line(&[life(&swing, 0), life(&away, 0)], 0);
    assert_eq!(wide.settled, Some(0.0));
    assert!(wide.resolution > 0.4, "{wide:?}");
}

#[test]
fn the_gains_are_halved_and_doubled_and_nothing_else() {
    let design = Design::with_defaults(604_800, SUPPLY);
    for factor in FACTORS {
        let turned = with_gains(&design, factor);
        for (own, other) in design.controllers.iter().zip(&turned.controllers) {
            let gains = [&own.config, &other.config].map(|config| config.kp.to.to_num::<f64>());
            let expected = factor * gains[0];
            assert!(
                (gains[1] - expected).abs() <= 1e-6 * expected,
                "{gains:?} {factor}"
            );
            assert_eq!(own.config.bias, other.config.bias);
        }
    }
}

#[test]
fn a_report_is_the_same_on_one_thread_and_on_two() {
    let plan = Plan {
        grid: Grid {
            turnovers: vec![2.0],
            stakers: vec![Stakers::Usual],
            periods: vec![604_800],
        },
        people: 40,
        seeds: 2,
        ..Plan::small()
    };
    let report = |threads| run(&plan, threads, &mut |_, _| ()).expect("a sound plan");
    let one = report(1);
    assert_eq!(one, report(2));
    assert_eq!(one.lines.len(), 9);
    assert!(one.lines.iter().all(|line| line.failed == 0), "{one:?}");
    let bad = Plan {
        steps: vec![f64::INFINITY],
        ..plan
    };
    let failure = run(&bad, 1, &mut |_, _| ()).expect_err("no such step");
    assert_eq!(failure.code, "bad_plan");
}
