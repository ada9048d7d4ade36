//! One observation: the guard judges a sample, and learns from it what is no outlier.

use super::{
    scale::{
        accumulated, floored, fraction, part_per_million, score, time_constant, units, weighted,
        WEIGHT_BITS,
    },
    GuardConfig, GuardFlags, GuardState, Verdict,
};
use crate::{Config, Fx, LatchReason, Sampling};

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
        // What was learnt will be out of date when the guard is switched on again.
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
            flags.insert(GuardFlags::LATCHED);
            next = next.latch(reason, now);
        }
        None if kept != judged.distance => flags.insert(GuardFlags::CLAMPED),
        None => {}
    }
    // Before learning: the verdict shows the statistics that judged the sample.
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

/// A sample compared with the statistics.
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

/// Compares one sample with the statistics and counts it as evidence: the CUSUM and
/// the run of identical values.
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

/// Learns from a sample that lies `kept` (2^-40) above or below the mean and stands
/// for `seconds`.
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
    let weight = (seconds << WEIGHT_BITS)
        .checked_div(state.weight)
        .unwrap_or(0);

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

/// The verdict of an observation that judged no sample.
// Called in four places: inlined, it would add 3 KB to the program.
#[inline(never)]
pub(super) fn standing(
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
        .latched_since
        .saturating_add_unsigned(guard_config.hold(config.period))
}
