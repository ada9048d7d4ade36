//! Statistics of simulation runs: summaries, paired comparison of two policies over common
//! seeds, survival, inequality, tail risk and designs of experiments.
//!
//! One definition each, named where the literature has several: quantiles are R's type 7, a
//! drawdown is a fraction of the running peak, the Gini index is that of the population.
//! Sums are taken in the order of the data and only `libm` is used beside `+ - * / sqrt`, so a
//! result has the same bits on every machine.
//!
//! Values are finite: a run that failed has to be given a value (its penalty) by the metric,
//! not left out here.

mod bootstrap;
mod draw;
mod drawdown;
mod holm;
mod inequality;
mod latin_hypercube;
mod normal;
mod paired;
mod quantile;
mod summary;
mod survival;
mod wilcoxon;

use std::fmt;

pub use bootstrap::{Bootstrap, Estimate};
pub use drawdown::{cdar, drawdowns, expected_shortfall, max_drawdown};
pub use holm::holm;
pub use inequality::{gini, nakamoto};
pub use latin_hypercube::latin_hypercube;
pub use normal::{normal_cdf, normal_quantile};
pub use paired::{compare, Better, Comparison};
pub use quantile::{expected_range, median, quantile};
pub use summary::Summary;
pub use survival::{KaplanMeier, Lifetime, SurvivalStep};
pub use wilcoxon::{signed_rank, SignedRank, SignedRankMethod};

/// Why a statistic has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatsError {
    /// Fewer values than the statistic needs.
    TooFew {
        /// How many there are.
        have: usize,
        /// How many it takes.
        need: usize,
    },
    /// The two samples of a paired comparison differ in length.
    Unpaired {
        /// Length of our sample.
        ours: usize,
        /// Length of the other.
        theirs: usize,
    },
    /// A value is NaN or infinite; its place, counted from 0.
    NotFinite(usize),
    /// A value is negative where none can be; its place, counted from 0.
    Negative(usize),
    /// A level or probability lies outside its range.
    BadLevel,
    /// A bootstrap of no resamples.
    NoResamples,
    /// The statistic has no finite value on this sample or on a resample of it, as a ratio
    /// has none over a mean of zero.
    Undefined,
}

impl fmt::Display for StatsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFew { have, need } => {
                write!(f, "{have} values where at least {need} are needed")
            }
            Self::Unpaired { ours, theirs } => {
                write!(f, "{ours} values cannot be paired with {theirs}")
            }
            Self::NotFinite(index) => write!(f, "value {index} is not a finite number"),
            Self::Negative(index) => write!(f, "value {index} is negative"),
            Self::BadLevel => f.write_str("the level is outside its range"),
            Self::NoResamples => f.write_str("a bootstrap needs at least one resample"),
            Self::Undefined => {
                f.write_str("the statistic has no finite value on the sample or a resample of it")
            }
        }
    }
}

impl std::error::Error for StatsError {}

/// Refuses fewer than `need` values, and values that are not finite.
fn check(values: &[f64], need: usize) -> Result<(), StatsError> {
    if values.len() < need {
        return Err(StatsError::TooFew {
            have: values.len(),
            need,
        });
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(StatsError::NotFinite(index)),
        None => Ok(()),
    }
}

/// Refuses negative values as well.
fn check_not_negative(values: &[f64], need: usize) -> Result<(), StatsError> {
    check(values, need)?;
    match values.iter().position(|value| *value < 0.0) {
        Some(index) => Err(StatsError::Negative(index)),
        None => Ok(()),
    }
}

/// The mean of at least one value, summed in order.
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
