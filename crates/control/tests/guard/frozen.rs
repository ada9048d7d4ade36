//! A feed that repeats one value is frozen; the program's own measurement may stand still.

use homeostat_control::{
    observe, Config, Direction, GuardConfig, GuardFlags, GuardState, HoldReason, LatchReason,
    Sampling,
};

use crate::common::*;
use crate::watch::Watch;
use crate::{whole_numbers, DEFAULT};

/// A feed that may give the same value three times in a row, not four.
fn feed() -> (Config, GuardConfig) {
    let config = Config {
        direction: Direction::Direct,
        sampling: Sampling::Point,
        ..emission()
    };
    let guard = GuardConfig {
        frozen: 4,
        ..DEFAULT
    };
    (config, guard)
}

#[test]
fn a_feed_is_frozen_at_the_configured_run_and_not_before() {
    // given
    let (config, settings) = feed();
    let mut watch = Watch::calm(config, settings, ratio(1, 2));
    watch.period(ratio(51, 100));

    // when, then: the run of four ends at the fourth
    assert_eq!(watch.period(ratio(52, 100)).latched, None);
    assert_eq!(watch.period(ratio(52, 100)).latched, None);
    assert_eq!(watch.period(ratio(52, 100)).latched, None);
    let before = watch.guard;
    let verdict = watch.period(ratio(52, 100));
    assert_eq!(verdict.latched, Some(LatchReason::Frozen));
    assert_eq!(watch.state.last.held, HoldReason::Frozen);
    assert_eq!((watch.guard.mean, watch.guard.run), (before.mean, 4));
}

#[test]
fn a_run_is_of_equal_values_whatever_lies_between_them_and_however_young_the_guard() {
    let (config, settings) = feed();
    // another value ends it
    let mut watch = Watch::new(config, settings);
    for y in [50, 50, 50, 51, 50, 50, 50, 51] {
        assert_eq!(watch.period(ratio(y, 100)).latched, None);
    }
    // a missing sample does not, and the first samples count
    let mut watch = Watch::new(config, settings);
    for _ in 0..3 {
        assert_eq!(watch.period(ratio(1, 2)).latched, None);
        watch.blind(WEEK);
    }
    let verdict = watch.period(ratio(1, 2));
    assert_eq!(verdict.latched, Some(LatchReason::Frozen));
    assert!(verdict.flags.contains(GuardFlags::WARMING_UP));
}

#[test]
fn the_programs_own_measurement_may_stand_still() {
    let settings = GuardConfig {
        frozen: 2,
        ..DEFAULT
    };
    let mut watch = Watch::new(emission(), settings);
    for _ in 0..100 {
        assert_eq!(watch.period(ratio(1, 2)).latched, None);
    }
    // and a feed may when that is off
    let (config, _) = feed();
    let mut watch = Watch::new(config, DEFAULT);
    for _ in 0..100 {
        assert_eq!(watch.period(ratio(1, 2)).latched, None);
    }
    assert_eq!(watch.guard.run, 100);
}

#[test]
fn a_spike_comes_before_a_frozen_feed_as_the_reason() {
    let (config, settings, state) = whole_numbers();
    let config = Config {
        sampling: Sampling::Point,
        ..config
    };
    let settings = GuardConfig {
        frozen: 2,
        ..settings
    };
    let state = GuardState {
        value: 1 << 40,
        ..state
    };
    let (_, verdict) = observe(&config, &settings, &state, Some(whole(1)), START + 1);
    assert_eq!(verdict.latched, Some(LatchReason::Spike));
}
