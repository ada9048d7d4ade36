//! Two policies over common seeds.

use serde::Serialize;

use super::quantile::median_reordering;
use super::{check, signed_rank, Bootstrap, Estimate, SignedRank, StatsError};

/// Which way a metric is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Less is better: volatility, drawdown, ITAE.
    Less,
    /// More is better: retention, capital efficiency.
    More,
    /// Neither: the figure describes, and nobody wins.
    Neither,
}

/// One metric of two policies, paired by seed. Differences are ours minus theirs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Number of seeds.
    pub n: usize,
    /// Median difference with its BCa interval.
    pub median: Estimate,
    /// Mean of ours over mean of theirs, with its BCa interval; `None` where that has no finite
    /// value, because theirs is zero on average in the sample or a resample.
    pub ratio: Option<Estimate>,
    /// The signed-rank test; correct its p over the family with [`super::holm`].
    pub test: SignedRank,
    /// Seeds on which ours is strictly better.
    pub wins: usize,
    /// Seeds on which both are equal.
    pub ties: usize,
    /// `wins` over all seeds.
    pub win_rate: f64,
    /// Binomial standard error of the win rate: √(w (1 - w) / n).
    pub win_rate_standard_error: f64,
}

/// Compares a metric of two policies; the values at one index come from one seed.
///
/// # Errors
///
/// Samples of different lengths or of fewer than two seeds, a value that is not finite, or what
/// [`Bootstrap::bca`] refuses.
pub fn compare(
    ours: &[f64],
    theirs: &[f64],
    better: Better,
    bootstrap: &Bootstrap,
) -> Result<Comparison, StatsError> {
    if ours.len() != theirs.len() {
        return Err(StatsError::Unpaired {
            ours: ours.len(),
            theirs: theirs.len(),
        });
    }
    check(ours, 2)?;
    check(theirs, 2)?;
    let pairs: Vec<(f64, f64)> = ours.iter().copied().zip(theirs.iter().copied()).collect();
    let differences: Vec<f64> = pairs.iter().map(|(ours, theirs)| ours - theirs).collect();

    let median = bootstrap.bca(&differences, median_reordering)?;
    let ratio = match bootstrap.bca(&pairs, |pairs| ratio_of_means(pairs)) {
        Ok(ratio) => Some(ratio),
        Err(StatsError::Undefined) => None,
        Err(error) => return Err(error),
    };

    let n = differences.len();
    let wins = differences
        .iter()
        .filter(|difference| match better {
            Better::Less => **difference < 0.0,
            Better::More => **difference > 0.0,
            Better::Neither => false,
        })
        .count();
    let win_rate = wins as f64 / n as f64;
    Ok(Comparison {
        n,
        median,
        ratio,
        test: signed_rank(&differences)?,
        wins,
        ties: differences.iter().filter(|d| **d == 0.0).count(),
        win_rate,
        win_rate_standard_error: libm::sqrt(win_rate * (1.0 - win_rate) / n as f64),
    })
}

/// Mean of the first over mean of the second; not finite where that is zero.
fn ratio_of_means(pairs: &[(f64, f64)]) -> f64 {
    let (mut ours, mut theirs) = (0.0, 0.0);
    for pair in pairs {
        ours += pair.0;
        theirs += pair.1;
    }
    ours / theirs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quick() -> Bootstrap {
        Bootstrap {
            resamples: 2_000,
            ..Bootstrap::default()
        }
    }

    #[test]
    fn a_policy_that_halves_the_metric_on_every_seed() {
        // Given 16 seeds of which ours has exactly half of theirs
        let theirs: Vec<f64> = (1..=16).map(f64::from).collect();
        let ours: Vec<f64> = theirs.iter().map(|value| value / 2.0).collect();
        // when they are compared
        let result = compare(&ours, &theirs, Better::Less, &quick()).unwrap();
        // then it wins everywhere, the ratio is certain, and the median has an interval.
        assert_eq!((result.n, result.wins, result.ties), (16, 16, 0));
        assert_eq!(
            (result.win_rate, result.win_rate_standard_error),
            (1.0, 0.0)
        );
        assert_eq!(result.median.value, -4.25);
        assert!(result.median.low < -4.25 && result.median.high > -4.25);
        assert!(result.median.excludes(0.0));
        let ratio = result.ratio.unwrap();
        assert!(ratio.degenerate);
        assert_eq!(ratio.value, 0.5);
        // All 16 signs alike: 2 / 2^16.
        assert_eq!(result.test.p, 2.0 / 65_536.0);
    }

    #[test]
    fn the_direction_decides_who_wins() {
        let ours = [1.0, 2.0, 3.0, 4.0];
        let theirs = [1.0, 3.0, 4.0, 3.0];
        let lower = compare(&ours, &theirs, Better::Less, &quick()).unwrap();
        let higher = compare(&ours, &theirs, Better::More, &quick()).unwrap();
        assert_eq!((lower.wins, lower.ties), (2, 1));
        assert_eq!((higher.wins, higher.ties), (1, 1));
        assert_eq!(higher.win_rate, 0.25);
        assert!((higher.win_rate_standard_error - libm::sqrt(3.0 / 64.0)).abs() < 1e-15);
        assert_eq!(lower.median, higher.median);
    }

    #[test]
    fn equal_policies_do_not_differ() {
        let values = [0.5, 0.7, 0.1];
        let result = compare(&values, &values, Better::Less, &quick()).unwrap();
        assert!(result.median.degenerate);
        assert_eq!(
            (result.median.value, result.ties, result.test.p),
            (0.0, 3, 1.0)
        );
    }

    #[test]
    fn a_mean_of_zero_has_no_ratio() {
        let result = compare(&[1.0, 2.0], &[0.0, 0.0], Better::Less, &quick()).unwrap();
        assert_eq!(result.ratio, None);
        // Nor has one that is zero only in some resamples.
        let result = compare(&[1.0, 2.0], &[0.0, 3.0], Better::Less, &quick()).unwrap();
        assert_eq!(result.ratio, None);
    }

    #[test]
    fn what_cannot_be_paired_is_refused() {
        let error = |ours: &[f64], theirs: &[f64]| {
            compare(ours, theirs, Better::Less, &quick()).unwrap_err()
        };
        assert_eq!(
            error(&[1.0, 2.0], &[1.0]),
            StatsError::Unpaired { ours: 2, theirs: 1 }
        );
        assert_eq!(
            error(&[1.0], &[1.0]),
            StatsError::TooFew { have: 1, need: 2 }
        );
        assert_eq!(
            error(&[1.0, 2.0], &[1.0, f64::NAN]),
            StatsError::NotFinite(1)
        );
    }
}
