//! Properties 1 to 14 of the law, each with a test that fails without it.
//!
//! What holds for all inputs is a property test; a failed case prints its seed
//! and is kept in `proptest-regressions`. Plants are simulated in floats, which
//! only tests may use.

mod common;

use common::exact::{two_to_minus, ulps_apart, Real};
use common::random::{bits, cases, garbage, situations};
use common::*;
use homeostat_control::{
    change, create, div_half_even, exp2_neg, mul_half_even, resume, step, Change, Config, Decision,
    Direction, Field, Flags, Fx, HoldReason, Input, Mode, Ramp, Sample, State,
};
use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive};
use proptest::prelude::*;

const REGRESSIONS: &str = "tests/proptest-regressions/properties.txt";

// ---------------------------------------------------------------- property 1

/// An integral controller: no P, no D, no dead-band, no slew.
fn integral_only(ki: i64) -> Config {
    Config {
        kp: ppm(0),
        ki: ppm(ki),
        dead_band: still(whole(0)),
        slew_up: None,
        slew_down: None,
        ..emission()
    }
}

#[test]
fn p01_the_increment_is_trimmed_to_what_reaches_the_limit() {
    // given: 1 % below the upper limit, and an increment of 4 points
    let mut rig = Rig::primed(
        Config {
            bias: ppm(190_000),
            ..integral_only(40_000)
        },
        ratio(3, 5),
    );

    // when
    let got = rig.after(WEEK, whole(0));

    // then
    assert!(got.flags.contains(Flags::TRIMMED));
    assert_eq!(
        (got.u, got.raw, got.i),
        (200_000, whole(200_000), whole(10_000))
    );

    // and at the lower limit likewise
    let mut rig = Rig::primed(
        Config {
            bias: ppm(20_000),
            ..integral_only(40_000)
        },
        ratio(3, 5),
    );
    let got = rig.after(WEEK, whole(1));
    assert!(got.flags.contains(Flags::TRIMMED));
    assert_eq!(
        (got.u, got.raw, got.i),
        (10_000, whole(10_000), whole(-10_000))
    );
}

#[test]
fn p01_a_year_at_the_limit_winds_nothing_up_and_a_reversal_moves_u_at_once() {
    for (stuck, back, limit, away) in [
        (whole(0), ratio(63, 100), 200_000, -1),
        (whole(1), ratio(57, 100), 10_000, 1),
    ] {
        // given: a year of saturation
        let mut rig = Rig::primed(integral_only(20_000), ratio(3, 5));
        for _ in 0..52 {
            rig.after(WEEK, stuck);
        }
        assert_eq!(rig.state.u, limit);
        assert_eq!(rig.state.integral, whole(limit - 60_000));

        // when: the error changes its sign a little, for an hour
        let got = rig.after(3_600, back);

        // then: 0.05 x 20,000 / 168 = 5.95 ppm
        assert!(!got.flags.contains(Flags::TRIMMED));
        assert_eq!(got.u, limit + away * 5);
    }
}

#[test]
fn p01_only_an_increment_that_pushes_outwards_is_trimmed() {
    // given: feed-forward lifts raw far above the upper limit
    let config = Config {
        kf: whole(500_000),
        w_ref: whole(0),
        f_max: whole(500_000),
        ..integral_only(20_000)
    };
    let mut rig = Rig::primed(config, ratio(3, 5));
    let before = rig.state.integral;

    // when: the error asks for less
    let got = rig.with(WEEK, |now| Input {
        w: Some(whole(1)),
        ..fresh(now, ratio(9, 10))
    });

    // then: u is at the limit, and the integral still comes down in full
    assert_eq!(got.u, 200_000);
    assert!(got.raw > whole(500_000));
    assert!(!got.flags.contains(Flags::TRIMMED));
    assert!((float(rig.state.integral - before) + 10_000.0).abs() < 1e-6);

    // and an increment that asks for more is cut to nothing, not below
    let got = rig.with(WEEK, |now| Input {
        w: Some(whole(1)),
        ..fresh(now, ratio(1, 10))
    });
    assert!(got.flags.contains(Flags::TRIMMED));
    assert!((float(rig.state.integral - before) + 10_000.0).abs() < 1e-6);
}

#[test]
fn p01_a_slewing_output_never_stops_the_integral() {
    // given: increments twice the slew limit, cranked every 1 to 4 periods. Had
    // the slewing stopped the integral, u would stay at its first steps.
    for periods in 1..=4 {
        let config = Config {
            slew_up: Some(20_000),
            slew_down: Some(20_000),
            ..integral_only(40_000)
        };
        for (y, limit) in [(whole(0), 200_000), (whole(1), 10_000)] {
            let mut rig = Rig::primed(config, ratio(3, 5));

            // when
            let calls = (1..=40).find(|_| rig.after(periods * WEEK, y).u == limit);

            // then: at the full speed of one period's worth a call
            assert!(
                calls.is_some_and(|calls| calls <= 8),
                "{periods} periods: {calls:?}"
            );
        }
    }
}

#[test]
fn p01_the_integral_grows_no_faster_than_u_may_slew() {
    let config = Config {
        slew_up: Some(3_000),
        slew_down: Some(2_000),
        ..integral_only(20_000)
    };
    for (y, most) in [(whole(0), 1_500), (whole(1), -1_000)] {
        let mut rig = Rig::primed(config, ratio(3, 5));
        assert_eq!(rig.after(WEEK / 2, y).i, whole(most));
    }
}

#[test]
fn p01_a_long_slew_leaves_no_overshoot_behind() {
    // given: P and I that both want to rise fast, and u slewing for weeks
    let config = Config {
        slew_up: Some(5_000),
        slew_down: Some(20_000),
        ..emission()
    };
    let mut rig = Rig::primed(config, ratio(1, 5));
    for _ in 0..10 {
        assert!(rig.after(WEEK, ratio(1, 5)).flags.contains(Flags::SLEW_UP));
    }

    // when: the error vanishes
    let got = rig.after(WEEK, ratio(3, 5));

    // then: raw is at most what u has covered in the time and one step of P
    assert!(got.raw <= whole(60_000 + 11 * 5_000), "{}", got.raw);
}

proptest! {
    #![proptest_config(cases(REGRESSIONS, 512))]

    #[test]
    fn p01_a_reversal_leaves_saturation_at_once(
        ki in 2_000i64..=200_000,
        low in 0.0f64..=0.5,
        high in 0.65f64..=1.0,
        periods in 1i64..=4,
        weeks in 20usize..=200,
    ) {
        let mut rig = Rig::primed(integral_only(ki), ratio(3, 5));
        while rig.state.u < 200_000 {
            rig.after(4 * WEEK, fx(low));
        }
        for _ in 0..weeks {
            prop_assert_eq!(rig.after(periods * WEEK, fx(low)).u, 200_000);
        }
        prop_assert!(rig.after(periods * WEEK, fx(high)).u < 200_000);
    }
}

