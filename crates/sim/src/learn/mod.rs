//! Is intelligence worth it?
//!
//! Ways to steer the emission that learn or plan, beside the economy's own controllers with the
//! program's gains. All that train do so under one budget of simulated time, on seeds for tuning,
//! and all are judged by one cost ([`cost`]) on seeds that nothing was trained on; what planning
//! spends while it steers is counted beside that. The other three loops are the economy's own
//! controllers, always.
//!
//! | contender | what it is |
//! |---|---|
//! | fixed gains | the program's defaults |
//! | searched gains | the gains of all four controllers by CMA-ES ([`crate::tune::search`]) |
//! | receding horizon | every 30 days the advice that does best in rollouts ([`horizon`]) |
//! | bandit | every 30 days one of five sets of gains ([`sets`]) by LinUCB ([`bandit`]) |
//! | linear policy | the emission is linear in what is seen ([`linear`]), by random search ([`ars`]) |
//!
//! Learners train on the scenarios that they are judged on, with other populations and other
//! luck. That is kinder to them than life would be.

pub mod ars;
pub mod bandit;
pub mod compare;
pub mod cost;
pub mod features;
pub mod horizon;
pub mod linear;
mod markdown;
pub mod sets;
pub mod train;
mod verdict;

pub use compare::{Comparison, Contender, Plan, Row};
pub use train::Trained;

use homeostat::state::{Controller, Parameter};

use crate::{
    chain::Error,
    plant::{Steering, World},
    Metrics,
};

/// How often what plans or chooses does so (days).
pub const DECISION_DAYS: f64 = 30.0;

/// What steers an economy and may look at it before each epoch.
pub trait Pilot: Steering {
    /// Looks at the world before the next epoch.
    fn look(&mut self, world: &World) -> Result<(), Error>;

    /// The part of the cranks from the shock on in which it wanted more than the emission's
    /// limits allow, where the program cannot tell, as with values that are set by hand.
    fn rested(&self) -> Option<f64> {
        None
    }

    /// The epochs that it has lived in imagined worlds.
    fn imagined(&self) -> u64 {
        0
    }
}

/// The number of epochs between two decisions, at least one.
fn decision_epochs(epoch_days: f64) -> usize {
    ((DECISION_DAYS / epoch_days) as usize).max(1)
}

/// Whether it is time for a decision: every 30 days, the first after 30.
fn is_due(world: &World) -> bool {
    let lived = world.days().len();
    lived > 0 && lived.is_multiple_of(decision_epochs(world.calendar().epoch_days))
}

/// The emission's controller.
fn emission(world: &World) -> Result<&Controller, Error> {
    world.chain().economy.controller(Parameter::Emission)
}

/// Lives a world to its end; `None` where the program refused something.
pub fn live(mut world: World, pilot: &mut dyn Pilot) -> Option<Metrics> {
    for _ in 0..world.calendar().epochs {
        pilot.look(&world).ok()?;
        world.step(pilot).ok()?;
    }
    let mut metrics = Metrics::of(&world);
    if let Some(rested) = pilot.rested() {
        metrics.emission_at_limit = rested;
    }
    Some(metrics)
}

#[cfg(test)]
mod tests;
