//! How a controller's configuration changes while it runs.

use anchor_lang::prelude::*;
use homeostat_control::{change, Change, Ramp};

use super::{validate::refuse_config, Controller, Parameter};
use crate::{
    constants::MAX_RAMP,
    error::{check, HomeostatError},
    state::{
        envelope::{Advice, Tuning},
        Tunable,
    },
};

impl Controller {
    /// Applies a change of the control law at `now` (unix seconds), bumpless where the law
    /// is. Refuses what the law or the parameter's range excludes (`InvalidParameter`).
    #[inline(never)]
    pub fn change(&mut self, parameter: Parameter, by: &Change, now: i64) -> Result<()> {
        let (config, state) = change(&self.config(), &self.state(), by, now)
            .map_err(|wrong| refuse_config(parameter, &wrong))?;
        // The law has validated its own part of the configuration in `change`.
        Self::validate_range(&config, parameter, &self.wiring()?)?;
        self.config = (&config).into();
        // The last decision stays in `self.last`: it was made under the old configuration.
        self.state = (&state).into();
        self.config_seq = self.config_seq.saturating_add(1);
        Ok(())
    }

    /// Moves a quantity along a ramp from `now` (unix seconds) on. Refuses a ramp of more
    /// than a year (`InvalidParameter`), and a target that the quantity has reached already
    /// (`NothingChanges`).
    pub fn tune(&mut self, parameter: Parameter, to: &Tuning, now: i64) -> Result<()> {
        check("over_seconds", to.over_seconds <= MAX_RAMP)?;
        let ramp = Ramp::from(*to.field.ramp(&self.config));
        let reached = ramp.to == to.value && ramp.at(now) == to.value;
        require!(!reached, HomeostatError::NothingChanges);
        let change = to.field.change(to.value, to.over_seconds);
        self.change(parameter, &change, now)
    }

    /// Follows the advisor's recommendation at `now` (unix seconds) in `period`, and returns
    /// whether it did. What the council's range or the control law no longer allows is dropped
    /// and not refused, because advice must not stop a crank; nothing has changed then. Both
    /// `crank` and `preview` call it, so that a preview shows what a crank does.
    pub fn follow(&mut self, advice: &Advice, period: u64, now: i64) -> Result<bool> {
        let parameter = Parameter::from_index(advice.parameter)?;
        let to = Tuning {
            field: Tunable::from_byte(advice.field)?,
            value: advice.value.get(),
            over_seconds: advice.over_seconds,
        };
        let before = self.envelope;
        let fits = self
            .envelope
            .require_advisable(&self.config, to.field, to.value)
            .and_then(|()| self.envelope.change_once(to.field, period))
            .and_then(|()| self.tune(parameter, &to, now))
            .is_ok();
        if !fits {
            self.envelope = before;
        }
        Ok(fits)
    }
}
