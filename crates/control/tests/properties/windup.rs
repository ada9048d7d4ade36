//! Property 1: the integral winds up neither at a limit nor while u slews.

use homeostat_control::{Change, Config, Flags, Fx, Input, Mode};
use proptest::prelude::*;

use crate::common::{random::cases, *};
use crate::{integral_only, REGRESSIONS};

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
    // The faster limit bounds both ways: Ki e is 10,000 and -6,667 in half a week.
    for (y, most) in [(whole(0), 1_500), (whole(1), -1_500)] {
        let mut rig = Rig::primed(config, ratio(3, 5));
        assert_eq!(rig.after(WEEK / 2, y).i, whole(most));
    }
}

#[test]
fn p01_a_long_slew_leaves_no_overshoot_behind() {
    // given: P and I that both want to rise fast, and u slewing for weeks
    let config = Config {
        slew_up: Some(5_000),
        slew_down: Some(5_000),
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

/// Steps a week on with a mean applied value of `share` of u.
fn capped(rig: &mut Rig, y: Fx, share: f64) {
    let applied = (rig.state.u as f64 * share) as i64;
    rig.with(WEEK, |now| Input {
        applied: Some(applied),
        ..fresh(now, y)
    });
}

#[test]
fn n16_a_pause_of_a_second_a_week_costs_a_seconds_worth() {
    // given: the staked share has dropped, u has to rise for weeks
    let y = ratio(50, 100);
    let (mut free, mut paused) = (Rig::primed(emission(), y), Rig::primed(emission(), y));

    // when: twenty weeks, in each of which the emission pauses for one second
    for _ in 0..20 {
        free.after(WEEK, y);
        capped(&mut paused, y, 1.0 - 1.0 / WEEK as f64);
    }

    // then: far away from where both began, u differs by a few ppm, where 1 % is 1,333
    assert_eq!(free.state.u, 133_333);
    let apart = free.state.u - paused.state.u;
    assert!((0..=5).contains(&apart), "{apart}");
}

#[test]
fn n16_the_longest_pauses_cost_their_share_and_no_more() {
    // given: 72 hours of every 30 days, all that the budget of pauses gives, for twenty weeks
    let y = ratio(50, 100);
    let mut paused = Rig::primed(emission(), y);
    let mut before = paused.state.u;
    for _ in 0..20 {
        capped(&mut paused, y, 0.9);
        // then: u rises more slowly, and it does rise
        assert!(paused.state.u > before, "{}", paused.state.u);
        before = paused.state.u;
    }
    assert!((98_500..=98_700).contains(&before), "{before}");
}

#[test]
fn p01_a_long_cap_leaves_no_wind_up() {
    // given: half a year in which half of the present u is all there is, and an error that
    // asks for more all the time
    let mut rig = Rig::primed(emission(), ratio(40, 100));
    let cap = 30_000;
    for _ in 0..60 {
        rig.with(WEEK, |now| Input {
            applied: Some(Ord::min(cap, now)),
            ..fresh(now, ratio(40, 100))
        });
    }
    // then: bias and integral alone ask for the value in force
    let resting = rig.state.integral + whole(60_000);
    assert!((float(resting) - cap as f64).abs() < 100.0, "{resting}");

    // when: the cap is lifted and the error gone, then u goes there and not above
    for _ in 0..8 {
        rig.after(WEEK, ratio(60, 100));
    }
    assert!((rig.state.u - cap).abs() <= 100, "{}", rig.state.u);
}

#[test]
fn p01_without_an_integral_gain_nothing_follows_a_cap() {
    let config = Config {
        ki: ppm(0),
        ..emission()
    };
    let mut rig = Rig::primed(config, ratio(50, 100));
    for _ in 0..10 {
        capped(&mut rig, ratio(50, 100), 0.0);
    }
    assert_eq!(rig.state.integral, whole(0));
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

/// Given an output on its way to its limit, when it rests there and the law wants further, then
/// the steps are counted; a hold leaves the number alone, and a reversal ends it.
#[test]
fn p01_steps_at_a_limit_are_counted_while_the_law_wants_further() {
    let mut rig = Rig::primed(emission(), ratio(60, 100));
    let mut count = 0;
    let mut counted = Vec::new();
    // 60,000 to 200,000 takes seven steps of 20,000; from then on anti-windup trims.
    for _ in 0..10 {
        count = rig.after(WEEK, ratio(10, 100)).count_at_limit(count);
        counted.push(count);
    }
    assert_eq!(counted, [0, 0, 0, 0, 0, 0, 1, 2, 3, 4]);
    // A held step and a repeated one say nothing about it.
    let held = rig.blind(WEEK);
    assert_eq!((held.u, held.count_at_limit(count)), (200_000, count));
    let again = rig.blind(0);
    assert!(again.flags.contains(Flags::REPEATED));
    assert_eq!(again.count_at_limit(count), count);
    // Back from there, and at the other end.
    let reversed = rig.after(WEEK, ratio(90, 100));
    assert_eq!(reversed.count_at_limit(count), 0);
    for _ in 0..30 {
        count = rig.after(WEEK, whole(1)).count_at_limit(count);
    }
    assert_eq!(rig.state.u, 10_000);
    assert!(count > 15, "{count}");
    assert_eq!(rig.state.last.count_at_limit(u32::MAX), u32::MAX);
    // At a limit with nothing further to want, for a controller by hand.
    rig.set(Change::Mode(Mode::Manual(10_000)));
    assert_eq!(rig.after(WEEK, whole(1)).count_at_limit(count), 0);
}
