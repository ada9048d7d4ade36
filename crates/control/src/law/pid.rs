//! A step with an accepted sample: P, I, D and their sum.

use super::{
    interval::Interval,
    resolve::{integral_under_present_gains, sum, Gains},
    slew::{move_output, rate_ppm},
    Input,
};
use crate::{
    config::{Config, Direction, Mode, Reference, Sampling},
    decision::{Decision, Flags},
    math::{
        checked_div, checked_mul, checked_mul_halved, clamp, div_half_even, exp2_neg, symmetric,
        whole,
    },
    reason::HoldReason,
    state::{Prime, State},
    Fx,
};

/// The movement of y between two samples is clamped to ± this: twice
/// [`Config::MAX_ERROR`], since the clamped error cannot move further.
const MAX_MOVEMENT: Fx = whole(16);

/// A step with an accepted sample; `None` when a term leaves its range.
pub(super) fn regulate(
    config: &Config,
    state: &State,
    input: &Input,
    interval: &Interval,
    (y, y_clamped): (Fx, bool),
) -> Option<(State, Decision)> {
    let now = interval.now;
    let gains = &interval.gains;
    let mut flags = interval.flags;
    if y_clamped {
        flags.insert(Flags::CLAMPED_Y);
    }
    let primed = state.prime != Prime::No;
    if primed {
        flags.insert(Flags::PRIMED);
    }

    let r = target(config, state, input, y)?;
    let z = normalised(config, r, y, Config::MAX_ERROR)?;
    let e = excess(z, gains.dead_band);
    if e == Fx::ZERO && gains.dead_band != Fx::ZERO {
        flags.insert(Flags::DEAD_BAND);
    }
    let p = checked_mul(gains.kp, e)?;

    let derivative = if primed || interval.gap {
        Fx::ZERO
    } else {
        // On the measurement, not on the error: a new setpoint is no movement of y.
        let movement = match state.y_prev {
            Some(y_prev) => normalised(config, y_prev, y, MAX_MOVEMENT)?,
            None => Fx::ZERO,
        };
        filtered(interval, state.derivative, movement)?
    };
    let d = checked_mul(gains.kd, derivative)?;
    let terms = sum(&[interval.u0, interval.f, p, d])?;
    let lambda = exp2_neg(interval.seconds, config.half_life);

    let (raw, regulated) = match config.mode {
        Mode::Manual(u) => (whole(u), None),
        Mode::Auto => {
            let (retained, wanted) = match state.prime {
                Prime::Zero => (Fx::ZERO, Fx::ZERO),
                Prime::Solve => {
                    // As in `solve_for_output`: a raised minimum stands for a u below it.
                    let target = clamp(state.u, config.min, config.max);
                    (whole(target).checked_sub(terms)?, Fx::ZERO)
                }
                Prime::No => (
                    scaled(
                        lambda,
                        integral_under_present_gains(config, state, interval)?,
                    )?,
                    increment(config, state, input, interval, e, lambda)?,
                ),
            };
            let base = terms.checked_add(retained)?;
            let delta = trimmed(config, base.checked_add(wanted)?, wanted)?;
            if delta != wanted {
                flags.insert(Flags::TRIMMED);
            }
            let integral = bounded(config, gains, retained.checked_add(delta)?)?;
            (base.checked_add(delta)?, Some(integral))
        }
    };
    let moved = move_output(config, state.u, interval, raw);
    flags.insert(moved.flags);
    let integral = match regulated {
        Some(integral) => integral,
        // In manual mode the integral follows u, so that the law can take over
        // without a jump.
        None => whole(moved.u).checked_sub(terms)?,
    };

    let decision = Decision {
        from: state.last_at,
        to: now,
        y,
        r,
        z,
        e,
        tau: interval.tau,
        lambda,
        p,
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
        held: HoldReason::None,
    };
    let state = State {
        last_at: now,
        u: moved.u,
        integral,
        derivative,
        y_prev: Some(y),
        average: averaged(config, state, interval.seconds, y)?,
        e_prev: Some(e),
        feed_forward: interval.f,
        bucket_up: moved.budget.up,
        bucket_down: moved.budget.down,
        widened_up: false,
        widened_down: false,
        held_for: 0,
        prime: Prime::No,
        last: decision,
    };
    Some((state, decision))
}

/// r: the setpoint, or the setpoint times its reference. The reference is clamped to
/// ±[`Config::MAX_SIGNAL`], so that r stays inside the range of numbers whatever a caller or
/// an account holds.
fn target(config: &Config, state: &State, input: &Input, y: Fx) -> Option<Fx> {
    let setpoint = config.setpoint.at(input.now);
    let reference = match config.reference {
        Reference::Absolute => return Some(setpoint),
        // The gate has refused a step without one.
        Reference::Given => input.reference?,
        Reference::Average => match state.average {
            Some(average) => average,
            // The sample that starts the mean is its own target. Setpoint x y would turn the
            // error round for setpoints above one: more demand, less fee.
            None => return Some(y),
        },
    };
    checked_mul(setpoint, symmetric(reference, Config::MAX_SIGNAL))
}

/// The mean of y after this sample. The mean before it is clamped like any reference, and
/// the distance shrinks by a factor of at most one, so that the mean stays between itself
/// and the sample.
fn averaged(config: &Config, state: &State, seconds: u64, y: Fx) -> Option<Option<Fx>> {
    if config.reference != Reference::Average {
        return Some(state.average);
    }
    let Some(before) = state.average else {
        return Some(Some(y));
    };
    let distance = symmetric(before, Config::MAX_SIGNAL).checked_sub(y)?;
    let kept = checked_mul(exp2_neg(seconds, config.average_half_life), distance)?;
    Some(Some(y.checked_add(kept)?))
}

