//! The way from `raw` to u: slew limits, limits, and rounding to whole ppm.
//!
//! Each direction has a token bucket in ppm seconds: it fills by rate x seconds up to
//! one period's worth, and every ppm that u moves costs one period's seconds. In any
//! window u moves at most rate x (window + one period), however often the law steps.
//!
//! Changes of the configuration keep to it as well. A minimum raised above u lifts u by
//! the slew limit, like anything else that wants u higher; only a maximum below u acts at
//! once, since it can only take away. A widened slew limit counts from the next step on,
//! and that step moves u by what the limit before had saved up: otherwise one proposal
//! could lift the slew limit and jump to the maximum at the crank that follows.

use super::interval::Interval;
use crate::{
    config::Config,
    decision::Flags,
    math::{ceil, floor, whole},
    state::State,
    Fx,
};

/// The slew budgets (ppm seconds); `u64::MAX` is a budget that never runs out.
#[derive(Clone, Copy)]
pub(super) struct Budget {
    pub up: u64,
    pub down: u64,
}

impl Budget {
    /// What `state` can spend `elapsed` seconds after its last step.
    pub fn after(config: &Config, state: &State, elapsed: u64) -> Self {
        let refilled = |bucket, rate, widened| {
            if widened {
                Ord::min(bucket, capacity(rate, config.period))
            } else {
                refill(bucket, rate, elapsed, config.period)
            }
        };
        Self {
            up: refilled(state.bucket_up, config.slew_up, state.widened_up),
            down: refilled(state.bucket_down, config.slew_down, state.widened_down),
        }
    }

    /// What is left after u moved. Only a u above its maximum, which is clamped whatever
    /// the slew, can cost more than there is: then nothing is left.
    fn spent(self, from: i64, to: i64, period: u32) -> Self {
        let cost = from.abs_diff(to).saturating_mul(u64::from(period));
        let pay = |bucket: u64| match bucket {
            u64::MAX => u64::MAX,
            _ => bucket.saturating_sub(cost),
        };
        Self {
            up: if to > from { pay(self.up) } else { self.up },
            down: if to < from { pay(self.down) } else { self.down },
        }
    }
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
    let highest = match room(interval.budget.up, config.period) {
        Some(room) => whole(u_prev).saturating_add(room),
        None => Fx::MAX,
    };
    if slewed > highest {
        slewed = highest;
        flags.insert(Flags::SLEW_UP);
    }
    if let Some(room) = room(interval.budget.down, config.period) {
        let lowest = whole(u_prev).saturating_sub(room);
        if slewed < lowest {
            slewed = lowest;
            flags.insert(Flags::SLEW_DOWN);
        }
    }
    // A u below a raised minimum rises to it by its slew limit.
    let least = Ord::min(whole(config.min), highest);
    if least < whole(config.min) {
        flags.insert(Flags::SLEW_UP);
    }
    let limited = Ord::min(Ord::max(slewed, least), whole(config.max));
    // Towards the previous u: a fraction of a ppm never moves it, and the rounding
    // passes neither a slew limit nor a limit. The integral keeps the fraction.
    let u = if limited >= whole(u_prev) {
        floor(limited)
    } else {
        ceil(limited)
    };
    if u <= config.min {
        flags.insert(Flags::LIMIT_LOW);
    }
    if u == config.max {
        flags.insert(Flags::LIMIT_HIGH);
    }
    let left = interval.budget.spent(u_prev, u, config.period);
    let kept = |bucket, rate: Option<u64>| match rate {
        Some(_) => bucket,
        None => u64::MAX,
    };
    Moved {
        slewed,
        limited,
        u,
        budget: Budget {
            up: kept(left.up, config.slew_up),
            down: kept(left.down, config.slew_down),
        },
        flags,
    }
}

/// Clamps a u above the maximum at once, and pays for the way from the slew budget as far
/// as it reaches. A u below the minimum stays: the next steps lift it.
pub(super) fn cut(config: &Config, state: &mut State) {
    let u = Ord::min(state.u, config.max);
    let budget = Budget {
        up: state.bucket_up,
        down: state.bucket_down,
    };
    let left = budget.spent(state.u, u, config.period);
    (state.bucket_up, state.bucket_down) = (left.up, left.down);
    state.u = u;
}

/// Puts the slew limits of `new` in the place of those of `old` at `now` (unix seconds). A
/// fuller bucket shrinks to the new capacity; a wider limit fills none before the next step.
pub(super) fn adopt(old: &Config, new: &Config, state: &mut State, now: i64) {
    let elapsed = now.saturating_sub(state.last_at).max(0).unsigned_abs();
    let saved_up = Budget::after(old, state, elapsed);
    let wider = |old: Option<u64>, new: Option<u64>| match (old, new) {
        (Some(old), Some(new)) => new > old,
        (Some(_), None) => true,
        (None, _) => false,
    };
    if wider(old.slew_up, new.slew_up) {
        (state.bucket_up, state.widened_up) = (saved_up.up, true);
    }
    if wider(old.slew_down, new.slew_down) {
        (state.bucket_down, state.widened_down) = (saved_up.down, true);
    }
    state.bucket_up = Ord::min(state.bucket_up, capacity(new.slew_up, new.period));
    state.bucket_down = Ord::min(state.bucket_down, capacity(new.slew_down, new.period));
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

/// How far u may move (whole ppm, rounded down); `None` = without limit.
fn room(bucket: u64, period: u32) -> Option<Fx> {
    if bucket == u64::MAX {
        return None;
    }
    let ppm = bucket.checked_div(u64::from(period)).unwrap_or(0);
    Some(rate_ppm(ppm))
}

/// A slew limit or a distance (ppm) as a number of the law, saturating.
pub(super) fn rate_ppm(ppm: u64) -> Fx {
    whole(i64::try_from(ppm).unwrap_or(i64::MAX))
}
