//! What a controller keeps in its account: the control law's configuration and memory in
//! plain old data.
//!
//! Each field stands here once, with the type it has in the account. The struct, both
//! conversions and the assertion of its size are made from that. A field of the control
//! law that is missing here does not compile.

use homeostat_control::{Config, Decision, Fx, GuardConfig, GuardState, Mode, Ramp, State};

use super::encoding::{stored, Encoded};
use crate::{prelude::*, state::number::Fixed};

/// A quantity that moves linearly from one value to another: `from` until `start`, `to`
/// from `end` on.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct StoredRamp {
    /// Value at `start`.
    pub from: Fixed,
    /// Value from `end` on.
    pub to: Fixed,
    /// Start of the ramp (unix seconds).
    pub start: i64,
    /// End of the ramp (unix seconds); at or before `start` the value is `to`.
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
    /// Configuration of a controller as it is stored; fields and units as in the control
    /// law.
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
        /// Value of manual mode (ppm).
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
        /// Acting direction: 0 = direct, 1 = reverse.
        direction: u8,
        /// What a sample stands for: 0 = a mean, 1 = an instant value.
        sampling: u8,
    }
    own {
        /// 0 = automatic, 1 = manual.
        mode: u8 = u8::from(law.mode != Mode::Auto),
        /// Unused, zero.
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
    /// What the control law remembers of a controller, without its last decision.
    StoredState, 128 bytes, from law: State
    same {
        /// Integral I (ppm).
        integral: Fixed,
        /// Filtered derivative (normalised error per period).
        derivative: Fixed,
    }
    own {
        /// Last accepted y, if known.
        y_prev: Fixed = law.y_prev.unwrap_or(Fx::ZERO).into(),
        /// Last accepted error outside the dead-band, if known.
        e_prev: Fixed = law.e_prev.unwrap_or(Fx::ZERO).into(),
    }
    same {
        /// Feed-forward term F (ppm).
        feed_forward: Fixed,
        /// Time of the last step (unix seconds).
        last_at: i64,
        /// Output u in force (ppm).
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
        /// How the next accepted sample sets the integral: 0 = not, 1 = to 0, 2 = solves it.
        prime: u8,
    }
    own {
        /// Unused, zero.
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
    /// A decision as it is stored and as `preview` returns it; fields and units as in the
    /// control law.
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
        /// Proportional term (ppm).
        p: Fixed,
        /// Integral term (ppm).
        i: Fixed,
        /// Derivative term (ppm).
        d: Fixed,
        /// Feed-forward term (ppm).
        f: Fixed,
        /// Bias (ppm).
        u0: Fixed,
        /// The output before slew limits and limits (ppm).
        raw: Fixed,
        /// The output after the slew limits (ppm).
        slewed: Fixed,
        /// The output after the limits (ppm).
        limited: Fixed,
        /// Window start (unix seconds).
        from: i64,
        /// Window end (unix seconds).
        to: i64,
        /// The output before the step (ppm).
        u_prev: i64,
        /// The output after the step (ppm).
        u: i64,
        /// What happened, as bits: the flags of the control law.
        flags: u32,
        /// Why the step was held, as a number; 0 = not held.
        held: u8,
    }
    own {
        /// Unused, zero.
        reserved: [u8; 3] = [0; 3],
    }
    into law(stored) {}
}

stored! {
    /// Configuration of a guard as it is stored; fields and units as in the control law.
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
        /// 1 = the guard watches, 0 = off: nothing latches.
        enabled: u8,
    }
    own {
        /// Unused, zero.
        reserved: [u8; 7] = [0; 7],
    }
    into law(stored) {}
}

stored! {
    /// What a guard remembers; fields and units as in the control law.
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
        /// Why the guard is latched, as a number; 0 = it is open.
        latched: u8,
    }
    own {
        /// Unused, zero.
        reserved: [u8; 3] = [0; 3],
    }
    into law(stored) {}
}
