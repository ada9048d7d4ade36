//! Latin hypercube designs.

use rand_core::Rng;

use super::draw::{below, stream};

/// `points` points in the unit cube of `dimensions`: in each dimension every one of the
/// `points` equal strata has exactly one point, at a random place in it; McKay, Beckman and
/// Conover (1979), "A comparison of three methods for selecting values of input variables". The
/// permutations of the dimensions are independent. The same seed gives the same design, and the
/// first dimensions do not depend on how many follow.
pub fn latin_hypercube(points: u32, dimensions: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut random = stream(seed, b"latin\0\0\0");
    let mut design = vec![Vec::with_capacity(dimensions); points as usize];
    let mut strata: Vec<u32> = (0..points).collect();
    for _ in 0..dimensions {
        // Fisher and Yates: any permutation is as likely, whichever it starts from.
        for last in (1..points).rev() {
            strata.swap(last as usize, below(&mut random, last + 1) as usize);
        }
        for (point, stratum) in design.iter_mut().zip(&strata) {
            // Of 32 bits, so that neither sum nor quotient can round into the next stratum.
            let within = f64::from(random.next_u32()) / 4_294_967_296.0;
            point.push((f64::from(*stratum) + within) / f64::from(points));
        }
    }
    design
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stratum_of_every_dimension_is_hit_once() {
        for (points, dimensions, seed) in [(256, 12, 0), (7, 3, 1), (1, 2, 2), (1_000, 2, 3)] {
            let design = latin_hypercube(points, dimensions, seed);
            assert_eq!(design.len(), points as usize);
            for dimension in 0..dimensions {
                let mut strata: Vec<u32> = design
                    .iter()
                    .map(|point| (point[dimension] * f64::from(points)) as u32)
                    .collect();
                strata.sort_unstable();
                let all: Vec<u32> = (0..points).collect();
                assert_eq!(strata, all, "seed {seed}, dimension {dimension}");
            }
        }
        assert!(latin_hypercube(0, 3, 0).is_empty());
    }

    #[test]
    fn the_seed_decides_and_dimensions_are_independent() {
        let design = latin_hypercube(256, 12, 5);
        assert_eq!(design, latin_hypercube(256, 12, 5));
        assert_ne!(design, latin_hypercube(256, 12, 6));
        let fewer = latin_hypercube(256, 2, 5);
        assert!(design
            .iter()
            .zip(&fewer)
            .all(|(all, two)| all[..2] == two[..]));
        // Correlation of two dimensions: zero but for chance, of which 4 / √256 is far more.
        for (a, b) in [(0, 1), (3, 7), (10, 11)] {
            let sum: f64 = design
                .iter()
                .map(|point| (point[a] - 0.5) * (point[b] - 0.5))
                .sum();
            let correlation = 12.0 * sum / 256.0;
            assert!(correlation.abs() < 0.25, "seed 5: {a}, {b}: {correlation}");
        }
    }

    #[test]
    fn a_smooth_mean_is_far_better_than_at_random() {
        // Given the mean of x² + y² over the square, 2/3, with 64 points a plain sample has the
        // standard error √(8/45 / 64) = 0.053; an additive function's is of order n^-1.5 here.
        let design = latin_hypercube(64, 2, 9);
        let sum: f64 = design.iter().map(|p| p[0] * p[0] + p[1] * p[1]).sum();
        assert!((sum / 64.0 - 2.0 / 3.0).abs() < 0.005, "seed 9: {sum}");
    }
}
