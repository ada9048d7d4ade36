//! What a step does when there is no sample it may use, or too long since the
//! last one: gate, gap, hold, and the first sample (section 2 of the law).

mod common;

use common::exact::two_to_minus;
use common::*;
use homeostat_control::{
    resume, Change, Config, Direction, Flags, Fx, HoldReason, Input, Mode, Prime, Sample, Sampling,
    State,
};

/// A feed: an instant value from at least three samples, at most an hour old.
fn feed() -> Config {
    Config {
        direction: Direction::Direct,
        sampling: Sampling::Point,
        min_samples: 3,
        max_age: 3_600,
        y_min: ratio(1, 10),
        y_max: ratio(9, 10),
        ..emission()
    }
}

/// A controller in the middle of its work: off target, u on the way up, the
/// derivative not at rest.
fn at_work(config: Config) -> Rig {
    let mut rig = Rig::primed(
        Config {
            kd: ppm(50_000),
            ..config
        },
        ratio(5, 10),
    );
    rig.after(WEEK / 2, ratio(45, 100));
    rig.after(WEEK / 2, ratio(40, 100));
    assert_ne!(rig.state.derivative, whole(0));
    assert_ne!(rig.state.integral, whole(0));
    assert!(rig.state.y_prev.is_some());
    rig
}

fn sample(value: Fx, at: i64, samples: u32) -> Option<Sample> {
    Some(Sample { value, at, samples })
}

#[test]
fn a_sample_that_is_missing_stale_from_the_future_or_under_a_tripped_breaker_holds() {
    let y = ratio(1, 2);
    for config in [emission(), feed()] {
        let old = i64::from(config.max_age);
        type Case = (HoldReason, fn(i64, i64, Fx) -> Option<Sample>, bool);
        let table: [Case; 6] = [
            (HoldReason::None, |now, _, y| sample(y, now, 3), false),
            (
                HoldReason::None,
                |now, old, y| sample(y, now - old, 3),
                false,
            ),
            (HoldReason::Missing, |_, _, _| None, false),
            (
                HoldReason::Stale,
                |now, old, y| sample(y, now - old - 1, 3),
                false,
            ),
            (HoldReason::Future, |now, _, y| sample(y, now + 1, 3), false),
            (HoldReason::Tripped, |now, _, y| sample(y, now, 3), true),
        ];
        for (reason, make, tripped) in table {
            let mut rig = at_work(config);
            let got = rig.with(WEEK, |now| Input {
                y: make(now, old, y),
                tripped,
                ..fresh(now, y)
            });
            assert_eq!(got.held, reason);
            assert_eq!(got.flags.contains(Flags::HELD), reason != HoldReason::None);
        }
    }
}

#[test]
fn a_feed_out_of_range_or_too_thin_holds() {
    let mid = ratio(1, 2);
    for (reason, value, samples) in [
        (HoldReason::None, ratio(1, 10), 3),
        (HoldReason::None, ratio(9, 10), u32::MAX),
        (HoldReason::OutOfRange, ratio(1, 10) - Fx::DELTA, 3),
        (HoldReason::OutOfRange, ratio(9, 10) + Fx::DELTA, 3),
        (HoldReason::OutOfRange, whole(0), 3),
        (HoldReason::ThinSamples, mid, 2),
        (HoldReason::ThinSamples, mid, 0),
    ] {
        let mut rig = at_work(feed());
        let got = rig.with(WEEK, |now| Input {
            y: sample(value, now, samples),
            ..fresh(now, mid)
        });
        assert_eq!(got.held, reason, "{value} from {samples}");
    }
}

