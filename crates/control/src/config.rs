//! What governance sets: the configuration of one controller, and its validation.

use core::fmt;

use crate::{
    math::{limit, whole},
    Fx, Ramp,
};

/// Direction of the controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// `y` above the setpoint raises `u` (s = -1): fee against utilisation.
    Direct,
    /// `y` below the setpoint raises `u` (s = +1): emission against staked share.
    Reverse,
}

/// What a sample of `y` stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sampling {
    /// The time-weighted mean over exactly the interval since the last step.
    Mean,
    /// An instant value (feeds); the integral is a trapezoid.
    Point,
}

/// Who moves `u`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The law does.
    Auto,
    /// `u` goes to this value (ppm, within the limits) under the slew limits.
    Manual(i64),
}

/// Configuration of one controller. Ramped quantities hold a [`Ramp`]; a
/// constant is a ramp that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    /// Direction.
    pub action: Action,
    /// Meaning of `y`.
    pub sampling: Sampling,
    /// Who moves `u`.
    pub mode: Mode,
    /// Controller period in seconds, immutable; [`Config::MIN_PERIOD`] ..= [`Config::MAX_PERIOD`].
    pub period: u32,
    /// Cap of the elapsed time one step integrates over, in periods; 1 ..= 52.
    pub max_periods: u32,
    /// Whole periods without an accepted sample before `u` starts to move to the bias; 1 ..= 1,000.
    pub max_hold: u32,
    /// Setpoint r (fraction; may be 0 or negative), within ±[`Config::MAX_SIGNAL`].
    pub setpoint: Ramp,
    /// Normalises the error (fraction, > 0); fixed, so that the loop gain cannot
    /// change behind the gains' back; [`Config::MIN_SCALE`] ..= [`Config::MAX_SIGNAL`].
    pub scale: Fx,
    /// Bias u0 (ppm), within the limits.
    pub bias: Ramp,
    /// Proportional gain (ppm per unit of normalised error), 0 ..= [`Config::MAX_GAIN`].
    pub kp: Ramp,
    /// Integral gain (ppm per unit of normalised error and period), 0 ..= [`Config::MAX_GAIN`].
    pub ki: Ramp,
    /// Derivative gain (ppm periods per unit of normalised error), 0 ..= [`Config::MAX_GAIN`].
    pub kd: Ramp,
    /// Derivative filter time constant Tf (periods); [`Config::MIN_FILTER`] ..= [`Config::MAX_FILTER`].
    pub filter: Ramp,
    /// Dead-band half-width on the normalised error, 0 .. [`Config::MAX_ERROR`] (excluded).
    pub dead_band: Ramp,
    /// Integral half-life (seconds); 0 = no leak, otherwise max_periods x period
    /// ..= [`Config::MAX_HALF_LIFE`].
    pub half_life: u64,
    /// Lower limit of u (ppm), < max; within ±[`Config::MAX_OUTPUT`].
    pub min: i64,
    /// Upper limit of u (ppm); within ±[`Config::MAX_OUTPUT`].
    pub max: i64,
    /// Fastest rise of u (ppm per period); `None` = unlimited, 0 = no movement;
    /// at most [`Config::MAX_SLEW`].
    pub slew_up: Option<u64>,
    /// Fastest fall of u (ppm per period); `None` = unlimited, 0 = no movement;
    /// at most [`Config::MAX_SLEW`].
    pub slew_down: Option<u64>,
    /// Feed-forward gain Kf (ppm per unit of w), any sign; within ±[`Config::MAX_GAIN`].
    pub kf: Fx,
    /// Reference w0 of the feed-forward measurement (unit of w); within ±[`Config::MAX_SIGNAL`].
    pub w_ref: Fx,
    /// Limit of |F| (ppm), 0 ..= [`Config::MAX_OUTPUT`]; 0 switches feed-forward off.
    pub f_max: Fx,
    /// Oldest accepted sample (seconds before `now`); any.
    pub max_age: u32,
    /// Fewest samples behind an accepted feed value (`Sampling::Point` only); any.
    pub min_samples: u32,
    /// Lowest credible y: `Mean` clamps to it, `Point` holds below it; < y_max,
    /// within ±[`Config::MAX_SIGNAL`].
    pub y_min: Fx,
    /// Highest credible y: `Mean` clamps to it, `Point` holds above it;
    /// within ±[`Config::MAX_SIGNAL`].
    pub y_max: Fx,
}

