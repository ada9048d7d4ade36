//! How often does the guard latch for nothing, and how late for an attack?
//!
//! A latch in a life without an attacker is a false alarm: on the demand of real price series, and
//! in the scenarios in which nobody cheats, however wild they are. An attack is detected by a loop
//! whose guard latches within a window after it began; how often that would have happened anyway
//! is told by the same life without the attack. A feed that falls silent is nothing for a guard: it
//! is detected when the loop holds its value because its sample is too old.

mod report;

pub use report::{Alarms, Detection, Report};

use homeostat::state::Parameter;
use homeostat_settings::Failure;
use serde::Serialize;

use super::{
    economies::SUPPLY,
    refused, require, together,
    watch::{latches, live, Crank},
    Progress, FIRST_SEED,
};
use crate::{
    behaviour::Behaviour,
    chain::{Chain, Design},
    plant::START,
    policy::Policy,
    run::{Case, Setting},
    scenario::{replay, weather, Calendar, Scenario, Weather},
    series::{bundled, Series},
};

/// How long a feed is silent (days).
const SILENCE: f64 = 10.0;
/// A period, and an epoch (seconds).
const PERIOD: u32 = 86_400;

/// An attack, planted at the shock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attack {
    /// The feed of the utilisation is 30 % too high, then too low, then silent.
    FeedManipulation,
    /// The largest stakers take 10 to 20 % of the stake out at once.
    WhaleExit,
    /// Demand is three times for 60 d, half of it sybils.
    SybilCongestion,
    /// A group moves stake and payments around the end of the period.
    BoundaryGaming,
    /// The feed of the utilisation is silent for ten days.
    StaleFeed,
}

impl Attack {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::FeedManipulation,
        Self::WhaleExit,
        Self::SybilCongestion,
        Self::BoundaryGaming,
        Self::StaleFeed,
    ];

    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::FeedManipulation => "feed manipulation",
            Self::WhaleExit => "whale exit",
            Self::SybilCongestion => "sybil congestion",
            Self::BoundaryGaming => "boundary gaming",
            Self::StaleFeed => "stale feed",
        }
    }

    /// The scenario that plants it, or whose measurements it is about.
    const fn scenario(self) -> Scenario {
        match self {
            Self::FeedManipulation | Self::StaleFeed => Scenario::FeedManipulation,
            Self::WhaleExit => Scenario::WhaleExit,
            Self::SybilCongestion => Scenario::Congestion,
            Self::BoundaryGaming => Scenario::BoundaryGaming,
        }
    }

    /// The weather of a life with the attack.
    fn weather(self, calendar: &Calendar, noise: f64, seed: u64) -> Vec<Weather> {
        if self != Self::StaleFeed {
            return weather(self.scenario(), calendar, noise, seed);
        }
        let silent = libm::ceil(SILENCE / calendar.epoch_days) as usize;
        let mut quiet = weather(Scenario::Stationary, calendar, noise, seed);
        for weather in quiet.iter_mut().skip(calendar.shock()).take(silent) {
            weather.feed = None;
        }
        quiet
    }
}

/// The scenarios in which nobody cheats.
pub const HONEST: [Scenario; 5] = [
    Scenario::Stationary,
    Scenario::Bull,
    Scenario::Crash,
    Scenario::LowParticipation,
    Scenario::KeeperOutage,
];

/// What the study is made of.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The economy, with periods of a day.
    pub design: Design,
    /// The people.
    pub people: usize,
    /// The days of a life; of a real series, as many as it has.
    pub days: usize,
    /// The test seeds of scenarios and attacks, from [`FIRST_SEED`] on.
    pub seeds: u64,
    /// The test seeds of each real series.
    pub series_seeds: u64,
    /// The names of the real series.
    pub series: Vec<&'static str>,
    /// The periods after an attack began within which it counts as detected.
    pub window: u32,
}

impl Plan {
    /// The program's defaults, 64 seeds, all series with 16 seeds, and a window of 30 periods.
    pub fn standard() -> Self {
        Self {
            design: Design::with_defaults(PERIOD, SUPPLY),
            people: 300,
            days: 540,
            seeds: 64,
            series_seeds: 16,
            series: crate::series::BUNDLED.map(|(name, _)| name).to_vec(),
            window: 30,
        }
    }

