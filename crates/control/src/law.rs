//! The law: creation, one step, and changes of the configuration.
//!
//! Rounding, by quantity: `tau`, `z`, products with a gain, `d` and `lambda`
//! half to even at 2^-48; sums exactly; slew budgets down to whole ppm; `u`
//! to whole ppm towards the previous `u`. A configuration that passes
//! [`Config::validate`] and a state that [`step`] made leave every operation
//! far inside its range; a state from elsewhere may not, and then the step
//! holds ([`HoldReason::Computation`]).

use crate::{
    config::{Action, Config, ConfigError, Mode, Sampling},
    decision::{Decision, Flags, HoldReason},
    guard::LatchReason,
    math::{
        ceil, checked_div, checked_mul, checked_mul_halved, div_half_even, exp2_neg, floor, limit,
        mul_half_even, ratio, whole,
    },
    state::{Prime, State},
    Fx,
};

/// One measurement of y.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The measured value (fraction).
    pub value: Fx,
    /// When it was measured (unix seconds).
    pub at: i64,
    /// How many samples it rests on (feeds; ignored with [`Sampling::Mean`]).
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
    /// [`Config::w_ref`]); `None` keeps the last F.
    pub w: Option<Fx>,
    /// The value of u that was really in force since the last step (ppm), if a
    /// cap or funding changed it.
    pub applied: Option<i64>,
    /// The caller's breaker holds this controller ([`HoldReason::Latched`]).
    pub latched: bool,
}

impl Input {
    /// A mean over the interval that ends `now`, and nothing special.
    pub const fn mean(now: i64, y: Fx) -> Self {
        Self::point(now, y)
    }

    /// An instant value taken `now` from one sample, and nothing special.
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

    /// No measurement at `now`, and nothing special.
    pub const fn missing(now: i64) -> Self {
        Self {
            now,
            y: None,
            w: None,
            applied: None,
            latched: false,
        }
    }
}

/// A change of the configuration of a living controller. What is not listed
/// (action, sampling, period, scale) is fixed at creation.
///
/// A quantity with `over_seconds` moves linearly from its present value to
/// `to` in that time, starting at once; 0 is a jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Setpoint r (fraction). Not re-solved: it acts through ramp and slew.
    Setpoint {
        /// Target (fraction).
        to: Fx,
        /// Duration of the ramp (s).
        over_seconds: u32,
    },
    /// Bias u0 (ppm). Not re-solved: it acts through ramp and slew.
    Bias {
        /// Target (ppm).
        to: Fx,
        /// Duration of the ramp (s).
        over_seconds: u32,
    },
    /// Proportional gain (ppm). Bumpless, at every step of its ramp.
    Kp {
        /// Target (ppm per unit of error).
        to: Fx,
        /// Duration of the ramp (s).
        over_seconds: u32,
    },
    /// Integral gain (ppm). The integral stays: only its future rate changes.
    Ki {
        /// Target (ppm per unit of error and period).
        to: Fx,
        /// Duration of the ramp (s).
        over_seconds: u32,
    },
    /// Derivative gain (ppm). Bumpless, at every step of its ramp.
    Kd {
        /// Target (ppm periods per unit of error).
        to: Fx,
        /// Duration of the ramp (s).
        over_seconds: u32,
    },
    /// Derivative filter Tf. Bumpless, at every step of its ramp.
    Filter {
        /// Target (periods).
        to: Fx,
        /// Duration of the ramp (s).
        over_seconds: u32,
    },
    /// Dead-band half-width. Bumpless, at every step of its ramp.
    DeadBand {
        /// Target (normalised error).
        to: Fx,
        /// Duration of the ramp (s).
        over_seconds: u32,
    },
    /// Half-life of the integral (s); 0 = no leak. The integral stays.
    HalfLife(u64),
    /// Limits of u (ppm). A u outside them is clamped at once, and the
    /// integral re-solved for the clamped u.
    Limits {
        /// Lower limit (ppm).
        min: i64,
        /// Upper limit (ppm).
        max: i64,
    },
    /// Slew limits (ppm per period). Fuller buckets shrink to the new capacity;
    /// the time since the last step refills them at the new rate.
    Slew {
        /// Fastest rise; `None` = unlimited.
        up: Option<u64>,
        /// Fastest fall; `None` = unlimited.
        down: Option<u64>,
    },
    /// Cap of the integrated time (periods).
    MaxPeriods(u32),
    /// Hold before u moves to the bias (periods).
    MaxHold(u32),
    /// Automatic or manual. Bumpless: the integral is solved for the present u.
    Mode(Mode),
    /// Feed-forward. Not re-solved: it acts through the slew limits.
    FeedForward {
        /// Gain Kf (ppm per unit of w).
        kf: Fx,
        /// Reference w0 (unit of w).
        w_ref: Fx,
        /// Limit of |F| (ppm).
        f_max: Fx,
    },
    /// What the gate accepts.
    Gate {
        /// Oldest sample (s).
        max_age: u32,
        /// Fewest samples (feeds).
        min_samples: u32,
        /// Lowest credible y (fraction).
        y_min: Fx,
        /// Highest credible y (fraction).
        y_max: Fx,
    },
}

