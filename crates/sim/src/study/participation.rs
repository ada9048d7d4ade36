//! Does a policy change who votes, by changing who holds stake?
//!
//! Nobody votes in the simulator, and nothing is known of those who would. This is therefore a
//! sensitivity and no forecast: a stated model of turnout, put over the stakes of simulated lives.
//!
//! A proposal comes every so often, of a random importance that all policies share. A voter has its
//! stake, a cost of voting (a base amount of tokens times a factor from a fifth to five), a horizon
//! (60 to 720 days) and a readiness to tire, all drawn once. It votes where
//!
//! ```text
//! gain x importance x stake x horizon / 365 d > cost x (1 + fatigue x tiredness)
//! ```
//!
//! where tiredness is its readiness times the votes that it remembers, of which it forgets half in
//! ninety days. The gain is the one unknown that is calibrated: such that under static untuned, at
//! the usual cost and fatigue, five per cent of the supply votes. A policy acts on turnout only by
//! who holds how much stake; what people think of the policy is not in the model.

mod report;

pub use report::{Line, Report};

use homeostat_settings::Failure;

use super::{refused, require, together, usual_setting, Progress, FIRST_SEED};
use crate::{
    chain::Chain,
    plant::START,
    policy::Policy,
    random::{Luck, Purpose},
    run::{Case, Setting},
    scenario::Scenario,
};

/// The part of the supply that votes under static untuned, as of live networks.
const USUAL_TURNOUT: f64 = 0.05;
/// The time in which half of the votes that were cast is forgotten (days).
const RECOVERY: f64 = 90.0;
/// What every vote costs at the usual cost (tokens over the supply): a millionth.
const COST: f64 = 1e-6;
/// The policies; all are compared with the first, which is calibrated.
pub const POLICIES: [Policy; 4] = [
    Policy::StaticUntuned,
    Policy::Homeostat,
    Policy::Cosmos,
    Policy::Halving,
];

/// What the study is made of.
#[derive(Clone, Debug)]
pub struct Plan {
    /// People, calendar and design.
    pub setting: Setting,
    /// The scenarios.
    pub scenarios: Vec<Scenario>,
    /// The test seeds, from [`FIRST_SEED`] on.
    pub seeds: u64,
    /// The days from one proposal to the next.
    pub interval: usize,
    /// The costs, over the usual one.
    pub costs: Vec<f64>,
    /// How strongly people tire.
    pub fatigues: Vec<f64>,
}

impl Plan {
    /// Three scenarios, 64 seeds, a proposal every fourteen days, a third to three times the cost.
    pub fn standard() -> Self {
        Self {
            setting: usual_setting(),
            scenarios: vec![
                Scenario::Stationary,
                Scenario::Crash,
                Scenario::RegimeSwitching,
            ],
            seeds: 64,
            interval: 14,
            costs: vec![1.0 / 3.0, 1.0, 3.0],
            fatigues: vec![0.0, 1.0, 3.0],
        }
    }

    /// One scenario, four seeds.
    pub fn small() -> Self {
        let mut plan = Self::standard();
        plan.setting.people = 100;
        plan.setting.calendar.epochs = 240;
        plan.scenarios.truncate(1);
        plan.seeds = 4;
        plan
    }

    fn validate(&self) -> Result<(), Failure> {
        require(self.setting.people >= 20, "people", "20 or more")?;
        require(self.seeds >= 2, "seeds", "two or more, for an interval")?;
        require(!self.scenarios.is_empty(), "scenarios", "one or more")?;
        let epochs = self.setting.calendar.epochs;
        require(
            (1..=epochs).contains(&self.interval),
            "interval",
            "a day or more, and no more than the days of a life",
        )?;
        let sound = |values: &[f64], low: f64| {
            !values.is_empty() && values.iter().all(|v| (low..=1_000.0).contains(v))
        };
        require(
            sound(&self.costs, 0.001),
            "costs",
            "one or more from 0.001 to 1,000",
        )?;
        require(
            sound(&self.fatigues, 0.0),
            "fatigues",
            "one or more from 0 to 1,000",
        )?;
        Chain::go_live(&self.setting.design, START).map_err(|error| refused(&error))?;
        Ok(())
    }
}

/// One vote: who has how much stake when it is taken.
struct Ballot {
    /// When (days since go-live).
    day: f64,
    /// The importance, around one.
    importance: f64,
    /// The stake of each person over the supply at the start.
    stakes: Vec<f64>,
    /// The supply over that at the start.
    supply: f64,
}

/// What somebody is like as a voter.
struct Voter {
    /// The cost over the usual one.
    cost: f64,
    /// The horizon (years).
    horizon: f64,
    /// How readily it tires, 0 to 1.
    tires: f64,
}

