//! Products: exact in 256 bits, rounded once.

use super::{extreme, is_negative_product, join, low_bits, mul_64, round, signed, split, FRAC};
use crate::Fx;

/// `a x b`, rounded half to even, saturating. The intermediate product has
/// 256 bits, so nothing is lost before the rounding.
pub fn mul_half_even(a: Fx, b: Fx) -> Fx {
    checked_mul(a, b).unwrap_or_else(|| extreme(is_negative_product(a, b)))
}

/// `a x b`, rounded half to even; `None` when it leaves the range of [`Fx`].
pub(crate) fn checked_mul(a: Fx, b: Fx) -> Option<Fx> {
    mul_shift::<FRAC>(a, b)
}

/// `a x b / 2`, rounded half to even once.
pub(crate) fn checked_mul_halved(a: Fx, b: Fx) -> Option<Fx> {
    mul_shift::<{ FRAC + 1 }>(a, b)
}

/// `a x b / 2^SHIFT` on the bits, rounded half to even.
fn mul_shift<const SHIFT: u32>(a: Fx, b: Fx) -> Option<Fx> {
    if a == Fx::ZERO || b == Fx::ZERO {
        return Some(Fx::ZERO); // A gain that is 0 is common and costs no multiplication.
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

#[cfg(test)]
mod tests {
    use super::super::exact::{bits, reference};
    use super::*;
    use num_bigint::BigInt;
    use proptest::prelude::*;

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
    }
}
