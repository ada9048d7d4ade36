//! Changes a Draft: one setting a call, as many calls as needed.

use crate::framework::prelude::*;
use homeostat_control::GuardConfig;

pub use crate::state::controller::{ControllerSettings, Direction, GuardSettings, Q48};
use crate::{
    error::HomeostatError,
    events::{emit, EconomyConfigured},
    instructions::loader::Open,
    state::{Controller, Economy, Limits, Parameter},
};

/// Limits and fixed parameters; units as in `Limits`.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitSettings {
    /// Highest supply that emission may lead to (base units).
    pub hard_cap: u64,
    /// Burns stop at this supply (base units).
    pub supply_floor: u64,
    /// Yearly volume over circulating supply that is utilisation 1 (ppm).
    pub turnover_ppm: u64,
    /// Smallest stake that can be added (base units).
    pub min_stake: u64,
    /// Paid to whoever cranks (lamports).
    pub bounty: u64,
    /// Highest emission of one period (ppm of supply).
    pub period_emission_ppm: u32,
    /// Treasury's share of the fee that is not burned (ppm).
    pub treasury_ppm: u32,
    /// Time between request_unstake and withdraw (seconds).
    pub unbonding: u32,
    /// Paid out of the treasury in 30 d at most (base units); 0 = nothing.
    pub outflow_cap: u64,
    /// Highest burn of one period (ppm of supply), shared equally by the meters.
    pub period_burn_ppm: u32,
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
        }
    }
}

/// One setting of a Draft.
#[derive(AnchorSerialize, Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// A controller.
    Controller {
        /// Which.
        parameter: Parameter,
        /// Its configuration.
        settings: ControllerSettings,
    },
    /// Limits and fixed parameters.
    Limits(LimitSettings),
    /// Token accounts whose balance does not circulate (team wallets).
    Excluded {
        /// At most four, different from each other.
        accounts: Vec<Pubkey>,
    },
    /// The anomaly guard of a controller.
    Guard {
        /// Which.
        parameter: Parameter,
        /// Its configuration.
        settings: GuardSettings,
    },
}

impl Setting {
    const fn kind(&self) -> u8 {
        match self {
            Self::Controller { .. } => 0,
            Self::Limits(_) => 1,
            Self::Excluded { .. } => 2,
            Self::Guard { .. } => 3,
        }
    }

    const fn parameter(&self) -> Option<Parameter> {
        match self {
            Self::Controller { parameter, .. } | Self::Guard { parameter, .. } => Some(*parameter),
            Self::Limits(_) | Self::Excluded { .. } => None,
        }
    }
}

/// Accounts of `configure`.
#[event_cpi]
#[derive(Accounts)]
pub struct Configure<'info> {
    /// The economy's creator.
    pub creator: Signer<'info>,
    /// In Draft.
    #[account(mut)]
    pub economy: AccountLoader<'info, Economy>,
}

/// The stored bytes that a setting concerns.
fn stored(economy: &Economy, setting: &Setting) -> Vec<u8> {
    match setting {
        Setting::Controller { parameter, .. } => economy
            .controllers
            .get(parameter.index())
            .map(|controller| bytemuck::bytes_of(&controller.config).to_vec()),
        Setting::Limits(_) => Some(bytemuck::bytes_of(&economy.limits).to_vec()),
        Setting::Excluded { .. } => Some(bytemuck::cast_slice(&economy.excluded).to_vec()),
        Setting::Guard { parameter, .. } => economy
            .controllers
            .get(parameter.index())
            .map(|controller| bytemuck::bytes_of(&controller.guard_config).to_vec()),
    }
    .unwrap_or_default()
}

impl Configure<'_> {
    fn check(&self) -> Result<()> {
        self.economy.open()?.require_creator(self.creator.key)
    }

    #[inline(never)]
    fn apply(&self, setting: &Setting) -> Result<(Vec<u8>, Vec<u8>)> {
        let mut economy = self.economy.open_mut()?;
        economy.require_draft()?;
        let old = stored(&economy, setting);
        match setting {
            Setting::Controller {
                parameter,
                settings,
            } => {
                let config = settings.config(economy.limits.period);
                Controller::validate(&config, *parameter, settings.metric)?;
                let controller = economy
                    .controllers
                    .get_mut(parameter.index())
                    .ok_or(HomeostatError::NoSuchController)?;
                controller.config = (&config).into();
                controller.metric = settings.metric as u8;
            }
            Setting::Limits(new) => {
                let limits = &mut economy.limits;
                limits.hard_cap = new.hard_cap;
                limits.supply_floor = new.supply_floor;
                limits.turnover_ppm = new.turnover_ppm;
                limits.min_stake = new.min_stake;
                limits.bounty = new.bounty;
                limits.period_emission_ppm = new.period_emission_ppm;
                limits.treasury_ppm = new.treasury_ppm;
                limits.unbonding = new.unbonding;
                limits.outflow_cap = new.outflow_cap;
                limits.period_burn_ppm = new.period_burn_ppm;
            }
            Setting::Excluded { accounts } => economy.exclude(accounts)?,
            Setting::Guard {
                parameter,
                settings,
            } => {
                let controller = economy
                    .controllers
                    .get_mut(parameter.index())
                    .ok_or(HomeostatError::NoSuchController)?;
                // Validated below, with the whole.
                controller.guard_config = (&GuardConfig::from(settings)).into();
            }
        }
        economy.validate()?;
        let new = stored(&economy, setting);
        Ok((old, new))
    }
}

/// Handles `configure`.
pub fn configure(ctx: Context<Configure>, setting: Setting) -> Result<()> {
    ctx.accounts.check()?;
    let (old, new) = ctx.accounts.apply(&setting)?;
    emit(
        &ctx.accounts.event_authority,
        &EconomyConfigured {
            economy: ctx.accounts.economy.key(),
            setting: setting.kind(),
            parameter: setting.parameter(),
            old,
            new,
        },
    )
}
