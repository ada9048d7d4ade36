//! How long a latch lasts, who opens it, and what passes it by.

use homeostat_control::{
    resume, Config, Flags, GuardConfig, GuardFlags, GuardState, HoldReason, Input, LatchReason,
    Sample,
};

use crate::common::*;
use crate::watch::Watch;
use crate::DEFAULT;

#[test]
fn a_latch_opens_to_the_second() {
    for (period, hold_periods) in [(604_800, 2), (604_800, 3), (70_000, 1), (60, 2), (3_600, 2)] {
        // given
        let config = Config {
            period,
            max_hold: 1_000,
            ..emission()
        };
        let settings = GuardConfig {
            hold_periods,
            ..DEFAULT
        };
        let mut watch = Watch::calm(config, settings, ratio(1, 2));
        assert_eq!(watch.period(whole(1)).latched, Some(LatchReason::Spike));
        let hold = settings.hold(period) as i64;
        assert!(hold >= 86_400 && hold % i64::from(period) == 0);
        let opens = watch.now + hold;

        // when: a step at the last second
        let early = watch.after(hold - 1, ratio(1, 2));
        assert_eq!(early.verdict.latched, Some(LatchReason::Spike));
        assert_eq!(early.verdict.resumes_at, Some(opens));
        assert!(!early.verdict.flags.contains(GuardFlags::RESUMED));

        // then: a second later it is open
        let due = watch.after(1, ratio(1, 2));
        assert_eq!((due.verdict.latched, due.verdict.resumes_at), (None, None));
        assert!(due.verdict.flags.contains(GuardFlags::RESUMED));
        assert_eq!(due.decision.held, HoldReason::None);
        // and that is reported once
        let later = watch.after(1, ratio(1, 2));
        assert!(!later.verdict.flags.contains(GuardFlags::RESUMED));
    }
}

#[test]
fn the_same_instant_changes_nothing_however_often_it_comes() {
    let mut watch = Watch::calm(emission(), DEFAULT, ratio(1, 2));
    for latch in [false, true] {
        if latch {
            assert!(watch.period(whole(1)).latched.is_some());
        }
        let before = watch.clone();
        for n in 0..1_000 {
            let y = ratio(n % 100, 100);
            let back = if n % 2 == 0 {
                0
            } else {
                -i64::try_from(n).unwrap()
            };
            watch.now = before.now;
            let all = watch.after(back, y);
            assert_eq!((all.state, all.guard), (before.state, before.guard));
            assert!(all.decision.flags.contains(Flags::REPEATED));
            assert!(all.verdict.flags.contains(GuardFlags::REPEATED));
            assert_eq!(all.verdict.latched.is_some(), latch);
        }
        watch.now = before.now;
    }
}

#[test]
fn a_guard_behind_the_controllers_clock_still_sees_each_step_once() {
    // given: a guard of zeros, as after an upgrade of the account
    let mut watch = Watch::calm(emission(), DEFAULT, ratio(1, 2));
    watch.guard = GuardState::default();
    // when, then
    let again = watch.after(0, ratio(1, 2));
    assert_eq!(again.guard, GuardState::default());
    let on = watch.after(1, ratio(1, 2));
    assert_eq!((on.guard.samples, on.decision.held), (1, HoldReason::None));
}

#[test]
fn a_missing_sample_is_no_anomaly_and_teaches_nothing() {
    for (samples, latch) in [(30, false), (0, false), (30, true)] {
        let mut watch = Watch::calm(emission(), DEFAULT, ratio(1, 2));
        if samples == 0 {
            watch.guard = GuardState::new(watch.now);
        }
        if latch {
            watch.period(whole(1));
        }
        let before = watch.guard;
        let all = watch.blind(WEEK);
        let moved = GuardState {
            last_at: watch.now,
            ..before
        };
        assert_eq!(all.guard, moved);
        assert_eq!(all.verdict.score, 0);
        assert_eq!(all.verdict.latched, before.latched);
        let held = if latch {
            HoldReason::Spike
        } else {
            HoldReason::Missing
        };
        assert_eq!(all.decision.held, held);
    }
    // a sample that the gate refuses is none
    let mut watch = Watch::calm(emission(), DEFAULT, ratio(1, 2));
    let all = watch.with(WEEK, |now| Input {
        y: Some(Sample {
            value: whole(1),
            at: now + 1,
            samples: 1,
        }),
        ..Input::missing(now)
    });
    assert_eq!(
        (all.verdict.latched, all.decision.held),
        (None, HoldReason::Future)
    );
    // and a mean is seen as the law sees it: within its range
    let all = watch.after(WEEK, whole(1_000));
    assert_eq!(all.verdict.latched, Some(LatchReason::Spike));
    assert_eq!(all.verdict.score, 41_666_666, "0.5 over the floor of 0.012");
}

