//! Steps that leave the integral, and the one sample that solves it after a failed step.

use homeostat_control::{Config, Flags, Fx, HoldReason, Input, Prime, Sampling};

use crate::common::*;
use crate::{config, primes_at_the_next_sample, running, Y};

#[test]
fn a_cap_draws_the_integral_in_proportion_to_difference_and_time() {
    // Kp / Ki = 5 periods, and no integral time is shorter than one.
    for (kp, per_period) in [(100_000, ratio(1, 5)), (10_000, whole(1)), (0, whole(1))] {
        let config = Config {
            kp: ppm(kp),
            ..config()
        };
        let begun = running(Config {
            kp: ppm(100_000),
            ..config
        });
        for (periods, above) in [(1, -5_000), (1, 0), (1, 7), (3, -100), (4, 8)] {
            let mut rig = begun.clone();
            rig.config = config;
            let free = rig.clone().after(periods * WEEK, Y);
            let applied = rig.state.u + above;
            let made = rig.with(periods * WEEK, |now| Input {
                applied: Some(applied),
                ..fresh(now, Y)
            });
            let share = (per_period * whole(periods)).min(whole(1));
            let apart = made.i - free.i - share * whole(above);
            assert!(
                apart.abs() < ratio(1, 1_000),
                "{kp} {periods} {above}: {apart}"
            );
        }
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
