//! The stream: what the economy pays to its pools, second by second.
//!
//! A pool settles lazily from monotone accumulators, with Economy read-only. Whoever
//! changes a rate settles the accumulators first, so an old rate is never lost and a new one
//! never reaches back. Caps become a time: emission stops at `emit_until`, the second at
//! which the grant is used up. A rate that changes inside a period shares what is left of
//! that period's grant.
//!
//! Times are unix seconds. A cluster's clock is one leader's within bounds, so it may step back
//! a little. Differences of times saturate and are cut off at 0, so that this counts as no time
//! at all; and what is settled stays settled ([`Stream::time`]).

use anchor_lang::prelude::*;

use super::number::{checked_times, product, ratio_q64, times, U128};
use crate::{constants::*, error::HomeostatError};

/// The index of the native pool's lane.
pub const NATIVE_LANE: usize = 0;

/// The emission of one pool.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Lane {
    /// The tokens streamed to the pool from go-live to `Stream::t0` (Q64.64 base units).
    pub acc_q64: U128,
    /// The tokens streamed to the pool per second (Q64.64 base units).
    pub rate_q64: U128,
}

impl Lane {
    /// True when tokens stream on the lane or ever did.
    fn is_used(&self) -> bool {
        (self.acc_q64.get() | self.rate_q64.get()) != 0
    }

    /// The tokens streamed once emission has run for another `seconds` (Q64.64 base units).
    pub fn after(&self, seconds: u64) -> Result<u128> {
        advance(self.acc_q64, self.rate_q64, seconds)
    }
}

/// The accumulators and rates of an economy.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Stream {
    /// The time up to which the accumulators are settled (unix seconds).
    pub t0: i64,
    /// When emission stops because the grant is used up (unix seconds).
    pub emit_until: i64,
    /// When the stream of fees stops (unix seconds).
    pub fee_until: i64,
    /// The start of the emission's last pause (unix seconds).
    pub pause_from: i64,
    /// The end of that pause, known at its start (unix seconds).
    pub pause_until: i64,
    /// The emission of each pool; the native pool's lane is the first.
    pub lanes: [Lane; MAX_POOLS],
    /// The staker fees streamed to the native pool since go-live (Q64.64 base units).
    pub fee_acc_q64: U128,
    /// The staker fees streamed per second (Q64.64 base units).
    pub fee_rate_q64: U128,
    /// What may still be emitted in this period, as of `t0` (Q64.64 base units).
    pub grant_q64: U128,
    /// What would have been emitted from the period's start to `t0` without caps and pauses
    /// (Q64.64 base units).
    pub planned_q64: U128,
}

/// What has streamed to one pool since go-live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Streamed {
    /// The emission (Q64.64 base units).
    pub emission: u128,
    /// The staker fees (Q64.64 base units); zero for liquidity pools.
    pub fees: u128,
}

impl Stream {
    /// The economy's time when the clock shows `now`: never before the second up to which the
    /// stream is settled. Pools settle and cranks measure at this time. If they went back with
    /// the clock, seconds that were paid at an old rate would be paid again at a new one, and
    /// sums that only grow would shrink, which would refuse every later crank.
    pub fn time(&self, now: i64) -> i64 {
        now.max(self.t0)
    }

    /// The seconds in `(t0, min(now, until)]`; with `pausable`, those outside the
    /// emission's pause.
    fn seconds(&self, now: i64, until: i64, pausable: bool) -> u64 {
        let end = now.min(until);
        let span = end.saturating_sub(self.t0).max(0);
        let paused = if pausable {
            let from = self.pause_from.max(self.t0);
            let to = self.pause_until.min(end);
            to.saturating_sub(from).max(0)
        } else {
            0
        };
        span.saturating_sub(paused).max(0).unsigned_abs()
    }

    /// The seconds of emission between `t0` and `now`.
    pub fn emission_seconds(&self, now: i64) -> u64 {
        self.seconds(now, self.emit_until, true)
    }

    /// What has streamed on one lane up to `now`. Changes nothing. Refuses a lane that does
    /// not exist (`InvariantViolated`).
    pub fn at(&self, lane: usize, now: i64) -> Result<Streamed> {
        let native = lane == NATIVE_LANE;
        let lane = self
            .lanes
            .get(lane)
            .ok_or(HomeostatError::InvariantViolated)?;
        let emission = lane.after(self.emission_seconds(now))?;
        let fees = if native { self.fees_at(now)? } else { 0 };
        Ok(Streamed { emission, fees })
    }

    /// The fees streamed up to `now` (Q64.64 base units).
    pub fn fees_at(&self, now: i64) -> Result<u128> {
        advance(
            self.fee_acc_q64,
            self.fee_rate_q64,
            self.seconds(now, self.fee_until, false),
        )
    }