// ---------------------------------------------------------------- property 2

/// Steps over `pieces` of (seconds, y) from a primed state with integral
/// `start`; the integral afterwards.
fn integrate(config: Config, start: i64, pieces: &[(i64, Fx)]) -> Fx {
    let mut rig = Rig::primed(config, whole(0));
    rig.state.integral = whole(start);
    for &(seconds, y) in pieces {
        let got = rig.after(seconds, y);
        assert_eq!(got.held, HoldReason::None);
    }
    rig.state.integral
}

proptest! {
    #![proptest_config(cases(REGRESSIONS, 2_000))]

    /// Given any split of an interval, when the law steps once with the mean of
    /// y, or at every cut with the mean of each piece, then the integral is the
    /// same but for the leak's second order.
    #[test]
    fn p02_any_split_of_an_interval_gives_the_same_integral(
        ki in 1i64..=1_000_000,
        start in -1_000_000i64..=1_000_000,
        leak in prop_oneof![Just(None), (1u64..=100, 0u64..3_600).prop_map(Some)],
        band in prop_oneof![Just(whole(0)), Just(ratio(1, 50))],
        pieces in prop::collection::vec((1i64..=1_200, bits(ratio(1, 50), whole(7))), 1..=12),
        above in any::<bool>(),
    ) {
        // given: four periods at most; errors on one side of the band
        let total: i64 = pieces.iter().map(|(seconds, _)| seconds).sum();
        let sign = if above { whole(1) } else { whole(-1) };
        let pieces: Vec<(i64, Fx)> =
            pieces.iter().map(|&(seconds, y)| (seconds, y * sign)).collect();
        let half_life = leak.map_or(0, |(k, more)| k * 4 * 3_600 + more);
        let config = Config { ki: ppm(ki), dead_band: still(band), half_life, ..open() };

        // when
        let sum: BigInt =
            pieces.iter().map(|&(seconds, y)| BigInt::from(y.to_bits()) * seconds).sum();
        let mean = Fx::from_bits((sum / total).to_i128().unwrap());
        let split = integrate(config, start, &pieces);
        let whole_interval = integrate(config, start, &[(total, mean)]);

        // then: Ki sum(|e| tau) x / 2, and an ulp of u for each rounding
        let x = total as f64 * std::f64::consts::LN_2 / half_life.max(1) as f64;
        let spent: f64 = pieces
            .iter()
            .map(|&(seconds, y)| (float(y).abs() - float(band)) * seconds as f64 / 3_600.0)
            .sum();
        let leak_bound = if half_life == 0 { 0.0 } else { ki as f64 * spent * x / 2.0 };
        let rounding = (pieces.len() + 2) as f64 * 8.0 * 1e6 / (1u64 << 48) as f64;
        let apart = float(split - whole_interval).abs();
        prop_assert!(apart <= leak_bound + rounding, "{} > {} + {}", apart, leak_bound, rounding);
    }
}

#[test]
fn p02_a_leak_forgets_the_same_however_often_it_is_asked() {
    // given: no error, half a half-life, in one step or second by second
    let config = Config {
        half_life: 4 * 3_600,
        ..open()
    };
    let once = integrate(config, 1_000_000, &[(7_200, whole(0))]);
    let often = integrate(config, 1_000_000, &[(1, whole(0)); 7_200]);
    // then
    assert!((float(once) - 500_000.0 * std::f64::consts::SQRT_2).abs() < 1e-6);
    assert!(float(once - often).abs() < 1e-4, "{once} {often}");
}

// ---------------------------------------------------------------- property 3

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

// ---------------------------------------------------------------- property 4

/// A derivative that matters.
fn with_derivative() -> Config {
    Config {
        kd: ppm(80_000),
        filter: still(ratio(1, 2)),
        ..emission()
    }
}

#[test]
fn p04_a_setpoint_change_alone_moves_d_by_nothing() {
    for over_seconds in [0, 3 * WEEK as u32] {
        // given: y on the move
        let mut rig = Rig::primed(with_derivative(), ratio(50, 100));
        rig.after(WEEK, ratio(52, 100));
        let mut moved = rig.clone();

        // when
        moved.set(Change::Setpoint {
            to: ratio(20, 100),
            over_seconds,
        });

        // then: P knows it, D does not
        for n in 0..5 {
            let y = ratio(53 + n, 100);
            let (plain, shifted) = (rig.after(WEEK, y), moved.after(WEEK, y));
            assert_eq!(plain.d, shifted.d);
            assert_eq!(rig.state.derivative, moved.state.derivative);
            assert_ne!(plain.p, shifted.p);
            assert_ne!(plain.d, whole(0));
        }
    }
}

proptest! {
    #![proptest_config(cases(REGRESSIONS, 512))]

    /// A spike of one second, of any height: D stays within 16 Kd / Tf, and
    /// when y is back, so is D, but for what a second of it can leave.
    #[test]
    fn p04_a_spike_of_one_second_is_bounded(
        spike in bits(whole(-1_000_000), whole(1_000_000)),
        filter in bits(ratio(1, 100), whole(10)),
        quiet in 1i64..=4 * WEEK,
    ) {
        let config = Config {
            filter: still(filter),
            y_min: -Config::MAX_SIGNAL,
            y_max: Config::MAX_SIGNAL,
            ..with_derivative()
        };
        let r = ratio(3, 5);
        let mut rig = Rig::primed(config, r);
        rig.after(quiet, r);

        let up = rig.after(1, spike);
        let bound = 16.0 * 80_000.0 / float(filter);
        prop_assert!(float(up.d).abs() <= bound, "{} > {}", up.d, bound);

        // d came with tau of one second and goes with it: the rest is tau / Tf of it
        let back = rig.after(1, r);
        let left = bound * (1.0 / WEEK as f64) / float(filter) + 1e-6;
        prop_assert!(float(back.d).abs() <= left, "{} > {}", back.d, left);
    }
}

// ---------------------------------------------------------------- property 5

/// A running controller with everything at work, somewhere between its limits
/// or at one of them, about to meet the same y again a second later.
fn running() -> impl Strategy<Value = (Rig, Fx)> {
    let ys = prop::collection::vec(bits(whole(0), whole(1)), 2..=8);
    (ys, 1i64..=WEEK, 0i64..=60_000, any::<bool>(), 0u64..=2).prop_map(
        |(ys, dt, kd, slow, leak)| {
            let slew = if slow { Some(3_000) } else { None };
            let config = Config {
                kd: ppm(kd),
                slew_up: slew,
                slew_down: slew,
                half_life: leak * 26 * WEEK as u64,
                ..emission()
            };
            let mut rig = Rig::primed(config, ys[0]);
            for &y in &ys {
                rig.after(dt, y);
            }
            (rig, ys[ys.len() - 1])
        },
    )
}

