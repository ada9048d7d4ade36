//! Property 12: the dead-band has no step at its edge, and nothing drifts inside it.

use homeostat_control::{Config, Flags, Fx};

use crate::common::*;
use crate::plant::Plant;

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