impl Config {
    /// Shortest period (seconds).
    pub const MIN_PERIOD: u32 = 60;
    /// Longest period (seconds): 365 days.
    pub const MAX_PERIOD: u32 = 31_536_000;
    /// Largest `max_periods`.
    pub const MAX_MAX_PERIODS: u32 = 52;
    /// Largest `max_hold` (periods).
    pub const MAX_MAX_HOLD: u32 = 1_000;
    /// Largest |y|, |r|, |w0| and scale.
    pub const MAX_SIGNAL: Fx = whole(1_000_000);
    /// Smallest scale: 0.000001, rounded down to a multiple of 2^-48, so that
    /// the decimal text passes however a reader of it rounds.
    pub const MIN_SCALE: Fx = Fx::from_bits((1 << 48) / 1_000_000);
    /// Largest gain (ppm per unit).
    pub const MAX_GAIN: Fx = whole(1_000_000_000_000);
    /// Largest |u|, |limit| and |F| (ppm).
    pub const MAX_OUTPUT: i64 = 1_000_000_000_000;
    /// Shortest derivative filter (periods): 0.01, rounded down like [`Self::MIN_SCALE`].
    pub const MIN_FILTER: Fx = Fx::from_bits((1 << 48) / 100);
    /// Longest derivative filter (periods).
    pub const MAX_FILTER: Fx = whole(1_000);
    /// The normalised error is clamped to ± this; a dead-band must be narrower.
    pub const MAX_ERROR: Fx = whole(8);
    /// Longest half-life (seconds): 1,000 times 365 days.
    pub const MAX_HALF_LIFE: u64 = 31_536_000_000;
    /// Fastest slew limit (ppm per period): with the longest period its bucket
    /// still fits 64 bits. Whoever needs more wants `None`.
    pub const MAX_SLEW: u64 = 500_000_000_000;

    /// A configuration that does nothing yet: all gains 0, no feed-forward, no
    /// dead-band, no leak, no slew limit; |setpoint| (or 1) as the scale, a
    /// filter of one period, `max_periods` and `max_hold` 4, samples up to four
    /// periods old, every y up to ±[`Self::MAX_SIGNAL`] credible.
    ///
    /// `setpoint` is a fraction, `bias`, `min` and `max` are ppm. Nothing is
    /// checked here; see [`Self::validate`].
    pub fn new(
        action: Action,
        sampling: Sampling,
        period: u32,
        setpoint: Fx,
        bias: i64,
        min: i64,
        max: i64,
    ) -> Self {
        Self {
            action,
            sampling,
            mode: Mode::Auto,
            period,
            max_periods: 4,
            max_hold: 4,
            setpoint: Ramp::constant(setpoint),
            scale: if setpoint == Fx::ZERO {
                Fx::ONE
            } else {
                setpoint.saturating_abs()
            },
            bias: Ramp::constant(whole(bias)),
            kp: Ramp::constant(Fx::ZERO),
            ki: Ramp::constant(Fx::ZERO),
            kd: Ramp::constant(Fx::ZERO),
            filter: Ramp::constant(Fx::ONE),
            dead_band: Ramp::constant(Fx::ZERO),
            half_life: 0,
            min,
            max,
            slew_up: None,
            slew_down: None,
            kf: Fx::ZERO,
            w_ref: Fx::ZERO,
            f_max: Fx::ZERO,
            max_age: period.saturating_mul(4),
            min_samples: match sampling {
                Sampling::Mean => 0,
                Sampling::Point => 1,
            },
            y_min: Self::MAX_SIGNAL.saturating_neg(),
            y_max: Self::MAX_SIGNAL,
        }
    }

