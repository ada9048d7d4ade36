//! The treasury's outflow cap: in no 30 days more is paid out than the cap in force says.

use anchor_lang::prelude::*;

use super::Economy;
use crate::{constants::*, error::HomeostatError, state::number::add};

/// What the treasury paid lately, by stretches of six days. A payment counts for 30 to 36 days,
/// until its whole stretch is out of reach, so that no 30 days, wherever they begin, contain
/// more than the cap. A bucket that drains instead would let out twice the cap: once the full
/// bucket, and once more what drains meanwhile.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outflow {
    /// The payments of each stretch (base units), the newest stretch first.
    pub paid: [u64; OUTFLOW_STRETCHES],
    /// The number of the newest stretch: its time (unix seconds) over six days, rounded down.
    pub newest: u64,
}

impl Outflow {
    /// The payments that count (base units). A sum that saturates is above every cap.
    pub fn counted(&self) -> u64 {
        let sum = |sum: u64, paid: &u64| sum.saturating_add(*paid);
        self.paid.iter().fold(0, sum)
    }

    /// Counts a payment of `amount` base units at `now` (unix seconds), after those that are
    /// out of reach were dropped. A clock that steps back stays in the newest stretch.
    fn count(&mut self, amount: u64, now: i64) {
        // Unsigned, because the target has no signed division.
        let stretch = now
            .max(0)
            .unsigned_abs()
            .div_euclid(OUTFLOW_STRETCH)
            .max(self.newest);
        let gone = usize::try_from(stretch.saturating_sub(self.newest))
            .map_or(OUTFLOW_STRETCHES, |gone| gone.min(OUTFLOW_STRETCHES));
        self.newest = stretch;
        self.paid.rotate_right(gone);
        self.paid.iter_mut().take(gone).for_each(|paid| *paid = 0);
        if let Some(paid) = self.paid.first_mut() {
            *paid = paid.saturating_add(amount);
        }
    }
}

impl Economy {
    /// Counts a treasury payment of `amount` base units at `now` (unix seconds). Refuses
    /// zero (`AmountTooSmall`) and more than the outflow cap leaves (`OutflowCapExceeded`),
    /// whoever approved it.
    pub fn spend_treasury(&mut self, amount: u64, now: i64) -> Result<()> {
        require!(amount > 0, HomeostatError::AmountTooSmall);
        let mut outflow = self.totals.outflow;
        outflow.count(amount, now);
        require!(
            outflow.counted() <= self.limits.outflow_cap,
            HomeostatError::OutflowCapExceeded
        );
        self.totals.outflow = outflow;
        self.totals.treasury_paid = add(self.totals.treasury_paid, amount)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_core::{RngCore, SeedableRng};

    use super::super::fixture::*;

    const DAYS: i64 = 86_400;

    /// The oldest attack on such a cap: pay at the end of one window and at the start of the
    /// next.
    #[test]
    fn n11_no_30_days_contain_more_than_the_cap() {
        const SEED: u64 = 0x6f75_7466_6c6f;
        let mut random = ChaCha8Rng::seed_from_u64(SEED);
        let mut below = |most: u64| random.next_u64() % most;
        for story in 0..200 {
            let (mut economy, _) = live(|economy| economy.limits.outflow_cap = 1_000);
            let mut paid: Vec<(i64, u64)> = Vec::new();
            let mut now = START + below(6 * 86_400) as i64;
            for _ in 0..200 {
                now += below(8 * 86_400) as i64 * i64::from(below(3) > 0);
                // As much as goes, or a part of it.
                let most = 1 + below(1_000);
                for amount in [most, most / 2, 1] {
                    if amount > 0 && economy.spend_treasury(amount, now).is_ok() {
                        paid.push((now, amount));
                    }
                }
            }
            let before = economy.totals.treasury_paid;
            assert!(before > 5_000, "story {story}: the cap is used, {before}");
            for (end, _) in &paid {
                let window = paid
                    .iter()
                    .filter(|(at, _)| (end - 30 * DAYS..=*end).contains(at));
                let left: u64 = window.map(|(_, amount)| amount).sum();
                assert!(left <= 1_000, "seed {SEED:#x}, story {story}: {left} left");
            }
        }
    }

    #[test]
    fn success_a_full_cap_is_free_again_after_36_days_at_most() {
        let (mut economy, _) = live(|economy| economy.limits.outflow_cap = 1_000);
        economy.spend_treasury(1_000, START).unwrap();
        assert!(economy.spend_treasury(1, START + 30 * DAYS).is_err());
        let (mut economy, _) = live(|economy| economy.limits.outflow_cap = 1_000);
        economy.spend_treasury(1_000, START).unwrap();
        economy.spend_treasury(1_000, START + 36 * DAYS).unwrap();
    }

    #[test]
    fn t1_a_clock_that_steps_back_frees_nothing() {
        // Given a treasury that pays a million base units in 30 days, all of them spent,
        let (mut economy, _) = live(|economy| economy.limits.outflow_cap = 1_000_000);
        economy.spend_treasury(1_000_000, START).unwrap();

        // when the clock steps back, by however much, and goes on again,
        let before = economy;
        for now in [
            START - 1,
            START - 400 * DAYS,
            i64::MIN,
            START,
            START + 29 * DAYS,
        ] {
            // then nothing more leaves, and nothing has changed.
            assert!(economy.spend_treasury(1, now).is_err());
            assert_eq!(economy, before);
        }
        // What is paid at a lower time counts as long as the newest payment.
        economy.spend_treasury(999_999, START + 36 * DAYS).unwrap();
        economy.spend_treasury(1, START).unwrap();
        assert!(economy.spend_treasury(1, START + 65 * DAYS).is_err());
    }
}
