//! Property 15: the law against an independent model of exact numbers.
//!
//! One step from the same state is compared with rational arithmetic, term by
//! term, on thousands of random cases. A million free-running steps are
//! compared with the same model on 192 fraction bits; see `common/exact.rs`
//! for why that is exact enough.
//!
//! An ulp is 2^-48 of the unit a quantity has as a fraction. The law keeps
//! quantities of u in ppm, so 1 ulp of the error z, through a gain of one
//! whole unit of u (1,000,000 ppm), becomes 1,000,000 times 2^-48 ppm: that is
//! the ulp of P, I, D, raw and limited here. z, d and the retention have 2^-48.

mod common;

use common::exact::{two_to_minus, ulps_apart, Law, Memory, Real, Turn, Wide};
use common::random::{bits, cases, situations};
use common::*;
use homeostat_control::{
    exp2_neg, step, Config, Direction, Flags, Fx, HoldReason, Input, Prime, Reference, Sampling,
    State,
};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive};
use proptest::prelude::*;

/// 1 ulp of a quantity of u, in units of 2^-48 ppm.
const ULP_OF_U: f64 = 1_000_000.0;

fn turn<R: Real>(state: &State, input: &Input) -> Turn<R> {
    Turn {
        dt: input.now - state.last_at,
        y: R::exactly(input.y.expect("an accepted sample").value),
        w: input.w.map(R::exactly),
        reference: input.reference.map(R::exactly),
        applied: input.applied,
        u_prev: state.u,
        buckets: (state.bucket_up, state.bucket_down),
        widened: (state.widened_up, state.widened_down),
        prime: state.prime,
    }
}

/// The whole number that `limited` becomes: towards `u_prev`.
fn rounded_towards(limited: Fx, u_prev: i64) -> i64 {
    let bits = limited.to_bits();
    let floor = (bits >> 48) as i64;
    let whole = bits & ((1 << 48) - 1) == 0;
    if whole || floor >= u_prev {
        floor
    } else {
        floor + 1
    }
}

