//! Properties 13 and 14: loops around the default gains settle, and noise does not move
//! their mean.

use homeostat_control::Config;

use crate::common::*;
use crate::plant::Plant;

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

/// How far noise drags the mean of y off the setpoint: the worst of three runs of 40 years.
fn drag(up: Option<u64>, down: Option<u64>, amplitude: f64) -> f64 {
    let run = |seed| {
        // given: a plant at rest at the target, and no dead-band to hide in
        let config = Config {
            slew_up: up,
            slew_down: down,
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
        history.iter().sum::<f64>() / history.len() as f64 - 0.6
    };
    (1..=3).map(run).fold(
        0.0,
        |worst: f64, off| {
            if off.abs() > worst.abs() {
                off
            } else {
                worst
            }
        },
    )
}

#[test]
fn p14_symmetric_noise_with_asymmetric_slew_moves_the_mean_of_y_by_less_than_0_005() {
    // Up to a ratio of 20, and for the emission far beyond it, whatever of the noise the
    // slew limits cut off.
    for (fast, slow) in [
        (20_000, 5_000),
        (20_000, 2_000),
        (20_000, 1_000),
        (10_000, 500),
        (20_000, 500),
    ] {
        for amplitude in [0.03, 0.06, 0.08] {
            for (up, down) in [(fast, slow), (slow, fast)] {
                let off = drag(Some(up), Some(down), amplitude);
                assert!(
                    off.abs() < 0.005,
                    "slew {up} up, {down} down, noise {amplitude}: {off}"
                );
            }
        }
    }
}

/// What [`homeostat_control::law`] says of the rest: a slow way down leaves u above a target
/// near its minimum, because the trimming at the minimum then acts on one side only.
#[test]
fn p14_beyond_that_the_drag_is_what_the_documentation_says() {
    for (up, down, amplitude, from, to) in [
        // a fifth of the target as noise, a ratio of 20
        (Some(10_000), Some(500), 0.12, 0.005, 0.015),
        (Some(500), Some(10_000), 0.12, -0.005, 0.005),
        // a third of the target as noise
        (Some(10_000), Some(500), 0.20, 0.035, 0.060),
        // a ratio of 200
        (Some(20_000), Some(100), 0.08, 0.004, 0.012),
        // no limit one way
        (None, Some(500), 0.08, -0.005, 0.005),
    ] {
        let off = drag(up, down, amplitude);
        assert!(
            (from..=to).contains(&off),
            "slew {up:?} up, {down:?} down, noise {amplitude}: {off}"
        );
    }
}
