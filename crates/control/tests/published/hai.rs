//! HAI, the successor of RAI.

use homeostat_control::{Config, Fx, Prime, Sampling};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive};

use crate::common::*;
use crate::{assert_close, decimal, exact, nearest, scaled};

/// One line of a HAI table.
#[derive(Clone)]
struct Hai {
    at: i64,
    /// Error, as a fraction.
    error: BigRational,
    /// Integral, in seconds of error.
    integral: BigRational,
    /// Fraction.
    redemption: BigRational,
    /// Fraction.
    market: BigRational,
}

fn hai(table: &str) -> Vec<Hai> {
    let rows = table.lines().skip(1).map(|line| {
        let column: Vec<&str> = line.split(',').collect();
        Hai {
            at: column[0].parse().expect("a timestamp"),
            error: scaled(column[2], 27),
            integral: scaled(column[3], 27),
            redemption: scaled(column[4], 27),
            market: scaled(column[5], 18),
        }
    });
    let rows: Vec<Hai> = rows.collect();
    assert_eq!(rows.len(), 12, "a year of months");
    assert!(rows.windows(2).all(|pair| pair[1].at - pair[0].at == MONTH));
    rows
}

/// HAI's step between two rows, and its half-life (seconds).
const MONTH: i64 = 2_592_000;

/// HAI, the successor of RAI, simulated over a year in steps of 30 days.
///
/// The columns are in RAY (1e-27): `proportionalTerm` is the relative error
/// (redemption - market) / redemption, so with the redemption price as setpoint
/// and scale the market price is y, reverse action; `integralTerm` is the
/// integral of the error in seconds, so a period of 30 days and Ki of 2,592,000
/// ppm make our I, in ppm, the same number. `timestamp` is the time of the
/// step. The market price is in WAD (1e-18).
///
/// HAI adds the trapezoid after the decay: I <- λ I + trapezoid. The law weighs
/// it with (1 + λ)/2, since the error accrued during the step has itself
/// decayed for half of it on average. Over one half-life that factor is 3/4; a
/// Ki of 4/3 takes it out again, and the tables apply to the last digit.
fn hai_controller(half_life: u64) -> Config {
    let ki = match half_life {
        0 => BigRational::from(BigInt::from(MONTH)),
        _ => BigRational::new(BigInt::from(MONTH * 4), BigInt::from(3)),
    };
    Config {
        sampling: Sampling::Point,
        period: MONTH as u32,
        max_periods: 1,
        ki: still(nearest(&ki)),
        kp: ppm(0),
        half_life,
        max_age: u32::MAX,
        ..open()
    }
}

/// HAI's error is below this where its tables say zero (they start from a
/// redemption price a few units of the last place off), so it is zero for us.
const HAI_NOISE: f64 = 1e-17;

/// Tolerance of I, in seconds of error: z has an error of 2^-49, which Ki turns
/// into 1.2e-8 s, and decaying errors of earlier steps double that.
const HAI_TOLERANCE: f64 = 3e-8;

/// Steps through the rows of a table with the true prices. The error of the
/// step before the first row was `before`.
fn through_hai(config: Config, rows: &[Hai], before: &BigRational, integral: i64) -> Vec<Fx> {
    let mut rig = Rig::new(config);
    rig.now = rows[0].at - MONTH;
    rig.state.last_at = rig.now;
    rig.state.prime = Prime::No;
    rig.state.integral = whole(integral);
    rig.state.e_prev = Some(nearest(before));
    rows.iter()
        .map(|row| {
            rig.config.setpoint = still(nearest(&row.redemption));
            rig.config.scale = nearest(&row.redemption);
            rig.after(row.at - rig.now, nearest(&row.market)).i
        })
        .collect()
}

#[test]
fn hais_integral_halves_in_each_half_life() {
    // given: the month before the first row ends with an error of -1 %, after a
    // day in which it rose from 0: -0.01 / 2 x 86,400 s
    let rows = hai(include_str!("../vectors/decay_with_impulse.csv"));

    // when
    let integrals = through_hai(hai_controller(MONTH as u64), &rows, &decimal("-0.01"), -432);

    // then
    for (row, got) in rows.iter().zip(integrals) {
        assert_close(
            &exact(got),
            &row.integral,
            HAI_TOLERANCE,
            "decay with impulse",
        );
    }
}

#[test]
fn hais_integral_of_a_lasting_error_approaches_two_half_lives_of_it() {
    for table in [
        include_str!("../vectors/decay_with_step.csv"),
        include_str!("../vectors/production_setup_with_step.csv"),
    ] {
        // given: no error before the first row
        let rows = hai(table);

        // when
        let integrals = through_hai(hai_controller(MONTH as u64), &rows, &decimal("0"), 0);

        // then
        for (row, got) in rows.iter().zip(integrals) {
            assert_close(&exact(got), &row.integral, HAI_TOLERANCE, "decay with step");
        }
    }
}

/// In the other tables HAI forgets everything between two rows (its retention
/// is 0), so each `integralTerm` is one trapezoid: our increment without leak.
#[test]
fn hais_trapezoids() {
    for (table, before) in [
        (include_str!("../vectors/no_gain_with_step.csv"), "0"),
        (include_str!("../vectors/no_gain_with_impulse.csv"), "-0.01"),
        (
            include_str!("../vectors/proportional_gain_with_step.csv"),
            "0",
        ),
        (
            include_str!("../vectors/proportional_gain_with_impulse.csv"),
            "-0.01",
        ),
        (
            include_str!("../vectors/integral_gain_with_impulse.csv"),
            "-0.01",
        ),
    ] {
        // given
        let rows = hai(table);

        // when
        let integrals = through_hai(hai_controller(0), &rows, &decimal(before), 0);

        // then
        let mut last = decimal("0");
        for (row, got) in rows.iter().zip(integrals) {
            let increment = exact(got) - &last;
            last = exact(got);
            assert_close(&increment, &row.integral, HAI_TOLERANCE, "trapezoid");
        }
    }
}

/// The error column itself, from the prices: the sign and the scale of z.
/// Tolerance: prices and quotient are rounded to 2^-48.
#[test]
fn hais_proportional_term() {
    let rows = hai(include_str!("../vectors/production_setup_with_step.csv"));
    let mut rig = Rig::new(hai_controller(0));
    for row in rows {
        rig.config.setpoint = still(nearest(&row.redemption));
        rig.config.scale = nearest(&row.redemption);
        let z = exact(rig.after(MONTH, nearest(&row.market)).z);
        if row
            .error
            .abs()
            .to_f64()
            .is_some_and(|error| error > HAI_NOISE)
        {
            assert_close(&z, &row.error, 8e-15, "error");
        }
    }
}
