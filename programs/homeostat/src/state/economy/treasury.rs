//! The treasury's outflow cap.

use anchor_lang::prelude::*;

use super::Economy;
use crate::{
    constants::*,
    error::HomeostatError,
    state::number::{add, mul_div_floor},
};

impl Economy {
    /// The treasury payments that count against the outflow cap at `now` (base units, rounded
    /// up). Spending decays linearly: a full cap in 30 days. A decay that leaves 64 bits is
    /// more than any spending, so then nothing counts.
    fn outflow(&self, now: i64) -> u64 {
        let elapsed = now.saturating_sub(self.totals.outflow_at).max(0);
        let decayed = mul_div_floor(
            self.limits.outflow_cap,
            elapsed.unsigned_abs(),
            OUTFLOW_WINDOW,
        );
        let counted = self.totals.outflow;
        counted.saturating_sub(decayed.unwrap_or(u64::MAX))
    }

    /// Counts a treasury payment of `amount` base units at `now` (unix seconds). Refuses
    /// zero (`AmountTooSmall`) and more than the outflow cap leaves (`OutflowCapExceeded`),
    /// whoever approved it.
    pub fn spend_treasury(&mut self, amount: u64, now: i64) -> Result<()> {
        require!(amount > 0, HomeostatError::AmountTooSmall);
        let outflow = self.outflow(now).saturating_add(amount);
        require!(
            outflow <= self.limits.outflow_cap,
            HomeostatError::OutflowCapExceeded
        );
        self.totals.outflow = outflow;
        // A clock that stepped back must not move the time back: what has decayed since then
        // would decay a second time, and more than the cap would leave the treasury.
        self.totals.outflow_at = self.totals.outflow_at.max(now);
        self.totals.treasury_paid = add(self.totals.treasury_paid, amount)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::*;
    use super::*;

    #[test]
    fn t1_a_clock_that_steps_back_gives_nothing_back_twice() {
        // Given a treasury that pays a million base units in 30 days, all of them spent,
        // and half of the 30 days gone, after which half was spent again,
        let (mut economy, _) = live(|economy| economy.limits.outflow_cap = 1_000_000);
        let half = START + OUTFLOW_WINDOW as i64 / 2;
        economy.spend_treasury(1_000_000, START).unwrap();
        economy.spend_treasury(499_999, half).unwrap();

        // when the clock steps back to the start, where the last base unit is spent,
        economy.spend_treasury(1, START).unwrap();
        assert_eq!(economy.totals.outflow, 1_000_000);

        // then the half that has decayed already does not decay again.
        let before = economy;
        assert!(economy.spend_treasury(1, half).is_err());
        assert_eq!(economy, before);
        assert_eq!(economy.totals.treasury_paid, 1_500_000);
    }
}
