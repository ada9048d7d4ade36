//! The tally: what all pools and meters of an economy add up to.

use anchor_lang::prelude::*;

use crate::state::{
    economy::Economy,
    meter::Meter,
    number::{add, U128},
    pool::Pool,
};

/// The sums over all pools and meters since creation, and what liquidity pools measured in one
/// window.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// The time integral of the native stake (base units x seconds).
    pub stake_seconds: U128,
    /// The depth of all liquidity pools in the window before the tally (base units).
    pub depth: u64,
    /// The number of liquidity pools without a depth in that window.
    pub without_depth: u64,
    /// The emission that streamed to empty pools or above the yield cap (Q64.64 base units).
    pub returned_emission_q64: U128,
    /// The fees that streamed to an empty pool (Q64.64 base units).
    pub returned_fees_q64: U128,
    /// The rewards that were claimed (base units).
    pub claimed: U128,
    /// The volume that was charged (base units).
    pub volume: U128,
    /// The fees that were received (base units).
    pub fees: U128,
    /// The fees that were burned (base units).
    pub burned: U128,
    /// The burns that the supply floor or the burn cap blocked (base units).
    pub burn_blocked: U128,
    /// The fees moved to the reward vault (base units).
    pub swept_stakers: U128,
    /// The fees moved to the treasury (base units).
    pub swept_treasury: U128,
    /// The emission at the time of the tally (Q64.64 base units).
    pub emitted_q64: U128,
    /// The value of `Totals.supplied` at the time of the tally (base units).
    pub supplied: u64,
    /// The fees not yet collected at the time of the tally (base units).
    pub pending_fees: u64,
    /// The part of these that is to be burned (base units).
    pub pending_burn: u64,
}

impl Tally {
    /// Adds a pool as it will be once it is settled at `now` (unix seconds). The sum of depths
    /// saturates, and a saturated one is out of every credible range.
    pub fn add_pool(&mut self, pool: &Pool, economy: &Economy, now: i64) -> Result<()> {
        if pool.is_native() {
            self.stake_seconds.add(pool.stake_seconds_at(now)?)?;
        } else {
            match pool.depth(economy.current_period(), now) {
                Some(depth) => self.depth = self.depth.saturating_add(depth),
                None => self.without_depth = self.without_depth.saturating_add(1),
            }
        }
        let (emission, fees) = pool.returned_at(&economy.stream, economy.yield_q64, now)?;
        self.returned_emission_q64.count(emission);
        self.returned_fees_q64.count(fees);
        self.claimed.count(U128::new(u128::from(pool.claimed)));
        Ok(())
    }

    /// Adds what a meter has counted.
    #[inline(never)]
    pub fn add_meter(&mut self, meter: &Meter) -> Result<()> {
        self.volume.count(meter.volume);
        self.fees.count(meter.fees);
        self.burned.count(meter.burned);
        self.burn_blocked.count(meter.burn_blocked);
        self.swept_stakers.count(meter.swept_stakers);
        self.swept_treasury.count(meter.swept_treasury);
        self.pending_fees = add(self.pending_fees, meter.liability()?)?;
        self.pending_burn = add(self.pending_burn, meter.pending_burn)?;
        Ok(())
    }

    /// What was ever charged to be burned (base units): burned, blocked, or not yet collected.
    /// Payments alone make it grow, whenever somebody collects. It does not saturate: no more
    /// than the fees.
    pub fn charged_to_burn(&self) -> U128 {
        let collected = self.burned.get().saturating_add(self.burn_blocked.get());
        U128::new(collected.saturating_add(u128::from(self.pending_burn)))
    }
}
