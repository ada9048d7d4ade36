//! Rounded fixed-point arithmetic.
//!
//! Everything here works on magnitudes and applies the sign afterwards, so
//! every rounding is symmetric about zero. A BPF machine divides 64 bits in
//! one instruction but 128 bits in about a thousand, so quotients are taken
//! digit by digit, in digits small enough for a remainder and the next digit
//! to share 64 bits.

use crate::Fx;

/// Fraction bits of [`Fx`].
const FRAC: u32 = 48;

/// `a x b`, rounded half to even, saturating. The intermediate product has
/// 256 bits, so nothing is lost before the rounding.
pub fn mul_half_even(a: Fx, b: Fx) -> Fx {
    checked_mul(a, b).unwrap_or_else(|| extreme(is_negative_product(a, b)))
}

/// `a / b`, rounded half to even, saturating; `None` for `b == 0`.
pub fn div_half_even(a: Fx, b: Fx) -> Option<Fx> {
    if b == Fx::ZERO {
        return None;
    }
    Some(checked_div(a, b).unwrap_or_else(|| extreme(is_negative_product(a, b))))
}

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

/// `a x b`, rounded half to even; `None` when it leaves the range of [`Fx`].
pub(crate) fn checked_mul(a: Fx, b: Fx) -> Option<Fx> {
    mul_shift::<FRAC>(a, b)
}

/// `a x b / 2`, rounded half to even once.
pub(crate) fn checked_mul_halved(a: Fx, b: Fx) -> Option<Fx> {
    mul_shift::<{ FRAC + 1 }>(a, b)
}

/// `a / b`, rounded half to even; `None` for `b == 0` or out of range.
pub(crate) fn checked_div(a: Fx, b: Fx) -> Option<Fx> {
    let dividend = a.to_bits().unsigned_abs();
    let divisor = b.to_bits().unsigned_abs();
    let quotient = match (u64::try_from(dividend), u64::try_from(divisor)) {
        // Both below 65,536, as ever in ordinary configurations.
        (Ok(num), Ok(den)) => div_round(num, den)?,
        _ => div_long(dividend, divisor)?,
    };
    signed(quotient, is_negative_product(a, b))
}

/// `num / den` for plain integers, rounded half to even; `None` for `den == 0`.
pub(crate) fn ratio(num: u64, den: u64) -> Option<Fx> {
    signed(div_round(num, den)?, false)
}

/// `value x num / den` rounded towards zero, for `num < den`: the part of
/// `value` that a ramp has covered.
pub(crate) fn share(value: u128, num: u64, den: u64) -> u128 {
    let (high, low) = split(value);
    let low = u128::from(low).wrapping_mul(u128::from(num));
    let (carry, p0) = split(low);
    // (2^64 - 1)^2 + 2^64 - 1 < 2^128: no wrap.
    let upper = u128::from(high)
        .wrapping_mul(u128::from(num))
        .wrapping_add(u128::from(carry));
    let (p2, p1) = split(upper);
    // `num < den` makes the quotient smaller than `value`, so p2 < den.
    let (q1, rest) = div_2by1(p2, p1, den);
    let (q0, _) = div_2by1(rest, p0, den);
    join(q1, q0)
}

/// Whole part of `value`, rounded down.
pub(crate) fn floor(value: Fx) -> i64 {
    (value.to_bits() >> FRAC) as i64 // the callers' values lie within the limits of u
}

/// Whole part of `value`, rounded up.
pub(crate) fn ceil(value: Fx) -> i64 {
    // Negating floors the mirror image; the most negative value has no fraction.
    floor(value.wrapping_neg()).wrapping_neg()
}

/// A whole number as [`Fx`]; every `i64` fits.
pub(crate) const fn whole(value: i64) -> Fx {
    Fx::from_bits((value as i128) << FRAC)
}

/// `value` limited to `[low, high]`; unlike `clamp` it has no panic for
/// limits that cross.
pub(crate) fn limit<T: Ord>(value: T, low: T, high: T) -> T {
    Ord::min(Ord::max(value, low), high)
}

fn is_negative_product(a: Fx, b: Fx) -> bool {
    a.is_negative() != b.is_negative()
}

fn extreme(negative: bool) -> Fx {
    if negative {
        Fx::MIN
    } else {
        Fx::MAX
    }
}

/// The value with this magnitude and sign.
fn signed(magnitude: u128, negative: bool) -> Option<Fx> {
    let bits = i128::try_from(magnitude).ok()?;
    Some(Fx::from_bits(if negative {
        bits.wrapping_neg()
    } else {
        bits
    }))
}

fn low_bits(count: u32) -> u128 {
    !(u128::MAX << count)
}

/// `kept + 1` when `rest` is more than `half`, or exactly half of an odd `kept`.
fn round(kept: u128, rest: u128, half: u128) -> u128 {
    let up = rest > half || (rest == half && kept & 1 == 1);
    kept.wrapping_add(u128::from(up))
}

