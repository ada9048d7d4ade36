//! Reflexer's RAI.

use homeostat_control::{Change, Config, Sampling};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::One;

use crate::common::*;
use crate::{assert_close, decimal, exact, million, nearest, scaled};

/// Reflexer's RAI, its PI controller's own test numbers.
///
/// P = redemption - price, so the redemption price is the setpoint and the
/// market price is y, reverse action, scale 1. Its gains are per second:
/// Kp 2893518518518e-18 is 2.893518518518 ppm, Ki 803755144e-18 over a period
/// of 3600 s is 2.8935185184 ppm. Its rate is 1 + u.
///
/// Tolerance 1e-18: the gains are rounded to 2^-48 ppm and the setpoint to
/// 2^-48, together about 1e-19 of a fraction; RAI itself floors at 1e-27.
#[test]
fn rais_first_two_redemption_rates() {
    // given
    let kp = nearest(&(scaled("2893518518518", 18) * million()));
    let ki = scaled("803755144", 18) * BigRational::from(BigInt::from(3_600)) * million();
    let config = Config {
        sampling: Sampling::Point,
        setpoint: still(whole(1)),
        kp: still(kp),
        ki: still(nearest(&ki)),
        ..open()
    };
    let price = nearest(&decimal("0.95"));
    let mut rig = Rig::new(config);

    // when: the first sample, then the redemption price compounds for an hour
    let first = rig.after(1, price);
    let first_rate = BigRational::one() + exact(first.raw) / million();
    let redemption = num_traits::pow(first_rate.clone(), 3_600);
    rig.set(Change::Setpoint {
        to: nearest(&redemption),
        over_seconds: 0,
    });
    let second = rig.after(3_600, price);
    let second_rate = BigRational::one() + exact(second.raw) / million();

    // then
    let published = decimal("1.000000144675925925900000000");
    assert_close(&first_rate, &published, 1e-18, "first rate");
    let published = decimal("1.000000291613001814917161083");
    assert_close(&second_rate, &published, 1e-18, "an hour later");
}
