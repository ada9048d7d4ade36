//! A closed loop whose solution is known in closed form.

use homeostat_control::{Config, Sampling};

use crate::common::*;

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
