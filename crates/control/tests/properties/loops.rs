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
