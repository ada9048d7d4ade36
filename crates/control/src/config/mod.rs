//! What governance sets: the configuration of one controller, and its validation.

mod fields;
#[cfg(test)]
mod tests;
mod validate;

pub(crate) use fields::fields;
pub use fields::Unit;
pub use validate::ConfigError;

use crate::{math::whole, Fx, Ramp};

/// Acting direction of a controller: which way u answers a rise of y.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
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

/// Whether the law or a manual value moves u.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The law moves u.
    Auto,
    /// `u` goes to this value (ppm, within the limits) under the slew limits.
    Manual(i64),
}

/// What the setpoint is a multiple of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reference {
    /// Of one: r is the setpoint, in the unit of y.
    Absolute,
    /// Of [`crate::Input::reference`]: r is the setpoint times the reference of the step.
    Given,
    /// Of the slow mean of y itself ([`crate::State::average`]): r is the setpoint times
    /// the mean as it was before the sample of the step.
    Average,
}

fields! {
    /// Configuration of one controller. Ramped quantities hold a [`Ramp`]; a
    /// constant is a ramp that has ended.
    struct Config;
    /// A field of [`Config`].
    enum Field;

    /// Acting direction: whether u rises or falls with y. Its key in files is `action`.
    direction: Direction as Direction = "action", Word, "`reverse` or `direct`";
    /// What a sample of y stands for.
    sampling: Sampling as Sampling, Word, "`mean` or `point`";
    /// Whether the law or a manual value moves u.
    mode: Mode as Mode, Word, "automatic, or a manual value from min to max";
    /// Controller period (seconds), fixed at creation: another one would rescale the
    /// gains; [`Config::MIN_PERIOD`] ..= [`Config::MAX_PERIOD`].
    period: u32 as Period, Seconds, "60 to 2,592,000 s";
    /// Longest time that one step integrates over (periods); 1 ..= 52. A longer
    /// silence counts as this long and raises [`crate::Flags::GAP`].
    max_periods: u32 as MaxPeriods, Periods, "1 to 52";
    /// How long a controller may be held before `u` moves to the bias (periods);
    /// 1 ..= 1,000.
    max_hold: u32 as MaxHold, Periods, "1 to 1,000 periods";
    /// Setpoint (fraction; may be 0 or negative): r itself or, with another reference than
    /// [`Reference::Absolute`], the multiple of it that r is; within ±[`Config::MAX_SIGNAL`].
    setpoint: Ramp as Setpoint, Plain, "-1,000,000 to 1,000,000";
    /// What the setpoint is a multiple of. Fixed at creation like the sampling: another
    /// reference is another target.
    reference: Reference as Reference, Word, "`absolute`, `given` or `average`";
    /// Half-life of the mean of y (seconds): a longest step, max_periods x period, ..=
    /// [`Config::MAX_HALF_LIFE`] with [`Reference::Average`], so that no sample moves the
    /// mean by more than half of its distance; otherwise 0.
    average_half_life: u64 as AverageHalfLife, Seconds, "max_periods x period to 31,536,000,000 s with the reference `average`, otherwise 0";
    /// Divides the error (fraction, > 0). Fixed at creation, so that a change of the
    /// setpoint does not change the loop gain; [`Config::MIN_SCALE`] ..= [`Config::MAX_SIGNAL`].
    scale: Fx as Scale, Plain, "0.000001 to 1,000,000";
    /// Bias u0 (ppm), within the limits.
    bias: Ramp as Bias, Ppm, "from min to max";
    /// Proportional gain (ppm per unit of normalised error), 0 ..= [`Config::MAX_GAIN`].
    kp: Ramp as Kp, Ppm, "0 to 1e12 ppm (1,000,000 as a fraction)";
    /// Integral gain (ppm per unit of normalised error and period), 0 ..= [`Config::MAX_GAIN`].
    ki: Ramp as Ki, Ppm, "0 to 1e12 ppm (1,000,000 as a fraction)";
    /// Derivative gain (ppm periods per unit of normalised error), 0 ..= [`Config::MAX_GAIN`].
    kd: Ramp as Kd, Ppm, "0 to 1e12 ppm (1,000,000 as a fraction)";
    /// Derivative filter time constant Tf (periods); [`Config::MIN_FILTER`] ..= [`Config::MAX_FILTER`].
    filter: Ramp as Filter, Periods, "0.01 to 1,000 periods";
    /// Dead-band half-width on the normalised error, 0 .. [`Config::MAX_ERROR`] (excluded).
    dead_band: Ramp as DeadBand, Plain, "0 to below 8";
    /// Integral half-life (seconds); 0 = no leak, otherwise max_periods x period
    /// ..= [`Config::MAX_HALF_LIFE`].
    half_life: u64 as HalfLife, Seconds, "0 (no leak), or max_periods x period to 31,536,000,000 s";
    /// Lower limit of u (ppm), < max; within ±[`Config::MAX_OUTPUT`].
    min: i64 as Min, Ppm, "-1e12 to 1e12 ppm (1,000,000 as a fraction) and less than max";
    /// Upper limit of u (ppm); within ±[`Config::MAX_OUTPUT`].
    max: i64 as Max, Ppm, "-1e12 to 1e12 ppm (1,000,000 as a fraction) and more than min";
    /// Fastest rise of u (ppm per period); `None` = unlimited, 0 = no movement, in
    /// automatic mode both ways or neither; at most [`Config::MAX_SLEW`].
    slew_up: Option<u64> as SlewUp, Ppm, "absent (unlimited), or 0 to 5e11 ppm a period (500,000 as a fraction); 0 both ways or neither";
    /// Fastest fall of u (ppm per period); `None` = unlimited, 0 = no movement, in
    /// automatic mode both ways or neither; at most [`Config::MAX_SLEW`].
    slew_down: Option<u64> as SlewDown, Ppm, "absent (unlimited), or 0 to 5e11 ppm a period (500,000 as a fraction); 0 both ways or neither";
    /// Feed-forward gain Kf (ppm per unit of w), any sign; within ±[`Config::MAX_GAIN`].
    kf: Fx as Kf, Ppm, "-1e12 to 1e12 ppm (1,000,000 as a fraction)";
    /// Reference w0 of the feed-forward measurement (unit of w); within ±[`Config::MAX_SIGNAL`].
    w_ref: Fx as WRef, Plain, "-1,000,000 to 1,000,000";
    /// Limit of |F| (ppm), 0 ..= [`Config::MAX_OUTPUT`]; 0 switches feed-forward off.
    f_max: Fx as FMax, Ppm, "0 to 1e12 ppm (1,000,000 as a fraction)";
    /// Oldest accepted sample (seconds before the step); any number.
    max_age: u32 as MaxAge, Seconds, "any number of seconds";
    /// Fewest samples behind an accepted feed value ([`Sampling::Point`]
    /// only); any number.
    min_samples: u32 as MinSamples, Samples, "any number";
    /// Lowest credible y: a mean is clamped to it, a feed value below it is not
    /// accepted; less than `y_max`, within ±[`Config::MAX_SIGNAL`].
    y_min: Fx as YMin, Plain, "-1,000,000 to 1,000,000 and less than y_max";
    /// Highest credible y: a mean is clamped to it, a feed value above it is
    /// not accepted; within ±[`Config::MAX_SIGNAL`].
    y_max: Fx as YMax, Plain, "-1,000,000 to 1,000,000 and more than y_min";
}

