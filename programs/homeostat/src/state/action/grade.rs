//! What a proposal does from its first action to its last: how grave that is, and how far it
//! may go.
//!
//! Limits, slew limits, the reach of the feed-forward, caps and the advisor's ranges are not graded action by action: two
//! actions can do together what neither of them does alone. Whatever the actions are and in
//! whichever order, the state before the first is compared with the state after the last.
//! What tightens takes effect without delay; what widens waits the longest.

use anchor_lang::prelude::*;
use homeostat_control::Fx;

use super::{council::AdviceRange, terms::Caps};
use crate::{
    constants::*,
    error::{check, HomeostatError},
    state::{defaults, economy::Power, Class, Controller, Economy, Parameter},
};

/// What is compared, as it was before the first action.
pub(super) struct Start {
    bounds: [Bounds; 4],
    caps: Caps,
    treasury_paid: u64,
}

/// What bounds one controller.
#[derive(Clone, Copy)]
struct Bounds {
    min: i64,
    max: i64,
    /// The slew limits as they are stored: `u64::MAX` = unlimited.
    slew_up: u64,
    slew_down: u64,
    /// The limit of the feed-forward (ppm).
    f_max: Fx,
    advice: AdviceRange,
    config_seq: u64,
}

impl Bounds {
    fn of(controller: &Controller) -> Self {
        let config = &controller.config;
        Self {
            min: config.min,
            max: config.max,
            slew_up: config.slew_up,
            slew_down: config.slew_down,
            f_max: config.f_max.get(),
            advice: AdviceRange::of(&controller.envelope),
            config_seq: controller.config_seq,
        }
    }

    /// How much wider the limits are in `new` (ppm); 0 or less where they are not. What
    /// saturates here is far above every step that is allowed, so it is refused as well.
    fn widened(&self, new: &Self) -> i64 {
        let below = self.min.saturating_sub(new.min);
        below.max(new.max.saturating_sub(self.max))
    }

    /// How grave it is to go from these bounds to `new`.
    fn grade(&self, new: &Self, parameter: Parameter) -> Result<Class> {
        let widened = self.widened(new);
        require!(
            widened.saturating_mul(LIMIT_STEP_PARTS) <= parameter.ceiling(),
            HomeostatError::StepTooLarge
        );
        let slews = [(self.slew_up, new.slew_up), (self.slew_down, new.slew_down)];
        let faster = slews.iter().any(|(old, new)| new > old);
        if faster {
            // Nothing else of the controller changes with it, so that no value moves faster
            // than the slew limits did allow before the proposal.
            let alone = new.config_seq <= self.config_seq.saturating_add(1);
            require!(alone, HomeostatError::SlewNotAlone);
            // Without a slew limit the value would jump at the next crank.
            let lifted = |(old, new): &(u64, u64)| *new == u64::MAX && old != new;
            check("slew", !slews.iter().any(lifted))?;
        }
        let (before, after) = (self.advice, new.advice);
        let trusts = after.setpoint_q48 > before.setpoint_q48 || after.bias_q48 > before.bias_q48;
        // Whoever moves the signal moves the output by so much.
        let follows = new.f_max > self.f_max;
        Ok(if widened > 0 || faster || follows {
            Class::Critical
        } else if trusts {
            Class::Standard
        } else {
            Class::Immediate
        })
    }
}

impl Start {
    /// The state before the first action.
    pub(super) fn of(economy: &Economy) -> Self {
        Self {
            bounds: economy.controllers.each_ref().map(Bounds::of),
            caps: Caps::of(&economy.limits),
            treasury_paid: economy.totals.treasury_paid,
        }
    }

    /// How grave it is to go from there to the present state. Refuses limits that widen and
    /// caps that rise by more than a step (`StepTooLarge`), a faster slew limit with any other
    /// change of its controller (`SlewNotAlone`), payments above the outflow cap that was in
    /// force before (`OutflowCapExceeded`), and what needs a power that was given up
    /// (`PowerGivenUp`).
    pub(super) fn grade(&self, economy: &Economy) -> Result<Class> {
        let mut gravest = self.grade_caps(economy)?;
        let supply_capped = economy.limits.hard_cap <= self.caps.hard_cap;
        let outflow_capped = economy.limits.outflow_cap <= self.caps.outflow_cap;
        for (power, unused) in [
            (Power::HardCap, supply_capped),
            (Power::OutflowCap, outflow_capped),
        ] {
            require!(
                unused || !economy.gave_up(power),
                HomeostatError::PowerGivenUp
            );
        }
        let controllers = economy.controllers.iter().map(Bounds::of);
        for ((old, new), parameter) in self.bounds.iter().zip(controllers).zip(Parameter::ALL) {
            if old.widened(&new) > 0 {
                economy.require_power(Power::limits_of(parameter))?;
            }
            gravest = gravest.max(old.grade(&new, parameter)?);
        }
        Ok(gravest)
    }

    /// The part of the caps. A cap that rises acts on the payments of later proposals only:
    /// otherwise one proposal could raise it and take what it allows.
    fn grade_caps(&self, economy: &Economy) -> Result<Class> {
        let (old, new) = (&self.caps, Caps::of(&economy.limits));
        let supply = economy.totals.supply;
        if economy.mints() && new.hard_cap != old.hard_cap {
            check("hard_cap", new.hard_cap >= supply)?;
        }
        let usual = defaults::limits(economy.limits.period, new.hard_cap);
        // How far each cap widens, and what its step is a quarter of.
        let wider = [
            (new.hard_cap.saturating_sub(old.hard_cap), old.hard_cap),
            (
                // The lower the floor, the more is burned.
                old.supply_floor.saturating_sub(new.supply_floor),
                old.supply_floor.max(supply),
            ),
            (
                new.period_emission_ppm
                    .saturating_sub(old.period_emission_ppm)
                    .into(),
                old.period_emission_ppm
                    .max(usual.period_emission_ppm)
                    .into(),
            ),
            (
                new.period_burn_ppm
                    .saturating_sub(old.period_burn_ppm)
                    .into(),
                old.period_burn_ppm.max(usual.period_burn_ppm).into(),
            ),
            (
                new.outflow_cap.saturating_sub(old.outflow_cap),
                old.outflow_cap.max(supply.div_ceil(OUTFLOW_STEP_PART)),
            ),
        ];
        let step = |&(by, of): &(u64, u64)| by <= of.div_ceil(CAP_STEP_PARTS);
        require!(wider.iter().all(step), HomeostatError::StepTooLarge);
        if economy.totals.treasury_paid != self.treasury_paid {
            require!(
                economy.totals.outflow.counted() <= old.outflow_cap,
                HomeostatError::OutflowCapExceeded
            );
        }
        Ok(if wider.iter().any(|(by, _)| *by > 0) {
            Class::Critical
        } else {
            Class::Immediate
        })
    }
}