fn split(value: u128) -> (u64, u64) {
    ((value >> 64) as u64, value as u64)
}

fn join(high: u64, low: u64) -> u128 {
    (u128::from(high) << 64) | u128::from(low)
}

fn mul_high(a: u64, b: u64) -> u64 {
    (mul_64(a, b) >> 64) as u64
}

pub(crate) fn mul_64(a: u64, b: u64) -> u128 {
    u128::from(a).wrapping_mul(u128::from(b)) // < 2^128
}

/// `a x b / 2^SHIFT` on the bits, rounded half to even.
fn mul_shift<const SHIFT: u32>(a: Fx, b: Fx) -> Option<Fx> {
    if a == Fx::ZERO || b == Fx::ZERO {
        return Some(Fx::ZERO); // a gain that is off
    }
    let negative = is_negative_product(a, b);
    let (a1, a0) = split(a.to_bits().unsigned_abs());
    let (b1, b0) = split(b.to_bits().unsigned_abs());
    // Schoolbook multiplication in 64-bit digits. One factor is below 65,536
    // almost always, which leaves two of the four products or one.
    let low = mul_64(a0, b0);
    let (high, low) = if a1 == 0 && b1 == 0 {
        (0, low)
    } else {
        let (carry, p0) = split(low);
        let (cross_a, cross_b) = if b1 == 0 {
            (mul_64(a1, b0), 0)
        } else if a1 == 0 {
            (0, mul_64(a0, b1))
        } else {
            (mul_64(a1, b0), mul_64(a0, b1))
        };
        let (a_high, a_low) = split(cross_a);
        let (b_high, b_low) = split(cross_b);
        // Three digits and four digits' carries: far below 2^128, no wrap.
        let middle = u128::from(carry)
            .wrapping_add(u128::from(a_low))
            .wrapping_add(u128::from(b_low));
        let (middle_high, p1) = split(middle);
        let top = if a1 == 0 || b1 == 0 {
            0
        } else {
            mul_64(a1, b1)
        };
        let high = top
            .wrapping_add(u128::from(a_high))
            .wrapping_add(u128::from(b_high))
            .wrapping_add(u128::from(middle_high));
        (high, join(p1, p0))
    };
    // A magnitude of 2^127 or more has no place in Fx; below it, rounding up cannot
    // carry out of 128 bits.
    if high >> const { SHIFT - 1 } != 0 {
        return None;
    }
    // `high` has fewer than SHIFT bits: the rotation carries them to the top.
    let kept = high.rotate_right(SHIFT) | (low >> SHIFT);
    let rest = low & low_bits(SHIFT);
    signed(round(kept, rest, (1 << SHIFT) >> 1), negative)
}

/// `num x 2^48 / den`, rounded half to even; `None` for `den == 0`.
fn div_round(num: u64, den: u64) -> Option<u128> {
    /// The 48 fraction bits come in four digits, so remainders may have 52 bits.
    const DIGIT: u32 = 12;
    const STEPS: u32 = FRAC / DIGIT;
    if den > 1 << (u64::BITS - DIGIT) {
        return div_long(u128::from(num), u128::from(den));
    }
    let whole = num.checked_div(den)?;
    let mut rest = num.checked_rem(den)?;
    let mut fraction = 0_u64;
    for _ in 0..STEPS {
        rest <<= DIGIT;
        fraction = (fraction << DIGIT) | rest.checked_div(den)?;
        rest = rest.checked_rem(den)?;
    }
    // A den of at most 52 bits: doubling the remainder cannot overflow.
    let kept = (u128::from(whole) << FRAC) | u128::from(fraction);
    Some(round(kept, u128::from(rest) << 1, u128::from(den)))
}

/// `dividend x 2^48 / divisor`, rounded half to even, for operands that
/// [`div_round`] does not take: the whole part, then one fraction bit at a time.
#[cold]
fn div_long(dividend: u128, divisor: u128) -> Option<u128> {
    let mut quotient = dividend.checked_div(divisor)?;
    let mut rest = dividend.checked_rem(divisor)?;
    if quotient >> (127 - FRAC) != 0 {
        return None;
    }
    // Magnitudes are at most 2^127, so twice a remainder fits.
    for _ in 0..FRAC {
        rest <<= 1;
        let fits = rest >= divisor;
        if fits {
            rest = rest.wrapping_sub(divisor);
        }
        quotient = (quotient << 1) | u128::from(fits);
    }
    Some(round(quotient, rest << 1, divisor))
}

