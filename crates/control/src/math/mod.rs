//! Rounded fixed-point arithmetic.
//!
//! Products and quotients work on magnitudes and apply the sign afterwards, so
//! their rounding is symmetric about zero. A BPF machine divides 64 bits in
//! one instruction but 128 bits in about a thousand, so quotients are taken
//! digit by digit, in digits small enough for a remainder and the next digit
//! to share 64 bits.

#[cfg(test)]
mod exact;
mod product;
mod quotient;
mod retention;

pub use product::mul_half_even;
pub(crate) use product::{checked_mul, checked_mul_halved};
pub use quotient::div_half_even;
pub(crate) use quotient::{checked_div, ratio, share};
pub use retention::exp2_neg;

use crate::Fx;

/// Fraction bits of [`Fx`].
const FRAC: u32 = 48;

/// Whole part of `value`, rounded down.
pub(crate) fn floor(value: Fx) -> i64 {
    // The callers' values lie within the limits of u, which have 64 bits.
    (value.to_bits() >> FRAC) as i64
}

/// Whole part of `value`, rounded up.
pub(crate) fn ceil(value: Fx) -> i64 {
    // ceil(x) = -floor(-x). Wrapping is exact: the most negative value is whole.
    floor(value.wrapping_neg()).wrapping_neg()
}

/// A whole number as [`Fx`]; every `i64` fits.
pub(crate) const fn whole(value: i64) -> Fx {
    Fx::from_bits((value as i128) << FRAC)
}

/// `value` clamped to `[low, high]`. Crossed limits give `high`; the standard
/// library's `clamp` would panic.
pub(crate) fn clamp<T: Ord>(value: T, low: T, high: T) -> T {
    Ord::min(Ord::max(value, low), high)
}

/// `value` clamped to ±`bound`.
pub(crate) fn symmetric(value: Fx, bound: Fx) -> Fx {
    clamp(value, bound.saturating_neg(), bound)
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

/// The value with this magnitude and sign; `None` out of range.
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
    u128::from(a).wrapping_mul(u128::from(b)) // 64 bits by 64 bits: no wrap
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_keep_their_direction() {
        let x = Fx::from_bits((5 << 48) + 1);
        assert_eq!((floor(x), ceil(x)), (5, 6));
        assert_eq!((floor(-x), ceil(-x)), (-6, -5));
        assert_eq!((floor(whole(-3)), ceil(whole(-3))), (-3, -3));
        assert_eq!(clamp(5, 9, 1), 1);
    }
}
