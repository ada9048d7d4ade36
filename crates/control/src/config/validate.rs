//! Which configurations are accepted: one range a field, checked in the order of
//! declaration.

use core::fmt;

use super::{Config, Field, Mode, Reference};
use crate::{
    math::{clamp, whole},
    Fx, Ramp,
};

impl Config {
    /// Checks every field. With a configuration that passes, [`crate::step`] never
    /// panics, wraps or overflows.
    ///
    /// A ramp passes when both its ends do: then every value between them does.
    ///
    /// # Errors
    ///
    /// Names the first offending field, in the order of declaration. Limits
    /// that are themselves at fault (of two crossed ones: the minimum) are not
    /// applied to the manual value and the bias.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let signal = |value: Fx| value.unsigned_abs() <= Self::MAX_SIGNAL.unsigned_abs();
        let gain = |ramp: &Ramp| within(ramp, Fx::ZERO, Self::MAX_GAIN);
        let slew = |rate: Option<u64>| rate.is_none_or(|rate| rate <= Self::MAX_SLEW);
        // A u that can move one way only ratchets: noise takes it to a limit and leaves it there.
        let ratchets = |rate: Option<u64>, other: Option<u64>| {
            self.mode == Mode::Auto && rate == Some(0) && other != Some(0)
        };
        let output = |value: i64| value.unsigned_abs() <= Self::MAX_OUTPUT.unsigned_abs();

        // Limits that are themselves at fault are not applied to the fields that they
        // bound: of swapped limits the report names `min`, not the bias.
        let min_holds = output(self.min) && (!output(self.max) || self.min < self.max);
        let (low, high) = if min_holds && output(self.max) {
            (self.min, self.max)
        } else {
            (Self::MAX_OUTPUT.saturating_neg(), Self::MAX_OUTPUT)
        };
        let longest_step = u64::from(self.max_periods).saturating_mul(u64::from(self.period));

        let checks = [
            (
                Field::Mode,
                match self.mode {
                    Mode::Auto => true,
                    Mode::Manual(u) => clamp(u, low, high) == u,
                },
            ),
            (
                Field::Period,
                (Self::MIN_PERIOD..=Self::MAX_PERIOD).contains(&self.period),
            ),
            (
                Field::MaxPeriods,
                (1..=Self::MAX_MAX_PERIODS).contains(&self.max_periods),
            ),
            (
                Field::MaxHold,
                (1..=Self::MAX_MAX_HOLD).contains(&self.max_hold),
            ),
            (
                Field::Setpoint,
                signal(self.setpoint.from) && signal(self.setpoint.to),
            ),
            (
                Field::AverageHalfLife,
                match self.reference {
                    Reference::Average => {
                        (longest_step..=Self::MAX_HALF_LIFE).contains(&self.average_half_life)
                    }
                    Reference::Absolute | Reference::Given => self.average_half_life == 0,
                },
            ),
            (
                Field::Scale,
                self.scale >= Self::MIN_SCALE && signal(self.scale),
            ),
            (Field::Bias, within(&self.bias, whole(low), whole(high))),
            (Field::Kp, gain(&self.kp)),
            (Field::Ki, gain(&self.ki)),
            (Field::Kd, gain(&self.kd)),
            (
                Field::Filter,
                within(&self.filter, Self::MIN_FILTER, Self::MAX_FILTER),
            ),
            (
                Field::DeadBand,
                within(&self.dead_band, Fx::ZERO, below(Self::MAX_ERROR)),
            ),
            (
                Field::HalfLife,
                self.half_life == 0
                    || (longest_step..=Self::MAX_HALF_LIFE).contains(&self.half_life),
            ),
            (Field::Min, min_holds),
            (Field::Max, output(self.max)),
            (
                Field::SlewUp,
                slew(self.slew_up) && !ratchets(self.slew_up, self.slew_down),
            ),
            (
                Field::SlewDown,
                slew(self.slew_down) && !ratchets(self.slew_down, self.slew_up),
            ),
            (
                Field::Kf,
                self.kf.unsigned_abs() <= Self::MAX_GAIN.unsigned_abs(),
            ),
            (Field::WRef, signal(self.w_ref)),
            (
                Field::FMax,
                self.f_max >= Fx::ZERO && self.f_max <= whole(Self::MAX_OUTPUT),
            ),
            (
                Field::YMin,
                signal(self.y_min) && (!signal(self.y_max) || self.y_min < self.y_max),
            ),
            (Field::YMax, signal(self.y_max)),
        ];
        match checks.iter().find(|(_, passes)| !passes) {
            Some(&(field, _)) => Err(ConfigError { field }),
            None => Ok(()),
        }
    }
}

/// Both ends of the ramp lie in `[low, high]`.
#[inline(never)]
fn within(ramp: &Ramp, low: Fx, high: Fx) -> bool {
    clamp(ramp.from, low, high) == ramp.from && clamp(ramp.to, low, high) == ramp.to
}

/// The next smaller number.
fn below(value: Fx) -> Fx {
    value.saturating_sub(Fx::DELTA)
}

/// Why a configuration was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The first field outside its range.
    pub field: Field,
}

impl ConfigError {
    /// The range of the offending field, for people.
    pub const fn allowed(&self) -> &'static str {
        self.field.allowed()
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} must be {}", self.field.name(), self.field.allowed())
    }
}

impl core::error::Error for ConfigError {}
