//! What a controller keeps in its account: the control law's configuration and memory in
//! plain old data.
//!
//! Each field stands here once, with the type it has in the account. The struct, both
//! conversions and the assertion of its size are made from that. A field of the control
//! law that is missing here does not compile.

use homeostat_control::{Config, Decision, Fx, GuardConfig, GuardState, Mode, Ramp, State};

use super::encoding::Encoded;
use crate::{prelude::*, state::number::Fixed};

/// Makes the stored form of a type of the control law.
///
/// `same` fields have the name that they have in the law and the encoding of
/// [`Encoded`]. `own` fields have no single counterpart there: each says its value. What
/// the law's type has beside the `same` fields is said after `into`. The order is the
/// layout of the account.
macro_rules! stored {
    (
        $(#[$doc:meta])*
        $Stored:ident, $size:literal bytes, from $law:ident: $Law:ident
        $(
            same { $($(#[$same_doc:meta])* $same:ident: $Same:tt,)* }
            own { $($(#[$own_doc:meta])* $own:ident: $Own:tt = $value:expr,)* }
        )*
        into $into:ident($stored:ident $(, $given:ident: $Given:ident)?) {
            $($field:ident: $back:expr,)*
        }
    ) => {
        $(#[$doc])*
        #[zero_copy]
        #[derive(Debug, Default, PartialEq, Eq)]
        pub struct $Stored {
            $(
                $($(#[$same_doc])* pub $same: $Same,)*
                $($(#[$own_doc])* pub $own: $Own,)*
            )*
        }

        const _: () = assert!(core::mem::size_of::<$Stored>() == $size);

        impl From<&$Law> for $Stored {
            fn from($law: &$Law) -> Self {
                Self {
                    $(
                        $($same: Encoded::encode($law.$same),)*
                        $($own: $value,)*
                    )*
                }
            }
        }

        impl $Stored {
            /// The value for the control law.
            pub fn $into(&self $(, $given: $Given)?) -> $Law {
                let $stored = self;
                $Law {
                    $($($same: $stored.$same.decode(),)*)*
                    $($field: $back,)*
                }
            }
        }

        stored!(@from $Stored, $Law, $into $(, $given)?);
    };
    (@from $Stored:ident, $Law:ident, $into:ident) => {
        impl From<&$Stored> for $Law {
            fn from(stored: &$Stored) -> Self {
                stored.$into()
            }
        }
    };
    // A type that the account alone cannot give has no `From`.
    (@from $Stored:ident, $Law:ident, $into:ident, $given:ident) => {};
}

/// [`Ramp`] in an account.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct StoredRamp {
    /// Value at `start`.
    pub from: Fixed,
    /// Value from `end` on.
    pub to: Fixed,
    /// Unix seconds.
    pub start: i64,
    /// Unix seconds.
    pub end: i64,
}

impl From<Ramp> for StoredRamp {
    fn from(ramp: Ramp) -> Self {
        Self {
            from: ramp.from.into(),
            to: ramp.to.into(),
            start: ramp.start,
            end: ramp.end,
        }
    }
}

impl From<StoredRamp> for Ramp {
    fn from(ramp: StoredRamp) -> Self {
        Self {
            from: ramp.from.get(),
            to: ramp.to.get(),
            start: ramp.start,
            end: ramp.end,
        }
    }
}

stored! {
    /// [`Config`] in an account; fields as there.
    StoredConfig, 504 bytes, from law: Config
    same {
        /// Setpoint (fraction).
        setpoint: StoredRamp,
        /// Bias (ppm).
        bias: StoredRamp,
        /// Proportional gain (ppm).
        kp: StoredRamp,
        /// Integral gain (ppm per period).
        ki: StoredRamp,
        /// Derivative gain (ppm periods).
        kd: StoredRamp,
        /// Derivative filter (periods).
        filter: StoredRamp,
        /// Dead-band half-width.
        dead_band: StoredRamp,
        /// Error scale (fraction).
        scale: Fixed,
        /// Feed-forward gain (ppm per unit of w).
        kf: Fixed,
        /// Feed-forward reference.
        w_ref: Fixed,
        /// Feed-forward limit (ppm).
        f_max: Fixed,
        /// Lowest credible y.
        y_min: Fixed,
        /// Highest credible y.
        y_max: Fixed,
        /// Integral half-life (seconds), 0 = none.
        half_life: u64,
        /// Lower limit (ppm).
        min: i64,
        /// Upper limit (ppm).
        max: i64,
        /// Fastest rise (ppm per period); `u64::MAX` = unlimited.
        slew_up: u64,
        /// Fastest fall (ppm per period); `u64::MAX` = unlimited.
        slew_down: u64,
    }
    own {
        /// Value of `Mode::Manual` (ppm).
        manual: i64 = manual(law.mode),
    }
    same {
        /// Period (seconds).
        period: u32,
        /// Integration cap (periods).
        max_periods: u32,
        /// Hold time-out (periods).
        max_hold: u32,
        /// Oldest accepted sample (seconds).
        max_age: u32,
        /// Fewest samples behind a feed value.
        min_samples: u32,
        /// 0 = Direct, 1 = Reverse.
        direction: u8,
        /// 0 = Mean, 1 = Point.
        sampling: u8,
    }
    own {
        /// 0 = Auto, 1 = Manual.
        mode: u8 = u8::from(law.mode != Mode::Auto),
        /// Unused.
        reserved: u8 = 0,
    }
    into law(stored) {
        mode: if stored.mode == 0 {
            Mode::Auto
        } else {
            Mode::Manual(stored.manual)
        },
    }
}

/// The value of manual mode (ppm), 0 in automatic mode.
fn manual(mode: Mode) -> i64 {
    match mode {
        Mode::Auto => 0,
        Mode::Manual(value) => value,
    }
}

/// Bit of [`StoredState::known`]: `y_prev` is known.
const KNOWS_Y: u8 = 1;
/// Bit of [`StoredState::known`]: `e_prev` is known.
const KNOWS_E: u8 = 2;

fn known(value: Option<Fx>, bit: u8) -> u8 {
    if value.is_some() {
        bit
    } else {
        0
    }
}

stored! {
    /// [`State`] in an account, without its last decision.
    StoredState, 128 bytes, from law: State
    same {
        /// I (ppm).
        integral: Fixed,
        /// d (normalised error per period).
        derivative: Fixed,
    }
    own {
        /// Last accepted y, if known.
        y_prev: Fixed = law.y_prev.unwrap_or(Fx::ZERO).into(),
        /// Last accepted error outside the dead-band, if known.
        e_prev: Fixed = law.e_prev.unwrap_or(Fx::ZERO).into(),
    }
    same {
        /// F (ppm).
        feed_forward: Fixed,
        /// Time of the last step (unix seconds).
        last_at: i64,
        /// u (ppm).
        u: i64,
        /// Upward slew budget (ppm seconds).
        bucket_up: u64,
        /// Downward slew budget (ppm seconds).
        bucket_down: u64,
        /// Seconds without an accepted sample.
        held_for: u64,
    }
    own {
        /// Bit 0: `y_prev` is known; bit 1: `e_prev` is known.
        known: u8 = known(law.y_prev, KNOWS_Y) | known(law.e_prev, KNOWS_E),
    }
    same {
        /// `Prime` as a number.
        prime: u8,
    }
    own {
        /// Unused.
        reserved: [u8; 6] = [0; 6],
    }
    into with_last(stored, last: Decision) {
        y_prev: stored.if_known(stored.y_prev, KNOWS_Y),
        e_prev: stored.if_known(stored.e_prev, KNOWS_E),
        last: last,
    }
}

impl StoredState {
    fn if_known(&self, value: Fixed, bit: u8) -> Option<Fx> {
        (self.known & bit != 0).then(|| value.get())
    }
}

stored! {
    /// [`Decision`] in an account or in return data; fields as there.
    StoredDecision, 264 bytes, from law: Decision
    same {
        /// Process variable (fraction).
        y: Fixed,
        /// Setpoint (fraction).
        r: Fixed,
        /// Normalised error.
        z: Fixed,
        /// Error outside the dead-band.
        e: Fixed,
        /// Elapsed periods.
        tau: Fixed,
        /// Integral retention.
        lambda: Fixed,
        /// P (ppm).
        p: Fixed,
        /// I (ppm).
        i: Fixed,
        /// D (ppm).
        d: Fixed,
        /// F (ppm).
        f: Fixed,
        /// Bias (ppm).
        u0: Fixed,
        /// Before slew and limits (ppm).
        raw: Fixed,
        /// After slew (ppm).
        slewed: Fixed,
        /// After limits (ppm).
        limited: Fixed,
        /// Window start (unix seconds).
        from: i64,
        /// Window end (unix seconds).
        to: i64,
        /// Before (ppm).
        u_prev: i64,
        /// After (ppm).
        u: i64,
        /// `Flags`.
        flags: u32,
        /// `HoldReason`.
        held: u8,
    }
    own {
        /// Unused.
        reserved: [u8; 3] = [0; 3],
    }
    into law(stored) {}
}

stored! {
    /// [`GuardConfig`] in an account; fields as there.
    StoredGuardConfig, 32 bytes, from law: GuardConfig
    same {
        /// Deviation limit (ppm of a deviation).
        limit: u32,
        /// CUSUM slack (ppm of a deviation).
        slack: u32,
        /// CUSUM threshold (ppm of a deviation).
        threshold: u32,
        /// Floor of the deviation (ppm of the error scale).
        floor: u32,
        /// Half-life of the statistics (periods).
        half_life: u16,
        /// Samples learnt before one is judged.
        min_samples: u16,
        /// Identical samples of a feed that latch; 0 = off. The program's own
        /// measurements may stand still whatever it says.
        frozen: u16,
        /// Length of a latch (periods), at least a day.
        hold_periods: u16,
        /// 0 = off.
        enabled: u8,
    }
    own {
        /// Unused.
        reserved: [u8; 7] = [0; 7],
    }
    into law(stored) {}
}

stored! {
    /// [`GuardState`] in an account; fields as there.
    StoredGuardState, 64 bytes, from law: GuardState
    same {
        /// Running mean of y (2^-40).
        mean: i64,
        /// Running mean absolute deviation of y (2^-40).
        deviation: u64,
        /// Last learnt sample (2^-40).
        value: i64,
        /// Time of the last observation (unix seconds).
        last_at: i64,
        /// When the latch closed (unix seconds).
        latched_since: i64,
        /// Time that the statistics stand for (seconds).
        weight: u64,
        /// Evidence of an upward drift (ppm of a deviation).
        cusum_up: u32,
        /// Evidence of a downward drift (ppm of a deviation).
        cusum_down: u32,
        /// Samples learnt since creation or the last resume.
        samples: u16,
        /// Length of the run of identical samples.
        run: u16,
        /// `LatchReason` as a number; 0 = open.
        latched: u8,
    }
    own {
        /// Unused.
        reserved: [u8; 3] = [0; 3],
    }
    into law(stored) {}
}
