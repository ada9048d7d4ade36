//! A setpoint that is a multiple of something: what the target is, what moves the mean of y,
//! and what a missing reference does.

use homeostat_control::{
    create, mul_half_even, observe, replace, resume, step, Change, Config, Direction, Flags, Fx,
    GuardConfig, GuardState, HoldReason, Input, Mode, Prime, Reference,
};
use proptest::prelude::*;

use crate::common::{
    random::{bits, cases, situations},
    *,
};
use crate::REGRESSIONS;

/// A fee that answers to utilisation against its own mean over a year, without an integral.
fn fee() -> Config {
    Config {
        direction: Direction::Direct,
        setpoint: still(whole(1)),
        scale: whole(1),
        reference: Reference::Average,
        average_half_life: 26 * WEEK as u64,
        bias: ppm(3_000),
        kp: ppm(950),
        ki: ppm(0),
        dead_band: still(whole(0)),
        min: 500,
        max: 10_000,
        slew_up: Some(1_000),
        slew_down: Some(1_000),
        y_max: whole(1_000),
        ..emission()
    }
}

/// A burn share that has to reach a tenth of another measurement.
fn given() -> Config {
    Config {
        setpoint: still(ratio(1, 10)),
        reference: Reference::Given,
        ..emission()
    }
}

proptest! {
    #![proptest_config(cases(REGRESSIONS, 4_000))]

    /// Given any situation, when a step is taken, then its target does not depend on its own
    /// sample once there is a mean, and is exactly the product otherwise.
    #[test]
    fn p16_a_sample_never_moves_its_own_target(
        (config, state, input) in situations(), other in bits(whole(-3), whole(3)),
    ) {
        let sample = input.y.unwrap();
        let (after, got) = step(&config, &state, &input);
        let expected = match (config.reference, state.average) {
            (Reference::Absolute, _) => config.setpoint.to,
            (Reference::Given, _) => mul_half_even(config.setpoint.to, input.reference.unwrap()),
            (Reference::Average, Some(average)) => mul_half_even(config.setpoint.to, average),
            (Reference::Average, None) => got.y,
        };
        prop_assert_eq!(got.r, expected);

        if state.average.is_some() {
            let y = Some(homeostat_control::Sample { value: other, ..sample });
            prop_assert_eq!(step(&config, &state, &Input { y, ..input }).1.r, got.r);
        }
        // and the mean stays between itself and the sample
        match (config.reference, state.average, after.average) {
            (Reference::Average, Some(before), Some(mean)) => {
                prop_assert!(before.min(got.y) <= mean && mean <= before.max(got.y));
            }
            (Reference::Average, None, mean) => prop_assert_eq!(mean, Some(got.y)),
            (_, before, mean) => prop_assert_eq!(mean, before),
        }
    }

    /// Given any situation, when the sample or the reference is missing or the breaker is
    /// tripped, or the law is resumed, then the mean is what it was.
    #[test]
    fn p16_only_an_accepted_sample_moves_the_mean(
        (config, state, input) in situations(), manual in any::<bool>(),
    ) {
        let kept = state.average;
        for held in [
            Input { y: None, ..input },
            Input { tripped: true, ..input },
        ] {
            prop_assert_eq!(step(&config, &state, &held).0.average, kept);
        }
        prop_assert_eq!(resume(&config, &state, input.now).average, kept);
        let mode = if manual { Mode::Manual(config.min) } else { Mode::Auto };
        let changed = homeostat_control::change(&config, &state, &Change::Mode(mode), input.now);
        prop_assert_eq!(changed.unwrap().1.average, kept);

        let (after, got) = step(&config, &state, &Input { reference: None, ..input });
        if config.reference == Reference::Given {
            prop_assert_eq!((got.held, after.u), (HoldReason::NoReference, got.limited.to_num()));
            prop_assert_eq!((after.integral, after.average), (state.integral, kept));
        } else {
            prop_assert_eq!(got.held, HoldReason::None);
        }
    }
}

