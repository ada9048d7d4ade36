//! Wilcoxon's signed-rank test.

use std::f64::consts::SQRT_2;

use serde::Serialize;

use super::{check, StatsError};

/// How the p value was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SignedRankMethod {
    /// From the distribution of the rank sum over all 2^n signs.
    Exact,
    /// From the normal distribution, corrected for ties and continuity.
    Normal,
    /// All differences are zero: p is 1 by definition.
    NoDifference,
}

/// The outcome of the test that differences are symmetric about zero; two-sided.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SignedRank {
    /// Differences other than zero, which are those ranked.
    pub n: usize,
    /// Differences of zero, left out as Wilcoxon (1945) does.
    pub zeros: usize,
    /// Sum of the ranks of positive differences; equal |differences| share their mean rank.
    pub positive: f64,
    /// Sum of the ranks of negative differences.
    pub negative: f64,
    /// Two-sided p value.
    pub p: f64,
    /// How `p` was found.
    pub method: SignedRankMethod,
}

/// Most differences for which the exact distribution is used, as in SciPy.
const LARGEST_EXACT: usize = 50;

/// Tests whether paired differences are symmetric about zero: Wilcoxon (1945), "Individual
/// comparisons by ranking methods". Exact for at most 50 differences without zeros or ties;
/// otherwise by the normal approximation, with Σ (t³ - t) / 48 off the variance for groups of t
/// ties and 1/2 off the distance from the mean: what R's `wilcox.test` computes.
///
/// # Errors
///
/// No differences, or one that is not finite.
pub fn signed_rank(differences: &[f64]) -> Result<SignedRank, StatsError> {
    check(differences, 1)?;
    let mut ranked: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
    ranked.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
    let n = ranked.len();

    let (mut positive, mut negative, mut ties, mut before) = (0.0, 0.0, 0.0, 0);
    for same in ranked.chunk_by(|a, b| a.abs() == b.abs()) {
        let t = same.len();
        // The mean of the ranks before + 1 to before + t.
        let rank = before as f64 + (t as f64 + 1.0) / 2.0;
        let positives = same.iter().filter(|d| **d > 0.0).count();
        positive += rank * positives as f64;
        negative += rank * (t - positives) as f64;
        ties += (t * t * t - t) as f64;
        before += t;
    }

    let zeros = differences.len() - n;
    let (p, method) = if n == 0 {
        (1.0, SignedRankMethod::NoDifference)
    } else if n <= LARGEST_EXACT && zeros == 0 && ties == 0.0 {
        (exact(n, positive.min(negative)), SignedRankMethod::Exact)
    } else {
        (normal(n, positive, ties), SignedRankMethod::Normal)
    };
    Ok(SignedRank {
        n,
        zeros,
        positive,
        negative,
        p,
        method,
    })
}

/// Twice the probability that the ranks 1 to n, each with an even chance, sum up to no more
/// than `smaller`; at most 1. `smaller` is a whole number, as there are no ties.
fn exact(n: usize, smaller: f64) -> f64 {
    let smaller = smaller as usize;
    // How many of the 2^n choices have each sum up to `smaller`: whole numbers below 2^53.
    let mut ways = vec![0.0; smaller + 1];
    ways[0] = 1.0;
    for rank in 1..=n.min(smaller) {
        for sum in (rank..=smaller).rev() {
            ways[sum] += ways[sum - rank];
        }
    }
    let choices = (1_u64 << n) as f64;
    (2.0 * ways.iter().sum::<f64>() / choices).min(1.0)
}

/// The normal approximation to the two-sided p value.
fn normal(n: usize, positive: f64, ties: f64) -> f64 {
    let n = n as f64;
    let mean = n * (n + 1.0) / 4.0;
    let variance = n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - ties / 48.0;
    let distance = ((positive - mean).abs() - 0.5).max(0.0);
    libm::erfc(distance / libm::sqrt(variance) / SQRT_2)
}

#[cfg(test)]
mod tests {
    use rand_core::Rng;

    use super::super::draw::stream;
    use super::*;

    #[test]
    fn the_depression_scores_of_rs_help_page() {
        // R, ?wilcox.test, from Hollander and Wolfe (1973), pages 29 to 33: V = 40, one-sided
        // p = 0.01953.
        // In thousandths, so that the differences are exact.
        let before = [1830, 500, 1620, 2480, 1680, 1880, 1550, 3060, 1300];
        let after = [878, 647, 598, 2050, 1060, 1290, 1060, 3140, 1290];
        let differences: Vec<f64> = before
            .iter()
            .zip(after)
            .map(|(x, y)| f64::from(x - y))
            .collect();
        let test = signed_rank(&differences).unwrap();
        assert_eq!((test.positive, test.negative), (40.0, 5.0));
        assert_eq!(test.p, 2.0 * 0.019_531_25);
        assert_eq!(test.method, SignedRankMethod::Exact);
    }

