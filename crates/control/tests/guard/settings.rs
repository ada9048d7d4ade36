//! The settings: ranges, defaults, how long a latch lasts, and the numbers of the reasons.

use homeostat_control::{
    observe, GuardConfig, GuardField, GuardFlags, GuardState, HoldReason, LatchReason,
};

use crate::common::*;
use crate::DEFAULT;

#[test]
fn the_defaults_are_as_documented_and_pass() {
    assert_eq!(GuardConfig::default(), DEFAULT);
    assert_eq!(DEFAULT.validate(), Ok(()));
}

#[test]
fn every_setting_is_held_to_its_range_and_the_first_offence_is_named() {
    type Edit = fn(&mut GuardConfig, u32);
    let table: [(GuardField, u32, u32, Edit); 15] = [
        (GuardField::Limit, 100_000_000, 100_000_001, |g, v| {
            g.limit = v
        }),
        (GuardField::Limit, 2_000_000, 1_999_999, |g, v| {
            (g.limit, g.slack) = (v, 1_000_000);
        }),
        (GuardField::Slack, 250_000, 249_999, |g, v| g.slack = v),
        (GuardField::Slack, 7_999_999, 8_000_000, |g, v| g.slack = v),
        (GuardField::Threshold, 1_000_000, 999_999, |g, v| {
            g.threshold = v
        }),
        (
            GuardField::Threshold,
            1_000_000_000,
            1_000_000_001,
            |g, v| g.threshold = v,
        ),
        (GuardField::Floor, 1_000, 999, |g, v| g.floor = v),
        (GuardField::Floor, 1_000_000, 1_000_001, |g, v| g.floor = v),
        (GuardField::HalfLife, 1, 0, |g, v| g.half_life = v as u16),
        (GuardField::HalfLife, 1_000, 1_001, |g, v| {
            g.half_life = v as u16
        }),
        (GuardField::MinSamples, 4, 3, |g, v| {
            g.min_samples = v as u16
        }),
        (GuardField::MinSamples, 1_000, 1_001, |g, v| {
            g.min_samples = v as u16
        }),
        (GuardField::Frozen, 2, 1, |g, v| g.frozen = v as u16),
        (GuardField::HoldPeriods, 1, 0, |g, v| {
            g.hold_periods = v as u16
        }),
        (GuardField::HoldPeriods, 1_000, 1_001, |g, v| {
            g.hold_periods = v as u16
        }),
    ];
    for (field, inner, outer, edit) in table {
        let mut settings = DEFAULT;
        edit(&mut settings, inner);
        assert_eq!(settings.validate(), Ok(()), "{field:?} {inner}");
        edit(&mut settings, outer);
        let error = settings.validate().unwrap_err();
        assert_eq!(error.field, field, "{outer}");
    }
    for any in [0, 2, u16::MAX] {
        let settings = GuardConfig {
            frozen: any,
            ..DEFAULT
        };
        assert_eq!(settings.validate(), Ok(()));
    }
    let settings = GuardConfig {
        hold_periods: 0,
        threshold: 0,
        floor: 0,
        ..DEFAULT
    };
    let error = settings.validate().unwrap_err();
    assert_eq!(error.field, GuardField::Threshold);
    assert_eq!(
        error.to_string(),
        "guard threshold must be 1,000,000 to 1,000,000,000 ppm of a deviation"
    );
}

#[test]
fn a_latch_lasts_whole_periods_and_never_less_than_a_day() {
    for (period, hold_periods, seconds) in [
        (604_800, 2, 1_209_600),
        (604_800, 1, 604_800),
        (86_400, 1, 86_400),
        (86_399, 1, 172_798),
        (43_200, 2, 86_400),
        (43_199, 2, 129_597),
        (70_000, 1, 140_000),
        (0, 2, 0),
        (60, 2, 86_400),
        (61, 2, 1_417 * 61),
        (3_600, 1_000, 3_600_000),
        (31_536_000, 1_000, 31_536_000_000),
    ] {
        let settings = GuardConfig {
            hold_periods,
            ..DEFAULT
        };
        assert_eq!(settings.hold(period), seconds, "{period} {hold_periods}");
    }
}

#[test]
fn reasons_keep_their_numbers() {
    let all = [
        (LatchReason::Spike, 1, "spike", HoldReason::Spike, 8),
        (LatchReason::Drift, 2, "drift", HoldReason::Drift, 9),
        (LatchReason::Frozen, 3, "frozen", HoldReason::Frozen, 10),
    ];
    for (reason, number, name, held, held_number) in all {
        assert_eq!((reason.number(), reason.name()), (number, name));
        assert_eq!(LatchReason::from_number(number), Some(reason));
        assert_eq!(HoldReason::from(reason), held);
        assert_eq!(held as u8, held_number);
    }
    for unknown in [0, 4, 255] {
        assert_eq!(LatchReason::from_number(unknown), None);
    }
    for number in 0..=11 {
        assert_eq!(HoldReason::from_number(number) as u8, number);
    }
    assert_eq!(HoldReason::from_number(12), HoldReason::Computation);
}

#[test]
fn an_account_of_zeros_is_a_guard_that_has_seen_nothing() {
    assert_eq!(GuardState::default(), GuardState::new(0));
    let (next, verdict) = observe(
        &emission(),
        &DEFAULT,
        &GuardState::default(),
        Some(ratio(1, 2)),
        START,
    );
    assert!(verdict.flags.contains(GuardFlags::PRIMED));
    assert_eq!(
        (next.samples, next.weight),
        (1, WEEK as u64),
        "one period's weight"
    );
}
