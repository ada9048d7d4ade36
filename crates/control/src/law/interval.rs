//! The time since the last step, and what passes in it whatever y is.

use super::{resolve::Gains, slew::Budget, Input};
use crate::{
    config::{Config, Mode},
    decision::Flags,
    math::{mul_half_even, ratio, symmetric},
    state::State,
    Fx,
};

/// The quantities of a step that do not depend on y.
pub(super) struct Interval {
    /// Time of the step (unix seconds).
    pub now: i64,
    /// Seconds since the last step.
    pub elapsed: u64,
    /// The same, at most `max_periods`.
    pub seconds: u64,
    /// `seconds` in periods.
    pub tau: Fx,
    /// More than `max_periods` have elapsed.
    pub gap: bool,
    /// The bias in force (ppm).
    pub u0: Fx,
    /// The feed-forward term (ppm).
    pub f: Fx,
    pub gains: Gains,
    pub budget: Budget,
    pub flags: Flags,
}

impl Interval {
    pub fn new(config: &Config, state: &State, input: &Input) -> Self {
        let now = input.now;
        let period = u64::from(config.period);
        let elapsed = now.abs_diff(state.last_at);
        let longest = u64::from(config.max_periods).saturating_mul(period);
        let gap = elapsed > longest;
        let seconds = Ord::min(elapsed, longest);

        let mut flags = Flags::default();
        if gap {
            flags.insert(Flags::GAP);
        }
        if input.applied.is_some_and(|applied| applied != state.u) {
            flags.insert(Flags::CAPPED);
        }
        if matches!(config.mode, Mode::Manual(_)) {
            flags.insert(Flags::MANUAL);
        }
        Self {
            now,
            elapsed,
            seconds,
            tau: ratio(seconds, period).unwrap_or(Fx::ZERO),
            gap,
            u0: config.bias.at(now),
            f: feed_forward(config, state, input),
            gains: Gains::at(config, now),
            budget: Budget::after(config, state, elapsed),
            flags,
        }
    }
}

/// F = Kf (w - w0), clamped to ±`f_max`; the last F when w is missing.
fn feed_forward(config: &Config, state: &State, input: &Input) -> Fx {
    if config.f_max == Fx::ZERO {
        return Fx::ZERO;
    }
    let f = match input.w {
        Some(w) => mul_half_even(config.kf, w.saturating_sub(config.w_ref)),
        None => state.feed_forward,
    };
    symmetric(f, config.f_max)
}
