//! Changes one setting of a Draft. The creator calls it as often as needed.

use anchor_lang::prelude::*;
use homeostat_control::GuardConfig;

pub use crate::state::{
    controller::{ControllerSettings, Direction, GuardSettings, Q48},
    economy::LimitSettings,
};
use crate::{
    error::HomeostatError,
    events::{publish, EconomyConfigured},
    state::{Controller, Economy, Parameter},
};

/// One setting of a Draft.
// It is read once from an instruction's arguments and never kept: a box would only be in the way
// of the IDL.
#[allow(clippy::large_enum_variant)]
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Sets the configuration of one controller.
    Controller {
        /// The controller that is set.
        parameter: Parameter,
        /// The settings of the controller.
        settings: ControllerSettings,
    },
    /// Sets the limits and fixed parameters.
    Limits(LimitSettings),
    /// Sets the token accounts whose balance does not circulate, such as a team's.
    Excluded {
        /// The accounts, at most four and different from each other.
        accounts: Vec<Pubkey>,
    },
    /// Sets the anomaly guard of one controller.
    Guard {
        /// The controller that is guarded.
        parameter: Parameter,
        /// The settings of the guard.
        settings: GuardSettings,
    },
}

impl Setting {
    /// The setting's number in the event.
    const fn kind(&self) -> u8 {
        match self {
            Self::Controller { .. } => 0,
            Self::Limits(_) => 1,
            Self::Excluded { .. } => 2,
            Self::Guard { .. } => 3,
        }
    }

    /// The controller that the setting is about, if it is about one.
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
    /// The creator of the economy, who configures it.
    pub creator: Signer<'info>,
    /// The economy; it must be a Draft.
    #[account(mut, has_one = creator @ HomeostatError::Unauthorized)]
    pub economy: AccountLoader<'info, Economy>,
}

/// The stored bytes that a setting concerns.
fn stored(economy: &Economy, setting: &Setting) -> Result<Vec<u8>> {
    let bytes = match setting {
        Setting::Controller { parameter, .. } => {
            bytemuck::bytes_of(&economy.controller(*parameter)?.config)
        }
        Setting::Limits(_) => bytemuck::bytes_of(&economy.limits),
        Setting::Excluded { .. } => bytemuck::cast_slice(&economy.excluded),
        Setting::Guard { parameter, .. } => {
            bytemuck::bytes_of(&economy.controller(*parameter)?.guard_config)
        }
    };
    Ok(bytes.to_vec())
}

impl Configure<'_> {
    #[inline(never)]
    fn apply(&self, setting: &Setting) -> Result<(Vec<u8>, Vec<u8>)> {
        let mut economy = self.economy.load_mut()?;
        economy.require_draft()?;
        let old = stored(&economy, setting)?;
        match setting {
            Setting::Controller {
                parameter,
                settings,
            } => {
                let config = settings.config(economy.limits.period);
                Controller::validate(&config, *parameter, &settings.wiring)?;
                let controller = economy.controller_mut(*parameter)?;
                controller.config = (&config).into();
                controller.set_wiring(&settings.wiring);
            }
            Setting::Limits(new) => economy.limits.set(new),
            Setting::Excluded { accounts } => economy.exclude(accounts)?,
            Setting::Guard {
                parameter,
                settings,
            } => {
                let controller = economy.controller_mut(*parameter)?;
                // It is validated below, with the whole economy.
                controller.guard_config = (&GuardConfig::from(settings)).into();
            }
        }
        economy.validate()?;
        let new = stored(&economy, setting)?;
        Ok((old, new))
    }
}

/// The creator calls it, as long as the economy is a Draft.
///
/// 1. Changes the setting.
/// 2. Checks the whole economy, because one setting can break what another relies on.
/// 3. Publishes the bytes before and after.
pub fn configure(ctx: Context<Configure>, setting: Setting) -> Result<()> {
    let (old, new) = ctx.accounts.apply(&setting)?;
    publish(
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
