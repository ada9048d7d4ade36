//! Which settings a controller accepts.

use anchor_lang::prelude::*;
use homeostat_control::{Config, ConfigError, Fx, GuardConfig, Reference};

use super::{Controller, Parameter, Wiring};
use crate::{
    constants::*,
    error::{check, HomeostatError},
};

/// Logs the field that is wrong and what it allows, and returns the error
/// (`InvalidParameter`).
#[cold]
pub(super) fn refuse_config(parameter: Parameter, wrong: &ConfigError) -> Error {
    msg!(
        "{}.{}: allowed {}",
        parameter.name(),
        wrong.field.name(),
        wrong.allowed()
    );
    error!(HomeostatError::InvalidParameter)
}

impl Controller {
    /// Refuses a guard's configuration that the control law excludes, and logs the field
    /// (`InvalidParameter`).
    pub fn validate_guard(config: &GuardConfig, parameter: Parameter) -> Result<()> {
        let Err(wrong) = config.validate() else {
            return Ok(());
        };
        msg!(
            "{}.guard.{}: allowed {}",
            parameter.name(),
            wrong.field.name(),
            wrong.field.allowed()
        );
        Err(error!(HomeostatError::InvalidParameter))
    }

    /// Refuses a configuration that the law, the parameter's range or the wiring excludes, and
    /// logs the field (`InvalidParameter`).
    pub fn validate(config: &Config, parameter: Parameter, wiring: &Wiring) -> Result<()> {
        config
            .validate()
            .map_err(|wrong| refuse_config(parameter, &wrong))?;
        Self::validate_range(config, parameter, wiring)
    }

    /// The part of [`validate`](Self::validate) that the law does not know: the parameter's
    /// range, its slew limits and its feed-forward within that range, a setpoint that the metric
    /// can have, and the wiring. For a configuration that the law itself has validated.
    pub fn validate_range(config: &Config, parameter: Parameter, wiring: &Wiring) -> Result<()> {
        wiring.validate(parameter)?;
        if config.min < parameter.floor() || config.max > parameter.ceiling() {
            msg!(
                "{}.min/max: allowed {} to {} ppm",
                parameter.name(),
                parameter.floor(),
                parameter.ceiling()
            );
            return Err(error!(HomeostatError::InvalidParameter));
        }
        // A faster slew limit than the whole range a period bounds nothing.
        let range = parameter.ceiling().abs_diff(parameter.floor());
        let bounds = |slew: Option<u64>| slew.is_none_or(|slew| slew <= range);
        check("controller.slew_up", bounds(config.slew_up))?;
        check("controller.slew_down", bounds(config.slew_down))?;
        // So does a feed-forward that reaches further than from one end to the other.
        check(
            "controller.f_max",
            config.f_max <= Fx::saturating_from_num(range),
        )?;
        // A setpoint that cannot be measured can never be reached: the output would run to a
        // limit and stay there. A multiple is none of less than nothing, and what is a
        // thousandfold was meant as something else.
        let (least, most) = match config.reference {
            Reference::Absolute => (config.y_min, config.y_max),
            Reference::Given | Reference::Average => (Fx::ZERO, const { Fx::lit("1000") }),
        };
        let credible = |setpoint: Fx| least <= setpoint && setpoint <= most;
        check(
            "controller.setpoint",
            credible(config.setpoint.from) && credible(config.setpoint.to),
        )?;
        check(
            "controller.sampling",
            config.sampling == wiring.metric.sampling(),
        )?;
        if wiring.has_feed() {
            check("controller.max_age", REPORT_AGE.contains(&config.max_age))?;
            // A constant of one digit: the cast loses nothing.
            let reporters = 1..=MAX_REPORTERS as u32;
            check(
                "controller.min_samples",
                reporters.contains(&config.min_samples),
            )?;
        }
        Ok(())
    }
}
