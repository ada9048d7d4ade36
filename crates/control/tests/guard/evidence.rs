//! What is a spike and what is a drift: the bounds, to the unit.

use homeostat_control::{observe, Config, Fx, GuardConfig, GuardFlags, GuardState, LatchReason};

use crate::common::*;
use crate::{units, whole_numbers, DEFAULT};

#[test]
fn a_spike_is_further_than_the_limit_and_not_as_far() {
    // given: 8 deviations of 2^35 units
    let (config, settings, state) = whole_numbers();
    let bound = 8_i64 << 35;
    for (y, latched) in [
        (bound - 1, None),
        (bound, None),
        (bound + 1, Some(LatchReason::Spike)),
        (-bound, None),
        (-bound - 1, Some(LatchReason::Spike)),
    ] {
        // when
        let (next, verdict) = observe(&config, &settings, &state, Some(units(y)), START + 3_600);

        // then
        assert_eq!((verdict.latched, next.latched), (latched, latched), "{y}");
        assert_eq!(
            verdict.flags.contains(GuardFlags::LATCHED),
            latched.is_some()
        );
        assert_eq!(verdict.resumes_at, latched.map(|_| START + 3_600 + 86_400));
        if latched.is_some() {
            // it is not learnt
            assert_eq!((next.mean, next.deviation, next.samples), (0, 1 << 35, 8));
            assert_eq!(next.latched_since, START + 3_600);
        } else {
            assert_eq!(next.samples, 9);
        }
        assert_eq!(
            verdict.score,
            y.signum() * ((i128::from(y.abs()) * 1_000_000) >> 35) as i64
        );
    }
}

#[test]
fn a_score_beyond_64_bits_saturates() {
    let config = Config {
        scale: Config::MIN_SCALE,
        ..open()
    };
    let settings = GuardConfig {
        floor: GuardConfig::MIN_FLOOR,
        ..DEFAULT
    };
    let state = GuardState {
        deviation: 0,
        ..whole_numbers().2
    };
    // the floor: 1,099,511 units of scale (2^40 / 10^6), a thousandth of it
    for (y, score) in [
        (
            whole(1_000_000),
            (i128::from(1_000_000_i64 << 40) * 1_000_000 / 1_099) as i64,
        ),
        (whole(15), ((15_i128 << 40) * 1_000_000 / 1_099) as i64),
        (whole(17), ((17_i128 << 40) * 1_000_000 / 1_099) as i64),
    ] {
        let score = i64::try_from(i128::from(score)).unwrap();
        for (y, score) in [(y, score), (-y, -score)] {
            let (_, verdict) = observe(&config, &settings, &state, Some(y), START + 1);
            if y.abs() == whole(1_000_000) {
                assert_eq!(verdict.score.signum(), score.signum());
                assert_eq!(verdict.score.unsigned_abs(), i64::MAX as u64);
            } else {
                assert_eq!(verdict.score, score);
            }
        }
    }
}

#[test]
fn y_counts_as_far_as_a_configuration_may_find_it_credible() {
    let (config, settings, _) = whole_numbers();
    let unprimed = GuardState::new(START);
    for (y, mean) in [
        (whole(1_000_000), 1_000_000_i64 << 40),
        (whole(1_000_001), 1_000_000 << 40),
        (Fx::MAX, 1_000_000 << 40),
        (Fx::MIN, -(1_000_000 << 40)),
        (Fx::DELTA, 0),
        (-Fx::DELTA, -1),
    ] {
        let (next, _) = observe(&config, &settings, &unprimed, Some(y), START + 1);
        assert_eq!((next.mean, next.value, next.weight), (mean, mean, 1), "{y}");
    }
}

#[test]
fn a_drift_is_more_evidence_than_the_threshold_and_not_as_much() {
    // given: a sample 5 deviations off adds 5 - 2 = 3
    let (config, settings, state) = whole_numbers();
    let y = 5_i64 << 35;
    for (before, sum, latched) in [
        (16_999_999, 19_999_999, None),
        (17_000_000, 20_000_000, None),
        (17_000_001, 20_000_001, Some(LatchReason::Drift)),
        (u32::MAX, u32::MAX, Some(LatchReason::Drift)),
    ] {
        for side in [1, -1] {
            let mut state = state;
            let (with, against) = if side > 0 {
                (&mut state.cusum_up, &mut state.cusum_down)
            } else {
                (&mut state.cusum_down, &mut state.cusum_up)
            };
            (*with, *against) = (before, 7_000_001);

            // when
            let (next, verdict) = observe(
                &config,
                &settings,
                &state,
                Some(units(side * y)),
                START + 3_600,
            );

            // then: the other side loses 5 + 2
            assert_eq!(verdict.latched, latched, "{before} {side}");
            let (up, down) = if side > 0 { (sum, 1) } else { (1, sum) };
            assert_eq!((next.cusum_up, next.cusum_down), (up, down));
            assert_eq!((verdict.cusum_up, verdict.cusum_down), (up, down));
            assert_eq!(next.samples, if latched.is_some() { 8 } else { 9 });
        }
    }
}

#[test]
fn the_slack_is_no_evidence_and_evidence_never_goes_below_zero() {
    let (config, settings, state) = whole_numbers();
    let deviation = 1_000_000_i64; // so that a unit is a ppm
    let config = Config {
        scale: units(1_000_000),
        ..config
    };
    let state = GuardState {
        deviation: deviation as u64,
        ..state
    };
    for (y, up) in [(1_999_999, 0), (2_000_000, 0), (2_000_001, 1), (-9, 0)] {
        let (next, verdict) = observe(&config, &settings, &state, Some(units(y)), START + 3_600);
        assert_eq!((next.cusum_up, next.cusum_down, verdict.score), (up, 0, y));
    }
}

#[test]
fn evidence_counts_by_time_and_at_most_one_period_of_it() {
    let (config, settings, state) = whole_numbers();
    // 4 deviations: 2 more than the slack in a period
    for (dt, up) in [
        (1, 555),
        (1_800, 1_000_000),
        (3_600, 2_000_000),
        (3_601, 2_000_000),
        (99_999_999, 2_000_000),
    ] {
        let (next, _) = observe(&config, &settings, &state, Some(units(4 << 35)), START + dt);
        assert_eq!(next.cusum_up, up, "{dt}");
    }
    // what is lost is rounded towards zero too
    let state = GuardState {
        cusum_up: 3_000,
        ..state
    };
    let (next, _) = observe(&config, &settings, &state, Some(units(0)), START + 1);
    assert_eq!(next.cusum_up, 3_000 - 555);
}
