//! What a controller stores in the economy's account: the control law's configuration and
//! state as plain old data.
//!
//! Each field is declared here once, with its type in the account. The struct, both
//! conversions and the assertion of its size are generated from that; a field of the control
//! law that is missing here is a compile error.

use anchor_lang::prelude::*;
use homeostat_control::{
    Config, Decision, Fx, GuardConfig, GuardState, Mode, Ramp, Reference, State,
};

use super::encoding::{stored, Encoded};
use crate::state::number::Fixed;

/// A quantity that moves linearly from one value to another: `from` until `start`, `to`
/// from `end` on.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct StoredRamp {
    /// The value at `start`, in the quantity's unit (x 2^48).
    pub from: Fixed,
    /// The value from `end` on, in the quantity's unit (x 2^48).
    pub to: Fixed,
    /// The start of the ramp (unix seconds).
    pub start: i64,
    /// The end of the ramp (unix seconds); at or before `start` the value is `to`.
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
    /// The configuration of a controller as it is stored; fields and units as in the
    /// control law.
    StoredConfig, 512 bytes, from law: Config
    same {
        /// The setpoint of the controller (fraction), or the multiple of its reference.
        setpoint: StoredRamp,
        /// The bias of the output (ppm).
        bias: StoredRamp,
        /// The proportional gain (ppm per unit of normalised error).
        kp: StoredRamp,
        /// The integral gain (ppm per unit of normalised error and period).
        ki: StoredRamp,
        /// The derivative gain (ppm periods per unit of normalised error).
        kd: StoredRamp,
        /// The time constant of the derivative filter (periods).
        filter: StoredRamp,
        /// The half-width of the dead-band on the normalised error.
        dead_band: StoredRamp,
        /// The error scale (fraction).
        scale: Fixed,
        /// The feed-forward gain (ppm per unit of w).
        kf: Fixed,
        /// The reference of the feed-forward signal, in its own unit.
        w_ref: Fixed,
        /// The limit of the feed-forward term (ppm).
        f_max: Fixed,
        /// The lowest credible process variable (fraction).
        y_min: Fixed,
        /// The highest credible process variable (fraction).
        y_max: Fixed,
        /// The half-life of the integral (seconds); 0 = it does not leak.
        half_life: u64,
        /// The half-life of the mean of y (seconds); 0 where it is no reference.
        average_half_life: u64,
        /// The lower limit of the output (ppm).
        min: i64,
        /// The upper limit of the output (ppm).
        max: i64,
        /// The fastest rise of the output (ppm per period); `u64::MAX` = unlimited.
        slew_up: u64,
        /// The fastest fall of the output (ppm per period); `u64::MAX` = unlimited.
        slew_down: u64,
    }
    own {
        /// The output in manual mode (ppm); 0 in automatic mode.
        manual: i64 = manual(law.mode),
    }
    same {
        /// The length of a period (seconds).
        period: u32,
        /// The longest time that one step integrates over (periods).
        max_periods: u32,
        /// How long the controller may be held before the output moves to the bias
        /// (periods).
        max_hold: u32,
        /// The oldest sample that is used (seconds).
        max_age: u32,
        /// The fewest samples behind a feed's value.
        min_samples: u32,
        /// The acting direction: 0 = direct, 1 = reverse.
        direction: u8,
        /// What a sample stands for: 0 = a mean, 1 = an instant value.
        sampling: u8,
    }
    own {
        /// The mode: 0 = automatic, 1 = manual.
        mode: u8 = u8::from(law.mode != Mode::Auto),
    }
    same {
        /// What the setpoint is a multiple of: 0 = nothing, 1 = a given reference, 2 = the
        /// slow mean of y.
        reference: u8,
    }
    own {}
    into law(stored) {
        mode: if stored.mode == 0 {
            Mode::Auto
        } else {
            Mode::Manual(stored.manual)
        },
    }
}