    #[test]
    fn darwins_maize_of_scipys_documentation() {
        // SciPy, scipy.stats.wilcoxon, examples: statistic 24, p 0.041259765625.
        let test = signed_rank(&[
            6.0, 8.0, 14.0, 16.0, 23.0, 24.0, 28.0, 29.0, 41.0, -48.0, 49.0, 56.0, 60.0, -67.0,
            75.0,
        ])
        .unwrap();
        assert_eq!(test.negative, 24.0);
        assert_eq!(test.p, 0.041_259_765_625);
    }

    #[test]
    fn ties_and_zeros_take_the_corrected_normal_distribution() {
        // SciPy's own test data, checked with SciPy 1.17 (method "asymptotic", correction on):
        // the integers -4 to 4 so many times; W = 327, p = 0.0065156482445998315.
        let counts = [1, 4, 16, 15, 8, 4, 5, 1, 2];
        let differences: Vec<f64> = (-4_i32..=4)
            .zip(counts)
            .flat_map(|(value, count)| vec![f64::from(value); count])
            .collect();
        let test = signed_rank(&differences).unwrap();
        assert_eq!((test.n, test.zeros), (48, 8));
        assert_eq!(test.positive.min(test.negative), 327.0);
        assert!((test.p - 0.006_515_648_244_599_831_5).abs() < 1e-15);
        assert_eq!(test.method, SignedRankMethod::Normal);
    }

    #[test]
    fn one_tie_or_zero_is_enough_to_leave_the_exact_distribution() {
        // SciPy 1.17, method "asymptotic", correction on.
        for (differences, p) in [
            (
                [1.0, 1.0, 2.0, 3.0, -4.0, 5.0, 6.0],
                0.150_055_695_297_694_36,
            ),
            (
                [0.0, 1.0, 2.0, 3.0, -4.0, 5.0, 6.0],
                0.208_412_803_684_148_6,
            ),
        ] {
            let test = signed_rank(&differences).unwrap();
            assert_eq!(test.method, SignedRankMethod::Normal);
            assert!((test.p - p).abs() < 1e-14, "{differences:?}: {test:?}");
        }
    }

    #[test]
    fn the_correction_for_continuity_is_rs() {
        // R: wilcox.test(x, y, paired = TRUE, exact = FALSE, correct = TRUE), p = 0.7240817.
        let differences: [f64; 12] = [
            -13.0, -29.0, 62.0, -1.0, 68.0, -53.0, -77.0, 78.0, 17.0, -8.0, -15.0, -75.0,
        ];
        assert_eq!(signed_rank(&differences).unwrap().positive, 34.0);
        assert!((normal(12, 34.0, 0.0) - 0.724_081_7).abs() < 5e-8);
    }

    #[test]
    fn the_exact_p_value_counts_all_signs() {
        let mut random = stream(4, b"signs\0\0\0");
        for n in 1..=11_usize {
            let differences: Vec<f64> = (1..=n)
                .map(|rank| {
                    let sign = if random.next_u32().is_multiple_of(2) {
                        1.0
                    } else {
                        -1.0
                    };
                    sign * rank as f64
                })
                .collect();
            let test = signed_rank(&differences).unwrap();
            let centre = (n * (n + 1)) as f64 / 4.0;
            let extreme = (0..1_u32 << n)
                .filter(|signs| {
                    let sum: f64 = (0..n)
                        .filter(|rank| signs >> rank & 1 == 1)
                        .map(|rank| rank as f64 + 1.0)
                        .sum();
                    (sum - centre).abs() >= (test.positive - centre).abs()
                })
                .count();
            assert_eq!(
                test.p,
                extreme as f64 / f64::from(1_u32 << n),
                "seed 4: {differences:?}"
            );
        }
    }

    #[test]
    fn both_ways_agree_where_they_meet() {
        // 50 differences without ties: exact, and the approximation, which is good by then.
        let differences: Vec<f64> = (1..=50)
            .map(|i: i32| f64::from(if i % 3 == 0 { -i } else { i }))
            .collect();
        let test = signed_rank(&differences).unwrap();
        assert_eq!(test.method, SignedRankMethod::Exact);
        let approximate = normal(50, test.positive, 0.0);
        assert!(
            (test.p - approximate).abs() < 2e-3,
            "{} {approximate}",
            test.p
        );
        // One more, and no power of two above 2^50 is needed.
        let more: Vec<f64> = differences.into_iter().chain([51.0]).collect();
        assert_eq!(signed_rank(&more).unwrap().method, SignedRankMethod::Normal);
    }

    #[test]
    fn no_difference_is_said() {
        let test = signed_rank(&[0.0; 8]).unwrap();
        assert_eq!((test.n, test.zeros, test.p), (0, 8, 1.0));
        assert_eq!(test.method, SignedRankMethod::NoDifference);
        // Equal rank sums are a draw, p = 1: with ties, and exactly, where both tails have the
        // middle.
        assert_eq!(signed_rank(&[1.0, -1.0]).unwrap().p, 1.0);
        assert_eq!(signed_rank(&[1.0, 2.0, -3.0]).unwrap().p, 1.0);
        assert_eq!(
            signed_rank(&[]),
            Err(StatsError::TooFew { have: 0, need: 1 })
        );
        assert_eq!(signed_rank(&[f64::NAN]), Err(StatsError::NotFinite(0)));
    }
}
