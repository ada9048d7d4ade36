//! Actions on caps, shares, weights, terms and exclusions: numbers and accounts of the economy
//! that no controller moves.

use anchor_lang::prelude::*;

use super::{expect_other, fields, replace, Act, ActionAccounts, ExecutionContext, NamedAccounts};
use crate::{
    error::{check, HomeostatError},
    state::{Class, Economy, Limits},
};

/// Caps that hold whatever the controllers say; units as in `Limits`.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// The highest supply that emission may lead to (base units).
    pub hard_cap: u64,
    /// The supply at which burns stop (base units).
    pub supply_floor: u64,
    /// The highest emission of one period (ppm of supply).
    pub period_emission_ppm: u32,
    /// The highest burn of one period (ppm of supply), through all meters together.
    pub period_burn_ppm: u32,
    /// The most that is paid out of the treasury in 30 days (base units); 0 = nothing.
    pub outflow_cap: u64,
}

impl Caps {
    /// The caps in force.
    pub const fn of(limits: &Limits) -> Self {
        Self {
            hard_cap: limits.hard_cap,
            supply_floor: limits.supply_floor,
            period_emission_ppm: limits.period_emission_ppm,
            period_burn_ppm: limits.period_burn_ppm,
            outflow_cap: limits.outflow_cap,
        }
    }

    /// Puts these caps in force.
    const fn write(&self, limits: &mut Limits) {
        limits.hard_cap = self.hard_cap;
        limits.supply_floor = self.supply_floor;
        limits.period_emission_ppm = self.period_emission_ppm;
        limits.period_burn_ppm = self.period_burn_ppm;
        limits.outflow_cap = self.outflow_cap;
    }
}

/// Terms of staking, of keeping and of what utilisation means; units as in `Limits`.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The yearly volume over circulating supply that is utilisation 1 (ppm).
    pub turnover_ppm: u64,
    /// What whoever cranks is paid (lamports).
    pub bounty: u64,
    /// The time between request_unstake and withdraw (seconds).
    pub unbonding: u32,
    /// The most that stake in the native pool earns of the emission in a year (ppm of the
    /// stake); 4,294,967,295 = no cap. It acts from the next crank on.
    pub yield_ppm: u32,
}

impl Terms {
    /// The terms in force.
    pub const fn of(limits: &Limits) -> Self {
        Self {
            turnover_ppm: limits.turnover_ppm,
            bounty: limits.bounty,
            unbonding: limits.unbonding,
            yield_ppm: limits.yield_ppm,
        }
    }

    /// Puts these terms in force.
    const fn write(&self, limits: &mut Limits) {
        limits.turnover_ppm = self.turnover_ppm;
        limits.bounty = self.bounty;
        limits.unbonding = self.unbonding;
        limits.yield_ppm = self.yield_ppm;
    }
}

impl Act for fields::FeeSplit<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Standard)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        let share = &mut context.economy.limits.treasury_ppm;
        replace(share, self.expected_ppm, self.value_ppm)
    }
}

impl Act for fields::PoolWeight<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Standard)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        let economy = &mut *context.economy;
        let slot = economy
            .pools
            .get_mut(usize::from(*self.lane))
            .filter(|slot| !slot.is_vacant());
        check("lane", *self.lane > 0 && slot.is_some())?;
        let slot = slot.ok_or(HomeostatError::TooMany)?;
        replace(&mut slot.weight, self.expected, self.value)
    }
}

impl Act for fields::MinStake<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Critical)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        let economy = &mut *context.economy;
        check("min_stake", *self.value > 0)?;
        let present = economy.min_stake(*self.lane);
        let least = economy.min_stake_mut(*self.lane)?;
        expect_other(&present, self.expected, self.value)?;
        *least = *self.value;
        Ok(())
    }
}

impl Act for fields::Caps<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Immediate)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        let limits = &mut context.economy.limits;
        expect_other(&Caps::of(limits), self.expected, self.value)?;
        self.value.write(limits);
        Ok(())
    }
}

impl Act for fields::Terms<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Critical)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        let limits = &mut context.economy.limits;
        expect_other(&Terms::of(limits), self.expected, self.value)?;
        self.value.write(limits);
        Ok(())
    }
}

impl Act for fields::Exclude<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Critical)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        let present = context.economy.active_excluded();
        expect_other(present, self.expected, self.accounts)?;
        context.economy.exclude(self.accounts)
    }

    fn inspect<'info>(&self, accounts: &mut dyn NamedAccounts<'info>) -> Result<()> {
        let mut excluded = self.accounts.iter();
        excluded.try_for_each(|account| accounts.require_foreign(account))
    }

    /// Refuses the economy's own vaults (`WrongActionAccounts`), also those that are there only
    /// since it was proposed: they do not circulate anyway, and would be subtracted twice.
    fn settle<'info>(&self, accounts: &mut dyn ActionAccounts<'info>) -> Result<()> {
        let authority = accounts.economy().load()?.authority;
        for excluded in self.accounts {
            let account = accounts.next_account()?;
            let own = accounts.token_owner(account) == Some(authority);
            require!(
                account.key == excluded && !own,
                HomeostatError::WrongActionAccounts
            );
        }
        Ok(())
    }
}