/// A new controller: u is the bias (rounded half to even, within the limits)
/// or the manual value, the slew buckets are full, the integral is empty.
///
/// # Errors
///
/// The first field that [`Config::validate`] refuses.
pub fn create(config: &Config, now: i64) -> Result<State, ConfigError> {
    config.validate()?;
    let u0 = config.bias.at(now);
    let u = match config.mode {
        Mode::Auto => limit(
            floor(u0.saturating_round_ties_even()),
            config.min,
            config.max,
        ),
        Mode::Manual(u) => u,
    };
    Ok(State {
        last_at: now,
        u,
        integral: Fx::ZERO,
        derivative: Fx::ZERO,
        y_prev: None,
        e_prev: None,
        feed_forward: Fx::ZERO,
        bucket_up: capacity(config.slew_up, config.period),
        bucket_down: capacity(config.slew_down, config.period),
        held_for: 0,
        prime: Prime::Zero,
        last: Decision {
            from: now,
            to: now,
            r: config.setpoint.at(now),
            lambda: Fx::ONE,
            u0,
            raw: whole(u),
            slewed: whole(u),
            limited: whole(u),
            u_prev: u,
            u,
            ..Decision::default()
        },
    })
}

/// One step of the law. Preview and apply are this same pure function: the
/// first drops the state, the second stores it.
///
/// Total: for a configuration that validates there is no state and no input
/// that panics, wraps or overflows. At or before the time of the last step
/// nothing changes, and the last decision comes back flagged
/// [`Flags::REPEATED`].
pub fn step(config: &Config, state: &State, input: &Input) -> (State, Decision) {
    if input.now <= state.last_at {
        return repeat(state);
    }
    let present = Present::new(config, state, input);
    match gate(config, input) {
        Ok(y) => regulate(config, state, input, &present, y)
            .unwrap_or_else(|| hold(config, state, &present, HoldReason::Computation)),
        Err(reason) => hold(config, state, &present, reason),
    }
}

/// A step that holds because a guard is latched, whatever the sample. The
/// caller's own breaker ([`Input::latched`]) comes first as the reason.
///
/// [`crate::guarded_step`] calls it; a replay that has the reason from a record
/// instead of a guard may too.
#[inline(never)] // on chain a frame has 4,096 bytes
pub fn held_step(
    config: &Config,
    state: &State,
    input: &Input,
    reason: LatchReason,
) -> (State, Decision) {
    if input.now <= state.last_at {
        return repeat(state);
    }
    let present = Present::new(config, state, input);
    let reason = if input.latched {
        HoldReason::Latched
    } else {
        reason.into()
    };
    hold(config, state, &present, reason)
}

/// The last decision again.
fn repeat(state: &State) -> (State, Decision) {
    let mut decision = state.last;
    decision.flags.insert(Flags::REPEATED);
    (*state, decision)
}

/// Releases a controller that a breaker held: the integral is solved for the
/// present u, and the next accepted sample primes the law instead of meeting
/// the error that was built up meanwhile.
pub fn resume(config: &Config, state: &State, now: i64) -> State {
    State {
        integral: solve_for_output(config, state, now).unwrap_or(state.integral),
        y_prev: None,
        e_prev: None,
        held_for: 0,
        prime: Prime::Solve,
        ..*state
    }
}

