//! What re-solves the integral, and how: a test for each row of the table in the
//! documentation of `homeostat_control::law`.

mod common;

use common::*;
use homeostat_control::{
    create, mul_half_even, resume, Change, Config, Flags, Fx, HoldReason, Input, Mode, Prime,
    Sampling, State,
};

/// A measurement below the setpoint: the law raises u.
const Y: Fx = Fx::lit("0.5");

/// Every term at work: P, I, D, F, a dead-band and a leak, and no slew limit.
fn config() -> Config {
    Config {
        kd: ppm(50_000),
        half_life: 26 * WEEK as u64,
        kf: whole(10_000),
        f_max: whole(5_000),
        slew_up: None,
        slew_down: None,
        ..emission()
    }
}

/// A controller in full swing, away from the limits.
fn running(config: Config) -> Rig {
    let mut rig = Rig::primed(config, ratio(62, 100));
    for y in [ratio(58, 100), ratio(54, 100), Y] {
        rig.with(WEEK, |now| Input {
            w: Some(ratio(1, 8)),
            ..fresh(now, y)
        });
    }
    let State { integral, last, .. } = rig.state;
    for term in [integral, last.p, last.d, last.f] {
        assert_ne!(term, whole(0), "{last:?}");
    }
    assert!((rig.config.min + 1..rig.config.max).contains(&last.u));
    rig
}

/// P + D of the last accepted sample under the constant gains of `config`.
fn last_terms(config: &Config, state: &State) -> Fx {
    let band = config.dead_band.to;
    let z = state.last.z;
    let excess = z - z.clamp(-band, band);
    mul_half_even(config.kp.to, excess) + mul_half_even(config.kd.to, state.derivative)
}

/// I = u - u0 - F - P - D.
fn solved(config: &Config, state: &State) -> Fx {
    whole(state.u) - config.bias.to - state.feed_forward - last_terms(config, state)
}

/// A step with an accepted sample solves I = u - u0 - F - P, without D.
fn primes_at_the_next_sample(rig: &mut Rig) {
    let u = rig.state.u;
    let held = rig.blind(WEEK);
    assert!(!held.flags.contains(Flags::PRIMED), "a held step cannot");
    let first = rig.after(WEEK, ratio(40, 100));
    assert!(first.flags.contains(Flags::PRIMED));
    assert_eq!((first.u, first.d), (u, whole(0)));
    assert_eq!(first.i, whole(u) - first.u0 - first.f - first.p);
}

#[test]
fn creation_starts_without_an_integral() {
    let state = create(&config(), START).unwrap();
    assert_eq!((state.integral, state.prime), (whole(0), Prime::Zero));

    let mut rig = Rig::new(config());
    let first = rig.after(WEEK, Y);
    assert_eq!((first.i, first.d), (whole(0), whole(0)));
    assert_eq!(first.raw, first.u0 + first.p, "P alone");
}

#[test]
fn resume_solves_at_once_and_at_the_next_sample() {
    let mut rig = running(config());
    rig.with(WEEK, |now| Input {
        tripped: true,
        ..fresh(now, Y)
    });
    let before = rig.state;
    rig.state = resume(&rig.config, &rig.state, rig.now);
    assert_ne!(rig.state.integral, before.integral);
    assert_eq!(rig.state.integral, solved(&rig.config, &before));
    primes_at_the_next_sample(&mut rig);
}

#[test]
fn a_change_of_mode_solves_at_once_and_at_the_next_sample() {
    // given, when: to manual
    let mut rig = running(config());
    let before = rig.state;
    rig.set(Change::Mode(Mode::Manual(before.u + 7)));
    // then
    assert_eq!(rig.state.integral, solved(&rig.config, &before));
    assert_eq!(rig.state.prime, Prime::Solve);

    // and back, before a sample came
    rig.blind(WEEK);
    let before = rig.state;
    rig.set(Change::Mode(Mode::Auto));
    assert_eq!(rig.state.integral, solved(&rig.config, &before));
    primes_at_the_next_sample(&mut rig);
}

#[test]
fn another_manual_value_solves_at_once_only() {
    // given: manual, and a bias that has moved since the last step
    let mut rig = running(config());
    rig.set(Change::Mode(Mode::Manual(rig.state.u + 7)));
    rig.after(WEEK, Y);
    rig.set(Change::Bias {
        to: whole(50_000),
        over_seconds: 0,
    });
    let before = rig.state;

    // when
    rig.set(Change::Mode(Mode::Manual(before.u + 9)));

    // then
    assert_ne!(rig.state.integral, before.integral);
    assert_eq!(rig.state.integral, solved(&rig.config, &before));
    assert_eq!(rig.state.prime, Prime::No);

    // and the same mode again changes nothing at all
    let before = rig.state;
    rig.set(Change::Mode(rig.config.mode));
    assert_eq!(rig.state, before);
}

