//! Property 9: every product, quotient and ramp rounds as documented, so that no fraction is
//! lost over many steps.

use homeostat_control::{div_half_even, mul_half_even, step, Config, Fx, Ramp};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive};
use proptest::prelude::*;

use crate::common::{
    random::{cases, situations},
    *,
};
use crate::{integral_only, REGRESSIONS};

/// Half to even, in integers.
fn half_even(n: &BigInt, d: &BigInt) -> BigInt {
    let (n, d) = if d.is_negative() {
        (-n, -d)
    } else {
        (n.clone(), d.clone())
    };
    let (quotient, rest) = n.div_mod_floor(&d);
    let twice: BigInt = rest * 2;
    let up = twice > d || (twice == d && quotient.is_odd());
    quotient + i32::from(up)
}

/// The nearest representable number; the end of the range beyond it.
fn saturated(bits: &BigInt) -> Fx {
    bits.to_i128().map_or(
        if bits.is_negative() { Fx::MIN } else { Fx::MAX },
        Fx::from_bits,
    )
}

/// Numbers of every size, from one ulp to the ends of the range.
fn any_size() -> impl Strategy<Value = Fx> {
    (any::<i128>(), 0u32..=127).prop_map(|(bits, shift)| Fx::from_bits(bits >> shift))
}

proptest! {
    #![proptest_config(cases(REGRESSIONS, 10_000))]

    #[test]
    fn p09_products_and_quotients_round_half_to_even(a in any_size(), b in any_size()) {
        let (x, y) = (BigInt::from(a.to_bits()), BigInt::from(b.to_bits()));
        let one = BigInt::one() << 48;
        prop_assert_eq!(mul_half_even(a, b), saturated(&half_even(&(&x * &y), &one)));
        match div_half_even(a, b) {
            None => prop_assert_eq!(b, whole(0)),
            Some(got) => prop_assert_eq!(got, saturated(&half_even(&(x * one), &y))),
        }
    }

    #[test]
    fn p09_ramps_round_towards_their_start(
        from in any_size(), to in any_size(), start in -1_000i64..=1_000, length in 1i64..=1 << 40,
        part in 0.0f64..=1.0,
    ) {
        let ramp = Ramp { from, to, start, end: start + length };
        let at = (part * length as f64) as i64;
        let distance = BigInt::from(to.to_bits()) - from.to_bits();
        // Integer division of BigInt rounds towards zero, here towards `from`.
        let exact = BigInt::from(from.to_bits()) + distance * at / length;
        prop_assert_eq!(ramp.at(start + at), saturated(&exact));
        prop_assert_eq!(ramp.at(start - 1), from);
        prop_assert_eq!(ramp.at(start + length), to);
        prop_assert_eq!(ramp.at(i64::MAX), to);
    }

    #[test]
    fn p09_the_same_inputs_give_the_same_bits((config, state, input) in situations()) {
        let again = || step(&config.clone(), &state.clone(), &input.clone());
        prop_assert_eq!(again(), again());
    }
}

#[test]
fn p09_ties_go_to_the_even_neighbour_on_both_sides_of_zero() {
    let half = ratio(1, 2);
    for (units, expected) in [(1, 0), (3, 2), (5, 2), (7, 4), (-1, 0), (-3, -2), (-5, -2)] {
        let x = Fx::from_bits(units);
        assert_eq!(mul_half_even(x, half).to_bits(), expected, "{units} / 2");
        assert_eq!(mul_half_even(half, x).to_bits(), expected, "{units} / 2");
        assert_eq!(
            div_half_even(x, whole(2)).map(Fx::to_bits),
            Some(expected),
            "{units} / 2"
        );
        assert_eq!(
            div_half_even(-x, whole(-2)).map(Fx::to_bits),
            Some(expected),
            "{units} / 2"
        );
    }
}

#[test]
fn p09_u_is_rounded_towards_its_previous_value() {
    // given: an integral whose increments are 0.6 ppm a call, up or down
    let config = Config {
        bias: ppm(100_000),
        ..integral_only(604_800)
    };
    for (y, u) in [
        (ratio(0, 1), [100_000, 100_001, 100_001, 100_002, 100_003]),
        (ratio(6, 5), [100_000, 99_999, 99_999, 99_998, 99_997]),
    ] {
        let mut rig = Rig::primed(
            Config {
                y_max: whole(2),
                ..config
            },
            ratio(3, 5),
        );
        rig.config.ki = still(ratio(WEEK as i128 * 6, 10) + ratio(1, 1_000));

        // when, then: the fraction waits in I, and nothing is lost
        assert_eq!([(); 5].map(|()| rig.after(1, y).u), u);
    }
}

#[test]
fn p09_half_even_products_keep_a_million_steps_whole() {
    // given: a million increments of 0.2 ppm, 200,000 ppm in all; floored as
    // fractions of u they would lose 2e-9 and come back as 199,999 ppm
    let config = Config {
        period: 3_600,
        min: 0,
        max: 1_000_000,
        bias: ppm(0),
        ki: ppm(720),
        ..integral_only(0)
    };
    let mut rig = Rig::primed(config, ratio(3, 5));

    // when
    for _ in 0..1_000_000 {
        rig.after(1, whole(0));
    }

    // then: 0.6 and 0.6 make a z of exactly 1; 1/3600 is rounded once per step
    assert!(
        (float(rig.state.integral) - 200_000.0).abs() < 2e-6,
        "{}",
        rig.state.integral
    );
}