impl Config {
    /// Shortest period (seconds).
    pub const MIN_PERIOD: u32 = 60;
    /// Longest period (seconds): 30 days. A loop cannot be faster than its measurements:
    /// with longer periods no gains are both stable and of any use.
    pub const MAX_PERIOD: u32 = 2_592_000;
    /// Largest `max_periods`.
    pub const MAX_MAX_PERIODS: u32 = 52;
    /// Largest `max_hold` (periods).
    pub const MAX_MAX_HOLD: u32 = 1_000;
    /// Largest |y|, |r|, |w0| and scale.
    pub const MAX_SIGNAL: Fx = whole(1_000_000);
    /// Smallest scale: 0.000001, rounded down to a multiple of 2^-48, so that
    /// the decimal text is accepted whichever way it was rounded.
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
    /// still fits 64 bits. A faster movement is written as unlimited, `None`.
    pub const MAX_SLEW: u64 = 500_000_000_000;

    /// A configuration that leaves u at the bias: an absolute setpoint, all gains 0, no
    /// feed-forward, no dead-band, no leak, no slew limit; |setpoint| (or 1) as the scale, a
    /// filter of one period, `max_periods` and `max_hold` 4, samples up to four
    /// periods old, every y up to ±[`Self::MAX_SIGNAL`] credible.
    ///
    /// `setpoint` is a fraction, `bias`, `min` and `max` are ppm. Nothing is
    /// checked here; see [`Self::validate`].
    pub fn new(
        direction: Direction,
        sampling: Sampling,
        period: u32,
        setpoint: Fx,
        bias: i64,
        min: i64,
        max: i64,
    ) -> Self {
        Self {
            direction,
            sampling,
            mode: Mode::Auto,
            period,
            max_periods: 4,
            max_hold: 4,
            setpoint: Ramp::constant(setpoint),
            reference: Reference::Absolute,
            average_half_life: 0,
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
}
