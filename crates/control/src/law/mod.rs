//! The law: creation, one step, resume, and changes of the configuration.
//!
//! # Rounding
//!
//! `tau`, `z`, products with a gain or a reference, `d`, `lambda` and the mean of y are
//! rounded half to even at 2^-48; sums are exact; slew budgets are rounded down to whole ppm; `u` is rounded
//! to whole ppm towards the previous `u`. A configuration that passes
//! [`Config::validate`] and a state that [`step`] made leave every operation far
//! inside its range. A state from elsewhere may not, and then the step holds
//! ([`HoldReason::Computation`]).
//!
//! # Noise
//!
//! Slew limits that differ both ways cut noise on one side more than on the other. The
//! integral makes up for it, since its increment is clamped alike both ways. With the
//! emission's starting gains and limits and no dead-band, 40 years of uniform noise on
//! a weekly y move the mean of y off its target 0.6 by less than 0.005, for slew limits
//! up to 20 times apart and noise up to ±0.08. Beyond that the trimming at the nearer
//! limit acts on one side: with a fall 20 times slower than the rise the mean lies 0.01
//! too high under noise of ±0.12 and 0.05 under ±0.2; 200 times apart 0.008 under
//! ±0.08. The price of one clamp for both ways is that the integral may run ahead of a u
//! that rises, or falls, by the slower limit, until `raw` reaches a limit of u. A limit of 0 one way would be a ratchet, and [`Config::validate`] refuses it in
//! automatic mode.
//!
//! # The target
//!
//! r is the setpoint, or the setpoint times a reference. A given reference comes with the
//! input ([`Input::reference`]). The other one is the controller's own exponential mean of
//! y, with a half-life of [`Config::average_half_life`]: the first accepted sample starts
//! it and is its own target, since there is nothing yet to compare it with; each further
//! accepted sample is compared with the mean from before it, and then moves it by
//! (1 - 2^(-tau period / half-life)) of its distance. So a sample never moves its own
//! target, and a larger error through y never gives a smaller u. Held steps leave the mean
//! alone, and so do resume and changes of mode; only another configuration ([`replace`])
//! begins a new one. `scale` stays absolute: the loop gain does not move with the target.
//!
//! Against its own mean a controller without an integral returns to its bias. An integral
//! without leak does not: the sum of the distances from an exponential mean is the movement
//! of that mean, so I comes to rest at Ki T / scale times what the mean has moved, T being the
//! half-life over ln 2 in periods.
//!
//! # What re-solves the integral
//!
//! To re-solve the integral is to choose I so that an event does not move u by
//! itself. The terms of the last accepted sample are P, D and `raw`; u0 is the bias, F
//! the feed-forward term. Where I is solved for a u below a raised minimum, the minimum
//! stands for u.
//!
//! | event | the integral |
//! |---|---|
//! | creation | 0, and 0 again at the first accepted sample: P alone moves u away from the bias |
//! | [`resume`] | I = u - u0 - F - P - D at once, and I = u - u0 - F - P with D = 0 at the next accepted sample |
//! | mode: automatic to manual, or back | as for [`resume`] |
//! | mode: another manual value | I = u - u0 - F - P - D at once |
//! | a step in manual mode, held or not | I = u - u0 - F - P - D with the u that the step reached |
//! | Kp, Kd, Tf, dead-band: a jump | I = clamp(`raw`, min, max) - u0 - F - P - D at once, `raw` under the old values, P and D under the new ones; not while a priming sample is awaited |
//! | Kp, Kd, Tf, dead-band: each step of a ramp | the same at each accepted sample, from the values at the previous accepted sample to those at this one; ramps that ran while held are included |
//! | Ki, half-life | stays: only its future rate changes |
//! | setpoint, bias | stays: they act through their ramps and the slew limits |
//! | reference, mean of y | stays: they move the target, which acts through the slew limits |
//! | feed-forward | stays: F acts through the slew limits |
//! | limits that contain u | stays |
//! | a maximum below u | u is clamped at once and paid for from the slew budget, then I = max - u0 - F - P - D |
//! | a minimum above u | I = min - u0 - F - P - D; u stays and rises to the minimum by its slew limit |
//! | slew limits | stays; a fuller budget shrinks to the new capacity, and a wider limit fills none before the next step |
//! | another configuration ([`replace`]) | as for [`resume`] with F = 0, after its limits and slew limits have acted as above |
//! | a cap that changed u ([`Input::applied`]) | not re-solved: the increment gets min(1, tau min(1, Ki / Kp)) (applied - u), the mean value really in force less u |
//! | a held step in automatic mode | stays, without leak, also once u has moved to the bias |
//! | a held step after a failed computation | stays, and I = u - u0 - F - P with D = 0 at the next accepted sample |
//! | a gap, more than `max_periods` | not re-solved: leak and increment go on over `max_periods`; D = 0 and the previous sample is forgotten |
//! | a repeated step | stays |
//!
//! Where a solution at once leaves the range of numbers, I stays and the next accepted
//! sample solves it instead; for another manual value the next step does.
//! `tests/resolve/` has a test a row.

