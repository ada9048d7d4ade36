//! What a held step keeps, for how long, and what a gap forgets.

use homeostat_control::{Change, Config, Flags, Sampling};

use crate::at_work;
use crate::common::{
    exact::{two_to_minus, ulps_apart},
    *,
};

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
        assert!(ulps_apart(&lambda, got.lambda) < 0.6, "{dt}");
        let kept = lambda * num_rational::BigRational::from(num_bigint::BigInt::from(50_000));
        assert!(ulps_apart(&kept, got.i) < 50_000.0, "{dt}");
    }
}
