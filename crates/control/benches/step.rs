//! Time of one step, natively. The target is below 1 µs.
//!
//! `cargo bench -p homeostat-control`
#![allow(clippy::arithmetic_side_effects)] // a benchmark, not the law

use std::hint::black_box;

use criterion::{criterion_group, criterion_main, Criterion};
use homeostat_control::{
    create, exp2_neg, guarded_step, observe, step, Config, Direction, Fx, GuardConfig, GuardState,
    Input, Ramp, Sampling,
};

const WEEK: i64 = 604_800;

/// Emission on the staked share with the starting gains.
fn emission() -> Config {
    let ppm = |value: i64| Ramp::constant(Fx::from_num(value));
    Config {
        kp: ppm(100_000),
        ki: ppm(20_000),
        dead_band: Ramp::constant(Fx::lit("0.02")),
        slew_up: Some(20_000),
        slew_down: Some(20_000),
        ..Config::new(
            Direction::Reverse,
            Sampling::Mean,
            604_800,
            Fx::lit("0.6"),
            60_000,
            10_000,
            200_000,
        )
    }
}

/// Every term at work: derivative, leak, and ramps in motion.
fn everything() -> Config {
    let moving = |from: i64, to: i64| Ramp {
        from: Fx::from_num(from),
        to: Fx::from_num(to),
        start: 0,
        end: WEEK * 100,
    };
    Config {
        kp: moving(100_000, 200_000),
        kd: moving(50_000, 60_000),
        setpoint: Ramp {
            from: Fx::lit("0.5"),
            to: Fx::lit("0.6"),
            start: 0,
            end: WEEK * 100,
        },
        half_life: 26 * WEEK as u64,
        kf: Fx::from_num(1_000),
        f_max: Fx::from_num(5_000),
        ..emission()
    }
}

fn benches(c: &mut Criterion) {
    for (name, config) in [
        ("step/default", emission()),
        ("step/everything", everything()),
    ] {
        let created = match create(&config, 0) {
            Ok(state) => state,
            Err(error) => panic!("{error}"),
        };
        // A state in full swing: primed, with a derivative and an integral.
        let mut state = created;
        for week in 1..6 {
            let y = Fx::lit("0.5") + Fx::from_num(week) / 70;
            state = step(&config, &state, &Input::mean(week * WEEK, y)).0;
        }
        let input = Input {
            w: Some(Fx::lit("0.1")),
            ..Input::mean(6 * WEEK + 77, Fx::lit("0.543"))
        };
        c.bench_function(name, |b| {
            b.iter(|| step(black_box(&config), black_box(&state), black_box(&input)));
        });
    }
    guard(c);
    c.bench_function("exp2_neg", |b| {
        b.iter(|| exp2_neg(black_box(604_877), black_box(26 * WEEK as u64)));
    });
}

/// A guard that judges: alone, and around the law.
fn guard(c: &mut Criterion) {
    let (config, settings) = (emission(), GuardConfig::default());
    let mut state = match create(&config, 0) {
        Ok(state) => state,
        Err(error) => panic!("{error}"),
    };
    let mut guard = GuardState::new(0);
    for week in 1..20 {
        let y = Fx::lit("0.5") + Fx::from_num(week % 5) / 70;
        let input = Input::mean(week * WEEK, y);
        let all = guarded_step(&config, &settings, &state, &guard, &input);
        (state, guard) = (all.state, all.guard);
    }
    let input = Input::mean(20 * WEEK + 77, Fx::lit("0.543"));
    let y = Some(Fx::lit("0.543"));
    c.bench_function("guard/observe", |b| {
        b.iter(|| {
            observe(
                black_box(&config),
                black_box(&settings),
                black_box(&guard),
                black_box(y),
                black_box(input.now),
            )
        });
    });
    c.bench_function("guard/step", |b| {
        b.iter(|| {
            guarded_step(
                black_box(&config),
                black_box(&settings),
                black_box(&state),
                black_box(&guard),
                black_box(&input),
            )
        });
    });
}

criterion_group!(group, benches);
criterion_main!(group);