#[test]
fn for_the_programs_own_mean_zero_is_a_value_and_an_excess_is_clamped() {
    // given
    let config = Config {
        y_max: ratio(3, 4),
        y_min: whole(0),
        ..emission()
    };

    // when, then: zero is taken as it is, from no sample count at all
    let mut rig = at_work(config);
    let zero = rig.with(WEEK, |now| Input {
        y: sample(whole(0), now, 0),
        ..fresh(now, whole(0))
    });
    assert_eq!(
        (zero.held, zero.y, zero.z),
        (HoldReason::None, whole(0), whole(1))
    );
    assert!(!zero.flags.contains(Flags::CLAMPED_Y));

    // and what lies outside is the nearest end
    for (y, used) in [(whole(1), ratio(3, 4)), (ratio(-1, 4), whole(0))] {
        let mut rig = at_work(config);
        let got = rig.after(WEEK, y);
        let mut other = at_work(config);
        let same = other.after(WEEK, used);
        assert_eq!((got.held, got.y, got.u), (HoldReason::None, used, same.u));
        assert!(got.flags.contains(Flags::CLAMPED_Y));
    }
}

#[test]
fn a_held_step_keeps_u_and_the_integral_and_forgets_the_last_y() {
    // given
    let config = Config {
        half_life: 26 * WEEK as u64,
        ..emission()
    };
    let mut rig = at_work(config);
    let before = rig.state;

    // when
    let held = rig.blind(WEEK / 4);

    // then
    assert_eq!(held.u, before.u);
    assert_eq!(rig.state.u, before.u);
    assert_eq!(rig.state.integral, before.integral, "no leak while blind");
    assert_eq!(rig.state.y_prev, None);
    assert_eq!(rig.state.last_at, rig.now, "the clock advances");
    assert_eq!(rig.state.held_for, WEEK as u64 / 4);
    // d <- Tf d / (Tf + tau) with Tf 1 and tau 1/4
    let expected = before.derivative.to_bits() * 4 / 5;
    assert!((rig.state.derivative.to_bits() - expected).abs() <= 1);
}

#[test]
fn a_hold_leaves_no_spike_to_catch_up() {
    // given: y moves by a lot while the controller is blind
    let config = Config {
        slew_up: None,
        slew_down: None,
        ..emission()
    };
    let mut rig = at_work(config);
    rig.blind(WEEK);
    rig.blind(WEEK);
    let decayed = rig.state.derivative;

    // when
    let back = rig.after(WEEK, ratio(10, 100));

    // then: the derivative only decays, and the elapsed time is the last week
    assert_eq!(back.tau, whole(1));
    assert!((rig.state.derivative.to_bits() - decayed.to_bits() / 2).abs() <= 1);
    // and the integral counts from the last call, not from the last sample
    let mut rig = at_work(config);
    let before = rig.state.integral;
    rig.blind(WEEK);
    rig.blind(WEEK);
    let back = rig.after(WEEK, ratio(3, 10));
    let one_week = float(back.e) * 20_000.0;
    assert!((float(rig.state.integral - before) - one_week).abs() < 1e-6);
}

#[test]
fn slew_budgets_fill_and_ramps_run_while_held() {
    // given: budgets emptied by a saturated rise, and a bias on the move
    let mut rig = Rig::primed(emission(), ratio(1, 10));
    rig.after(WEEK, ratio(1, 10));
    let empty = rig.state.bucket_up;
    assert!(empty < 20_000 * 3_600, "{empty}");
    rig.set(Change::Bias {
        to: whole(100_000),
        over_seconds: 2 * WEEK as u32,
    });

    // when
    let held = rig.blind(WEEK / 2);

    // then
    assert_eq!(rig.state.bucket_up, empty + 20_000 * (WEEK as u64 / 2));
    assert_eq!(held.u0, whole(70_000));
    rig.blind(10 * WEEK);
    assert_eq!(
        rig.state.bucket_up,
        20_000 * WEEK as u64,
        "one period's worth at most"
    );
}