/// Quotient and remainder of `high x 2^64 + low` by `den`, for `high < den`.
fn div_2by1(high: u64, low: u64, den: u64) -> (u64, u64) {
    const DIGIT: u32 = 16;
    if den > 1 << (u64::BITS - DIGIT) {
        let num = join(high, low);
        let quotient = num.checked_div(u128::from(den)).unwrap_or(0);
        let rest = num.checked_rem(u128::from(den)).unwrap_or(0);
        return (quotient as u64, rest as u64); // below 2^64 for `high < den`
    }
    let (mut quotient, mut rest, mut ahead) = (0_u64, high, low);
    for _ in 0..u64::BITS / DIGIT {
        rest = (rest << DIGIT) | (ahead >> (u64::BITS - DIGIT));
        ahead <<= DIGIT;
        quotient = (quotient << DIGIT) | rest.checked_div(den).unwrap_or(0);
        rest = rest.checked_rem(den).unwrap_or(0);
    }
    (quotient, rest)
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use num_bigint::BigInt;
    use num_integer::Integer;
    use proptest::prelude::*;

    /// `n / d`, rounded half to even and saturated to the bits of an `Fx`.
    fn reference(n: BigInt, d: BigInt) -> i128 {
        let (n, d) = if d < BigInt::ZERO { (-n, -d) } else { (n, d) };
        let (mut q, r) = n.div_mod_floor(&d);
        let twice: BigInt = r * 2;
        if twice > d || (twice == d && q.is_odd()) {
            q += 1;
        }
        i128::try_from(&q).unwrap_or(if q < BigInt::ZERO {
            i128::MIN
        } else {
            i128::MAX
        })
    }

    /// Bits of every magnitude: uniform bits would test nothing but saturation.
    fn bits() -> impl Strategy<Value = i128> {
        prop_oneof![
            (any::<i128>(), 0_u32..128).prop_map(|(bits, shift)| bits >> shift),
            (0_u32..127, -2_i128..3).prop_map(|(shift, off)| (1_i128 << shift) + off),
            (0_u32..127, -2_i128..3).prop_map(|(shift, off)| off - (1_i128 << shift)),
            Just(i128::MIN),
            Just(i128::MAX),
        ]
    }

    /// (2^88 + 2)(2^88 - 2) / 2^48 lies just below 2^128 and rounds up to it.
    #[test]
    fn a_product_that_rounds_up_out_of_128_bits_is_refused() {
        let (a, b) = (Fx::from_bits((1 << 88) + 2), Fx::from_bits((1 << 88) - 2));
        assert_eq!(checked_mul(a, b), None);
        assert_eq!(checked_mul(a, -b), None);
        assert_eq!(mul_half_even(a, b), Fx::MAX);
        assert_eq!(mul_half_even(a, -b), Fx::MIN);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn products_are_rounded_half_to_even(a in bits(), b in bits()) {
            let exact = BigInt::from(a) * b;
            let (a, b) = (Fx::from_bits(a), Fx::from_bits(b));
            let expected = reference(exact.clone(), BigInt::from(1) << 48);
            prop_assert_eq!(mul_half_even(a, b).to_bits(), expected);
            let expected = reference(exact, BigInt::from(1) << 49);
            let halved = checked_mul_halved(a, b).map_or(expected, Fx::to_bits);
            prop_assert_eq!(halved, expected);
        }

        #[test]
        fn quotients_are_rounded_half_to_even(a in bits(), b in bits()) {
            let quotient = div_half_even(Fx::from_bits(a), Fx::from_bits(b));
            if b == 0 {
                prop_assert_eq!(quotient, None);
            } else {
                let expected = reference(BigInt::from(a) << 48, BigInt::from(b));
                prop_assert_eq!(quotient.map(Fx::to_bits), Some(expected));
            }
        }

        #[test]
        fn two_digits_are_divided_by_one(high: u64, low: u64, den in 1_u64.., shift in 0_u32..64) {
            let den = (den >> shift).max(1);
            let high = high % den;
            let num = join(high, low);
            let expected = ((num / u128::from(den)) as u64, (num % u128::from(den)) as u64);
            prop_assert_eq!(div_2by1(high, low, den), expected);
        }

        #[test]
        fn shares_are_rounded_towards_zero(value: u128, num: u64, den in 1_u64.., shift in 0_u32..64) {
            let den = (den >> shift).max(1);
            let num = num % den;
            let expected = BigInt::from(value) * num / den;
            prop_assert_eq!(BigInt::from(share(value, num, den)), expected);
        }

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

        #[test]
        fn nothing_panics(a: i128, num: u64, den: u64) {
            let x = Fx::from_bits(a);
            let _ = (exp2_neg(num, den), ratio(num, den), floor(x), ceil(x));
            let _ = (share(a.unsigned_abs(), num, den), div_2by1(num, num, den));
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

    #[test]
    fn whole_numbers_keep_their_direction() {
        let x = Fx::from_bits((5 << 48) + 1);
        assert_eq!((floor(x), ceil(x)), (5, 6));
        assert_eq!((floor(-x), ceil(-x)), (-6, -5));
        assert_eq!((floor(whole(-3)), ceil(whole(-3))), (-3, -3));
        assert_eq!(limit(5, 9, 1), 1);
    }
}
