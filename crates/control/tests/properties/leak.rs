//! Property 3: the retention of the leak, `2^-(time / half-life)`, is exact to 16 guard bits
//! and never rises with time.

use homeostat_control::{exp2_neg, Fx};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, ToPrimitive};
use proptest::prelude::*;

use crate::common::{
    exact::{two_to_minus, ulps_apart},
    random::cases,
    *,
};
use crate::REGRESSIONS;

/// The fixed-point number nearest to `2^-(halves / 2)`, from an integer root.
fn power_of_half_steps(halves: u32) -> Fx {
    // sqrt(2^(400 - halves)) = 2^(200 - halves / 2), rounded to 2^152 = 1 ulp
    let root = (BigInt::one() << (400 - halves)).sqrt();
    let (kept, rest) = root.div_mod_floor(&(BigInt::one() << 152));
    let half = BigInt::one() << 151;
    let up = rest > half || (rest == half && kept.is_odd());
    Fx::from_bits(kept.to_i128().unwrap() + i128::from(up))
}

#[test]
fn p03_whole_and_half_exponents_are_exact() {
    for den in [
        2_u64,
        120,
        604_800,
        31_536_000_000,
        1 << 40,
        6_148_914_691_236_517_204,
    ] {
        assert_eq!(exp2_neg(0, den), Fx::ONE);
        assert_eq!(exp2_neg(den / 2, den), power_of_half_steps(1));
        assert_eq!(exp2_neg(den, den), ratio(1, 2));
    }
    for halves in 0..=97 {
        assert_eq!(
            exp2_neg(3 * halves, 6),
            power_of_half_steps(halves as u32),
            "{halves} / 2"
        );
    }
}

#[test]
fn p03_nothing_is_left_after_49_half_lives() {
    assert_eq!(exp2_neg(48, 1), Fx::DELTA);
    for num in [49, 50, 64, 128, 1 << 32, u64::MAX] {
        assert_eq!(exp2_neg(num, 1), whole(0));
    }
    assert_eq!(exp2_neg(u64::MAX, 60), whole(0));
    // no half-life, no leak
    assert_eq!(exp2_neg(u64::MAX, 0), Fx::ONE);
    // the longest denominators
    assert_eq!(exp2_neg(u64::MAX, u64::MAX), ratio(1, 2));
    assert!(exp2_neg(u64::MAX - 1, u64::MAX) >= ratio(1, 2));
}

#[test]
fn p03_the_retention_never_rises_with_time() {
    // every second of 50 half-lives of odd lengths
    for den in [7_u64, 61, 997, 4_096] {
        let sweep: Vec<Fx> = (0..50 * den).map(|num| exp2_neg(num, den)).collect();
        assert!(sweep.windows(2).all(|pair| pair[1] <= pair[0]), "{den}");
    }
    // and neighbours around every 64th of the longest: far finer than an ulp
    for den in [31_536_000_000_u64, 1 << 60, u64::MAX] {
        for k in 0..=128_u64 {
            let at = (u128::from(den) * u128::from(k) / 64).min(u128::from(u64::MAX)) as u64;
            let near: Vec<Fx> = (at.saturating_sub(200)..=at.saturating_add(200))
                .map(|num| exp2_neg(num, den))
                .collect();
            assert!(
                near.windows(2).all(|pair| pair[1] <= pair[0]),
                "{k} / 64 of {den}"
            );
        }
    }
}

proptest! {
    #![proptest_config(cases(REGRESSIONS, 4_000))]

    #[test]
    fn p03_the_retention_has_16_guard_bits(
        (den, num) in (1u64..=u64::MAX)
            .prop_flat_map(|den| (Just(den), 0..=den.saturating_mul(60))),
    ) {
        // Half an ulp of rounding, and at most 8 units of the 16th guard bit.
        let apart = ulps_apart(&two_to_minus(num, den), exp2_neg(num, den));
        prop_assert!(apart <= 0.5 + 8.0 / 65_536.0, "{} ulp", apart);
    }

    #[test]
    fn p03_of_two_times_the_longer_leaves_no_more(
        den in 1u64..=u64::MAX, a in any::<u64>(), b in any::<u64>(), near in 0u64..=1_000,
    ) {
        for (a, b) in [(a, b), (a, a.saturating_add(near))] {
            prop_assert!(exp2_neg(a.max(b), den) <= exp2_neg(a.min(b), den));
        }
    }
}