#[test]
fn after_max_hold_periods_u_goes_to_the_bias_within_the_slew_limits() {
    // given: u far above the bias of 6 %
    let mut rig = Rig::primed(emission(), ratio(1, 10));
    for _ in 0..6 {
        rig.after(WEEK, ratio(1, 10));
    }
    let high = rig.state.u;
    assert!(high > 120_000);

    // when: four weeks of patience
    for _ in 0..4 {
        let held = rig.blind(WEEK);
        assert_eq!(held.u, high);
        assert!(!held.flags.contains(Flags::HOLD_EXPIRED));
    }
    // then: 2 points a week towards the bias, and not past it
    let mut expected = high;
    for _ in 0..10 {
        let held = rig.blind(WEEK);
        expected = (expected - 20_000).max(60_000);
        assert_eq!(held.u, expected);
        assert!(held.flags.contains(Flags::HELD));
        assert!(held.flags.contains(Flags::HOLD_EXPIRED));
    }
    assert_eq!(rig.state.u, 60_000);

    // and from below likewise
    let mut rig = Rig::primed(emission(), whole(1));
    for _ in 0..3 {
        rig.after(WEEK, whole(1));
    }
    assert_eq!(rig.state.u, 10_000);
    for _ in 0..4 {
        assert_eq!(rig.blind(WEEK).u, 10_000);
    }
    assert_eq!(
        [(); 4].map(|()| rig.blind(WEEK).u),
        [30_000, 50_000, 60_000, 60_000]
    );
}

#[test]
fn a_single_sample_restarts_the_patience() {
    let mut rig = at_work(emission());
    for _ in 0..4 {
        rig.blind(WEEK);
    }
    rig.after(1, ratio(1, 2));
    assert_eq!(rig.state.held_for, 0);
    let u = rig.state.u;
    for _ in 0..4 {
        assert_eq!(rig.blind(WEEK).u, u);
    }
}

#[test]
fn a_gap_caps_the_time_forgets_the_last_y_and_rests_the_derivative() {
    for sampling in [Sampling::Mean, Sampling::Point] {
        // given
        let config = Config {
            sampling,
            slew_up: None,
            slew_down: None,
            ..emission()
        };
        let mut rig = at_work(config);
        let before = rig.state.integral;
        let y = ratio(57, 100);

        // when: four periods and a second
        let got = rig.after(4 * WEEK + 1, y);

        // then
        assert!(got.flags.contains(Flags::GAP));
        assert_eq!(got.tau, whole(4));
        assert_eq!((rig.state.derivative, got.d), (whole(0), whole(0)));
        // the integral goes on over the capped time, with the error of today
        let increment = float(rig.state.integral - before);
        assert!((increment - float(got.e) * 20_000.0 * 4.0).abs() < 1e-6);

        // and a second earlier there is no gap
        let mut rig = at_work(config);
        let got = rig.after(4 * WEEK, y);
        assert!(!got.flags.contains(Flags::GAP));
        assert_eq!(got.tau, whole(4));
        assert_ne!(got.d, whole(0));
    }
}

#[test]
fn the_leak_counts_the_capped_seconds_exactly() {
    // given: an integral and no error; a half-life that is no multiple of anything
    let half_life = 5 * WEEK as u64 + 12_345;
    let config = Config {
        half_life,
        ..emission()
    };
    for (dt, counted) in [
        (1, 1),
        (WEEK, WEEK),
        (4 * WEEK, 4 * WEEK),
        (9 * WEEK, 4 * WEEK),
    ] {
        let mut rig = Rig::primed(config, ratio(60, 100));
        rig.state.integral = whole(50_000);

        // when
        let got = rig.after(dt, ratio(60, 100));

        // then
        let lambda = two_to_minus(counted as u64, half_life);
        assert!(exact::ulps_apart(&lambda, got.lambda) < 0.6, "{dt}");
        let kept = lambda * num_rational::BigRational::from(num_bigint::BigInt::from(50_000));
        assert!(exact::ulps_apart(&kept, got.i) < 50_000.0, "{dt}");
    }
}

#[test]
fn the_first_sample_after_creation_acts_through_p_only() {
    // given: a fresh controller, long after its creation, with leak and derivative
    let config = Config {
        kd: ppm(50_000),
        half_life: 26 * WEEK as u64,
        slew_up: None,
        ..emission()
    };
    let mut rig = Rig::new(config);
    assert_eq!((rig.state.u, rig.state.prime), (60_000, Prime::Zero));

    // when
    let first = rig.after(3 * WEEK, ratio(30, 100));

    // then: P = 100,000 (0.5 - 0.02)
    assert!(first.flags.contains(Flags::PRIMED));
    assert_eq!((first.i, first.d), (whole(0), whole(0)));
    assert!((float(first.p) - 48_000.0).abs() < 1e-6);
    assert!(
        matches!(first.u, 107_999 | 108_000),
        "{}: 0.6 and 0.02 are rounded",
        first.u
    );

    // and it happens once
    let second = rig.after(WEEK, ratio(30, 100));
    assert!(!second.flags.contains(Flags::PRIMED));
    assert_ne!(second.i, whole(0));
}

