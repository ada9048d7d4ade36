//! Encoding a value for an account or an argument and decoding it loses nothing.

use homeostat_control::{
    create, guarded_step, Config, Fx, GuardConfig, GuardState, Input, LatchReason, Mode, Prime,
    Ramp, Sampling, State,
};

use super::*;
use crate::state::defaults;

const WEEK: u32 = 604_800;

#[test]
fn a_configuration_comes_back_from_its_account() {
    // Given the starting configurations, and one with everything else in it,
    let moving = Ramp {
        from: Fx::lit("-0.5"),
        to: Fx::lit("0.25"),
        start: 5,
        end: 99,
    };
    let start = Parameter::ALL.map(|parameter| defaults::config(parameter, WEEK));
    let other = Config {
        sampling: Sampling::Point,
        mode: Mode::Manual(12_345),
        setpoint: moving,
        slew_up: None,
        slew_down: Some(0),
        ..start[0]
    };
    for config in start.into_iter().chain([other]) {
        // when they are stored, then nothing is lost.
        assert_eq!(StoredConfig::from(&config).law(), config);
    }
}

#[test]
fn what_a_step_made_comes_back_from_its_account() {
    // Given a controller and its guard,
    let config = defaults::config(Parameter::Emission, WEEK);
    let guard_config = defaults::guard(Parameter::Emission, WEEK);
    assert_eq!(StoredGuardConfig::from(&guard_config).law(), guard_config);
    let mut state = create(&config, 0).unwrap();
    let mut guard = GuardState::new(0);
    for n in 1..6 {
        // when it steps with and without a sample, latched or not,
        let mut input = Input::mean(n * i64::from(WEEK), Fx::lit("0.5"));
        if n % 3 == 0 {
            input.y = None;
        }
        if n == 4 {
            guard = guard.latch(LatchReason::Drift, n);
        }
        let made = guarded_step(&config, &guard_config, &state, &guard, &input);
        (state, guard) = (made.state, made.guard);

        // then the stored states of law and guard decode to the same.
        let last = StoredDecision::from(&state.last).law();
        assert_eq!(StoredState::from(&state).with_last(last), state);
        assert_eq!(StoredGuardState::from(&guard).law(), guard);
    }
    for prime in [Prime::No, Prime::Zero, Prime::Solve] {
        let state = State { prime, ..state };
        assert_eq!(StoredState::from(&state).with_last(state.last), state);
    }
}

#[test]
fn settings_made_from_a_configuration_set_it_again() {
    for parameter in Parameter::ALL {
        // Given what a controller starts with,
        let config = defaults::config(parameter, WEEK);
        let guard = defaults::guard(parameter, WEEK);
        // when it is encoded as arguments and decoded, then it is the same.
        let settings = ControllerSettings::new(defaults::wiring(parameter), &config);
        assert_eq!(settings.config(WEEK), config, "{parameter:?}");
        assert_eq!(GuardConfig::from(&GuardSettings::new(&guard)), guard);
    }
}

#[test]
fn the_gate_for_feeds_is_not_set_for_the_programs_own_measurements() {
    let config = defaults::config(Parameter::Emission, WEEK);
    for (metric, max_age, min_samples) in [
        (Metric::StakedShare, config.max_age, config.min_samples),
        (Metric::Feed0, 7, 3),
    ] {
        let settings = ControllerSettings {
            max_age: 7,
            min_samples: 3,
            ..ControllerSettings::new(Wiring::of(metric), &config)
        };
        let set = settings.config(WEEK);
        assert_eq!((set.max_age, set.min_samples), (max_age, min_samples));
    }
}
