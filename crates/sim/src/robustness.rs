//! In which part of the space of behaviours does steering help?
//!
//! A Latin hypercube covers the ranges of [`Behaviour`]: each point is a population, lived
//! through once under the economy's own controllers and once under another policy, with the
//! same luck. The share of points at which ours is better says how much of the space that is;
//! the parameters whose lower and upper half differ most say where it turns.

use serde::{Deserialize, Serialize};

use crate::{
    behaviour::Behaviour,
    policy::Policy,
    run::{Case, Setting},
    scenario::{weather, Scenario},
    stats::latin_hypercube,
    Metrics,
};

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
mod tests {
    use super::*;

    #[test]
    fn the_parameter_that_decides_comes_first() {
        // Given points where the third parameter decides alone, and one failed run,
        let mut points: Vec<Point> = points(64, 1)
            .into_iter()
            .map(|(at, _)| {
                let ours = if at[2] < 0.5 { 1.0 } else { 3.0 };
                Point {
                    at,
                    ours: Some(ours),
                    theirs: Some(2.0),
                }
            })
            .collect();
        points.push(Point {
            at: vec![0.5; Behaviour::COUNT],
            ours: None,
            theirs: Some(1.0),
        });
        // when they are looked at,
        let robustness = Robustness::of(&points);
        // then half of the space is better, and the third parameter turns it.
        assert_eq!((robustness.points, robustness.failed), (64, 1));
        assert_eq!(robustness.better, 0.5);
        assert_eq!(robustness.standard_error, 0.0625);
        let first = &robustness.turns[0];
        assert_eq!(first.parameter, Behaviour::NAMES[2]);
        assert_eq!((first.lower_half, first.upper_half), (1.0, 0.0));
    }

    #[test]
    fn a_point_is_the_same_life_under_both_policies_but_for_the_policy() {
        use crate::{chain::Design, scenario::Calendar};
        let calendar = Calendar {
            epochs: 60,
            epoch_days: 1.0,
            period_days: 1.0,
        };
        let design = Design::with_defaults(86_400, 1_000_000_000_000_000);
        let setting = Setting {
            people: 60,
            calendar,
            design,
            constants: [60_000, 3_000, 300_000, 100_000],
        };
        let at = &points(4, 9)[0].0;
        let demand: Figure = |metrics| metrics.itae;
        let scenario = Scenario::Crash;
        // Given a policy against itself, then nothing differs;
        let same = live(&setting, scenario, Policy::Homeostat, demand, at, 9);
        assert_eq!(same.ours, same.theirs);
        // against another, something does.
        let other = live(&setting, scenario, Policy::StaticUntuned, demand, at, 9);
        assert_eq!(other.ours, same.ours);
        assert_ne!(other.theirs, other.ours);
    }
}
