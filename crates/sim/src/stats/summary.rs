//! A sample in a few numbers.

use serde::Serialize;

use super::quantile::quantile_of_sorted;
use super::{check, mean, StatsError};

/// Location and spread of a metric over seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Summary {
    /// Number of values.
    pub n: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Monte-Carlo standard error of the mean: standard deviation / √n.
    pub standard_error: f64,
    /// Sample standard deviation, with n - 1.
    pub standard_deviation: f64,
    /// Smallest value.
    pub min: f64,
    /// Quantile of 0.05 (type 7).
    pub q05: f64,
    /// Median.
    pub median: f64,
    /// Quantile of 0.95 (type 7).
    pub q95: f64,
    /// Largest value.
    pub max: f64,
}

impl Summary {
    /// Summarises at least two values. Two passes: the deviations are taken from the mean, and
    /// what rounding leaves of their sum corrects the variance (Chan, Golub and LeVeque 1983,
    /// "Algorithms for computing the sample variance").
    ///
    /// # Errors
    ///
    /// Fewer than two values, or one that is not finite.
    pub fn of(values: &[f64]) -> Result<Self, StatsError> {
        check(values, 2)?;
        let n = values.len() as f64;
        let first = mean(values);
        let (mut sum, mut squares) = (0.0, 0.0);
        for value in values {
            let deviation = value - first;
            sum += deviation;
            squares += deviation * deviation;
        }
        // Rounding cannot make it negative: by Cauchy-Schwarz sum² / n is at most squares,
        // and nearly zero unless they are too.
        let variance = ((squares - sum * sum / n) / (n - 1.0)).max(0.0);
        let standard_deviation = libm::sqrt(variance);
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        Ok(Self {
            n: values.len(),
            mean: first + sum / n,
            standard_error: standard_deviation / libm::sqrt(n),
            standard_deviation,
            min: sorted[0],
            q05: quantile_of_sorted(&sorted, 0.05),
            median: quantile_of_sorted(&sorted, 0.5),
            q95: quantile_of_sorted(&sorted, 0.95),
            max: sorted[sorted.len() - 1],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nist_reference_data_are_met() {
        // NIST Statistical Reference Datasets, univariate: NumAcc3 and NumAcc4 (average and
        // higher difficulty): 1001 values around 10^6 and 10^7, standard deviation exactly 0.1.
        for (level, digits) in [(1_000_000.2, 1e-9), (10_000_000.2, 1e-8)] {
            let values: Vec<f64> = std::iter::once(level)
                .chain((0..1_000).map(|i| if i % 2 == 0 { level - 0.1 } else { level + 0.1 }))
                .collect();
            let summary = Summary::of(&values).unwrap();
            assert!((summary.mean - level).abs() < 1e-8, "{summary:?}");
            assert!(
                (summary.standard_deviation - 0.1).abs() < digits,
                "{summary:?}"
            );
        }
    }

    #[test]
    fn a_small_sample_by_hand() {
        // R: x <- c(2, 4, 4, 4, 5, 5, 7, 9); mean 5, sd sqrt(32/7), quantiles 2.7 and 8.3.
        let summary = Summary::of(&[9.0, 2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0]).unwrap();
        assert_eq!((summary.n, summary.mean, summary.median), (8, 5.0, 4.5));
        assert_eq!((summary.min, summary.max), (2.0, 9.0));
        assert!((summary.standard_deviation - libm::sqrt(32.0 / 7.0)).abs() < 1e-15);
        assert!((summary.standard_error - libm::sqrt(32.0 / 7.0 / 8.0)).abs() < 1e-15);
        assert!((summary.q05 - 2.7).abs() < 1e-14);
        assert!((summary.q95 - 8.3).abs() < 1e-14);
    }

    #[test]
    fn equal_values_have_no_spread() {
        let summary = Summary::of(&[0.1; 10]).unwrap();
        assert_eq!(summary.standard_deviation, 0.0);
        assert_eq!(summary.mean, 0.1);
    }

    #[test]
    fn one_value_has_no_standard_error() {
        assert_eq!(
            Summary::of(&[1.0]),
            Err(StatsError::TooFew { have: 1, need: 2 })
        );
        assert_eq!(
            Summary::of(&[1.0, f64::INFINITY]),
            Err(StatsError::NotFinite(1))
        );
    }
}