/// The configuration after a change, and the state that makes the change
/// bumpless where the law asks for it.
///
/// # Errors
///
/// The first field of the new configuration that [`Config::validate`] refuses;
/// then nothing has changed.
pub fn change(
    config: &Config,
    state: &State,
    change: &Change,
    now: i64,
) -> Result<(Config, State), ConfigError> {
    let next = changed(config, change, now);
    next.validate()?;

    let mut after = *state;
    match *change {
        Change::Kp { .. } | Change::Kd { .. } | Change::Filter { .. } | Change::DeadBand { .. } => {
            // A jump acts here. A ramp starts from the old value, so this finds
            // no difference and the steps re-solve as it moves.
            let at = last_sample_at(state);
            let (old, new) = (Gains::at(config, at), Gains::at(&next, at));
            if state.prime == Prime::No && old != new {
                match resolve(&next, state, &old, &new) {
                    Some(integral) => after.integral = integral,
                    None => after.prime = Prime::Solve,
                }
            }
        }
        Change::Mode(mode) if mode != config.mode => {
            after.integral = solve_for_output(&next, state, now).unwrap_or(state.integral);
            if !matches!((config.mode, mode), (Mode::Manual(_), Mode::Manual(_))) {
                after.prime = Prime::Solve;
            }
        }
        Change::Limits { min, max } => {
            let u = limit(state.u, min, max);
            if u != state.u {
                spend(&next, &mut after, u);
                match solve_for_output(&next, &after, now) {
                    Some(integral) => after.integral = integral,
                    None => after.prime = Prime::Solve,
                }
            }
        }
        Change::Slew { up, down } => {
            after.bucket_up = Ord::min(state.bucket_up, capacity(up, config.period));
            after.bucket_down = Ord::min(state.bucket_down, capacity(down, config.period));
        }
        _ => {}
    }
    Ok((next, after))
}

/// The configuration with the change written into it, unchecked.
fn changed(config: &Config, change: &Change, now: i64) -> Config {
    let mut next = *config;
    match *change {
        Change::Setpoint { to, over_seconds } => {
            next.setpoint = config.setpoint.towards(to, now, over_seconds);
        }
        Change::Bias { to, over_seconds } => {
            next.bias = config.bias.towards(to, now, over_seconds);
        }
        Change::Kp { to, over_seconds } => next.kp = config.kp.towards(to, now, over_seconds),
        Change::Ki { to, over_seconds } => next.ki = config.ki.towards(to, now, over_seconds),
        Change::Kd { to, over_seconds } => next.kd = config.kd.towards(to, now, over_seconds),
        Change::Filter { to, over_seconds } => {
            next.filter = config.filter.towards(to, now, over_seconds);
        }
        Change::DeadBand { to, over_seconds } => {
            next.dead_band = config.dead_band.towards(to, now, over_seconds);
        }
        Change::HalfLife(seconds) => next.half_life = seconds,
        Change::Limits { min, max } => {
            (next.min, next.max) = (min, max);
            // Where the bias came from must not stand in the way of new limits.
            next.bias = config.bias.rest(now);
        }
        Change::Slew { up, down } => (next.slew_up, next.slew_down) = (up, down),
        Change::MaxPeriods(periods) => next.max_periods = periods,
        Change::MaxHold(periods) => next.max_hold = periods,
        Change::Mode(mode) => next.mode = mode,
        Change::FeedForward { kf, w_ref, f_max } => {
            (next.kf, next.w_ref, next.f_max) = (kf, w_ref, f_max);
        }
        Change::Gate {
            max_age,
            min_samples,
            y_min,
            y_max,
        } => {
            (next.max_age, next.min_samples) = (max_age, min_samples);
            (next.y_min, next.y_max) = (y_min, y_max);
        }
    }
    next
}

/// The quantities of a step that do not depend on y.
struct Present {
    now: i64,
    /// Seconds since the last step.
    elapsed: u64,
    /// The same, capped at `max_periods`.
    seconds: u64,
    tau: Fx,
    gap: bool,
    u0: Fx,
    f: Fx,
    gains: Gains,
    bucket_up: u64,
    bucket_down: u64,
    flags: Flags,
}

impl Present {
    fn new(config: &Config, state: &State, input: &Input) -> Self {
        let now = input.now;
        let period = u64::from(config.period);
        let elapsed = now.abs_diff(state.last_at);
        let longest = u64::from(config.max_periods).saturating_mul(period);
        let gap = elapsed > longest;
        let seconds = Ord::min(elapsed, longest);

        let mut flags = Flags::default();
        if gap {
            flags.insert(Flags::GAP);
        }
        if input.applied.is_some_and(|applied| applied != state.u) {
            flags.insert(Flags::CAPPED);
        }
        if matches!(config.mode, Mode::Manual(_)) {
            flags.insert(Flags::MANUAL);
        }
        Self {
            now,
            elapsed,
            seconds,
            tau: ratio(seconds, period).unwrap_or(Fx::ZERO),
            gap,
            u0: config.bias.at(now),
            f: feed_forward(config, state, input),
            gains: Gains::at(config, now),
            bucket_up: refill(state.bucket_up, config.slew_up, elapsed, config.period),
            bucket_down: refill(state.bucket_down, config.slew_down, elapsed, config.period),
            flags,
        }
    }
}

/// F = Kf (w - w0), limited; the last F when w is missing.
fn feed_forward(config: &Config, state: &State, input: &Input) -> Fx {
    if config.f_max == Fx::ZERO {
        return Fx::ZERO;
    }
    let f = match input.w {
        Some(w) => mul_half_even(config.kf, w.saturating_sub(config.w_ref)),
        None => state.feed_forward,
    };
    symmetric(f, config.f_max)
}

