//! What latches nothing: dust, donations and ordinary noise.

use homeostat_control::{observe, Config, GuardFlags, GuardState, LatchReason};

use crate::common::*;
use crate::watch::Watch;
use crate::DEFAULT;

#[test]
fn dust_in_a_still_series_latches_nothing_whatever_its_pattern() {
    // given: a staked share that has not moved for 30 weeks; dust of up to the
    // slack times the floor, 4 % of the scale of 0.6
    let reach = 0.04 * 0.6;
    for seed in 1..=200 {
        let mut noise = Noise(seed);
        let mut watch = Watch::calm(emission(), DEFAULT, ratio(1, 2));
        for n in 0..200 {
            // at the ends, at random, and creeping
            let dust = match seed % 4 {
                0 => reach * (noise.bits() & 1) as f64,
                1 => reach * noise.symmetric().abs(),
                2 => reach * f64::from(n) / 200.0,
                _ => reach * f64::from(n / 20 % 2),
            };
            let dt = if seed % 3 == 0 {
                noise.between(1, 2 * WEEK)
            } else {
                WEEK
            };
            let all = watch.after(dt, fx(0.5 + dust * 0.999_999));
            assert_eq!(all.verdict.latched, None, "seed {seed}, week {n}");
        }
    }
}

#[test]
fn a_donation_in_a_constant_series_latches_nothing() {
    // given: a donation moves the measured share by 1, 3 or 9 % of the target, for good
    for percent in [1, 3, 9] {
        let mut watch = Watch::calm(emission(), DEFAULT, ratio(60, 100));
        let y = ratio(60, 100) - ratio(60 * percent, 10_000);
        for week in 0..100 {
            assert_eq!(watch.period(y).latched, None, "{percent} % {week}");
        }
    }
}

/// Sum of twelve uniforms less six: mean 0, variance 1, tails to 6.
fn normal(noise: &mut Noise) -> f64 {
    (0..12).map(|_| noise.symmetric() / 2.0).sum()
}

/// Normal by Box and Muller, tails as they are.
pub fn gaussian(noise: &mut Noise) -> f64 {
    let u = (noise.symmetric() + 1.0) / 2.0;
    let v = noise.symmetric() * std::f64::consts::PI;
    (-2.0 * u.max(1e-300).ln()).sqrt() * v.cos()
}

/// False alarms of the defaults over `periods` for each of `seeds`: spikes, drifts.
fn false_alarms(
    seeds: std::ops::RangeInclusive<u64>,
    periods: u32,
    mut next: impl FnMut(&mut Noise, f64) -> f64,
) -> (u32, u32) {
    let config = Config {
        y_min: whole(-10),
        y_max: whole(10),
        ..emission()
    };
    let (mut spikes, mut drifts) = (0, 0);
    for seed in seeds {
        let mut noise = Noise(seed);
        let mut state = GuardState::new(START);
        let (mut now, mut x) = (START, 0.0);
        for _ in 0..periods {
            now += WEEK;
            x = next(&mut noise, x);
            let (after, verdict) = observe(&config, &DEFAULT, &state, Some(fx(0.6 + x)), now);
            state = after;
            if verdict.flags.contains(GuardFlags::LATCHED) {
                match verdict.latched {
                    Some(LatchReason::Spike) => spikes += 1,
                    _ => drifts += 1,
                }
            }
        }
    }
    (spikes, drifts)
}

#[test]
fn noise_latches_the_defaults_less_than_once_in_ten_thousand_periods() {
    type Series = fn(&mut Noise, f64) -> f64;
    let table: [(&str, Series, f64); 4] = [
        ("normal, s = 0.1", |noise, _| 0.1 * gaussian(noise), 0.2),
        (
            "twelve uniforms, s = 0.1",
            |noise, _| 0.1 * normal(noise),
            0.2,
        ),
        (
            "autocorrelated 0.8",
            |noise, x| 0.8 * x + 0.05 * gaussian(noise),
            0.2,
        ),
        (
            "autocorrelated 0.98",
            |noise, x| 0.98 * x + 0.02 * gaussian(noise),
            0.2,
        ),
    ];
    for (name, series, bound) in table {
        // when: 100 seeds of 10,000 weeks
        let (spikes, drifts) = false_alarms(1..=100, 10_000, series);
        // then
        let rate = f64::from(spikes + drifts) / 100.0;
        println!(
            "{name}: {spikes} spikes and {drifts} drifts in 1,000,000 periods: {rate} per 10,000"
        );
        assert!(rate <= bound, "{name}: {rate}");
    }
}