/// The changes after which u must not jump.
fn bumpless() -> impl Strategy<Value = Change> {
    let jump = 0u32;
    prop_oneof![
        bits(whole(0), whole(1_000_000)).prop_map(move |to| Change::Kp {
            to,
            over_seconds: jump
        }),
        bits(whole(0), whole(100_000)).prop_map(move |to| Change::Kd {
            to,
            over_seconds: jump
        }),
        bits(ratio(1, 2), whole(10)).prop_map(move |to| Change::Filter {
            to,
            over_seconds: jump
        }),
        bits(whole(0), ratio(1, 2)).prop_map(move |to| Change::DeadBand {
            to,
            over_seconds: jump
        }),
        bits(whole(0), whole(50_000)).prop_map(move |to| Change::Ki {
            to,
            over_seconds: jump
        }),
        (4u64..=100).prop_map(|k| Change::HalfLife(k * WEEK as u64)),
        Just(Change::HalfLife(0)),
    ]
}

proptest! {
    #![proptest_config(cases(REGRESSIONS, 2_000))]

    #[test]
    fn p05_changes_of_gains_filter_band_and_leak_are_bumpless(
        (rig, y) in running(), what in bumpless(),
    ) {
        let mut unchanged = rig.clone();
        let mut changed = rig.clone();
        changed.set(what);
        prop_assert_eq!(changed.state.u, rig.state.u, "a change moves nothing by itself");
        let (without, with) = (unchanged.after(1, y), changed.after(1, y));
        // One ppm, and what a second of a week can make of D and of the increment.
        prop_assert!((with.u - without.u).abs() <= 1, "{} {}", without.u, with.u);
        // raw as well, unless it was beyond a limit and the change took that back
        let raw = float(without.raw);
        let expected = match what {
            Change::Ki { .. } | Change::HalfLife(_) => raw,
            _ => raw.clamp(10_000.0, 200_000.0),
        };
        let apart = (float(with.raw) - expected).abs().min((float(with.raw) - raw).abs());
        prop_assert!(apart <= 2.0, "{} {}", without.raw, with.raw);
    }

    /// u on its way or at rest, saturated or not: a new setpoint or bias touches
    /// neither I nor anything else that is remembered.
    #[test]
    fn p05_setpoint_and_bias_changes_leave_the_state_alone(
        (mut rig, _) in running(),
        to in bits(whole(0), whole(1)),
        over_seconds in prop_oneof![Just(0), any::<u32>()],
        bias in 10_000i64..=200_000,
    ) {
        let before = rig.state;
        rig.set(Change::Setpoint { to, over_seconds });
        rig.set(Change::Bias { to: whole(bias), over_seconds });
        prop_assert_eq!(rig.state, before);
    }

    #[test]
    fn p05_taking_over_by_hand_and_back_is_bumpless(
        (mut rig, _) in running(), manual in 10_000i64..=200_000, dt in 1i64..=WEEK,
        y in bits(whole(0), whole(1)),
    ) {
        // taking over moves u to the hand's value under the slew limits only
        let u = rig.state.u;
        rig.set(Change::Mode(Mode::Manual(manual)));
        prop_assert_eq!(rig.state.u, u);
        let by_hand = rig.after(dt, y).u;
        if rig.config.slew_up.is_some() {
            prop_assert!((by_hand - u).abs() <= 3_000);
        } else {
            prop_assert_eq!(by_hand, manual);
        }
        // a new value by hand, then back to the law
        rig.set(Change::Mode(Mode::Manual(by_hand)));
        rig.set(Change::Mode(Mode::Auto));
        prop_assert!((rig.after(dt, y).u - by_hand).abs() <= 1);
    }

    #[test]
    fn p05_resuming_after_a_breaker_is_bumpless(
        (mut rig, _) in running(), dt in 1i64..=WEEK, y in bits(whole(0), whole(1)),
    ) {
        let u = rig.state.u;
        for _ in 0..3 {
            rig.with(dt, |now| Input { tripped: true, ..fresh(now, y) });
        }
        prop_assert_eq!(rig.state.u, u);
        rig.state = resume(&rig.config, &rig.state, rig.now);
        let first = rig.after(dt, y);
        prop_assert!((first.u - u).abs() <= 1);
        prop_assert!(first.flags.contains(Flags::PRIMED));
    }

    #[test]
    fn p05_a_limit_that_excludes_u_clamps_it_at_once_and_leaves_no_wind_up(
        (mut rig, y) in running(), cut in 0.0f64..=1.0, below in any::<bool>(),
    ) {
        // given: a limit on the wrong side of u, whatever the slew
        let u = rig.state.u;
        let (min, max) = if below {
            (0, (u - 1 - (cut * (u - 2) as f64) as i64).max(1))
        } else {
            (u + 1 + (cut * 100_000.0) as i64, 400_000)
        };
        let bias = whole(60_000.clamp(min, max));
        rig.config.bias = still(bias);
        rig.state.last.u0 = bias;

        // when
        rig.set(Change::Limits { min, max });

        // then
        let limit = u.clamp(min, max);
        prop_assert_eq!(rig.state.u, limit);
        // I = u - u0 - F - P - D: raw is where u is
        let last = rig.state.last;
        let raw = bias + last.f + last.p + last.d + rig.state.integral;
        prop_assert!((float(raw) - limit as f64).abs() < 1e-3, "{} {}", raw, limit);
        let next = rig.after(1, y);
        prop_assert!((next.u - limit).abs() <= 1);
    }
}

#[test]
fn p05_limits_that_contain_u_change_nothing() {
    let mut rig = Rig::primed(emission(), ratio(50, 100));
    rig.after(WEEK, ratio(50, 100));
    let before = rig.state;
    rig.set(Change::Limits {
        min: 5_000,
        max: before.u,
    });
    assert_eq!(
        (rig.state.u, rig.state.integral),
        (before.u, before.integral)
    );
}