/// The y that the law may use, and whether it was clamped, or why there is none.
pub(crate) fn gate(config: &Config, input: &Input) -> Result<(Fx, bool), HoldReason> {
    if input.latched {
        return Err(HoldReason::Latched);
    }
    let Some(sample) = input.y else {
        return Err(HoldReason::Missing);
    };
    if sample.at > input.now {
        return Err(HoldReason::Future);
    }
    if input.now.abs_diff(sample.at) > u64::from(config.max_age) {
        return Err(HoldReason::Stale);
    }
    let credible = limit(sample.value, config.y_min, config.y_max);
    let outside = credible != sample.value;
    match config.sampling {
        Sampling::Mean => Ok((credible, outside)),
        Sampling::Point if outside => Err(HoldReason::OutOfRange),
        Sampling::Point if sample.samples < config.min_samples => Err(HoldReason::ThinSamples),
        Sampling::Point => Ok((credible, false)),
    }
}

/// A step without an accepted sample: the integral waits, the clock does not.
fn hold(
    config: &Config,
    state: &State,
    present: &Present,
    reason: HoldReason,
) -> (State, Decision) {
    let mut flags = present.flags;
    flags.insert(Flags::HELD);

    let held_for = state.held_for.saturating_add(present.elapsed);
    let patience = u64::from(config.max_hold).saturating_mul(u64::from(config.period));
    let expired = held_for > patience;
    if expired {
        flags.insert(Flags::HOLD_EXPIRED);
    }
    let raw = match config.mode {
        Mode::Manual(u) => whole(u),
        Mode::Auto if expired => present.u0,
        Mode::Auto => whole(state.u),
    };
    let moved = travel(config, state.u, present, raw);
    flags.insert(moved.flags);

    let derivative = decayed(present, state.derivative, Fx::ZERO).unwrap_or(Fx::ZERO);
    let d = mul_half_even(present.gains.kd, derivative);
    let terms = sum(&[present.u0, present.f, state.last.p, d]);
    let integral = match (config.mode, terms) {
        (Mode::Manual(_), Some(terms)) => whole(moved.u).saturating_sub(terms),
        _ => state.integral,
    };
    // The integral waits as it is, also when u has left for the bias; only a term
    // beyond computing means that it no longer belongs to u, and then the next
    // sample solves it anew.
    let prime = match reason {
        HoldReason::Computation => Prime::Solve,
        _ => state.prime,
    };
    let decision = Decision {
        from: state.last_at,
        to: present.now,
        tau: present.tau,
        lambda: Fx::ONE,
        i: integral,
        d,
        f: present.f,
        u0: present.u0,
        raw,
        slewed: moved.slewed,
        limited: moved.limited,
        u_prev: state.u,
        u: moved.u,
        flags,
        held: reason,
        // y, r, z, e and P stay those of the last accepted sample.
        ..state.last
    };
    let state = State {
        last_at: present.now,
        u: moved.u,
        integral,
        derivative,
        y_prev: None,
        e_prev: None,
        feed_forward: present.f,
        bucket_up: moved.bucket_up,
        bucket_down: moved.bucket_down,
        held_for,
        prime,
        last: decision,
    };
    (state, decision)
}

