//! Actions on what a controller measures and which measurements it accepts: its wiring, the
//! feeds, the anomaly guard.

use anchor_lang::prelude::*;
use homeostat_control::GuardConfig;

use super::{expect, fields, replace, Act, ActionAccounts, ExecutionContext};
use crate::{
    error::{check, HomeostatError},
    state::{controller::StoredConfig, Class, Controller, Economy, Feed, Parameter},
};

impl Act for fields::Wire<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Critical)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        let now = context.now;
        let config = self.settings.config(context.economy.limits.period);
        let wiring = self.settings.wiring;
        Controller::validate(&config, *self.parameter, &wiring)?;
        context.economy.require_feeds(&wiring)?;
        let controller = context.economy.controller_mut(*self.parameter)?;
        expect(controller.config_seq == *self.expected_seq)?;
        let old = &controller.config;
        let new: StoredConfig = (&config).into();
        // Everything else changes here too, and a faster slew limit has to stand alone.
        require!(
            new.slew_up <= old.slew_up && new.slew_down <= old.slew_down,
            HomeostatError::SlewNotAlone
        );
        require!(
            new != *old || wiring != controller.wiring()?,
            HomeostatError::NothingChanges
        );
        // The states of guard and law belong to another measurement: they start anew.
        controller.rewire(&config, &wiring, now);
        controller.envelope.anchor_all(&controller.config);
        controller.config_seq = controller.config_seq.saturating_add(1);
        Ok(())
    }

    fn configures(&self, parameter: Parameter) -> bool {
        *self.parameter == parameter
    }
}

impl Act for fields::Feed<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Critical)
    }

    /// Tries the settings on an empty feed, so that a proposal of wrong ones is refused;
    /// the feed itself is another account, which only an execution has.
    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        check("index", *self.index < context.economy.feed_count)?;
        require!(self.value != self.expected, HomeostatError::NothingChanges);
        let mut trial: Feed = bytemuck::Zeroable::zeroed();
        trial.configure(self.value)
    }

    fn settle<'info>(&self, accounts: &mut dyn ActionAccounts<'info>) -> Result<()> {
        let account = accounts.next_account()?;
        let economy = accounts.economy().load()?;
        let known = economy.active_feeds().get(usize::from(*self.index));
        require!(
            known == Some(account.key),
            HomeostatError::WrongActionAccounts
        );
        let loader = AccountLoader::<Feed>::try_from(account)?;
        let mut feed = loader.load_mut()?;
        expect(feed.settings() == *self.expected)?;
        feed.configure(self.value)
    }
}

impl Act for fields::Guard<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Critical)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        let config = GuardConfig::from(self.value);
        Controller::validate_guard(&config, *self.parameter)?;
        let expected = (&GuardConfig::from(self.expected)).into();
        let stored = &mut context
            .economy
            .controller_mut(*self.parameter)?
            .guard_config;
        replace(stored, &expected, &(&config).into())
    }

    fn configures(&self, parameter: Parameter) -> bool {
        *self.parameter == parameter
    }
}
