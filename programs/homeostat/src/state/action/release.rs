//! Actions that only let go of something: of a latched controller, a tripped economy, a
//! pause, or the advisor. No guardian can veto these.

use anchor_lang::prelude::*;

use super::{fields, Act, ExecutionContext};
use crate::{
    error::HomeostatError,
    state::{envelope::Advice, Class, Economy, Parameter},
};

impl Act for fields::ResumeController<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Routine)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        let now = context.now;
        let controller = context.economy.controller_mut(*self.parameter)?;
        require!(
            controller.guard.latched != 0,
            HomeostatError::NothingToResume
        );
        controller.resume_guard(now);
        Ok(())
    }

    fn configures(&self, parameter: Parameter) -> bool {
        *self.parameter == parameter
    }

    fn resumes(&self) -> bool {
        true
    }
}

impl Act for fields::ResumeEconomy {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Routine)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        let economy = &mut *context.economy;
        require!(economy.tripped != 0, HomeostatError::NothingToResume);
        economy.tripped = 0;
        for controller in &mut economy.controllers {
            controller.resume_guard(context.now);
        }
        Ok(())
    }

    /// Every controller of a tripped economy is held, so every one is resumed.
    fn configures(&self, _: Parameter) -> bool {
        true
    }

    fn resumes(&self) -> bool {
        true
    }
}

impl Act for fields::Unpause<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Immediate)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        require!(
            context.economy.is_paused(*self.section, context.now),
            HomeostatError::NothingToResume
        );
        context.economy.unpause(*self.section, context.now)
    }

    fn resumes(&self) -> bool {
        true
    }
}

impl Act for fields::RevokeAdvisor {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Immediate)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        context.council.advisor.revoke();
        context.economy.advice = Advice::default();
        Ok(())
    }

    fn resumes(&self) -> bool {
        true
    }
}
