//! Actions that only let go of something: of a latched controller, a tripped economy, a
//! pause, or the advisor. No guardian can veto these, and two of them do not wait, so each
//! names the instance that it lets go of: what was approved against one pause, latch, trip or
//! advisor must not end the next one.

use anchor_lang::prelude::*;

use super::{expect, fields, Act, ExecutionContext};
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
        expect(controller.guard.latched_since == *self.expected_since)?;
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

impl Act for fields::ResumeEconomy<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Routine)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        let economy = &mut *context.economy;
        require!(economy.tripped != 0, HomeostatError::NothingToResume);
        expect(economy.trips == *self.expected_trip)?;
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
        expect(context.economy.pause_until(*self.section) == *self.expected_until)?;
        context.economy.unpause(*self.section, context.now)
    }

    fn resumes(&self) -> bool {
        true
    }
}

impl Act for fields::RevokeAdvisor<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Immediate)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        if context.council.advisor.revoke(self.expected)? {
            context.economy.advice = Advice::default();
        }
        Ok(())
    }

    fn resumes(&self) -> bool {
        true
    }
}