/// A step with an accepted sample; `None` when a term leaves its range.
fn regulate(
    config: &Config,
    state: &State,
    input: &Input,
    present: &Present,
    (y, y_clamped): (Fx, bool),
) -> Option<(State, Decision)> {
    let now = present.now;
    let gains = &present.gains;
    let mut flags = present.flags;
    if y_clamped {
        flags.insert(Flags::CLAMPED_Y);
    }
    let primed = state.prime != Prime::No;
    if primed {
        flags.insert(Flags::PRIMED);
    }

    let r = config.setpoint.at(now);
    let z = normalised(config, r, y, Config::MAX_ERROR)?;
    let e = excess(z, gains.dead_band);
    if e == Fx::ZERO && gains.dead_band != Fx::ZERO {
        flags.insert(Flags::DEAD_BAND);
    }
    let p = checked_mul(gains.kp, e)?;

    let derivative = if primed || present.gap {
        Fx::ZERO
    } else {
        // On the measurement, not on the error: a new setpoint is no movement of y.
        let movement = match state.y_prev {
            Some(y_prev) => normalised(config, y_prev, y, MAX_MOVEMENT)?,
            None => Fx::ZERO,
        };
        decayed(present, state.derivative, movement)?
    };
    let d = checked_mul(gains.kd, derivative)?;
    let terms = sum(&[present.u0, present.f, p, d])?;
    let lambda = exp2_neg(present.seconds, config.half_life);

    let (raw, regulated) = match config.mode {
        Mode::Manual(u) => (whole(u), None),
        Mode::Auto => {
            let (kept, wanted) = match state.prime {
                Prime::Zero => (Fx::ZERO, Fx::ZERO),
                Prime::Solve => (whole(state.u).checked_sub(terms)?, Fx::ZERO),
                Prime::No => (
                    scaled(lambda, settled_integral(config, state, present)?)?,
                    increment(config, state, input, present, e, lambda)?,
                ),
            };
            let base = terms.checked_add(kept)?;
            let delta = trimmed(config, base.checked_add(wanted)?, wanted)?;
            if delta != wanted {
                flags.insert(Flags::TRIMMED);
            }
            let integral = guarded(config, gains, kept.checked_add(delta)?)?;
            (base.checked_add(delta)?, Some(integral))
        }
    };
    let moved = travel(config, state.u, present, raw);
    flags.insert(moved.flags);
    let integral = match regulated {
        Some(integral) => integral,
        // The integral follows the hand, so that the law can take over bumplessly.
        None => whole(moved.u).checked_sub(terms)?,
    };

    let decision = Decision {
        from: state.last_at,
        to: now,
        y,
        r,
        z,
        e,
        tau: present.tau,
        lambda,
        p,
        i: integral,
        d,
        f: present.f,
        u0: present.u0,
        raw,
        slewed: moved.slewed,
        limited: moved.limited,
        u_prev: state.u,
        u: moved.u,
        flags,
        held: HoldReason::None,
    };
    let state = State {
        last_at: now,
        u: moved.u,
        integral,
        derivative,
        y_prev: Some(y),
        e_prev: Some(e),
        feed_forward: present.f,
        bucket_up: moved.bucket_up,
        bucket_down: moved.bucket_down,
        held_for: 0,
        prime: Prime::No,
        last: decision,
    };
    Some((state, decision))
}

/// The movement of y between two samples is clamped to ± this (the error
/// cannot move further: twice [`Config::MAX_ERROR`]).
const MAX_MOVEMENT: Fx = whole(16);

/// clamp(s (from - y) / scale, ±bound).
fn normalised(config: &Config, from: Fx, y: Fx, bound: Fx) -> Option<Fx> {
    let distance = match config.action {
        Action::Reverse => from.checked_sub(y)?,
        Action::Direct => y.checked_sub(from)?,
    };
    Some(symmetric(div_half_even(distance, config.scale)?, bound))
}

/// What lies outside the dead-band: continuous, zero inside.
fn excess(z: Fx, dead_band: Fx) -> Fx {
    z.saturating_sub(symmetric(z, dead_band))
}

/// (Tf d + movement) / (Tf + tau).
fn decayed(present: &Present, d: Fx, movement: Fx) -> Option<Fx> {
    let filter = present.gains.filter;
    let remembered = checked_mul(filter, d)?.checked_add(movement)?;
    if remembered == Fx::ZERO {
        return Some(Fx::ZERO);
    }
    checked_div(remembered, filter.checked_add(present.tau)?)
}

/// Ki e* tau (1 + lambda) / 2, within what the slew limits allow u to do in the
/// same time and never further into a cap that already binds.
fn increment(
    config: &Config,
    state: &State,
    input: &Input,
    present: &Present,
    e: Fx,
    lambda: Fx,
) -> Option<Fx> {
    let ki = config.ki.at(present.now);
    // Gain first: a rounding afterwards is one in ppm, not one that Ki multiplies.
    let rate = match (config.sampling, state.e_prev) {
        (Sampling::Point, Some(e_prev)) if !present.gap => {
            checked_mul_halved(ki, e.checked_add(e_prev)?)?
        }
        _ => checked_mul(ki, e)?,
    };
    let mut delta = scaled(present.tau, rate)?;
    if lambda != Fx::ONE {
        delta = checked_mul_halved(delta, lambda.checked_add(Fx::ONE)?)?;
    }
    delta = match (config.slew_up, config.slew_down) {
        (Some(up), _) if delta > Fx::ZERO => Ord::min(delta, scaled(present.tau, whole_rate(up))?),
        (_, Some(down)) if delta < Fx::ZERO => {
            let fall = scaled(present.tau, whole_rate(down))?;
            Ord::max(delta, fall.checked_neg()?)
        }
        _ => delta,
    };
    Some(match input.applied {
        Some(applied) if applied < state.u => Ord::min(delta, Fx::ZERO),
        Some(applied) if applied > state.u => Ord::max(delta, Fx::ZERO),
        _ => delta,
    })
}

