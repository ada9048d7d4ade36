//! A step without an accepted sample.

use super::{interval::Interval, pid::filtered, resolve::sum, slew::move_output};
use crate::{
    config::{Config, Mode},
    decision::{Decision, Flags},
    math::{mul_half_even, whole},
    reason::HoldReason,
    state::{Prime, State},
    Fx,
};

/// A held step: the integral stays and u stays, while the clock, the ramps, the slew
/// budgets and the derivative filter go on. The time of a hold is therefore never
/// integrated afterwards. After `max_hold` periods u moves to the bias: a value that
/// nothing supports any more must not stay in force for ever.
pub(super) fn hold(
    config: &Config,
    state: &State,
    interval: &Interval,
    reason: HoldReason,
) -> (State, Decision) {
    let mut flags = interval.flags;
    flags.insert(Flags::HELD);

    let held_for = state.held_for.saturating_add(interval.elapsed);
    let longest = u64::from(config.max_hold).saturating_mul(u64::from(config.period));
    let expired = held_for > longest;
    if expired {
        flags.insert(Flags::HOLD_EXPIRED);
    }
    let raw = match config.mode {
        Mode::Manual(u) => whole(u),
        Mode::Auto if expired => interval.u0,
        Mode::Auto => whole(state.u),
    };
    let moved = move_output(config, state.u, interval, raw);
    flags.insert(moved.flags);

    let derivative = filtered(interval, state.derivative, Fx::ZERO).unwrap_or(Fx::ZERO);
    let d = mul_half_even(interval.gains.kd, derivative);
    let terms = sum(&[interval.u0, interval.f, state.last.p, d]);
    let integral = match (config.mode, terms) {
        (Mode::Manual(_), Some(terms)) => whole(moved.u).saturating_sub(terms),
        _ => state.integral,
    };
    // In automatic mode the integral stays, also when u has moved to the bias. Only
    // after a failed computation does it no longer belong to u: then the next accepted
    // sample solves it.
    let prime = match reason {
        HoldReason::Computation => Prime::Solve,
        _ => state.prime,
    };
    let decision = Decision {
        from: state.last_at,
        to: interval.now,
        tau: interval.tau,
        lambda: Fx::ONE,
        i: integral,
        d,
        f: interval.f,
        u0: interval.u0,
        raw,
        slewed: moved.slewed,
        limited: moved.limited,
        u_prev: state.u,
        u: moved.u,
        flags,
        held: reason,
        // y, r, z, e and P stay those of the last accepted sample.
        ..state.last
    };
    let state = State {
        last_at: interval.now,
        u: moved.u,
        integral,
        derivative,
        y_prev: None,
        average: state.average,
        e_prev: None,
        feed_forward: interval.f,
        bucket_up: moved.budget.up,
        bucket_down: moved.budget.down,
        widened_up: false,
        widened_down: false,
        held_for,
        prime,
        last: decision,
    };
    (state, decision)
}
