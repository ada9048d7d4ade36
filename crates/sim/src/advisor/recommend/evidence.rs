//! The evidence for a change: its effects, the front, and what would change the choice.

use homeostat_settings::Failure;
use serde::Serialize;

use super::{moves::Move, rollout::Costs};
use crate::{
    advisor::fit::{undefined, Candidate},
    behaviour::Behaviour,
    stats::{expected_range, median, Bootstrap, Estimate, Summary},
    tune::front::Candidate as Point,
};

/// How a figure changes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The mean over the fits, with its interval: how well the rollouts know the mean.
    pub mean: Estimate,
    /// The lower end of where the change of one economy lies: with fits as likely as each other,
    /// what is realised lies within both ends as often as the level says.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// What a change would do, on the fits that it was not chosen on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// By how much the weighted sum of the costs is lower.
    pub improvement: Change,
    /// The part of the fits in which it is lower.
    pub better_in: f64,
    /// By how much each cost is higher, in the order of [`Costs::NAMES`].
    pub costs: [Change; 4],
}

impl Effect {
    /// Whether neither the mean improvement nor that of one economy may be none.
    pub(super) fn is_sure(&self) -> bool {
        self.improvement.low > 0.0 && self.improvement.mean.low > 0.0
    }
}

/// One thing to do, and its mean costs over the fits that choose.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Tried {
    /// The change; `None` to leave all as it is.
    pub change: Option<Move>,
    /// Its costs.
    pub costs: Costs,
    /// By how much the weighted sum is lower than that of leaving all as it is.
    pub improvement: f64,
}

/// How the effect depends on a parameter of the people.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Sensitivity {
    /// The parameter of [`Behaviour`].
    pub parameter: &'static str,
    /// Its median over the fits.
    pub median: f64,
    /// The mean improvement over the fits below the median.
    pub below: f64,
    /// The same over the others.
    pub above: f64,
    /// The difference of the two in its standard errors. One of two dozen parameters is beyond 2
    /// by chance.
    pub errors: f64,
    /// Whether the change helps on one side only: who knew this parameter better might choose
    /// otherwise.
    pub flips: bool,
}

/// All rollouts: what each fit makes of each change.
pub(super) struct Rollouts {
    moves: Vec<Move>,
    /// The fits that lived on, with the costs of leaving all as it is and then of each change.
    lived: Vec<(Candidate, Vec<Costs>)>,
    weights: Costs,
}

impl Rollouts {
    /// Rollouts of changes. `lived` has, by fit, the costs of none and of each change; `None`
    /// where one did not come to its end.
    pub fn new(
        moves: Vec<Move>,
        fits: &[Candidate],
        lived: Vec<Option<Vec<Costs>>>,
        weights: Costs,
    ) -> Self {
        let pairs = fits.iter().copied().zip(lived);
        Self {
            moves,
            lived: pairs
                .filter_map(|(fit, costs)| Some((fit, costs?)))
                .collect(),
            weights,
        }
    }

    /// The fits that lived on.
    pub fn fits(&self) -> usize {
        self.lived.len()
    }

    /// The rollouts that came to their end.
    pub fn count(&self) -> usize {
        self.lived.iter().map(|(_, costs)| costs.len()).sum()
    }

    /// The change of an index.
    pub fn of(&self, index: usize) -> Move {
        self.moves[index]
    }

    /// The fits to choose by are the ones of even place, and those of odd place judge, so that
    /// both halves are as near to the history.
    fn half(&self, odd: bool) -> impl Iterator<Item = &(Candidate, Vec<Costs>)> {
        self.lived.iter().skip(usize::from(odd)).step_by(2)
    }

    /// By how much a change lowers the weighted sum with one fit's people.
    fn improvement(&self, costs: &[Costs], index: usize) -> f64 {
        costs[0].weighted(&self.weights) - costs[index + 1].weighted(&self.weights)
    }

    /// The change with the highest mean improvement on the half that chooses, if that is above
    /// zero; of equals the first.
    pub fn best(&self) -> Option<usize> {
        let mut best = (None, 0.0);
        for index in 0..self.moves.len() {
            let sum: f64 = self
                .half(false)
                .map(|(_, costs)| self.improvement(costs, index))
                .sum();
            if sum > best.1 {
                best = (Some(index), sum);
            }
        }
        best.0
    }

