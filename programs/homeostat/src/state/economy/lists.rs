//! What belongs to an economy: its pools, meters, feeds and excluded token accounts. An
//! instruction that reads all of them compares the accounts it is given with these lists,
//! in order, so that none can be left out or passed twice.

use anchor_lang::prelude::*;

use super::{Economy, PoolSlot};
use crate::{
    constants::*,
    error::{check, HomeostatError},
};

impl Economy {
    /// The pools in use, by lane.
    pub fn active_pools(&self) -> &[PoolSlot] {
        self.pools
            .get(..usize::from(self.pool_count))
            .unwrap_or(&[])
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
        self.pool_count > 1
    }
}