proptest! {
    #![proptest_config(cases("tests/proptest-regressions/model.txt", 8_000))]

    /// Given any realistic situation, when one step is taken, then every term
    /// agrees with rational arithmetic within 8 ulp.
    #[test]
    fn one_step_agrees_with_rational_arithmetic_within_8_ulp((config, state, input) in situations()) {
        prop_assert!(config.validate().is_ok(), "{:?}", config.validate());
        let (after, decision) = step(&config, &state, &input);
        prop_assert_eq!(decision.held, HoldReason::None);

        let exact = Law::<BigRational>::at(&config, input.now)
            .step(&Memory::of(&state), &turn(&state, &input));

        let small = [
            ("r", ulps_apart(&exact.r, decision.r)),
            ("z", ulps_apart(&exact.z, decision.z)),
            ("e", ulps_apart(&exact.e, decision.e)),
            ("tau", ulps_apart(&exact.tau, decision.tau)),
            ("d", ulps_apart(&exact.memory.d, after.derivative)),
        ];
        match (&exact.memory.average, after.average) {
            (Some(exact), Some(average)) => {
                // Half an ulp of the retention for each unit of distance, and half of the product.
                let distance = decision.y - state.average.unwrap_or(decision.y);
                let bound = 0.51 * (1.0 + float(distance).abs());
                prop_assert!(ulps_apart(exact, average) <= bound);
            }
            (exact, average) => prop_assert_eq!(exact.is_some(), average.is_some()),
        }
        for (name, apart) in small {
            prop_assert!(apart <= 8.0, "{} is {} ulp off", name, apart);
        }
        if state.prime == Prime::No {
            let apart = ulps_apart(&exact.lambda, decision.lambda);
            prop_assert!(apart <= 1.0, "lambda is {} ulp off", apart);
        }
        let of_u = [
            ("P", ulps_apart(&exact.p, decision.p)),
            ("D", ulps_apart(&exact.d_term, decision.d)),
            ("F", ulps_apart(&exact.memory.f, decision.f)),
            ("I", ulps_apart(&exact.memory.i, decision.i)),
            ("I kept", ulps_apart(&exact.memory.i, after.integral)),
            ("raw", ulps_apart(&exact.raw, decision.raw)),
            ("slewed", ulps_apart(&exact.slewed, decision.slewed)),
            ("limited", ulps_apart(&exact.limited, decision.limited)),
        ];
        for (name, apart) in of_u {
            prop_assert!(apart <= 8.0 * ULP_OF_U, "{} is {} ulp off", name, apart / ULP_OF_U);
        }
    }

    /// Given a filter shorter than that, when one step is taken, then d is as
    /// exact as its roundings allow: half an ulp each of Tf d, of the movement
    /// and, times d, of tau, all divided by Tf, and half an ulp of the quotient.
    /// (Above two and a half periods that is less than 8 ulp.)
    #[test]
    fn a_short_filter_magnifies_its_own_roundings_and_no_more(
        (mut config, state, input) in situations(),
        filter in bits(ratio(1, 100), ratio(5, 2)),
    ) {
        config.filter = still(filter);
        let (after, _) = step(&config, &state, &input);
        let exact = Law::<BigRational>::at(&config, input.now)
            .step(&Memory::of(&state), &turn(&state, &input));
        let bound = 0.5 + (1.0 + float(after.derivative).abs() / 2.0) / float(filter);
        let apart = ulps_apart(&exact.memory.d, after.derivative);
        prop_assert!(apart <= bound + 0.01, "{} > {}", apart, bound);
    }

    /// Given any realistic situation, when one step is taken, then each term
    /// is what the terms before it in the same decision make it: exactly where
    /// there is nothing to round, within one unit of the last bit otherwise.
    #[test]
    fn a_decision_is_consistent_with_itself_to_the_last_bit((config, state, input) in situations()) {
        let (after, got) = step(&config, &state, &input);
        let kp = BigRational::exactly(config.kp.to);
        let kd = BigRational::exactly(config.kd.to);
        let band = config.dead_band.to;

        prop_assert_eq!(got.e, got.z - got.z.max(-band).min(band));
        prop_assert!(ulps_apart(&kp.times(&BigRational::exactly(got.e)), got.p) <= 0.5);
        prop_assert!(ulps_apart(&kd.times(&BigRational::exactly(after.derivative)), got.d) <= 0.5);
        prop_assert_eq!(got.i, after.integral);
        prop_assert_eq!(got.u0, config.bias.to);
        if got.raw != got.u0 + got.f + got.p + got.i + got.d {
            // Only the range guard of I, which acts after raw, parts them.
            let guard = Law::<BigRational>::at(&config, input.now).i_max;
            prop_assert!(ulps_apart(&guard, got.i.abs()) <= 1.0);
        }
        // A u below the minimum may still be on its way to it.
        let least = whole(config.min.min(state.u));
        prop_assert!(got.limited >= least && got.limited <= whole(config.max));
        if state.u >= config.min {
            prop_assert_eq!(got.limited, got.slewed.max(least.max(whole(config.min))).min(whole(config.max)));
        }
        prop_assert_eq!(got.u, rounded_towards(got.limited, state.u));
        prop_assert_eq!((got.u_prev, got.from, got.to), (state.u, state.last_at, input.now));
        prop_assert_eq!((after.u, after.last_at, after.last), (got.u, input.now, got));
        let rises_slowly = got.slewed < got.raw || got.limited < whole(config.min);
        prop_assert_eq!(got.flags.contains(Flags::SLEW_UP), rises_slowly);
        prop_assert_eq!(got.flags.contains(Flags::SLEW_DOWN), got.slewed > got.raw);
        let gap = input.now - state.last_at > i64::from(config.period) * i64::from(config.max_periods);
        prop_assert_eq!(got.flags.contains(Flags::GAP), gap);
        prop_assert_eq!(got.flags.contains(Flags::PRIMED), state.prime != Prime::No);
        prop_assert_eq!(after.prime, Prime::No);
        prop_assert_eq!(after.held_for, 0);
    }
}

