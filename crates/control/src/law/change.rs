//! Changes of the configuration of a living controller.

use super::{
    resolve::{last_sample_at, resolve, solve_for_output, Gains},
    resume,
    slew::{adopt, cut},
};
use crate::{
    config::{Config, ConfigError, Mode},
    math::clamp,
    state::{Prime, State},
    Fx,
};

/// A change of the configuration of a living controller. What is not listed
/// (direction, sampling, period, reference and its half-life, scale, `max_periods`,
/// `max_hold`, the gate) is fixed:
/// it takes a new configuration, put in place with [`replace`].
///
/// A quantity with `over_seconds` moves linearly from its present value to
/// `to` in that time, starting at once; 0 is a jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Setpoint r (fraction). Not re-solved: it acts through ramp and slew.
    Setpoint {
        /// Target (fraction).
        to: Fx,
        /// Duration of the ramp (s).
        over_seconds: u32,
    },
    /// Bias u0 (ppm). Not re-solved: it acts through ramp and slew.
    Bias {
        /// Target (ppm).
        to: Fx,
        /// Duration of the ramp (s).
        over_seconds: u32,
    },
    /// Proportional gain (ppm). Bumpless, at every step of its ramp.
    Kp {
        /// Target (ppm per unit of error).
        to: Fx,
        /// Duration of the ramp (s).
        over_seconds: u32,
    },
    /// Integral gain (ppm). The integral stays: only its future rate changes.
    Ki {
        /// Target (ppm per unit of error and period).
        to: Fx,
        /// Duration of the ramp (s).
        over_seconds: u32,
    },
    /// Derivative gain (ppm). Bumpless, at every step of its ramp.
    Kd {
        /// Target (ppm periods per unit of error).
        to: Fx,
        /// Duration of the ramp (s).
        over_seconds: u32,
    },
    /// Derivative filter Tf. Bumpless, at every step of its ramp.
    Filter {
        /// Target (periods).
        to: Fx,
        /// Duration of the ramp (s).
        over_seconds: u32,
    },
    /// Dead-band half-width. Bumpless, at every step of its ramp.
    DeadBand {
        /// Target (normalised error).
        to: Fx,
        /// Duration of the ramp (s).
        over_seconds: u32,
    },
    /// Half-life of the integral (s); 0 = no leak. The integral stays.
    HalfLife(u64),
    /// Limits of u (ppm). A u above the maximum is clamped at once; one below the minimum
    /// stays, and the next steps lift it by the slew limit. Either way the integral is
    /// re-solved for the limit.
    Limits {
        /// Lower limit (ppm).
        min: i64,
        /// Upper limit (ppm).
        max: i64,
    },
    /// Slew limits (ppm per period). A fuller bucket shrinks to the new capacity. A wider
    /// limit fills no bucket before the next step, which therefore moves u by no more
    /// than the limit before had saved up.
    Slew {
        /// Fastest rise; `None` = unlimited.
        up: Option<u64>,
        /// Fastest fall; `None` = unlimited.
        down: Option<u64>,
    },
    /// Automatic or manual. Bumpless: the integral is solved for the present u.
    Mode(Mode),
    /// Feed-forward. Not re-solved: it acts through the slew limits.
    FeedForward {
        /// Gain Kf (ppm per unit of w).
        kf: Fx,
        /// Reference w0 (unit of w).
        w_ref: Fx,
        /// Limit of |F| (ppm).
        f_max: Fx,
    },
}

/// The configuration after a change, and the state that makes the change
/// bumpless where the law asks for it.
///
/// # Errors
///
/// The first field of the new configuration that [`Config::validate`] refuses;
/// then nothing has changed.
pub fn change(
    config: &Config,
    state: &State,
    change: &Change,
    now: i64,
) -> Result<(Config, State), ConfigError> {
    let next = changed(config, change, now);
    next.validate()?;

    let mut after = *state;
    match *change {
        Change::Kp { .. } | Change::Kd { .. } | Change::Filter { .. } | Change::DeadBand { .. } => {
            // A jump acts here. A ramp starts from the old value, so there is no
            // difference yet: the steps re-solve as it moves.
            let at = last_sample_at(state);
            let (old, new) = (Gains::at(config, at), Gains::at(&next, at));
            if state.prime == Prime::No && old != new {
                match resolve(&next, state, &old, &new) {
                    Some(integral) => after.integral = integral,
                    None => after.prime = Prime::Solve,
                }
            }
        }
        Change::Mode(mode) if mode != config.mode => {
            after.integral = solve_for_output(&next, state, now).unwrap_or(state.integral);
            if !matches!((config.mode, mode), (Mode::Manual(_), Mode::Manual(_))) {
                after.prime = Prime::Solve;
            }
        }
        Change::Limits { min, max } if clamp(state.u, min, max) != state.u => {
            cut(&next, &mut after);
            match solve_for_output(&next, &after, now) {
                Some(integral) => after.integral = integral,
                None => after.prime = Prime::Solve,
            }
        }
        Change::Slew { .. } => adopt(config, &next, &mut after, now),
        _ => {}
    }
    Ok((next, after))
}

/// The state under a configuration that replaces `old` as a whole, at `now` (unix seconds):
/// limits and slew limits act as [`Change::Limits`] and [`Change::Slew`] do, so that no
/// replacement moves u faster than a change could, and the law is resumed ([`resume`]). The
/// mean of y and F are forgotten: they belong to the signals of the old configuration.
///
/// Nothing is checked here; see [`Config::validate`].
pub fn replace(old: &Config, new: &Config, state: &State, now: i64) -> State {
    let mut after = *state;
    adopt(old, new, &mut after, now);
    cut(new, &mut after);
    (after.average, after.feed_forward) = (None, Fx::ZERO);
    resume(new, &after, now)
}

/// The configuration with the change written into it, unchecked.
fn changed(config: &Config, change: &Change, now: i64) -> Config {
    let mut next = *config;
    match *change {
        Change::Setpoint { to, over_seconds } => {
            next.setpoint = config.setpoint.towards(to, now, over_seconds);
        }
        Change::Bias { to, over_seconds } => {
            next.bias = config.bias.towards(to, now, over_seconds);
        }
        Change::Kp { to, over_seconds } => next.kp = config.kp.towards(to, now, over_seconds),
        Change::Ki { to, over_seconds } => next.ki = config.ki.towards(to, now, over_seconds),
        Change::Kd { to, over_seconds } => next.kd = config.kd.towards(to, now, over_seconds),
        Change::Filter { to, over_seconds } => {
            next.filter = config.filter.towards(to, now, over_seconds);
        }
        Change::DeadBand { to, over_seconds } => {
            next.dead_band = config.dead_band.towards(to, now, over_seconds);
        }
        Change::HalfLife(seconds) => next.half_life = seconds,
        Change::Limits { min, max } => {
            (next.min, next.max) = (min, max);
            // The part of a ramp that has passed must not bar limits that exclude it.
            next.bias = config.bias.rest(now);
        }
        Change::Slew { up, down } => (next.slew_up, next.slew_down) = (up, down),
        Change::Mode(mode) => next.mode = mode,
        Change::FeedForward { kf, w_ref, f_max } => {
            (next.kf, next.w_ref, next.f_max) = (kf, w_ref, f_max);
        }
    }
    next
}
