//! Changes by governance: as it makes them, and any.

use homeostat_control::{Change, Config, Fx, Mode};

use super::{
    configurations::{any_rate, any_small, half_life, SHORTEST_FILTER},
    whole,
};
use crate::random::Random;

// A constant, so that the text is not parsed at each use.
const HALF: Fx = Fx::lit("0.5");

/// A change as governance makes them.
#[inline(never)]
pub(super) fn sensible_change(random: &mut Random, config: &Config) -> Change {
    let over_seconds = match random.below(3) {
        0 => 0,
        _ => random.below(u64::from(config.period) * 6) as u32,
    };
    match random.below(12) {
        0 => Change::Setpoint {
            to: random.signed(whole(2)),
            over_seconds,
        },
        1 => Change::Bias {
            to: random.number(whole(config.min), whole(config.max)),
            over_seconds,
        },
        2 => Change::Kp {
            to: random.sometimes(Fx::ZERO, whole(1_000_000)),
            over_seconds,
        },
        3 => Change::Ki {
            to: random.sometimes(Fx::ZERO, whole(500_000)),
            over_seconds,
        },
        4 => Change::Kd {
            to: random.sometimes(Fx::ZERO, whole(1_000_000)),
            over_seconds,
        },
        5 => Change::Filter {
            to: random.number(SHORTEST_FILTER, whole(20)),
            over_seconds,
        },
        6 => Change::DeadBand {
            to: random.sometimes(Fx::ZERO, HALF),
            over_seconds,
        },
        7 => Change::HalfLife(half_life(random, config)),
        8 => {
            // Around the bias, so that only u can lie outside.
            let bias: i64 = config.bias.to.to_num();
            Change::Limits {
                min: bias - random.whole(0, 100_000),
                max: bias + random.whole(1, 100_000),
            }
        }
        9 => Change::Slew {
            up: random.perhaps(|random| random.below(300_001)),
            down: random.perhaps(|random| random.below(300_001)),
        },
        10 => Change::Mode(match config.mode {
            Mode::Auto => Mode::Manual(random.whole(config.min, config.max)),
            Mode::Manual(_) => Mode::Auto,
        }),
        _ => Change::FeedForward {
            kf: random.signed(whole(500_000)),
            w_ref: random.signed(whole(1)),
            f_max: random.number(Fx::ZERO, whole(100_000)),
        },
    }
}

/// Any change; most are refused.
#[inline(never)]
pub(super) fn any_change(random: &mut Random) -> Change {
    let over_seconds = any_small(random);
    let to = random.any_number();
    match random.below(13) {
        0 => Change::Setpoint { to, over_seconds },
        1 => Change::Bias { to, over_seconds },
        2 => Change::Kp { to, over_seconds },
        3 => Change::Ki { to, over_seconds },
        4 => Change::Kd { to, over_seconds },
        5 => Change::Filter { to, over_seconds },
        6 => Change::DeadBand { to, over_seconds },
        7 => Change::HalfLife(random.bits()),
        8 => Change::Limits {
            min: random.whole(-1_000_000, 0),
            max: random.whole(1, 1_000_000),
        },
        9 => Change::Slew {
            up: any_rate(random),
            down: any_rate(random),
        },
        10 => Change::Mode(Mode::Manual(random.whole(-1_000_000, 1_000_000))),
        11 => Change::Mode(Mode::Auto),
        _ => Change::FeedForward {
            kf: to,
            w_ref: random.any_number(),
            f_max: random.any_number(),
        },
    }
}
