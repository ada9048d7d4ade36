//! One run: a policy in a scenario with the people of a seed.

use homeostat::state::{Metric, Parameter};
use serde::{Deserialize, Serialize};

use crate::{
    behaviour::Behaviour,
    chain::{Design, Error},
    metrics::Metrics,
    plant::World,
    policy::{Policy, Steer},
    scenario::{replay, weather, Calendar, Scenario, Weather},
};

/// What all runs of a comparison have in common.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The number of people.
    pub people: usize,
    /// The epochs and periods.
    pub calendar: Calendar,
    /// The economy that Homeostat steers, which all policies start from.
    pub design: Design,
    /// The constant values of the tuned static policy (ppm, by parameter).
    pub constants: [i64; 4],
}

/// Which run of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Case {
    /// What happens.
    pub scenario: Scenario,
    /// What steers.
    pub policy: Policy,
    /// Who lives there, and their luck.
    pub seed: u64,
}

/// A run that can be lived.
pub struct Run {
    /// The world at go-live.
    pub world: World,
    /// What steers it.
    pub steer: Steer,
}

impl Setting {
    /// Prepares a run with the behaviour that the seed draws. Refuses a design that the program
    /// refuses.
    pub fn prepare(&self, case: Case) -> Result<Run, Error> {
        let behaviour = Behaviour::of_seed(case.seed);
        let noise = behaviour.demand_noise;
        let weather = weather(case.scenario, &self.calendar, noise, case.seed);
        self.prepare_with(case, behaviour, weather)
    }

    /// The same with a given behaviour and weather.
    pub fn prepare_with(
        &self,
        case: Case,
        behaviour: Behaviour,
        weather: Vec<Weather>,
    ) -> Result<Run, Error> {
        let mut design = self.design.clone();
        if case.scenario.uses_feed() {
            measure_feed(&mut design);
        }
        let shock = self.calendar.shock();
        let (design, steer) = case.policy.prepare(&design, self.constants, shock);
        let world = World::new(
            &design,
            behaviour,
            self.people,
            self.calendar,
            weather,
            case.seed,
        )?;
        Ok(Run { world, steer })
    }

    /// Lives a run and takes its metrics; `None` where the program refused something, which
    /// counts as a failed run.
    pub fn run(&self, case: Case) -> Option<Metrics> {
        metrics(self.prepare(case).ok()?)
    }

    /// The same with a series of demand, one value an epoch over that of a quiet day, in the place
    /// of the scenario's.
    pub fn run_series(&self, case: Case, demand: &[f64]) -> Option<Metrics> {
        let behaviour = Behaviour::of_seed(case.seed);
        let weather = replay(demand, &self.calendar, case.seed);
        metrics(self.prepare_with(case, behaviour, weather).ok()?)
    }
}

fn metrics(mut run: Run) -> Option<Metrics> {
    run.world.run(&mut run.steer).ok()?;
    Some(Metrics::of(&run.world))
}

/// The fee's controller measures the first feed instead of the program's own utilisation.
fn measure_feed(design: &mut Design) {
    let period = design.limits.period;
    let controller = design.of_mut(Parameter::Fee);
    let (y_min, y_max) = Metric::Feed0.range();
    controller.wiring.metric = Metric::Feed0;
    controller.config.sampling = Metric::Feed0.sampling();
    controller.config.max_age = period.clamp(60, 2_592_000);
    controller.config.min_samples = 3;
    controller.config.y_min = y_min;
    controller.config.y_max = y_max;
}
