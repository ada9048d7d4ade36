//! What must hold of an economy: its configuration as a whole, and its solvency.

use anchor_lang::prelude::*;

use super::{Economy, Life};
use crate::{
    error::{check, HomeostatError},
    state::{
        controller::{Controller, Metric, Parameter},
        number::{ceil_q64, floor_q64},
    },
};

impl Economy {
    /// Refuses a configuration that is out of its ranges anywhere (`InvalidParameter`). The
    /// whole is checked, because one setting can break what another one relies on.
    pub fn validate(&self) -> Result<()> {
        self.validate_limits()?;
        for (controller, parameter) in self.controllers.iter().zip(Parameter::ALL) {
            let config = controller.config();
            let metric = Metric::from_byte(controller.metric)?;
            Controller::validate(&config, parameter, metric)?;
            self.require_metric(metric)?;
            Controller::validate_guard(&controller.guard_config(), parameter)?;
            check("controller.period", config.period == self.limits.period)?;
        }
        Ok(())
    }

    /// Refuses the metric of a feed that the economy does not have (`InvalidParameter`).
    pub fn require_metric(&self, metric: Metric) -> Result<()> {
        let known = metric
            .feed_index()
            .is_none_or(|index| index < usize::from(self.feed_count));
        check("controller.metric", known)
    }

    /// What holds after every instruction that writes a live economy at `now` (unix seconds),
    /// given the mint's supply (base units): everything owed fits under the hard cap
    /// (`MintCapExceeded`) or is in the vault (`InsolventVault`), and no more fees have
    /// streamed than were swept (`InvariantViolated`). A supply that is above the cap already,
    /// which only a foreign mint or a lowered cap can cause, must not grow by what is owed.
    pub fn invariant(&self, mint_supply: u64, now: i64) -> Result<()> {
        if self.life != Life::Live as u8 {
            return Ok(());
        }
        let owed = ceil_q64(self.owed_emission(now)?);
        if self.mints() {
            let minted_then = u128::from(mint_supply)
                .checked_add(u128::from(owed.saturating_sub(self.totals.supplied)))
                .ok_or(HomeostatError::MathOverflow)?;
            require!(
                minted_then <= u128::from(self.limits.hard_cap.max(mint_supply)),
                HomeostatError::MintCapExceeded
            );
        } else {
            require!(owed <= self.totals.supplied, HomeostatError::InsolventVault);
        }
        require!(
            floor_q64(self.stream.fees_at(now)?)
                <= u64::try_from(
                    self.tally
                        .swept_stakers
                        .get()
                        .saturating_add(u128::from(ceil_q64(self.tally.returned_fees_q64.get())))
                )
                .unwrap_or(u64::MAX),
            HomeostatError::InvariantViolated
        );
        Ok(())
    }
}
