//! Creation, resume and the manual mode.

use homeostat_control::{create, resume, Change, Input, Mode, Prime};

use crate::common::*;
use crate::{config, primes_at_the_next_sample, running, solved, Y};

#[test]
fn creation_starts_without_an_integral() {
    let state = create(&config(), START).unwrap();
    assert_eq!((state.integral, state.prime), (whole(0), Prime::Zero));

    let mut rig = Rig::new(config());
    let first = rig.after(WEEK, Y);
    assert_eq!((first.i, first.d), (whole(0), whole(0)));
    assert_eq!(first.raw, first.u0 + first.p, "P alone");
}

#[test]
fn resume_solves_at_once_and_at_the_next_sample() {
    let mut rig = running(config());
    rig.with(WEEK, |now| Input {
        tripped: true,
        ..fresh(now, Y)
    });
    let before = rig.state;
    rig.state = resume(&rig.config, &rig.state, rig.now);
    assert_ne!(rig.state.integral, before.integral);
    assert_eq!(rig.state.integral, solved(&rig.config, &before));
    primes_at_the_next_sample(&mut rig);
}

#[test]
fn a_change_of_mode_solves_at_once_and_at_the_next_sample() {
    // given, when: to manual
    let mut rig = running(config());
    let before = rig.state;
    rig.set(Change::Mode(Mode::Manual(before.u + 7)));
    // then
    assert_eq!(rig.state.integral, solved(&rig.config, &before));
    assert_eq!(rig.state.prime, Prime::Solve);

    // and back, before a sample came
    rig.blind(WEEK);
    let before = rig.state;
    rig.set(Change::Mode(Mode::Auto));
    assert_eq!(rig.state.integral, solved(&rig.config, &before));
    primes_at_the_next_sample(&mut rig);
}

#[test]
fn another_manual_value_solves_at_once_only() {
    // given: manual, and a bias that has moved since the last step
    let mut rig = running(config());
    rig.set(Change::Mode(Mode::Manual(rig.state.u + 7)));
    rig.after(WEEK, Y);
    rig.set(Change::Bias {
        to: whole(50_000),
        over_seconds: 0,
    });
    let before = rig.state;

    // when
    rig.set(Change::Mode(Mode::Manual(before.u + 9)));

    // then
    assert_ne!(rig.state.integral, before.integral);
    assert_eq!(rig.state.integral, solved(&rig.config, &before));
    assert_eq!(rig.state.prime, Prime::No);

    // and the same mode again changes nothing at all
    let before = rig.state;
    rig.set(Change::Mode(rig.config.mode));
    assert_eq!(rig.state, before);
}

#[test]
fn each_step_in_manual_mode_solves_for_the_u_it_reached() {
    let mut rig = running(config());
    rig.set(Change::Mode(Mode::Manual(120_000)));
    let accepted = rig.after(WEEK, Y);
    let held = rig.blind(WEEK);
    for made in [accepted, held] {
        assert_eq!(made.u, 120_000);
        assert_eq!(
            made.i,
            whole(made.u) - made.u0 - made.f - made.p - made.d,
            "{made:?}"
        );
    }
}
