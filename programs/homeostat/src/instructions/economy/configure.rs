//! Changes a Draft: one setting a call, as many calls as needed.

use anchor_lang::prelude::*;
use homeostat_control::GuardConfig;

pub use crate::state::{
    controller::{ControllerSettings, Direction, GuardSettings, Q48},
    economy::LimitSettings,
};
use crate::{
    error::HomeostatError,
    events::EconomyConfigured,
    state::{Controller, Economy, Parameter},
};

/// One setting of a Draft.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
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
    /// The economy; it must be a Draft.
    #[account(mut, has_one = creator @ HomeostatError::Unauthorized)]
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
    #[inline(never)]
    fn apply(&self, setting: &Setting) -> Result<(Vec<u8>, Vec<u8>)> {
        let mut economy = self.economy.load_mut()?;
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
            Setting::Limits(new) => economy.limits.set(new),
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

/// Changes the setting, checks the whole economy, and publishes the bytes that changed.
pub fn configure(ctx: Context<Configure>, setting: Setting) -> Result<()> {
    let (old, new) = ctx.accounts.apply(&setting)?;
    emit_cpi!(EconomyConfigured {
        economy: ctx.accounts.economy.key(),
        setting: setting.kind(),
        parameter: setting.parameter(),
        old,
        new,
    });
    Ok(())
}
