//! What the running mean and deviation learn from a sample, and from the first ones.

use homeostat_control::{observe, Config, GuardFlags, GuardState, LatchReason};

use crate::common::*;
use crate::watch::Watch;
use crate::{units, whole_numbers, DEFAULT};

#[test]
fn a_sample_weighs_by_its_time_and_at_most_one_period() {
    // given: T = 8 x 3,600 / ln 2 = 41,549.6 s
    let (config, settings, state) = whole_numbers();
    let y = 1_i64 << 37;
    for (dt, counted) in [(1, 1), (1_800, 1_800), (3_600, 3_600), (360_000, 3_600)] {
        let (next, _) = observe(&config, &settings, &state, Some(units(y)), START + dt);
        assert_eq!(next.weight, 41_549 + counted);
        let expected = y as f64 * counted as f64 / (41_549 + counted) as f64;
        assert!(
            (next.mean as f64 - expected).abs() < 1.5,
            "{} {expected}",
            next.mean
        );
        let expected = (1_u64 << 35) as f64
            + 3.0 * (1_u64 << 35) as f64 * counted as f64 / (41_549 + counted) as f64;
        assert!((next.deviation as f64 - expected).abs() < 1.5);
    }
}

#[test]
fn the_first_samples_are_averaged_plainly() {
    // given: three samples within the clamp
    let mut watch = Watch::new(open(), DEFAULT);
    // when
    for y in [0, 3 << 30, 6 << 30] {
        watch.period(units(y));
    }
    // then: the mean of 0, 3, 6 and of |deviations| 0, 3, 4.5
    assert!((watch.guard.mean - (3 << 30)).abs() <= 1);
    assert!((watch.guard.deviation as i64 - (5 << 29)).abs() <= 2);
    assert_eq!(watch.guard.weight, 3 * 3_600);
}

#[test]
fn the_first_samples_are_not_judged() {
    for (samples, latched) in [
        (6, None),
        (7, None),
        (8, Some(LatchReason::Spike)),
        (u16::MAX, Some(LatchReason::Spike)),
    ] {
        let (config, settings, state) = whole_numbers();
        let state = GuardState { samples, ..state };
        let (next, verdict) = observe(&config, &settings, &state, Some(whole(1)), START + 3_600);
        assert_eq!(verdict.latched, latched, "{samples}");
        assert_eq!(verdict.flags.contains(GuardFlags::WARMING_UP), samples < 8);
        assert_eq!(verdict.flags.contains(GuardFlags::CLAMPED), samples < 8);
        assert_eq!((next.cusum_up, next.cusum_down), (0, 0));
        if latched.is_none() {
            // the spike of 32 deviations moved the mean by 8 x 3,600 / 45,149
            let expected = (8_i64 << 35) as f64 * 3_600.0 / 45_149.0;
            assert!((next.mean as f64 - expected).abs() < 1.5);
        }
    }
    let (config, settings, state) = whole_numbers();
    let (next, _) = observe(
        &config,
        &settings,
        &GuardState {
            samples: u16::MAX,
            ..state
        },
        Some(units(1)),
        START + 1,
    );
    assert_eq!(next.samples, u16::MAX);
}

#[test]
fn the_floor_is_a_part_of_the_scale() {
    let (config, settings, state) = whole_numbers();
    let floor = (1_u64 << 40) / 50;
    for (deviation, used) in [
        (0, floor),
        (floor - 1, floor),
        (floor, floor),
        (floor + 1, floor + 1),
    ] {
        let state = GuardState { deviation, ..state };
        let (_, verdict) = observe(&config, &settings, &state, None, START + 1);
        assert_eq!(verdict.deviation, units(used as i64));
    }
    let config = Config {
        scale: ratio(1, 4),
        ..config
    };
    let (_, verdict) = observe(
        &config,
        &settings,
        &GuardState {
            deviation: 0,
            ..state
        },
        None,
        START + 1,
    );
    assert_eq!(
        verdict.deviation,
        units(((1_i64 << 38) * 20_000) / 1_000_000)
    );
}
