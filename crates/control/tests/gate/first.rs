//! The first sample after creation, a resume or a change of mode.

use homeostat_control::{resume, Change, Config, Flags, Mode, Prime};

use crate::at_work;
use crate::common::*;

#[test]
fn the_first_sample_after_creation_acts_through_p_only() {
    // given: a fresh controller, long after its creation, with leak and derivative
    let config = Config {
        kd: ppm(50_000),
        half_life: 26 * WEEK as u64,
        slew_up: None,
        ..emission()
    };
    let mut rig = Rig::new(config);
    assert_eq!((rig.state.u, rig.state.prime), (60_000, Prime::Zero));

    // when
    let first = rig.after(3 * WEEK, ratio(30, 100));

    // then: P = 100,000 (0.5 - 0.02)
    assert!(first.flags.contains(Flags::PRIMED));
    assert_eq!((first.i, first.d), (whole(0), whole(0)));
    assert!((float(first.p) - 48_000.0).abs() < 1e-6);
    assert!(
        matches!(first.u, 107_999 | 108_000),
        "{}: 0.6 and 0.02 are rounded",
        first.u
    );

    // and it happens once
    let second = rig.after(WEEK, ratio(30, 100));
    assert!(!second.flags.contains(Flags::PRIMED));
    assert_ne!(second.i, whole(0));
}

#[test]
fn a_held_step_does_not_use_up_the_priming() {
    let mut rig = Rig::new(emission());
    rig.blind(WEEK);
    assert_eq!(rig.state.prime, Prime::Zero);
    let first = rig.after(WEEK, ratio(30, 100));
    assert!(first.flags.contains(Flags::PRIMED));
    assert_eq!(first.i, whole(0));
}

#[test]
fn resume_and_a_mode_change_solve_the_integral_for_the_present_u() {
    let resumed: fn(&mut Rig) = |rig| rig.state = resume(&rig.config, &rig.state, rig.now);
    let by_hand: fn(&mut Rig) = |rig| {
        let u = rig.state.u;
        rig.set(Change::Mode(Mode::Manual(u)));
        rig.after(WEEK, ratio(20, 100));
        rig.set(Change::Mode(Mode::Auto));
    };
    for start in [resumed, by_hand] {
        // given
        let mut rig = at_work(emission());
        let u = rig.state.u;
        start(&mut rig);

        // when: the world has changed meanwhile
        let first = rig.after(2 * WEEK, ratio(30, 100));

        // then: I = u - u0 - F - P, no D, no increment
        assert!(first.flags.contains(Flags::PRIMED));
        assert_eq!(first.u, u);
        assert_eq!(first.d, whole(0));
        assert_eq!(first.i, whole(u) - first.u0 - first.f - first.p);
    }
}
