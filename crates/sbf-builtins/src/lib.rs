//! 128-bit multiplication and division for SBF programs built with upstream LLVM.
//!
//! LLVM calls `__multi3`, `__udivti3`, `__umodti3`, `__divti3` and `__modti3` for
//! 128-bit products and quotients on a machine that has 64-bit ones only, and
//! expects the result in registers. The routines of Rust's `compiler_builtins`
//! return it through a pointer on this target, so a call to them writes to a wild
//! address. This crate defines the five with the convention that LLVM expects.
//!
//! The arithmetic is plain Rust on 64-bit words, tested natively against native
//! arithmetic; only [`abi`](#) is special to the build (`cargo xtask build-sbf`
//! switches it on with `--cfg homeostat_upstream_sbf`). A build by Anza's
//! platform tools has routines of its own and never links this crate.
//!
//! Every instruction costs a compute unit, so the usual operands have short
//! ways: products are four 64-bit multiplications and two more for the upper
//! words, 64-bit quotients are one instruction, divisors below 2^32 need three
//! divisions, divisors below 2^64 at most five.

#![no_std]
#![cfg_attr(homeostat_upstream_sbf, feature(abi_unadjusted, asm_experimental_arch))]
#![cfg_attr(homeostat_upstream_sbf, allow(internal_features))]

#[cfg(homeostat_upstream_sbf)]
mod abi;

use core::num::NonZeroU64;

/// The lower half of a word.
const LOW: u64 = 0xffff_ffff;

/// `a x b` modulo 2^128. The same bits serve signed and unsigned operands.
#[inline(always)]
pub fn multiply(a: u128, b: u128) -> u128 {
    let ((a1, a0), (b1, b0)) = (split(a), split(b));
    let (high, low) = wide(a0, b0);
    let high = high
        .wrapping_add(a1.wrapping_mul(b0))
        .wrapping_add(a0.wrapping_mul(b1));
    join(high, low)
}

/// Quotient and remainder. Both are 0 for `divisor == 0`, which Rust's operators
/// exclude before they call.
#[inline(always)]
pub fn divide(dividend: u128, divisor: u128) -> (u128, u128) {
    let ((n1, n0), (d1, d0)) = (split(dividend), split(divisor));
    if d1 == 0 {
        let Some(d) = NonZeroU64::new(d0) else {
            return (0, 0);
        };
        if n1 == 0 {
            return (u128::from(n0 / d), u128::from(n0 % d));
        }
        // Schoolbook division: the upper word, then its remainder with the lower.
        let (quotient, rest) = two_by_one(n1 % d, n0, d);
        return (join(n1 / d, quotient), u128::from(rest));
    }
    if dividend < divisor {
        return (0, dividend);
    }
    divide_by_two_words(dividend, divisor, d1)
}

/// Quotient rounded towards zero and remainder with the sign of the dividend;
/// `MIN / -1` wraps, and Rust's operators exclude it before they call.
#[inline(always)]
pub fn divide_signed(dividend: i128, divisor: i128) -> (i128, i128) {
    let (quotient, rest) = divide(dividend.unsigned_abs(), divisor.unsigned_abs());
    let (quotient, rest) = (quotient as i128, rest as i128);
    (
        negate_if((dividend < 0) != (divisor < 0), quotient),
        negate_if(dividend < 0, rest),
    )
}

fn negate_if(negative: bool, value: i128) -> i128 {
    if negative {
        value.wrapping_neg()
    } else {
        value
    }
}

/// For `divisor >= 2^64` and `dividend >= divisor`: the quotient has one word.
///
/// The divisor's 64 top bits give an estimate that is at most one too large
/// (Hacker's Delight, 9-5); one product and one comparison correct it.
#[inline(never)]
fn divide_by_two_words(dividend: u128, divisor: u128, d1: u64) -> (u128, u128) {
    let shift = leading_zeros(d1);
    // The top bit is set: shifting the divisor by its leading zeros puts it there.
    let top = split(divisor << shift).0 | 1 << 63;
    // Half of the dividend, so that its upper word is below `top`.
    let (n1, n0) = split(dividend >> 1);
    let (estimate, _) = two_by_one_normal(n1, n0, top);
    let quotient = (estimate >> (63 - shift)).saturating_sub(1);
    let rest = dividend.wrapping_sub(multiply(u128::from(quotient), divisor));
    if rest >= divisor {
        (u128::from(quotient) + 1, rest - divisor)
    } else {
        (u128::from(quotient), rest)
    }
}

/// Quotient and remainder of `high x 2^64 + low`, for `high < d`.
#[inline(always)]
fn two_by_one(high: u64, low: u64, d: NonZeroU64) -> (u64, u64) {
    if d.get() <= LOW {
        // Two digits of 32 bits; a remainder and the next digit share a word.
        let upper = high << 32 | low >> 32;
        let lower = (upper % d) << 32 | low & LOW;
        return ((upper / d) << 32 | (lower / d), lower % d);
    }
    two_by_large(high, low, d)
}

/// The same for a large divisor. Once for all of the routines: as a part of each they
/// would be three times as long.
#[inline(never)]
fn two_by_large(high: u64, low: u64, d: NonZeroU64) -> (u64, u64) {
    let shift = leading_zeros(d.get());
    if shift == 0 {
        return two_by_one_normal(high, low, d.get() | 1 << 63);
    }
    let high = high << shift | low >> (64 - shift);
    let (quotient, rest) = two_by_one_normal(high, low << shift, d.get() << shift | 1 << 63);
    (quotient, rest >> shift)
}

