//! How much of the token there is and how much of it circulates, by the program's own
//! counters.

use anchor_lang::prelude::*;

use super::Tally;
use crate::{
    constants::*,
    state::{economy::Economy, number::mul_div_floor},
};

/// How far a counter may move in `seconds` (base units, rounded down): [`SUPPLY_DRIFT_PPM`] of
/// the supply in [`DRIFT_TIME`], and no more in a longer time. By time and not by cranks, so
/// that short periods do not make it fast.
fn drift(supply: u64, seconds: u64) -> u64 {
    // Dividing by this quotient of constants is the same as multiplying by SUPPLY_DRIFT_PPM
    // and dividing by PPM.
    const { assert!(PPM.is_multiple_of(SUPPLY_DRIFT_PPM)) };
    let whole = supply / (PPM / SUPPLY_DRIFT_PPM);
    if seconds >= DRIFT_TIME {
        return whole;
    }
    mul_div_floor(whole, seconds, DRIFT_TIME).unwrap_or(whole)
}

/// `from` moved towards `to` by at most `most`.
fn follow(from: u64, to: u64, most: u64) -> u64 {
    to.clamp(from.saturating_sub(most), from.saturating_add(most))
}

/// The new supply counter S (base units): it follows the program's own mints and burns at
/// once, and for everybody else's it moves towards the mint's supply by at most what [`drift`]
/// allows. So nobody shifts the measurements by minting or burning in the second of a crank.
/// Nothing wraps: the sum of two 64-bit numbers has 65 bits.
pub(super) fn follow_supply(
    supply: u64,
    minted: u64,
    burned: u128,
    mint_supply: u64,
    seconds: u64,
) -> u64 {
    let expected = u128::from(supply)
        .wrapping_add(u128::from(minted))
        .saturating_sub(burned);
    let expected = u64::try_from(expected).unwrap_or(u64::MAX);
    follow(expected, mint_supply, drift(expected, seconds))
}

/// What the supply floor and the burn cap let be burned of what is charged in a window (base
/// units). `supply` is S at its end and `collected` what was burned in it.
///
/// It is not what they did block: that depends on when somebody collects, and so would every
/// measurement of burns. The room above the floor is S as it would be without the window's
/// burns, less what was charged before and had not been collected; the cap is the whole one of
/// the period. Collected once a period it is what happens. The sums do not saturate: a supply
/// has 64 bits, and no more is burned than there was.
pub(super) fn burnable(economy: &Economy, supply: u64, collected: u128) -> u128 {
    let before = u128::from(economy.tally.pending_burn);
    let above_floor = u128::from(supply)
        .saturating_add(collected)
        .saturating_sub(before.saturating_add(u128::from(economy.limits.supply_floor)));
    above_floor.min(u128::from(economy.burn_cap()))
}

/// What the excluded accounts count for from now on (base units), towards their `balance`.
/// That is the balance of an instant: whoever has the keys of an excluded account could empty
/// it for the transaction of the crank and fill it again. Like a donation to it, this moves C
/// by what [`drift`] allows and no further.
pub(super) fn follow_excluded(excluded: u64, balance: u64, supply: u64, seconds: u64) -> u64 {
    follow(excluded, balance, drift(supply, seconds))
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
    /// The first circulating supply, at go-live (base units).
    pub fn first_circulating(&self) -> Result<u64> {
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
            self.excluded_balance,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_supply_counter_follows_our_own_changes_at_once() {
        assert_eq!(
            follow_supply(1_000_000, 5_000, 2_000, 1_003_000, 0),
            1_003_000
        );
    }

    #[test]
    fn the_supply_counter_follows_foreign_changes_by_one_percent() {
        let follow = |mint_supply, seconds| follow_supply(1_000_000, 0, 0, mint_supply, seconds);
        assert_eq!(follow(2_000_000, DRIFT_TIME), 1_010_000);
        assert_eq!(follow(0, DRIFT_TIME), 990_000);
        assert_eq!(follow(1_000_500, DRIFT_TIME), 1_000_500);
        // No more after a longer time, and in proportion after a shorter one.
        assert_eq!(follow(2_000_000, 52 * DRIFT_TIME), 1_010_000);
        assert_eq!(follow(2_000_000, DRIFT_TIME / 7), 1_001_428);
        assert_eq!(follow(2_000_000, 0), 1_000_000);
    }

    #[test]
    fn the_excluded_balance_follows_by_one_percent_of_the_supply() {
        let follow = |balance, seconds| follow_excluded(300_000, balance, 1_000_000, seconds);
        assert_eq!(follow(0, DRIFT_TIME), 290_000);
        assert_eq!(follow(u64::MAX, DRIFT_TIME), 310_000);
        assert_eq!(follow(300_001, DRIFT_TIME), 300_001);
        assert_eq!(follow(0, DRIFT_TIME / 2), 295_000);
        assert_eq!(follow_excluded(3, 0, u64::MAX, DRIFT_TIME), 0);
    }
}
