//! Property 5, for single changes: which of them touch the integral, and which act through
//! their ramp and the slew limits alone.

use homeostat_control::{resume, Change, Config, Input};

use crate::common::*;

#[test]
fn p05_limits_that_contain_u_change_nothing() {
    let mut rig = Rig::primed(emission(), ratio(50, 100));
    rig.after(WEEK, ratio(50, 100));
    let before = rig.state;
    rig.set(Change::Limits {
        min: 5_000,
        max: before.u,
    });
    assert_eq!(
        (rig.state.u, rig.state.integral),
        (before.u, before.integral)
    );
}

#[test]
fn p05_every_step_of_a_gain_ramp_is_bumpless() {
    type Case = (fn(u32) -> Change, &'static str);
    let ramps: [Case; 4] = [
        (
            |over_seconds| Change::Kp {
                to: whole(700_000),
                over_seconds,
            },
            "Kp",
        ),
        (
            |over_seconds| Change::Kd {
                to: whole(700_000),
                over_seconds,
            },
            "Kd",
        ),
        (
            |over_seconds| Change::Filter {
                to: whole(9),
                over_seconds,
            },
            "Tf",
        ),
        (
            |over_seconds| Change::DeadBand {
                to: ratio(1, 5),
                over_seconds,
            },
            "dead-band",
        ),
    ];
    for (ramp, name) in ramps {
        // given: a standing error, an integral that stands still, a derivative at rest
        let y = ratio(40, 100);
        let config = Config {
            ki: ppm(0),
            kd: ppm(1_000),
            ..emission()
        };
        let mut rig = Rig::primed(config, y);
        for _ in 0..10 {
            rig.after(WEEK, y);
        }
        let u = rig.state.u;

        // when: ten weeks of ramp, retargeted on the way, cranked at odd times
        rig.set(ramp(10 * WEEK as u32));
        for n in 0..40 {
            if n == 20 {
                rig.set(ramp(7 * WEEK as u32));
            }
            let got = rig.after(WEEK / 3 + 1_234, y);
            // then
            assert!(
                (got.u - u).abs() <= 1,
                "{name}, call {n}: {} from {u}",
                got.u
            );
        }
        if name == "Kp" {
            assert!(rig.state.last.p > whole(200_000), "the ramp did run");
        }
    }
}

#[test]
fn p05_a_gain_ramp_that_runs_during_a_hold_is_bumpless() {
    let y = ratio(40, 100);
    let mut rig = Rig::primed(
        Config {
            ki: ppm(0),
            ..emission()
        },
        y,
    );
    rig.after(WEEK, y);
    let u = rig.state.u;
    rig.set(Change::Kp {
        to: whole(500_000),
        over_seconds: 3 * WEEK as u32,
    });
    rig.after(WEEK, y);
    rig.blind(WEEK);
    rig.blind(2 * WEEK);
    assert!((rig.after(WEEK, y).u - u).abs() <= 1);
}

#[test]
fn p05_ki_and_the_half_life_leave_the_integral_alone() {
    let mut rig = Rig::primed(emission(), ratio(50, 100));
    rig.after(WEEK, ratio(50, 100));
    let integral = rig.state.integral;
    assert_ne!(integral, whole(0));
    rig.set(Change::Ki {
        to: whole(70_000),
        over_seconds: 0,
    });
    rig.set(Change::HalfLife(30 * WEEK as u64));
    rig.set(Change::HalfLife(0));
    assert_eq!(rig.state.integral, integral);
}

#[test]
fn p05_bias_and_setpoint_are_not_resolved_but_act_through_ramp_and_slew() {
    // given
    let y = ratio(60, 100);
    let changes = [
        Change::Bias {
            to: whole(100_000),
            over_seconds: 4 * WEEK as u32,
        },
        Change::Setpoint {
            to: ratio(90, 100),
            over_seconds: 4 * WEEK as u32,
        },
    ];
    for (what, ends) in changes.into_iter().zip([40_000.0, 48_000.0]) {
        let mut rig = Rig::primed(
            Config {
                ki: ppm(0),
                ..emission()
            },
            y,
        );
        rig.after(WEEK, y);
        let before = rig.state;

        // when
        rig.set(what);

        // then: nothing happens at once, the integral stays, u follows the ramp
        assert_eq!(rig.state, before);
        for _ in 0..4 {
            let step_of_u = rig.after(WEEK, y);
            assert!(step_of_u.u > step_of_u.u_prev);
            assert!(step_of_u.u - step_of_u.u_prev <= 20_000);
        }
        assert_eq!(rig.state.integral, before.integral);
        assert!(
            (rig.state.u as f64 - before.u as f64 - ends).abs() <= 2.0,
            "{}",
            rig.state.u
        );
    }

    // and a jump of the bias runs into the slew limit
    let mut rig = Rig::primed(emission(), y);
    rig.set(Change::Bias {
        to: whole(160_000),
        over_seconds: 0,
    });
    let path = [(); 5].map(|()| rig.after(WEEK, y).u);
    assert_eq!(path, [80_000, 100_000, 120_000, 140_000, 160_000]);
}

/// The range guard of the integral must hold what a re-solve against a
/// feed-forward at its limit needs, or the next step would cut it.
#[test]
fn p05_bumpless_with_a_feed_forward_wider_than_the_limits() {
    // given: F at -1, five times the span of u
    let y = ratio(60, 100);
    let config = Config {
        kp: ppm(0),
        ki: ppm(0),
        kf: whole(-1_000_000),
        f_max: whole(1_000_000),
        ..emission()
    };
    let mut rig = Rig::primed(config, y);
    rig.with(WEEK, |now| Input {
        w: Some(whole(1)),
        ..fresh(now, y)
    });
    let u = rig.state.u;

    // when
    rig.state = resume(&rig.config, &rig.state, rig.now);

    // then
    for _ in 0..4 {
        assert_eq!(rig.after(WEEK, y).u, u);
    }
}
