//! Which samples a step may use.

use homeostat_control::{Config, Flags, Fx, HoldReason, Input, Sample};

use crate::common::*;
use crate::{at_work, feed, sample};

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