#[test]
fn a_held_step_does_not_use_up_the_priming() {
    let mut rig = Rig::new(emission());
    rig.blind(WEEK);
    assert_eq!(rig.state.prime, Prime::Zero);
    let first = rig.after(WEEK, ratio(30, 100));
    assert!(first.flags.contains(Flags::PRIMED));
    assert_eq!(first.i, whole(0));
}

#[test]
fn resume_and_a_mode_change_solve_the_integral_for_the_present_u() {
    let resumed: fn(&mut Rig) = |rig| rig.state = resume(&rig.config, &rig.state, rig.now);
    let by_hand: fn(&mut Rig) = |rig| {
        let u = rig.state.u;
        rig.set(Change::Mode(Mode::Manual(u)));
        rig.after(WEEK, ratio(20, 100));
        rig.set(Change::Mode(Mode::Auto));
    };
    for start in [resumed, by_hand] {
        // given
        let mut rig = at_work(emission());
        let u = rig.state.u;
        start(&mut rig);

        // when: the world has changed meanwhile
        let first = rig.after(2 * WEEK, ratio(30, 100));

        // then: I = u - u0 - F - P, no D, no increment
        assert!(first.flags.contains(Flags::PRIMED));
        assert_eq!(first.u, u);
        assert_eq!(first.d, whole(0));
        assert_eq!(first.i, whole(u) - first.u0 - first.f - first.p);
    }
}

#[test]
fn a_manual_value_is_reached_under_the_slew_limits_and_kept() {
    let mut rig = at_work(emission());
    let u = rig.state.u;
    rig.set(Change::Mode(Mode::Manual(15_000)));
    let path: Vec<i64> = (0..8).map(|_| rig.after(WEEK, ratio(1, 10)).u).collect();
    assert_eq!(path[0], u - 20_000);
    assert!(
        path.windows(2)
            .all(|pair| pair[1] == (pair[0] - 20_000).max(15_000)),
        "{path:?}"
    );
    assert_eq!(path[7], 15_000);
    assert!(rig.state.last.flags.contains(Flags::MANUAL));
}

#[test]
fn feed_forward_is_limited_and_held_when_w_is_missing() {
    // given: 100,000 ppm per unit of w above 0.5, at most 5,000 ppm
    let config = Config {
        kf: whole(100_000),
        w_ref: ratio(1, 2),
        f_max: whole(5_000),
        slew_up: None,
        slew_down: None,
        ..emission()
    };
    let r = ratio(60, 100);
    let mut rig = Rig::primed(config, r);
    for (w, f) in [
        (Some(ratio(17, 32)), 3_125),
        (None, 3_125),
        (Some(ratio(1, 2)), 0),
        (Some(whole(2)), 5_000),
        (None, 5_000),
        (Some(whole(-2)), -5_000),
    ] {
        // when
        let got = rig.with(60, |now| Input { w, ..fresh(now, r) });
        // then
        assert_eq!((got.f, got.u), (whole(f), 60_000 + f));
    }
}

#[test]
fn a_cap_that_binds_stops_the_integral_in_its_direction_only() {
    let y_low = ratio(30, 100); // wants more
    let y_high = ratio(80, 100); // wants less
    for (applied, y, moves) in [
        (-1, y_low, false),
        (-1, y_high, true),
        (0, y_low, true),
        (0, y_high, true),
        (1, y_low, true),
        (1, y_high, false),
    ] {
        let mut rig = at_work(emission());
        let State { u, integral, .. } = rig.state;
        let got = rig.with(WEEK, |now| Input {
            applied: Some(u + applied),
            ..fresh(now, y)
        });
        assert_eq!(rig.state.integral != integral, moves, "{applied} {y}");
        assert_eq!(got.flags.contains(Flags::CAPPED), applied != 0);
    }
}