/// Given a mean of 1, when y rests at 2, then after each half-life, however it is cut into
/// steps, the mean has half of its distance left.
#[test]
fn p16_the_mean_has_the_half_life_that_it_says() {
    for steps in [1, 2, 13, 26] {
        // given
        let mut rig = Rig::new(Config {
            max_periods: 26,
            ..fee()
        });
        rig.after(WEEK, whole(1));
        assert_eq!(rig.state.average, Some(whole(1)));
        for half_lives in 1..=4 {
            // when
            for _ in 0..steps {
                rig.after(26 * WEEK / steps, whole(2));
            }
            // then
            let left = 2.0 - float(rig.state.average.unwrap());
            let exact = 0.5_f64.powi(half_lives);
            assert!((left - exact).abs() < 1e-12, "{steps} {half_lives}: {left}");
        }
    }
}

/// Given a fee at its bias, when demand doubles and stays, then the fee rises within its slew
/// limit at once and is back at its bias once that demand is the usual one.
#[test]
fn p16_a_controller_without_integral_returns_to_its_bias() {
    let mut rig = Rig::new(fee());
    for _ in 0..52 {
        assert_eq!(rig.after(WEEK, ratio(3, 4)).u, 3_000);
    }
    // when
    let first = rig.after(WEEK, ratio(3, 2));
    assert_eq!((first.r, first.u), (ratio(3, 4), 3_712));
    let mut last = first.u;
    for _ in 0..26 * 12 {
        let u = rig.after(WEEK, ratio(3, 2)).u;
        assert!((3_000..=last).contains(&u));
        last = u;
    }
    // then: but for the ppm that rounding towards the last value keeps
    assert!(last <= 3_001, "{last}");
}

/// Given an integral without a leak, when the mean of y moves, then the integral keeps
/// Ki / ln 2 times the half-life (periods) times that movement over the scale: the sum of the
/// distances from an exponential mean is the movement of the mean, whatever way y took.
#[test]
fn p16_an_integral_without_leak_keeps_the_movement_of_the_mean() {
    for path in [[2.0, 2.0], [4.0, 1.0], [0.0, 3.0]] {
        let mut rig = Rig::new(Config {
            ki: ppm(10),
            kp: ppm(0),
            average_half_life: 200 * WEEK as u64,
            min: 0,
            max: 1_000_000,
            slew_up: None,
            slew_down: None,
            ..fee()
        });
        rig.after(WEEK, whole(1));
        for y in path {
            for _ in 0..100 {
                rig.after(WEEK, fx(y));
            }
        }
        let moved = float(rig.state.average.unwrap()) - 1.0;
        let expected = 10.0 / (1.0 - 0.5_f64.powf(1.0 / 200.0)) * moved;
        let kept = float(rig.state.integral);
        assert!(
            (kept - expected).abs() < 1e-6,
            "{path:?}: {kept} {expected}"
        );
    }
}

/// Given a mean and what led to it, when another configuration takes its place, then mean
/// and F are forgotten, u stays, and the first sample is its own target.
#[test]
fn p16_another_configuration_begins_another_mean() {
    let mut rig = Rig::new(Config {
        kf: whole(1_000),
        f_max: whole(500),
        ..fee()
    });
    for n in 1..=10 {
        rig.with(WEEK, |now| Input {
            w: Some(whole(1)),
            ..fresh(now, ratio(n, 10))
        });
    }
    assert!(rig.state.average.is_some() && rig.state.feed_forward == whole(500));
    let u = rig.state.u;

    // when
    let other = Config {
        setpoint: still(ratio(3, 2)),
        ..rig.config
    };
    rig.state = replace(&rig.config, &other, &rig.state, rig.now);
    rig.config = other;

    // then
    assert_eq!(
        (rig.state.average, rig.state.feed_forward),
        (None, whole(0))
    );
    assert_eq!(rig.state.prime, Prime::Solve);
    let first = rig.after(WEEK, whole(5));
    assert_eq!((first.r, first.z, first.u), (whole(5), whole(0), u));
    assert_eq!(rig.after(WEEK, whole(5)).r, ratio(15, 2));
}

