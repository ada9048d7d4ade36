//! What the control law does with a latch, and how it goes on afterwards.

use homeostat_control::{
    held_step, step, Config, Flags, HoldReason, Input, LatchReason, Mode, Sampling, State,
};

use crate::common::*;
use crate::watch::Watch;
use crate::DEFAULT;

#[test]
fn a_latched_step_is_a_hold_like_any_other() {
    // given: a controller in full swing
    let mut watch = Watch::calm(
        Config {
            kd: ppm(50_000),
            ..emission()
        },
        DEFAULT,
        ratio(57, 100),
    );
    let input = fresh(watch.now + WEEK, whole(1));
    // when
    let (held, decision) = held_step(&watch.config, &watch.state, &input, LatchReason::Spike);
    // then: as if there had been no sample, but for the reason
    let (missing, mut other) = step(&watch.config, &watch.state, &Input::missing(input.now));
    other.held = HoldReason::Spike;
    assert_eq!(decision, other);
    assert_eq!(
        held,
        State {
            last: other,
            ..missing
        }
    );
    // and it is what the guard's latch does
    let all = watch.after(WEEK, whole(1));
    assert_eq!((all.state, all.decision), (held, decision));
    // and the same instant again is the last decision again
    let (again, decision) = held_step(&watch.config, &held, &input, LatchReason::Drift);
    assert_eq!((again, decision.held), (held, HoldReason::Spike));
    assert!(decision.flags.contains(Flags::REPEATED));
}

#[test]
fn a_latch_longer_than_max_hold_lets_u_go_to_the_bias_and_resumes_from_there() {
    // given: one-hour periods, so a day is 24 of them; the usual patience of 4
    let config = Config {
        period: 3_600,
        ..emission()
    };
    let mut watch = Watch::calm(config, DEFAULT, ratio(40, 100));
    assert_eq!(watch.state.u, 200_000);
    assert!(watch.period(whole(1)).latched.is_some());

    // when
    let path: Vec<i64> = (0..23)
        .map(|_| watch.after(3_600, ratio(40, 100)).decision.u)
        .collect();

    // then: the hour of the latch counts as the first of four
    assert_eq!(path[..3], [200_000; 3]);
    assert_eq!(path[3..6], [180_000, 160_000, 140_000]);
    assert_eq!(path[10..], [60_000; 13]);
    let back = watch.after(3_600, ratio(40, 100));
    assert_eq!(
        (back.decision.held, back.decision.u),
        (HoldReason::None, 60_000)
    );

    // and with patience for a day u stays
    let mut watch = Watch::calm(
        Config {
            max_hold: 24,
            ..config
        },
        DEFAULT,
        ratio(40, 100),
    );
    watch.period(whole(1));
    for _ in 0..24 {
        assert_eq!(watch.after(3_600, ratio(40, 100)).decision.u, 200_000);
    }
}

#[test]
fn resuming_is_bumpless_whatever_the_world_did_meanwhile() {
    for seed in 1..=300 {
        // given: any gains, any level, a spike, any level after it
        let mut noise = Noise(seed);
        let mut pick = |low, high| ratio(noise.between(low, high).into(), 1_000);
        let (from, to) = (pick(400, 700), pick(0, 1_000));
        let ki = pick(0, 50_000_000);
        let kd = pick(0, 300_000_000);
        let config = Config {
            ki: still(ki),
            kd: still(kd),
            sampling: if seed % 2 == 0 {
                Sampling::Mean
            } else {
                Sampling::Point
            },
            half_life: if seed % 3 == 0 { 0 } else { 26 * WEEK as u64 },
            slew_up: None,
            slew_down: None,
            ..emission()
        };
        let mut watch = Watch::calm(config, DEFAULT, from);
        let u = watch.state.u;
        watch.period(if from > ratio(1, 2) {
            whole(0)
        } else {
            whole(1)
        });
        watch.period(to);
        assert!(watch.guard.latched.is_some(), "seed {seed}");

        // when
        let back = watch.after(WEEK, to);

        // then
        assert_eq!(back.decision.held, HoldReason::None, "seed {seed}");
        assert!(
            back.decision.u.abs_diff(u) <= 1,
            "seed {seed}: {u} {}",
            back.decision.u
        );
        assert_eq!(back.decision.d, whole(0));
    }
}

#[test]
fn a_manual_controller_follows_the_hand_while_its_guard_is_latched() {
    let config = Config {
        mode: Mode::Manual(90_000),
        ..emission()
    };
    let mut watch = Watch::calm(config, DEFAULT, ratio(1, 2));
    watch.config.mode = Mode::Manual(100_000);
    let all = watch.after(WEEK, whole(1));
    assert_eq!(
        (all.decision.held, all.decision.u),
        (HoldReason::Spike, 100_000)
    );
}
