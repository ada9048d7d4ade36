//! What else bounds a step: the hand's value, a missing w, a cap outside the law.

use homeostat_control::{Change, Config, Flags, Input, Mode};

use crate::at_work;
use crate::common::*;

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
fn a_cap_that_binds_draws_the_integral_its_way_whatever_the_error() {
    for y in [ratio(30, 100), ratio(80, 100)] {
        let free = at_work(emission()).after(WEEK, y);
        for applied in [-1_000, 0, 1_000] {
            let mut rig = at_work(emission());
            let u = rig.state.u;
            let got = rig.with(WEEK, |now| Input {
                applied: Some(u + applied),
                ..fresh(now, y)
            });
            // A fifth a week: Kp / Ki is five weeks.
            let apart = got.i - free.i - whole(applied / 5);
            assert!(apart.abs() < ratio(1, 1_000), "{applied} {y}: {apart}");
            assert_eq!(got.flags.contains(Flags::CAPPED), applied != 0);
        }
    }
}