impl StoredConfig {
    /// What the setpoint is a multiple of, without reading the rest.
    pub fn reference(&self) -> Reference {
        self.reference.decode()
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
/// Bit of [`StoredState::known`]: `average` is known.
const KNOWS_AVERAGE: u8 = 4;

fn known(value: Option<Fx>, bit: u8) -> u8 {
    if value.is_some() {
        bit
    } else {
        0
    }
}

stored! {
    /// The state of the control law for one controller, without its last decision.
    StoredState, 144 bytes, from law: State
    same {
        /// The integral term I (ppm).
        integral: Fixed,
        /// The filtered derivative (normalised error per period).
        derivative: Fixed,
    }
    own {
        /// The last accepted process variable y (fraction), if it is known.
        y_prev: Fixed = law.y_prev.unwrap_or(Fx::ZERO).into(),
        /// The last accepted error outside the dead-band, if it is known.
        e_prev: Fixed = law.e_prev.unwrap_or(Fx::ZERO).into(),
        /// The slow mean of y (fraction), if it is known.
        average: Fixed = law.average.unwrap_or(Fx::ZERO).into(),
    }
    same {
        /// The feed-forward term F (ppm).
        feed_forward: Fixed,
        /// The time of the last step (unix seconds).
        last_at: i64,
        /// The output u in force (ppm).
        u: i64,
        /// The slew budget for rises (ppm seconds).
        bucket_up: u64,
        /// The slew budget for falls (ppm seconds).
        bucket_down: u64,
        /// The time without an accepted sample (seconds).
        held_for: u64,
    }
    own {
        /// Which values are known: bit 0 `y_prev`, bit 1 `e_prev`, bit 2 `average`.
        known: u8 = known(law.y_prev, KNOWS_Y)
            | known(law.e_prev, KNOWS_E)
            | known(law.average, KNOWS_AVERAGE),
    }
    same {
        /// How the next accepted sample sets the integral: 0 = not at all, 1 = to zero, 2 =
        /// it solves it.
        prime: u8,
        /// 1 when the limit of rises was widened since the last step: its budget does not fill
        /// before the next one.
        widened_up: u8,
        /// The same of the limit of falls.
        widened_down: u8,
    }
    own {
        /// Reserved; zero.
        reserved: [u8; 4] = [0; 4],
    }
    into with_last(stored, last: Decision) {
        y_prev: stored.if_known(stored.y_prev, KNOWS_Y),
        e_prev: stored.if_known(stored.e_prev, KNOWS_E),
        average: stored.if_known(stored.average, KNOWS_AVERAGE),
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
        /// The process variable as it was used (fraction).
        y: Fixed,
        /// The setpoint at the step (fraction).
        r: Fixed,
        /// The normalised error of the step.
        z: Fixed,
        /// The error outside the dead-band.
        e: Fixed,
        /// The elapsed time of the step (periods).
        tau: Fixed,
        /// The share of the integral that is kept (fraction).
        lambda: Fixed,
        /// The proportional term P (ppm).
        p: Fixed,
        /// The integral term I (ppm).
        i: Fixed,
        /// The derivative term D (ppm).
        d: Fixed,
        /// The feed-forward term F (ppm).
        f: Fixed,
        /// The bias at the step (ppm).
        u0: Fixed,
        /// The output before slew limits and limits (ppm).
        raw: Fixed,
        /// The output after the slew limits (ppm).
        slewed: Fixed,
        /// The output after the limits (ppm).
        limited: Fixed,
        /// The start of the window (unix seconds).
        from: i64,
        /// The end of the window (unix seconds).
        to: i64,
        /// The output before the step (ppm).
        u_prev: i64,
        /// The output after the step (ppm).
        u: i64,
        /// What happened in the step, as bits: the flags of the control law.
        flags: u32,
        /// Why the step was held, as a number; 0 = it was not.
        held: u8,
    }
    own {
        /// Reserved; zero.
        reserved: [u8; 3] = [0; 3],
    }
    into law(stored) {}
}

stored! {
    /// The configuration of an anomaly guard as it is stored; fields and units as in the
    /// control law.
    StoredGuardConfig, 32 bytes, from law: GuardConfig
    same {
        /// The deviation that latches (ppm of the running deviation).
        limit: u32,
        /// The slack of the CUSUM test (ppm of the running deviation).
        slack: u32,
        /// The threshold of the CUSUM test (ppm of the running deviation).
        threshold: u32,
        /// The floor of the running deviation (ppm of the error scale).
        floor: u32,
        /// The half-life of the statistics (periods).
        half_life: u16,
        /// The number of samples learnt before one is judged.
        min_samples: u16,
        /// The number of identical samples of a feed that latch; 0 = off. Ignored for the
        /// program's own measurements.
        frozen: u16,
        /// The length of a latch (periods), at least a day.
        hold_periods: u16,
        /// 1 when the guard watches, 0 when nothing latches.
        enabled: u8,
    }
    own {
        /// Reserved; zero.
        reserved: [u8; 7] = [0; 7],
    }
    into law(stored) {}
}

stored! {
    /// The state of an anomaly guard; fields and units as in the control law.
    StoredGuardState, 64 bytes, from law: GuardState
    same {
        /// The running mean of y (2^-40).
        mean: i64,
        /// The running mean absolute deviation of y (2^-40).
        deviation: u64,
        /// The last learnt sample (2^-40).
        value: i64,
        /// The time of the last observation (unix seconds).
        last_at: i64,
        /// When the guard latched (unix seconds).
        latched_since: i64,
        /// The time that the statistics stand for (seconds).
        weight: u64,
        /// The evidence of an upward drift (ppm of the running deviation).
        cusum_up: u32,
        /// The evidence of a downward drift (ppm of the running deviation).
        cusum_down: u32,
        /// The number of samples learnt since creation or the last resume.
        samples: u16,
        /// The number of identical samples in a row.
        run: u16,
        /// Why the guard is latched, as a number; 0 = it is open.
        latched: u8,
    }
    own {
        /// Reserved; zero.
        reserved: [u8; 3] = [0; 3],
    }
    into law(stored) {}
}
