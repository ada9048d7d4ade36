//! Settings of a controller and of its guard as instruction arguments.

use homeostat_control::{Config, Fx, GuardConfig, Sampling};

use super::{encoding::Encoded, Metric};
use crate::{prelude::*, state::defaults::metric_range};

/// A control-law number in arguments: the bits of an `I80F48` (value x 2^48).
pub type Q48 = i128;

/// Acting direction of a controller.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// A measurement above the setpoint raises the parameter.
    Direct,
    /// A measurement below the setpoint raises the parameter.
    Reverse,
}

/// Makes arguments that set fields of a type of the control law: `name: Type as field`,
/// with the encoding of [`Encoded`].
macro_rules! settings {
    (
        $(#[$doc:meta])*
        $Settings:ident of $Law:ident
        own { $($(#[$own_doc:meta])* $own:ident: $Own:ident,)* }
        sets {
            $($(#[$set_doc:meta])* $set:ident: $Set:ident $(<$Of:ident>)? as $field:ident,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
        pub struct $Settings {
            $($(#[$own_doc])* pub $own: $Own,)*
            $($(#[$set_doc])* pub $set: $Set $(<$Of>)?,)*
        }

        impl $Settings {
            /// The arguments that set what `law` has. Of a ramp they have the target.
            pub fn new($($own: $Own,)* law: &$Law) -> Self {
                Self {
                    $($own,)*
                    $($set: Encoded::encode(law.$field),)*
                }
            }

            /// `law` with these settings in it.
            fn put_into(&self, law: $Law) -> $Law {
                let mut law = law;
                $(law.$field = self.$set.decode();)*
                law
            }
        }
    };
}

settings! {
    /// Configuration of one controller; units as in the control law.
    ControllerSettings of Config
    own {
        /// What it measures.
        metric: Metric,
    }
    sets {
        /// Acting direction.
        direction: Direction as direction,
        /// Setpoint (fraction).
        setpoint_q48: Q48 as setpoint,
        /// Error scale (fraction, > 0).
        scale_q48: Q48 as scale,
        /// Bias (ppm).
        bias_q48: Q48 as bias,
        /// Proportional gain (ppm per unit of normalised error).
        kp_q48: Q48 as kp,
        /// Integral gain (ppm per unit of normalised error and period).
        ki_q48: Q48 as ki,
        /// Derivative gain (ppm periods per unit of normalised error).
        kd_q48: Q48 as kd,
        /// Derivative filter (periods).
        filter_q48: Q48 as filter,
        /// Dead-band half-width on the normalised error.
        dead_band_q48: Q48 as dead_band,
        /// Integral half-life (seconds), 0 = none.
        half_life: u64 as half_life,
        /// Lower limit (ppm).
        min_ppm: i64 as min,
        /// Upper limit (ppm).
        max_ppm: i64 as max,
        /// Fastest rise (ppm per period); none = unlimited.
        slew_up_ppm: Option<u64> as slew_up,
        /// Fastest fall (ppm per period); none = unlimited.
        slew_down_ppm: Option<u64> as slew_down,
        /// Longest time that one step integrates over (periods).
        max_periods: u32 as max_periods,
        /// How long the controller may be held before the parameter moves to the bias
        /// (periods).
        max_hold: u32 as max_hold,
        /// Oldest reading of a feed that is followed (seconds), in `REPORT_AGE`; not
        /// looked at for the program's own measurements.
        max_age: u32 as max_age,
        /// Fewest reports behind a feed's reading: its quorum or more, at most
        /// `MAX_REPORTERS`; not looked at for the program's own measurements.
        min_samples: u32 as min_samples,
    }
}

impl ControllerSettings {
    /// The control law's configuration for an economy's period.
    pub fn config(&self, period: u32) -> Config {
        let sampling = self.metric.sampling();
        let (y_min, y_max) = metric_range(self.metric);
        let neutral = Config::new(self.direction.decode(), sampling, period, Fx::ZERO, 0, 0, 0);
        let config = Config {
            y_min,
            y_max,
            ..self.put_into(neutral)
        };
        match sampling {
            Sampling::Point => config,
            // The gate for feeds is not asked for the program's own measurements.
            Sampling::Mean => Config {
                max_age: neutral.max_age,
                min_samples: neutral.min_samples,
                ..config
            },
        }
    }
}

settings! {
    /// Configuration of one controller's anomaly guard; units as in the control law.
    GuardSettings of GuardConfig
    own {}
    sets {
        /// Whether the guard watches; if not, nothing latches.
        enabled: bool as enabled,
        /// Deviation limit (ppm of a deviation).
        limit: u32 as limit,
        /// CUSUM slack (ppm of a deviation).
        slack: u32 as slack,
        /// CUSUM threshold (ppm of a deviation).
        threshold: u32 as threshold,
        /// Floor of the deviation (ppm of the error scale).
        floor: u32 as floor,
        /// Half-life of the statistics (periods).
        half_life: u16 as half_life,
        /// Samples learnt before one is judged.
        min_samples: u16 as min_samples,
        /// Identical samples of a feed that latch; 0 = off. Ignored for the program's
        /// own measurements.
        frozen: u16 as frozen,
        /// Length of a latch (periods), at least a day.
        hold_periods: u16 as hold_periods,
    }
}

impl From<&GuardSettings> for GuardConfig {
    fn from(settings: &GuardSettings) -> Self {
        settings.put_into(Self::default())
    }
}
