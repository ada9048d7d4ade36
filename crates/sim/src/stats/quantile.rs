//! Quantiles: type 7 of Hyndman and Fan (1996), "Sample quantiles in statistical packages",
//! the default of R, S and NumPy. Linear between order statistics, with h = (n - 1) p.

use super::{check, StatsError};

/// The quantile of probability `p` of values in any order.
///
/// # Errors
///
/// No values, one that is not finite, or `p` outside [0, 1].
pub fn quantile(values: &[f64], p: f64) -> Result<f64, StatsError> {
    if !(0.0..=1.0).contains(&p) {
        return Err(StatsError::BadLevel);
    }
    check(values, 1)?;
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    Ok(quantile_of_sorted(&sorted, p))
}

/// The median: the quantile of 0.5.
///
/// # Errors
///
/// No values, or one that is not finite.
pub fn median(values: &[f64]) -> Result<f64, StatsError> {
    check(values, 1)?;
    Ok(median_reordering(&mut values.to_vec()))
}

/// The ends between which one more value of the same distribution lies with probability `level`:
/// the quantiles of (1 ± level) / 2 by type 6, h = (n + 1) p, which is without bias for that
/// (Hyndman and Fan 1996), and no further out than the smallest and the largest value.
///
/// # Errors
///
/// Fewer than two values, one that is not finite, or `level` outside [0, 1].
pub fn expected_range(values: &[f64], level: f64) -> Result<(f64, f64), StatsError> {
    if !(0.0..=1.0).contains(&level) {
        return Err(StatsError::BadLevel);
    }
    check(values, 2)?;
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let n = sorted.len() as f64;
    // The place of type 6 as a probability of type 7.
    let end = |p: f64| {
        let place = (((n + 1.0) * p - 1.0) / (n - 1.0)).clamp(0.0, 1.0);
        quantile_of_sorted(&sorted, place)
    };
    Ok((end((1.0 - level) / 2.0), end((1.0 + level) / 2.0)))
}

/// The quantile of at least one ascending value; `p` is in [0, 1].
pub(super) fn quantile_of_sorted(sorted: &[f64], p: f64) -> f64 {
    let last = sorted.len() - 1;
    let h = last as f64 * p;
    let below = (h as usize).min(last);
    let above = (below + 1).min(last);
    sorted[below] + (h - below as f64) * (sorted[above] - sorted[below])
}

/// The median of at least one value, without sorting all of them; their order is lost.
pub(super) fn median_reordering(values: &mut [f64]) -> f64 {
    let odd = values.len() % 2 == 1;
    let (below, upper, _) = values.select_nth_unstable_by(values.len() / 2, f64::total_cmp);
    let upper = *upper;
    if odd {
        return upper;
    }
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    lower + 0.5 * (upper - lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quantiles_are_those_of_r_type_7() {
        // R: quantile(c(1, 3, 4, 8, 20), c(0, .1, .25, .5, .9, 1)), its default type.
        let values = [20.0, 1.0, 8.0, 3.0, 4.0];
        for (p, expected) in [
            (0.0, 1.0),
            (0.1, 1.8),
            (0.25, 3.0),
            (0.5, 4.0),
            (0.9, 15.2),
            (1.0, 20.0),
        ] {
            let found = quantile(&values, p).unwrap();
            assert!((found - expected).abs() < 1e-14, "{p}: {found}");
        }
    }

    #[test]
    fn the_median_is_the_quantile_of_one_half() {
        for values in [
            vec![5.0],
            vec![5.0, -1.0],
            vec![3.0, 1.0, 2.0],
            vec![2.0, 2.0, 9.0, -7.0, 4.0, 4.5],
            vec![0.0; 8],
        ] {
            assert_eq!(median(&values), quantile(&values, 0.5), "{values:?}");
        }
        assert_eq!(median(&[1.0, 2.0, 4.0, 9.0]), Ok(3.0));
    }

    #[test]
    fn what_has_no_quantile_is_refused() {
        assert_eq!(
            quantile(&[], 0.5),
            Err(StatsError::TooFew { have: 0, need: 1 })
        );
        assert_eq!(median(&[0.0, f64::NAN]), Err(StatsError::NotFinite(1)));
        assert_eq!(quantile(&[1.0], 1.5), Err(StatsError::BadLevel));
        assert_eq!(quantile(&[1.0], f64::NAN), Err(StatsError::BadLevel));
    }

    #[test]
    fn a_range_is_that_of_r_type_6() {
        // R: quantile(c(1, 3, 4, 8, 20), c(.25, .75), type = 6) is 2 and 14.
        let values = [20.0, 1.0, 8.0, 3.0, 4.0];
        assert_eq!(expected_range(&values, 0.5), Ok((2.0, 14.0)));
        assert_eq!(expected_range(&values, 0.99), Ok((1.0, 20.0)));
        assert_eq!(expected_range(&values, 1.5), Err(StatsError::BadLevel));
        let few = StatsError::TooFew { have: 1, need: 2 };
        assert_eq!(expected_range(&[1.0], 0.5), Err(few));
    }
}
