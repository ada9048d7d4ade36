//! One decision with every term: a reader shows it and recomputes no part of it.

use crate::{Fx, HoldReason};

/// What happened in a step, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(pub u32);

impl Flags {
    /// The first accepted sample after creation, resume, a mode change or a failed
    /// computation: the integral was set, not incremented.
    pub const PRIMED: Self = Self(1);
    /// `now` is not after the last step: the previous decision again.
    pub const REPEATED: Self = Self(1 << 1);
    /// More than `max_periods` elapsed.
    pub const GAP: Self = Self(1 << 2);
    /// No sample was accepted; [`Decision::held`] says why.
    pub const HELD: Self = Self(1 << 3);
    /// Held for longer than `max_hold`: `u` moves to the bias.
    pub const HOLD_EXPIRED: Self = Self(1 << 4);
    /// The error lies inside the dead-band.
    pub const DEAD_BAND: Self = Self(1 << 5);
    /// The upward slew limit cut the movement.
    pub const SLEW_UP: Self = Self(1 << 6);
    /// The downward slew limit cut the movement.
    pub const SLEW_DOWN: Self = Self(1 << 7);
    /// `u` is at the lower limit.
    pub const LIMIT_LOW: Self = Self(1 << 8);
    /// `u` is at the upper limit.
    pub const LIMIT_HIGH: Self = Self(1 << 9);
    /// The integral increment was trimmed by anti-windup.
    pub const TRIMMED: Self = Self(1 << 10);
    /// A cap or funding kept the real value away from `u_prev`.
    pub const CAPPED: Self = Self(1 << 11);
    /// `Mode::Manual`.
    pub const MANUAL: Self = Self(1 << 12);
    /// `y` was clamped into `[y_min, y_max]` (`Sampling::Mean`).
    pub const CLAMPED_Y: Self = Self(1 << 13);
    /// The guard's latch opened: the step started from the resumed state
    /// ([`crate::resume`]), not from the one before.
    pub const RESUMED: Self = Self(1 << 14);

    /// True when every bit of `other` is set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Sets the bits of `other`.
    pub fn insert(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl Decision {
    /// The number of steps in a row, this one included, in which u rested at a limit while the
    /// law wanted to go further, given the number before: the sum of the terms lies beyond the
    /// limit, or anti-windup kept it from going there. A held step and a repeated one say
    /// nothing about it and leave the number alone. Saturates.
    pub fn count_at_limit(&self, before: u32) -> u32 {
        if self.flags.contains(Flags::HELD) || self.flags.contains(Flags::REPEATED) {
            return before;
        }
        let trimmed = self.flags.contains(Flags::TRIMMED);
        let further = |at: Flags, beyond: bool| {
            let reached = beyond || (trimmed && self.raw == self.limited);
            self.flags.contains(at) && reached
        };
        let wants = further(Flags::LIMIT_HIGH, self.raw > self.limited)
            || further(Flags::LIMIT_LOW, self.raw < self.limited);
        if wants {
            before.saturating_add(1)
        } else {
            0
        }
    }
}

/// The outcome of one step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// Start of the window (unix seconds): the previous step.
    pub from: i64,
    /// End of the window (unix seconds): this step.
    pub to: i64,
    /// Process variable as used (fraction). When held, y, r, z, e and P are those
    /// of the last accepted sample.
    pub y: Fx,
    /// Setpoint in force (fraction).
    pub r: Fx,
    /// Normalised signed error, clamped to ±8.
    pub z: Fx,
    /// Error outside the dead-band.
    pub e: Fx,
    /// Elapsed periods, capped at `max_periods`.
    pub tau: Fx,
    /// Integral retention factor over the step, 0 ..= 1; 1 when held. Not applied
    /// by a priming step, whose integral is solved.
    pub lambda: Fx,
    /// Proportional term (ppm).
    pub p: Fx,
    /// Integral term after the step (ppm).
    pub i: Fx,
    /// Derivative term (ppm).
    pub d: Fx,
    /// Feed-forward term (ppm).
    pub f: Fx,
    /// Bias in force (ppm).
    pub u0: Fx,
    /// The output before slew limits and limits (ppm): u0 + F + P + I + D after
    /// trimming; the manual value in `Mode::Manual`; when held, the previous u,
    /// or the bias once the hold has expired.
    pub raw: Fx,
    /// After the slew limits (ppm).
    pub slewed: Fx,
    /// After the limits (ppm); `u` is this, rounded towards `u_prev`.
    pub limited: Fx,
    /// Output before the step (ppm).
    pub u_prev: i64,
    /// Output after the step (ppm).
    pub u: i64,
    /// What happened.
    pub flags: Flags,
    /// Why the step was held, if it was.
    pub held: HoldReason,
}
