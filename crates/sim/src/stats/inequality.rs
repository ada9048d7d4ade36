//! How unequally an amount is held.
//!
//! Integer amounts and integer sums: only the last division of the Gini index rounds.

/// The Gini index of holdings in base units, 0 (all equal) to (n - 1) / n (one holds all): the
/// population's, half the relative mean absolute difference. From ranks i = 1..n of the ascending
/// amounts, G = Σ (2 i - n - 1) x_i / (n Σ x). `None` where nothing is held. Sorts the holdings.
pub fn gini(holdings: &mut [u64]) -> Option<f64> {
    holdings.sort_unstable();
    let n = holdings.len() as i128;
    // |2 i - n - 1| < n, so for fewer than 2^31 holders no sum reaches 2^126.
    let (mut total, mut weighted) = (0_i128, 0_i128);
    for (index, amount) in holdings.iter().enumerate() {
        let rank = index as i128 + 1;
        total += i128::from(*amount);
        weighted += (2 * rank - n - 1) * i128::from(*amount);
    }
    (total > 0).then(|| weighted as f64 / (n * total) as f64)
}

/// The Nakamoto number: how many of the largest holders it takes to have more than the share
/// `numerator` / `denominator` of the whole together; Srinivasan and Lee (2017), "Quantifying
/// decentralization", who take 51 %. `None` where nothing is held, or where the share is 1 or
/// more, which nobody can exceed. Sorts the holdings.
pub fn nakamoto(holdings: &mut [u64], numerator: u32, denominator: u32) -> Option<usize> {
    holdings.sort_unstable();
    let total: u128 = holdings.iter().map(|amount| u128::from(*amount)).sum();
    let needed = total * u128::from(numerator);
    let mut held = 0_u128;
    holdings
        .iter()
        .rev()
        .position(|amount| {
            held += u128::from(*amount);
            held * u128::from(denominator) > needed
        })
        .map(|index| index + 1)
}

#[cfg(test)]
mod tests {
    use rand_core::Rng;

    use super::super::draw::stream;
    use super::*;

    #[test]
    fn the_gini_index_is_that_of_published_examples() {
        // R package phylotools, help page of `gini`: 0.3076923. R packages ineq and acid, help
        // pages of `Gini`: the incomes of which both show the Lorenz curve; 0.4620911.
        let known = [
            (vec![1, 3, 2, 1, 1, 1, 4], 0.307_692_3),
            (
                vec![541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261],
                0.462_091_1,
            ),
        ];
        for (mut holdings, expected) in known {
            let found = gini(&mut holdings).unwrap();
            assert!((found - expected).abs() < 5e-8, "{holdings:?}: {found}");
        }
    }

    #[test]
    fn the_gini_index_is_half_the_relative_mean_difference() {
        let mut random = stream(3, b"gini\0\0\0\0");
        for _ in 0..50 {
            let mut holdings: Vec<u64> = (0..40)
                .map(|_| u64::from(random.next_u32()) >> (random.next_u32() % 32))
                .collect();
            let n = holdings.len() as f64;
            let mean = holdings.iter().map(|x| *x as f64).sum::<f64>() / n;
            let difference: f64 = holdings
                .iter()
                .flat_map(|a| holdings.iter().map(|b| a.abs_diff(*b) as f64))
                .sum::<f64>()
                / (n * n);
            let found = gini(&mut holdings).unwrap();
            assert!(
                (found - difference / (2.0 * mean)).abs() < 1e-12,
                "seed 3: {holdings:?}: {found}"
            );
        }
    }

    #[test]
    fn extremes_and_emptiness() {
        assert_eq!(gini(&mut [5; 9]), Some(0.0));
        assert_eq!(gini(&mut [0, 0, 0, u64::MAX]), Some(0.75));
        assert_eq!(gini(&mut [u64::MAX; 100]), Some(0.0));
        assert_eq!(gini(&mut []), None);
        assert_eq!(gini(&mut [0, 0]), None);
        assert_eq!(nakamoto(&mut [], 1, 2), None);
        assert_eq!(nakamoto(&mut [0], 1, 2), None);
        assert_eq!(nakamoto(&mut [1, 2], 1, 1), None);
    }

    #[test]
    fn the_nakamoto_number_needs_more_than_the_share() {
        // Given 50 of 100 with the largest, then one holder has not more than a half.
        let mut holdings = [50, 10, 25, 15];
        assert_eq!(nakamoto(&mut holdings, 1, 2), Some(2));
        assert_eq!(nakamoto(&mut holdings, 49, 100), Some(1));
        assert_eq!(nakamoto(&mut holdings, 1, 3), Some(1));
        assert_eq!(nakamoto(&mut holdings, 9, 10), Some(4));
        // Equal holders: more than a third of 9 is 4, more than a third of 10 is 4 as well.
        assert_eq!(nakamoto(&mut [7; 9], 1, 3), Some(4));
        assert_eq!(nakamoto(&mut [7; 10], 1, 3), Some(4));
        assert_eq!(nakamoto(&mut [u64::MAX; 3], 1, 2), Some(2));
    }
}
