//! What a change does to an economy of given people.

use homeostat::state::{Metric, Parameter, Report, Snapshot, Tunable};
use serde::{Deserialize, Serialize};

use super::moves::{Move, Present};
use crate::{
    chain::{Chain, Error},
    metrics::TARGET,
    plant::{Outlook, Steering, World},
};

/// What a stretch of time costs, or by how much that changes; less is better in all four.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Costs {
    /// Security: by how much less is staked than the council's target, as a mean over time of
    /// what is missing (fraction of the circulating supply).
    pub shortfall: f64,
    /// The growth of the supply in a year, as its logarithm.
    pub inflation: f64,
    /// The fees over the volume (fraction).
    pub fee_burden: f64,
    /// How far the emission travels in a year, up and down (fraction of the supply).
    pub effort: f64,
}

impl Costs {
    /// The four, in order.
    pub const NAMES: [&'static str; 4] = ["shortfall", "inflation", "fee_burden", "effort"];

    /// The values, in the order of [`NAMES`](Self::NAMES).
    pub fn values(&self) -> [f64; 4] {
        [self.shortfall, self.inflation, self.fee_burden, self.effort]
    }

    /// The costs of these values.
    pub(super) fn from_values([shortfall, inflation, fee_burden, effort]: [f64; 4]) -> Self {
        Self {
            shortfall,
            inflation,
            fee_burden,
            effort,
        }
    }

    /// The sum of all four, each times the council's weight.
    pub fn weighted(&self, weights: &Costs) -> f64 {
        let pairs = self.values().into_iter().zip(weights.values());
        pairs.map(|(cost, weight)| cost * weight).sum()
    }
}

/// The economy's own controllers as they are now, and perhaps a change that the first crank from
/// `eta` (unix seconds) on makes.
struct Advised {
    /// Whether no crank came yet.
    fresh: bool,
    /// The controllers, for a world whose own ones are not those of the present.
    present: Option<Present>,
    change: Option<Move>,
    eta: i64,
}

impl Steering for Advised {
    fn steer(
        &mut self,
        chain: &mut Chain,
        _: &Snapshot,
        _: &Report,
        _: &Outlook,
    ) -> Result<(), Error> {
        if let Some(present) = self.present.take() {
            chain.economy.controllers = present.controllers;
            for controller in &mut chain.economy.controllers {
                // These count the true economy's periods; advice comes in a new one.
                controller.envelope.changed_in = Default::default();
            }
        }
        if core::mem::take(&mut self.fresh) {
            for controller in &mut chain.economy.controllers {
                // The guards' statistics are of the true economy, from which these people differ
                // a little: they would take that for an attack.
                controller.guard = (&controller.guard().resume(chain.now)).into();
            }
        }
        let Some(due) = self.change.take_if(|_| chain.now >= self.eta) else {
            return Ok(());
        };
        let period = chain.economy.totals.periods;
        let controller = chain.economy.controller_mut(due.parameter)?;
        due.make(controller, period, chain.now)?;
        Ok(())
    }
}

/// Lives on from the present for so many epochs, with a change that a crank makes after `delay`
/// (seconds) or without one, and gives the costs of that time. A world that has lived before has
/// just ended a period, and gets the controllers of the present; one that was resumed has them.
/// Of a simulated economy whose people are known it tells what a change really does.
///
/// # Errors
///
/// What the program refuses.
pub fn live(
    mut world: World,
    present: &Present,
    change: Option<&Move>,
    delay: u32,
    epochs: usize,
) -> Result<Costs, Error> {
    let lived = world.days().len();
    let chain = world.chain();
    let mut advised = Advised {
        fresh: true,
        present: (lived > 0).then(|| present.at(chain.now)),
        change: change.copied(),
        eta: chain.now.saturating_add(i64::from(delay)),
    };
    let before = Before {
        supply: chain.supply as f64,
        emission: chain.economy.value(Parameter::Emission) as f64,
    };
    for _ in 0..epochs {
        world.step(&mut advised)?;
    }
    Ok(costs(&world, lived, &before, target(present)))
}

/// What there was before the first epoch that counts.
struct Before {
    /// The supply (base units).
    supply: f64,
    /// The emission in force (ppm).
    emission: f64,
}

/// The staked share that the council wants: its last setpoint of the emission, or the default's
/// where the emission follows something else.
fn target(present: &Present) -> f64 {
    let emission = &present.controllers[Parameter::Emission.index()];
    if emission.metric == Metric::StakedShare as u8 {
        emission.envelope.anchor(Tunable::Setpoint).to_num()
    } else {
        TARGET
    }
}

/// The costs of the epochs from the one with the index `first` on.
fn costs(world: &World, first: usize, before: &Before, target: f64) -> Costs {
    let days = world.days().get(first..).unwrap_or_default();
    let Some(last) = days.last() else {
        return Costs::default();
    };
    let epochs = days.len() as f64;
    let years = epochs * world.calendar().epoch_days / 365.0;
    let missing = days
        .iter()
        .map(|day| (target - day.staked_share).max(0.0))
        .sum::<f64>();
    let mut emission = before.emission;
    let mut travel = 0.0;
    for day in days {
        travel += (day.values[0] - emission).abs();
        emission = day.values[0];
    }
    let fees: f64 = days.iter().map(|day| day.fees).sum();
    let volume: f64 = days.iter().map(|day| day.volume).sum();
    Costs {
        shortfall: missing / epochs,
        inflation: libm::log(last.supply / before.supply) / years,
        fee_burden: if volume > 0.0 { fees / volume } else { 0.0 },
        effort: travel / 1e6 / years,
    }
}
