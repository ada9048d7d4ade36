//! 128-bit numbers as plain old data.
//!
//! `u128` aligns to 16 bytes on the host and to 8 on chain, which would give one account two
//! layouts. These wrappers are two 64-bit words with alignment 8 everywhere.
//!
//! Casts between `u128` and `u64` in this file cut a number into its two words or put them
//! together; both words are used, so no bit is lost. Where one word is dropped, the function
//! says why.

use anchor_lang::prelude::*;
use homeostat_control::Fx;

use crate::error::HomeostatError;

/// An unsigned 128-bit integer; Q64.64 where a field's name ends in `_q64`.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct U128 {
    /// The low word, then the high word.
    pub words: [u64; 2],
}

impl U128 {
    /// The number 0.
    pub const ZERO: Self = Self { words: [0; 2] };

    /// The stored value.
    pub const fn get(self) -> u128 {
        (self.words[1] as u128) << 64 | self.words[0] as u128
    }

    /// The stored form of a value.
    pub const fn new(value: u128) -> Self {
        Self {
            words: [value as u64, (value >> 64) as u64],
        }
    }

    /// Adds to a sum over pools or meters. It saturates, which no such sum comes near: there
    /// are at most eight terms, of amounts whose totals have far fewer than 128 bits, and all
    /// lanes together stream at most [`crate::constants::MAX_LIFETIME_STREAM`].
    pub fn count(&mut self, value: Self) {
        *self = Self::new(self.get().saturating_add(value.get()));
    }

    /// Adds a value. Refuses a sum that leaves 128 bits (`MathOverflow`).
    pub fn add(&mut self, value: u128) -> Result<()> {
        *self = Self::new(
            self.get()
                .checked_add(value)
                .ok_or(HomeostatError::MathOverflow)?,
        );
        Ok(())
    }
}

/// A number of the control law: the 128 bits of an `I80F48`.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Fixed {
    /// The low word, then the high word, of the two's complement bits (value = bits / 2^48).
    pub words: [u64; 2],
}

impl Fixed {
    /// The stored value.
    pub const fn get(self) -> Fx {
        Fx::from_bits(((self.words[1] as u128) << 64 | self.words[0] as u128) as i128)
    }

    /// The stored form of a value.
    pub const fn new(value: Fx) -> Self {
        let bits = value.to_bits() as u128;
        Self {
            words: [bits as u64, (bits >> 64) as u64],
        }
    }
}

impl From<Fx> for Fixed {
    fn from(value: Fx) -> Self {
        Self::new(value)
    }
}

/// The sum of two amounts (base units), or of two counts. Refuses one that leaves 64 bits
/// (`MathOverflow`).
pub fn add(a: u64, b: u64) -> Result<u64> {
    a.checked_add(b)
        .ok_or_else(|| error!(HomeostatError::MathOverflow))
}

/// What was added to a sum between `before` and `after`. Such sums only grow; a smaller one is
/// refused (`InvariantViolated`).
#[inline(never)]
pub fn since(after: u128, before: U128) -> Result<u128> {
    after
        .checked_sub(before.get())
        .ok_or_else(|| error!(HomeostatError::InvariantViolated))
}

/// `floor(a / b)` and what is left of `a`; `None` when `b` is zero. The rest is computed from
/// the quotient, because a second division of 128 bits is a loop of hundreds of compute units.
/// Nothing wraps: the product is at most `a`.
pub(super) fn div_rem(a: u128, b: u128) -> Option<(u128, u128)> {
    let quotient = a.checked_div(b)?;
    Some((quotient, a.wrapping_sub(quotient.wrapping_mul(b))))
}

/// `floor(numerator * 2^64 / denominator)` for `numerator < 2^127`; `None` when
/// the denominator is zero or the result leaves 128 bits.
pub fn ratio_q64(numerator: u128, denominator: u64) -> Option<u128> {
    let denominator = u128::from(denominator);
    let (whole, rest) = div_rem(numerator, denominator)?;
    // The rest is below the denominator, so it has 64 bits and the shift loses none.
    let fraction = (rest << 64).checked_div(denominator)?;
    if whole >> 64 != 0 {
        return None;
    }
    (whole << 64).checked_add(fraction)
}

/// `a * b`, exactly. Nothing wraps: a product of two 64-bit numbers always fits 128 bits.
pub fn product(a: u64, b: u64) -> u128 {
    u128::from(a).wrapping_mul(u128::from(b))
}

/// `a * b`; `None` where it leaves 128 bits. Two products of 64-bit numbers suffice, half of
/// what `u128::checked_mul` takes, which the compiler would also inline at every use.
#[inline(never)]
pub fn checked_times(a: u128, b: u64) -> Option<u128> {
    let high = product((a >> 64) as u64, b);
    let low = product(a as u64, b);
    if high >> 64 == 0 {
        (high << 64).checked_add(low)
    } else {
        None
    }
}

/// `a * b`, or the largest number where it leaves 128 bits.
pub fn times(a: u128, b: u64) -> u128 {
    checked_times(a, b).unwrap_or(u128::MAX)
}

/// `floor(a * b / c)` with a 128-bit intermediate; `None` when `c` is zero or
/// the result leaves 64 bits.
pub fn mul_div_floor(a: u64, b: u64, c: u64) -> Option<u64> {
    u64::try_from(product(a, b).checked_div(u128::from(c))?).ok()
}

