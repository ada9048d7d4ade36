//! How a controller's configuration changes while it runs.

use anchor_lang::prelude::*;
use homeostat_control::{change, Change};

use super::{validate::refuse_config, Controller, Parameter};
use crate::{constants::MAX_RAMP, error::check, state::envelope::Tuning};

impl Controller {
    /// Applies a change of the control law at `now` (unix seconds), bumpless where the law
    /// is. Refuses what the law or the parameter's range excludes (`InvalidParameter`).
    #[inline(never)]
    pub fn change(&mut self, parameter: Parameter, by: &Change, now: i64) -> Result<()> {
        let (config, state) = change(&self.config(), &self.state(), by, now)
            .map_err(|wrong| refuse_config(parameter, &wrong))?;
        // The law has validated its own part of the configuration in `change`.
        Self::validate_range(&config, parameter, self.metric()?)?;
        self.config = (&config).into();
        // The last decision stays in `self.last`: it was made under the old configuration.
        self.state = (&state).into();
        self.config_seq = self.config_seq.saturating_add(1);
        Ok(())
    }

    /// Moves a quantity along a ramp from `now` (unix seconds) on. Refuses a ramp of more
    /// than a year (`InvalidParameter`).
    pub fn tune(&mut self, parameter: Parameter, to: &Tuning, now: i64) -> Result<()> {
        check("over_seconds", to.over_seconds <= MAX_RAMP)?;
        let change = to.field.change(to.value, to.over_seconds);
        self.change(parameter, &change, now)
    }
}