/// Anti-windup: of an increment that pushes `raw` further over a limit only
/// what reaches the limit remains; one that leads back is never touched. One
/// pass, and by the limits alone: freezing the integral of a slewing output
/// deadlocks and rectifies noise.
fn trimmed(config: &Config, raw: Fx, delta: Fx) -> Option<Fx> {
    let over = raw.checked_sub(whole(config.max))?;
    let under = whole(config.min).checked_sub(raw)?;
    if over > Fx::ZERO && delta > Fx::ZERO {
        Some(Ord::max(delta.checked_sub(over)?, Fx::ZERO))
    } else if under > Fx::ZERO && delta < Fx::ZERO {
        Some(Ord::min(delta.checked_add(under)?, Fx::ZERO))
    } else {
        Some(delta)
    }
}

/// `factor x value`, free for the common factor 1.
fn scaled(factor: Fx, value: Fx) -> Option<Fx> {
    if factor == Fx::ONE {
        return Some(value);
    }
    checked_mul(factor, value)
}

fn whole_rate(rate: u64) -> Fx {
    whole(i64::try_from(rate).unwrap_or(i64::MAX))
}

/// The integral, kept within ±(max - min + 8 Kp + 16 Kd / Tf + Fmax).
///
/// No integral beyond that can be of use; a guard of the range, never the
/// anti-windup. Fmax belongs to it: an F at its limit may have to be undone.
fn guarded(config: &Config, gains: &Gains, integral: Fx) -> Option<Fx> {
    let span = whole(config.max.saturating_sub(config.min));
    if symmetric(integral, span) == integral {
        return Some(integral); // almost always, and without a division
    }
    let bound = sum(&[
        span,
        checked_mul(Config::MAX_ERROR, gains.kp)?,
        checked_div(checked_mul(MAX_MOVEMENT, gains.kd)?, gains.filter)?,
        config.f_max,
    ])?;
    Some(symmetric(integral, bound))
}

/// The configured quantities whose change re-solves the integral.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Gains {
    kp: Fx,
    kd: Fx,
    filter: Fx,
    dead_band: Fx,
}

impl Gains {
    fn at(config: &Config, time: i64) -> Self {
        Self {
            kp: config.kp.at(time),
            kd: config.kd.at(time),
            filter: config.filter.at(time),
            dead_band: config.dead_band.at(time),
        }
    }

    /// P + D of the last accepted sample under these gains (ppm).
    fn last_terms(&self, state: &State) -> Option<Fx> {
        let p = checked_mul(self.kp, excess(state.last.z, self.dead_band))?;
        p.checked_add(checked_mul(self.kd, state.derivative)?)
    }
}

/// When the last sample was accepted. The integral fits the gains of that
/// moment: what ramps did during a hold is still to be re-solved.
fn last_sample_at(state: &State) -> i64 {
    state.last_at.saturating_sub_unsigned(state.held_for)
}

/// The integral as this step finds it: re-solved if a ramp has moved since the
/// last sample.
fn settled_integral(config: &Config, state: &State, present: &Present) -> Option<Fx> {
    let then = last_sample_at(state);
    let ramps = [&config.kp, &config.kd, &config.filter, &config.dead_band];
    if !ramps.iter().any(|ramp| ramp.is_moving(then)) {
        return Some(state.integral);
    }
    let old = Gains::at(config, then);
    if old == present.gains {
        return Some(state.integral);
    }
    resolve(config, state, &old, &present.gains)
}

/// I = clamp(raw, min, max) - u0 - F - P - D: `raw` of the last sample under the
/// old gains, P and D of the same sample under the new ones.
fn resolve(config: &Config, state: &State, old: &Gains, new: &Gains) -> Option<Fx> {
    let others = state.last.u0.checked_add(state.feed_forward)?;
    let raw = sum(&[others, old.last_terms(state)?, state.integral])?;
    let target = limit(raw, whole(config.min), whole(config.max));
    target
        .checked_sub(others)?
        .checked_sub(new.last_terms(state)?)
}

/// I = u - u0 - F - P - D with the P and D of the last sample.
fn solve_for_output(config: &Config, state: &State, now: i64) -> Option<Fx> {
    let terms = Gains::at(config, last_sample_at(state)).last_terms(state)?;
    remainder(state.u, &[config.bias.at(now), state.feed_forward, terms])
}

/// `u` less the terms.
fn remainder(u: i64, terms: &[Fx]) -> Option<Fx> {
    whole(u).checked_sub(sum(terms)?)
}

fn sum(terms: &[Fx]) -> Option<Fx> {
    terms
        .iter()
        .try_fold(Fx::ZERO, |total, term| total.checked_add(*term))
}

