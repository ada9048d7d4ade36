//! Receding horizon: every 30 days the simulator tries out some advice from the present state,
//! and what did best is given.
//!
//! # What it may do
//!
//! What an advisor may on chain ([`homeostat::state::Envelope`]): one change at a time, of the
//! bias or of the setpoint of the emission's controller, a tenth of the limits' span or of the
//! error's scale to either side of what the council set, in force at a crank after the shortest
//! delay of advice. Candidates are to leave all as it is, and each of the two quantities one such
//! step away from where it is.
//!
//! # What it may know
//!
//! The present, and nothing of the future: in a rollout people have other luck, and the weather
//! stays what it is today, with no shock to come. Which people it knows is the [`Model`]. It
//! imagines several futures, and judges candidates by their mean cost.

mod fitted;
mod model;

pub use fitted::Fitted;
pub use model::Model;

use homeostat::{
    constants::ROUTINE_DELAY,
    state::{Advice, Controller, Parameter, Report, Snapshot, Tunable},
};
use homeostat_control::Fx;

use super::{cost, emission, is_due, Pilot};
use crate::{
    chain::{Chain, Error},
    plant::{Outlook, Steering, World},
};

/// How far a rollout looks (days).
pub const LOOK_AHEAD: f64 = 45.0;
/// Advice moves the bias by this part of the span between the limits, and the setpoint by this
/// part of the scale: as far as the envelope reaches.
const PARTS: i128 = 10;
/// The seeds of rollouts begin here, far from all seeds of tuning and of tests.
const FIRST_SEED: u64 = 1 << 32;
/// How many seeds of rollouts belong to one run.
const SEEDS: u64 = 1 << 20;

/// Steers by the economy's own controllers, and applies advice that is due before they step, as
/// the program's crank does.
#[derive(Clone, Copy, Debug, Default)]
struct Advised {
    pending: Option<Advice>,
}

impl Steering for Advised {
    fn steer(
        &mut self,
        chain: &mut Chain,
        _: &Snapshot,
        _: &Report,
        _: &Outlook,
    ) -> Result<(), Error> {
        let controller = chain.economy.controller_mut(Parameter::Emission)?;
        // The council lets the advisor go as far as the envelope does.
        controller.envelope.advice_bias = step(controller, Tunable::Bias).into();
        controller.envelope.advice_setpoint = step(controller, Tunable::Setpoint).into();
        chain.follow_due(&mut self.pending)
    }
}

/// How far advice moves a quantity: a tenth of the whole, rounded down.
fn step(controller: &Controller, field: Tunable) -> Fx {
    let config = &controller.config;
    let whole = match field {
        Tunable::Setpoint => config.scale.get(),
        _ => Fx::saturating_from_num(config.max.saturating_sub(config.min)),
    };
    whole.checked_div_int(PARTS).unwrap_or(Fx::ZERO)
}

/// The advice to choose from at `now` (unix seconds), besides none.
fn candidates(controller: &Controller, now: i64) -> Vec<Advice> {
    let eta = now.saturating_add(i64::from(*ROUTINE_DELAY.start()));
    let mut all = Vec::with_capacity(4);
    for field in [Tunable::Bias, Tunable::Setpoint] {
        let (anchor, step) = (controller.envelope.anchor(field), step(controller, field));
        let present = field.ramp(&controller.config).to.get();
        for value in [
            anchor.saturating_sub(step),
            anchor,
            anchor.saturating_add(step),
        ] {
            if value != present && value.saturating_sub(present).saturating_abs() <= step {
                all.push(Advice {
                    value: value.into(),
                    eta,
                    parameter: Parameter::Emission as u8,
                    field: field as u8,
                    pending: 1,
                    ..Advice::default()
                });
            }
        }
    }
    all
}

/// A planner that steers.
#[derive(Clone, Debug)]
pub struct Horizon {
    model: Model,
    seed: u64,
    usual_error: f64,
    advised: Advised,
    imagined: u64,
}

impl Horizon {
    /// Plans by a model, in the run of `seed`. `usual_error` is the mean error of static untuned,
    /// by which errors are measured.
    pub fn new(model: Model, seed: u64, usual_error: f64) -> Self {
        Self {
            model,
            seed,
            usual_error,
            advised: Advised::default(),
            imagined: 0,
        }
    }

    /// The advice that does best from here; `None` where none is better. Nothing is advised while
    /// the guard is latched, or while nothing is known of the people.
    pub fn plan(&mut self, world: &World) -> Result<Option<Advice>, Error> {
        self.model.learn(world, self.seed);
        let controller = emission(world)?;
        if controller.guard.latched != 0 {
            return Ok(None);
        }
        self.best(world, candidates(controller, world.chain().now))
    }

    /// The best of some advice and of none, each tried in the same imagined futures; of equals
    /// the first, and none before all.
    fn best(&mut self, world: &World, advice: Vec<Advice>) -> Result<Option<Advice>, Error> {
        let lived = world.days().len();
        let epoch_days = world.calendar().epoch_days;
        let epochs = ((LOOK_AHEAD / epoch_days) as usize).max(1);
        let ahead = vec![self.model.forecast(world.weather()); epochs];
        let seed = FIRST_SEED + self.seed * SEEDS + lived as u64;
        let starts = self.model.imagine(world, &ahead, seed);
        let mut best = (None, f64::INFINITY);
        for pending in core::iter::once(None).chain(advice.into_iter().map(Some)) {
            let mut cost = 0.0;
            for start in &starts {
                let mut imagined = start.clone();
                let mut advised = Advised { pending };
                for _ in 0..epochs {
                    imagined.step(&mut advised)?;
                    self.imagined += 1;
                }
                let window = &imagined.days()[lived.saturating_sub(1)..];
                cost += cost::of_window(window, epoch_days, self.usual_error);
            }
            if cost < best.1 {
                best = (pending, cost);
            }
        }
        Ok(best.0)
    }
}

impl Pilot for Horizon {
    fn look(&mut self, world: &World) -> Result<(), Error> {
        if is_due(world) {
            self.advised.pending = self.plan(world)?;
        }
        Ok(())
    }

    fn imagined(&self) -> u64 {
        self.imagined + self.model.imagined()
    }
}

impl Steering for Horizon {
    fn steer(
        &mut self,
        chain: &mut Chain,
        snapshot: &Snapshot,
        report: &Report,
        outlook: &Outlook,
    ) -> Result<(), Error> {
        self.advised.steer(chain, snapshot, report, outlook)
    }
}

#[cfg(test)]
mod tests;
