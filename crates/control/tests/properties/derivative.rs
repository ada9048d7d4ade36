//! Property 4: the derivative acts on y alone and is bounded by its filter.

use homeostat_control::{Change, Config};
use proptest::prelude::*;

use crate::common::{
    random::{bits, cases},
    *,
};
use crate::REGRESSIONS;

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
