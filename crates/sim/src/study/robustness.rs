//! In which part of the space of behaviours does steering help?
//!
//! A Latin hypercube covers the ranges of [`Behaviour`]: each point is a population, lived
//! through once under the economy's own controllers and once under another policy, with the
//! same luck. The share of points at which ours is better says how much of the space that is;
//! the parameters whose lower and upper half differ most say where it turns.

use core::fmt::Write;

use homeostat_settings::Failure;
use serde::{Deserialize, Serialize};

use super::{page, refused, require, together, usual_setting, Progress};
use crate::{
    behaviour::Behaviour,
    chain::Chain,
    plant::START,
    policy::Policy,
    run::{Case, Setting},
    scenario::{weather, Scenario},
    stats::latin_hypercube,
    Metrics,
};

/// The parameters that a report names.
const NAMED: usize = 3;

/// What the study is made of.
#[derive(Clone, Debug)]
pub struct Plan {
    /// People, calendar and design.
    pub setting: Setting,
    /// The scenarios.
    pub scenarios: Vec<Scenario>,
    /// The policy that the economy's own controllers are compared with.
    pub other: Policy,
    /// The points of the hypercube.
    pub points: u32,
    /// The seed of the first point; those of the others follow.
    pub first_seed: u64,
}

impl Plan {
    /// 256 points in three scenarios against static untuned, by the ITAE of the staked share.
    pub fn standard() -> Self {
        Self {
            setting: usual_setting(),
            scenarios: vec![
                Scenario::Stationary,
                Scenario::Crash,
                Scenario::RegimeSwitching,
            ],
            other: Policy::StaticUntuned,
            points: 256,
            first_seed: 5_000,
        }
    }

    /// Eight points in one scenario.
    pub fn small() -> Self {
        let mut plan = Self::standard();
        plan.setting.people = 100;
        plan.setting.calendar.epochs = 240;
        plan.scenarios.truncate(1);
        plan.points = 8;
        plan
    }
}

/// A hypercube in each scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The people.
    pub people: usize,
    /// The days of a life.
    pub days: f64,
    /// The seed of the first point.
    pub first_seed: u64,
    /// The policy that ours is compared with.
    pub other: &'static str,
    /// The scenarios and what they show.
    pub scenarios: Vec<(&'static str, Robustness)>,
}

impl Report {
    /// As Markdown.
    pub fn markdown(&self) -> String {
        page(|page| self.write(page))
    }

    fn write(&self, page: &mut String) -> core::fmt::Result {
        writeln!(
            page,
            "## In which part of the space of behaviours does steering help?\n\nA Latin hypercube \
             over all {} parameters of the behaviour, {} people, {} days, seeds from {}. A point is \
             better where the ITAE of the staked share is below that of {}; ± is the binomial \
             standard error.\n\n| scenario | better in, % | points | failed | what turns it: better \
             in the lower and in the upper half of its range, % |\n|---|---|---|---|---|",
            Behaviour::COUNT,
            self.people,
            self.days,
            self.first_seed,
            self.other,
        )?;
        for (scenario, robustness) in &self.scenarios {
            let turns: Vec<String> = robustness
                .turns
                .iter()
                .take(NAMED)
                .map(|turn| {
                    let [lower, upper] = [turn.lower_half, turn.upper_half].map(|x| 100.0 * x);
                    format!("{} {lower:.1} and {upper:.1}", turn.parameter)
                })
                .collect();
            writeln!(
                page,
                "| {scenario} | {:.1} ± {:.1} | {} | {} | {} |",
                100.0 * robustness.better,
                100.0 * robustness.standard_error,
                robustness.points,
                robustness.failed,
                turns.join("; "),
            )?;
        }
        Ok(())
    }
}

/// Lives through the hypercube in each scenario. `seen` is told after each point.
///
/// # Errors
///
/// A plan that is out of range, or a design that the program refuses.
pub fn run(plan: &Plan, threads: usize, seen: Progress) -> Result<Report, Failure> {
    require(plan.setting.people >= 20, "people", "20 or more")?;
    require(plan.points >= 2, "points", "two or more")?;
    require(!plan.scenarios.is_empty(), "scenarios", "one or more")?;
    Chain::go_live(&plan.setting.design, START).map_err(|error| refused(&error))?;
    let cube = points(plan.points, plan.first_seed);
    let lived = together(plan.scenarios.len() * cube.len(), threads, seen, |index| {
        let scenario = plan.scenarios[index / cube.len()];
        let (at, seed) = &cube[index % cube.len()];
        let itae = |metrics: &Metrics| metrics.itae;
        live(&plan.setting, scenario, plan.other, itae, at, *seed)
    });
    let scenarios = plan.scenarios.iter().zip(lived.chunks(cube.len()));
    let calendar = &plan.setting.calendar;
    Ok(Report {
        people: plan.setting.people,
        days: calendar.epochs as f64 * calendar.epoch_days,
        first_seed: plan.first_seed,
        other: plan.other.name(),
        scenarios: scenarios
            .map(|(scenario, points)| (scenario.name(), Robustness::of(points)))
            .collect(),
    })
}

