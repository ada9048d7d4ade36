//! Inputs of a step: the usual ones, and any.

use homeostat_control::{Config, Fx, Input, Sample, State};

use super::{configurations::any_small, whole, START};
use crate::random::Random;

// A constant, so that the text is not parsed at each use.
const QUARTER: Fx = Fx::lit("0.25");

/// A usual input, at times missing, late, from the future or out of range.
#[inline(never)]
pub(super) fn input(random: &mut Random, config: &Config, state: &State) -> Input {
    let period = i64::from(config.period);
    let longest = period * i64::from(config.max_periods);
    let elapsed = match random.below(16) {
        0 => random.whole(-period, 0),
        1 => longest,
        2 => random.whole(longest, 3 * longest),
        3 => random.whole(longest, 8 * longest),
        4..=6 => random.whole(1, longest),
        7 | 8 => random.whole(1, 60),
        _ => period,
    };
    let now = state.last_at + elapsed;
    let value = match random.below(8) {
        0 => random.signed(whole(3)),
        1 => random.signed(whole(200)),
        2 => state.y_prev.unwrap_or(Fx::ZERO),
        3 => random.number(config.y_min, config.y_max),
        _ => config.setpoint.at(now) + random.signed(QUARTER),
    };
    let at = match random.below(16) {
        0 => now + random.whole(1, 100),
        1 => now - random.whole(1, 10_000),
        _ => now,
    };
    let sample = Sample {
        value,
        at,
        samples: random.below(6) as u32,
    };
    Input {
        now,
        y: (!random.once_in(16)).then_some(sample),
        w: random.perhaps(|random| random.signed(whole(3))),
        reference: random.perhaps(|random| random.signed(whole(2))),
        applied: match random.below(4) {
            0 => Some(state.u),
            1 => Some(random.whole(config.min - 10, config.max + 10)),
            _ => None,
        },
        tripped: random.once_in(32),
    }
}

#[inline(never)]
pub(super) fn any_input(random: &mut Random, config: &Config, state: &State) -> Input {
    let longest = i64::from(config.period) * i64::from(config.max_periods);
    let now = match random.below(8) {
        0 => random.any_time(START),
        1 => state.last_at.saturating_add(1),
        2 => state.last_at.saturating_add(random.whole(1, 4 * longest)),
        _ => state.last_at.saturating_add(random.whole(1, longest)),
    };
    let sample = Sample {
        value: random.any_number(),
        at: if random.once_in(8) {
            random.any_time(now)
        } else {
            now
        },
        samples: any_small(random),
    };
    Input {
        now,
        y: (!random.once_in(10)).then_some(sample),
        w: random.perhaps(Random::any_number),
        reference: random.perhaps(Random::any_number),
        applied: random.perhaps(|random| random.bits() as i64),
        tripped: random.once_in(16),
    }
}
