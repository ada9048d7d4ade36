//! A linear policy: the emission is a bias plus weights times what is seen, within the limits and
//! the slew of the emission's controller.
//!
//! It sets the value by hand, as a council would at each crank, so the program limits and slews
//! it as everything else. A value by hand never rests at a limit in the program's sense, as
//! nothing is integrated; here wanting more than a limit allows counts as that, so that the cost
//! is the same for all.

use homeostat::state::{Parameter, Report, Snapshot};

use super::{
    ars::Normaliser,
    emission,
    features::{features, COUNT},
    Pilot,
};
use crate::{
    chain::{Chain, Error},
    plant::{Outlook, Steering, World},
};

/// The part of the span between the limits that a weight of one moves the emission by, for each
/// standard deviation of its feature.
const UNIT: f64 = 0.1;

/// A policy's weights, by feature, and how its features are normalised.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearPolicy {
    /// The weights, in tenths of the span between the emission's limits.
    pub weights: Vec<f64>,
    /// Mean and deviation of every feature but the constant.
    pub seen: Normaliser,
}

impl LinearPolicy {
    /// The policy that leaves the emission at its bias.
    pub fn constant() -> Self {
        Self {
            weights: vec![0.0; COUNT],
            seen: Normaliser::default(),
        }
    }

    /// The weights times the features: the distance from the bias, in the unit of weights.
    pub fn value(&self, features: &[f64; COUNT]) -> f64 {
        let terms = self.weights.iter().zip(features).enumerate();
        terms
            .map(|(index, (weight, x))| match index.checked_sub(1) {
                Some(index) => weight * self.seen.normal(index, *x),
                None => weight * x,
            })
            .sum()
    }
}

/// A linear policy that steers.
#[derive(Clone, Debug)]
pub struct Linear {
    policy: LinearPolicy,
    /// The value that it wants (ppm).
    wanted: Option<f64>,
    /// What it has seen.
    states: Normaliser,
    shock: usize,
    cranks: f64,
    beyond: f64,
}

impl Linear {
    /// Steers by a policy; `shock` is the epoch from which on resting at limits counts.
    pub fn new(policy: LinearPolicy, shock: usize) -> Self {
        Self {
            policy,
            wanted: None,
            states: Normaliser::default(),
            shock,
            cranks: 0.0,
            beyond: 0.0,
        }
    }

    /// What it has seen in the run.
    pub fn states(&self) -> &Normaliser {
        &self.states
    }
}

impl Pilot for Linear {
    fn look(&mut self, world: &World) -> Result<(), Error> {
        let config = &emission(world)?.config;
        let limits = (config.min, config.max);
        let seen = features(world.days(), world.calendar().epoch_days, limits);
        self.states.see(&seen[1..]);
        let bias: f64 = config.bias.to.get().to_num();
        let unit = UNIT * limits.1.saturating_sub(limits.0) as f64;
        self.wanted = Some(bias + unit * self.policy.value(&seen));
        Ok(())
    }

    fn rested(&self) -> Option<f64> {
        Some(self.beyond / self.cranks.max(1.0))
    }
}

impl Steering for Linear {
    fn steer(
        &mut self,
        chain: &mut Chain,
        _: &Snapshot,
        _: &Report,
        outlook: &Outlook,
    ) -> Result<(), Error> {
        let Some(wanted) = self.wanted else {
            return Ok(());
        };
        let config = &chain.economy.controller(Parameter::Emission)?.config;
        let (low, high) = (config.min as f64, config.max as f64);
        chain.set_by_hand(Parameter::Emission, libm::round(wanted) as i64)?;
        if outlook.epoch >= self.shock {
            self.cranks += 1.0;
            self.beyond += f64::from(u8::from(wanted < low || wanted > high));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        learn::{
            live,
            tests::{case, setting},
        },
        policy::Policy,
        run::Case,
        scenario::Scenario,
        Metrics,
    };

    fn lived(weights: [f64; COUNT], seed: u64) -> Metrics {
        let setting = setting(90);
        let policy = LinearPolicy {
            weights: weights.to_vec(),
            ..LinearPolicy::constant()
        };
        let run = setting.prepare(case(Scenario::Crash, seed)).unwrap();
        live(
            run.world,
            &mut Linear::new(policy, setting.calendar.shock()),
        )
        .unwrap()
    }

    #[test]
    fn without_weights_the_emission_stays_at_its_bias() {
        let metrics = lived([0.0; COUNT], 4);
        assert_eq!((metrics.emission, metrics.effort), (0.06, 0.0));
        assert_eq!(metrics.emission_at_limit, 0.0);
    }

    #[test]
    fn wanting_more_than_the_maximum_rests_there_after_slewing() {
        // Given a policy that wants two whole spans more than the bias,
        let mut weights = [0.0; COUNT];
        weights[0] = 20.0;
        let metrics = lived(weights, 4);
        // then it wants too much on every day, and gets there no faster than the slew of 2
        // points a week, as the controllers do.
        assert_eq!(metrics.emission_at_limit, 1.0);
        let days = 60.0;
        assert!(metrics.emission < 0.2 && metrics.emission > 0.1);
        assert!(metrics.effort <= 0.02 / 7.0 * 365.0 * (days + 1.0) / days);
    }

    #[test]
    fn a_weight_on_the_error_makes_a_proportional_controller() {
        // Given an emission that answers the error with 10 points for all of the target, and
        // static untuned in the same cases,
        let mut weights = [0.0; COUNT];
        weights[1] = 0.10 / (UNIT * 0.19);
        let setting = setting(90);
        let (mut ours, mut untuned) = (0.0, 0.0);
        for seed in 1..17 {
            let case = Case {
                policy: Policy::StaticUntuned,
                ..case(Scenario::Crash, seed)
            };
            ours += lived(weights, seed).itae;
            untuned += setting.run(case).unwrap().itae;
        }
        // then the error is smaller over sixteen populations.
        assert!(ours < untuned, "{ours} against {untuned}");
    }
}
