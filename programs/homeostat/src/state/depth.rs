//! The depth of a liquidity pool: the economy's tokens that stand behind its stake.
//!
//! What an AMM's vault contains is true for an instant, and whoever trades sets it for one
//! transaction. So anybody may touch a pool, which measures its depth once, and a period's
//! depth is the median of its touches. To move it somebody must distort the AMM at every
//! second touch, and pay the AMM's fee for two trades each time; one touch moves nothing. The
//! crank itself does not touch, and a touch in its second does not count: whoever sends the
//! crank chooses what the AMM looks like in that transaction.

use anchor_lang::prelude::*;

use super::{
    economy::Economy,
    number::{median, mul_div_floor},
    pool::Pool,
};
use crate::constants::*;

impl Pool {
    /// Touches the pool at `now` (unix seconds): measures its depth, the staked part of the LP
    /// tokens' supply times the balance of the AMM's vault (base units, rounded down). Returns
    /// the depth, or `None` when the last touch is too recent to touch again.
    ///
    /// Touches are at least a tenth of a period apart, so that nobody can make most of them in
    /// a moment. A period has room for as many as fit its length; of a late one the last count.
    pub fn touch(
        &mut self,
        economy: &Economy,
        now: i64,
        amm_balance: u64,
        lp_supply: u64,
    ) -> Option<u64> {
        let now = economy.stream.time(now);
        let apart = economy.limits.period / TOUCH_PARTS;
        if now.saturating_sub(self.touched_at) < i64::from(apart) {
            return None;
        }
        let staked = self.total.min(lp_supply);
        let depth = mul_div_floor(amm_balance, staked, lp_supply).unwrap_or(0);
        let period = economy.current_period();
        if self.touch_period != period {
            self.touch_period = period;
            self.touches = 0;
        }
        *self.depths.get_mut(place(self.touches))? = depth;
        self.touches = self.touches.saturating_add(1);
        self.touched_at = now;
        Some(depth)
    }

    /// The depth of `period`, which is measured at `now` (base units, unix seconds): the median
    /// of its touches, of an even number the lower of the middle two. `None` when there are
    /// fewer than [`MIN_TOUCHES`].
    pub fn depth(&self, period: u64, now: i64) -> Option<u64> {
        if self.touch_period != period {
            return None;
        }
        let last = self
            .touches
            .checked_sub(1)
            .filter(|_| self.touched_at >= now);
        let left_out = last.map(place);
        let kept = place_count(self.touches);
        let counted = kept.saturating_sub(usize::from(left_out.is_some()));
        if counted < MIN_TOUCHES {
            return None;
        }
        let depths = self.depths.iter().take(kept).enumerate();
        let counted = depths.filter(|(index, _)| Some(*index) != left_out);
        median::<u64, MAX_TOUCHES>(counted.map(|(_, depth)| *depth), u64::MAX)
    }
}

/// The place of the touch with this number, from 0.
fn place(touch: u32) -> usize {
    // Below MAX_TOUCHES, so the cast loses nothing.
    touch.rem_euclid(MAX_TOUCHES as u32) as usize
}

/// How many places so many touches fill.
fn place_count(touches: u32) -> usize {
    usize::try_from(touches).map_or(MAX_TOUCHES, |touches| touches.min(MAX_TOUCHES))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: u32 = 1_000;
    const START: i64 = 1_750_000_000;

    fn economy() -> Economy {
        let mut economy: Economy = bytemuck::Zeroable::zeroed();
        economy.limits.period = PERIOD;
        economy.stream.t0 = START;
        economy
    }

    /// A pool with all of its LP tokens staked, touched a tenth of a period apart.
    fn touched(depths: &[u64]) -> (Economy, Pool, i64) {
        let economy = economy();
        let mut pool: Pool = bytemuck::Zeroable::zeroed();
        pool.total = 50;
        let mut now = START;
        for depth in depths {
            now += 100;
            assert_eq!(pool.touch(&economy, now, *depth, 50), Some(*depth));
        }
        (economy, pool, now)
    }

    #[test]
    fn d3_the_depth_is_the_median_of_at_least_three_touches() {
        for (depths, expected) in [
            (&[][..], None),
            (&[5], None),
            (&[5, 6], None),
            (&[9, 1, 5], Some(5)),
            // One touch of nothing, or of everything there is, moves it to its neighbour.
            (&[100, 101, 0, 102, 103], Some(101)),
            (&[100, 101, u64::MAX, 102, 103], Some(102)),
            // Of an even number the lower of the middle two.
            (&[4, 1, 3, 2], Some(2)),
            (&[1, 2, 3, 4, 5, 6, 7, 8, 9], Some(5)),
            // A late period has more; its last nine count.
            (&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], Some(7)),
        ] {
            let (economy, pool, now) = touched(depths);
            let period = economy.current_period();
            assert_eq!(pool.depth(period, now + 1), expected, "{depths:?}");
            assert_eq!(pool.depth(period + 1, now + 1), None);
        }
    }

    #[test]
    fn d3_a_touch_in_the_second_of_the_crank_does_not_count() {
        let (economy, pool, now) = touched(&[8, 9, 7, 0]);
        let period = economy.current_period();
        assert_eq!(pool.depth(period, now + 1), Some(7));
        assert_eq!(pool.depth(period, now), Some(8));
        // Neither after the clock stepped back.
        assert_eq!(pool.depth(period, now - 30), Some(8));
        let (_, three, now) = touched(&[8, 9, 7]);
        assert_eq!(three.depth(period, now), None);
    }

    #[test]
    fn d3_touches_are_a_tenth_of_a_period_apart() {
        let (economy, mut pool, now) = touched(&[8]);
        let before = pool;
        for early in [now - 30, now, now + 99] {
            assert_eq!(pool.touch(&economy, early, 1, 50), None);
            assert_eq!(pool, before);
        }
        assert_eq!(pool.touch(&economy, now + 100, 1, 50), Some(1));
    }

    #[test]
    fn a_new_period_begins_without_touches() {
        let (mut economy, mut pool, now) = touched(&[8, 9, 7]);
        economy.totals.periods += 1;
        assert_eq!(pool.depth(economy.current_period(), now + 1), None);
        pool.touch(&economy, now + 100, 3, 50).unwrap();
        assert_eq!((pool.touches, pool.depths[0]), (1, 3));
    }

    #[test]
    fn the_staked_part_counts() {
        let economy = economy();
        let mut pool: Pool = bytemuck::Zeroable::zeroed();
        pool.total = 30;
        let touch = |supply| {
            let mut pool = pool;
            pool.touch(&economy, START, 1_001, supply)
        };
        assert_eq!(touch(100), Some(300));
        // A supply that shrank below the stake, and one that is gone.
        assert_eq!(touch(20), Some(1_001));
        assert_eq!(touch(0), Some(0));
    }
}
