//! Property 10: in any window u travels no further than its slew limits allow.

use homeostat_control::{Change, Config, Flags};
use proptest::prelude::*;

use crate::common::{
    random::{bits, cases},
    *,
};
use crate::REGRESSIONS;

proptest! {
    #![proptest_config(cases(REGRESSIONS, 1_500))]

    #[test]
    fn p10_in_any_window_u_travels_at_most_rate_times_window_and_a_period(
        up in 0u64..=50_000, down in 0u64..=50_000,
        steps in prop::collection::vec(
            (
                prop_oneof![1i64..=600, 1i64..=WEEK, 1i64..=6 * WEEK],
                prop_oneof![
                    1 => Just(None),
                    9 => bits(whole(0), whole(1)).prop_map(Some),
                ],
            ),
            1..=60,
        ),
        kp in 0i64..=1_000_000,
    ) {
        let config = Config {
            slew_up: Some(up), slew_down: Some(down), kp: ppm(kp), ..emission()
        };
        let mut rig = Rig::new(config);
        let mut path = vec![(rig.now, rig.state.u)];
        for (dt, y) in steps {
            match y {
                Some(y) => rig.after(dt, y),
                None => rig.blind(dt),
            };
            path.push((rig.now, rig.state.u));
        }
        for first in 0..path.len() {
            let (mut rise, mut fall) = (0i128, 0i128);
            for pair in path[first..].windows(2) {
                let moved = i128::from(pair[1].1 - pair[0].1);
                rise += moved.max(0);
                fall += (-moved).max(0);
                // From just before the first movement to the last one.
                let window = i128::from(pair[1].0 - path[first].0 + WEEK);
                prop_assert!(rise * i128::from(WEEK) <= i128::from(up) * window);
                prop_assert!(fall * i128::from(WEEK) <= i128::from(down) * window);
            }
        }
    }
}

#[test]
fn p10_a_long_silence_saves_up_one_period_and_no_more() {
    let mut rig = Rig::primed(emission(), ratio(60, 100));
    let got = rig.after(40 * WEEK, whole(0));
    assert_eq!(got.u, 80_000);
    assert!(got.flags.contains(Flags::SLEW_UP));
    assert_eq!(rig.after(1, whole(0)).u, 80_000);
    assert_eq!(rig.after(WEEK / 2, whole(0)).u, 90_000);
}

#[test]
fn p10_the_two_directions_have_their_own_rates_and_budgets() {
    // given: twice as fast down as up
    let config = Config {
        kp: ppm(1_000_000),
        bias: ppm(100_000),
        slew_up: Some(10_000),
        ..emission()
    };
    let mut rig = Rig::primed(config, ratio(60, 100));
    assert_eq!(rig.after(60, whole(0)).u, 110_000);
    // the other direction was not used up, nor is it refilled by this one
    assert_eq!(rig.after(60, whole(1)).u, 90_000);
    assert_eq!(rig.after(60, whole(0)).u, 90_001);
    assert_eq!(rig.state.last.flags.0 & Flags::SLEW_UP.0, Flags::SLEW_UP.0);
}

#[test]
fn p10_a_rate_of_zero_allows_no_movement_and_none_any() {
    for (up, down, y, u) in [
        (Some(0), Some(0), whole(0), 60_000),
        (Some(0), None, whole(0), 60_000),
        (None, Some(0), whole(0), 177_600),
        (Some(0), None, whole(1), 10_000),
    ] {
        let config = Config {
            slew_up: up,
            slew_down: down,
            ..emission()
        };
        let mut rig = Rig::primed(config, ratio(60, 100));
        let got = rig.after(WEEK, y).u;
        assert!((got - u).abs() <= 1, "{up:?} {down:?}: {got}");
    }
}

#[test]
fn p10_a_u_outside_the_limits_is_repaired_whatever_the_slew() {
    for (u, y, repaired) in [(500_000, whole(0), 200_000), (-7, whole(1), 10_000)] {
        let config = Config {
            slew_up: Some(0),
            slew_down: Some(0),
            ..emission()
        };
        // with a sample and without
        for blind in [false, true] {
            let mut rig = Rig::primed(config, ratio(60, 100));
            rig.state.u = u;
            let got = if blind {
                rig.blind(60)
            } else {
                rig.after(60, y)
            };
            assert_eq!(got.u, repaired);
        }
    }
}

#[test]
fn p10_new_slew_limits_apply_to_what_was_saved_up() {
    let mut rig = Rig::primed(emission(), ratio(60, 100));
    rig.set(Change::Slew {
        up: Some(1_000),
        down: Some(500),
    });
    assert_eq!(rig.after(1, whole(0)).u, 61_000);
}
