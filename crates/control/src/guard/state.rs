//! What a guard remembers, and what it says.

use crate::{Fx, LatchReason};

/// Memory of one guard: whole numbers, 64 bytes in an account. All zeros is a valid
/// guard that has seen nothing.
///
/// Measurements count in units of 2^-40: the credible ±1,000,000 then fit 64
/// bits, and the smallest scale still has a million units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GuardState {
    /// Running mean of y (2^-40).
    pub mean: i64,
    /// Running mean absolute deviation of y, without its floor (2^-40).
    pub deviation: u64,
    /// Last learnt sample (2^-40).
    pub value: i64,
    /// Time of the last observation (unix seconds).
    pub last_at: i64,
    /// When the latch closed (unix seconds); without meaning while it is open.
    pub latched_since: i64,
    /// Time that the statistics stand for (seconds), up to their time constant.
    pub weight: u64,
    /// Evidence of an upward drift (ppm of a deviation).
    pub cusum_up: u32,
    /// Evidence of a downward drift (ppm of a deviation).
    pub cusum_down: u32,
    /// Samples learnt since creation or the last resume, saturating; 0 = unprimed.
    pub samples: u16,
    /// Length of the run of identical samples that ends with `value`, saturating.
    pub run: u16,
    /// Why the guard is latched, if it is; one byte in an account:
    /// [`LatchReason::number`], 0 = open.
    pub latched: Option<LatchReason>,
}

impl GuardState {
    /// A guard that has seen nothing yet, at `now` (unix seconds).
    pub const fn new(now: i64) -> Self {
        Self {
            mean: 0,
            deviation: 0,
            value: 0,
            last_at: now,
            latched_since: 0,
            weight: 0,
            cusum_up: 0,
            cusum_down: 0,
            samples: 0,
            run: 0,
            latched: None,
        }
    }

    /// Opens the latch at `now` (unix seconds) and forgets the statistics: the
    /// next sample primes them. The law is to be resumed with it
    /// ([`crate::resume`]); [`crate::guarded_step`] does both when the time is up.
    #[must_use]
    pub fn resume(&self, now: i64) -> Self {
        Self::new(Ord::max(self.last_at, now))
    }

    /// Closes the latch at `now` (unix seconds), as [`crate::observe`] does with a
    /// finding. A latch that is closed stays as it is, so that nobody can prolong it.
    #[must_use]
    pub fn latch(&self, reason: LatchReason, now: i64) -> Self {
        if self.latched.is_some() {
            return *self;
        }
        Self {
            latched_since: Ord::max(self.last_at, now),
            latched: Some(reason),
            ..*self
        }
    }
}

/// What happened in an observation, as bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GuardFlags(pub u8);

impl GuardFlags {
    /// The first sample after creation or resume: it became the mean.
    pub const PRIMED: Self = Self(1);
    /// `now` is not after the last observation: nothing changed.
    pub const REPEATED: Self = Self(1 << 1);
    /// Fewer than `min_samples` learnt so far: the sample was not judged for spike and drift.
    pub const WARMING_UP: Self = Self(1 << 2);
    /// The sample entered the statistics clamped to the deviation limit.
    pub const CLAMPED: Self = Self(1 << 3);
    /// The latch closed.
    pub const LATCHED: Self = Self(1 << 4);
    /// The latch opened: the law is to be resumed before it steps.
    pub const RESUMED: Self = Self(1 << 5);

    /// True when every bit of `other` is set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Sets the bits of `other`.
    pub fn insert(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// What a guard says about one observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Why the guard is latched, if it is.
    pub latched: Option<LatchReason>,
    /// When the latch opens by itself (unix seconds), if it is closed.
    pub resumes_at: Option<i64>,
    /// What happened.
    pub flags: GuardFlags,
    /// Distance of the sample from the mean (ppm of the deviation), rounded
    /// towards zero, saturating; 0 for what was not judged or learnt.
    pub score: i64,
    /// The mean that the sample was compared with (fraction).
    pub mean: Fx,
    /// The deviation that the sample was compared with, not below its floor (fraction).
    pub deviation: Fx,
    /// Evidence of an upward drift, this sample included (ppm of a deviation).
    pub cusum_up: u32,
    /// Evidence of a downward drift, this sample included (ppm of a deviation).
    pub cusum_down: u32,
}
