//! What must hold of an economy: its configuration as a whole, and its solvency.

use anchor_lang::prelude::*;

use super::{Economy, Life};
use crate::{
    error::{check, HomeostatError},
    state::{
        controller::{Controller, Metric, Parameter, Wiring},
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
            let wiring = controller.wiring()?;
            Controller::validate(&config, parameter, &wiring)?;
            self.require_feeds(&wiring)?;
            Controller::validate_guard(&controller.guard_config(), parameter)?;
            check("controller.period", config.period == self.limits.period)?;
        }
        Ok(())
    }

    /// Refuses the wiring to a feed that the economy does not have (`InvalidParameter`).
    pub fn require_feeds(&self, wiring: &Wiring) -> Result<()> {
        let mut feeds = wiring.metrics().filter_map(Metric::feed_index);
        let known = feeds.all(|index| index < usize::from(self.feed_count));
        check("controller.metric", known)
    }

    /// What holds after every instruction that writes an economy at `now` (unix seconds), from
    /// its start on, given the mint's supply (base units): everything owed fits under the hard
    /// cap (`MintCapExceeded`) or is in the vault (`InsolventVault`), and no more fees have
    /// streamed than were swept (`InvariantViolated`). A supply that is above the cap already,
    /// which only a foreign mint or a lowered cap can cause, must not grow by what is owed.
    ///
    /// An economy that was just retired has yet to mint what it owes, and the cap binds that
    /// mint as well.
    pub fn invariant(&self, mint_supply: u64, now: i64) -> Result<()> {
        if self.life == Life::Draft as u8 {
            return Ok(());
        }
        if !self.mints() {
            return self.require_backed(now);
        }
        let owed = ceil_q64(self.owed_emission(now)?);
        let minted_then = u128::from(mint_supply)
            .checked_add(u128::from(owed.saturating_sub(self.totals.supplied)))
            .ok_or(HomeostatError::MathOverflow)?;
        require!(
            minted_then <= u128::from(self.limits.hard_cap.max(mint_supply)),
            HomeostatError::MintCapExceeded
        );
        self.require_fees_swept(now)
    }

    /// What holds of an economy that mints nothing more, up to `until` (unix seconds):
    /// everything owed by then was put into the reward vault (`InsolventVault`), and no more
    /// fees have streamed by then than were swept (`InvariantViolated`).
    pub fn require_backed(&self, until: i64) -> Result<()> {
        let owed = ceil_q64(self.owed_emission(until)?);
        require!(owed <= self.totals.supplied, HomeostatError::InsolventVault);
        self.require_fees_swept(until)
    }

    /// Refuses more fees streamed up to `until` (unix seconds) than were swept, or came back
    /// from an empty pool (`InvariantViolated`).
    fn require_fees_swept(&self, until: i64) -> Result<()> {
        let streamed = u128::from(floor_q64(self.stream.fees_at(until)?));
        let returned = u128::from(ceil_q64(self.tally.returned_fees_q64.get()));
        require!(
            streamed <= self.tally.swept_stakers.get().saturating_add(returned),
            HomeostatError::InvariantViolated
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{fixture::*, Funding};
    use super::*;
    use crate::state::number::U128;

    /// An economy that nobody has cranked for two weeks, just retired, and the mint's supply.
    fn retired(change: impl FnOnce(&mut Economy)) -> (Economy, u64, i64) {
        let (mut economy, supply) = live(change);
        let now = START + 2 * WEEK;
        economy.retire(None, now).unwrap();
        (economy, supply, now)
    }

    #[test]
    fn a_retirement_mints_nothing_beyond_the_cap() {
        let (mut economy, supply, now) = retired(|_| ());
        let owed = economy.mintable(now).unwrap();
        assert!(owed > 0);
        economy.limits.hard_cap = supply + owed;
        economy.invariant(supply, now).unwrap();

        economy.limits.hard_cap -= 1;
        let refused = economy.invariant(supply, now);
        assert_eq!(refused, Err(error!(HomeostatError::MintCapExceeded)));
    }

    #[test]
    fn a_retired_economy_is_backed_once_everything_owed_is_minted() {
        // Given a retirement before its mint, and of one token too few,
        let (mut economy, supply, now) = retired(|_| ());
        let owed = economy.mintable(now).unwrap();
        let short = Err(error!(HomeostatError::InsolventVault));
        assert_eq!(economy.require_backed(i64::MAX), short);
        economy.supply_rewards(owed - 1).unwrap();
        assert_eq!(economy.require_backed(i64::MAX), short);

        // when the last one is minted, then nothing is ever owed beyond it.
        economy.supply_rewards(1).unwrap();
        economy.require_backed(i64::MAX).unwrap();
        economy.invariant(supply + owed, now).unwrap();
        assert_eq!(economy.mintable(i64::MAX).unwrap(), 0);
    }

    #[test]
    fn a_retired_economy_streams_no_more_fees_than_were_swept() {
        let (mut economy, _, _) = retired(|economy| {
            economy.funding = Funding::Funded as u8;
            economy.totals.supplied = SUPPLY;
            economy.tally.swept_stakers = U128::new(1_000_000);
        });
        economy.require_backed(i64::MAX).unwrap();

        // Half of them have streamed when half of a period is over, all of them later.
        economy.tally.swept_stakers = U128::new(500_000);
        economy
            .require_backed(economy.stream.t0 + WEEK / 2)
            .unwrap();
        assert_eq!(
            economy.require_backed(i64::MAX),
            Err(error!(HomeostatError::InvariantViolated))
        );
    }
}
