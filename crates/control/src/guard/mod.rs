//! The anomaly guard: whether a measurement is too strange to steer by.
//!
//! A guard watches the same gated y as its controller and keeps a running mean
//! and deviation of it. It latches on three findings and then holds the
//! controller ([`guarded_step`]); nothing fails, and no other controller is
//! concerned:
//!
//! - **Spike**: `|y - mean| > limit x deviation`, one sample.
//! - **Drift**: a two-sided CUSUM passes its threshold (E. S. Page, "Continuous
//!   inspection schemes", Biometrika 41, 1954).
//! - **Frozen**: a feed gives the same value too often in a row.
//!
//! # One observation
//!
//! With `w` = the seconds since the last observation, at most one period (a late
//! crank buys a sample no more weight), `T` = half-life / ln 2 in seconds:
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
//! The first `min_samples` samples are learnt, not judged; they are winsorised
//! too, and since sigma grows with every clamped sample, a noisy series opens
//! the clamp within a few. Evidence counts by time and at most one period's
//! worth per sample, so cranking more often does not add up to more of it.
//!
//! # The latch
//!
//! A latched guard learns nothing: what tripped it is suspect, and what follows
//! may be more of the same. It opens with the first observation at or after
//! `held_since + max(hold_periods, MIN_HOLD in whole periods) x period`, or by
//! [`GuardState::resume`], and then starts from nothing: a lasting change of level
//! is the new normal, and cannot hold a controller again before `min_samples`
//! further samples. So whoever can trip a guard at will holds its controller for
//! at most `hold / (hold + min_samples)` of the time, at the value it had.
//!
//! A series that keeps within `slack x floor x scale` (4 % of the scale by
//! default) never trips, however quiet it was: dust and donations are no lever.
//!
//! The latch counts seconds from the step that tripped. A keeper who is some
//! seconds earlier two periods later finds it closed, and the step after that
//! opens it.
//!
//! What the guard cannot see: a drift slower than the mean follows, and a series
//! that somebody keeps wild from its first samples on, whose deviation is then
//! as wide. Against both stand the limits and slews of the law.
//!
//! # Together with the law
//!
//! [`guarded_step`] is the program's one call, preview and apply alike. A latch
//! counts as a hold like any other: u stays where it is, and a latch that lasts
//! longer than [`Config::max_hold`] periods lets u go to the bias within the slew
//! limits (with periods below 6 hours and the usual four, the day's minimum does:
//! a larger `max_hold` keeps u). A missing sample is the gate's business and no
//! anomaly; the clock of a latch runs on without samples.

mod config;
mod state;

pub use config::{GuardConfig, GuardConfigError, GuardField};
pub use state::{GuardFlags, GuardState, LatchReason, Verdict};

use crate::{
    law::{gate, held_step, resume, step},
    math::{limit, mul_64},
    Config, Decision, Flags, Fx, Input, Sampling, State,
};

