//! Settings of a controller and of its guard as instruction arguments.

use anchor_lang::prelude::*;
use homeostat_control::{Config, Fx, GuardConfig, Sampling};

use super::{encoding::Encoded, Metric};

/// A control-law number in arguments: the bits of an `I80F48` (value x 2^48).
pub type Q48 = i128;

/// The acting direction of a controller.
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
            /// The arguments that set what `law` has; of a ramp, its target.
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
    /// The configuration of one controller; units as in the control law.
    ControllerSettings of Config
    own {
        /// The metric that the controller measures.
        metric: Metric,
    }
    sets {
        /// The acting direction of the controller.
        direction: Direction as direction,
        /// The setpoint (fraction, x 2^48).
        setpoint_q48: Q48 as setpoint,
        /// The error scale, above 0 (fraction, x 2^48).
        scale_q48: Q48 as scale,
        /// The bias of the output (ppm, x 2^48).
        bias_q48: Q48 as bias,
        /// The proportional gain (ppm per unit of normalised error, x 2^48).
        kp_q48: Q48 as kp,
        /// The integral gain (ppm per unit of normalised error and period, x 2^48).
        ki_q48: Q48 as ki,
        /// The derivative gain (ppm periods per unit of normalised error, x 2^48).
        kd_q48: Q48 as kd,
        /// The time constant of the derivative filter (periods, x 2^48).
        filter_q48: Q48 as filter,
        /// The half-width of the dead-band on the normalised error (x 2^48).
        dead_band_q48: Q48 as dead_band,
        /// The half-life of the integral (seconds); 0 = it does not leak.
        half_life: u64 as half_life,
        /// The lower limit of the output (ppm).
        min_ppm: i64 as min,
        /// The upper limit of the output (ppm).
        max_ppm: i64 as max,
        /// The fastest rise of the output (ppm per period); none = unlimited.
        slew_up_ppm: Option<u64> as slew_up,
        /// The fastest fall of the output (ppm per period); none = unlimited.
        slew_down_ppm: Option<u64> as slew_down,
        /// The longest time that one step integrates over (periods).
        max_periods: u32 as max_periods,
        /// How long the controller may be held before the output moves to the bias
        /// (periods).
        max_hold: u32 as max_hold,
        /// The oldest reading of a feed that is used (seconds), in `REPORT_AGE`; ignored
        /// for the program's own measurements.
        max_age: u32 as max_age,
        /// The fewest reports behind a feed's reading: its quorum or more, at most
        /// `MAX_REPORTERS`; ignored for the program's own measurements.
        min_samples: u32 as min_samples,
    }
}

impl ControllerSettings {
    /// The control law's configuration for an economy's period.
    pub fn config(&self, period: u32) -> Config {
        let sampling = self.metric.sampling();
        let (y_min, y_max) = self.metric.range();
        let neutral = Config::new(self.direction.decode(), sampling, period, Fx::ZERO, 0, 0, 0);
        let config = Config {
            y_min,
            y_max,
            ..self.put_into(neutral)
        };
        match sampling {
            Sampling::Point => config,
            // Age and number of samples limit feeds only: the program's own measurements keep
            // the law's neutral values, so that arguments cannot shut them out.
            Sampling::Mean => Config {
                max_age: neutral.max_age,
                min_samples: neutral.min_samples,
                ..config
            },
        }
    }
}

settings! {
    /// The configuration of one controller's anomaly guard; units as in the control law.
    GuardSettings of GuardConfig
    own {}
    sets {
        /// True when the guard watches; otherwise nothing latches.
        enabled: bool as enabled,
        /// The deviation that latches (ppm of the running deviation).
        limit: u32 as limit,
        /// The slack of the CUSUM test (ppm of the running deviation).
        slack: u32 as slack,
        /// The threshold of the CUSUM test (ppm of the running deviation).
        threshold: u32 as threshold,
        /// The floor of the running deviation (ppm of the error scale).
        floor: u32 as floor,
        /// The half-life of the statistics (periods).
        half_life: u16 as half_life,
        /// The number of samples learnt before one is judged.
        min_samples: u16 as min_samples,
        /// The number of identical samples of a feed that latch; 0 = off. Ignored for the
        /// program's own measurements.
        frozen: u16 as frozen,
        /// The length of a latch (periods), at least a day.
        hold_periods: u16 as hold_periods,
    }
}

impl From<&GuardSettings> for GuardConfig {
    fn from(settings: &GuardSettings) -> Self {
        settings.put_into(Self::default())
    }
}