    /// All lanes as one. They share their seconds, so one product advances the sum.
    pub fn total(&self) -> Result<Lane> {
        let (mut acc, mut rate) = (0u128, 0u128);
        for lane in self.lanes.iter().filter(|lane| lane.is_used()) {
            let sums = acc
                .checked_add(lane.acc_q64.get())
                .zip(rate.checked_add(lane.rate_q64.get()));
            (acc, rate) = sums.ok_or(HomeostatError::MathOverflow)?;
        }
        Ok(Lane {
            acc_q64: U128::new(acc),
            rate_q64: U128::new(rate),
        })
    }

    /// The emission of all lanes up to `now` (Q64.64 base units).
    pub fn emitted_at(&self, now: i64) -> Result<u128> {
        self.total()?.after(self.emission_seconds(now))
    }

    /// The emission per second over all lanes (Q64.64 base units).
    pub fn emission_rate(&self) -> Result<u128> {
        Ok(self.total()?.rate_q64.get())
    }

    /// What would have been emitted from the period's start to `now` without caps and
    /// pauses (Q64.64 base units), at `rate`, what [`Self::emission_rate`] gave, so that it is
    /// summed once. Saturates, which no emission below [`MAX_LIFETIME_STREAM`] comes near.
    pub fn planned_with(&self, rate: u128, now: i64) -> u128 {
        let seconds = now.saturating_sub(self.t0).max(0).unsigned_abs();
        self.planned_q64.get().saturating_add(times(rate, seconds))
    }

    /// Brings every accumulator to `now`. An earlier `now` changes nothing: time never runs
    /// backwards. The grant saturates at 0, although `emit_until` is set so that no more of
    /// it is used.
    pub fn settle(&mut self, now: i64) -> Result<()> {
        if now <= self.t0 {
            return Ok(());
        }
        let seconds = self.emission_seconds(now);
        let rate = self.emission_rate()?;
        let left = self.grant_q64.get().saturating_sub(times(rate, seconds));
        self.grant_q64 = U128::new(left);
        self.planned_q64 = U128::new(self.planned_with(rate, now));
        for lane in self.lanes.iter_mut().filter(|lane| lane.is_used()) {
            lane.acc_q64 = U128::new(lane.after(seconds)?);
        }
        self.fee_acc_q64 = U128::new(self.fees_at(now)?);
        self.t0 = now;
        Ok(())
    }

    /// Sets new emission rates from `t0` on: `per_second` (Q64.64 base units) is split over
    /// the liquidity pools by `liquidity_ppm` and their weights, floored; the native pool gets
    /// the remainder. `emit_until` becomes the second at which `grant_q64` (Q64.64 base units)
    /// is used up, rounded down; a pause does not put it off.
    ///
    /// `weights[0]` is the native pool's and is not read. Call [`Stream::settle`] first.
    pub fn set_emission(
        &mut self,
        per_second: u128,
        liquidity_ppm: u64,
        weights: &[u16; MAX_POOLS],
        grant_q64: u128,
    ) -> Result<()> {
        let liquidity_weights = || weights.iter().skip(1).map(|w| u64::from(*w));
        let total_weight: u64 = liquidity_weights().sum();
        let to_liquidity = if total_weight == 0 {
            0
        } else {
            per_second
                .checked_div(u128::from(PPM))
                .and_then(|q| checked_times(q, liquidity_ppm.min(PPM)))
                .ok_or(HomeostatError::MathOverflow)?
        };
        let per_weight = to_liquidity
            .checked_div(u128::from(total_weight.max(1)))
            .ok_or(HomeostatError::MathOverflow)?;
        let mut given = 0u128;
        for (lane, weight) in self.lanes.iter_mut().skip(1).zip(liquidity_weights()) {
            lane.rate_q64 = U128::ZERO;
            // Most economies leave most lanes unused.
            if weight == 0 {
                continue;
            }
            // The floor costs a lane less than its weight times 2^-64 base units a second.
            let rate = checked_times(per_weight, weight).ok_or(HomeostatError::MathOverflow)?;
            lane.rate_q64 = U128::new(rate);
            given = given
                .checked_add(rate)
                .ok_or(HomeostatError::MathOverflow)?;
        }
        let native = per_second
            .checked_sub(given)
            .ok_or(HomeostatError::MathOverflow)?;
        if let Some(lane) = self.lanes.get_mut(NATIVE_LANE) {
            lane.rate_q64 = U128::new(native);
        }
        self.grant_q64 = U128::new(grant_q64);
        self.emit_until = match grant_q64.checked_div(per_second) {
            Some(seconds) => self
                .t0
                .saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX)),
            // Nothing is emitted, so the grant lasts for ever.
            None => i64::MAX,
        };
        Ok(())
    }

    /// Spreads `unstreamed` fees (Q64.64 base units) over `[t0, t0 + seconds]`, floored; the
    /// remainder is streamed after the next call. Call [`Stream::settle`] first.
    pub fn set_fees(&mut self, unstreamed: u128, seconds: u32) -> Result<()> {
        let rate = unstreamed
            .checked_div(u128::from(seconds))
            .ok_or(HomeostatError::MathOverflow)?;
        self.fee_rate_q64 = U128::new(rate);
        self.fee_until = self.t0.saturating_add(i64::from(seconds));
        Ok(())
    }
}