    /// Two seeds, one short series.
    pub fn small() -> Self {
        Self {
            people: 100,
            days: 360,
            seeds: 2,
            series_seeds: 2,
            series: vec!["eth_usd_2017_2019"],
            ..Self::standard()
        }
    }

    fn validate(&self) -> Result<(), Failure> {
        require(self.people >= 20, "people", "20 or more")?;
        require(self.seeds >= 1, "seeds", "one or more")?;
        require(self.series_seeds >= 1, "series_seeds", "one or more")?;
        require(self.window >= 1, "window", "one period or more")?;
        require(
            self.days >= 3 * self.window as usize,
            "days",
            "three windows or more, as attacks begin after a third",
        )?;
        Chain::go_live(&self.design, START).map_err(|error| refused(&error))?;
        require(
            self.design.limits.period == PERIOD,
            "design",
            "one with periods of a day",
        )
    }

    fn calendar(&self, epochs: usize) -> Calendar {
        Calendar {
            epochs,
            epoch_days: 1.0,
            period_days: 1.0,
        }
    }

    /// The cranks of a life; `None` where the program refused something.
    fn live(&self, scenario: Scenario, weather: Vec<Weather>, seed: u64) -> Option<Vec<Crank>> {
        let setting = Setting {
            people: self.people,
            calendar: self.calendar(weather.len()),
            design: self.design.clone(),
            constants: [0; 4],
        };
        let case = Case {
            scenario,
            policy: Policy::Homeostat,
            seed,
        };
        let behaviour = Behaviour::of_seed(seed);
        let mut run = setting.prepare_with(case, behaviour, weather).ok()?;
        live(&mut run).ok()
    }

    /// What each loop measures in a scenario.
    fn measured(&self, scenario: Scenario) -> [String; 4] {
        Parameter::ALL.map(|parameter| match parameter {
            Parameter::Fee if scenario.uses_feed() => "a feed".to_owned(),
            _ => words(&format!("{:?}", self.design.of(parameter).wiring.metric)),
        })
    }
}