/// clamp(s (from - y) / scale, ±bound).
fn normalised(config: &Config, from: Fx, y: Fx, bound: Fx) -> Option<Fx> {
    let distance = match config.direction {
        Direction::Reverse => from.checked_sub(y)?,
        Direction::Direct => y.checked_sub(from)?,
    };
    Some(symmetric(div_half_even(distance, config.scale)?, bound))
}

/// The part of z outside the dead-band: continuous, zero inside.
pub(super) fn excess(z: Fx, dead_band: Fx) -> Fx {
    z.saturating_sub(symmetric(z, dead_band))
}

/// The derivative filter: (Tf d + movement) / (Tf + tau).
pub(super) fn filtered(interval: &Interval, d: Fx, movement: Fx) -> Option<Fx> {
    let filter = interval.gains.filter;
    let remembered = checked_mul(filter, d)?.checked_add(movement)?;
    if remembered == Fx::ZERO {
        return Some(Fx::ZERO);
    }
    checked_div(remembered, filter.checked_add(interval.tau)?)
}

/// The increment of the integral: Ki e* tau (1 + lambda) / 2, clamped to what the faster
/// slew limit allows u to do in the same time, and what a cap takes back of it.
///
/// The clamp is the same both ways: one for each direction would cut noise on one side
/// only, and drag the mean of y off the setpoint.
fn increment(
    config: &Config,
    state: &State,
    input: &Input,
    interval: &Interval,
    e: Fx,
    lambda: Fx,
) -> Option<Fx> {
    let ki = config.ki.at(interval.now);
    // The gain first: a rounding after it is one in ppm, not one that Ki multiplies.
    let rate = match (config.sampling, state.e_prev) {
        (Sampling::Point, Some(e_prev)) if !interval.gap => {
            checked_mul_halved(ki, e.checked_add(e_prev)?)?
        }
        _ => checked_mul(ki, e)?,
    };
    let mut delta = scaled(interval.tau, rate)?;
    if lambda != Fx::ONE {
        delta = checked_mul_halved(delta, lambda.checked_add(Fx::ONE)?)?;
    }
    if let (Some(up), Some(down)) = (config.slew_up, config.slew_down) {
        let most = scaled(interval.tau, rate_ppm(Ord::max(up, down)))?;
        delta = symmetric(delta, most);
    }
    match input.applied {
        Some(applied) if applied != state.u => delta.checked_add(tracked(
            whole(applied).checked_sub(whole(state.u))?,
            ki,
            interval,
        )?),
        _ => Some(delta),
    }
}

/// Back-calculation: how far the integral follows the mean value that was really in force,
/// `away` (ppm) from u, in the time of this step.
///
/// It does so with the time constant Tt = Kp / Ki, the integral time of the law, but not
/// under one period: I comes to rest where u0 + F + I is the value in force, so that
/// nothing is wound up when the error that pushed against the cap is gone. Being in
/// proportion to the difference, a pause of one second costs a second's worth; a freeze
/// on any difference would let whoever pauses a second a period stop the integral for ever.
fn tracked(away: Fx, ki: Fx, interval: &Interval) -> Option<Fx> {
    let kp = interval.gains.kp;
    let per_period = if ki == Fx::ZERO {
        Fx::ZERO
    } else if ki >= kp {
        Fx::ONE
    } else {
        div_half_even(ki, kp)?
    };
    let share = Ord::min(scaled(interval.tau, per_period)?, Fx::ONE);
    scaled(share, away)
}

/// Anti-windup: of an increment that pushes `raw` further over a limit only
/// what reaches the limit remains; one that leads back is never touched. One
/// pass, and by the limits alone: freezing the integral of a slewing output
/// deadlocks and rectifies noise.
fn trimmed(config: &Config, raw: Fx, delta: Fx) -> Option<Fx> {
    let over = raw.checked_sub(whole(config.max))?;
    let under = whole(config.min).checked_sub(raw)?;
    if over > Fx::ZERO && delta > Fx::ZERO {
        Some(Ord::max(delta.checked_sub(over)?, Fx::ZERO))
    } else if under > Fx::ZERO && delta < Fx::ZERO {
        Some(Ord::min(delta.checked_add(under)?, Fx::ZERO))
    } else {
        Some(delta)
    }
}

/// `factor x value`, without a multiplication for the common factor 1.
fn scaled(factor: Fx, value: Fx) -> Option<Fx> {
    if factor == Fx::ONE {
        return Some(value);
    }
    checked_mul(factor, value)
}

/// The integral, clamped to ±(max - min + 8 Kp + 16 Kd / Tf + Fmax).
///
/// No integral beyond that can be of use. It keeps the integral inside the range of
/// numbers and is never the anti-windup. Fmax belongs to it: an F at its limit may
/// have to be undone.
fn bounded(config: &Config, gains: &Gains, integral: Fx) -> Option<Fx> {
    let span = whole(config.max.saturating_sub(config.min));
    if symmetric(integral, span) == integral {
        return Some(integral); // almost always, and without a division
    }
    let bound = sum(&[
        span,
        checked_mul(Config::MAX_ERROR, gains.kp)?,
        checked_div(checked_mul(MAX_MOVEMENT, gains.kd)?, gains.filter)?,
        config.f_max,
    ])?;
    Some(symmetric(integral, bound))
}