/// The emission per second (Q64.64 base units, floored) at an annual rate of `ppm` of
/// `supply` (base units).
pub fn emission_per_second(supply: u64, ppm: u64) -> Result<u128> {
    let divisor = PPM.saturating_mul(YEAR.unsigned_abs());
    ratio_q64(product(supply, ppm), divisor).ok_or_else(|| error!(HomeostatError::MathOverflow))
}

/// `acc + rate * seconds`.
fn advance(acc: U128, rate: U128, seconds: u64) -> Result<u128> {
    checked_times(rate.get(), seconds)
        .and_then(|streamed| acc.get().checked_add(streamed))
        .ok_or_else(|| error!(HomeostatError::MathOverflow))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::number::floor_q64;

    /// The number 1 in Q64.64.
    const ONE_Q64: u128 = 1 << 64;

    fn stream(rate: u64) -> Stream {
        let mut stream = Stream {
            t0: 1_000,
            ..Stream::default()
        };
        stream
            .set_emission(
                u128::from(rate) * ONE_Q64,
                250_000,
                &[0, 1, 3, 0, 0, 0, 0, 0],
                1_000_000 * ONE_Q64,
            )
            .unwrap();
        stream
    }

    #[test]
    fn lanes_add_up_to_the_rate() {
        let stream = stream(1_000);
        assert_eq!(stream.emission_rate().unwrap(), 1_000 * ONE_Q64);
        let third = stream.lanes[2].rate_q64.get();
        let second = stream.lanes[1].rate_q64.get();
        assert_eq!(third, 3 * second);
        assert_eq!(floor_q64(second + third + PPM as u128), 250);
    }

    #[test]
    fn emission_stops_when_the_grant_is_used_up() {
        let mut stream = stream(1_000);
        assert_eq!(stream.emit_until, 2_000);
        assert_eq!(stream.emission_seconds(5_000), 1_000);
        stream.settle(5_000).unwrap();
        assert_eq!(floor_q64(stream.emitted_at(9_000).unwrap()), 1_000_000);
    }

    #[test]
    fn a_pause_inside_the_window_is_not_counted() {
        let mut stream = stream(1_000);
        stream.pause_from = 1_100;
        stream.pause_until = 1_300;
        assert_eq!(stream.emission_seconds(1_200), 100);
        assert_eq!(stream.emission_seconds(1_400), 200);
        stream.settle(1_200).unwrap();
        assert_eq!(stream.emission_seconds(1_250), 0);
        assert_eq!(stream.emission_seconds(1_350), 50);
    }

    #[test]
    fn settling_in_pieces_equals_settling_at_once() {
        let mut pieces = stream(777);
        let mut once = pieces;
        for now in [1_001, 1_001, 990, 1_400, 1_999, 2_500] {
            pieces.settle(now).unwrap();
        }
        once.settle(2_500).unwrap();
        assert_eq!(pieces, once);
    }

    #[test]
    fn without_liquidity_pools_everything_is_native() {
        let mut stream = stream(1_000);
        stream
            .set_emission(5 * ONE_Q64, 900_000, &[0; MAX_POOLS], 10 * ONE_Q64)
            .unwrap();
        assert_eq!(stream.lanes[NATIVE_LANE].rate_q64.get(), 5 * ONE_Q64);
    }

    #[test]
    fn a_zero_rate_has_no_end_and_emits_nothing() {
        let mut stream = stream(1_000);
        stream.set_emission(0, 0, &[0; MAX_POOLS], 0).unwrap();
        assert_eq!(stream.emit_until, i64::MAX);
        assert_eq!(stream.emitted_at(i64::MAX).unwrap(), 0);
    }

    #[test]
    fn settling_takes_what_was_emitted_from_the_grant() {
        let mut stream = stream(1_000);
        stream.pause_from = 1_100;
        stream.pause_until = 1_300;
        for (now, left) in [(1_050, 950_000), (1_200, 900_000), (1_400, 800_000)] {
            stream.settle(now).unwrap();
            assert_eq!(stream.grant_q64.get(), left * ONE_Q64, "at {now}");
            let planned = 1_000 * (now - 1_000) as u128;
            assert_eq!(stream.planned_q64.get(), planned * ONE_Q64, "at {now}");
        }
        // The pause did not put the end off: 200,000 of the grant are left.
        stream.settle(9_000).unwrap();
        assert_eq!(stream.grant_q64.get(), 200_000 * ONE_Q64);
    }

    #[test]
    fn the_largest_rate_does_not_overflow() {
        let rate = emission_per_second(u64::MAX, MAX_EMISSION_PPM as u64).unwrap();
        let year = rate.checked_mul(YEAR as u128).unwrap();
        assert!(floor_q64(year) >= u64::MAX - 1);
    }
}
