//! Settings of a controller and of its guard as instruction arguments.

use anchor_lang::prelude::*;
use homeostat_control::{Change, Config, Fx, GuardConfig};

use super::{encoding::Encoded, Wiring};

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
        /// What the controller measures, and which signals it follows beside.
        wiring: Wiring,
    }
    sets {
        /// The acting direction of the controller.
        direction: Direction as direction,
        /// The setpoint (fraction, or the multiple of its reference, x 2^48).
        setpoint_q48: Q48 as setpoint,
        /// The half-life of the mean of what is measured (seconds), where the setpoint is a
        /// multiple of it; otherwise 0.
        average_half_life: u64 as average_half_life,
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
        /// The feed-forward gain (ppm per unit of the signal, x 2^48).
        kf_q48: Q48 as kf,
        /// The value of the signal at which the feed-forward is zero (x 2^48).
        w_ref_q48: Q48 as w_ref,
        /// The limit of the feed-forward, either way (ppm, x 2^48); 0 = it is off.
        f_max_q48: Q48 as f_max,
        /// The longest time that one step integrates over (periods).
        max_periods: u32 as max_periods,
        /// How long the controller may be held before the output moves to the bias
        /// (periods).
        max_hold: u32 as max_hold,
        /// The oldest reading of a feed that is used (seconds), in `REPORT_AGE`; ignored
        /// where nothing that the controller is wired to is a feed.
        max_age: u32 as max_age,
        /// The fewest reports behind a feed's reading: its quorum or more, at most
        /// `MAX_REPORTERS`; ignored where nothing that the controller is wired to is a feed.
        min_samples: u32 as min_samples,
    }
}

impl ControllerSettings {
    /// The control law's configuration for an economy's period.
    pub fn config(&self, period: u32) -> Config {
        let sampling = self.wiring.metric.sampling();
        let (y_min, y_max) = self.wiring.metric.range();
        let neutral = Config::new(self.direction.decode(), sampling, period, Fx::ZERO, 0, 0, 0);
        let config = Config {
            reference: self.wiring.reference.law(),
            y_min,
            y_max,
            ..self.put_into(neutral)
        };
        if self.wiring.has_feed() {
            return config;
        }
        // Age and number of samples limit feeds only, and the program's own measurements are
        // of the very moment: without a feed they say nothing.
        Config {
            max_age: neutral.max_age,
            min_samples: neutral.min_samples,
            ..config
        }
    }
}

settings! {
    /// The feed-forward of a controller; units as in the control law.
    FeedForward of Config
    own {}
    sets {
        /// The gain (ppm per unit of the signal, x 2^48).
        kf_q48: Q48 as kf,
        /// The value of the signal at which the feed-forward is zero (x 2^48).
        w_ref_q48: Q48 as w_ref,
        /// The limit of the feed-forward, either way (ppm, x 2^48); 0 = it is off.
        f_max_q48: Q48 as f_max,
    }
}

impl FeedForward {
    /// The change of a configuration that sets it.
    pub fn change(&self, config: Config) -> Change {
        let Config {
            kf, w_ref, f_max, ..
        } = self.put_into(config);
        Change::FeedForward { kf, w_ref, f_max }
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