/// The same for a divisor whose top bit is set: two digits of 32 bits, each
/// estimated from the divisor's upper half (Knuth, algorithm D).
#[inline(always)]
fn two_by_one_normal(high: u64, low: u64, d: u64) -> (u64, u64) {
    let (q1, rest) = digit(high, low >> 32, d);
    let (q0, rest) = digit(rest, low & LOW, d);
    (q1 << 32 | q0, rest)
}

/// One digit: quotient and remainder of `rest x 2^32 + next`, for `rest < d` and
/// the top bit of `d` set. The estimate is at most two too large.
#[inline(always)]
fn digit(rest: u64, next: u64, d: u64) -> (u64, u64) {
    let (d1, d0) = (d >> 32, d & LOW);
    // The compiler knows a divisor with a bit set to be other than zero.
    let mut quotient = rest / (d1 | 1 << 31);
    let mut upper = rest - mul(quotient, d1);
    // `upper` outgrows a digit after two corrections at most; then the lower
    // half of the divisor cannot matter any more.
    while upper <= LOW && mul(quotient, d0) > (upper << 32 | next) {
        quotient -= 1;
        upper += d1;
    }
    // The remainder is below `d`; what wraps on the way cancels out.
    let rest = (rest << 32 | next).wrapping_sub(quotient.wrapping_mul(d));
    (quotient, rest)
}

/// Both words of the product of two words.
#[inline(always)]
fn wide(a: u64, b: u64) -> (u64, u64) {
    let ((a1, a0), (b1, b0)) = ((opaque(a >> 32), a & LOW), (b >> 32, b & LOW));
    // Neither sum outgrows a word: (2^32 - 1)^2 + 2 (2^32 - 1) < 2^64.
    let cross = mul(a1, b0) + (mul(a0, b0) >> 32);
    let other = mul(a0, b1) + (cross & LOW);
    let high = mul(a1, b1) + (cross >> 32) + (other >> 32);
    (high, a.wrapping_mul(b))
}

/// A product that fits a word. Unlike `*` never checked: the check is a 128-bit
/// product, and `__multi3` would call itself.
fn mul(a: u64, b: u64) -> u64 {
    a.wrapping_mul(b)
}

/// The value, with its origin hidden from the compiler. LLVM knows products by
/// halves and would put a 128-bit multiplication in their place: `__multi3`
/// would call itself.
#[cfg(not(homeostat_upstream_sbf))]
fn opaque(value: u64) -> u64 {
    value
}

#[cfg(homeostat_upstream_sbf)]
use abi::opaque;

/// The machine has no instruction for it and the compiler's substitute counts
/// bits through a table of masks; halving is shorter.
fn leading_zeros(value: u64) -> u32 {
    let (mut zeros, mut value) = (0, value);
    for step in [32, 16, 8, 4, 2, 1] {
        if value >> (64 - step) == 0 {
            zeros += step;
            value <<= step;
        }
    }
    zeros
}

fn split(value: u128) -> (u64, u64) {
    ((value >> 64) as u64, value as u64)
}

fn join(high: u64, low: u64) -> u128 {
    u128::from(high) << 64 | u128::from(low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Numbers at which a word, a half word or a sign begins.
    fn edges() -> impl Iterator<Item = u128> + Clone {
        [0, 1, 31, 32, 33, 62, 63, 64, 65, 95, 96, 97, 126, 127]
            .into_iter()
            .flat_map(|bit| {
                let power = 1_u128 << bit;
                (0..4).flat_map(move |off| [power.wrapping_add(off), power.wrapping_sub(off)])
            })
            .flat_map(|value| [value, !value, value << 32, value | value << 64])
    }

    /// Operands of every size: uniform bits would be of one size nearly always.
    fn sized() -> impl Strategy<Value = u128> {
        prop_oneof![
            (any::<u128>(), 0_u32..128).prop_map(|(bits, shift)| bits >> shift),
            (any::<u128>(), 0_u32..128).prop_map(|(bits, shift)| !(bits >> shift)),
            (0_u32..128, 0_u128..4).prop_map(|(bit, off)| (1 << bit) + off),
            (0_u32..128, 0_u128..4).prop_map(|(bit, off)| (1_u128 << bit).wrapping_sub(off)),
            // Halves of all zeros and all ones, where estimated digits are worst.
            any::<[bool; 4]>().prop_map(|halves| halves.iter().fold(0, |value, ones| value << 32
                | if *ones { u128::from(LOW) } else { 0 })),
        ]
    }

    fn agrees(a: u128, b: u128) {
        assert_eq!(multiply(a, b), a.wrapping_mul(b), "{a:#x} x {b:#x}");
        if b == 0 {
            assert_eq!(divide(a, b), (0, 0));
            return;
        }
        assert_eq!(divide(a, b), (a / b, a % b), "{a:#x} / {b:#x}");
        let (a, b) = (a as i128, b as i128);
        let expected = (a.wrapping_div(b), a.wrapping_rem(b));
        assert_eq!(divide_signed(a, b), expected, "{a:#x} / {b:#x}");
    }

    #[test]
    fn every_pair_of_edges_agrees_with_native_arithmetic() {
        for a in edges() {
            for b in edges() {
                agrees(a, b);
            }
        }
    }

    #[test]
    fn leading_zeros_are_counted() {
        for bit in 0..64 {
            assert_eq!(leading_zeros(1 << bit), 63 - bit);
            assert_eq!(leading_zeros(u64::MAX >> bit), bit);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 50_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn operands_of_every_size_agree_with_native_arithmetic(a in sized(), b in sized()) {
            agrees(a, b);
        }

        #[test]
        fn dividends_next_to_a_multiple_agree(quotient in sized(), divisor in sized(), off in 0_u128..3) {
            let multiple = quotient.wrapping_mul(divisor);
            agrees(multiple.wrapping_add(off), divisor);
            agrees(multiple.wrapping_sub(off), divisor);
        }
    }
}