/// One deviation, or the scale, in the unit of settings and scores.
const PPM: u64 = 1_000_000;
/// 1 / ln 2 (ppm): from half-life to time constant.
const HALF_LIFE: u32 = 1_442_695;
/// Bits of [`Fx`] below a unit of [`GuardState`].
const DROPPED: u32 = 8;
/// Fraction bits of the weight of a sample: its seconds have 25 bits.
const WEIGHT: u32 = 38;

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
/// changes. While the caller's own breaker holds ([`Input::latched`]) the guard
/// sees no sample.
#[inline(never)] // on chain a frame has 4,096 bytes
pub fn guarded_step(
    config: &Config,
    guard_config: &GuardConfig,
    state: &State,
    guard: &GuardState,
    input: &Input,
) -> Guarded {
    if input.now <= state.last_at {
        // Whatever the guard's own clock says, one step is one observation.
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
#[inline(never)] // on chain a frame has 4,096 bytes
pub fn resumed_step(config: &Config, state: &State, input: &Input) -> (State, Decision) {
    if input.now <= state.last_at {
        return step(config, state, input);
    }
    let (mut state, _) = step(config, &resume(config, state, input.now), input);
    state.last.flags.insert(Flags::RESUMED);
    (state, state.last)
}

/// Shows the guard one sample, or that there is none (`y` is a fraction, `now`
/// unix seconds).
///
/// Total: for configurations that validate there is no state and no sample that
/// panics, wraps or overflows. At or before the time of the last observation
/// nothing changes.
pub fn observe(
    config: &Config,
    guard_config: &GuardConfig,
    state: &GuardState,
    y: Option<Fx>,
    now: i64,
) -> (GuardState, Verdict) {
    if now <= state.last_at {
        let verdict = standing(config, guard_config, state, GuardFlags::REPEATED);
        return (*state, verdict);
    }
    let mut flags = GuardFlags::default();
    let mut next = GuardState {
        last_at: now,
        ..*state
    };
    if state.latched.is_some() {
        if guard_config.enabled && now < opens_at(config, guard_config, state) {
            return (next, standing(config, guard_config, &next, flags));
        }
        next = GuardState::new(now);
        flags.insert(GuardFlags::RESUMED);
    }
    if !guard_config.enabled {
        // What was learnt is out of date by the time the guard is back.
        next = GuardState::new(now);
        return (next, standing(config, guard_config, &next, flags));
    }
    let Some(y) = y.map(units) else {
        return (next, standing(config, guard_config, &next, flags));
    };

    let seconds = Ord::min(now.abs_diff(state.last_at), u64::from(config.period));
    if next.samples == 0 {
        flags.insert(GuardFlags::PRIMED);
        flags.insert(GuardFlags::WARMING_UP);
        next = GuardState {
            mean: y,
            value: y,
            weight: seconds,
            samples: 1,
            run: 1,
            ..GuardState::new(now)
        };
        return (next, standing(config, guard_config, &next, flags));
    }

    let judged = judge(config, guard_config, &mut next, y, seconds);
    if next.samples < guard_config.min_samples {
        flags.insert(GuardFlags::WARMING_UP);
    }
    let kept = Ord::min(judged.distance, judged.bound);
    match judged.finding {
        Some(reason) => {
            flags.insert(GuardFlags::TRIPPED);
            next = next.latch(reason, now);
        }
        None if kept != judged.distance => flags.insert(GuardFlags::CLAMPED),
        None => {}
    }
    // Before learning: the verdict shows what the sample was held against.
    let verdict = Verdict {
        score: judged.score,
        ..standing(config, guard_config, &next, flags)
    };
    if judged.finding.is_none() {
        next.value = y;
        learn(config, guard_config, &mut next, judged.above, kept, seconds);
    }
    (next, verdict)
}

/// A sample held against the statistics.
struct Judged {
    /// |y - mean| (2^-40).
    distance: u64,
    /// y >= mean.
    above: bool,
    /// The largest distance that is no outlier (2^-40).
    bound: u64,
    /// [`Verdict::score`].
    score: i64,
    finding: Option<LatchReason>,
}

/// Holds one sample against the statistics and books it as evidence: the CUSUM
/// and the run of identical values.
fn judge(
    config: &Config,
    guard_config: &GuardConfig,
    state: &mut GuardState,
    y: i64,
    seconds: u64,
) -> Judged {
    let sigma = floored(config, guard_config, state.deviation);
    let bound = part_per_million(sigma, guard_config.limit);
    let distance = y.abs_diff(state.mean);
    let above = y >= state.mean;
    let score = score(distance, above, sigma);

    state.run = if y == state.value {
        state.run.saturating_add(1)
    } else {
        1
    };
    let frozen = config.sampling == Sampling::Point
        && guard_config.frozen != 0
        && state.run >= guard_config.frozen;

    let finding = if state.samples < guard_config.min_samples {
        None
    } else if distance > bound {
        Some(LatchReason::Spike)
    } else {
        let evidence = |sum: u32, score: i64| {
            let excess = score.saturating_sub(i64::from(guard_config.slack));
            accumulated(sum, excess, seconds, config.period)
        };
        state.cusum_up = evidence(state.cusum_up, score);
        state.cusum_down = evidence(state.cusum_down, score.saturating_neg());
        let most = Ord::max(state.cusum_up, state.cusum_down);
        (most > guard_config.threshold).then_some(LatchReason::Drift)
    };
    Judged {
        distance,
        above,
        bound,
        score,
        finding: finding.or(frozen.then_some(LatchReason::Frozen)),
    }
}

/// Takes a sample into the statistics: it lies `kept` (2^-40) above or below the
/// mean and stands for `seconds`.
fn learn(
    config: &Config,
    guard_config: &GuardConfig,
    state: &mut GuardState,
    above: bool,
    kept: u64,
    seconds: u64,
) {
    let before = Ord::min(state.weight, time_constant(guard_config, config.period));
    state.weight = before.saturating_add(seconds);
    state.samples = state.samples.saturating_add(1);
    // 25 bits of seconds and 38: no bit is lost.
    let weight = (seconds << WEIGHT).checked_div(state.weight).unwrap_or(0);

    let shift = weighted(kept, weight);
    state.mean = if above {
        state.mean.saturating_add_unsigned(shift)
    } else {
        state.mean.saturating_sub_unsigned(shift)
    };
    let shift = weighted(kept.abs_diff(state.deviation), weight);
    state.deviation = if kept > state.deviation {
        state.deviation.saturating_add(shift)
    } else {
        state.deviation.saturating_sub(shift)
    };
}

/// What there is to say without judging a sample.
#[inline(never)] // in four places: 3 KB of the ELF
fn standing(
    config: &Config,
    guard_config: &GuardConfig,
    state: &GuardState,
    flags: GuardFlags,
) -> Verdict {
    Verdict {
        latched: state.latched,
        resumes_at: state.latched.map(|_| opens_at(config, guard_config, state)),
        flags,
        score: 0,
        mean: fraction(i128::from(state.mean)),
        deviation: fraction(i128::from(floored(config, guard_config, state.deviation))),
        cusum_up: state.cusum_up,
        cusum_down: state.cusum_down,
    }
}

/// When a closed latch opens (unix seconds).
fn opens_at(config: &Config, guard_config: &GuardConfig, state: &GuardState) -> i64 {
    state
        .held_since
        .saturating_add_unsigned(guard_config.hold(config.period))
}

/// A measurement in units of 2^-40, rounded down and kept within what
/// [`Config::validate`] calls credible.
fn units(y: Fx) -> i64 {
    let y = limit(y, Config::MAX_SIGNAL.saturating_neg(), Config::MAX_SIGNAL);
    (y.to_bits() >> DROPPED) as i64 // |y| <= 1,000,000 < 2^20: 60 bits and the sign
}

/// Units of 2^-40 as a fraction.
fn fraction(units: i128) -> Fx {
    Fx::from_bits(units << DROPPED) // at most 72 bits
}

/// The deviation that a sample is held against (2^-40). Never 0: the smallest
/// floor of the smallest scale has a thousand units.
fn floored(config: &Config, guard_config: &GuardConfig, deviation: u64) -> u64 {
    let scale = units(config.scale).unsigned_abs();
    let floor = part_per_million(scale, guard_config.floor);
    Ord::max(deviation, floor)
}

/// `value x ppm / 1,000,000`, rounded down, saturating. Exact in 64 bits: the
/// quotient and the remainder of `value` by a million are multiplied apart.
fn part_per_million(value: u64, ppm: u32) -> u64 {
    // 20 bits and 32 in the remainder.
    let part = (value % PPM).wrapping_mul(u64::from(ppm)) / PPM;
    match u32::try_from(value / PPM) {
        // A checked product costs a 128-bit one on chain; 32 bits and 32 need no check.
        Ok(millions) => u64::from(millions)
            .wrapping_mul(u64::from(ppm))
            .saturating_add(part),
        Err(_) => (value / PPM)
            .saturating_mul(u64::from(ppm))
            .saturating_add(part),
    }
}

/// `± distance / sigma` (ppm), rounded towards zero, saturating.
fn score(distance: u64, above: bool, sigma: u64) -> i64 {
    let quotient = if distance <= u64::MAX / PPM {
        // Distances below 16, as ever with shares: 64 bits divide at once.
        let scaled = distance.wrapping_mul(PPM);
        scaled.checked_div(sigma).unwrap_or(u64::MAX)
    } else {
        mul_64(distance, PPM)
            .checked_div(u128::from(sigma))
            .and_then(|quotient| u64::try_from(quotient).ok())
            .unwrap_or(u64::MAX)
    };
    let score = i64::try_from(quotient).unwrap_or(i64::MAX);
    if above {
        score
    } else {
        score.saturating_neg()
    }
}

/// One side of the CUSUM (ppm of a deviation) after `seconds` of `excess`; the
/// share of a period is rounded towards zero.
fn accumulated(sum: u32, excess: i64, seconds: u64, period: u32) -> u32 {
    // No score beyond a limit of 100 deviations comes here: 28 bits with the slack,
    // and 32. Divided without its sign: the upstream ELF build has no signed division.
    let share = excess
        .unsigned_abs()
        .wrapping_mul(seconds)
        .checked_div(u64::from(period))
        .unwrap_or(0);
    let share = u32::try_from(share).unwrap_or(u32::MAX);
    if excess < 0 {
        sum.saturating_sub(share)
    } else {
        sum.saturating_add(share)
    }
}

/// T (seconds), rounded down.
fn time_constant(guard_config: &GuardConfig, period: u32) -> u64 {
    // 16 bits and 32.
    let half_life = u64::from(guard_config.half_life).wrapping_mul(u64::from(period));
    part_per_million(half_life, HALF_LIFE)
}

/// `value x weight / 2^38`, rounded to nearest, half up.
fn weighted(value: u64, weight: u64) -> u64 {
    let rounded = mul_64(value, weight).saturating_add(1 << (WEIGHT - 1)) >> WEIGHT;
    rounded as u64 // weight <= 2^38: not above value
}
