//! What re-solves the integral, and how: a test for each row of the table in the
//! documentation of `homeostat_control::law`.

#[path = "../common/mod.rs"]
mod common;

mod changes;
mod modes;
mod steps;

use common::*;
use homeostat_control::{mul_half_even, Change, Config, Flags, Fx, Input, State};

/// A measurement below the setpoint: the law raises u.
const Y: Fx = Fx::lit("0.5");

/// Every term at work: P, I, D, F, a dead-band and a leak, and no slew limit.
fn config() -> Config {
    Config {
        kd: ppm(50_000),
        half_life: 26 * WEEK as u64,
        kf: whole(10_000),
        f_max: whole(5_000),
        slew_up: None,
        slew_down: None,
        ..emission()
    }
}

/// A controller in full swing, away from the limits.
fn running(config: Config) -> Rig {
    let mut rig = Rig::primed(config, ratio(62, 100));
    for y in [ratio(58, 100), ratio(54, 100), Y] {
        rig.with(WEEK, |now| Input {
            w: Some(ratio(1, 8)),
            ..fresh(now, y)
        });
    }
    let State { integral, last, .. } = rig.state;
    for term in [integral, last.p, last.d, last.f] {
        assert_ne!(term, whole(0), "{last:?}");
    }
    assert!((rig.config.min + 1..rig.config.max).contains(&last.u));
    rig
}

/// P + D of the last accepted sample under the constant gains of `config`.
fn last_terms(config: &Config, state: &State) -> Fx {
    let band = config.dead_band.to;
    let z = state.last.z;
    let excess = z - z.clamp(-band, band);
    mul_half_even(config.kp.to, excess) + mul_half_even(config.kd.to, state.derivative)
}

/// I = u - u0 - F - P - D.
fn solved(config: &Config, state: &State) -> Fx {
    whole(state.u) - config.bias.to - state.feed_forward - last_terms(config, state)
}

/// A step with an accepted sample solves I = u - u0 - F - P, without D.
fn primes_at_the_next_sample(rig: &mut Rig) {
    let u = rig.state.u;
    let held = rig.blind(WEEK);
    assert!(!held.flags.contains(Flags::PRIMED), "a held step cannot");
    let first = rig.after(WEEK, ratio(40, 100));
    assert!(first.flags.contains(Flags::PRIMED));
    assert_eq!((first.u, first.d), (u, whole(0)));
    assert_eq!(first.i, whole(u) - first.u0 - first.f - first.p);
}

/// Changes of Kp, Kd and the dead-band; the filter is asked apart, since it moves no
/// term of the last sample.
fn gains(over_seconds: u32) -> [Change; 3] {
    [
        Change::Kp {
            to: whole(180_000),
            over_seconds,
        },
        Change::Kd {
            to: whole(20_000),
            over_seconds,
        },
        Change::DeadBand {
            to: ratio(1, 20),
            over_seconds,
        },
    ]
}