    /// Checks every field; what passes can never brick [`crate::step`].
    ///
    /// A ramp passes when both its ends do: what lies between them then does
    /// too.
    ///
    /// # Errors
    ///
    /// Names the first offending field, in the order of declaration. Limits
    /// that are themselves at fault (of two crossed ones: the minimum) are not
    /// held against the manual value and the bias.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let signal = |value: Fx| value.unsigned_abs() <= Self::MAX_SIGNAL.unsigned_abs();
        let gain = |ramp: &Ramp| within(ramp, Fx::ZERO, Self::MAX_GAIN);
        let slew = |rate: Option<u64>| rate.is_none_or(|rate| rate <= Self::MAX_SLEW);
        let output = |value: i64| value.unsigned_abs() <= Self::MAX_OUTPUT.unsigned_abs();

        // Limits that are themselves at fault are not held against what they
        // limit: whoever swapped them wants to hear of `min`, not of the bias.
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
                    Mode::Manual(u) => limit(u, low, high) == u,
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
            (Field::SlewUp, slew(self.slew_up)),
            (Field::SlewDown, slew(self.slew_down)),
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
    limit(ramp.from, low, high) == ramp.from && limit(ramp.to, low, high) == ramp.to
}

/// The next smaller number.
fn below(value: Fx) -> Fx {
    value.saturating_sub(Fx::DELTA)
}

/// A field of [`Config`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Field {
    /// [`Config::action`].
    Action,
    /// [`Config::sampling`].
    Sampling,
    /// [`Config::mode`].
    Mode,
    /// [`Config::period`].
    Period,
    /// [`Config::max_periods`].
    MaxPeriods,
    /// [`Config::max_hold`].
    MaxHold,
    /// [`Config::setpoint`].
    Setpoint,
    /// [`Config::scale`].
    Scale,
    /// [`Config::bias`].
    Bias,
    /// [`Config::kp`].
    Kp,
    /// [`Config::ki`].
    Ki,
    /// [`Config::kd`].
    Kd,
    /// [`Config::filter`].
    Filter,
    /// [`Config::dead_band`].
    DeadBand,
    /// [`Config::half_life`].
    HalfLife,
    /// [`Config::min`].
    Min,
    /// [`Config::max`].
    Max,
    /// [`Config::slew_up`].
    SlewUp,
    /// [`Config::slew_down`].
    SlewDown,
    /// [`Config::kf`].
    Kf,
    /// [`Config::w_ref`].
    WRef,
    /// [`Config::f_max`].
    FMax,
    /// [`Config::max_age`].
    MaxAge,
    /// [`Config::min_samples`].
    MinSamples,
    /// [`Config::y_min`].
    YMin,
    /// [`Config::y_max`].
    YMax,
}