fn symmetric(value: Fx, bound: Fx) -> Fx {
    limit(value, bound.saturating_neg(), bound)
}

/// Where u goes, and the slew budget that is left.
struct Travel {
    slewed: Fx,
    limited: Fx,
    u: i64,
    bucket_up: u64,
    bucket_down: u64,
    flags: Flags,
}

/// Moves u towards `raw`: slew limits first, limits last.
fn travel(config: &Config, u_prev: i64, present: &Present, raw: Fx) -> Travel {
    let mut flags = Flags::default();
    let mut slewed = raw;
    if let Some(room) = room(config.slew_up, present.bucket_up, config.period) {
        let ceiling = whole(u_prev).saturating_add(room);
        if slewed > ceiling {
            slewed = ceiling;
            flags.insert(Flags::SLEW_UP);
        }
    }
    if let Some(room) = room(config.slew_down, present.bucket_down, config.period) {
        let bottom = whole(u_prev).saturating_sub(room);
        if slewed < bottom {
            slewed = bottom;
            flags.insert(Flags::SLEW_DOWN);
        }
    }
    let limited = limit(slewed, whole(config.min), whole(config.max));
    // Towards the previous u: a fraction of a ppm never moves it, and a rounding
    // can pass neither a slew limit nor a limit. The integral keeps the fraction.
    let u = if limited >= whole(u_prev) {
        floor(limited)
    } else {
        ceil(limited)
    };
    if u == config.min {
        flags.insert(Flags::LIMIT_LOW);
    }
    if u == config.max {
        flags.insert(Flags::LIMIT_HIGH);
    }
    let (bucket_up, bucket_down) =
        charge(config, u_prev, u, present.bucket_up, present.bucket_down);
    Travel {
        slewed,
        limited,
        u,
        bucket_up,
        bucket_down,
        flags,
    }
}

/// Sets u and pays for the way from the slew buckets, as far as they reach.
fn spend(config: &Config, state: &mut State, u: i64) {
    (state.bucket_up, state.bucket_down) =
        charge(config, state.u, u, state.bucket_up, state.bucket_down);
    state.u = u;
}

/// The buckets (up, down) after u moved; only a limit repair can overdraw one.
fn charge(config: &Config, from: i64, to: i64, up: u64, down: u64) -> (u64, u64) {
    let cost = from.abs_diff(to).saturating_mul(u64::from(config.period));
    if to > from && config.slew_up.is_some() {
        (up.saturating_sub(cost), down)
    } else if to < from && config.slew_down.is_some() {
        (up, down.saturating_sub(cost))
    } else {
        (up, down)
    }
}

/// One period's worth of movement (ppm s). An unlimited direction has an
/// inexhaustible bucket.
fn capacity(rate: Option<u64>, period: u32) -> u64 {
    match rate {
        Some(rate) => rate.saturating_mul(u64::from(period)),
        None => u64::MAX,
    }
}

/// The bucket after `elapsed` seconds.
fn refill(bucket: u64, rate: Option<u64>, elapsed: u64, period: u32) -> u64 {
    let full = capacity(rate, period);
    match rate {
        Some(rate) if elapsed < u64::from(period) => {
            Ord::min(bucket.saturating_add(rate.saturating_mul(elapsed)), full)
        }
        // A whole period fills it from empty.
        _ => full,
    }
}