/// Given a target of a tenth of another measurement, when that is missing, then the step is
/// held for this reason and the guard sees no sample; and it counts to the widest signal and
/// no further.
#[test]
fn p16_a_given_reference_is_gated_and_clamped() {
    let mut rig = Rig::new(Config {
        ki: ppm(0),
        ..given()
    });
    rig.after(WEEK, ratio(1, 2));
    assert_eq!(rig.state.last.held, HoldReason::NoReference);
    for (reference, r) in [
        (whole(5), mul_half_even(ratio(1, 10), whole(5))),
        (whole(0), whole(0)),
        (Fx::MAX, mul_half_even(ratio(1, 10), Config::MAX_SIGNAL)),
        (Fx::MIN, mul_half_even(ratio(1, 10), -Config::MAX_SIGNAL)),
    ] {
        let got = rig.with(WEEK, |now| Input {
            reference: Some(reference),
            ..fresh(now, ratio(1, 2))
        });
        assert_eq!((got.r, got.held), (r, HoldReason::None));
        assert!(!got.flags.contains(Flags::HELD));
    }

    let input = fresh(rig.now + WEEK, ratio(1, 2));
    let guard = GuardState::new(START);
    let made = homeostat_control::guarded_step(
        &rig.config,
        &GuardConfig::default(),
        &rig.state,
        &guard,
        &input,
    );
    let (blind, _) = observe(
        &rig.config,
        &GuardConfig::default(),
        &guard,
        None,
        input.now,
    );
    assert_eq!(made.guard, blind);
    assert_eq!(made.decision.held, HoldReason::NoReference);
}

/// Given two references, when y is as far from either target, then the error is the same:
/// the scale does not move with the target.
#[test]
fn p16_the_loop_gain_does_not_move_with_the_reference() {
    let config = Config {
        setpoint: still(whole(1)),
        y_max: whole(1_000),
        ..given()
    };
    let state = create(&config, START).unwrap();
    let errors = [1, 10, 100].map(|reference| {
        let now = START + WEEK;
        let input = Input {
            reference: Some(whole(reference)),
            ..fresh(now, whole(reference) - ratio(1, 2))
        };
        step(&config, &state, &input).1.z
    });
    assert_eq!(errors, [errors[0]; 3]);
    assert!(errors[0] > whole(0));
}

/// Given feed-forward at work, when its gain, reference or limit changes, then nothing that is
/// remembered changes, and u follows the new F no faster than the slew limit.
#[test]
fn p05_feed_forward_changes_act_through_the_slew_limit_alone() {
    let y = ratio(60, 100);
    let w = Some(ratio(1, 2));
    for (kf, w_ref, f_max, f) in [
        (whole(200_000), whole(0), whole(100_000), 100_000),
        (whole(-200_000), whole(0), whole(30_000), -30_000),
        (whole(20_000), whole(1), whole(100_000), -10_000),
        (whole(20_000), whole(0), whole(0), 0),
    ] {
        // given
        let mut rig = Rig::primed(
            Config {
                ki: ppm(0),
                kf: whole(20_000),
                f_max: whole(100_000),
                ..emission()
            },
            y,
        );
        let settle = rig.with(4 * WEEK, |now| Input { w, ..fresh(now, y) });
        assert_eq!((settle.f, settle.u), (whole(10_000), 70_000));
        let before = rig.state;

        // when
        rig.set(Change::FeedForward { kf, w_ref, f_max });

        // then
        assert_eq!(rig.state, before);
        let mut u = before.u;
        for _ in 0..8 {
            let got = rig.with(WEEK, |now| Input { w, ..fresh(now, y) });
            assert!((got.u - u).abs() <= 20_000, "{got:?}");
            assert_eq!(got.f, whole(f));
            u = got.u;
        }
        assert_eq!(u, (60_000 + f).clamp(10_000, 200_000));
    }
}
