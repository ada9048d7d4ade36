//! What governance sets: how sensitive a guard is and how long it holds.

use core::fmt;

use crate::config::{fields, Unit};

fields! {
    /// Settings of one controller's guard. Whole numbers, 32 bytes in an account:
    /// "ppm of a deviation" counts in millionths of the running mean absolute
    /// deviation, so 1,000,000 is one deviation.
    struct GuardConfig;
    /// A field of [`GuardConfig`].
    enum GuardField;

    /// Off: nothing is learnt, nothing latches, and a latch is released.
    enabled: bool as Enabled, Word, "true or false";
    /// Deviation limit k (ppm of a deviation): one sample further than this
    /// from the mean is a [`crate::LatchReason::Spike`], and nothing further
    /// enters the statistics; [`Self::MIN_LIMIT`] ..= [`Self::MAX_LIMIT`].
    limit: u32 as Limit, Ppm, "2,000,000 to 100,000,000 ppm of a deviation";
    /// CUSUM slack (ppm of a deviation): what a sample may lie off the mean
    /// without being evidence of a drift; [`Self::MIN_SLACK`] .. limit (excluded).
    slack: u32 as Slack, Ppm, "250,000 ppm of a deviation to below limit";
    /// CUSUM threshold h (ppm of a deviation): more evidence than this on one
    /// side is a [`crate::LatchReason::Drift`]; [`Self::MIN_THRESHOLD`] ..=
    /// [`Self::MAX_THRESHOLD`].
    threshold: u32 as Threshold, Ppm, "1,000,000 to 1,000,000,000 ppm of a deviation";
    /// Floor of the deviation (ppm of [`crate::Config::scale`]): a series however
    /// quiet is judged as if it deviated by this much; [`Self::MIN_FLOOR`] ..=
    /// [`Self::MAX_FLOOR`].
    floor: u32 as Floor, Ppm, "1,000 to 1,000,000 ppm of scale";
    /// Half-life of the running statistics (periods); 1 ..= [`Self::MAX_HALF_LIFE`].
    half_life: u16 as HalfLife, Periods, "1 to 1,000 periods";
    /// Samples learnt before one is judged for spike and drift, after creation and after
    /// every resume; [`Self::MIN_MIN_SAMPLES`] ..= [`Self::MAX_MIN_SAMPLES`].
    min_samples: u16 as MinSamples, Samples, "4 to 1,000";
    /// So many identical samples of a feed in a row are
    /// [`crate::LatchReason::Frozen`]; 0 = off, otherwise 2 or more. Ignored with
    /// [`crate::Sampling::Mean`]: the program's own measurement may stand still.
    frozen: u16 as Frozen, Samples, "0 (off), or 2 to 65,535 samples";
    /// Length of a latch (periods), never shorter than [`Self::MIN_HOLD`] in
    /// whole periods; 1 ..= [`Self::MAX_HOLD_PERIODS`].
    hold_periods: u16 as HoldPeriods, Periods, "1 to 1,000 periods";
}

impl GuardConfig {
    /// Shortest latch (seconds): a day, so that people have time to look at the cause.
    pub const MIN_HOLD: u32 = 86_400;
    /// Smallest `limit`: two deviations.
    pub const MIN_LIMIT: u32 = 2_000_000;
    /// Largest `limit`: a hundred deviations.
    pub const MAX_LIMIT: u32 = 100_000_000;
    /// Smallest `slack`: a quarter of a deviation.
    pub const MIN_SLACK: u32 = 250_000;
    /// Smallest `threshold`: one deviation.
    pub const MIN_THRESHOLD: u32 = 1_000_000;
    /// Largest `threshold`: a thousand deviations.
    pub const MAX_THRESHOLD: u32 = 1_000_000_000;
    /// Smallest `floor`: a thousandth of the scale.
    pub const MIN_FLOOR: u32 = 1_000;
    /// Largest `floor`: the scale.
    pub const MAX_FLOOR: u32 = 1_000_000;
    /// Largest `half_life` (periods).
    pub const MAX_HALF_LIFE: u16 = 1_000;
    /// Smallest `min_samples`.
    pub const MIN_MIN_SAMPLES: u16 = 4;
    /// Largest `min_samples`.
    pub const MAX_MIN_SAMPLES: u16 = 1_000;
    /// Largest `hold_periods`.
    pub const MAX_HOLD_PERIODS: u16 = 1_000;

    /// Checks every field; what passes keeps [`crate::observe`] inside the range of
    /// its numbers.
    ///
    /// # Errors
    ///
    /// Names the first offending field, in the order of declaration.
    pub fn validate(&self) -> Result<(), GuardConfigError> {
        let checks = [
            (
                GuardField::Limit,
                (Self::MIN_LIMIT..=Self::MAX_LIMIT).contains(&self.limit),
            ),
            (
                GuardField::Slack,
                (Self::MIN_SLACK..self.limit).contains(&self.slack),
            ),
            (
                GuardField::Threshold,
                (Self::MIN_THRESHOLD..=Self::MAX_THRESHOLD).contains(&self.threshold),
            ),
            (
                GuardField::Floor,
                (Self::MIN_FLOOR..=Self::MAX_FLOOR).contains(&self.floor),
            ),
            (
                GuardField::HalfLife,
                (1..=Self::MAX_HALF_LIFE).contains(&self.half_life),
            ),
            (
                GuardField::MinSamples,
                (Self::MIN_MIN_SAMPLES..=Self::MAX_MIN_SAMPLES).contains(&self.min_samples),
            ),
            (GuardField::Frozen, self.frozen != 1),
            (
                GuardField::HoldPeriods,
                (1..=Self::MAX_HOLD_PERIODS).contains(&self.hold_periods),
            ),
        ];
        match checks.iter().find(|(_, passes)| !passes) {
            Some(&(field, _)) => Err(GuardConfigError { field }),
            None => Ok(()),
        }
    }

    /// How long a latch lasts (seconds): `hold_periods`, or the whole periods
    /// that [`Self::MIN_HOLD`] needs.
    pub fn hold(&self, period: u32) -> u64 {
        let least = Self::MIN_HOLD.div_ceil(Ord::max(period, 1));
        u64::from(Ord::max(u32::from(self.hold_periods), least)).saturating_mul(u64::from(period))
    }
}

impl Default for GuardConfig {
    /// Wide on purpose: a false alarm holds the controller just when the economy
    /// moves. Noise does not latch it (the crate's tests give the rate), nor does the
    /// answer of a plant to a shock that the law is there to correct.
    fn default() -> Self {
        Self {
            enabled: true,
            // 6.4 standard deviations of normal noise; on a quiet series 16 % of
            // the scale in one period.
            limit: 8_000_000,
            // Above one deviation: on a steady ramp the mean absolute deviation is as
            // large as the lag of the mean, so each sample scores 1 once that is learnt.
            // 2 also covers the time until it is.
            slack: 2_000_000,
            threshold: 20_000_000,
            // As wide as the dead-band that the controllers start with: the guard does
            // not judge what the law ignores.
            floor: 20_000,
            half_life: 8,
            // Whoever can latch the guard at will holds the controller for 2 periods in 10.
            min_samples: 8,
            frozen: 0,
            hold_periods: 2,
        }
    }
}

/// Why a guard's configuration was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardConfigError {
    /// The first field outside its range.
    pub field: GuardField,
}

impl fmt::Display for GuardConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "guard {} must be {}",
            self.field.name(),
            self.field.allowed()
        )
    }
}

impl core::error::Error for GuardConfigError {}
