//! How grave it is what a proposal does from its first action to its last, whatever its actions
//! are: what tightens waits for nothing, what widens waits the longest and goes one step.

use homeostat_client::Power;

use super::*;

/// Whether a slew limit lets the value move faster than another one; none = unlimited.
fn faster(old: Option<u64>, new: Option<u64>) -> bool {
    new.unwrap_or(u64::MAX) > old.unwrap_or(u64::MAX)
}

impl Realm {
    pub(super) fn require(&self, power: Power) -> Verdict {
        must(!self.given_up[power as usize], E::PowerGivenUp)
    }

    pub(super) fn exclude(&mut self, accounts: &[Pubkey]) -> Verdict {
        must(accounts.len() <= 4, E::InvalidParameter)?;
        for (index, account) in accounts.iter().enumerate() {
            must(!accounts[..index].contains(account), E::DuplicateAccount)?;
            must(*account != Pubkey::default(), E::InvalidParameter)?;
        }
        self.excluded = accounts.to_vec();
        Ok(())
    }

    /// What is refused for the accounts that it names: an economy's own vaults do not circulate
    /// anyway.
    pub(super) fn settle(&self, actions: &[Action]) -> Verdict {
        let own = |action: &Action| match action {
            Action::Exclude { accounts, .. } => accounts.iter().any(|a| self.vaults.contains(a)),
            _ => false,
        };
        must(!actions.iter().any(own), E::WrongActionAccounts)
    }

    /// How grave it is to go from here to `after`.
    pub(super) fn gravity_of(&self, after: &Self) -> Verdict<Gravity> {
        let mut gravest = self.gravity_of_caps(after)?;
        let (old, new) = (&self.caps, &after.caps);
        if new.hard_cap > old.hard_cap {
            after.require(Power::HardCap)?;
        }
        if new.outflow_cap > old.outflow_cap {
            after.require(Power::OutflowCap)?;
        }
        for (old, new) in self.controllers.iter().zip(&after.controllers) {
            let (min, max) = (old.config.min, old.config.max);
            let wider = (min - new.config.min).max(new.config.max - max);
            if wider > 0 {
                after.require(match new.parameter {
                    Parameter::Emission => Power::EmissionLimits,
                    Parameter::Fee => Power::FeeLimits,
                    Parameter::Burn => Power::BurnLimits,
                    Parameter::Liquidity => Power::LiquidityLimits,
                })?;
                gravest = gravest.max(Gravity::Critical);
            }
            must(wider <= new.ceiling / 4, E::StepTooLarge)?;
            let slews = [
                (old.config.slew_up, new.config.slew_up),
                (old.config.slew_down, new.config.slew_down),
            ];
            let sped_up: Vec<_> = slews.iter().filter(|(o, n)| faster(*o, *n)).collect();
            if !sped_up.is_empty() {
                // No other change of the controller, so that nothing moves faster than it
                // could before the proposal; and a limit there is.
                must(new.config_seq <= old.config_seq + 1, E::SlewNotAlone)?;
                let limited = sped_up.iter().all(|(_, new)| new.is_some());
                must(limited, E::InvalidParameter)?;
                gravest = gravest.max(Gravity::Critical);
            }
            if new.config.f_max > old.config.f_max {
                gravest = gravest.max(Gravity::Critical);
            }
            if new.advice_setpoint > old.advice_setpoint || new.advice_bias > old.advice_bias {
                gravest = gravest.max(Gravity::Standard);
            }
        }
        Ok(gravest)
    }

    /// A cap rises, and the supply floor falls, by a quarter of it at most, or of what is usual
    /// if that is more.
    fn gravity_of_caps(&self, after: &Self) -> Verdict<Gravity> {
        let (old, new) = (&self.caps, &after.caps);
        if new.hard_cap != old.hard_cap {
            must(new.hard_cap >= self.supply, E::InvalidParameter)?;
        }
        // A new economy's caps: twice what 20 % a year are in a period, a hundredth a week.
        let period = u64::from(self.controllers[0].config.period);
        let emission = 400_000 * period / 31_536_000;
        let burn = 10_000 * period / 604_800;
        let ppm = u64::from;
        let wider = [
            (old.hard_cap, new.hard_cap, 0),
            (
                ppm(old.period_emission_ppm),
                ppm(new.period_emission_ppm),
                emission,
            ),
            (ppm(old.period_burn_ppm), ppm(new.period_burn_ppm), burn),
            (old.outflow_cap, new.outflow_cap, self.supply.div_ceil(100)),
        ];
        let rises = wider.map(|(old, new, usual)| (new.saturating_sub(old), old.max(usual)));
        let lower = old.supply_floor.saturating_sub(new.supply_floor);
        let falls = (lower, old.supply_floor.max(self.supply));
        let mut all = rises.into_iter().chain([falls]);
        let one_step = all.clone().all(|(by, of)| by <= of.div_ceil(4));
        must(one_step, E::StepTooLarge)?;
        Ok(if all.any(|(by, _)| by > 0) {
            Gravity::Critical
        } else {
            Gravity::Immediate
        })
    }

    /// The law of every controller steps on what was measured.
    pub fn steer(&mut self, inputs: &[Input; 4]) {
        for (controller, input) in self.controllers.iter_mut().zip(inputs) {
            controller.step(input);
        }
    }
}
