//! What one controller remembers between steps.

use crate::{Decision, Fx};

/// Memory of one controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Time of the last step (unix seconds).
    pub last_at: i64,
    /// Output u in force (ppm), rounded towards the previous one.
    pub u: i64,
    /// Integral I (ppm).
    pub integral: Fx,
    /// Filtered derivative d (normalised error per period).
    pub derivative: Fx,
    /// Last accepted y; `None` after a hold, a gap or before the first sample.
    pub y_prev: Option<Fx>,
    /// Slow exponential mean of y ([`crate::Reference::Average`]); `None` before the first
    /// accepted sample.
    pub average: Option<Fx>,
    /// Last accepted e*, for the trapezoid of `Sampling::Point`.
    pub e_prev: Option<Fx>,
    /// Last accepted feed-forward F (ppm).
    pub feed_forward: Fx,
    /// Upward slew budget (ppm seconds), `u64::MAX` without a limit.
    pub bucket_up: u64,
    /// Downward slew budget (ppm seconds), `u64::MAX` without a limit.
    pub bucket_down: u64,
    /// The upward slew limit was widened since the last step: until the next one
    /// `bucket_up` keeps what the limit before had filled.
    pub widened_up: bool,
    /// The same of the downward slew limit and `bucket_down`.
    pub widened_down: bool,
    /// Seconds since the last accepted sample that were held.
    pub held_for: u64,
    /// How the next accepted sample primes the integral.
    pub prime: Prime,
    /// The last decision: a repeated step returns it, and re-solving starts from its
    /// terms.
    pub last: Decision,
}

/// How the next accepted sample sets the integral before it regulates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Prime {
    /// The integral is as the last accepted sample left it.
    #[default]
    No = 0,
    /// After creation: I = 0.
    Zero = 1,
    /// After resume, a mode change or a failed computation: I = u - u0 - F - P.
    Solve = 2,
}