#[test]
fn each_step_in_manual_mode_solves_for_the_u_it_reached() {
    let mut rig = running(config());
    rig.set(Change::Mode(Mode::Manual(120_000)));
    let accepted = rig.after(WEEK, Y);
    let held = rig.blind(WEEK);
    for made in [accepted, held] {
        assert_eq!(made.u, 120_000);
        assert_eq!(
            made.i,
            whole(made.u) - made.u0 - made.f - made.p - made.d,
            "{made:?}"
        );
    }
}

/// Changes of Kp, Kd and the dead-band; the filter is asked apart, since it moves no
/// term of the last sample.
fn gains(over_seconds: u32) -> [Change; 3] {
    [
        Change::Kp {
            to: whole(180_000),
            over_seconds,
        },
        Change::Kd {
            to: whole(20_000),
            over_seconds,
        },
        Change::DeadBand {
            to: ratio(1, 20),
            over_seconds,
        },
    ]
}

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
    let before = changed.state;
    changed.set(Change::Slew {
        up: Some(3),
        down: None,
    });
    let expected = State {
        bucket_up: 3 * WEEK as u64,
        ..before
    };
    assert_eq!(changed.state, expected);
}

#[test]
fn limits_that_exclude_u_clamp_it_and_solve_for_it() {
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

        // then: at once, and paid for
        assert_eq!(rig.state.u, bound);
        assert_eq!(rig.state.integral, solved(&rig.config, &rig.state));
        let paid = full - 1_000 * WEEK as u64;
        let left = if below { (full, paid) } else { (paid, full) };
        assert_eq!((rig.state.bucket_up, rig.state.bucket_down), left);
        assert_eq!(rig.state.prime, Prime::No);
    }
}

#[test]
fn a_cap_only_stops_an_increment_further_into_it() {
    let free = running(config()).after(WEEK, Y);
    for (above, stopped) in [(-5, true), (0, false), (5, false)] {
        let mut rig = running(config());
        let before = rig.state;
        let made = rig.with(WEEK, |now| Input {
            applied: Some(before.u + above),
            ..fresh(now, Y)
        });
        let expected = if stopped {
            mul_half_even(made.lambda, before.integral)
        } else {
            free.i
        };
        assert_eq!(made.i, expected, "{above}");
    }
}

#[test]
fn a_held_step_leaves_the_integral_also_at_the_bias() {
    let mut rig = running(config());
    let before = rig.state;
    for _ in 0..4 {
        let held = rig.blind(WEEK);
        assert_eq!((held.i, held.u), (before.integral, before.u));
    }
    let expired = rig.blind(WEEK);
    assert!(expired.flags.contains(Flags::HOLD_EXPIRED));
    assert_ne!(expired.u, before.u);
    assert_eq!((expired.u, expired.i), (60_000, before.integral));
    assert_eq!(rig.state.prime, Prime::No);
}

#[test]
fn after_a_failed_computation_the_next_sample_solves() {
    let mut rig = running(Config {
        half_life: 0,
        ..config()
    });
    rig.state.integral = Fx::MAX;
    let failed = rig.after(WEEK, Y);
    assert_eq!(failed.held, HoldReason::Computation);
    assert_eq!(rig.state.integral, Fx::MAX);
    primes_at_the_next_sample(&mut rig);
}

#[test]
fn a_gap_goes_on_over_the_longest_time_and_forgets_the_last_sample() {
    for sampling in [Sampling::Mean, Sampling::Point] {
        let config = Config {
            sampling,
            ..config()
        };
        let (mut rig, mut longest) = (running(config), running(config));
        longest.state.e_prev = None; // only a feed looks at it
        let gap = rig.after(9 * WEEK, Y);
        let whole_step = longest.after(4 * WEEK, Y);
        assert!(gap.flags.contains(Flags::GAP));
        assert!(!whole_step.flags.contains(Flags::GAP));
        assert_eq!((gap.tau, gap.lambda), (whole(4), whole_step.lambda));
        assert_eq!((gap.i, gap.d), (whole_step.i, whole(0)));
    }
}

#[test]
fn a_repeated_step_changes_nothing() {
    let mut rig = running(config());
    let before = rig.state;
    let again = rig.after(0, ratio(10, 100));
    assert!(again.flags.contains(Flags::REPEATED));
    assert_eq!(rig.state, before);
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
