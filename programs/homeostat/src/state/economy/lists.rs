//! What belongs to an economy: its pools, meters, feeds and excluded token accounts. An
//! instruction that reads all of them compares the accounts it is given with these lists,
//! in order, so that none can be left out or passed twice.

use anchor_lang::prelude::*;

use super::{Economy, Life, PoolSlot};
use crate::{
    constants::*,
    error::{check, HomeostatError},
    state::{stream::NATIVE_LANE, Pool},
};

/// The lane of the first liquidity pool.
const FIRST_LP_LANE: usize = 1;

impl Economy {
    /// The pools in use, by lane. Lanes whose pool was closed are left out.
    pub fn active_pools(&self) -> impl Iterator<Item = &PoolSlot> {
        let used = self.pools.iter().take(usize::from(self.pool_count));
        used.filter(|slot| !slot.is_vacant())
    }

    /// The lane of the next pool: the first whose pool was closed, else a new one. Refuses one
    /// more than [`MAX_POOLS`] (`TooMany`).
    pub fn next_lane(&self) -> Result<u8> {
        let used = self.pools.iter().take(usize::from(self.pool_count));
        let vacant = used.map(PoolSlot::is_vacant).position(|vacant| vacant);
        let lane = vacant.unwrap_or(usize::from(self.pool_count));
        require!(lane < MAX_POOLS, HomeostatError::TooMany);
        u8::try_from(lane).map_err(|_| error!(HomeostatError::TooMany))
    }

    /// Refuses new stake in a retired pool (`PoolRetired`): a liquidity pool of weight 0 earns
    /// nothing, and shall become empty.
    pub fn require_pool_open(&self, lane: u8) -> Result<()> {
        let lane = usize::from(lane);
        let weight = self.pools.get(lane).map_or(0, |slot| slot.weight);
        require!(
            lane == NATIVE_LANE || weight > 0,
            HomeostatError::PoolRetired
        );
        Ok(())
    }

    /// The smallest stake that can be added to the pool of a lane (base units of its mint), at
    /// least 1. Every pool has its own: tokens of different mints differ in decimals and worth,
    /// and one number for all would shut one pool or guard none.
    pub fn min_stake(&self, lane: u8) -> u64 {
        let own = match usize::from(lane).checked_sub(FIRST_LP_LANE) {
            None => Some(&self.limits.min_stake),
            Some(index) => self.lp_min_stakes.get(index),
        };
        own.map_or(1, |least| (*least).max(1))
    }

    /// The same, to change it. Refuses a lane without a pool (`InvalidParameter`).
    pub fn min_stake_mut(&mut self, lane: u8) -> Result<&mut u64> {
        let slot = self.pools.get(usize::from(lane));
        check("lane", slot.is_some_and(|slot| !slot.is_vacant()))?;
        let own = match usize::from(lane).checked_sub(FIRST_LP_LANE) {
            None => Some(&mut self.limits.min_stake),
            Some(index) => self.lp_min_stakes.get_mut(index),
        };
        own.ok_or_else(|| error!(HomeostatError::InvariantViolated))
    }

    /// Takes a liquidity pool without positions off the list. What it counted stays counted,
    /// because the sums that a crank compares only grow. Settle the pool first. Refuses a pool
    /// that can still be used (`PoolInUse`): one with positions, in a live economy one whose
    /// weight is not 0, and the native one, whose stake every proposal is measured by.
    pub fn remove_pool(&mut self, pool: &Pool) -> Result<()> {
        let lane = usize::from(pool.lane);
        let slot = self
            .pools
            .get_mut(lane)
            .filter(|_| lane != NATIVE_LANE)
            .ok_or(HomeostatError::PoolInUse)?;
        let over = slot.weight == 0 || self.life == Life::Retired as u8;
        require!(over && pool.positions == 0, HomeostatError::PoolInUse);
        *slot = PoolSlot::default();
        // The next pool of this lane has another mint.
        if let Some(least) = lane
            .checked_sub(FIRST_LP_LANE)
            .and_then(|index| self.lp_min_stakes.get_mut(index))
        {
            *least = 0;
        }
        self.closed
            .returned_emission_q64
            .add(pool.returned_emission_q64.get())?;
        self.closed.claimed.add(u128::from(pool.claimed))
    }

    /// The meters in use, by shard.
    pub fn active_meters(&self) -> &[Pubkey] {
        self.meters
            .get(..usize::from(self.meter_count))
            .unwrap_or(&[])
    }

    /// The feeds in use, by index.
    pub fn active_feeds(&self) -> &[Pubkey] {
        self.feeds
            .get(..usize::from(self.feed_count))
            .unwrap_or(&[])
    }

    /// The exclusions in use, in the order that they were set.
    pub fn active_excluded(&self) -> &[Pubkey] {
        self.excluded
            .get(..usize::from(self.excluded_count))
            .unwrap_or(&[])
    }

    /// Replaces the exclusions. Refuses more than [`MAX_EXCLUDED`] and the zero address
    /// (`InvalidParameter`), and the same account twice (`DuplicateAccount`), whose balance
    /// would be deducted twice.
    pub fn exclude(&mut self, accounts: &[Pubkey]) -> Result<()> {
        check("excluded", accounts.len() <= MAX_EXCLUDED)?;
        let mut excluded = [Pubkey::default(); MAX_EXCLUDED];
        for (index, (slot, account)) in excluded.iter_mut().zip(accounts).enumerate() {
            let known = accounts.get(..index).is_some_and(|a| a.contains(account));
            require!(!known, HomeostatError::DuplicateAccount);
            check("excluded", *account != Pubkey::default())?;
            *slot = *account;
        }
        self.excluded = excluded;
        self.excluded_count =
            u8::try_from(accounts.len()).map_err(|_| HomeostatError::MathOverflow)?;
        Ok(())
    }

    /// True when a pool other than the native one exists.
    pub fn has_liquidity_pools(&self) -> bool {
        self.active_pools().count() > 1
    }
}
