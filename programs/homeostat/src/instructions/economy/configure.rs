//! Changes a Draft: one setting a call, as many calls as needed.

use anchor_lang::prelude::*;
use homeostat_control::{Action, Config, Fx, GuardConfig, Ramp, Sampling};

pub use crate::state::economy::LimitSettings;
use crate::{
    error::HomeostatError,
    events::EconomyConfigured,
    state::{controller::Controller, defaults::metric_range, Economy, Metric, Parameter},
};

/// A control-law number on the wire: the bits of an `I80F48` (value x 2^48).
pub type Q48 = i128;

/// Direction of a controller.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// A measurement above the setpoint raises the parameter.
    Direct,
    /// A measurement below the setpoint raises the parameter.
    Reverse,
}

/// Configuration of one controller; units as in the control law.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControllerSettings {
    /// What it measures.
    pub metric: Metric,
    /// Direction.
    pub direction: Direction,
    /// Setpoint (fraction).
    pub setpoint_q48: Q48,
    /// Error scale (fraction, > 0).
    pub scale_q48: Q48,
    /// Bias (ppm).
    pub bias_q48: Q48,
    /// Proportional gain (ppm per unit of normalised error).
    pub kp_q48: Q48,
    /// Integral gain (ppm per unit of normalised error and period).
    pub ki_q48: Q48,
    /// Derivative gain (ppm periods per unit of normalised error).
    pub kd_q48: Q48,
    /// Derivative filter (periods).
    pub filter_q48: Q48,
    /// Dead-band half-width on the normalised error.
    pub dead_band_q48: Q48,
    /// Integral half-life (seconds), 0 = none.
    pub half_life: u64,
    /// Lower limit (ppm).
    pub min_ppm: i64,
    /// Upper limit (ppm).
    pub max_ppm: i64,
    /// Fastest rise (ppm per period); none = unlimited.
    pub slew_up_ppm: Option<u64>,
    /// Fastest fall (ppm per period); none = unlimited.
    pub slew_down_ppm: Option<u64>,
    /// Integration cap (periods).
    pub max_periods: u32,
    /// Hold time-out (periods).
    pub max_hold: u32,
    /// Oldest reading of a feed that is followed (seconds), in [`REPORT_AGE`]; not
    /// looked at for the program's own measurements.
    pub max_age: u32,
    /// Fewest reports behind a feed's reading: its quorum or more, at most
    /// [`MAX_REPORTERS`]; not looked at for the program's own measurements.
    pub min_samples: u32,
}

impl ControllerSettings {
    /// The control law's configuration for an economy's period.
    pub fn config(&self, period: u32) -> Config {
        let constant = |bits: Q48| Ramp::constant(Fx::from_bits(bits));
        let (y_min, y_max) = metric_range(self.metric);
        let action = match self.direction {
            Direction::Direct => Action::Direct,
            Direction::Reverse => Action::Reverse,
        };
        let sampling = self.metric.sampling();
        let start = Config::new(
            action,
            sampling,
            period,
            Fx::from_bits(self.setpoint_q48),
            0,
            self.min_ppm,
            self.max_ppm,
        );
        let (max_age, min_samples) = match sampling {
            Sampling::Mean => (start.max_age, start.min_samples),
            Sampling::Point => (self.max_age, self.min_samples),
        };
        Config {
            max_age,
            min_samples,
            max_periods: self.max_periods,
            max_hold: self.max_hold,
            scale: Fx::from_bits(self.scale_q48),
            bias: constant(self.bias_q48),
            kp: constant(self.kp_q48),
            ki: constant(self.ki_q48),
            kd: constant(self.kd_q48),
            filter: constant(self.filter_q48),
            dead_band: constant(self.dead_band_q48),
            half_life: self.half_life,
            slew_up: self.slew_up_ppm,
            slew_down: self.slew_down_ppm,
            y_min,
            y_max,
            ..start
        }
    }
}

/// Configuration of one controller's anomaly guard; units as in the control law.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardSettings {
    /// Off: nothing latches.
    pub enabled: bool,
    /// Deviation limit (ppm of a deviation).
    pub limit: u32,
    /// CUSUM slack (ppm of a deviation).
    pub slack: u32,
    /// CUSUM threshold (ppm of a deviation).
    pub threshold: u32,
    /// Floor of the deviation (ppm of the error scale).
    pub floor: u32,
    /// Half-life of the statistics (periods).
    pub half_life: u16,
    /// Samples learnt before one is judged.
    pub min_samples: u16,
    /// Identical samples of a feed that latch; 0 = off. Ignored for the program's
    /// own measurements.
    pub frozen: u16,
    /// Length of a latch (periods), at least a day.
    pub hold_periods: u16,
}

impl From<&GuardSettings> for GuardConfig {
    fn from(s: &GuardSettings) -> Self {
        Self {
            enabled: s.enabled,
            limit: s.limit,
            slack: s.slack,
            threshold: s.threshold,
            floor: s.floor,
            half_life: s.half_life,
            min_samples: s.min_samples,
            frozen: s.frozen,
            hold_periods: s.hold_periods,
        }
    }
}

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
