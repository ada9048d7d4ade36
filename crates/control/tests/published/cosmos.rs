//! The inflation of Cosmos' x/mint.

use homeostat_control::Config;
use num_bigint::BigInt;
use num_rational::BigRational;

use crate::common::*;
use crate::{assert_close, decimal, exact, million, nearest, scaled};

/// Cosmos x/mint: inflation changes by (1 - bonded / goal) x 13 % a year, one
/// block at a time, within 7 to 20 %; goal 67 %, 6,311,520 blocks a year, so a
/// block of 5 s. As a pure integral: reverse action, setpoint and scale 0.67,
/// Ki 13 % a year; 60 s are 12 blocks, 525,960 of them a year.
///
/// The published numbers are in 1e-18. Tolerance one of them, which is what
/// truncating costs them; our ulp is 3.5e-21.
#[test]
fn cosmos_mint_changes_per_block() {
    let goal = nearest(&decimal("0.67"));
    let ki = BigRational::new(BigInt::from(130_000), BigInt::from(525_960));
    let config = Config {
        period: 60,
        setpoint: still(goal),
        scale: goal,
        bias: ppm(130_000),
        kp: ppm(0),
        ki: still(nearest(&ki)),
        min: 70_000,
        max: 200_000,
        y_min: whole(0),
        y_max: whole(1),
        ..open()
    };
    for (bonded, published) in [
        ("0", 20_597_257_079_i64),
        ("0.5", 5_226_169_707),
        ("0.67", 0),
        ("1", -10_144_917_666),
    ] {
        // given
        let y = nearest(&decimal(bonded));
        let mut rig = Rig::primed(config, y);

        // when: one block
        let change = exact(rig.after(5, y).i);

        // then
        let published = scaled(&published.to_string(), 18) * million();
        assert_close(&change, &published, 1e-12, &format!("bonded {bonded}"));
    }
}

/// The clamps of x/mint: from 13 %, nothing bonded reaches 20 % after 7/13 of a
/// year and stays; everything bonded reaches 7 % and stays.
#[test]
fn cosmos_mint_stays_between_7_and_20_percent() {
    let goal = nearest(&decimal("0.67"));
    let year: i64 = 31_557_600;
    let config = Config {
        period: (year / 52) as u32,
        max_periods: 1,
        setpoint: still(goal),
        scale: goal,
        bias: ppm(130_000),
        kp: ppm(0),
        ki: ppm(2_500),
        min: 70_000,
        max: 200_000,
        y_min: whole(0),
        y_max: whole(1),
        ..open()
    };
    for (bonded, limit, weeks) in [(whole(0), 200_000, 28), (whole(1), 70_000, 49)] {
        let mut rig = Rig::primed(config, bonded);
        let reached = (1..=60).find(|_| rig.after(year / 52, bonded).u == limit);
        // 70,000 / 2,500 and 60,000 / (2,500 x 33 / 67), rounded up
        assert_eq!(reached, Some(weeks));
        for _ in 0..10 {
            assert_eq!(rig.after(year / 52, bonded).u, limit);
        }
    }
}
