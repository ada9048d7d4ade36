//! Numbers that others published or that follow from a formula, from tables.
//!
//! Each table says where the numbers come from, how they map onto the law, and
//! why its tolerance is what it is. Only numbers were taken, never code.
//!
//! Not here: Aave's incident of 2026-03-10, where one of two coupled values
//! was limited to 3 % a step and the other was not. One controller has one
//! value; that coupled values change together or not at all is the program's
//! matter and tested there.

mod common;

use common::*;
use homeostat_control::{step, Change, Config, Direction, Fx, Input, Prime, Sampling};
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

/// Analytic closed loop: plant 1/(s + 1), Kp = Ki = 1, unit step of the
/// setpoint. The controller's zero cancels the pole of the plant, so
/// y = 1 - e^-t and u = 1 for all t.
///
/// The plant is solved exactly between two samples, with the unrounded output
/// held. Per step the trapezoid errs by dt^3 / 12 e^-t at most, over 1/dt
/// steps by dt^2 / 12: the tolerance is dt^2 for each of two step sizes, so a
/// rectangle, which errs by dt / 2, fails both.
#[test]
fn a_pi_loop_around_a_first_order_plant_follows_the_analytic_solution() {
    const TABLE: [(f64, f64); 4] = [
        (0.5, 0.393_469_3),
        (1.0, 0.632_120_6),
        (2.0, 0.864_664_7),
        (5.0, 0.993_262_1),
    ];
    const PERIOD: u32 = 10_000;

    for seconds in [10_i64, 100] {
        // given
        let dt = seconds as f64 / f64::from(PERIOD);
        let config = Config {
            sampling: Sampling::Point,
            period: PERIOD,
            setpoint: still(whole(1)),
            kp: ppm(1_000_000),
            ki: ppm(1_000_000),
            ..open()
        };
        let mut y = 0.0;
        let mut rig = Rig::new(config);
        let first = rig.after(1, fx(y));
        assert_eq!(first.raw, whole(1_000_000), "the step in y acts at once");
        let mut u = float(first.limited) / 1e6;
        let mut table = TABLE.iter();
        let mut next = table.next();

        // when
        for n in 1..=(5 * i64::from(PERIOD) / seconds) {
            y += (u - y) * (1.0 - (-dt).exp());
            u = float(rig.after(seconds, fx(y)).limited) / 1e6;

            // then
            let t = n as f64 * dt;
            assert!((u - 1.0).abs() < dt * dt, "u({t}) = {u}");
            if let Some(&(at, expected)) = next {
                if (t - at).abs() < dt / 2.0 {
                    assert!((y - expected).abs() < dt * dt + 5e-8, "y({t}) = {y}");
                    next = table.next();
                }
            }
        }
        assert!(next.is_none(), "the whole table was compared");
    }
}

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
    let rows = hai(include_str!("vectors/decay_with_impulse.csv"));

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
        include_str!("vectors/decay_with_step.csv"),
        include_str!("vectors/production_setup_with_step.csv"),
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
        (include_str!("vectors/no_gain_with_step.csv"), "0"),
        (include_str!("vectors/no_gain_with_impulse.csv"), "-0.01"),
        (include_str!("vectors/proportional_gain_with_step.csv"), "0"),
        (
            include_str!("vectors/proportional_gain_with_impulse.csv"),
            "-0.01",
        ),
        (
            include_str!("vectors/integral_gain_with_impulse.csv"),
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
    let rows = hai(include_str!("vectors/production_setup_with_step.csv"));
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

/// pid-rs, its tests of an integral controller: Ki 2 per unit of error,
/// setpoint 10, one step per period. One unit of its output is 1 ppm here.
/// Scale 10 keeps the ±8 clamp of z out of the way, so Ki is 20 per unit of z.
/// Whole numbers throughout: exact, no tolerance.
#[test]
fn pid_rs_integral_and_its_reversal_at_the_limit() {
    let controller = |limit: i64| Config {
        setpoint: still(whole(10)),
        scale: whole(10),
        kp: ppm(0),
        ki: ppm(20),
        min: -limit,
        max: limit,
        ..open()
    };
    for (limit, table) in [
        (1_000, &[(0, 20), (0, 40), (5, 50)][..]),
        (50, &[(0, 20), (0, 40), (5, 50), (5, 50), (15, 40)][..]),
    ] {
        // given: one priming sample at the setpoint
        let mut rig = Rig::primed(controller(limit), whole(10));
        for &(y, expected) in table {
            // when
            let decision = rig.after(3_600, whole(y));
            // then
            assert_eq!(decision.u, expected, "y = {y} with limit {limit}");
            assert_eq!(decision.i, whole(expected));
        }
    }
}

/// EIP-1559's base fee: an empty block lowers it by an eighth, in integers. It
/// rests where the eighth is 0, at 7, for ever. The law keeps the fraction in
/// I and must arrive at its limit, however small the increments.
#[test]
fn an_integer_update_stalls_at_7_and_the_law_does_not() {
    // given: EIP-1559 over 500 empty blocks
    let mut base_fee: u64 = 1_000_000_000;
    for _ in 0..500 {
        base_fee -= base_fee / 8;
    }
    assert_eq!(base_fee, 7);

    // when: ours, from the same 7 and a thousandth of a ppm a step
    let config = Config {
        direction: Direction::Direct,
        setpoint: still(ratio(1, 2)),
        scale: ratio(1, 2),
        bias: ppm(7),
        kp: ppm(0),
        ki: still(ratio(1, 1_000)),
        min: 0,
        max: 1_000_000_000,
        ..open()
    };
    let mut rig = Rig::primed(config, whole(0));
    assert_eq!(rig.state.u, 7);
    let empty = (0..7_100).position(|_| rig.after(3_600, whole(0)).u == 0);

    // then: 7 ppm after 7000 thousandths (1/1000 is rounded down, so one more)
    assert!(matches!(empty, Some(6_999 | 7_000)), "{empty:?}");
}

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
