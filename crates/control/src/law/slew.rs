//! The way from `raw` to u: slew limits, limits, and rounding to whole ppm.
//!
//! Each direction has a token bucket in ppm seconds: it fills by rate x seconds up to
//! one period's worth, and every ppm that u moves costs one period's seconds. In any
//! window u moves at most rate x (window + one period), however often the law steps.

use super::interval::Interval;
use crate::{
    config::Config,
    decision::Flags,
    math::{ceil, clamp, floor, whole},
    state::State,
    Fx,
};

/// The slew budgets (ppm seconds).
#[derive(Clone, Copy)]
pub(super) struct Budget {
    pub up: u64,
    pub down: u64,
}

/// Where u goes, and the slew budget that is left.
pub(super) struct Moved {
    pub slewed: Fx,
    pub limited: Fx,
    pub u: i64,
    pub budget: Budget,
    pub flags: Flags,
}

/// Moves u towards `raw`: slew limits first, limits last.
pub(super) fn move_output(config: &Config, u_prev: i64, interval: &Interval, raw: Fx) -> Moved {
    let mut flags = Flags::default();
    let mut slewed = raw;
    if let Some(room) = room(config.slew_up, interval.budget.up, config.period) {
        let highest = whole(u_prev).saturating_add(room);
        if slewed > highest {
            slewed = highest;
            flags.insert(Flags::SLEW_UP);
        }
    }
    if let Some(room) = room(config.slew_down, interval.budget.down, config.period) {
        let lowest = whole(u_prev).saturating_sub(room);
        if slewed < lowest {
            slewed = lowest;
            flags.insert(Flags::SLEW_DOWN);
        }
    }
    let limited = clamp(slewed, whole(config.min), whole(config.max));
    // Towards the previous u: a fraction of a ppm never moves it, and the rounding
    // passes neither a slew limit nor a limit. The integral keeps the fraction.
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
    Moved {
        slewed,
        limited,
        u,
        budget: charged(config, u_prev, u, interval.budget),
        flags,
    }
}

/// Sets u and pays for the way from the slew budgets, as far as they reach.
pub(super) fn place_output(config: &Config, state: &mut State, u: i64) {
    let budget = Budget {
        up: state.bucket_up,
        down: state.bucket_down,
    };
    let left = charged(config, state.u, u, budget);
    (state.bucket_up, state.bucket_down) = (left.up, left.down);
    state.u = u;
}

/// The budgets after u moved. Only a u outside its limits, which is clamped whatever
/// the slew, can cost more than there is: then nothing is left.
fn charged(config: &Config, from: i64, to: i64, budget: Budget) -> Budget {
    let Budget { up, down } = budget;
    let cost = from.abs_diff(to).saturating_mul(u64::from(config.period));
    if to > from && config.slew_up.is_some() {
        let up = up.saturating_sub(cost);
        Budget { up, down }
    } else if to < from && config.slew_down.is_some() {
        let down = down.saturating_sub(cost);
        Budget { up, down }
    } else {
        budget
    }
}

/// One period's worth of movement (ppm seconds). An unlimited direction has a
/// budget that never runs out.
pub(super) fn capacity(rate: Option<u64>, period: u32) -> u64 {
    match rate {
        Some(rate) => rate.saturating_mul(u64::from(period)),
        None => u64::MAX,
    }
}

/// The budget of one direction (ppm seconds) after `elapsed` seconds.
pub(super) fn refill(bucket: u64, rate: Option<u64>, elapsed: u64, period: u32) -> u64 {
    let full = capacity(rate, period);
    match rate {
        Some(rate) if elapsed < u64::from(period) => {
            Ord::min(bucket.saturating_add(rate.saturating_mul(elapsed)), full)
        }
        // A whole period fills it from empty.
        _ => full,
    }
}

/// How far u may move (whole ppm, rounded down); `None` = without limit.
fn room(rate: Option<u64>, bucket: u64, period: u32) -> Option<Fx> {
    rate?;
    let ppm = bucket.checked_div(u64::from(period)).unwrap_or(0);
    Some(rate_ppm(ppm))
}

/// A slew limit or a distance (ppm) as a number of the law, saturating.
pub(super) fn rate_ppm(ppm: u64) -> Fx {
    whole(i64::try_from(ppm).unwrap_or(i64::MAX))
}
