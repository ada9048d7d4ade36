//! Actions that change who decides: members, the threshold, guardian and advisor, and how
//! long proposals wait.

use anchor_lang::prelude::*;
use homeostat_control::Fx;

use super::{expect, expect_other, fields, replace, Act, ExecutionContext};
use crate::{
    constants::OPEN_TIME,
    error::check,
    state::{
        controller::Q48,
        envelope::{Envelope, Tunable},
        Class, Economy,
    },
};

/// The half-widths of the advisor's ranges around what the council last set; 0 = none. At most
/// the envelope: a tenth of the scale for the setpoint, of the span between the limits for the
/// bias.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdviceRange {
    /// The half-width of the setpoint's range (fraction x 2^48).
    pub setpoint_q48: Q48,
    /// The half-width of the bias's range (ppm x 2^48).
    pub bias_q48: Q48,
}

impl Act for fields::Advisor<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Standard)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        let role = &mut context.council.advisor;
        expect(role.holder.key == *self.expected)?;
        role.offer(self.seat.seat()?, context.now);
        Ok(())
    }

    fn seats(&self) -> bool {
        true
    }
}

impl AdviceRange {
    /// The range in force.
    pub fn of(envelope: &Envelope) -> Self {
        Self {
            setpoint_q48: envelope.advice_setpoint.get().to_bits(),
            bias_q48: envelope.advice_bias.get().to_bits(),
        }
    }
}

impl Act for fields::AdviceRange<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Immediate)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        let controller = context.economy.controller_mut(*self.parameter)?;
        let (envelope, config) = (&mut controller.envelope, &controller.config);
        expect_other(&AdviceRange::of(envelope), self.expected, self.value)?;
        let setpoint = Fx::from_bits(self.value.setpoint_q48);
        let bias = Fx::from_bits(self.value.bias_q48);
        let fits = |field, width| width >= Fx::ZERO && envelope.reaches(config, field, width);
        check("advice.setpoint", fits(Tunable::Setpoint, setpoint))?;
        check("advice.bias", fits(Tunable::Bias, bias))?;
        envelope.advice_setpoint = setpoint.into();
        envelope.advice_bias = bias.into();
        Ok(())
    }
}

impl Act for fields::AddMember<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Critical)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        let (council, now) = (&mut *context.council, context.now);
        council.drop_stale_offers(now);
        council.add(self.seat.seat()?, now.saturating_add(OPEN_TIME))
    }

    fn seats(&self) -> bool {
        true
    }
}

impl Act for fields::RemoveMember<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Critical)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        context.council.remove(self.key, *self.expected_id)
    }

    fn seats(&self) -> bool {
        true
    }
}

impl Act for fields::Threshold<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Critical)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        replace(&mut context.council.threshold, self.expected, self.value)
    }

    fn seats(&self) -> bool {
        true
    }
}

impl Act for fields::Guardian<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Critical)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        let role = &mut context.council.guardian;
        expect(role.holder.key == *self.expected)?;
        role.offer(self.seat.seat()?, context.now);
        Ok(())
    }

    fn seats(&self) -> bool {
        true
    }
}

impl Act for fields::Delays<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Critical)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        replace(&mut context.council.delays, self.expected, self.value)
    }

    fn seats(&self) -> bool {
        true
    }
}
