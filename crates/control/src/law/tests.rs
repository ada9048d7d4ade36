//! Bumpless changes, holds that heal, and limits that clamp.

use super::*;
use crate::{
    config::{Direction, Sampling},
    math::mul_half_even,
    Ramp,
};

const PERIOD: i64 = 3_600;

/// A proportional and derivative controller in full swing: u = u0 + P + I + D
/// with every term at work, away from the limits.
fn swinging() -> (Config, State) {
    let config = Config {
        kp: Ramp::constant(whole(100_000)),
        kd: Ramp::constant(whole(50_000)),
        ..Config::new(
            Direction::Reverse,
            Sampling::Mean,
            3_600,
            Fx::lit("0.5"),
            60_000,
            0,
            200_000,
        )
    };
    let mut state = create(&config, 0).unwrap();
    for (n, y) in (1..).zip(["0.5", "0.48", "0.45", "0.45"]) {
        let y = y.parse().unwrap();
        state = step(&config, &state, &Input::mean(n * PERIOD, y)).0;
    }
    assert!(state.derivative != Fx::ZERO && state.last.p != Fx::ZERO);
    (config, state)
}

/// The next u with y as it was; d goes on fading, so its part is taken out.
fn next_u(config: &Config, state: &State) -> i64 {
    let mut still = *state;
    still.y_prev = None;
    let (_, decision) = step(config, &still, &Input::mean(5 * PERIOD, Fx::lit("0.45")));
    let kd = config.kd.at(5 * PERIOD);
    let faded = mul_half_even(kd, state.derivative) - decision.d;
    floor((decision.raw + faded).saturating_round_ties_even())
}

#[test]
fn gain_changes_are_bumpless_at_once_and_along_their_ramps() {
    let (config, state) = swinging();
    let before = next_u(&config, &state);
    for over_seconds in [0, 1_800, 7_200] {
        let changes = [
            Change::Kp {
                to: whole(300_000),
                over_seconds,
            },
            Change::Kd {
                to: whole(9_000),
                over_seconds,
            },
            Change::DeadBand {
                to: Fx::lit("0.05"),
                over_seconds,
            },
        ];
        for order in changes {
            let (config, state) = change(&config, &state, &order, 4 * PERIOD + 7).unwrap();
            let after = next_u(&config, &state);
            assert!(after.abs_diff(before) <= 1, "{order:?}: {before} {after}");
        }
    }
}

#[test]
fn ramps_that_ran_during_a_hold_are_resolved_when_samples_return() {
    let (config, state) = swinging();
    let order = Change::Kp {
        to: whole(300_000),
        over_seconds: 900,
    };
    let (config, state) = change(&config, &state, &order, 4 * PERIOD).unwrap();
    let (held, decision) = step(&config, &state, &Input::missing(4 * PERIOD + 1_800));
    assert_eq!((held.integral, held.u), (state.integral, state.u));
    assert_eq!(decision.held, HoldReason::Missing);
    let back = Input::mean(5 * PERIOD, Fx::lit("0.45"));
    let (_, decision) = step(&config, &held, &back);
    let without_d = |d: &Decision| d.raw - d.d;
    let moved = without_d(&decision).abs_diff(without_d(&state.last));
    assert!(moved <= Fx::ONE, "{moved}");
}

#[test]
fn a_limit_that_excludes_u_clamps_it_and_leaves_no_windup() {
    let (config, state) = swinging();
    let order = Change::Limits {
        min: 0,
        max: 60_000,
    };
    let (config, state) = change(&config, &state, &order, 4 * PERIOD).unwrap();
    assert_eq!(state.u, 60_000);
    // The least improvement of y moves u down at once.
    let (_, decision) = step(&config, &state, &Input::mean(5 * PERIOD, Fx::lit("0.46")));
    assert!(decision.u < 60_000);
}

#[test]
fn where_the_bias_came_from_does_not_bar_new_limits() {
    let (config, state) = swinging();
    let order = Change::Bias {
        to: whole(100_000),
        over_seconds: 10,
    };
    let (config, state) = change(&config, &state, &order, 4 * PERIOD).unwrap();
    let order = Change::Limits {
        min: 90_000,
        max: 200_000,
    };
    let refused = change(&config, &state, &order, 4 * PERIOD + 5);
    assert_eq!(refused.unwrap_err().field, crate::Field::Bias);
    assert!(change(&config, &state, &order, 4 * PERIOD + 10).is_ok());
}

#[test]
fn a_failed_computation_holds_and_heals() {
    let (config, mut state) = swinging();
    let u = state.u;
    state.integral = Fx::MAX;
    state.last.u0 = Fx::MIN;
    let sample = |n: i64| Input::mean(n * PERIOD, Fx::lit("0.45"));
    let (state, decision) = step(&config, &state, &sample(5));
    assert_eq!((decision.held, state.u), (HoldReason::Computation, u));
    let (state, decision) = step(&config, &state, &sample(6));
    assert_eq!((decision.held, state.u), (HoldReason::None, u));
    assert!(decision.flags.contains(Flags::PRIMED));
    assert!(state.integral.abs() < whole(200_000));
}

#[test]
fn manual_hands_over_where_it_stands() {
    let (config, state) = swinging();
    let hand = Change::Mode(Mode::Manual(150_000));
    let (config, state) = change(&config, &state, &hand, 4 * PERIOD).unwrap();
    let (state, decision) = step(&config, &state, &Input::mean(5 * PERIOD, Fx::lit("0.4")));
    assert_eq!(
        (state.u, decision.flags.contains(Flags::MANUAL)),
        (150_000, true)
    );
    let auto = Change::Mode(Mode::Auto);
    let (config, state) = change(&config, &state, &auto, 5 * PERIOD).unwrap();
    let (state, _) = step(&config, &state, &Input::mean(6 * PERIOD, Fx::lit("0.3")));
    assert_eq!(state.u, 150_000);
}
