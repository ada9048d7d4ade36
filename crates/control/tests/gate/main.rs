//! What a step does when there is no sample it may use, or too long since the
//! last one: gate, gap, hold, and the first sample (section 2 of the law).

#[path = "../common/mod.rs"]
mod common;

mod first;
mod hold;
mod samples;
mod terms;

use common::*;
use homeostat_control::{Config, Direction, Fx, Sample, Sampling};

/// A feed: an instant value from at least three samples, at most an hour old.
fn feed() -> Config {
    Config {
        direction: Direction::Direct,
        sampling: Sampling::Point,
        min_samples: 3,
        max_age: 3_600,
        y_min: ratio(1, 10),
        y_max: ratio(9, 10),
        ..emission()
    }
}

/// A controller in the middle of its work: off target, u on the way up, the
/// derivative not at rest.
fn at_work(config: Config) -> Rig {
    let mut rig = Rig::primed(
        Config {
            kd: ppm(50_000),
            ..config
        },
        ratio(5, 10),
    );
    rig.after(WEEK / 2, ratio(45, 100));
    rig.after(WEEK / 2, ratio(40, 100));
    assert_ne!(rig.state.derivative, whole(0));
    assert_ne!(rig.state.integral, whole(0));
    assert!(rig.state.y_prev.is_some());
    rig
}

fn sample(value: Fx, at: i64, samples: u32) -> Option<Sample> {
    Some(Sample { value, at, samples })
}
