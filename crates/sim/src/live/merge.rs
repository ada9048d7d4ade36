//! Several pools and meters as the one of each that the simulator has.
//!
//! A crank sees sums over pools and meters, and what it compares are differences of these sums:
//! one account that has counted what all of them did gives the same ones.

use bytemuck::Zeroable;
use homeostat::{
    constants::{MAX_TOUCHES, MIN_TOUCHES},
    state::{
        number::U128,
        stream::{Lane, NATIVE_LANE},
        Economy, Meter, Pool, PoolKind, PoolSlot,
    },
};

use super::{LivePool, Unfit};

/// The lane of the simulator's liquidity pool.
const LIQUIDITY_LANE: usize = NATIVE_LANE + 1;

/// The economy with at most one liquidity pool, its native pool, and the liquidity pool. Every
/// pool is settled at `now` (unix seconds). LP tokens are counted in the tokens of the economy
/// that they stand for, because those of several pools have no unit in common.
pub fn pools(
    economy: &Economy,
    live: &[LivePool],
    now: i64,
) -> Result<(Box<Economy>, Pool, Pool), Unfit> {
    let mut settled = live.to_vec();
    for live in &mut settled {
        let stream = &economy.stream;
        let at = now.max(live.pool.settled_at);
        let done = live.pool.settle(stream, economy.yield_q64, at);
        done.map_err(|_| Unfit::Inconsistent)?;
    }
    let (natives, others): (Vec<_>, Vec<_>) =
        settled.into_iter().partition(|live| live.pool.is_native());
    let [native] = natives.as_slice() else {
        return Err(Unfit::Incomplete);
    };
    let liquidity = liquidity(economy, &others, now).ok_or(Unfit::Inconsistent)?;
    let mut merged = Box::new(*economy);
    if !others.is_empty() {
        one_lane(&mut merged);
    }
    merged.meter_count = 1;
    Ok((merged, native.pool, liquidity))
}

/// One meter that has counted what all of them did.
pub fn meters(meters: &[Meter]) -> Result<Meter, Unfit> {
    let mut all = Meter::zeroed();
    let sum = |of: &mut u64, more: u64| -> Result<(), Unfit> {
        *of = of.checked_add(more).ok_or(Unfit::Inconsistent)?;
        Ok(())
    };
    for meter in meters {
        sum(&mut all.pending_burn, meter.pending_burn)?;
        sum(&mut all.pending_stakers, meter.pending_stakers)?;
        sum(&mut all.pending_treasury, meter.pending_treasury)?;
        sum(&mut all.payments, meter.payments)?;
        all.volume.count(meter.volume);
        all.fees.count(meter.fees);
        all.burned.count(meter.burned);
        all.burn_blocked.count(meter.burn_blocked);
        all.swept_stakers.count(meter.swept_stakers);
        all.swept_treasury.count(meter.swept_treasury);
    }
    Ok(all)
}

/// The liquidity pool that has counted what all of them did, and the closed ones before them.
fn liquidity(economy: &Economy, pools: &[LivePool], now: i64) -> Option<Pool> {
    let closed = &economy.closed;
    let claimed = u64::try_from(closed.claimed.get()).ok()?;
    let mut all = Pool {
        kind: PoolKind::Liquidity as u8,
        lane: LIQUIDITY_LANE as u8,
        settled_at: now,
        claimed,
        // What closed pools have paid out was distributed before.
        distributed_q64: U128::new(u128::from(claimed) << 64),
        returned_emission_q64: closed.returned_emission_q64,
        ..Pool::zeroed()
    };
    for live in pools {
        let pool = &live.pool;
        all.total = all.total.checked_add(tokens(live, pool.total)?)?;
        all.unbonding = all.unbonding.checked_add(tokens(live, pool.unbonding)?)?;
        all.claimed = all.claimed.checked_add(pool.claimed)?;
        all.positions = all.positions.checked_add(pool.positions)?;
        all.remainder_q64.count(pool.remainder_q64);
        all.distributed_q64.count(pool.distributed_q64);
        all.returned_emission_q64.count(pool.returned_emission_q64);
        all.returned_fees_q64.count(pool.returned_fees_q64);
        all.seen_emission_q64.count(pool.seen_emission_q64);
        all.touched_at = all.touched_at.max(pool.touched_at);
    }
    // What streamed on the lanes of closed pools is not to be credited again.
    for (lane, slot) in economy.pools.iter().enumerate().skip(LIQUIDITY_LANE) {
        if slot.is_vacant() {
            let streamed = economy.stream.at(lane, now).ok()?;
            all.seen_emission_q64.count(U128::new(streamed.emission));
        }
    }
    touches(&mut all, economy, pools, now);
    Some(all)
}

/// What `shares` base units of a pool's LP tokens stand for (base units of the economy's token,
/// rounded down), as a touch counts it.
fn tokens(live: &LivePool, shares: u64) -> Option<u64> {
    let staked = u128::from(shares.min(live.lp_supply));
    let tokens = u128::from(live.amm_tokens)
        .checked_mul(staked)?
        .checked_div(u128::from(live.lp_supply))
        .unwrap_or(0);
    u64::try_from(tokens).ok()
}

/// The touches of this period: those of the only pool, or as many as it takes of the sum of
/// all pools' depths.
fn touches(all: &mut Pool, economy: &Economy, pools: &[LivePool], now: i64) {
    if let [only] = pools {
        all.depths = only.pool.depths;
        all.touch_period = only.pool.touch_period;
        all.touches = only.pool.touches;
        return;
    }
    let period = economy.current_period();
    let depths = pools.iter().map(|live| live.pool.depth(period, now));
    let Some(depth) = depths.sum::<Option<u64>>().filter(|_| !pools.is_empty()) else {
        return;
    };
    all.depths = [depth; MAX_TOUCHES];
    all.touch_period = period;
    all.touches = MIN_TOUCHES as u32;
    // A touch in the second of a crank does not count.
    all.touched_at = all.touched_at.min(now - 1);
}

/// Puts the emission of all liquidity pools on one lane.
fn one_lane(economy: &mut Economy) {
    let lanes = &mut economy.stream.lanes;
    let mut lane = Lane::default();
    for other in &mut lanes[LIQUIDITY_LANE..] {
        lane.acc_q64.count(other.acc_q64);
        lane.rate_q64.count(other.rate_q64);
        *other = Lane::default();
    }
    lanes[LIQUIDITY_LANE] = lane;
    let slots = &mut economy.pools[LIQUIDITY_LANE..];
    let weights = slots.iter().map(|slot| u32::from(slot.weight));
    let weight = weights.sum::<u32>().min(u32::from(u16::MAX));
    let first = slots.iter().find(|slot| !slot.is_vacant()).copied();
    for slot in slots.iter_mut() {
        *slot = PoolSlot::default();
    }
    slots[0] = PoolSlot {
        weight: weight as u16,
        ..first.unwrap_or_default()
    };
    economy.pool_count = LIQUIDITY_LANE as u8 + 1;
}
