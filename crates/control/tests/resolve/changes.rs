//! Changes of gains, the dead-band, limits and the rest: which of them solve, and when.

use homeostat_control::{Change, Config, Fx, Mode, Prime, State};

use crate::common::*;
use crate::{config, gains, last_terms, running, solved, Y};

#[test]
fn a_jump_of_a_gain_or_the_dead_band_keeps_raw_inside_the_limits() {
    for what in gains(0) {
        for excess in [0, 500_000] {
            // given: an integral within reach, or one that pushes far over a limit
            let mut rig = running(config());
            rig.state.integral += whole(excess);
            let before = rig.state;
            let others = before.last.u0 + before.feed_forward;
            let raw = others + last_terms(&rig.config, &before) + before.integral;
            let (min, max) = (whole(rig.config.min), whole(rig.config.max));

            // when
            rig.set(what);

            // then: I = clamp(raw) - u0 - F - P - D
            let expected = raw.clamp(min, max) - others - last_terms(&rig.config, &before);
            assert_ne!(expected, before.integral, "{what:?}");
            assert_eq!(rig.state.integral, expected, "{what:?}");
        }
        // but not while a priming sample is awaited, which solves it anyway
        let mut rig = Rig::new(config());
        rig.set(what);
        assert_eq!(
            (rig.state.integral, rig.state.prime),
            (whole(0), Prime::Zero)
        );
    }
}

#[test]
fn a_jump_of_the_filter_keeps_raw_and_so_the_integral() {
    let mut rig = running(config());
    let before = rig.state;
    rig.set(Change::Filter {
        to: whole(3),
        over_seconds: 0,
    });
    assert_eq!(rig.state, before, "no term of the last sample has changed");

    // An integral that pushes over a limit loses what lies beyond.
    rig.state.integral += whole(500_000);
    rig.set(Change::Filter {
        to: whole(2),
        over_seconds: 0,
    });
    let raw = rig.state.last.u0
        + rig.state.feed_forward
        + last_terms(&rig.config, &rig.state)
        + rig.state.integral;
    assert_eq!(raw, whole(rig.config.max));
}

#[test]
fn each_step_of_a_ramp_solves_from_the_last_accepted_sample() {
    for what in gains(2 * WEEK as u32) {
        // given: no increment and no leak, so that only the re-solve moves I
        let still_integral = Config {
            ki: ppm(0),
            half_life: 0,
            ..config()
        };
        for held in [0, 1] {
            let mut rig = running(Config {
                ki: ppm(1_000),
                ..still_integral
            });
            rig.config.ki = ppm(0);

            // when: a ramp begins
            let begun = rig.state;
            rig.set(what);
            assert_eq!(rig.state, begun, "nothing at its start");
            for _ in 0..held {
                let waits = rig.blind(WEEK / 2);
                assert_eq!(waits.i, begun.integral, "a held step does not");
            }
            let derivative = rig.state.derivative;
            let made = rig.after(WEEK / 2, Y);

            // then: raw of the last sample is kept under the gains of this one
            let now = rig.now;
            let old = Config {
                kp: still(rig.config.kp.at(now - WEEK / 2 * (1 + held))),
                kd: still(rig.config.kd.at(now - WEEK / 2 * (1 + held))),
                dead_band: still(rig.config.dead_band.at(now - WEEK / 2 * (1 + held))),
                ..rig.config
            };
            let new = Config {
                kp: still(rig.config.kp.at(now)),
                kd: still(rig.config.kd.at(now)),
                dead_band: still(rig.config.dead_band.at(now)),
                ..rig.config
            };
            let sampled = State {
                derivative,
                ..begun
            };
            let expected = begun.integral + last_terms(&old, &sampled) - last_terms(&new, &sampled);
            assert_ne!(expected, begun.integral, "{what:?}");
            assert_eq!(made.i, expected, "{what:?}, held {held}");
        }
    }
}

#[test]
fn what_acts_through_ramp_leak_or_slew_leaves_the_integral() {
    let rig = running(Config {
        slew_up: Some(20_000),
        slew_down: Some(20_000),
        ..config()
    });
    let u = rig.state.u;
    for what in [
        Change::Ki {
            to: whole(70_000),
            over_seconds: 0,
        },
        Change::HalfLife(30 * WEEK as u64),
        Change::Setpoint {
            to: ratio(70, 100),
            over_seconds: 0,
        },
        Change::Bias {
            to: whole(70_000),
            over_seconds: 0,
        },
        Change::FeedForward {
            kf: whole(90_000),
            w_ref: ratio(1, 16),
            f_max: whole(9_000),
        },
        Change::Limits { min: 0, max: u },
        Change::Limits {
            min: 60_000.min(u),
            max: 400_000,
        },
    ] {
        let mut changed = rig.clone();
        changed.set(what);
        assert_eq!(changed.state, rig.state, "{what:?}");
    }

    // Slew limits touch the budgets only.
    let mut changed = rig.clone();
    changed.state.bucket_up = 20_000 * WEEK as u64;
    changed.state.bucket_down = 5;
    let before = changed.state;
    changed.set(Change::Slew {
        up: Some(3),
        down: None,
    });
    let expected = State {
        bucket_up: 3 * WEEK as u64,
        widened_down: true,
        ..before
    };
    assert_eq!(changed.state, expected);
}

#[test]
fn limits_that_exclude_u_cut_or_lift_it_and_solve_for_the_limit() {
    for below in [true, false] {
        // given
        let mut rig = running(Config {
            slew_up: Some(20_000),
            slew_down: Some(20_000),
            ..config()
        });
        let full = 20_000 * WEEK as u64;
        (rig.state.bucket_up, rig.state.bucket_down) = (full, full);
        let u = rig.state.u;
        let (min, max, bound) = if below {
            (0, u - 1_000, u - 1_000)
        } else {
            (u + 1_000, 400_000, u + 1_000)
        };
        rig.config.bias = ppm(60_000.clamp(min, max));

        // when
        rig.set(Change::Limits { min, max });

        // then: a maximum cuts at once, and that is paid for; a minimum waits for the steps
        assert_eq!(rig.state.u, u.min(bound));
        let at_the_limit = State {
            u: bound,
            ..rig.state
        };
        assert_eq!(rig.state.integral, solved(&rig.config, &at_the_limit));
        let paid = full - 1_000 * WEEK as u64;
        let left = if below { (full, paid) } else { (full, full) };
        assert_eq!((rig.state.bucket_up, rig.state.bucket_down), left);
        assert_eq!(rig.state.prime, Prime::No);
    }
}

#[test]
fn a_solution_out_of_range_is_left_to_the_next_sample() {
    // given: a derivative beyond what Kd can be multiplied with
    let mut rig = running(config());
    rig.state.derivative = Fx::MAX;
    let before = rig.state;

    for what in [
        gains(0)[0],
        Change::Limits {
            min: 0,
            max: before.u - 1,
        },
        Change::Mode(Mode::Manual(before.u)),
    ] {
        // when
        let mut changed = rig.clone();
        changed.set(what);
        // then
        assert_eq!(changed.state.integral, before.integral, "{what:?}");
        assert_eq!(changed.state.prime, Prime::Solve, "{what:?}");
    }
}
