//! Random draws of the statistics: resamples and permutations.

use chacha20::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// The stream of one purpose: the key is the seed (8 bytes, little-endian), the purpose
/// (8 bytes) and zeros.
pub fn stream(seed: u64, purpose: &[u8; 8]) -> ChaCha8Rng {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    key[8..16].copy_from_slice(purpose);
    ChaCha8Rng::from_seed(key)
}

/// A uniform integer in [0, `bound`), without bias: multiply and reject, Lemire (2019),
/// "Fast random integer generation in an interval". `bound` is at least 1.
pub fn below(random: &mut ChaCha8Rng, bound: u32) -> u32 {
    loop {
        let product = u64::from(random.next_u32()) * u64::from(bound);
        let low = product as u32;
        // Of the 2^32 draws, the 2^32 mod bound with the smallest low part are one too many.
        if low >= bound || low >= bound.wrapping_neg() % bound {
            return (product >> 32) as u32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_below_the_bound_is_as_likely() {
        // Given 600,000 draws below 6 from seed 1, then chi-squared with 5 degrees of freedom
        // is below 20.5, its 99.9 % quantile.
        let mut random = stream(1, b"dice\0\0\0\0");
        let mut counts = [0_u32; 6];
        for _ in 0..600_000 {
            counts[below(&mut random, 6) as usize] += 1;
        }
        let chi_squared: f64 = counts
            .iter()
            .map(|count| (f64::from(*count) - 1e5) * (f64::from(*count) - 1e5) / 1e5)
            .sum();
        assert!(chi_squared < 20.5, "seed 1: {counts:?}, {chi_squared}");
    }

    #[test]
    fn a_bound_that_rejects_nearly_half_of_the_draws_has_no_bias() {
        // With bound 3 * 2^30 an unrejected multiply-shift gives every third value twice as
        // often as the others, so that a third of the residues would have half of the draws.
        let mut random = stream(2, b"dice\0\0\0\0");
        let mut counts = [0_u32; 3];
        for _ in 0..300_000 {
            counts[(below(&mut random, 3 << 30) % 3) as usize] += 1;
        }
        for count in counts {
            assert!((98_500..101_500).contains(&count), "seed 2: {counts:?}");
        }
    }

    #[test]
    fn purposes_and_seeds_have_streams_of_their_own() {
        let first = |seed, purpose| stream(seed, purpose).next_u32();
        assert_eq!(first(7, b"resample"), first(7, b"resample"));
        assert_ne!(first(7, b"resample"), first(8, b"resample"));
        assert_ne!(first(7, b"resample"), first(7, b"latin\0\0\0"));
    }
}
