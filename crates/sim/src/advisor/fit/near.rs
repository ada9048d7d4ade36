//! Which candidates are nearest to the history, in what their statistics tell.

use super::{regression::Regression, Candidate};
use crate::behaviour::Behaviour;

/// The adjusted share of its variance that the statistics have to explain of a parameter, before
/// they say anything about it.
const TELLING: f64 = 0.1;
/// Standardised statistics count as no further out than this.
const FURTHEST: f64 = 4.0;

/// A candidate that lived, and its statistics.
pub struct Lived {
    /// Its parameters, [`scaled`].
    pub point: Vec<f64>,
    /// Its seed.
    pub seed: u64,
    /// Its summary statistics.
    pub statistics: Vec<f64>,
}

/// A point of the unit cube as the values of the parameters, in the logarithm where a range does
/// not begin at zero: so what a parameter does to the statistics is nearer to a line.
pub fn scaled(point: &[f64]) -> Vec<f64> {
    let ranges = point.iter().zip(Behaviour::RANGES);
    ranges
        .map(|(x, (low, high))| {
            let value = low + (high - low) * x;
            if *low > 0.0 {
                libm::log(value)
            } else {
                value
            }
        })
        .collect()
}

/// The behaviour of scaled values; what is beyond a range counts as its end.
pub fn unscaled(values: &[f64]) -> Behaviour {
    let ranges = values.iter().zip(Behaviour::RANGES);
    let point: Vec<f64> = ranges
        .map(|(value, (low, high))| {
            let value = if *low > 0.0 {
                libm::exp(*value)
            } else {
                *value
            };
            ((value - low) / (high - low)).clamp(0.0, 1.0)
        })
        .collect();
    Behaviour::at(&point)
}

/// The candidates whose expected parameters are nearest to those of the observed statistics,
/// moved there; and by parameter whether the statistics tell it.
pub fn nearest(
    mut lived: Vec<Lived>,
    observed: &[f64],
    keep: usize,
) -> (Vec<Candidate>, Vec<bool>) {
    let scale = Scale::of(&lived);
    for one in &mut lived {
        one.statistics = scale.standardise(&one.statistics);
    }
    let observed = scale.standardise(observed);
    let inputs: Vec<Vec<f64>> = lived.iter().map(|one| one.statistics.clone()).collect();
    let outputs: Vec<Vec<f64>> = lived.iter().map(|one| one.point.clone()).collect();
    let regression = Regression::fit(&inputs, &outputs);
    let expected: Vec<Vec<f64>> = inputs.iter().map(|x| regression.predict(x)).collect();
    let target = regression.predict(&observed);

    let count = lived.len() as f64;
    let freedom = (count - observed.len() as f64 - 1.0).max(1.0);
    let residuals: Vec<(f64, bool)> = (0..Behaviour::COUNT)
        .map(|index| {
            let mean = outputs.iter().map(|row| row[index]).sum::<f64>() / count;
            let total = squares(outputs.iter().map(|row| row[index] - mean));
            let pairs = outputs.iter().zip(&expected);
            let left = squares(pairs.map(|(row, expected)| row[index] - expected[index])) / freedom;
            (left, 1.0 - left * (count - 1.0) / total > TELLING)
        })
        .collect();
    // A residual of the sample is smaller than the error at a point that was not in it: with
    // leverage h their variances are as 1 - h to 1 + h, and h is the inputs over the samples.
    let leverage = ((observed.len() as f64 + 1.0) / count).min(0.5);
    let wider = libm::sqrt((1.0 + leverage) / (1.0 - leverage));
    let distance = |expected: &[f64]| -> f64 {
        let pairs = expected.iter().zip(&target).zip(&residuals);
        pairs
            .filter(|(_, (_, telling))| *telling)
            .map(|((a, b), (left, _))| (a - b) * (a - b) / left)
            .sum()
    };
    let mut order: Vec<(f64, usize)> = expected.iter().map(|e| distance(e)).zip(0..).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let telling: Vec<bool> = residuals.iter().map(|(_, telling)| *telling).collect();
    let kept = order
        .iter()
        .take(keep)
        .map(|(_, index)| {
            let one = &lived[*index];
            let moved: Vec<f64> = (0..Behaviour::COUNT)
                .map(|at| {
                    let (own, expected) = (one.point[at], expected[*index][at]);
                    if telling[at] {
                        target[at] + wider * (own - expected)
                    } else {
                        own
                    }
                })
                .collect();
            Candidate {
                behaviour: unscaled(&moved),
                seed: one.seed,
            }
        })
        .collect();
    (kept, telling)
}

fn squares(values: impl Iterator<Item = f64>) -> f64 {
    values.map(|x| x * x).sum()
}

/// The mean and the standard deviation of each statistic.
struct Scale(Vec<(f64, f64)>);

impl Scale {
    fn of(lived: &[Lived]) -> Self {
        let count = lived.len() as f64;
        let width = lived.first().map_or(0, |one| one.statistics.len());
        Self(
            (0..width)
                .map(|at| {
                    let mean = lived.iter().map(|one| one.statistics[at]).sum::<f64>() / count;
                    let sum = squares(lived.iter().map(|one| one.statistics[at] - mean));
                    (mean, libm::sqrt(sum / count))
                })
                .collect(),
        )
    }

    /// In standard deviations; a statistic that never varies is 0.
    fn standardise(&self, statistics: &[f64]) -> Vec<f64> {
        let pairs = statistics.iter().zip(&self.0);
        pairs
            .map(|(x, (mean, deviation))| {
                if *deviation > 1e-12 {
                    ((x - mean) / deviation).clamp(-FURTHEST, FURTHEST)
                } else {
                    0.0
                }
            })
            .collect()
    }
}