/// A name in camel case as words.
fn words(name: &str) -> String {
    let mut words = String::new();
    for (place, letter) in name.char_indices() {
        if letter.is_uppercase() && place > 0 {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

/// One life of the study.
#[derive(Clone, Copy)]
enum Task {
    /// The series of an index in the plan.
    Series(usize),
    /// An honest scenario.
    Honest(Scenario),
    /// An attack, and the same life without it.
    Attack(Attack),
}

/// What a life without an attacker had of false alarms, by loop.
#[derive(Clone, Copy, Debug)]
struct Quiet {
    /// Latches in a year.
    alarms: [f64; 4],
    /// The part of the cranks with a latched guard.
    latched: [f64; 4],
}

impl Quiet {
    fn of(cranks: &[Crank], days: f64) -> Self {
        let latched = |parameter: Parameter| {
            let count = cranks.iter().filter(|c| c.loops[parameter.index()].latched);
            count.count() as f64 / f64::max(cranks.len() as f64, 1.0)
        };
        Self {
            alarms: Parameter::ALL.map(|p| latches(cranks, p).len() as f64 / (days / 365.0)),
            latched: Parameter::ALL.map(latched),
        }
    }
}

/// The periods (of a day) from `start` to the first event after it, at most `window` later.
fn delay(events: impl IntoIterator<Item = f64>, start: f64, window: f64) -> Option<f64> {
    let mut after = events.into_iter().map(|day| day - start);
    after.find(|periods| *periods > 0.0 && *periods <= window)
}

/// What a loop noticed of an attack: the periods until its guard latched or, where the attack is
/// silence, until it held its value; and whether it did in the life without the attack.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Noticed {
    delay: Option<f64>,
    by_chance: bool,
}

/// What a life gave.
enum Outcome {
    Quiet(Quiet),
    Attacked([Noticed; 4]),
}

impl Plan {
    fn tasks(&self) -> Vec<(Task, u64)> {
        let seeded = |task: Task, count: u64| (0..count).map(move |seed| (task, FIRST_SEED + seed));
        let mut tasks = Vec::new();
        for index in 0..self.series.len() {
            tasks.extend(seeded(Task::Series(index), self.series_seeds));
        }
        for scenario in HONEST {
            tasks.extend(seeded(Task::Honest(scenario), self.seeds));
        }
        for attack in Attack::ALL {
            tasks.extend(seeded(Task::Attack(attack), self.seeds));
        }
        tasks
    }

    fn perform(&self, task: Task, demand: &[Vec<f64>], seed: u64) -> Option<Outcome> {
        let noise = Behaviour::of_seed(seed).demand_noise;
        let calendar = self.calendar(self.days);
        match task {
            Task::Series(index) => {
                let demand = demand.get(index)?;
                let weather = replay(demand, &self.calendar(demand.len()), seed);
                let days = weather.len() as f64;
                let cranks = self.live(Scenario::Stationary, weather, seed)?;
                Some(Outcome::Quiet(Quiet::of(&cranks, days)))
            }
            Task::Honest(scenario) => {
                let weather = weather(scenario, &calendar, noise, seed);
                let cranks = self.live(scenario, weather, seed)?;
                Some(Outcome::Quiet(Quiet::of(&cranks, self.days as f64)))
            }
            Task::Attack(attack) => {
                let scenario = attack.scenario();
                let lived = self.live(scenario, attack.weather(&calendar, noise, seed), seed)?;
                let quiet = weather(Scenario::Stationary, &calendar, noise, seed);
                let twin = self.live(scenario, quiet, seed)?;
                let start = calendar.shock() as f64;
                let first = |cranks: &[Crank], parameter: Parameter| {
                    let window = f64::from(self.window);
                    if attack == Attack::StaleFeed {
                        let loops = |crank: &&Crank| crank.loops[parameter.index()].blind;
                        let blind = cranks.iter().filter(loops).map(|crank| crank.day);
                        return delay(blind, start, window);
                    }
                    delay(latches(cranks, parameter), start, window)
                };
                Some(Outcome::Attacked(Parameter::ALL.map(|parameter| Noticed {
                    delay: first(&lived, parameter),
                    by_chance: first(&twin, parameter).is_some(),
                })))
            }
        }
    }
}

/// The demand of a series: its price each day over that of its first.
fn demand(series: &Series) -> Result<Vec<f64>, Failure> {
    let daily = series.resample(i64::from(PERIOD))?;
    let closes = daily.closes();
    Ok(closes.iter().map(|close| close / closes[0]).collect())
}

/// Lives through the plan. `seen` is told after each life.
///
/// # Errors
///
/// A plan that is out of range, a series that there is not, or a design that the program refuses.
pub fn run(plan: &Plan, threads: usize, seen: Progress) -> Result<Report, Failure> {
    plan.validate()?;
    let demands = plan
        .series
        .iter()
        .map(|name| demand(&bundled(name)?))
        .collect::<Result<Vec<Vec<f64>>, Failure>>()?;
    let tasks = plan.tasks();
    let outcomes = together(tasks.len(), threads, seen, |index| {
        let (task, seed) = tasks[index];
        plan.perform(task, &demands, seed)
    });
    let mut report = Report::of(plan);
    let mut outcomes = outcomes.as_slice();
    let mut take = |count: u64| {
        let (first, rest) = outcomes.split_at(outcomes.len().min(count as usize));
        outcomes = rest;
        first
    };
    for (name, demand) in plan.series.iter().zip(&demands) {
        let lives = take(plan.series_seeds);
        let measured = plan.measured(Scenario::Stationary);
        report.add_alarms(name, demand.len(), &measured, lives);
    }
    for scenario in HONEST {
        let measured = plan.measured(scenario);
        report.add_alarms(scenario.name(), plan.days, &measured, take(plan.seeds));
    }
    for attack in Attack::ALL {
        let measured = plan.measured(attack.scenario());
        report.add_detections(attack, &measured, take(plan.seeds));
    }
    Ok(report)
}

#[cfg(test)]
mod tests;
