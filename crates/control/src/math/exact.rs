//! Exact arithmetic on big integers, which the tests of products and quotients compare
//! with, and a test that no operation panics.

use super::{ceil, exp2_neg, floor, quotient::div_2by1, ratio, share};
use crate::Fx;
use num_bigint::BigInt;
use num_integer::Integer;
use proptest::prelude::*;

/// `n / d`, rounded half to even and saturated to the bits of an `Fx`.
pub(super) fn reference(n: BigInt, d: BigInt) -> i128 {
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
pub(super) fn bits() -> impl Strategy<Value = i128> {
    prop_oneof![
        (any::<i128>(), 0_u32..128).prop_map(|(bits, shift)| bits >> shift),
        (0_u32..127, -2_i128..3).prop_map(|(shift, off)| (1_i128 << shift) + off),
        (0_u32..127, -2_i128..3).prop_map(|(shift, off)| off - (1_i128 << shift)),
        Just(i128::MIN),
        Just(i128::MAX),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics(a: i128, num: u64, den: u64) {
        let x = Fx::from_bits(a);
        let _ = (exp2_neg(num, den), ratio(num, den), floor(x), ceil(x));
        let _ = (share(a.unsigned_abs(), num, den), div_2by1(num, num, den));
    }
}