mod change;
mod gate;
mod hold;
mod input;
mod interval;
mod pid;
mod resolve;
mod slew;
#[cfg(test)]
mod tests;

pub use change::{change, replace, Change};
pub(crate) use gate::gate;
pub use input::{Input, Sample};

use crate::{
    config::{Config, ConfigError, Mode},
    decision::{Decision, Flags},
    math::{clamp, floor, whole},
    reason::{HoldReason, LatchReason},
    state::{Prime, State},
    Fx,
};
use hold::hold;
use interval::Interval;
use pid::regulate;
use resolve::solve_for_output;
use slew::capacity;

/// A new controller: u is the bias (rounded half to even, clamped to the limits)
/// or the manual value, the slew budgets are full, the integral is empty.
///
/// # Errors
///
/// The first field that [`Config::validate`] refuses.
pub fn create(config: &Config, now: i64) -> Result<State, ConfigError> {
    config.validate()?;
    let u0 = config.bias.at(now);
    let u = match config.mode {
        Mode::Auto => clamp(
            floor(u0.saturating_round_ties_even()),
            config.min,
            config.max,
        ),
        Mode::Manual(u) => u,
    };
    Ok(State {
        last_at: now,
        u,
        integral: Fx::ZERO,
        derivative: Fx::ZERO,
        y_prev: None,
        average: None,
        e_prev: None,
        feed_forward: Fx::ZERO,
        bucket_up: capacity(config.slew_up, config.period),
        bucket_down: capacity(config.slew_down, config.period),
        widened_up: false,
        widened_down: false,
        held_for: 0,
        prime: Prime::Zero,
        last: Decision {
            from: now,
            to: now,
            r: config.setpoint.at(now),
            lambda: Fx::ONE,
            u0,
            raw: whole(u),
            slewed: whole(u),
            limited: whole(u),
            u_prev: u,
            u,
            ..Decision::default()
        },
    })
}

/// One step of the law. Preview and apply are this same pure function: the
/// first drops the state, the second stores it.
///
/// Total: for a configuration that validates there is no state and no input
/// that panics, wraps or overflows. At or before the time of the last step
/// nothing changes, and the last decision comes back flagged
/// [`Flags::REPEATED`].
pub fn step(config: &Config, state: &State, input: &Input) -> (State, Decision) {
    if input.now <= state.last_at {
        return repeat(state);
    }
    let interval = Interval::new(config, state, input);
    match gate(config, input) {
        Ok(y) => regulate(config, state, input, &interval, y)
            .unwrap_or_else(|| hold(config, state, &interval, HoldReason::Computation)),
        Err(reason) => hold(config, state, &interval, reason),
    }
}

/// A step that holds because a guard is latched, whatever the sample. A tripped
/// breaker ([`Input::tripped`]) comes first as the reason.
///
/// [`crate::guarded_step`] calls it; a replay that has the reason from a record
/// instead of a guard may too.
// A stack frame on chain has 4,096 bytes: inlined, this would share its caller's.
#[inline(never)]
pub fn held_step(
    config: &Config,
    state: &State,
    input: &Input,
    reason: LatchReason,
) -> (State, Decision) {
    if input.now <= state.last_at {
        return repeat(state);
    }
    let interval = Interval::new(config, state, input);
    let reason = if input.tripped {
        HoldReason::Tripped
    } else {
        reason.into()
    };
    hold(config, state, &interval, reason)
}

/// The last decision again.
fn repeat(state: &State) -> (State, Decision) {
    let mut decision = state.last;
    decision.flags.insert(Flags::REPEATED);
    (*state, decision)
}

/// Releases a controller that a guard or a breaker held: the integral is solved for
/// the present u, and the next accepted sample primes the law. Without it u would
/// answer at once to the whole error that built up meanwhile.
pub fn resume(config: &Config, state: &State, now: i64) -> State {
    State {
        integral: solve_for_output(config, state, now).unwrap_or(state.integral),
        y_prev: None,
        e_prev: None,
        held_for: 0,
        prime: Prime::Solve,
        ..*state
    }
}
