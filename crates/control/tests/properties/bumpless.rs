//! Property 5: after a change, a take-over by hand or a resume, u does not jump.

use homeostat_control::{resume, Change, Config, Flags, Fx, Input, Mode};
use proptest::prelude::*;

use crate::common::{
    random::{bits, cases},
    *,
};
use crate::REGRESSIONS;

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
    fn p05_a_limit_that_excludes_u_leaves_no_wind_up(
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

        // then: a maximum cuts at once, a minimum lifts nothing by itself
        let limit = u.clamp(min, max);
        prop_assert_eq!(rig.state.u, u.min(max));
        // I = limit - u0 - F - P - D: raw is at the limit
        let last = rig.state.last;
        let raw = bias + last.f + last.p + last.d + rig.state.integral;
        prop_assert!((float(raw) - limit as f64).abs() < 1e-3, "{} {}", raw, limit);
        let slow = rig.config.slew_up.is_some();
        let next = rig.after(1, y);
        if below || !slow {
            prop_assert!((next.u - limit).abs() <= 1);
        } else {
            prop_assert!((u..=u + 3_000).contains(&next.u));
        }
    }
}