#[test]
fn a_latch_opens_without_a_sample_too_and_the_next_one_primes() {
    let mut watch = Watch::calm(emission(), DEFAULT, ratio(55, 100));
    watch.period(whole(1));
    let u = watch.state.u;
    watch.blind(WEEK);
    let open = watch.blind(WEEK);
    assert!(open.verdict.flags.contains(GuardFlags::RESUMED));
    assert_eq!(
        (open.decision.held, open.guard),
        (HoldReason::Missing, GuardState::new(watch.now))
    );
    let back = watch.after(WEEK, ratio(40, 100));
    assert!(back.decision.flags.contains(Flags::PRIMED));
    assert_eq!(back.decision.u, u);
}

#[test]
fn a_latch_is_never_prolonged_and_governance_resumes_it() {
    // given
    let mut watch = Watch::calm(emission(), DEFAULT, ratio(55, 100));
    let u = watch.state.u;
    let at = watch.now + 77;

    // when: latched between two steps
    watch.guard = watch.guard.latch(LatchReason::Drift, at);
    assert_eq!(
        (watch.guard.latched, watch.guard.latched_since),
        (Some(LatchReason::Drift), at)
    );
    // then: it holds for its time, with its reason
    let all = watch.period(ratio(55, 100));
    assert_eq!(
        (all.latched, watch.state.last.held),
        (Some(LatchReason::Drift), HoldReason::Drift)
    );
    assert_eq!(all.resumes_at, Some(at + 2 * WEEK));
    // a second finding prolongs nothing, and does not hide the first reason
    let again = watch.guard.latch(LatchReason::Spike, watch.now + 5);
    assert_eq!(again, watch.guard);

    // when: a proposal resumes it
    watch.guard = watch.guard.resume(watch.now + 100);
    watch.state = resume(&watch.config, &watch.state, watch.now + 100);
    assert_eq!(watch.guard, GuardState::new(watch.now + 100));
    // then: bumpless, from whatever level
    let back = watch.after(WEEK, ratio(20, 100));
    assert_eq!(
        (back.verdict.latched, back.decision.held),
        (None, HoldReason::None)
    );
    assert!(back.verdict.flags.contains(GuardFlags::PRIMED));
    assert!(
        !back.verdict.flags.contains(GuardFlags::RESUMED),
        "no latch opened"
    );
    assert_eq!(back.decision.u, u);

    // and clocks never run backwards
    let guard = GuardState::new(100);
    assert_eq!(
        (guard.resume(50).last_at, guard.resume(150).last_at),
        (100, 150)
    );
    let latched = |now| guard.latch(LatchReason::Spike, now);
    assert_eq!(
        (latched(50).latched_since, latched(150).latched_since),
        (100, 150)
    );
    assert_eq!(latched(150).last_at, 100);
}

#[test]
fn switching_off_releases_and_forgets() {
    let mut watch = Watch::calm(emission(), DEFAULT, ratio(1, 2));
    let u = watch.state.u;
    watch.period(whole(1));
    watch.settings.enabled = false;
    let off = watch.after(WEEK, whole(1));
    assert!(off.verdict.flags.contains(GuardFlags::RESUMED));
    assert!(off.decision.flags.contains(Flags::PRIMED));
    assert_eq!((off.decision.u, off.guard), (u, GuardState::new(watch.now)));
    let off = watch.after(WEEK, whole(0));
    assert_eq!(off.verdict.flags, GuardFlags::default());
    assert_eq!(off.guard, GuardState::new(watch.now));
    assert_eq!(off.decision.held, HoldReason::None);
}

#[test]
fn the_callers_breaker_comes_first_and_blinds_the_guard() {
    let tripped = |y| {
        move |now| Input {
            tripped: true,
            ..fresh(now, y)
        }
    };
    let mut watch = Watch::calm(emission(), DEFAULT, ratio(1, 2));
    let before = watch.guard;
    let all = watch.with(WEEK, tripped(whole(1)));
    assert_eq!(
        (all.verdict.latched, all.decision.held),
        (None, HoldReason::Tripped)
    );
    assert_eq!(
        all.guard,
        GuardState {
            last_at: watch.now,
            ..before
        }
    );
    // both at once: the caller's is named, and the guard's clock runs
    watch.period(whole(1));
    let all = watch.with(WEEK, tripped(ratio(1, 2)));
    assert_eq!(
        (all.verdict.latched, all.decision.held),
        (Some(LatchReason::Spike), HoldReason::Tripped)
    );
    let all = watch.with(WEEK, tripped(ratio(1, 2)));
    assert_eq!(
        (all.verdict.latched, all.decision.held),
        (None, HoldReason::Tripped)
    );
    assert!(all.verdict.flags.contains(GuardFlags::RESUMED));
}
