//! Quotients, digit by digit, and the covered part of a ramp.

use super::{extreme, is_negative_product, join, round, signed, split, FRAC};
use crate::Fx;

/// `a / b`, rounded half to even, saturating; `None` for `b == 0`.
pub fn div_half_even(a: Fx, b: Fx) -> Option<Fx> {
    if b == Fx::ZERO {
        return None;
    }
    Some(checked_div(a, b).unwrap_or_else(|| extreme(is_negative_product(a, b))))
}

/// `a / b`, rounded half to even; `None` for `b == 0` or out of range.
pub(crate) fn checked_div(a: Fx, b: Fx) -> Option<Fx> {
    let dividend = a.to_bits().unsigned_abs();
    let divisor = b.to_bits().unsigned_abs();
    let quotient = match (u64::try_from(dividend), u64::try_from(divisor)) {
        // Both below 65,536, as the numbers of ordinary configurations are.
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
pub(super) fn div_2by1(high: u64, low: u64, den: u64) -> (u64, u64) {
    const DIGIT: u32 = 16;
    if den > 1 << (u64::BITS - DIGIT) {
        let num = join(high, low);
        let quotient = num.checked_div(u128::from(den)).unwrap_or(0);
        let rest = num.checked_rem(u128::from(den)).unwrap_or(0);
        // `high < den` makes the quotient fit 64 bits; the remainder is below `den`.
        return (quotient as u64, rest as u64);
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
    use super::super::exact::{bits, reference};
    use super::*;
    use num_bigint::BigInt;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

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
    }
}
