//! Limits and fixed parameters: what is stored, what can be set, and their ranges.

use anchor_lang::prelude::*;

use super::Economy;
use crate::{constants::*, error::check};

/// Limits and fixed parameters of an economy.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// The highest supply that emission may lead to (base units).
    pub hard_cap: u64,
    /// The supply at which burns stop (base units).
    pub supply_floor: u64,
    /// The yearly volume over circulating supply that is utilisation 1 (ppm).
    pub turnover_ppm: u64,
    /// The smallest stake that can be added to the native pool (base units). A liquidity pool
    /// has its own ([`Economy::min_stake`]), because its tokens are worth something else.
    pub min_stake: u64,
    /// What whoever cranks is paid, once a period (lamports).
    pub bounty: u64,
    /// The highest emission of one period (ppm of supply).
    pub period_emission_ppm: u32,
    /// The treasury's share of the fee that is not burned (ppm).
    pub treasury_ppm: u32,
    /// The length of a period (seconds), which never changes.
    pub period: u32,
    /// The time between request_unstake and withdraw (seconds).
    pub unbonding: u32,
    /// The most that is paid out of the treasury in 30 days (base units); 0 = nothing.
    pub outflow_cap: u64,
    /// The highest burn of one period (ppm of supply), through all meters together.
    pub period_burn_ppm: u32,
    /// The most that stake in the native pool earns of the emission in a year (ppm of the
    /// stake); 4,294,967,295 = no cap. It acts from the next crank on.
    pub yield_ppm: u32,
}

/// The settable part of [`Limits`], in the same units: all but the period, which is
/// immutable.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitSettings {
    /// The highest supply that emission may lead to (base units).
    pub hard_cap: u64,
    /// The supply at which burns stop (base units).
    pub supply_floor: u64,
    /// The yearly volume over circulating supply that is utilisation 1 (ppm).
    pub turnover_ppm: u64,
    /// The smallest stake that can be added to the native pool (base units).
    pub min_stake: u64,
    /// What whoever cranks is paid, once a period (lamports).
    pub bounty: u64,
    /// The highest emission of one period (ppm of supply).
    pub period_emission_ppm: u32,
    /// The treasury's share of the fee that is not burned (ppm).
    pub treasury_ppm: u32,
    /// The time between request_unstake and withdraw (seconds).
    pub unbonding: u32,
    /// The most that is paid out of the treasury in 30 days (base units); 0 = nothing.
    pub outflow_cap: u64,
    /// The highest burn of one period (ppm of supply), through all meters together.
    pub period_burn_ppm: u32,
    /// The most that stake in the native pool earns of the emission in a year (ppm of the
    /// stake); 4,294,967,295 = no cap.
    pub yield_ppm: u32,
}

impl From<&Limits> for LimitSettings {
    fn from(limits: &Limits) -> Self {
        Self {
            hard_cap: limits.hard_cap,
            supply_floor: limits.supply_floor,
            turnover_ppm: limits.turnover_ppm,
            min_stake: limits.min_stake,
            bounty: limits.bounty,
            period_emission_ppm: limits.period_emission_ppm,
            treasury_ppm: limits.treasury_ppm,
            unbonding: limits.unbonding,
            outflow_cap: limits.outflow_cap,
            period_burn_ppm: limits.period_burn_ppm,
            yield_ppm: limits.yield_ppm,
        }
    }
}

impl Limits {
    /// Replaces everything that can be set; the period stays.
    pub fn set(&mut self, new: &LimitSettings) {
        *self = Self {
            hard_cap: new.hard_cap,
            supply_floor: new.supply_floor,
            turnover_ppm: new.turnover_ppm,
            min_stake: new.min_stake,
            bounty: new.bounty,
            period_emission_ppm: new.period_emission_ppm,
            treasury_ppm: new.treasury_ppm,
            unbonding: new.unbonding,
            outflow_cap: new.outflow_cap,
            period_burn_ppm: new.period_burn_ppm,
            yield_ppm: new.yield_ppm,
            period: self.period,
        };
    }
}

impl Economy {
    /// Refuses limits and weights out of their ranges (`InvalidParameter`). Controllers are
    /// not checked here: whatever changes one validates it itself.
    pub fn validate_limits(&self) -> Result<()> {
        let limits = &self.limits;
        check("period", (MIN_PERIOD..=MAX_PERIOD).contains(&limits.period))?;
        check("unbonding", limits.unbonding <= MAX_UNBONDING)?;
        check("treasury_ppm", u64::from(limits.treasury_ppm) <= PPM)?;
        check(
            "period_emission_ppm",
            limits.period_emission_ppm <= MAX_PERIOD_EMISSION_PPM,
        )?;
        check(
            "period_burn_ppm",
            limits.period_burn_ppm <= MAX_PERIOD_BURN_PPM,
        )?;
        check(
            "turnover_ppm",
            TURNOVER_RANGE_PPM.contains(&limits.turnover_ppm),
        )?;
        check("min_stake", limits.min_stake > 0)?;
        check("yield_ppm", limits.yield_ppm > 0)?;
        check("bounty", limits.bounty <= MAX_BOUNTY)?;
        check("hard_cap", limits.hard_cap > 0)?;
        check("supply_floor", limits.supply_floor < limits.hard_cap)
    }
}
