//! Configurations: the usual ones, and those from any corner of what validates.

use homeostat_control::{Config, Direction, Fx, Mode, Ramp, Reference, Sampling};

use super::{whole, START};
use crate::random::Random;

// Constants, so that the text is not parsed at each use.
const HALF: Fx = Fx::lit("0.5");
pub(super) const SHORTEST_FILTER: Fx = Fx::lit("2.5");

/// Gains up to one unit of u per unit of error, a filter of at least two and a
/// half periods.
#[inline(never)]
pub(super) fn ordinary(random: &mut Random, config: &mut Config) {
    let still = Ramp::constant;
    config.direction = direction(random);
    config.sampling = sampling(random);
    config.period = match random.below(4) {
        0 => 3_600,
        1 => 604_800,
        _ => random.whole(60, 2_592_000) as u32,
    };
    config.max_periods = random.whole(1, 4) as u32;
    config.max_hold = random.whole(1, 4) as u32;
    config.setpoint = still(random.signed(whole(2)));
    reference(random, config);
    config.scale = random.number(HALF, whole(2));
    config.min = random.whole(-500_000, 500_000);
    config.max = config.min + random.whole(1, 1_500_000);
    config.mode = mode(random, config);
    config.bias = still(random.number(whole(config.min), whole(config.max)));
    config.kp = still(random.sometimes(Fx::ZERO, whole(1_000_000)));
    config.ki = still(random.sometimes(Fx::ZERO, whole(500_000)));
    config.kd = still(random.sometimes(Fx::ZERO, whole(1_000_000)));
    config.filter = still(random.number(SHORTEST_FILTER, whole(20)));
    config.dead_band = still(random.sometimes(Fx::ZERO, HALF));
    config.half_life = half_life(random, config);
    config.slew_up = random.perhaps(|random| random.below(300_001));
    config.slew_down = random.perhaps(|random| random.below(300_001));
    config.kf = random.sometimes(whole(-500_000), whole(500_000));
    config.w_ref = random.signed(whole(1));
    config.f_max = random.sometimes(Fx::ZERO, whole(100_000));
    (config.max_age, config.min_samples) = match random.below(4) {
        0 => (3_600, 3),
        _ => (u32::MAX, 0),
    };
    (config.y_min, config.y_max) = match random.below(4) {
        0 => (Fx::ZERO, Fx::ONE),
        _ => (whole(-100), whole(100)),
    };
}

/// From every corner of what validates; a few do not.
#[inline(never)]
pub(super) fn wild(random: &mut Random, config: &mut Config) {
    let (signal, gain) = (Config::MAX_SIGNAL, Config::MAX_GAIN);
    config.direction = direction(random);
    config.sampling = sampling(random);
    config.period = match random.below(4) {
        0 => Config::MIN_PERIOD,
        1 => Config::MAX_PERIOD,
        _ => random.whole(Config::MIN_PERIOD.into(), Config::MAX_PERIOD.into()) as u32,
    };
    config.max_periods = random.whole(1, Config::MAX_MAX_PERIODS.into()) as u32;
    config.max_hold = random.whole(1, Config::MAX_MAX_HOLD.into()) as u32;
    let most = Config::MAX_OUTPUT;
    (config.min, config.max) = match random.below(4) {
        0 => (-most, most),
        1 => (most - 1, most),
        2 => (random.whole(-most, -1), random.whole(1, most)),
        _ => (
            random.whole(-1_000_000, 0),
            random.whole(0, 1_000_000), // both 0 at times, which is refused
        ),
    };
    config.mode = mode(random, config);
    config.setpoint = random.ramp(-signal, signal, START);
    reference(random, config);
    config.scale = random.spread(Config::MIN_SCALE, signal);
    config.bias = random.ramp(whole(config.min), whole(config.max), START);
    config.kp = random.ramp(Fx::ZERO, gain, START);
    config.ki = random.ramp(Fx::ZERO, gain, START);
    config.kd = random.ramp(Fx::ZERO, gain, START);
    config.filter = random.ramp(Config::MIN_FILTER, Config::MAX_FILTER, START);
    config.dead_band = random.ramp(Fx::ZERO, Config::MAX_ERROR - Fx::DELTA, START);
    config.half_life = match random.below(8) {
        0 => Config::MAX_HALF_LIFE,
        1 => random.below(Config::MAX_HALF_LIFE), // may be too short, which is refused
        _ => half_life(random, config),
    };
    config.slew_up = any_rate(random);
    config.slew_down = any_rate(random);
    config.kf = random.spread(-gain, gain);
    config.w_ref = random.spread(-signal, signal);
    config.f_max = random.spread(Fx::ZERO, whole(most));
    config.max_age = any_small(random);
    config.min_samples = any_small(random);
    config.y_min = random.spread(-signal, Fx::ZERO);
    config.y_max = random.spread(Fx::DELTA, signal);
}

fn mode(random: &mut Random, config: &Config) -> Mode {
    match random.below(8) {
        0 => Mode::Manual(random.whole(config.min, config.max)),
        1 => Mode::Manual(config.max),
        _ => Mode::Auto,
    }
}

/// Half of the setpoints are absolute.
fn reference(random: &mut Random, config: &mut Config) {
    (config.reference, config.average_half_life) = match random.below(4) {
        0 => (Reference::Given, 0),
        1 => {
            let least = u64::from(config.period) * u64::from(config.max_periods);
            (Reference::Average, least * (1 + random.below(50)))
        }
        _ => (Reference::Absolute, 0),
    };
}

pub(super) fn half_life(random: &mut Random, config: &Config) -> u64 {
    let least = u64::from(config.period) * u64::from(config.max_periods);
    match random.below(3) {
        0 => 0,
        1 => least,
        _ => least * (1 + random.below(200)),
    }
}

fn direction(random: &mut Random) -> Direction {
    if random.once_in(2) {
        Direction::Reverse
    } else {
        Direction::Direct
    }
}

fn sampling(random: &mut Random) -> Sampling {
    if random.once_in(2) {
        Sampling::Point
    } else {
        Sampling::Mean
    }
}

pub(super) fn any_rate(random: &mut Random) -> Option<u64> {
    match random.below(5) {
        0 => None,
        1 => Some(0),
        2 => Some(Config::MAX_SLEW),
        3 => Some(random.below(Config::MAX_SLEW)),
        _ => Some(random.below(1_000_000)),
    }
}

pub(super) fn any_small(random: &mut Random) -> u32 {
    match random.below(4) {
        0 => 0,
        1 => random.bits() as u32,
        _ => u32::MAX,
    }
}
