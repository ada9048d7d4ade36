use super::*;
use crate::{chain::Design, scenario::Calendar};

#[test]
fn the_parameter_that_decides_comes_first() {
    // Given points where the third parameter decides alone, and one failed run,
    let mut points: Vec<Point> = points(64, 1)
        .into_iter()
        .map(|(at, _)| {
            let ours = if at[2] < 0.5 { 1.0 } else { 3.0 };
            Point {
                at,
                ours: Some(ours),
                theirs: Some(2.0),
            }
        })
        .collect();
    points.push(Point {
        at: vec![0.5; Behaviour::COUNT],
        ours: None,
        theirs: Some(1.0),
    });
    // when they are looked at,
    let robustness = Robustness::of(&points);
    // then half of the space is better, and the third parameter turns it.
    assert_eq!((robustness.points, robustness.failed), (64, 1));
    assert_eq!(robustness.better, 0.5);
    assert_eq!(robustness.standard_error, 0.0625);
    let first = &robustness.turns[0];
    assert_eq!(first.parameter, Behaviour::NAMES[2]);
    assert_eq!((first.lower_half, first.upper_half), (1.0, 0.0));
}

#[test]
fn a_report_is_the_same_on_one_thread_and_on_two() {
    let mut plan = Plan::small();
    plan.setting.people = 40;
    plan.points = 4;
    let report = |threads| run(&plan, threads, &mut |_, _| ()).expect("a sound plan");
    let one = report(1);
    assert_eq!(one, report(2));
    assert_eq!(one.scenarios[0].1.points + one.scenarios[0].1.failed, 4);
    assert!(one.markdown().contains("| stationary |"));
    plan.points = 0;
    let failure = run(&plan, 1, &mut |_, _| ()).expect_err("no point");
    assert_eq!(failure.code, "bad_plan");
}

#[test]
fn a_point_is_the_same_life_under_both_policies_but_for_the_policy() {
    let calendar = Calendar {
        epochs: 60,
        epoch_days: 1.0,
        period_days: 1.0,
    };
    let design = Design::with_defaults(86_400, 1_000_000_000_000_000);
    let setting = Setting {
        people: 60,
        calendar,
        design,
        constants: [60_000, 3_000, 300_000, 100_000],
    };
    let at = &points(4, 9)[0].0;
    let demand: Figure = |metrics| metrics.itae;
    let scenario = Scenario::Crash;
    // Given a policy against itself, then nothing differs;
    let same = live(&setting, scenario, Policy::Homeostat, demand, at, 9);
    assert_eq!(same.ours, same.theirs);
    // against another, something does.
    let other = live(&setting, scenario, Policy::StaticUntuned, demand, at, 9);
    assert_eq!(other.ours, same.ours);
    assert_ne!(other.theirs, other.ours);
}
