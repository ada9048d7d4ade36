//! What latches, and what it costs whoever wants it.

use homeostat_control::{Flags, Fx, GuardFlags, HoldReason, LatchReason};

use crate::common::*;
use crate::griefing::gaussian;
use crate::watch::Watch;
use crate::{units, DEFAULT};

#[test]
fn an_attacker_must_move_a_still_measurement_by_16_percent_of_the_scale() {
    // given: target 0.6, so 0.096; one unit of 2^-40 around it
    let calm = Watch::calm(emission(), DEFAULT, ratio(1, 2));
    let bound = i64::try_from(
        ((i128::from(calm.config.scale.to_bits() as i64) >> 8) * 20_000 / 1_000_000) * 8,
    )
    .unwrap();
    assert!((bound as f64 / (1_u64 << 40) as f64 - 0.096).abs() < 1e-9);
    for (x, latched) in [(bound, None), (bound + 1, Some(LatchReason::Spike))] {
        let mut watch = calm.clone();
        let verdict = watch.period(ratio(1, 2) - units(x));
        assert_eq!(verdict.latched, latched, "{x}");
    }
    println!("one period, still series: 16 % of the scale (0.096 of a staked share of 0.6)");

    // and in a noisy one by more: 8 running deviations
    let mut watch = Watch::new(emission(), DEFAULT);
    let mut noise = Noise(7);
    for _ in 0..60 {
        watch.period(fx(0.5 + 0.05 * gaussian(&mut noise)));
    }
    let deviation = watch.guard.deviation as i64;
    println!(
        "noise of 0.05: running deviation {:.4}",
        deviation as f64 / (1_u64 << 40) as f64
    );
    let mean = watch.guard.mean;
    let bound = (i128::from(deviation) * 8) as i64;
    assert!(bound as f64 / (1_u64 << 40) as f64 > 0.2);
    let mut at = watch.clone();
    assert_eq!(at.period(units(mean - bound)).latched, None);
    let mut over = watch.clone();
    assert_eq!(
        over.period(units(mean - bound - 1)).latched,
        Some(LatchReason::Spike)
    );
}

#[test]
fn a_spike_costs_two_periods_at_the_value_in_force_and_leaves_no_trace() {
    // given: a controller that has settled off its bias
    let mut watch = Watch::calm(emission(), DEFAULT, ratio(57, 100));
    let before = watch.state;
    assert_ne!(before.u, 60_000);

    // when: one period of a share moved by 30 points, then the old level again
    let latched = watch.after(WEEK, ratio(27, 100));
    assert_eq!(latched.verdict.latched, Some(LatchReason::Spike));
    assert_eq!(
        (latched.decision.held, latched.decision.u),
        (HoldReason::Spike, before.u)
    );
    assert!(latched.decision.flags.contains(Flags::HELD));
    let held = watch.after(WEEK, ratio(57, 100));
    assert_eq!(
        (held.decision.held, held.decision.u),
        (HoldReason::Spike, before.u)
    );
    assert!(!held.verdict.flags.contains(GuardFlags::LATCHED));
    assert_eq!(
        (held.verdict.score, held.guard.mean),
        (0, latched.guard.mean)
    );

    // then: the second period later it steers, from the same u
    let back = watch.after(WEEK, ratio(57, 100));
    assert!(back.verdict.flags.contains(GuardFlags::RESUMED));
    assert!(back.verdict.flags.contains(GuardFlags::PRIMED));
    assert!(back.decision.flags.contains(Flags::PRIMED));
    assert_eq!(
        (back.decision.held, back.verdict.latched),
        (HoldReason::None, None)
    );
    assert!(back.decision.u.abs_diff(before.u) <= 1);
    // and the spike is in no statistic
    assert_eq!(
        fx(0.57).to_bits() >> 20,
        Fx::from_bits(i128::from(back.guard.mean) << 8).to_bits() >> 20
    );
    assert_eq!((back.guard.deviation, back.guard.samples), (0, 1));
}

#[test]
fn whoever_latches_at_will_holds_two_periods_of_ten() {
    // given: an attacker who can do anything to every sample
    let mut worst = 0;
    for seed in 1..=20 {
        let mut noise = Noise(seed);
        let mut watch = Watch::new(emission(), DEFAULT);
        let mut held = 0;
        for n in 0..1_000 {
            // calm until the guard judges again, then anything
            let wild = watch.guard.samples >= 8 && watch.guard.latched.is_none();
            let y = if wild {
                ratio((noise.bits() & 1).into(), 1)
            } else {
                ratio(1, 2)
            };
            let all = watch.after(WEEK, y);
            held += u32::from(all.decision.flags.contains(Flags::HELD));
            assert!(n >= 8 || held == 0);
        }
        worst = worst.max(held);
    }
    println!("held by an attacker at will: {worst} of 1,000 periods");
    assert!(worst > 150, "the attack is real: {worst}");
    assert!(worst <= 200, "{worst}");
}

