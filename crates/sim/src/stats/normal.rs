//! The standard normal distribution.
//!
//! Not from the crate `statrs`: its `erfc` and inverse call the platform's `exp` and `ln`, whose
//! last bit differs between machines.

use std::f64::consts::SQRT_2;

/// Φ(z), the probability of a value up to z, from `libm`'s complementary error function
/// (relative error below 1e-15 in the lower tail too).
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z / SQRT_2)
}

/// Φ⁻¹(p), the z with Φ(z) = p: bisection of [`normal_cdf`] until no number lies between the
/// ends, so it is as good as that function. -∞ at 0, ∞ at 1, NaN outside [0, 1].
pub fn normal_quantile(p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p == 0.0 {
        return f64::NEG_INFINITY;
    }
    if p == 0.5 {
        return 0.0;
    }
    // The lower tail has the finer numbers; the upper one is its mirror image.
    if p > 0.5 {
        return -normal_quantile(1.0 - p);
    }
    // Φ(-39) is 0 in double precision.
    let (mut low, mut high) = (-39.0, 0.0);
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return high;
        }
        if normal_cdf(middle) < p {
            low = middle;
        } else {
            high = middle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quantiles_are_those_of_the_published_table() {
        // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.1, and Wichura (1988),
        // Algorithm AS 241, whose paper gives these three to 16 digits.
        for (p, z) in [
            (0.25, -0.674_489_750_196_081_7),
            (0.001, -3.090_232_306_167_814),
            (1e-20, -9.262_340_089_798_408),
            (0.975, 1.959_963_984_540_054),
        ] {
            let found = normal_quantile(p);
            assert!((found - z).abs() < 4e-15 * z.abs(), "{p}: {found} for {z}");
        }
        assert_eq!(normal_quantile(0.5), 0.0);
        assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
        assert_eq!(normal_quantile(1.0), f64::INFINITY);
        assert!(normal_quantile(1.1).is_nan());
        assert!(normal_quantile(f64::NAN).is_nan());
    }

    #[test]
    fn the_cdf_is_the_integral_of_the_density() {
        // Simpson's rule with 2,000 intervals from 0: a second way to the same number.
        let density = |z: f64| libm::exp(-0.5 * z * z) / libm::sqrt(2.0 * std::f64::consts::PI);
        for z in [0.1, 1.0, 1.96, 3.0] {
            let step = z / 2_000.0;
            let area: f64 = (0..=2_000)
                .map(|i| {
                    let weight = match i {
                        0 | 2_000 => 1.0,
                        i if i % 2 == 1 => 4.0,
                        _ => 2.0,
                    };
                    weight * density(f64::from(i) * step)
                })
                .sum::<f64>()
                * step
                / 3.0;
            assert!((normal_cdf(z) - 0.5 - area).abs() < 1e-13, "{z}");
            assert!((normal_cdf(-z) - 0.5 + area).abs() < 1e-13, "{z}");
        }
    }
}