impl Voter {
    fn new(seed: u64, number: u64) -> Self {
        let mut luck = Luck::new(seed, Purpose::Voting, number);
        Self {
            // Uniform in the logarithm.
            cost: 0.2 * libm::pow(25.0, luck.uniform()),
            horizon: luck.between(60.0, 720.0) / 365.0,
            tires: luck.uniform(),
        }
    }
}

/// The ballots of one life, and its voters.
struct Life {
    voters: Vec<Voter>,
    ballots: Vec<Ballot>,
}

/// What turnout a life has, the mean over its ballots.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Turnout {
    /// The votes over the supply.
    of_supply: f64,
    /// The votes over the stake, which may vote.
    of_power: f64,
}

impl Life {
    /// The turnout at a gain, a cost and a fatigue.
    fn turnout(&self, gain: f64, cost: f64, fatigue: f64) -> Turnout {
        // The votes that each remembers.
        let mut remembered = vec![0.0; self.voters.len()];
        let (mut of_supply, mut of_power) = (0.0, 0.0);
        let mut before = 0.0;
        for ballot in &self.ballots {
            let kept = libm::exp2((before - ballot.day) / RECOVERY);
            before = ballot.day;
            let (mut votes, mut power) = (0.0, 0.0);
            for ((voter, memory), stake) in
                self.voters.iter().zip(&mut remembered).zip(&ballot.stakes)
            {
                *memory *= kept;
                power += stake;
                let worth = gain * ballot.importance * stake * voter.horizon;
                let effort = COST * cost * voter.cost * (1.0 + fatigue * voter.tires * *memory);
                if worth > effort {
                    votes += stake;
                    *memory += 1.0;
                }
            }
            of_supply += votes / ballot.supply;
            of_power += votes / f64::max(power, f64::MIN_POSITIVE);
        }
        let count = f64::max(self.ballots.len() as f64, 1.0);
        Turnout {
            of_supply: of_supply / count,
            of_power: of_power / count,
        }
    }
}

/// Lives through a case and takes its ballots; `None` where the program refused something.
fn live(plan: &Plan, case: Case) -> Option<Life> {
    let mut run = plan.setting.prepare(case).ok()?;
    let mut importance = Luck::new(case.seed, Purpose::Voting, u64::MAX);
    let first = plan.setting.design.supply as f64;
    let mut ballots = Vec::new();
    for epoch in 1..=plan.setting.calendar.epochs {
        run.world.step(&mut run.steer).ok()?;
        if epoch % plan.interval != 0 {
            continue;
        }
        let world = &run.world;
        let people = world.people().iter();
        ballots.push(Ballot {
            day: epoch as f64 * plan.setting.calendar.epoch_days,
            importance: libm::exp(0.5 * importance.normal()),
            stakes: people
                .map(|person| world.staked(person) as f64 / first)
                .collect(),
            supply: world.chain().supply as f64 / first,
        });
    }
    let voters = (0..run.world.people().len() as u64).map(|number| Voter::new(case.seed, number));
    Some(Life {
        voters: voters.collect(),
        ballots,
    })
}

/// The gain at which the lives have the usual turnout at the usual cost and fatigue: by bisection
/// of its logarithm. Turnout rises with the gain but for what fatigue does to single ballots.
fn calibrated(lives: &[&Life]) -> f64 {
    let turnout = |gain: f64| {
        let sum: f64 = lives
            .iter()
            .map(|life| life.turnout(gain, 1.0, 1.0).of_supply)
            .sum();
        sum / lives.len() as f64
    };
    let (mut low, mut high) = (-30.0, 30.0);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if turnout(libm::exp2(middle)) < USUAL_TURNOUT {
            low = middle;
        } else {
            high = middle;
        }
    }
    libm::exp2(0.5 * (low + high))
}

/// Lives through the plan. `seen` is told after each life.
///
/// # Errors
///
/// A plan that is out of range, a design that the program refuses, or no life under static
/// untuned that lasts.
pub fn run(plan: &Plan, threads: usize, seen: Progress) -> Result<Report, Failure> {
    plan.validate()?;
    let seeds = plan.seeds as usize;
    let count = plan.scenarios.len() * POLICIES.len() * seeds;
    let lives = together(count, threads, seen, |index| {
        let (rest, seed) = (index / seeds, index % seeds);
        let case = Case {
            scenario: plan.scenarios[rest / POLICIES.len()],
            policy: POLICIES[rest % POLICIES.len()],
            seed: FIRST_SEED + seed as u64,
        };
        live(plan, case)
    });
    // The first policy of the first scenario.
    let usual: Vec<&Life> = lives.iter().take(seeds).flatten().collect();
    if usual.is_empty() {
        return Err(Failure::new(
            "nothing_to_calibrate",
            "no life under static untuned lasted to its end",
        )
        .remedy("change the plan's design"));
    }
    let gain = calibrated(&usual);
    Ok(Report::of(plan, gain, &lives))
}

#[cfg(test)]
mod tests;
