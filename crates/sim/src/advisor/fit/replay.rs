//! A population that lives through a history: the values that were in force are set by hand, so
//! that what differs from the history is due to the people and not to how controllers answered
//! them.

use homeostat::state::{Parameter, Report, Snapshot};

use super::super::History;
use crate::{
    behaviour::Behaviour,
    chain::{Chain, Design, Error},
    live::Start,
    plant::{Outlook, Steering, World},
    scenario::{weather, Calendar, Scenario, Weather},
};

/// The seconds of a day.
const DAY: f64 = 86_400.0;

/// What is known of an economy besides its history.
#[derive(Clone, Debug)]
pub struct Plant {
    /// The economy as it went live: its limits, and controllers of the metrics that it has.
    pub design: Design,
    /// The number of simulated people.
    pub people: usize,
    /// The length of an epoch (days); a period is a whole number of epochs.
    pub epoch_days: f64,
}

/// One way that people may be: their parameters, and the seed of their characters and luck.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// How they behave.
    pub behaviour: Behaviour,
    /// The seed.
    pub seed: u64,
}

impl Plant {
    /// A world that has lived through the first `periods` of a history, with the weather of
    /// `ahead` more epochs still to come. Demand is the candidate's own: a quiet time with its
    /// noise, which beyond the history is multiplied by `factor` of the epoch (from 0 on).
    pub fn replay(
        &self,
        history: &History,
        periods: usize,
        candidate: &Candidate,
        ahead: usize,
        factor: impl Fn(usize) -> f64,
    ) -> Result<World, Error> {
        let epoch = |time: i64| {
            let days = (time - history.start) as f64 / DAY;
            libm::round(days / self.epoch_days) as usize
        };
        let lived = epoch(history.begin(periods));
        let calendar = Calendar {
            epochs: lived + ahead,
            epoch_days: self.epoch_days,
            period_days: history.period_days(),
        };
        let noise = candidate.behaviour.demand_noise;
        let mut weather = weather(Scenario::Stationary, &calendar, noise, candidate.seed);
        // Nobody cranks before the period ended in the history.
        for day in weather.iter_mut().take(lived) {
            day.keeper = false;
        }
        for seen in history.observations.iter().take(periods) {
            if let Some(last) = epoch(seen.end).checked_sub(1) {
                weather[last].keeper = true;
            }
        }
        for (at, day) in weather.iter_mut().skip(lived).enumerate() {
            day.demand *= factor(at);
        }
        self.live(history, lived, candidate, calendar, weather)
    }

    /// A world that begins with a live economy as it is, with the weather of `ahead` epochs.
    /// `start` has no people fitted to it. Demand is as in [`replay`](Self::replay).
    pub fn resume(
        &self,
        history: &History,
        start: &Start,
        candidate: &Candidate,
        ahead: usize,
        factor: impl Fn(usize) -> f64,
    ) -> Result<World, Error> {
        let Candidate { behaviour, seed } = *candidate;
        let calendar = Calendar {
            epochs: ahead,
            epoch_days: self.epoch_days,
            period_days: history.period_days(),
        };
        let noise = behaviour.demand_noise;
        let mut weather = weather(Scenario::Stationary, &calendar, noise, seed);
        for (at, day) in weather.iter_mut().enumerate() {
            day.demand *= factor(at);
        }
        World::resume(start, behaviour, self.people, calendar, weather, seed)
    }

    fn live(
        &self,
        history: &History,
        lived: usize,
        candidate: &Candidate,
        calendar: Calendar,
        weather: Vec<Weather>,
    ) -> Result<World, Error> {
        let Candidate { behaviour, seed } = *candidate;
        let mut world = World::new(
            &self.design,
            behaviour,
            self.people,
            calendar,
            weather,
            seed,
        )?;
        let mut replayed = Replayed { history, next: 0 };
        for _ in 0..lived {
            world.step(&mut replayed)?;
        }
        Ok(world)
    }
}

/// Sets at each crank what was decided at that crank of the history.
struct Replayed<'a> {
    history: &'a History,
    next: usize,
}

impl Steering for Replayed<'_> {
    fn steer(
        &mut self,
        chain: &mut Chain,
        _: &Snapshot,
        _: &Report,
        _: &Outlook,
    ) -> Result<(), Error> {
        self.next += 1;
        let values = self.history.in_force(self.next);
        for (parameter, value) in Parameter::ALL.into_iter().zip(values) {
            let controller = chain.economy.controller_mut(parameter)?;
            controller.guard_config.enabled = 0;
            let config = &mut controller.config;
            // Limits and slew limits may have been others then; what was in force was allowed.
            config.min = parameter.floor();
            config.max = parameter.ceiling();
            chain.lift_slew(parameter)?;
            chain.set_by_hand(parameter, value as i64)?;
        }
        Ok(())
    }
}