/// Given the retention over any whole number of seconds, when it is compared
/// with 200 correct bits, then it is off by no more than the final rounding
/// and the guard bits.
#[test]
fn the_retention_agrees_with_200_correct_bits() {
    let mut noise = Noise(7);
    let mut worst: f64 = 0.0;
    for case in 0..4_000 {
        let den = match case % 4 {
            0 => noise.between(1, 100) as u64,
            1 => noise.between(60, 31_536_000) as u64,
            2 => noise.between(1, i64::MAX) as u64,
            _ => u64::MAX - noise.between(0, 1_000) as u64,
        };
        let num = noise.bits() % den.saturating_mul(5).max(1);
        worst = worst.max(ulps_apart(&two_to_minus(num, den), exp2_neg(num, den)));
    }
    // Half an ulp is the final rounding; 16 guard bits leave 2^-16 and a few.
    assert!(worst <= 0.5 + 8.0 / 65_536.0, "{worst} ulp");
}

/// A free run: the law and the model side by side over the same measurements.
///
/// Whole-ppm outputs are never compared: where the exact value lies on a whole
/// number, the last bit decides. The model takes over the u that the law put
/// in force, as a plant would, and with it the slew budgets.
struct FreeRun {
    config: Config,
    steps: u32,
    changes: u32,
    seed: u64,
}

#[derive(Debug, Default)]
struct Apart {
    i: f64,
    d: f64,
    average: f64,
    limited: f64,
    at_limit: u32,
    slewing: u32,
}

impl FreeRun {
    fn run(&self) -> Apart {
        let mut noise = Noise(self.seed);
        let mut rig = Rig::new(self.config);
        let mut law = Law::<Wide>::at(&rig.config, START);
        let mut memory = Memory::<Wide>::of(&rig.state);
        let mut apart = Apart::default();
        let span = self.config.period;
        let intervals: Vec<i64> = (0..8)
            .map(|_| noise.between(1, i64::from(span) * 2))
            .collect();
        let mut wander = 0.0;
        for n in 0..self.steps {
            wander = 0.999 * wander + 0.02 * noise.symmetric();
            if n % self.changes == self.changes / 2 {
                wander += noise.symmetric();
            }
            let y = fx(float(self.config.setpoint.to) + wander);
            let before = rig.state;
            let decision = rig.after(intervals[(noise.bits() % 8) as usize], y);
            assert_eq!(decision.held, HoldReason::None);
            let exact = law.step(&memory, &turn(&before, &fresh(rig.now, y)));
            memory = exact.memory;
            // Converting costs more than the step: look every 16th time.
            if n % 16 == 0 || n + 1 == self.steps {
                let of_u = ULP_OF_U * (1u64 << 48) as f64;
                let plain = (1u64 << 48) as f64;
                apart.i = apart
                    .i
                    .max(ulps_apart(&memory.i, rig.state.integral) / of_u);
                apart.d = apart
                    .d
                    .max(ulps_apart(&memory.d, rig.state.derivative) / plain);
                if let (Some(exact), Some(average)) = (&memory.average, rig.state.average) {
                    apart.average = apart.average.max(ulps_apart(exact, average) / plain);
                }
                apart.limited = apart
                    .limited
                    .max(ulps_apart(&exact.limited, decision.limited) / of_u);
            }
            let at_limit = Flags(Flags::LIMIT_HIGH.0 | Flags::LIMIT_LOW.0);
            let slewing = Flags(Flags::SLEW_UP.0 | Flags::SLEW_DOWN.0);
            apart.at_limit += u32::from(decision.flags.0 & at_limit.0 != 0);
            apart.slewing += u32::from(decision.flags.0 & slewing.0 != 0);
        }
        apart
    }
}

/// Given the emission controller with a derivative and neither leak nor slew,
/// when it runs freely for a million steps inside wide limits, then no
/// rounding accumulates. Without leak or limits nothing ever forgets an error.
#[test]
fn a_million_steps_of_a_pure_integral_stay_within_1e_12() {
    let config = Config {
        kd: ppm(50_000),
        filter: still(ratio(37, 100)),
        dead_band: still(ratio(1, 1_000)),
        min: -100_000_000_000,
        max: 100_000_000_000,
        slew_up: None,
        slew_down: None,
        y_min: whole(-100),
        y_max: whole(100),
        ..emission()
    };
    let apart = FreeRun {
        config,
        steps: 1_000_000,
        changes: 977,
        seed: 1,
    }
    .run();
    assert!(
        apart.i < 1e-12 && apart.d < 1e-12 && apart.limited < 1e-12,
        "{apart:?}"
    );
    assert_eq!(apart.at_limit, 0, "{apart:?}");
}

