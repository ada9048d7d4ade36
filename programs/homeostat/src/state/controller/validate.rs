//! Which settings a controller accepts.

use homeostat_control::{Config, ConfigError, GuardConfig};

use super::{Controller, Metric, Parameter};
use crate::{
    constants::*,
    error::{decimal, refuse, say, HomeostatError},
    prelude::*,
    state::economy::check,
};

/// Names the field in the log, and what it allows.
#[cold]
pub fn refuse_config(parameter: Parameter, wrong: &ConfigError) -> Refusal {
    say(&[
        parameter.name(),
        ".",
        wrong.field.name(),
        ": allowed ",
        wrong.allowed(),
    ]);
    refuse(HomeostatError::InvalidParameter)
}

impl Controller {
    /// Refuses settings that the guard excludes.
    pub fn validate_guard(config: &GuardConfig, parameter: Parameter) -> Result<()> {
        let Err(wrong) = config.validate() else {
            return Ok(());
        };
        say(&[
            parameter.name(),
            ".guard.",
            wrong.field.name(),
            ": allowed ",
            wrong.field.allowed(),
        ]);
        Err(refuse(HomeostatError::InvalidParameter))
    }

    /// Refuses a configuration that the law, the parameter's range or the metric
    /// excludes.
    pub fn validate(config: &Config, parameter: Parameter, metric: Metric) -> Result<()> {
        config
            .validate()
            .map_err(|wrong| refuse_config(parameter, &wrong))?;
        Self::validate_range(config, parameter, metric)
    }

    /// The same of a configuration that the law has validated.
    pub fn validate_range(config: &Config, parameter: Parameter, metric: Metric) -> Result<()> {
        if config.min < parameter.floor() || config.max > parameter.ceiling() {
            say(&[
                parameter.name(),
                ".min/max: allowed ",
                &decimal(parameter.floor().unsigned_abs()),
                " to ",
                &decimal(parameter.ceiling().unsigned_abs()),
                " ppm",
            ]);
            return Err(refuse(HomeostatError::InvalidParameter));
        }
        check("controller.sampling", config.sampling == metric.sampling())?;
        if metric.feed_index().is_some() {
            check("controller.max_age", REPORT_AGE.contains(&config.max_age))?;
            let reporters = 1..=MAX_REPORTERS as u32;
            check(
                "controller.min_samples",
                reporters.contains(&config.min_samples),
            )?;
        }
        Ok(())
    }
}
