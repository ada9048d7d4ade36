//! The treasury's outflow cap.

use anchor_lang::prelude::*;

use super::Economy;
use crate::{constants::*, error::HomeostatError, state::number::mul_div_floor};

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
        self.totals.outflow_at = now;
        self.totals.treasury_paid = self
            .totals
            .treasury_paid
            .checked_add(amount)
            .ok_or(HomeostatError::MathOverflow)?;
        Ok(())
    }
}