/// Given a fee controller on a feed, with leak, slew, dead-band and narrow
/// limits, when it runs freely for half a million steps, then it follows the
/// model into every limit and out again.
#[test]
fn half_a_million_steps_through_every_limit_stay_within_1e_12() {
    let config = Config {
        direction: Direction::Direct,
        sampling: Sampling::Point,
        kd: ppm(30_000),
        filter: still(ratio(150, 100)),
        half_life: 26 * WEEK as u64 + 1,
        slew_up: Some(17_001),
        slew_down: Some(9_999),
        y_min: whole(-100),
        y_max: whole(100),
        ..emission()
    };
    let apart = FreeRun {
        config,
        steps: 500_000,
        changes: 501,
        seed: 2,
    }
    .run();
    assert!(
        apart.i < 1e-12 && apart.d < 1e-12 && apart.limited < 1e-12,
        "{apart:?}"
    );
    assert!(
        apart.at_limit > 10_000 && apart.slewing > 10_000,
        "{apart:?}"
    );
}

/// Given a fee controller that steers by its own slow mean of utilisation, when it runs
/// freely for 200,000 steps, then neither the mean nor what follows from it drifts away.
#[test]
fn a_long_run_against_the_own_mean_stays_within_1e_12() {
    let config = Config {
        direction: Direction::Direct,
        setpoint: still(ratio(95, 100)),
        reference: Reference::Average,
        average_half_life: 52 * WEEK as u64,
        y_min: whole(-100),
        y_max: whole(100),
        ..emission()
    };
    let apart = FreeRun {
        config,
        steps: 200_000,
        changes: 501,
        seed: 3,
    }
    .run();
    assert!(
        apart.average > 0.0 && apart.average < 1e-12,
        "the mean: {apart:?}"
    );
    assert!(
        apart.i < 1e-12 && apart.d < 1e-12 && apart.limited < 1e-12,
        "{apart:?}"
    );
    assert!(apart.at_limit > 1_000, "{apart:?}");
}

/// Given a constant error whose increment is no whole number of units in the
/// last place, when it is integrated a million times, then the sum is a
/// million increments: half-even rounding leaves no floor behind.
#[test]
fn a_million_equal_increments_lose_nothing() {
    // given: 7.9 ppm a step; neither the error (1/7) nor tau (1/3600) is exact
    let config = Config {
        ki: ppm(200_000),
        kp: ppm(0),
        ..open()
    };
    let mut rig = Rig::primed(config, whole(0));
    let e = ratio(1, 7);

    // when
    for _ in 0..1_000_000 {
        rig.after(1, -e);
    }

    // then: exactly Ki e n / period
    let exact = BigRational::exactly(e)
        .times(&BigRational::whole(200_000 * 1_000_000))
        .over(&BigRational::whole(3_600));
    let apart = (exact - BigRational::exactly(rig.state.integral)).abs();
    // The one rounding that is the same in every step is that of tau: half an
    // ulp of 1/3600, 6e-12 of it.
    let relative = apart / BigRational::exactly(rig.state.integral);
    assert!(relative.to_f64().is_some_and(|r| r < 1e-11), "{relative}");
}

/// Given the model itself, when it is asked for known values, then it has
/// them; a wrong model would prove nothing.
#[test]
fn the_model_knows_the_powers_of_two() {
    let two = BigRational::from(BigInt::from(2));
    assert_eq!(two_to_minus(0, 5), BigRational::one());
    assert_eq!(two_to_minus(10, 5), (&two * &two).recip());
    let root = two_to_minus(1, 2);
    let error: BigRational = &root * &root * &two - BigRational::one();
    assert!(error.abs() < BigRational::new(BigInt::one(), BigInt::one() << 200));
    let seventh = two_to_minus(1, 7);
    let product = (0..7).fold(two, |product, _| product * &seventh);
    let error: BigRational = product - BigRational::one();
    assert!(error.abs() < BigRational::new(BigInt::one(), BigInt::one() << 200));
}