impl Field {
    /// The name that configuration files, reports and events use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Action => "action",
            Self::Sampling => "sampling",
            Self::Mode => "mode",
            Self::Period => "period",
            Self::MaxPeriods => "max_periods",
            Self::MaxHold => "max_hold",
            Self::Setpoint => "setpoint",
            Self::Scale => "scale",
            Self::Bias => "bias",
            Self::Kp => "kp",
            Self::Ki => "ki",
            Self::Kd => "kd",
            Self::Filter => "filter",
            Self::DeadBand => "dead_band",
            Self::HalfLife => "half_life",
            Self::Min => "min",
            Self::Max => "max",
            Self::SlewUp => "slew_up",
            Self::SlewDown => "slew_down",
            Self::Kf => "kf",
            Self::WRef => "w_ref",
            Self::FMax => "f_max",
            Self::MaxAge => "max_age",
            Self::MinSamples => "min_samples",
            Self::YMin => "y_min",
            Self::YMax => "y_max",
        }
    }

    /// The allowed range, for people.
    pub const fn allowed(self) -> &'static str {
        match self {
            Self::Action => "`reverse` or `direct`",
            Self::Sampling => "`mean` or `point`",
            Self::Mode => "automatic, or a manual value from min to max",
            Self::Period => "60 to 31,536,000 s",
            Self::MaxPeriods => "1 to 52",
            Self::MaxHold => "1 to 1,000 periods",
            Self::Setpoint | Self::WRef => "-1,000,000 to 1,000,000",
            Self::Scale => "0.000001 to 1,000,000",
            Self::Bias => "from min to max",
            Self::Kp | Self::Ki | Self::Kd | Self::FMax => {
                "0 to 1e12 ppm (1,000,000 as a fraction)"
            }
            Self::Filter => "0.01 to 1,000 periods",
            Self::DeadBand => "0 to below 8",
            Self::HalfLife => "0 (no leak), or max_periods x period to 31,536,000,000 s",
            Self::Min => "-1e12 to 1e12 ppm (1,000,000 as a fraction) and less than max",
            Self::Max => "-1e12 to 1e12 ppm (1,000,000 as a fraction) and more than min",
            Self::SlewUp | Self::SlewDown => {
                "absent (unlimited), or 0 to 5e11 ppm a period (500,000 as a fraction)"
            }
            Self::Kf => "-1e12 to 1e12 ppm (1,000,000 as a fraction)",
            Self::MaxAge => "any number of seconds",
            Self::MinSamples => "any number",
            Self::YMin => "-1,000,000 to 1,000,000 and less than y_max",
            Self::YMax => "-1,000,000 to 1,000,000 and more than y_min",
        }
    }
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

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::string::ToString;

    fn sound() -> Config {
        Config::new(
            Action::Reverse,
            Sampling::Mean,
            604_800,
            Fx::lit("0.6"),
            60_000,
            10_000,
            200_000,
        )
    }

    fn verdict(edit: impl Fn(&mut Config)) -> Option<Field> {
        let mut config = sound();
        edit(&mut config);
        config.validate().err().map(|error| error.field)
    }

    /// The inner value passes, the outer one is refused by name.
    fn bound<T: Copy>(field: Field, inner: T, outer: T, edit: impl Fn(&mut Config, T)) {
        assert_eq!(verdict(|c| edit(c, inner)), None, "inside {field:?}");
        assert_eq!(
            verdict(|c| edit(c, outer)),
            Some(field),
            "outside {field:?}"
        );
    }

    /// The same for both ends of a ramp.
    fn ramp(field: Field, inner: Fx, outer: Fx, place: impl Fn(&mut Config) -> &mut Ramp) {
        bound(field, inner, outer, |c, v| place(c).from = v);
        bound(field, inner, outer, |c, v| place(c).to = v);
    }

    #[test]
    fn each_bound_of_each_field() {
        use Field::*;
        let ulp = Fx::DELTA;
        let big = Config::MAX_OUTPUT;

        bound(Mode, 10_000, 9_999, |c, v| c.mode = super::Mode::Manual(v));
        bound(Mode, 200_000, 200_001, |c, v| {
            c.mode = super::Mode::Manual(v)
        });
        bound(Period, 60, 59, |c, v| c.period = v);
        bound(Period, 31_536_000, 31_536_001, |c, v| c.period = v);
        bound(MaxPeriods, 1, 0, |c, v| c.max_periods = v);
        bound(MaxPeriods, 52, 53, |c, v| c.max_periods = v);
        bound(MaxHold, 1, 0, |c, v| c.max_hold = v);
        bound(MaxHold, 1_000, 1_001, |c, v| c.max_hold = v);

        let signal = Config::MAX_SIGNAL;
        ramp(Setpoint, signal, signal + ulp, |c| &mut c.setpoint);
        ramp(Setpoint, -signal, -signal - ulp, |c| &mut c.setpoint);
        bound(Scale, signal, signal + ulp, |c, v| c.scale = v);
        let smallest = Config::MIN_SCALE;
        bound(Scale, smallest, smallest - ulp, |c, v| c.scale = v);
        bound(Scale, Fx::lit("0.000001"), Fx::MIN, |c, v| c.scale = v);
        let (low, high) = (whole(10_000), whole(200_000));
        ramp(Bias, low, low - ulp, |c| &mut c.bias);
        ramp(Bias, high, high + ulp, |c| &mut c.bias);

        let gain = Config::MAX_GAIN;
        ramp(Kp, Fx::ZERO, -ulp, |c| &mut c.kp);
        ramp(Kp, gain, gain + ulp, |c| &mut c.kp);
        ramp(Ki, Fx::ZERO, -ulp, |c| &mut c.ki);
        ramp(Ki, gain, gain + ulp, |c| &mut c.ki);
        ramp(Kd, Fx::ZERO, -ulp, |c| &mut c.kd);
        ramp(Kd, gain, gain + ulp, |c| &mut c.kd);
        let (short, long) = (Config::MIN_FILTER, Config::MAX_FILTER);
        ramp(Filter, short, short - ulp, |c| &mut c.filter);
        ramp(Filter, Fx::lit("0.01"), Fx::ZERO, |c| &mut c.filter);
        ramp(Filter, long, long + ulp, |c| &mut c.filter);
        ramp(DeadBand, Fx::ZERO, -ulp, |c| &mut c.dead_band);
        ramp(DeadBand, whole(8) - ulp, whole(8), |c| &mut c.dead_band);

        bound(HalfLife, 0, 1, |c, v| c.half_life = v);
        let step = 4 * 604_800;
        bound(HalfLife, step, step - 1, |c, v| c.half_life = v);
        let longest = Config::MAX_HALF_LIFE;
        bound(HalfLife, longest, longest + 1, |c, v| c.half_life = v);

        bound(Min, -big, -big - 1, |c, v| c.min = v);
        bound(Min, 59_999, 200_000, |c, v| c.min = v);
        bound(Max, big, big + 1, |c, v| c.max = v);
        bound(Max, big, i64::MAX, |c, v| c.max = v);
        let fastest = Config::MAX_SLEW;
        bound(SlewUp, Some(fastest), Some(fastest + 1), |c, v| {
            c.slew_up = v
        });
        bound(SlewUp, None, Some(u64::MAX), |c, v| c.slew_up = v);
        bound(SlewDown, Some(fastest), Some(fastest + 1), |c, v| {
            c.slew_down = v
        });
        bound(SlewDown, Some(0), Some(u64::MAX), |c, v| c.slew_down = v);

        bound(Kf, gain, gain + ulp, |c, v| c.kf = v);
        bound(Kf, -gain, -gain - ulp, |c, v| c.kf = v);
        bound(WRef, signal, signal + ulp, |c, v| c.w_ref = v);
        bound(WRef, -signal, -signal - ulp, |c, v| c.w_ref = v);
        bound(FMax, Fx::ZERO, -ulp, |c, v| c.f_max = v);
        bound(FMax, whole(big), whole(big) + ulp, |c, v| c.f_max = v);
        bound(YMin, -signal, -signal - ulp, |c, v| c.y_min = v);
        bound(YMin, signal - ulp, signal, |c, v| c.y_min = v);
        bound(YMax, signal, signal + ulp, |c, v| c.y_max = v);
        bound(YMax, signal, Fx::MAX, |c, v| c.y_max = v);
    }

    #[test]
    fn any_gate_for_time_and_number_passes() {
        for any in [0, 1, u32::MAX] {
            assert_eq!(verdict(|c| c.max_age = any), None);
            assert_eq!(verdict(|c| c.min_samples = any), None);
        }
    }

    #[test]
    fn names_the_first_offence() {
        let crossed = |c: &mut Config| (c.min, c.max) = (c.max, c.min);
        assert_eq!(verdict(crossed), Some(Field::Min));
        let all = |c: &mut Config| {
            crossed(c);
            c.period = 0;
            c.kp.to = Fx::MIN;
        };
        assert_eq!(verdict(all), Some(Field::Period));
        let error = ConfigError { field: Field::Kp };
        assert_eq!(
            error.to_string(),
            "kp must be 0 to 1e12 ppm (1,000,000 as a fraction)"
        );
    }

    #[test]
    fn the_largest_bucket_fits() {
        let period = u64::from(Config::MAX_PERIOD);
        assert!(Config::MAX_SLEW.checked_mul(period).is_some());
    }

    #[test]
    fn starts_neutral() {
        let config = sound();
        assert_eq!(config.validate(), Ok(()));
        assert_eq!(config.scale, Fx::lit("0.6"));
        let zero = Config::new(Action::Direct, Sampling::Point, 60, Fx::ZERO, 0, 0, 1);
        assert_eq!((zero.scale, zero.min_samples), (Fx::ONE, 1));
        assert_eq!(zero.validate(), Ok(()));
    }
}
