//! Holm's correction for several tests.

/// Adjusted p values of a family of tests, in the order given: Holm (1979), "A simple
/// sequentially rejective multiple test procedure". The k-th smallest of m, counted from 1, times
/// (m - k + 1), at most 1 and no smaller than the one before. Rejecting what is at most α keeps
/// the chance of any false rejection at α, however the tests depend on each other.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut adjusted = vec![1.0; p.len()];
    let mut largest = 0.0_f64;
    for (rank, index) in order.into_iter().enumerate() {
        largest = largest.max(((p.len() - rank) as f64 * p[index]).min(1.0));
        adjusted[index] = largest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_textbook_family_of_four() {
        // Wikipedia, "Holm-Bonferroni method", example: at 0.05 only H4 and H1 are rejected.
        // R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") is 0.03 0.06 0.06 0.02.
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (found, expected) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((found - expected).abs() < 1e-15, "{adjusted:?}");
        }
    }

    #[test]
    fn adjusted_values_keep_the_order_and_end_at_one() {
        assert_eq!(holm(&[0.9, 0.2, 0.5]), [1.0, 0.6000000000000001, 1.0]);
        assert_eq!(holm(&[0.9, 0.8, 0.7]), [1.0, 1.0, 1.0]);
        assert_eq!(holm(&[0.04]), [0.04]);
        assert!(holm(&[]).is_empty());
    }
}
