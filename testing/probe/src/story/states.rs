//! States: none yet, one where something acts, and one that no step makes.

use homeostat_control::{Config, Decision, Flags, Fx, HoldReason, Prime, State};

use super::{whole, START};
use crate::random::Random;

/// A state without history.
pub(super) fn empty(config: &Config) -> State {
    State {
        last_at: START,
        u: config.min,
        integral: Fx::ZERO,
        derivative: Fx::ZERO,
        y_prev: None,
        average: None,
        e_prev: None,
        feed_forward: Fx::ZERO,
        bucket_up: 0,
        bucket_down: 0,
        widened_up: false,
        widened_down: false,
        held_for: 0,
        prime: Prime::Zero,
        last: Decision::default(),
    }
}

/// Puts the state where something acts.
#[inline(never)]
pub(super) fn corner(random: &mut Random, config: &Config, state: &mut State) {
    let span = whole(config.max - config.min);
    match random.below(8) {
        0 => state.u = config.min,
        1 => state.u = config.max,
        2 => state.u = random.whole(config.min - 1_000, config.max + 1_000),
        3 => state.integral = random.signed(span),
        4 => state.integral = random.signed(span) * 16,
        5 => state.derivative = random.signed(whole(4)),
        6 => {
            (state.bucket_up, state.bucket_down) = (0, 0);
            (state.widened_up, state.widened_down) = (random.once_in(2), random.once_in(2));
        }
        _ => state.prime = Prime::Solve,
    }
}

/// A state that no step makes.
#[inline(never)]
pub(super) fn corrupt(random: &mut Random, state: &mut State) {
    state.last_at = random.any_time(START);
    state.u = match random.below(4) {
        0 => random.bits() as i64,
        1 => i64::MIN,
        2 => i64::MAX,
        _ => random.whole(-1_000_000, 1_000_000),
    };
    state.integral = random.any_number();
    state.derivative = random.any_number();
    state.feed_forward = random.any_number();
    state.y_prev = random.perhaps(Random::any_number);
    state.e_prev = random.perhaps(Random::any_number);
    state.average = random.perhaps(Random::any_number);
    state.bucket_up = random.bits();
    state.bucket_down = if random.once_in(2) { 0 } else { u64::MAX };
    (state.widened_up, state.widened_down) = (random.once_in(2), random.once_in(2));
    state.held_for = match random.below(4) {
        0 => u64::MAX,
        1 => random.bits(),
        _ => 0,
    };
    state.prime = match random.below(4) {
        0 => Prime::Zero,
        1 => Prime::Solve,
        _ => Prime::No,
    };
    state.last = Decision {
        from: random.any_time(START),
        to: random.any_time(START),
        y: random.any_number(),
        r: random.any_number(),
        z: random.any_number(),
        e: random.any_number(),
        p: random.any_number(),
        u0: random.any_number(),
        raw: random.any_number(),
        u: random.bits() as i64,
        flags: Flags(random.bits() as u32),
        held: HoldReason::None,
        ..state.last
    };
}