    /// What is on the front, by the half that chooses.
    pub fn front(&self) -> Vec<Tried> {
        let count = self.half(false).count() as f64;
        let tried: Vec<(Tried, Point)> = (0..=self.moves.len())
            .map(|place| {
                let mut sums = [0.0; 4];
                for (_, costs) in self.half(false) {
                    for (sum, cost) in sums.iter_mut().zip(costs[place].values()) {
                        *sum += cost / count;
                    }
                }
                let change = place.checked_sub(1);
                let improvements = self
                    .half(false)
                    .map(|(_, costs)| change.map_or(0.0, |index| self.improvement(costs, index)));
                let one = Tried {
                    change: change.map(|index| self.moves[index]),
                    costs: Costs::from_values(sums),
                    improvement: improvements.sum::<f64>() / count,
                };
                let point = Point {
                    point: Vec::new(),
                    costs: sums.to_vec(),
                };
                (one, point)
            })
            .collect();
        let mut front: Vec<Tried> = tried
            .iter()
            .filter(|(_, point)| !tried.iter().any(|(_, other)| other.dominates(point)))
            .map(|(one, _)| *one)
            .collect();
        front.sort_by(|a, b| a.costs.shortfall.total_cmp(&b.costs.shortfall));
        front
    }

    /// What a change does, by the half that judges.
    pub fn effect(&self, index: usize, bootstrap: &Bootstrap) -> Result<Effect, Failure> {
        let judged: Vec<&[Costs]> = self.half(true).map(|(_, c)| c.as_slice()).collect();
        let gains: Vec<f64> = judged
            .iter()
            .map(|costs| self.improvement(costs, index))
            .collect();
        let of = |cost: usize| {
            let changes: Vec<f64> = judged
                .iter()
                .map(|costs| costs[index + 1].values()[cost] - costs[0].values()[cost])
                .collect();
            change(&changes, bootstrap)
        };
        let better = gains.iter().filter(|gain| **gain > 0.0).count();
        Ok(Effect {
            improvement: change(&gains, bootstrap)?,
            better_in: better as f64 / gains.len() as f64,
            costs: [of(0)?, of(1)?, of(2)?, of(3)?],
        })
    }

    /// How the improvement of a change depends on each parameter, over all fits.
    pub fn sensitivity(&self, index: usize) -> Vec<Sensitivity> {
        let mut all: Vec<Sensitivity> = Behaviour::NAMES
            .iter()
            .enumerate()
            .filter_map(|(at, parameter)| {
                let places: Vec<f64> = self
                    .lived
                    .iter()
                    .map(|(fit, _)| fit.behaviour.values()[at])
                    .collect();
                let median = median(&places).ok()?;
                let side = |above: bool| {
                    let pairs = self.lived.iter().zip(&places);
                    let gains: Vec<f64> = pairs
                        .filter(|(_, place)| (**place >= median) == above)
                        .map(|((_, costs), _)| self.improvement(costs, index))
                        .collect();
                    Summary::of(&gains).ok()
                };
                let (below, above) = (side(false)?, side(true)?);
                let squares = below.standard_error * below.standard_error
                    + above.standard_error * above.standard_error;
                let error = libm::sqrt(squares).max(f64::MIN_POSITIVE);
                Some(Sensitivity {
                    parameter,
                    median,
                    below: below.mean,
                    above: above.mean,
                    errors: (above.mean - below.mean) / error,
                    flips: (below.mean > 0.0) != (above.mean > 0.0),
                })
            })
            .collect();
        all.sort_by(|a, b| b.errors.abs().total_cmp(&a.errors.abs()));
        all
    }
}

/// The change of a figure over the fits.
fn change(changes: &[f64], bootstrap: &Bootstrap) -> Result<Change, Failure> {
    let mean = bootstrap
        .bca(changes, |sample| {
            sample.iter().sum::<f64>() / sample.len() as f64
        })
        .map_err(undefined)?;
    let (low, high) = expected_range(changes, bootstrap.level).map_err(undefined)?;
    Ok(Change { mean, low, high })
}