#[test]
fn a_drift_is_caught_by_its_speed_relative_to_the_scale() {
    use LatchReason::{Drift, Spike};
    // per cent of the scale a week, from a still series: weeks until the latch
    for (percent, caught) in [
        (1, None),
        (2, None),
        (3, Some((10, Drift))),
        (4, Some((7, Drift))),
        (5, Some((4, Spike))),
        (8, Some((3, Spike))),
    ] {
        for side in [1, -1] {
            let mut watch = Watch::calm(emission(), DEFAULT, ratio(1, 2));
            let found = (1..=60).find_map(|week| {
                let y = 0.5 + 0.006 * f64::from(side * percent * week);
                let verdict = watch.period(fx(y.clamp(0.0, 1.0)));
                verdict.latched.map(|reason| (week, reason))
            });
            println!("drift of {percent} % of the scale a week: {found:?}");
            assert_eq!(found, caught, "{percent} % {side}");
            let held = caught.map_or(HoldReason::None, |(_, reason)| reason.into());
            assert_eq!(watch.state.last.held, held);
        }
    }
}

#[test]
fn the_answer_of_a_plant_to_a_shock_or_a_new_target_latches_nothing() {
    // A staked share that a tenth re-decides each week: level 0.6 at u = 6 %,
    // 10 points for a point of u.
    for (shock, ramp_weeks) in [(0.0, 0), (-0.18, 0), (0.18, 0), (0.0, 12), (0.0, 1)] {
        let mut watch = Watch::calm(emission(), DEFAULT, ratio(60, 100));
        let (mut y, mut most) = (0.6, 0);
        if ramp_weeks > 0 {
            let change = homeostat_control::Change::Setpoint {
                to: ratio(70, 100),
                over_seconds: ramp_weeks * WEEK as u32,
            };
            let (config, state) =
                homeostat_control::change(&watch.config, &watch.state, &change, watch.now).unwrap();
            (watch.config, watch.state) = (config, state);
        }
        for week in 0..150 {
            let level = 0.6 + shock + 10.0 * (watch.state.u as f64 / 1e6 - 0.06);
            y += 0.1 * (level - y);
            let all = watch.after(WEEK, fx(y));
            assert_eq!(
                all.verdict.latched, None,
                "shock {shock}, ramp {ramp_weeks}, week {week}"
            );
            most = most.max(all.verdict.cusum_up).max(all.verdict.cusum_down);
        }
        println!("shock {shock}, new target over {ramp_weeks} weeks: evidence up to {most} of 20,000,000");
        let target = if ramp_weeks > 0 { 0.7 } else { 0.6 };
        assert!((y - target).abs() < 0.02, "{y}");
    }
}

#[test]
fn a_lasting_level_becomes_the_new_normal() {
    for level in [ratio(90, 100), ratio(20, 100)] {
        // given
        let mut watch = Watch::calm(emission(), DEFAULT, ratio(60, 100));
        // when: the level shifts for good
        let verdicts: Vec<_> = (0..60).map(|_| watch.period(level)).collect();
        // then: one latch, two periods, never again
        assert_eq!(verdicts[0].latched, Some(LatchReason::Spike));
        assert_eq!(verdicts[1].latched, Some(LatchReason::Spike));
        assert!(verdicts[2..]
            .iter()
            .all(|verdict| verdict.latched.is_none()));
        assert_eq!(verdicts[3].mean, Fx::from_bits(level.to_bits() >> 8 << 8));
        assert_eq!(verdicts[59].score, 0);
    }
}

#[test]
fn an_outlier_among_the_first_samples_neither_latches_nor_stays() {
    // given: the first or the fourth of the samples to learn is off by 0.4
    for outlier in [0, 3] {
        let mut watch = Watch::new(emission(), DEFAULT);
        let mut noise = Noise(3);
        for n in 0..8 {
            let y = 0.5 + 0.01 * noise.symmetric() + if n == outlier { 0.4 } else { 0.0 };
            assert_eq!(watch.period(fx(y)).latched, None);
        }
        // then
        for n in 0..60 {
            let y = 0.5 + 0.01 * noise.symmetric();
            assert_eq!(watch.period(fx(y)).latched, None, "{n}");
        }
        let mean = watch.guard.mean as f64 / (1_u64 << 40) as f64;
        assert!((mean - 0.5).abs() < 0.01, "{mean}");
    }
}