#[test]
fn p05_every_step_of_a_gain_ramp_is_bumpless() {
    type Case = (fn(u32) -> Change, &'static str);
    let ramps: [Case; 4] = [
        (
            |over_seconds| Change::Kp {
                to: whole(700_000),
                over_seconds,
            },
            "Kp",
        ),
        (
            |over_seconds| Change::Kd {
                to: whole(700_000),
                over_seconds,
            },
            "Kd",
        ),
        (
            |over_seconds| Change::Filter {
                to: whole(9),
                over_seconds,
            },
            "Tf",
        ),
        (
            |over_seconds| Change::DeadBand {
                to: ratio(1, 5),
                over_seconds,
            },
            "dead-band",
        ),
    ];
    for (ramp, name) in ramps {
        // given: a standing error, an integral that stands still, a derivative at rest
        let y = ratio(40, 100);
        let config = Config {
            ki: ppm(0),
            kd: ppm(1_000),
            ..emission()
        };
        let mut rig = Rig::primed(config, y);
        for _ in 0..10 {
            rig.after(WEEK, y);
        }
        let u = rig.state.u;

        // when: ten weeks of ramp, retargeted on the way, cranked at odd times
        rig.set(ramp(10 * WEEK as u32));
        for n in 0..40 {
            if n == 20 {
                rig.set(ramp(7 * WEEK as u32));
            }
            let got = rig.after(WEEK / 3 + 1_234, y);
            // then
            assert!(
                (got.u - u).abs() <= 1,
                "{name}, call {n}: {} from {u}",
                got.u
            );
        }
        if name == "Kp" {
            assert!(rig.state.last.p > whole(200_000), "the ramp did run");
        }
    }
}

#[test]
fn p05_a_gain_ramp_that_runs_during_a_hold_is_bumpless() {
    let y = ratio(40, 100);
    let mut rig = Rig::primed(
        Config {
            ki: ppm(0),
            ..emission()
        },
        y,
    );
    rig.after(WEEK, y);
    let u = rig.state.u;
    rig.set(Change::Kp {
        to: whole(500_000),
        over_seconds: 3 * WEEK as u32,
    });
    rig.after(WEEK, y);
    rig.blind(WEEK);
    rig.blind(2 * WEEK);
    assert!((rig.after(WEEK, y).u - u).abs() <= 1);
}

#[test]
fn p05_ki_and_the_half_life_leave_the_integral_alone() {
    let mut rig = Rig::primed(emission(), ratio(50, 100));
    rig.after(WEEK, ratio(50, 100));
    let integral = rig.state.integral;
    assert_ne!(integral, whole(0));
    rig.set(Change::Ki {
        to: whole(70_000),
        over_seconds: 0,
    });
    rig.set(Change::HalfLife(30 * WEEK as u64));
    rig.set(Change::HalfLife(0));
    assert_eq!(rig.state.integral, integral);
}

#[test]
fn p05_bias_and_setpoint_are_not_resolved_but_act_through_ramp_and_slew() {
    // given
    let y = ratio(60, 100);
    let changes = [
        Change::Bias {
            to: whole(100_000),
            over_seconds: 4 * WEEK as u32,
        },
        Change::Setpoint {
            to: ratio(90, 100),
            over_seconds: 4 * WEEK as u32,
        },
    ];
    for (what, ends) in changes.into_iter().zip([40_000.0, 48_000.0]) {
        let mut rig = Rig::primed(
            Config {
                ki: ppm(0),
                ..emission()
            },
            y,
        );
        rig.after(WEEK, y);
        let before = rig.state;

        // when
        rig.set(what);

        // then: nothing happens at once, the integral stays, u follows the ramp
        assert_eq!(rig.state, before);
        for _ in 0..4 {
            let step_of_u = rig.after(WEEK, y);
            assert!(step_of_u.u > step_of_u.u_prev);
            assert!(step_of_u.u - step_of_u.u_prev <= 20_000);
        }
        assert_eq!(rig.state.integral, before.integral);
        assert!(
            (rig.state.u as f64 - before.u as f64 - ends).abs() <= 2.0,
            "{}",
            rig.state.u
        );
    }

    // and a jump of the bias runs into the slew limit
    let mut rig = Rig::primed(emission(), y);
    rig.set(Change::Bias {
        to: whole(160_000),
        over_seconds: 0,
    });
    let path = [(); 5].map(|()| rig.after(WEEK, y).u);
    assert_eq!(path, [80_000, 100_000, 120_000, 140_000, 160_000]);
}

/// The range guard of the integral must hold what a re-solve against a
/// feed-forward at its limit needs, or the next step would cut it.
#[test]
fn p05_bumpless_with_a_feed_forward_wider_than_the_limits() {
    // given: F at -1, five times the span of u
    let y = ratio(60, 100);
    let config = Config {
        kp: ppm(0),
        ki: ppm(0),
        kf: whole(-1_000_000),
        f_max: whole(1_000_000),
        ..emission()
    };
    let mut rig = Rig::primed(config, y);
    rig.with(WEEK, |now| Input {
        w: Some(whole(1)),
        ..fresh(now, y)
    });
    let u = rig.state.u;

    // when
    rig.state = resume(&rig.config, &rig.state, rig.now);

    // then
    for _ in 0..4 {
        assert_eq!(rig.after(WEEK, y).u, u);
    }
}

// ---------------------------------------------------------------- property 6

proptest! {
    #![proptest_config(cases(REGRESSIONS, 2_000))]

    /// Given any configuration that validates, any state and any inputs, when
    /// the law is called in any way, then nothing panics, u is a value within
    /// the limits and the buckets hold no more than a period's worth.
    #[test]
    fn p06_the_law_is_total(situation in garbage()) {
        let (mut config, mut state, inputs, changes) = situation;
        prop_assume!(config.validate().is_ok());
        for (input, what) in inputs.iter().zip(&changes) {
            let repeated = input.now <= state.last_at;
            let (after, decision) = step(&config, &state, input);
            if repeated {
                prop_assert_eq!(after, state);
            } else {
                prop_assert!((config.min..=config.max).contains(&after.u), "{}", after.u);
                prop_assert_eq!((after.u, after.last_at), (decision.u, input.now));
                for (bucket, rate) in
                    [(after.bucket_up, config.slew_up), (after.bucket_down, config.slew_down)]
                {
                    prop_assert!(rate.is_none_or(|rate| bucket <= rate * u64::from(config.period)));
                }
            }
            state = after;
            if let Ok((changed, after)) = change(&config, &state, what, input.now) {
                prop_assert!(changed.validate().is_ok());
                config = changed;
                state = after;
            }
            let resumed = resume(&config, &state, input.now);
            prop_assert_eq!(resumed.u, state.u);
            let created = create(&config, input.now);
            prop_assert!(created.is_ok_and(|new| (config.min..=config.max).contains(&new.u)));
        }
    }

    /// Given any configuration that validates and any state, when ordinary
    /// samples come in again, then at most one of them is lost to what the state
    /// held: no state bricks the law.
    #[test]
    fn p06_no_state_bricks_the_law(situation in garbage()) {
        let (config, mut state, _, _) = situation;
        prop_assume!(config.validate().is_ok());
        state.last_at = START;
        let mut now = START;
        let mut failed = false;
        for n in 0..6 {
            now += i64::from(config.period);
            // from one end of the credible range to the other
            let y = if n % 2 == 0 { config.y_min } else { config.y_max };
            let (after, decision) =
                step(&config, &state, &Input { w: Some(config.w_ref), ..fresh(now, y) });
            state = after;
            let fails = decision.held == HoldReason::Computation;
            prop_assert!(fails || decision.held == HoldReason::None);
            prop_assert!(!(failed && fails), "twice in a row, call {}", n);
            failed = fails;
        }
    }
}

/// A field and what puts it outside its range.
type Break = (Field, fn(&mut Config));

/// One break of each field, in the order of their declaration; the second one
/// breaks the other end of its range.
fn broken() -> Vec<Break> {
    fn past(value: Fx) -> Ramp {
        still(value)
    }
    vec![
        (Field::Mode, |c| {
            c.mode = Mode::Manual(c.max.saturating_add(1))
        }),
        (Field::Mode, |c| {
            c.mode = Mode::Manual(c.min.saturating_sub(1))
        }),
        (Field::Period, |c| c.period = 59),
        (Field::Period, |c| c.period = Config::MAX_PERIOD + 1),
        (Field::MaxPeriods, |c| c.max_periods = 0),
        (Field::MaxPeriods, |c| c.max_periods = 53),
        (Field::MaxHold, |c| c.max_hold = 0),
        (Field::MaxHold, |c| c.max_hold = 1_001),
        (Field::Setpoint, |c| {
            c.setpoint = past(Config::MAX_SIGNAL + Fx::DELTA)
        }),
        (Field::Setpoint, |c| {
            c.setpoint.from = -Config::MAX_SIGNAL - Fx::DELTA
        }),
        (Field::Scale, |c| c.scale = whole(0)),
        (Field::Scale, |c| c.scale = whole(-1)),
        (Field::Scale, |c| c.scale = Config::MAX_SIGNAL + Fx::DELTA),
        (Field::Bias, |c| c.bias = past(whole(c.max) + Fx::DELTA)),
        (Field::Bias, |c| c.bias.from = whole(c.min) - Fx::DELTA),
        (Field::Kp, |c| c.kp = past(-Fx::DELTA)),
        (Field::Kp, |c| c.kp.from = Config::MAX_GAIN + Fx::DELTA),
        (Field::Ki, |c| c.ki = past(-Fx::DELTA)),
        (Field::Ki, |c| c.ki.from = Fx::MAX),
        (Field::Kd, |c| c.kd = past(-Fx::DELTA)),
        (Field::Kd, |c| c.kd.from = Fx::MIN),
        (Field::Filter, |c| {
            c.filter = past(Config::MIN_FILTER - Fx::DELTA)
        }),
        (Field::Filter, |c| c.filter.from = whole(0)),
        (Field::DeadBand, |c| c.dead_band = past(-Fx::DELTA)),
        (Field::DeadBand, |c| c.dead_band = past(whole(8))),
        (Field::HalfLife, |c| c.half_life = 4 * WEEK as u64 - 1),
        (Field::HalfLife, |c| c.half_life = 1),
        (Field::HalfLife, |c| c.half_life = u64::MAX),
        (Field::Min, |c| c.min = c.max),
        (Field::Min, |c| c.min = i64::MIN),
        (Field::Max, |c| c.max = i64::MAX),
        (Field::SlewUp, |c| c.slew_up = Some(u64::MAX)),
        (Field::SlewDown, |c| {
            c.slew_down = Some(Config::MAX_SLEW + 1)
        }),
        (Field::Kf, |c| c.kf = Fx::MIN),
        (Field::Kf, |c| c.kf = Config::MAX_GAIN + Fx::DELTA),
        (Field::WRef, |c| c.w_ref = Fx::MAX),
        (Field::FMax, |c| c.f_max = -Fx::DELTA),
        (Field::FMax, |c| c.f_max = Fx::MAX),
        (Field::YMin, |c| c.y_min = c.y_max),
        (Field::YMin, |c| c.y_min = Fx::MIN),
        (Field::YMax, |c| c.y_max = Fx::MAX),
    ]
}

#[test]
fn p06_validation_names_the_first_offending_field() {
    assert!(emission().validate().is_ok());
    let broken = broken();
    for (field, damage) in &broken {
        let mut config = emission();
        damage(&mut config);
        assert_eq!(config.validate().map_err(|error| error.field), Err(*field));
        assert_eq!(
            create(&config, START).map_err(|error| error.field),
            Err(*field)
        );
    }
    for (n, (first, one)) in broken.iter().enumerate() {
        for (second, other) in &broken[n..] {
            let mut config = emission();
            other(&mut config);
            one(&mut config);
            let named = config.validate().expect_err("two fields are broken").field;
            // Limits that are at fault themselves are not held against the manual
            // value and the bias, and breaking both ends of a range can leave them
            // in order or not: then either may be named.
            let limits = [Field::Min, Field::Max];
            let credible = [Field::YMin, Field::YMax];
            let pair = limits.contains(second)
                && [Field::Mode, Field::Bias, Field::Min].contains(first)
                || credible.contains(first) && credible.contains(second);
            let named_one_of_them = named == *second && pair;
            assert!(
                named == *first || named_one_of_them,
                "{first:?} and {second:?} gave {named:?}"
            );
        }
    }
}

#[test]
fn p06_the_ends_of_every_range_validate() {
    let period = u64::from(Config::MAX_PERIOD);
    let ends: [fn(&mut Config); 20] = [
        |c| c.mode = Mode::Manual(c.max),
        |c| c.mode = Mode::Manual(c.min),
        |c| c.period = 60,
        |c| c.max_periods = 1,
        |c| c.max_periods = 52,
        |c| c.max_hold = 1,
        |c| c.setpoint = still(whole(0)),
        |c| c.setpoint = still(whole(-1)),
        |c| c.scale = Config::MIN_SCALE,
        |c| c.bias = ppm(c.max),
        |c| c.bias = ppm(c.min),
        |c| c.kp = still(Config::MAX_GAIN),
        |c| c.filter = still(Config::MIN_FILTER),
        |c| c.dead_band = still(whole(8) - Fx::DELTA),
        |c| c.half_life = 4 * WEEK as u64,
        |c| c.half_life = Config::MAX_HALF_LIFE,
        |c| c.slew_up = Some(0),
        |c| c.slew_down = Some(Config::MAX_SLEW),
        |c| (c.min, c.max) = (-Config::MAX_OUTPUT, Config::MAX_OUTPUT),
        |c| c.min = c.max - 1_000,
    ];
    for (n, end) in ends.iter().enumerate() {
        let mut config = emission();
        end(&mut config);
        if n == ends.len() - 1 {
            config.bias = ppm(config.max);
        }
        assert_eq!(config.validate(), Ok(()), "end {n}");
    }
    let longest = Config {
        period: Config::MAX_PERIOD,
        max_periods: 52,
        half_life: 52 * period,
        ..emission()
    };
    assert_eq!(longest.validate(), Ok(()));
}

#[test]
fn p06_a_refused_change_names_its_field() {
    let rig = Rig::primed(emission(), ratio(1, 2));
    let refused = |what: Change| {
        change(&rig.config, &rig.state, &what, rig.now)
            .map_err(|error| error.field)
            .err()
    };
    assert_eq!(
        refused(Change::Kp {
            to: whole(-1),
            over_seconds: 5
        }),
        Some(Field::Kp)
    );
    assert_eq!(refused(Change::HalfLife(60)), Some(Field::HalfLife));
    assert_eq!(
        refused(Change::Mode(Mode::Manual(300_000))),
        Some(Field::Mode)
    );
    // The bias of 60,000 ppm must lie within the new limits.
    assert_eq!(
        refused(Change::Limits {
            min: 70_000,
            max: 80_000
        }),
        Some(Field::Bias)
    );
    assert_eq!(
        refused(Change::Limits {
            min: 80_000,
            max: 70_000
        }),
        Some(Field::Min)
    );
}

// ---------------------------------------------------------------- property 7

#[test]
fn p07_a_failed_computation_holds_the_value() {
    // given: states no step makes, whose sum leaves what the numbers can hold
    type Case = (fn(&mut State), Fx);
    let table: [Case; 6] = [
        (|state| state.integral = Fx::MAX, ratio(10, 100)),
        (|state| state.integral = Fx::MIN, ratio(99, 100)),
        (|state| state.derivative = Fx::MAX, ratio(10, 100)),
        (|state| state.derivative = Fx::MAX, ratio(60, 100)),
        (|state| state.derivative = Fx::MIN, ratio(60, 100)),
        (|state| state.derivative = Fx::MIN, ratio(99, 100)),
    ];
    for slew in [None, Some(20_000)] {
        for (n, (spoil, y)) in table.iter().enumerate() {
            let config = Config {
                kd: ppm(400_000),
                slew_up: slew,
                slew_down: slew,
                ..emission()
            };
            let mut rig = Rig::primed(config, ratio(50, 100));
            rig.after(WEEK, ratio(50, 100));
            let u = rig.state.u;
            assert!(u > 60_000 && u < 200_000, "neither bias nor limit: {u}");
            spoil(&mut rig.state);

            // when
            let got = rig.after(WEEK, *y);

            // then: u stays where it was, and the clock goes on
            assert_eq!(got.held, HoldReason::Computation, "case {n}");
            assert!(got.flags.contains(Flags::HELD));
            assert_eq!((got.u, rig.state.u), (u, u), "case {n}");
            assert_eq!(rig.state.last_at, rig.now);
            // and the next sample continues from there
            let next = rig.after(60, *y);
            assert_eq!((next.held, next.u), (HoldReason::None, u), "case {n}");
        }
    }
}

proptest! {
    #![proptest_config(cases(REGRESSIONS, 2_000))]

    /// Whatever the state and the input, a step that held for a computation, or
    /// for any reason before its patience ends, keeps u, or repairs it to the
    /// nearest limit.
    #[test]
    fn p07_a_held_step_never_goes_anywhere(situation in garbage()) {
        let (config, mut state, inputs, _) = situation;
        prop_assume!(config.validate().is_ok());
        let mut input = inputs[0];
        if input.now < state.last_at {
            (input.now, state.last_at) = (state.last_at, input.now);
        }
        let input = &input;
        let (_, decision) = step(&config, &state, input);
        if input.now > state.last_at
            && decision.held != HoldReason::None
            && !decision.flags.contains(Flags::HOLD_EXPIRED)
            && config.mode == Mode::Auto
        {
            prop_assert_eq!(decision.u, state.u.clamp(config.min, config.max));
        }
    }
}

// ---------------------------------------------------------------- property 8

proptest! {
    #![proptest_config(cases(REGRESSIONS, 4_000))]

    #[test]
    fn p08_the_same_or_an_earlier_instant_changes_nothing(
        (config, state, input) in situations(), back in prop_oneof![Just(0), 0i64..=1_000, 0i64..=i64::MAX], blind in any::<bool>(),
    ) {
        let (state, decision) = step(&config, &state, &input);
        let mut again = Input { now: input.now.saturating_sub(back), ..input };
        if blind {
            again.y = None;
        }
        let (unchanged, repeated) = step(&config, &state, &again);
        prop_assert_eq!(unchanged, state);
        prop_assert!(repeated.flags.contains(Flags::REPEATED));
        let flags = Flags(decision.flags.0 | Flags::REPEATED.0);
        prop_assert_eq!(repeated, Decision { flags, ..decision });
    }
}

#[test]
fn p08_a_repeated_instant_right_after_creation_returns_the_bias() {
    let rig = Rig::new(emission());
    let (state, decision) = step(&rig.config, &rig.state, &fresh(START, ratio(1, 10)));
    assert_eq!(state, rig.state);
    assert!(decision.flags.contains(Flags::REPEATED));
    assert_eq!((decision.u, decision.u_prev), (60_000, 60_000));
}

#[test]
fn p08_the_clock_of_the_state_never_goes_back() {
    let mut rig = Rig::primed(emission(), ratio(1, 2));
    let mut latest = rig.now;
    let mut noise = Noise(3);
    for _ in 0..1_000 {
        let now = latest + noise.between(-WEEK, WEEK);
        let (state, _) = step(&rig.config, &rig.state, &fresh(now, ratio(1, 2)));
        latest = latest.max(now);
        assert_eq!(state.last_at, latest);
        rig.state = state;
    }
}

// ---------------------------------------------------------------- property 9

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

// --------------------------------------------------------------- property 10

proptest! {
    #![proptest_config(cases(REGRESSIONS, 1_500))]

    #[test]
    fn p10_in_any_window_u_travels_at_most_rate_times_window_and_a_period(
        up in 0u64..=50_000, down in 0u64..=50_000,
        steps in prop::collection::vec(
            (
                prop_oneof![1i64..=600, 1i64..=WEEK, 1i64..=6 * WEEK],
                prop_oneof![
                    1 => Just(None),
                    9 => bits(whole(0), whole(1)).prop_map(Some),
                ],
            ),
            1..=60,
        ),
        kp in 0i64..=1_000_000,
    ) {
        let config = Config {
            slew_up: Some(up), slew_down: Some(down), kp: ppm(kp), ..emission()
        };
        let mut rig = Rig::new(config);
        let mut path = vec![(rig.now, rig.state.u)];
        for (dt, y) in steps {
            match y {
                Some(y) => rig.after(dt, y),
                None => rig.blind(dt),
            };
            path.push((rig.now, rig.state.u));
        }
        for first in 0..path.len() {
            let (mut rise, mut fall) = (0i128, 0i128);
            for pair in path[first..].windows(2) {
                let moved = i128::from(pair[1].1 - pair[0].1);
                rise += moved.max(0);
                fall += (-moved).max(0);
                // From just before the first movement to the last one.
                let window = i128::from(pair[1].0 - path[first].0 + WEEK);
                prop_assert!(rise * i128::from(WEEK) <= i128::from(up) * window);
                prop_assert!(fall * i128::from(WEEK) <= i128::from(down) * window);
            }
        }
    }
}

#[test]
fn p10_a_long_silence_saves_up_one_period_and_no_more() {
    let mut rig = Rig::primed(emission(), ratio(60, 100));
    let got = rig.after(40 * WEEK, whole(0));
    assert_eq!(got.u, 80_000);
    assert!(got.flags.contains(Flags::SLEW_UP));
    assert_eq!(rig.after(1, whole(0)).u, 80_000);
    assert_eq!(rig.after(WEEK / 2, whole(0)).u, 90_000);
}

#[test]
fn p10_the_two_directions_have_their_own_rates_and_budgets() {
    // given: twice as fast down as up
    let config = Config {
        kp: ppm(1_000_000),
        bias: ppm(100_000),
        slew_up: Some(10_000),
        ..emission()
    };
    let mut rig = Rig::primed(config, ratio(60, 100));
    assert_eq!(rig.after(60, whole(0)).u, 110_000);
    // the other direction was not used up, nor is it refilled by this one
    assert_eq!(rig.after(60, whole(1)).u, 90_000);
    assert_eq!(rig.after(60, whole(0)).u, 90_001);
    assert_eq!(rig.state.last.flags.0 & Flags::SLEW_UP.0, Flags::SLEW_UP.0);
}

#[test]
fn p10_a_rate_of_zero_allows_no_movement_and_none_any() {
    for (up, down, y, u) in [
        (Some(0), Some(0), whole(0), 60_000),
        (Some(0), None, whole(0), 60_000),
        (None, Some(0), whole(0), 177_600),
        (Some(0), None, whole(1), 10_000),
    ] {
        let config = Config {
            slew_up: up,
            slew_down: down,
            ..emission()
        };
        let mut rig = Rig::primed(config, ratio(60, 100));
        let got = rig.after(WEEK, y).u;
        assert!((got - u).abs() <= 1, "{up:?} {down:?}: {got}");
    }
}

#[test]
fn p10_a_u_outside_the_limits_is_repaired_whatever_the_slew() {
    for (u, y, repaired) in [(500_000, whole(0), 200_000), (-7, whole(1), 10_000)] {
        let config = Config {
            slew_up: Some(0),
            slew_down: Some(0),
            ..emission()
        };
        // with a sample and without
        for blind in [false, true] {
            let mut rig = Rig::primed(config, ratio(60, 100));
            rig.state.u = u;
            let got = if blind {
                rig.blind(60)
            } else {
                rig.after(60, y)
            };
            assert_eq!(got.u, repaired);
        }
    }
}

#[test]
fn p10_new_slew_limits_apply_to_what_was_saved_up() {
    let mut rig = Rig::primed(emission(), ratio(60, 100));
    rig.set(Change::Slew {
        up: Some(1_000),
        down: Some(500),
    });
    assert_eq!(rig.after(1, whole(0)).u, 61_000);
}

// --------------------------------------------------------------- property 11

proptest! {
    #![proptest_config(cases(REGRESSIONS, 10_000))]

    /// Given any state, at limits and between, when y differs and nothing else,
    /// then the larger error never gives the smaller u. The second y is close to
    /// the first, or far from it, or within an ulp.
    #[test]
    fn p11_a_larger_error_never_gives_a_smaller_u(
        (config, state, input) in situations(),
        apart in prop_oneof![
            bits(whole(0), whole(3)),
            bits(whole(0), ratio(1, 1_000_000)),
            (0i128..=3).prop_map(Fx::from_bits),
        ],
    ) {
        let sample = input.y.unwrap();
        let low = sample.value.min(config.y_max - apart);
        let [at_low, at_high] = [low, low + apart].map(|value| {
            let y = Some(Sample { value, ..sample });
            step(&config, &state, &Input { y, ..input }).1
        });
        let (larger, smaller) = match config.direction {
            Direction::Reverse => (at_low, at_high),
            Direction::Direct => (at_high, at_low),
        };
        prop_assert!(larger.z >= smaller.z);
        prop_assert!(larger.raw >= smaller.raw, "{} < {}", larger.raw, smaller.raw);
        prop_assert!(larger.limited >= smaller.limited);
        prop_assert!(larger.u >= smaller.u, "{} < {}", larger.u, smaller.u);
    }
}

// --------------------------------------------------------------- property 12

#[test]
fn p12_there_is_no_step_at_the_edge_of_the_dead_band() {
    // given: scale 1 and a band that the numbers hold exactly
    let band = ratio(1, 32);
    for side in [whole(1), whole(-1)] {
        let config = Config {
            dead_band: still(band),
            kp: ppm(1_000_000),
            ki: ppm(1_000_000),
            ..open()
        };
        let error = |z: Fx| {
            let mut rig = Rig::primed(config, whole(0));
            rig.after(3_600, -(z * side))
        };

        // when, then: e grows from zero, ulp by ulp
        assert_eq!(error(band - Fx::DELTA).e, whole(0));
        assert_eq!(error(band).e, whole(0));
        assert_eq!(error(band + Fx::DELTA).e, Fx::DELTA * side);
        assert_eq!(error(band * 3).e, (band * 2) * side);
        assert!(error(band).flags.contains(Flags::DEAD_BAND));
        assert!(!error(band + Fx::DELTA).flags.contains(Flags::DEAD_BAND));
        // and u with it: a millionth outside moves it by 2 ppm, P and I
        assert_eq!(
            error(band + ratio(1, 1_000_000)).u,
            error(band).u + signum(side)
        );
        assert_eq!(error(band).u, 0);
    }
}

fn signum(x: Fx) -> i64 {
    x.to_num::<i64>().signum()
}

#[test]
fn p12_zero_error_costs_nothing() {
    let mut rig = Rig::primed(emission(), ratio(60, 100));
    for _ in 0..100 {
        let got = rig.after(WEEK, ratio(60, 100));
        assert_eq!(
            (got.p, got.i, got.d, got.u),
            (whole(0), whole(0), whole(0), 60_000)
        );
    }
}

#[test]
fn p12_nothing_drifts_inside_the_band_without_leak() {
    // given: an integral that some earlier error left
    let mut rig = Rig::primed(emission(), ratio(50, 100));
    rig.after(WEEK, ratio(50, 100));
    rig.after(WEEK, ratio(60, 100));
    let before = rig.state;
    assert_ne!(before.integral, whole(0));

    // when: ten thousand lopsided errors within 2 % of 0.6
    let mut noise = Noise(12);
    for _ in 0..10_000 {
        let y = ratio(600_000 + i128::from(noise.between(0, 11_999)), 1_000_000);
        let got = rig.after(noise.between(1, WEEK), y);
        assert!(got.flags.contains(Flags::DEAD_BAND));
    }

    // then: bit for bit
    assert_eq!(
        (rig.state.integral, rig.state.u),
        (before.integral, before.u)
    );
}

#[test]
fn p12_outside_the_band_the_integral_works_the_error_down_to_its_edge() {
    // given: a plant whose equilibrium at the bias lies far outside the band
    let mut plant = Plant {
        y: 0.45,
        load: -0.15,
        dead: 0.0,
    };
    let mut rig = Rig::primed(emission(), fx(plant.y));
    // when
    let history = plant.run(&mut rig, 200, |_| 0.0);
    // then: it ends at the edge, not at an offset beyond it
    let left = (0.6 - history[199]) / 0.6;
    assert!((left - 0.02).abs() < 0.001, "{left}");
}

// --------------------------------------------------------------- property 13

/// A first-order plant: y follows 10 u plus a load with a time constant of 4
/// periods, and u reaches it after a dead time. Solved exactly in pieces of a
/// 20th of a period.
struct Plant {
    y: f64,
    load: f64,
    /// Dead time in periods.
    dead: f64,
}

impl Plant {
    const PIECES: usize = 20;

    /// Runs the law and the plant for some periods; the law sees the mean of y
    /// over each, plus noise. Returns the mean of each period without it.
    fn run(
        &mut self,
        rig: &mut Rig,
        periods: usize,
        mut noise: impl FnMut(usize) -> f64,
    ) -> Vec<f64> {
        let delay = (self.dead * Self::PIECES as f64).round() as usize;
        let mut under_way = std::collections::VecDeque::from(vec![rig.state.u; delay]);
        let keep = (-1.0 / (4.0 * Self::PIECES as f64)).exp();
        let mut history = Vec::with_capacity(periods);
        for n in 0..periods {
            let mut sum = 0.0;
            for _ in 0..Self::PIECES {
                under_way.push_back(rig.state.u);
                let u = under_way.pop_front().unwrap_or(rig.state.u) as f64 / 1e6;
                let rest = (10.0 * u + self.load).clamp(0.0, 1.0);
                self.y = rest + (self.y - rest) * keep;
                sum += self.y;
            }
            let mean = sum / Self::PIECES as f64;
            history.push(mean);
            let got = rig.after(WEEK, fx((mean + noise(n)).clamp(0.0, 1.0)));
            assert_eq!(got.held, HoldReason::None);
        }
        history
    }
}

#[test]
fn p13_the_default_gains_half_and_twice_of_them_settle_within_40_periods() {
    for (gain, divisor) in [(1, 1), (1, 2), (2, 1)] {
        for dead in [0.0, 0.5, 1.0] {
            for (y, load) in [
                (0.3, 0.0),
                (0.9, 0.0),
                (0.6, -0.3),
                (0.6, 0.3),
                (0.6, -0.1),
                (0.2, 0.2),
            ] {
                // given
                let config = Config {
                    kp: ppm(100_000 * gain / divisor),
                    ki: ppm(20_000 * gain / divisor),
                    ..emission()
                };
                let mut plant = Plant { y, load, dead };
                let mut rig = Rig::primed(config, fx(y));

                // when
                let history = plant.run(&mut rig, 200, |_| 0.0);

                // then: from the 40th period on within the band and a quarter of it
                let worst = history[40..]
                    .iter()
                    .map(|y| (y - 0.6).abs() / 0.6)
                    .fold(0.0, f64::max);
                assert!(
                    worst <= 0.025,
                    "{gain}/{divisor}, dead time {dead}, y {y}, load {load}: {worst}"
                );
            }
        }
    }
}

// --------------------------------------------------------------- property 14

#[test]
fn p14_symmetric_noise_with_asymmetric_slew_moves_the_mean_of_y_by_less_than_0_005() {
    // Noise whose Ki |e| fits both slew limits. Beyond that the clamp of the
    // increment to what u may slew rectifies: 2,000 down, 20,000 up and ±0.08
    // shift the mean by 0.0054.
    for (up, down, amplitudes) in [
        (20_000, 5_000, [0.03, 0.08]),
        (5_000, 20_000, [0.03, 0.08]),
        (2_000, 20_000, [0.03, 0.06]),
        (20_000, 2_000, [0.03, 0.06]),
    ] {
        for amplitude in amplitudes {
            for seed in 1..=3 {
                // given: a plant at rest at the target, and no dead-band to hide in
                let config = Config {
                    slew_up: Some(up),
                    slew_down: Some(down),
                    dead_band: still(whole(0)),
                    ..emission()
                };
                let mut plant = Plant {
                    y: 0.6,
                    load: 0.0,
                    dead: 0.0,
                };
                let mut rig = Rig::primed(config, ratio(60, 100));

                // when: 40 years of weekly noise
                let mut noise = Noise(seed);
                let history = plant.run(&mut rig, 2_080, |_| amplitude * noise.symmetric());

                // then
                let mean = history.iter().sum::<f64>() / history.len() as f64;
                assert!(
                    (mean - 0.6).abs() < 0.005,
                    "slew {up} up, {down} down, noise {amplitude}: {mean}"
                );
            }
        }
    }
}

/// The model's own numbers are used above; this ties the helper to them.
#[test]
fn the_helpers_agree_with_exact_numbers() {
    assert_eq!(ulps_apart(&BigRational::whole(3), whole(3)), 0.0);
    assert_eq!(
        ulps_apart(&BigRational::exactly(ratio(1, 3)), ratio(1, 3) + Fx::DELTA),
        1.0
    );
    assert_eq!(fx(0.5), ratio(1, 2));
    assert_eq!(float(ratio(-3, 4)), -0.75);
}
