//! Drawdowns and the mean of the worst of them.

use super::{check, check_not_negative, StatsError};

/// For every point of a path, how far it is below the highest point so far, as a fraction of
/// that: 0 at a peak, 1 at zero. 0 as long as the path has only been zero.
///
/// # Errors
///
/// No points, one that is not finite, or a negative one.
pub fn drawdowns(path: &[f64]) -> Result<Vec<f64>, StatsError> {
    check_not_negative(path, 1)?;
    let mut peak = 0.0_f64;
    Ok(path
        .iter()
        .map(|value| {
            peak = peak.max(*value);
            if peak > 0.0 {
                1.0 - value / peak
            } else {
                0.0
            }
        })
        .collect())
}

/// The deepest fall from a peak to a later trough, as a fraction of the peak, 0 to 1.
///
/// # Errors
///
/// As [`drawdowns`].
pub fn max_drawdown(path: &[f64]) -> Result<f64, StatsError> {
    Ok(drawdowns(path)?.into_iter().fold(0.0, f64::max))
}

/// The mean of the largest (1 - `level`) n of n values, where the value on the edge counts with
/// the fraction that is needed: CVaR of equally likely outcomes, Rockafellar and Uryasev (2002),
/// "Conditional value-at-risk for general loss distributions", equation 22. Values are losses:
/// larger is worse. Over the largest drawdown of each seed it is that metric's CDaR.
///
/// # Errors
///
/// No values, one that is not finite, or `level` outside [0, 1).
pub fn expected_shortfall(losses: &[f64], level: f64) -> Result<f64, StatsError> {
    if !(0.0..1.0).contains(&level) {
        return Err(StatsError::BadLevel);
    }
    check(losses, 1)?;
    let mut sorted = losses.to_vec();
    sorted.sort_unstable_by(|a, b| b.total_cmp(a));
    let tail = (1.0 - level) * sorted.len() as f64;
    let (mut left, mut sum) = (tail, 0.0);
    for loss in sorted {
        let weight = left.min(1.0);
        sum += weight * loss;
        left -= weight;
        if left <= 0.0 {
            break;
        }
    }
    Ok(sum / tail)
}

/// Conditional drawdown at risk: [`expected_shortfall`] of the drawdowns at all times of all
/// paths, each as likely; Chekhlov, Uryasev and Zabarankin (2005), "Drawdown measure in portfolio
/// optimization", for several sample paths. `level` 0.95 is CDaR95; 0 is the mean drawdown.
///
/// # Errors
///
/// No paths, what [`drawdowns`] refuses, or `level` outside [0, 1).
pub fn cdar(paths: &[&[f64]], level: f64) -> Result<f64, StatsError> {
    let mut all = Vec::new();
    for path in paths {
        all.extend(drawdowns(path)?);
    }
    expected_shortfall(&all, level)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::quantile::quantile_of_sorted;

    #[test]
    fn a_path_falls_from_its_running_peak() {
        let path = [0.0, 100.0, 80.0, 120.0, 60.0, 90.0, 150.0, 0.0];
        let falls = drawdowns(&path).unwrap();
        let expected = [0.0, 0.0, 0.2, 0.0, 0.5, 0.25, 0.0, 1.0];
        for (found, expected) in falls.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-15, "{falls:?}");
        }
        assert_eq!(max_drawdown(&path[..6]), Ok(0.5));
        assert_eq!(max_drawdown(&[1.0, 2.0, 3.0]), Ok(0.0));
        assert_eq!(max_drawdown(&[1.0, -2.0]), Err(StatsError::Negative(1)));
    }

    #[test]
    fn the_value_on_the_edge_counts_in_part() {
        // 0.75 of ten values leaves 2.5 of them: (10 + 9 + 8 / 2) / 2.5 = 9.2.
        let losses: Vec<f64> = (1..=10).map(f64::from).collect();
        assert!((expected_shortfall(&losses, 0.75).unwrap() - 9.2).abs() < 1e-14);
        assert!((expected_shortfall(&losses, 0.0).unwrap() - 5.5).abs() < 1e-14);
        assert_eq!(expected_shortfall(&losses, 0.99), Ok(10.0));
        assert_eq!(expected_shortfall(&losses, 1.0), Err(StatsError::BadLevel));
    }

    #[test]
    fn it_minimises_the_formula_of_rockafellar_and_uryasev() {
        // CVaR is the least z + Σ max(loss - z, 0) / ((1 - level) n) over z; the minimum is at
        // one of the losses. A second way to the same number.
        let losses = [0.3_f64, 0.1, 0.9, 0.4, 0.4, 0.7, 0.2, 0.05, 0.6, 0.15, 0.8];
        for level in [0.0, 0.2, 0.5, 0.77, 0.9, 0.95] {
            let least = losses
                .iter()
                .map(|z| {
                    let excess: f64 = losses.iter().map(|loss| (loss - z).max(0.0)).sum();
                    z + excess / ((1.0 - level) * losses.len() as f64)
                })
                .fold(f64::INFINITY, f64::min);
            let found = expected_shortfall(&losses, level).unwrap();
            assert!((found - least).abs() < 1e-14, "{level}: {found}, {least}");
        }
    }

    #[test]
    fn cdar_lies_between_its_quantile_and_the_deepest_fall() {
        let up = [1.0, 2.0, 1.5, 3.0];
        let down = [4.0, 3.0, 2.0, 1.0];
        let found = cdar(&[&up, &down], 0.75).unwrap();
        // The eight drawdowns are 0 0 0.25 0 and 0 0.25 0.5 0.75: the worst two.
        assert!((found - 0.625).abs() < 1e-15);
        let mut all = [0.0, 0.0, 0.25, 0.0, 0.0, 0.25, 0.5, 0.75];
        all.sort_unstable_by(f64::total_cmp);
        assert!(quantile_of_sorted(&all, 0.75) <= found && found <= 0.75);
        assert_eq!(
            cdar(&[], 0.95),
            Err(StatsError::TooFew { have: 0, need: 1 })
        );
    }
}
