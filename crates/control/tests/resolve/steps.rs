//! Steps that leave the integral, and the one sample that solves it after a failed step.

use homeostat_control::{mul_half_even, Config, Flags, Fx, HoldReason, Input, Prime, Sampling};

use crate::common::*;
use crate::{config, primes_at_the_next_sample, running, Y};

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
