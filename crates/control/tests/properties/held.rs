//! Properties 7 and 8: a held step keeps u, and an instant that was stepped already changes
//! nothing.

use homeostat_control::{step, Config, Decision, Flags, Fx, HoldReason, Input, Mode, State};
use proptest::prelude::*;

use crate::common::{
    random::{cases, garbage, situations},
    *,
};
use crate::REGRESSIONS;

#[test]
fn p07_a_failed_computation_holds_the_value() {
    // given: states no step makes, whose sum leaves what the numbers can hold
    type Case = (fn(&mut State), Fx);
    let table: [Case; 6] = [
        (|state| state.integral = Fx::MAX, ratio(10, 100)),
        (|state| state.integral = Fx::MIN, ratio(99, 100)),
        (|state| state.derivative = Fx::MAX, ratio(10, 100)),
        (|state| state.derivative = Fx::MAX, ratio(60, 100)),
        (|state| state.derivative = Fx::MIN, ratio(60, 100)),
        (|state| state.derivative = Fx::MIN, ratio(99, 100)),
    ];
    for slew in [None, Some(20_000)] {
        for (n, (spoil, y)) in table.iter().enumerate() {
            let config = Config {
                kd: ppm(400_000),
                slew_up: slew,
                slew_down: slew,
                ..emission()
            };
            let mut rig = Rig::primed(config, ratio(50, 100));
            rig.after(WEEK, ratio(50, 100));
            let u = rig.state.u;
            assert!(u > 60_000 && u < 200_000, "neither bias nor limit: {u}");
            spoil(&mut rig.state);

            // when
            let got = rig.after(WEEK, *y);

            // then: u stays where it was, and the clock goes on
            assert_eq!(got.held, HoldReason::Computation, "case {n}");
            assert!(got.flags.contains(Flags::HELD));
            assert_eq!((got.u, rig.state.u), (u, u), "case {n}");
            assert_eq!(rig.state.last_at, rig.now);
            // and the next sample continues from there
            let next = rig.after(60, *y);
            assert_eq!((next.held, next.u), (HoldReason::None, u), "case {n}");
        }
    }
}

proptest! {
    #![proptest_config(cases(REGRESSIONS, 2_000))]

    /// Whatever the state and the input, a step that held for a computation, or
    /// for any reason before its patience ends, keeps u, cuts it to the maximum or
    /// lifts it towards the minimum.
    #[test]
    fn p07_a_held_step_never_goes_anywhere(situation in garbage()) {
        let (config, mut state, inputs, _) = situation;
        prop_assume!(config.validate().is_ok());
        let mut input = inputs[0];
        if input.now < state.last_at {
            (input.now, state.last_at) = (state.last_at, input.now);
        }
        let input = &input;
        let (_, decision) = step(&config, &state, input);
        if input.now > state.last_at
            && decision.held != HoldReason::None
            && !decision.flags.contains(Flags::HOLD_EXPIRED)
            && config.mode == Mode::Auto
        {
            let kept = state.u.min(config.max);
            prop_assert!((kept..=kept.max(config.min)).contains(&decision.u));
        }
    }
}

proptest! {
    #![proptest_config(cases(REGRESSIONS, 4_000))]

    #[test]
    fn p08_the_same_or_an_earlier_instant_changes_nothing(
        (config, state, input) in situations(), back in prop_oneof![Just(0), 0i64..=1_000, 0i64..=i64::MAX], blind in any::<bool>(),
    ) {
        let (state, decision) = step(&config, &state, &input);
        let mut again = Input { now: input.now.saturating_sub(back), ..input };
        if blind {
            again.y = None;
        }
        let (unchanged, repeated) = step(&config, &state, &again);
        prop_assert_eq!(unchanged, state);
        prop_assert!(repeated.flags.contains(Flags::REPEATED));
        let flags = Flags(decision.flags.0 | Flags::REPEATED.0);
        prop_assert_eq!(repeated, Decision { flags, ..decision });
    }
}

#[test]
fn p08_a_repeated_instant_right_after_creation_returns_the_bias() {
    let rig = Rig::new(emission());
    let (state, decision) = step(&rig.config, &rig.state, &fresh(START, ratio(1, 10)));
    assert_eq!(state, rig.state);
    assert!(decision.flags.contains(Flags::REPEATED));
    assert_eq!((decision.u, decision.u_prev), (60_000, 60_000));
}

#[test]
fn p08_the_clock_of_the_state_never_goes_back() {
    let mut rig = Rig::primed(emission(), ratio(1, 2));
    let mut latest = rig.now;
    let mut noise = Noise(3);
    for _ in 0..1_000 {
        let now = latest + noise.between(-WEEK, WEEK);
        let (state, _) = step(&rig.config, &rig.state, &fresh(now, ratio(1, 2)));
        latest = latest.max(now);
        assert_eq!(state.last_at, latest);
        rig.state = state;
    }
}
