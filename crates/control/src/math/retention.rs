//! The retention of an integral with a half-life: 2^-x.

use super::{low_bits, mul_high, quotient::div_2by1, round, signed, FRAC};
use crate::Fx;

/// `2^-(num / den)`, rounded half to even: the share of an integral with
/// half-life `den` that is left after `num` (both in the same unit, seconds in
/// the law).
///
/// With `n = num div den` and `f = (num mod den) / den` cut to 64 bits, the
/// result is `2^-f` with 16 guard bits and more, shifted by `n`. It is exact
/// for whole and half exponents (up to the final rounding), never rises with
/// the exponent, and is 0 from `n = 49` on. `den == 0` stands for "no leak"
/// and gives 1.
pub fn exp2_neg(num: u64, den: u64) -> Fx {
    let (Some(whole), Some(rest)) = (num.checked_div(den), num.checked_rem(den)) else {
        return Fx::ONE;
    };
    if whole > u64::from(FRAC) {
        return Fx::ZERO;
    }
    // `rest < den`, so the quotient has at most 64 bits.
    let (fraction, _) = div_2by1(rest, 0, den);
    let mantissa = exp2_neg_fraction(fraction);
    // `whole <= 48`: the shift is at most 64. The guard bits become the remainder.
    let shift = (whole as u32).saturating_add(64 - FRAC);
    let kept = mantissa >> shift;
    let rest = mantissa & low_bits(shift);
    signed(round(kept, rest, (1 << shift) >> 1), false).unwrap_or(Fx::ONE)
}

/// `2^-(f / 2^64)` with 64 fraction bits, at most 3 units off, never rising
/// with `f`.
///
/// The top four bits choose a tabulated sixteenth; `1 - 2^-g = g q(g)` covers
/// the rest, `q` being the Taylor polynomial in `g ln 2` (the first omitted
/// term is 0.12 units). Multiplying the small argument by a `q` known to a
/// few units keeps every step monotone: a further unit of `g` moves `g q(g)`
/// by ln 2 units, an error of `q` by at most an eighth of one.
fn exp2_neg_fraction(f: u64) -> u128 {
    /// 2^-(k / 16) for k = 1 ..= 15, 64 fraction bits.
    const SIXTEENTHS: [u64; 15] = [
        0xf525_7d15_2486_cc2c,
        0xeac0_c6e7_dd24_392f,
        0xe0cc_deec_2a94_e111,
        0xd744_fcca_d69d_6af4,
        0xce24_8c15_1f84_80e4,
        0xc567_2a11_5506_dadd,
        0xbd08_a39f_580c_36bf,
        0xb504_f333_f9de_6484,
        0xad58_3eea_42a1_4ac6,
        0xa5fe_d6a9_b151_38ea,
        0x9ef5_3260_91a1_11ae,
        0x9837_f051_8db8_a96f,
        0x91c3_d373_ab11_c336,
        0x8b95_c1e3_ea8b_d6e7,
        0x85aa_c367_cc48_7b15,
    ];
    /// (ln 2)^j / j! for j = 9 down to 1, 64 fraction bits.
    const TAYLOR: [u64; 9] = [
        0x0000_01b5_253d_395e,
        0x0000_162c_0223_a5c8,
        0x0000_ffe5_fe2c_4586,
        0x000a_1848_97c3_63c4,
        0x0057_61ff_9e29_9cc4,
        0x0276_556d_f749_cee5,
        0x0e35_846b_8250_5fc6,
        0x3d7f_7bff_058b_1d51,
        0xb172_17f7_d1cf_79ac,
    ];
    let sixteenth = (f >> 60) as usize;
    let g = f & (u64::MAX >> 4);
    let mut q = 0_u64;
    for coefficient in TAYLOR {
        q = coefficient.wrapping_sub(mul_high(g, q));
    }
    let drop = mul_high(g, q);
    match sixteenth.checked_sub(1).and_then(|k| SIXTEENTHS.get(k)) {
        Some(&base) => u128::from(base.wrapping_sub(mul_high(base, drop))),
        None => (1_u128 << 64).wrapping_sub(u128::from(drop)),
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::math::mul_half_even;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn retention_multiplies(a in 0_u64..1 << 40, b in 0_u64..1 << 40, den in 1_u64..1 << 40) {
            let together = exp2_neg(a + b, den);
            let apart = mul_half_even(exp2_neg(a, den), exp2_neg(b, den));
            prop_assert!(together.abs_diff(apart) <= Fx::DELTA * 2);
        }

        #[test]
        fn retention_never_rises(num: u64, step in 0_u64..3, den in 1_u64.., shift in 0_u32..64) {
            let den = (den >> shift).max(1);
            let num = num % den.saturating_mul(50);
            prop_assert!(exp2_neg(num.saturating_add(step), den) <= exp2_neg(num, den));
        }
    }

    #[test]
    fn retention_is_exact_at_halves() {
        for whole in 0..=60_u64 {
            let exact = if whole <= 48 {
                (1_i128 << 48) >> whole
            } else {
                0
            };
            assert_eq!(exp2_neg(whole * 7, 7).to_bits(), exact, "2^-{whole}");
        }
        // sqrt(1/2) x 2^48 = 199032864766430.2
        assert_eq!(exp2_neg(1, 2).to_bits(), 199_032_864_766_430);
        assert_eq!(exp2_neg(3, 2).to_bits(), 99_516_432_383_215);
        assert_eq!(exp2_neg(1, 0), Fx::ONE);
        assert_eq!(exp2_neg(0, 0), Fx::ONE);
    }

    #[test]
    fn retention_matches_floating_point() {
        for num in (0..1_000_000_u64).step_by(37) {
            let exact = (-(num as f64) / 100_000.0).exp2() * (1_u64 << 48) as f64;
            let got = exp2_neg(num, 100_000).to_bits() as f64;
            assert!((got - exact).abs() < 0.6, "{num}: {got} {exact}");
        }
    }

    #[test]
    fn retention_is_monotone_across_the_table() {
        // Every tabulated sixteenth from both sides, in the finest steps there are.
        for k in 1..=16_u64 {
            let edge = u128::from(k) << 60;
            let near: std::vec::Vec<u128> = (0..64)
                .map(|i| edge - 32 + i)
                .filter(|f| *f >> 64 == 0)
                .map(|f| exp2_neg_fraction(f as u64))
                .collect();
            let edge = if k == 16 {
                1 << 63
            } else {
                exp2_neg_fraction(edge as u64)
            };
            for value in &near[..32] {
                // Errors of the guard bits must not reach the 48th bit.
                for whole in 0..=48 {
                    let shift = 16 + whole;
                    let round_to =
                        |v: u128| round(v >> shift, v & low_bits(shift), (1 << shift) >> 1);
                    assert!(round_to(*value) >= round_to(edge), "{k} {whole}");
                }
            }
        }
    }
}