/// One point of the space, and what both policies made of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The coordinates, each in 0 to 1, in the order of [`Behaviour::NAMES`].
    pub at: Vec<f64>,
    /// The metric under the economy's own controllers; `None` where the run failed.
    pub ours: Option<f64>,
    /// The same under the other policy.
    pub theirs: Option<f64>,
}

impl Point {
    /// Whether ours is lower; `None` where a run failed or has no such figure.
    fn is_better(&self) -> Option<bool> {
        let (ours, theirs) = (self.ours?, self.theirs?);
        (ours.is_finite() && theirs.is_finite()).then_some(ours < theirs)
    }
}

/// How a parameter of the behaviour decides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Turn {
    /// The parameter.
    pub parameter: &'static str,
    /// The share of points at which ours is better, in the lower half of its range.
    pub lower_half: f64,
    /// The same in the upper half.
    pub upper_half: f64,
}

impl Turn {
    fn strength(&self) -> f64 {
        (self.upper_half - self.lower_half).abs()
    }
}

/// What a hypercube shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Robustness {
    /// The points that both policies lived through.
    pub points: usize,
    /// The points at which a run failed or had no such figure.
    pub failed: usize,
    /// The share of the points at which ours is better.
    pub better: f64,
    /// The binomial standard error of that share.
    pub standard_error: f64,
    /// All parameters, the one that decides most first.
    pub turns: Vec<Turn>,
}

/// The figure of a run that a hypercube compares; less is better.
pub type Figure = fn(&Metrics) -> f64;

/// Lives through one point of the space.
pub fn live(
    setting: &Setting,
    scenario: Scenario,
    other: Policy,
    figure: Figure,
    at: &[f64],
    seed: u64,
) -> Point {
    let behaviour = Behaviour::at(at);
    let figure_of = |policy| {
        let weather = weather(scenario, &setting.calendar, behaviour.demand_noise, seed);
        let case = Case {
            scenario,
            policy,
            seed,
        };
        let mut run = setting.prepare_with(case, behaviour, weather).ok()?;
        run.world.run(&mut run.steer).ok()?;
        Some(figure(&Metrics::of(&run.world)))
    };
    Point {
        at: at.to_vec(),
        ours: figure_of(Policy::Homeostat),
        theirs: figure_of(other),
    }
}

/// The points of a hypercube over all parameters of the behaviour, each with its own seed from
/// `first_seed` on.
pub fn points(count: u32, first_seed: u64) -> Vec<(Vec<f64>, u64)> {
    let cube = latin_hypercube(count, Behaviour::COUNT, first_seed);
    cube.into_iter().zip(first_seed..).collect()
}

impl Robustness {
    /// What these points show.
    pub fn of(points: &[Point]) -> Self {
        let judged: Vec<(&Point, bool)> = points
            .iter()
            .filter_map(|point| Some((point, point.is_better()?)))
            .collect();
        let share = |of: &dyn Fn(&Point) -> bool| {
            let (count, better) = judged
                .iter()
                .filter(|(point, _)| of(point))
                .fold((0.0, 0.0), |(count, better), (_, is)| {
                    (count + 1.0, better + f64::from(u8::from(*is)))
                });
            better / count
        };
        let better = share(&|_| true);
        let mut turns: Vec<Turn> = Behaviour::NAMES
            .iter()
            .enumerate()
            .map(|(index, parameter)| {
                let upper = |point: &Point| point.at.get(index).is_some_and(|x| *x >= 0.5);
                Turn {
                    parameter,
                    lower_half: share(&|point| !upper(point)),
                    upper_half: share(&upper),
                }
            })
            .collect();
        turns.sort_by(|a, b| b.strength().total_cmp(&a.strength()));
        Self {
            points: judged.len(),
            failed: points.len() - judged.len(),
            better,
            standard_error: libm::sqrt(better * (1.0 - better) / judged.len() as f64),
            turns,
        }
    }
}

#[cfg(test)]
mod tests;
