//! Actions that tune a controller: its ramped quantities, half-life, slew, mode and limits.

use anchor_lang::prelude::*;
use homeostat_control::{Change, Fx, Mode};

use super::{expect, expect_other, fields, Act, ExecutionContext};
use crate::state::{controller::FeedForward, envelope::Tuning, Class, Economy, Parameter};

/// The slew limits of a parameter (ppm per period); none = unlimited.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlewLimits {
    /// The fastest rise (ppm per period); none = unlimited.
    pub up_ppm: Option<u64>,
    /// The fastest fall (ppm per period); none = unlimited.
    pub down_ppm: Option<u64>,
}

/// The limits of a parameter (ppm).
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputLimits {
    /// The lower limit (ppm).
    pub min_ppm: i64,
    /// The upper limit (ppm).
    pub max_ppm: i64,
}

impl Act for fields::Tune<'_> {
    fn class(&self, economy: &Economy) -> Result<Class> {
        let controller = economy.controller(*self.parameter)?;
        let value = Fx::from_bits(*self.value_q48);
        let envelope = &controller.envelope;
        Ok(if envelope.covers(&controller.config, *self.field, value) {
            Class::Routine
        } else {
            Class::Standard
        })
    }

    fn apply(&self, class: Class, context: &mut ExecutionContext) -> Result<()> {
        let (period, now) = (context.economy.totals.periods, context.now);
        let controller = context.economy.controller_mut(*self.parameter)?;
        let target = self.field.ramp(&controller.config).to.get();
        expect(target.to_bits() == *self.expected_q48)?;
        let to = Tuning {
            field: *self.field,
            value: Fx::from_bits(*self.value_q48),
            over_seconds: *self.over_seconds,
        };
        // A Routine change leaves the anchor where it is, and comes once a period: many
        // small ones cannot walk out of the envelope.
        if class <= Class::Routine {
            controller.envelope.change_once(to.field, period)?;
        } else {
            controller.envelope.set_anchor(to.field, to.value);
        }
        controller.tune(*self.parameter, &to, now)
    }

    fn configures(&self, parameter: Parameter) -> bool {
        *self.parameter == parameter
    }
}

impl Act for fields::HalfLife<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Standard)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        let now = context.now;
        let controller = context.economy.controller_mut(*self.parameter)?;
        expect_other(&controller.config.half_life, self.expected, self.value)?;
        controller.change(*self.parameter, &Change::HalfLife(*self.value), now)
    }

    fn configures(&self, parameter: Parameter) -> bool {
        *self.parameter == parameter
    }
}

impl Act for fields::FeedForward<'_> {
    /// A wrong gain or reference moves the output like a wrong bias, and no further than the
    /// limit of the feed-forward allows: that was decided before. A wider limit is what lets a
    /// signal, and whoever moves it, move the output further; it is graded for the whole
    /// proposal, with the other limits.
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Standard)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        let now = context.now;
        let controller = context.economy.controller_mut(*self.parameter)?;
        let config = controller.config();
        expect_other(&FeedForward::new(&config), self.expected, self.value)?;
        controller.change(*self.parameter, &self.value.change(config), now)
    }

    fn configures(&self, parameter: Parameter) -> bool {
        *self.parameter == parameter
    }
}

impl Act for fields::Slew<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Immediate)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        let now = context.now;
        let controller = context.economy.controller_mut(*self.parameter)?;
        let config = controller.config();
        let present = SlewLimits {
            up_ppm: config.slew_up,
            down_ppm: config.slew_down,
        };
        expect_other(&present, self.expected, self.value)?;
        let slew = Change::Slew {
            up: self.value.up_ppm,
            down: self.value.down_ppm,
        };
        controller.change(*self.parameter, &slew, now)
    }

    fn configures(&self, parameter: Parameter) -> bool {
        *self.parameter == parameter
    }
}

impl Act for fields::Mode<'_> {
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Standard)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        let mode = |manual: &Option<i64>| manual.map_or(Mode::Auto, Mode::Manual);
        let (expected, value) = (mode(self.expected_ppm), mode(self.value_ppm));
        let now = context.now;
        let controller = context.economy.controller_mut(*self.parameter)?;
        expect_other(&controller.config().mode, &expected, &value)?;
        controller.change(*self.parameter, &Change::Mode(value), now)
    }

    fn configures(&self, parameter: Parameter) -> bool {
        *self.parameter == parameter
    }
}

impl Act for fields::Limits<'_> {
    /// Narrower limits wait too: a lower maximum cuts what stakers were promised.
    fn class(&self, _: &Economy) -> Result<Class> {
        Ok(Class::Standard)
    }

    fn apply(&self, _: Class, context: &mut ExecutionContext) -> Result<()> {
        let now = context.now;
        let controller = context.economy.controller_mut(*self.parameter)?;
        let present = OutputLimits {
            min_ppm: controller.config.min,
            max_ppm: controller.config.max,
        };
        expect_other(&present, self.expected, self.value)?;
        let limits = Change::Limits {
            min: self.value.min_ppm,
            max: self.value.max_ppm,
        };
        controller.change(*self.parameter, &limits, now)
    }

    fn configures(&self, parameter: Parameter) -> bool {
        *self.parameter == parameter
    }
}
