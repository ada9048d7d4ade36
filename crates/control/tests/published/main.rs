//! Numbers that others published or that follow from a formula, from tables.
//!
//! Each table says where the numbers come from, how they map onto the law, and
//! why its tolerance is what it is. Only numbers were taken, never code.
//!
//! Not here: Aave's incident of 2026-03-10, where one of two coupled values
//! was limited to 3 % a step and the other was not. One controller has one
//! value; that coupled values change together or not at all is the program's
//! matter and tested there.

#[path = "../common/mod.rs"]
mod common;

mod analytic;
mod cosmos;
mod hai;
mod integrators;
mod rai;

use common::*;
use homeostat_control::{step, Fx, Input};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive};

/// The exact value of a decimal number.
fn decimal(text: &str) -> BigRational {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: BigInt = format!("{whole}{fraction}")
        .parse()
        .expect("a decimal number");
    BigRational::new(digits, BigInt::from(10).pow(fraction.len() as u32))
}

/// `n x 10^-exponent`.
fn scaled(n: &str, exponent: u32) -> BigRational {
    decimal(n) / BigRational::from(BigInt::from(10).pow(exponent))
}

fn exact(x: Fx) -> BigRational {
    BigRational::new(BigInt::from(x.to_bits()), BigInt::one() << 48)
}

/// The nearest fixed-point number.
fn nearest(x: &BigRational) -> Fx {
    let bits = (x * BigRational::from(BigInt::one() << 48))
        .round()
        .to_integer();
    Fx::from_bits(bits.to_i128().expect("in range"))
}

fn million() -> BigRational {
    BigRational::from(BigInt::from(1_000_000))
}

#[track_caller]
fn assert_close(got: &BigRational, expected: &BigRational, tolerance: f64, what: &str) {
    let apart = (got - expected).abs().to_f64().unwrap_or(f64::INFINITY);
    assert!(
        apart <= tolerance,
        "{what}: {} is {apart:e} away from {}",
        got.to_f64().unwrap_or(f64::NAN),
        expected.to_f64().unwrap_or(f64::NAN),
    );
}

/// The two constructors of an input say the same as one built by hand, and the
/// law takes them: a host that replays a table needs nothing else.
#[test]
fn inputs_for_means_and_points() {
    let y = ratio(1, 3);
    let rig = Rig::primed(open(), y);
    let now = rig.now + 60;
    for input in [Input::mean(now, y), Input::point(now, y)] {
        assert_eq!(
            (input.now, input.w, input.applied, input.tripped),
            (now, None, None, false)
        );
        assert_eq!(
            input.y.map(|sample| (sample.value, sample.at)),
            Some((y, now))
        );
        let by_hand = step(&rig.config, &rig.state, &fresh(now, y));
        assert_eq!(step(&rig.config, &rig.state, &input), by_hand);
    }
}
