//! Property 10: in any window u travels no further than its slew limits allow.

use homeostat_control::{replace, Change, Config, Flags, Mode};
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
        (up, down) in prop_oneof![
            1 => Just((0, 0)),
            9 => (1u64..=50_000, 1u64..=50_000),
        ],
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
        (Some(0), Some(0), whole(1), 60_000),
        (None, None, whole(0), 177_600),
        (None, None, whole(1), 10_000),
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
fn p10_a_u_above_its_maximum_is_cut_whatever_the_slew() {
    let config = Config {
        slew_up: Some(0),
        slew_down: Some(0),
        ..emission()
    };
    // with a sample and without
    for blind in [false, true] {
        let mut rig = Rig::primed(config, ratio(60, 100));
        rig.state.u = 500_000;
        let got = if blind {
            rig.blind(60)
        } else {
            rig.after(60, whole(0))
        };
        assert_eq!(got.u, 200_000);
    }
}

#[test]
fn n9_a_minimum_above_u_lifts_it_by_the_slew_limit() {
    // with a sample that asks for less, with one that asks for more, and without any
    for y in [Some(whole(1)), Some(whole(0)), None] {
        // given: u at rest, and a minimum raised as far as it goes
        let mut rig = Rig::primed(emission(), ratio(60, 100));
        rig.set(Change::Bias {
            to: whole(200_000),
            over_seconds: 0,
        });
        rig.set(Change::Limits {
            min: 199_999,
            max: 200_000,
        });

        // then: nothing moves at once
        assert_eq!(rig.state.u, 60_000);

        // and each week brings one slew limit, nothing less and nothing more
        let week_on = |rig: &mut Rig| match y {
            Some(y) => rig.after(WEEK, y),
            None => rig.blind(WEEK),
        };
        for week in 1..=6 {
            let got = week_on(&mut rig);
            assert_eq!(got.u, 60_000 + week * 20_000, "{y:?}");
            assert!(got.flags.contains(Flags::SLEW_UP), "{y:?}");
            assert!(got.flags.contains(Flags::LIMIT_LOW), "{y:?}");
        }
        assert!((199_999..=200_000).contains(&week_on(&mut rig).u), "{y:?}");

        // and no wind-up is left: an error that asks for more moves u at once
        let limit = Change::Limits {
            min: 199_999,
            max: 400_000,
        };
        rig.set(limit);
        rig.after(WEEK, ratio(60, 100));
        assert!(rig.after(WEEK, ratio(30, 100)).u > 210_000, "{y:?}");
    }
}

#[test]
fn n9_a_widened_slew_limit_moves_nothing_before_the_step_after_the_next() {
    for wider in [None, Some(Config::MAX_SLEW)] {
        for used_up in [false, true] {
            // given: a budget that the last step used up, or left full
            let mut rig = Rig::primed(emission(), ratio(60, 100));
            if used_up {
                assert_eq!(rig.after(WEEK, whole(0)).u, 80_000);
            }
            let before = rig.state.u;

            // when: half a week later a change widens the limit and asks for the maximum
            rig.now += WEEK / 2;
            rig.set(Change::Slew {
                up: wider,
                down: Some(20_000),
            });
            rig.set(Change::Mode(Mode::Manual(200_000)));

            // then: the next step has what the old limit had saved up by then
            let saved_up = if used_up { 10_000 } else { 20_000 };
            assert_eq!(rig.after(WEEK, whole(0)).u, before + saved_up);
            // and the one after has the new limit
            assert_eq!(rig.after(WEEK, whole(0)).u, 200_000);
        }
    }
}

#[test]
fn n9_widening_again_and_again_saves_nothing_up() {
    // given: an empty budget
    let mut rig = Rig::primed(emission(), ratio(60, 100));
    assert_eq!(rig.after(WEEK, whole(0)).u, 80_000);

    // when: the limit goes up and down all the time
    for n in 1..=20 {
        rig.set(Change::Slew {
            up: Some(20_000 + n * 1_000),
            down: None,
        });
        rig.set(Change::Slew {
            up: Some(20_000),
            down: Some(1),
        });
    }

    // then
    assert_eq!(rig.after(WEEK, whole(0)).u, 80_000);
    assert_eq!(rig.after(WEEK, whole(0)).u, 100_000);
}

#[test]
fn n9_another_configuration_moves_u_no_faster_than_the_old_slew_limit() {
    // given: a budget half full
    let mut rig = Rig::primed(emission(), ratio(60, 100));
    rig.after(WEEK, whole(0));
    rig.now += WEEK / 2;

    // when: all of the configuration is replaced, with everything at its highest
    let greedy = Config {
        bias: ppm(400_000),
        min: 399_999,
        max: 400_000,
        slew_up: None,
        slew_down: None,
        ..emission()
    };
    rig.state = replace(&rig.config, &greedy, &rig.state, rig.now);
    rig.config = greedy;

    // then: u stays, and moves by what was saved up
    assert_eq!(rig.state.u, 80_000);
    assert_eq!(rig.after(WEEK, whole(0)).u, 90_000);

    // and a maximum below u cuts it at once
    let low = Config {
        min: 0,
        max: 60_000,
        ..emission()
    };
    assert_eq!(replace(&rig.config, &low, &rig.state, rig.now).u, 60_000);
}

#[test]
fn p10_a_narrower_slew_limit_applies_to_what_was_saved_up() {
    let mut rig = Rig::primed(emission(), ratio(60, 100));
    rig.set(Change::Slew {
        up: Some(1_000),
        down: Some(500),
    });
    assert_eq!(rig.after(1, whole(0)).u, 61_000);
}
