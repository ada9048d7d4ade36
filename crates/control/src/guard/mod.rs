//! The anomaly guard: whether a measurement is too strange to steer by.
//!
//! A guard watches the same gated y as its controller and keeps a running mean
//! and deviation of it. It latches on three findings and then holds the
//! controller ([`guarded_step`]). No transaction fails, and no other controller is
//! held:
//!
//! - **Spike**: `|y - mean| > limit x deviation`, one sample.
//! - **Drift**: a two-sided CUSUM passes its threshold (E. S. Page, "Continuous
//!   inspection schemes", Biometrika 41, 1954).
//! - **Frozen**: a feed gives the same value too often in a row.
//!
//! # One observation
//!
//! `w` are the seconds since the last observation, at most one period, so that
//! withholding a crank gives a sample no more weight. `T` = half-life / ln 2 in seconds:
//!
//! ```text
//! sigma  = max(deviation, floor x scale)
//! score  = (y - mean) / sigma                      towards zero, ppm
//! spike  : |y - mean| > limit x sigma              exact (product down to 2^-40, distance whole)
//! up     = max(0, up   + ( score - slack) w / period)   drift: up > threshold
//! down   = max(0, down + (-score - slack) w / period)   drift: down > threshold
//! W      = min(W, T) + w;   a = w / W              down to 2^-38
//! c      = clamp(y - mean, ± limit x sigma)        winsorised
//! mean      += a c                                 half away from zero, 2^-40
//! deviation += a (|c| - deviation)                 half away from zero, 2^-40
//! ```
//!
//! `W` grows to `T` and stays: first the plain weighted mean (D. H. D. West,
//! "Updating mean and variance estimates", CACM 22, 1979; T. Finch, "Incremental
//! calculation of weighted mean and variance", 2009), then the exponentially
//! weighted one (S. W. Roberts, Technometrics 1, 1959) with the weight of a
//! first-order lag, as in the law's derivative filter. The deviation is the mean
//! absolute one of the prediction error (V. Jacobson, "Congestion avoidance and
//! control", 1988): no square, no root, and a single outlier counts once, not
//! squared. Normal noise of standard deviation s has a mean absolute deviation
//! of 0.798 s.
//!
//! The first `min_samples` samples are learnt, not judged for spike and drift; they are
//! winsorised too, and since sigma grows with every clamped sample, the clamp of a noisy series
//! widens within a few samples. Evidence counts by time and at most one period's
//! worth a sample, so that nobody makes more of it by cranking more often.
//!
//! # The latch
//!
//! A latched guard learns nothing: the sample that closed the latch is suspect, and
//! what follows may be more of the same. It opens with the first observation at or after
//! `latched_since + max(hold_periods, MIN_HOLD in whole periods) x period`, or by
//! [`GuardState::resume`], and then starts from nothing: a lasting change of level
//! is the new normal, and cannot hold a controller again before `n` further samples:
//! `min_samples`, or `frozen` where that is on and smaller. So whoever can latch a guard
//! at will holds its controller for at most `hold / (hold + n)` of the time, at the value
//! it had.
//!
//! A series that keeps within `slack x floor x scale` (4 % of the scale by
//! default) never latches, however quiet it was: small deposits and donations, which
//! anyone can make, cannot hold a controller.
//!
//! The latch counts seconds from the step that closed it. If the crank two periods
//! later comes some seconds early, the latch is still closed, and the step after
//! that opens it.
//!
//! The guard cannot see a drift that is slower than the mean follows, nor an outlier
//! in a series that somebody has made noisy from its first samples on, since its
//! deviation is then as wide. Against both stand the limits and slew limits of the law.
//!
//! # Together with the law
//!
//! [`guarded_step`] is the one call of the program, for preview and crank alike. While
//! the guard is latched each step is held like any other: u stays where it is, and
//! after [`Config::max_hold`] periods it moves to the bias within the slew limits. A
//! latch lasts a day at least, so with periods below 6 hours and a `max_hold` of 4 it
//! lasts that long; a larger `max_hold` keeps u. A missing sample is the gate's finding
//! and no anomaly; the clock of a latch runs on without samples.

mod config;
mod observe;
mod scale;
mod state;

pub use config::{GuardConfig, GuardConfigError, GuardField};
pub use observe::observe;
pub use state::{GuardFlags, GuardState, Verdict};

use crate::{
    law::{gate, held_step, resume, step},
    Config, Decision, Flags, Input, State,
};
use observe::standing;

/// What [`guarded_step`] hands back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guarded {
    /// Memory of the controller after the step.
    pub state: State,
    /// Memory of the guard after the step.
    pub guard: GuardState,
    /// The decision.
    pub decision: Decision,
    /// The guard's verdict on the measurement.
    pub verdict: Verdict,
}

/// One step of a guarded controller: the guard observes what the gate accepts,
/// then the law steps, resumed first if a latch has opened, or holds.
///
/// Pure and total like [`step`]; at or before the time of the last step nothing
/// changes. While the caller's breaker is tripped ([`Input::tripped`]) the guard
/// sees no sample.
// A stack frame on chain has 4,096 bytes: inlined, this would share its caller's.
#[inline(never)]
pub fn guarded_step(
    config: &Config,
    guard_config: &GuardConfig,
    state: &State,
    guard: &GuardState,
    input: &Input,
) -> Guarded {
    if input.now <= state.last_at {
        // The guard observes once a step, whatever time its own state has.
        let (state, decision) = step(config, state, input);
        return Guarded {
            state,
            guard: *guard,
            decision,
            verdict: standing(config, guard_config, guard, GuardFlags::REPEATED),
        };
    }
    let y = gate(config, input).ok().map(|(y, _)| y);
    let (guard, verdict) = observe(config, guard_config, guard, y, input.now);
    let (state, decision) = if let Some(reason) = verdict.latched {
        held_step(config, state, input, reason)
    } else if verdict.flags.contains(GuardFlags::RESUMED) {
        resumed_step(config, state, input)
    } else {
        step(config, state, input)
    };
    Guarded {
        state,
        guard,
        decision,
        verdict,
    }
}

/// A step that begins by resuming the law, and says so ([`Flags::RESUMED`]).
///
/// [`guarded_step`] calls it when a latch opens; a replay that has the flag from a
/// record instead of a guard may too.
// A stack frame on chain has 4,096 bytes: inlined, this would share its caller's.
#[inline(never)]
pub fn resumed_step(config: &Config, state: &State, input: &Input) -> (State, Decision) {
    if input.now <= state.last_at {
        return step(config, state, input);
    }
    let (mut state, _) = step(config, &resume(config, state, input.now), input);
    state.last.flags.insert(Flags::RESUMED);
    (state, state.last)
}
