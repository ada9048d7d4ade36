//! What one step is given.

use crate::Fx;

/// One measurement of y.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The measured value (fraction).
    pub value: Fx,
    /// When it was measured (unix seconds).
    pub at: i64,
    /// How many samples it rests on; looked at for feeds only
    /// ([`crate::Sampling::Point`]).
    pub samples: u32,
}

/// What one step is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Input {
    /// Time of the step (unix seconds).
    pub now: i64,
    /// The measurement, if there is one.
    pub y: Option<Sample>,
    /// The feed-forward measurement w, already gated by the caller (unit of
    /// [`crate::Config::w_ref`]); `None` keeps the last F.
    pub w: Option<Fx>,
    /// What the setpoint is a multiple of ([`crate::Reference::Given`] only; unit of y),
    /// already gated by the caller, clamped to ±[`crate::Config::MAX_SIGNAL`]; `None` holds
    /// the step ([`crate::HoldReason::NoReference`]).
    pub reference: Option<Fx>,
    /// The mean value of u that was really in force since the last step (ppm), if a
    /// cap, a pause or the funding changed it: the integral follows it.
    pub applied: Option<i64>,
    /// The caller's breaker is tripped: the step is held, whatever the sample
    /// ([`crate::HoldReason::Tripped`]).
    pub tripped: bool,
}

impl Input {
    /// A mean over the interval that ends `now`; no w, no reference, no cap, no breaker.
    pub const fn mean(now: i64, y: Fx) -> Self {
        Self::point(now, y)
    }

    /// An instant value taken `now` from one sample; no w, no reference, no cap, no breaker.
    pub const fn point(now: i64, y: Fx) -> Self {
        Self {
            y: Some(Sample {
                value: y,
                at: now,
                samples: 1,
            }),
            ..Self::missing(now)
        }
    }

    /// No measurement at `now`; no w, no reference, no cap, no breaker.
    pub const fn missing(now: i64) -> Self {
        Self {
            now,
            y: None,
            w: None,
            reference: None,
            applied: None,
            tripped: false,
        }
    }
}
