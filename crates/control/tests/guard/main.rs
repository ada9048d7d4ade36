//! What the guard does, as stories: what latches it, what does not, how long it stays
//! latched, and how the controller goes on.

#[path = "../common/mod.rs"]
mod common;

mod cost;
mod evidence;
mod frozen;
mod griefing;
mod latch;
mod law;
mod settings;
mod statistics;
mod watch;

use common::*;
use homeostat_control::{Config, Fx, GuardConfig, GuardState};

const DEFAULT: GuardConfig = GuardConfig {
    enabled: true,
    limit: 8_000_000,
    slack: 2_000_000,
    threshold: 20_000_000,
    floor: 20_000,
    half_life: 8,
    min_samples: 8,
    frozen: 0,
    hold_periods: 2,
};

/// A guard on a one-hour controller of scale 1 whose numbers are whole: mean 0,
/// deviation 1/32, due to judge; T = 36,000 s, weight full.
fn whole_numbers() -> (Config, GuardConfig, GuardState) {
    let config = open();
    let state = GuardState {
        deviation: 1 << 35,
        value: 1,
        weight: u64::MAX,
        samples: 8,
        run: 1,
        ..GuardState::new(START)
    };
    (config, DEFAULT, state)
}

/// `y` in units of 2^-40.
fn units(y: i64) -> Fx {
    Fx::from_bits(i128::from(y) << 8)
}