/// How far u may move (whole ppm); `None` = as far as it likes.
fn room(rate: Option<u64>, bucket: u64, period: u32) -> Option<Fx> {
    rate?;
    let ppm = bucket.checked_div(u64::from(period)).unwrap_or(0);
    Some(whole_rate(ppm))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ramp;

    const PERIOD: i64 = 3_600;

    /// A proportional and derivative controller in full swing: u = u0 + P + I + D
    /// with every term at work, away from the limits.
    fn swinging() -> (Config, State) {
        let config = Config {
            kp: Ramp::constant(whole(100_000)),
            kd: Ramp::constant(whole(50_000)),
            ..Config::new(
                Action::Reverse,
                Sampling::Mean,
                3_600,
                Fx::lit("0.5"),
                60_000,
                0,
                200_000,
            )
        };
        let mut state = create(&config, 0).unwrap();
        for (n, y) in (1..).zip(["0.5", "0.48", "0.45", "0.45"]) {
            let y = y.parse().unwrap();
            state = step(&config, &state, &Input::mean(n * PERIOD, y)).0;
        }
        assert!(state.derivative != Fx::ZERO && state.last.p != Fx::ZERO);
        (config, state)
    }

    /// The next u with y as it was; d goes on fading, so its part is taken out.
    fn next_u(config: &Config, state: &State) -> i64 {
        let mut still = *state;
        still.y_prev = None;
        let (_, decision) = step(config, &still, &Input::mean(5 * PERIOD, Fx::lit("0.45")));
        let kd = config.kd.at(5 * PERIOD);
        let faded = mul_half_even(kd, state.derivative) - decision.d;
        floor((decision.raw + faded).saturating_round_ties_even())
    }

    #[test]
    fn gain_changes_are_bumpless_at_once_and_along_their_ramps() {
        let (config, state) = swinging();
        let before = next_u(&config, &state);
        for over_seconds in [0, 1_800, 7_200] {
            let changes = [
                Change::Kp {
                    to: whole(300_000),
                    over_seconds,
                },
                Change::Kd {
                    to: whole(9_000),
                    over_seconds,
                },
                Change::DeadBand {
                    to: Fx::lit("0.05"),
                    over_seconds,
                },
            ];
            for order in changes {
                let (config, state) = change(&config, &state, &order, 4 * PERIOD + 7).unwrap();
                let after = next_u(&config, &state);
                assert!(after.abs_diff(before) <= 1, "{order:?}: {before} {after}");
            }
        }
    }

    #[test]
    fn ramps_that_ran_during_a_hold_are_resolved_when_samples_return() {
        let (config, state) = swinging();
        let order = Change::Kp {
            to: whole(300_000),
            over_seconds: 900,
        };
        let (config, state) = change(&config, &state, &order, 4 * PERIOD).unwrap();
        let (held, decision) = step(&config, &state, &Input::missing(4 * PERIOD + 1_800));
        assert_eq!((held.integral, held.u), (state.integral, state.u));
        assert_eq!(decision.held, HoldReason::Missing);
        let back = Input::mean(5 * PERIOD, Fx::lit("0.45"));
        let (_, decision) = step(&config, &held, &back);
        let without_d = |d: &Decision| d.raw - d.d;
        let moved = without_d(&decision).abs_diff(without_d(&state.last));
        assert!(moved <= Fx::ONE, "{moved}");
    }

    #[test]
    fn a_limit_that_excludes_u_clamps_it_and_leaves_no_windup() {
        let (config, state) = swinging();
        let order = Change::Limits {
            min: 0,
            max: 60_000,
        };
        let (config, state) = change(&config, &state, &order, 4 * PERIOD).unwrap();
        assert_eq!(state.u, 60_000);
        // The least improvement of y moves u down at once.
        let (_, decision) = step(&config, &state, &Input::mean(5 * PERIOD, Fx::lit("0.46")));
        assert!(decision.u < 60_000);
    }

    #[test]
    fn where_the_bias_came_from_does_not_bar_new_limits() {
        let (config, state) = swinging();
        let order = Change::Bias {
            to: whole(100_000),
            over_seconds: 10,
        };
        let (config, state) = change(&config, &state, &order, 4 * PERIOD).unwrap();
        let order = Change::Limits {
            min: 90_000,
            max: 200_000,
        };
        let refused = change(&config, &state, &order, 4 * PERIOD + 5);
        assert_eq!(refused.unwrap_err().field, crate::Field::Bias);
        assert!(change(&config, &state, &order, 4 * PERIOD + 10).is_ok());
    }

    #[test]
    fn a_failed_computation_holds_and_heals() {
        let (config, mut state) = swinging();
        let u = state.u;
        state.integral = Fx::MAX;
        state.last.u0 = Fx::MIN;
        let sample = |n: i64| Input::mean(n * PERIOD, Fx::lit("0.45"));
        let (state, decision) = step(&config, &state, &sample(5));
        assert_eq!((decision.held, state.u), (HoldReason::Computation, u));
        let (state, decision) = step(&config, &state, &sample(6));
        assert_eq!((decision.held, state.u), (HoldReason::None, u));
        assert!(decision.flags.contains(Flags::PRIMED));
        assert!(state.integral.abs() < whole(200_000));
    }

    #[test]
    fn manual_hands_over_where_it_stands() {
        let (config, state) = swinging();
        let hand = Change::Mode(Mode::Manual(150_000));
        let (config, state) = change(&config, &state, &hand, 4 * PERIOD).unwrap();
        let (state, decision) = step(&config, &state, &Input::mean(5 * PERIOD, Fx::lit("0.4")));
        assert_eq!(
            (state.u, decision.flags.contains(Flags::MANUAL)),
            (150_000, true)
        );
        let auto = Change::Mode(Mode::Auto);
        let (config, state) = change(&config, &state, &auto, 5 * PERIOD).unwrap();
        let (state, _) = step(&config, &state, &Input::mean(6 * PERIOD, Fx::lit("0.3")));
        assert_eq!(state.u, 150_000);
    }
}
