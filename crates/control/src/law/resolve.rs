//! Solving the integral so that an event does not move u by itself. The table in
//! [`super`] says which event does.

use super::{interval::Interval, pid::excess};
use crate::{
    config::Config,
    math::{checked_mul, clamp, whole},
    state::State,
    Fx,
};

/// The configured quantities whose change re-solves the integral.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Gains {
    pub kp: Fx,
    pub kd: Fx,
    pub filter: Fx,
    pub dead_band: Fx,
}

impl Gains {
    pub fn at(config: &Config, time: i64) -> Self {
        Self {
            kp: config.kp.at(time),
            kd: config.kd.at(time),
            filter: config.filter.at(time),
            dead_band: config.dead_band.at(time),
        }
    }

    /// P + D of the last accepted sample under these gains (ppm).
    fn last_terms(&self, state: &State) -> Option<Fx> {
        let p = checked_mul(self.kp, excess(state.last.z, self.dead_band))?;
        p.checked_add(checked_mul(self.kd, state.derivative)?)
    }
}

/// When the last sample was accepted (unix seconds). The integral fits the gains of
/// that moment: what ramps did during a hold is still to be re-solved.
pub(super) fn last_sample_at(state: &State) -> i64 {
    state.last_at.saturating_sub_unsigned(state.held_for)
}

/// The integral as this step finds it: re-solved if a ramp has moved since the
/// last accepted sample.
pub(super) fn integral_under_present_gains(
    config: &Config,
    state: &State,
    interval: &Interval,
) -> Option<Fx> {
    let then = last_sample_at(state);
    let ramps = [&config.kp, &config.kd, &config.filter, &config.dead_band];
    if !ramps.iter().any(|ramp| ramp.is_moving(then)) {
        return Some(state.integral);
    }
    let old = Gains::at(config, then);
    if old == interval.gains {
        return Some(state.integral);
    }
    resolve(config, state, &old, &interval.gains)
}

/// I = clamp(raw, min, max) - u0 - F - P - D: `raw` of the last accepted sample under
/// the old gains, P and D of the same sample under the new ones.
pub(super) fn resolve(config: &Config, state: &State, old: &Gains, new: &Gains) -> Option<Fx> {
    let others = state.last.u0.checked_add(state.feed_forward)?;
    let raw = sum(&[others, old.last_terms(state)?, state.integral])?;
    let target = clamp(raw, whole(config.min), whole(config.max));
    target
        .checked_sub(others)?
        .checked_sub(new.last_terms(state)?)
}

/// I = clamp(u, min, max) - u0 - F - P - D with the P and D of the last accepted sample. A u
/// that is still on its way to a raised minimum counts as the minimum: what is missing is
/// the slew limit's affair, and solving for it would be a wind-up.
pub(super) fn solve_for_output(config: &Config, state: &State, now: i64) -> Option<Fx> {
    let terms = Gains::at(config, last_sample_at(state)).last_terms(state)?;
    let target = clamp(state.u, config.min, config.max);
    whole(target).checked_sub(sum(&[config.bias.at(now), state.feed_forward, terms])?)
}

/// The exact sum (ppm), or `None` out of range.
pub(super) fn sum(terms: &[Fx]) -> Option<Fx> {
    terms
        .iter()
        .try_fold(Fx::ZERO, |total, term| total.checked_add(*term))
}
