//! How much of the token there is and how much of it circulates, by the program's own
//! counters.

use anchor_lang::prelude::*;

use super::Tally;
use crate::{constants::*, state::economy::Economy};

/// The new supply counter S (base units): it follows the program's own mints and burns at
/// once, and for everybody else's it moves towards the mint's supply by at most
/// [`SUPPLY_DRIFT_PPM`] of itself. So nobody shifts the measurements by minting or burning
/// in the second of a crank. Nothing wraps: the sum of two 64-bit numbers has 65 bits.
pub(super) fn follow_supply(supply: u64, minted: u64, burned: u128, mint_supply: u64) -> u64 {
    let expected = u128::from(supply)
        .wrapping_add(u128::from(minted))
        .saturating_sub(burned);
    let expected = u64::try_from(expected).unwrap_or(u64::MAX);
    // Dividing by this quotient of constants is the same as multiplying by SUPPLY_DRIFT_PPM
    // and dividing by PPM.
    const { assert!(PPM.is_multiple_of(SUPPLY_DRIFT_PPM)) };
    let drift = expected / (PPM / SUPPLY_DRIFT_PPM);
    mint_supply.clamp(
        expected.saturating_sub(drift),
        expected.saturating_add(drift),
    )
}

/// The circulating supply C (base units), at least 1: S less what the reward vault owes, the
/// treasury, uncollected fees and the excluded accounts. The vaults count by internal
/// counters, so that a donation to one changes nothing. Sums of a few 64-bit numbers do not
/// saturate 128 bits.
pub(super) fn circulating(
    economy: &Economy,
    tally: &Tally,
    owed: u64,
    supply: u64,
    excluded: u64,
) -> u64 {
    let treasury = tally
        .swept_treasury
        .get()
        .saturating_sub(u128::from(economy.totals.treasury_paid));
    let locked = u128::from(owed)
        .saturating_add(treasury)
        .saturating_add(u128::from(tally.pending_fees))
        .saturating_add(u128::from(excluded));
    let circulating = u128::from(supply).saturating_sub(locked).max(1);
    u64::try_from(circulating).unwrap_or(u64::MAX)
}

impl Economy {
    /// The first circulating supply, at go-live (base units). `excluded` is the balance of the
    /// excluded accounts.
    pub fn first_circulating(&self, excluded: u64) -> Result<u64> {
        let tally = Tally {
            supplied: self.totals.supplied,
            ..Tally::default()
        };
        let owed = Economy::reward_liability(&tally, tally.supplied)?;
        Ok(circulating(
            self,
            &tally,
            owed,
            self.totals.supply,
            excluded,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_supply_counter_follows_our_own_changes_at_once() {
        assert_eq!(follow_supply(1_000_000, 5_000, 2_000, 1_003_000), 1_003_000);
    }

    #[test]
    fn the_supply_counter_follows_foreign_changes_by_one_percent() {
        assert_eq!(follow_supply(1_000_000, 0, 0, 2_000_000), 1_010_000);
        assert_eq!(follow_supply(1_000_000, 0, 0, 0), 990_000);
        assert_eq!(follow_supply(1_000_000, 0, 0, 1_000_500), 1_000_500);
    }
}