/// `ceil(a * b / c)`, like [`mul_div_floor`].
pub fn mul_div_ceil(a: u64, b: u64, c: u64) -> Option<u64> {
    let (quotient, rest) = div_rem(product(a, b), u128::from(c))?;
    u64::try_from(quotient)
        .ok()?
        .checked_add(u64::from(rest != 0))
}

/// The median of at most `N` values, of an even number the lower of the middle two; `None` of
/// none. No value is above `highest`. By insertion, which few values do not pay a sort for.
#[inline(never)]
pub fn median<T: Ord + Copy, const N: usize>(
    values: impl Iterator<Item = T>,
    highest: T,
) -> Option<T> {
    // In ascending order; the places that stay empty come last.
    let mut sorted = [highest; N];
    let mut count = 0usize;
    for value in values {
        let mut carried = value;
        for slot in &mut sorted {
            if carried < *slot {
                core::mem::swap(&mut carried, slot);
            }
        }
        count = count.saturating_add(1);
    }
    sorted.get(count.checked_sub(1)? / 2).copied()
}

/// A Q64.64 amount in whole base units, rounded down: what may be paid. The shift leaves 64
/// bits, so the cast loses none.
pub const fn floor_q64(value: u128) -> u64 {
    (value >> 64) as u64
}

/// A Q64.64 amount in whole base units, rounded up: what must be backed. It saturates for an
/// amount within one base unit of 2^64, which no accumulator reaches.
pub fn ceil_q64(value: u128) -> u64 {
    let whole = floor_q64(value);
    if value << 64 == 0 {
        whole
    } else {
        whole.saturating_add(1)
    }
}

/// `numerator / denominator` as a number of the control law, rounded down; the largest number
/// where the quotient leaves its range. `None` when the denominator is zero.
///
/// Both are halved together until the numerator leaves room for 48 fraction
/// bits, which costs at most one part in 2^63 of the quotient.
pub fn quotient(numerator: u128, denominator: u128) -> Option<Fx> {
    if denominator == 0 {
        return None;
    }
    // Room is needed for the 48 fraction bits and the sign.
    let (numerator, denominator) = if numerator >> 79 == 0 {
        (numerator, denominator)
    } else {
        let excess = 49u32.saturating_sub(numerator.leading_zeros());
        (numerator >> excess, denominator >> excess)
    };
    if denominator == 0 {
        return Some(Fx::MAX);
    }
    let bits = (numerator << 48).checked_div(denominator)?;
    Some(i128::try_from(bits).map_or(Fx::MAX, Fx::from_bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_saturate_where_they_leave_128_bits() {
        let edges = [0, 1, 2, (1 << 63) - 1, 1 << 63, u64::MAX - 1, u64::MAX];
        for high in edges {
            for low in edges {
                let a = u128::from(high) << 64 | u128::from(low);
                for b in edges {
                    let exact = a.checked_mul(u128::from(b));
                    assert_eq!(checked_times(a, b), exact, "{a} x {b}");
                    assert_eq!(times(a, b), exact.unwrap_or(u128::MAX), "{a} x {b}");
                }
            }
        }
    }

    #[test]
    fn a_ratio_is_rounded_once_and_only_in_its_direction() {
        let edges = [0, 1, 2, 3, (1 << 32) - 1, 1 << 63, u64::MAX - 1, u64::MAX];
        for a in edges {
            for b in edges {
                let exact = u128::from(a) * u128::from(b);
                assert_eq!(div_rem(exact, 0), None);
                assert_eq!(mul_div_ceil(a, b, 0), None);
                for c in edges.into_iter().skip(1) {
                    let wide = u128::from(c);
                    assert_eq!(div_rem(exact, wide), Some((exact / wide, exact % wide)));
                    let floor = u64::try_from(exact / wide).ok();
                    assert_eq!(mul_div_floor(a, b, c), floor, "{a} x {b} / {c}");
                    let ceil = u64::try_from(exact.div_ceil(wide)).ok();
                    assert_eq!(mul_div_ceil(a, b, c), ceil, "{a} x {b} / {c}");
                }
            }
        }
    }

    #[test]
    fn a_quotient_loses_nothing_while_there_is_room_for_the_fraction() {
        let largest = (1u128 << 79) - 1;
        for denominator in [1, 3, 1 << 64, largest, largest + 1, u128::MAX] {
            for numerator in [0, 1, largest - 1, largest] {
                let exact = (numerator << 48) / denominator;
                let bits = quotient(numerator, denominator).unwrap().to_bits();
                assert_eq!(bits.unsigned_abs(), exact, "{numerator} / {denominator}");
            }
            // With one bit more, both are halved.
            let halved = largest.div_ceil(2);
            let bits = (halved << 48)
                .checked_div(denominator / 2)
                .and_then(|bits| i128::try_from(bits).ok())
                .unwrap_or(i128::MAX);
            let quotient = quotient(largest + 1, denominator).unwrap();
            assert_eq!(quotient.to_bits(), bits, "2^79 / {denominator}");
        }
        assert_eq!(quotient(1, 0), None);
    }
}
