//! What a new economy starts with, until its creator configures it otherwise.
//!
//! The gains are those of `crates/sim/tuned/defaults.json`, which `homeostat tune` found on the
//! simulator; docs/BENCHMARK.md says what they were judged by. A test in `crates/sim` compares them.
//!
//! # Other periods than a week
//!
//! What these values are tuned for takes weeks, however long the period is, so they scale
//! with it:
//!
//! | value | with the period T |
//! |---|---|
//! | integral gain (a period), slew limits, caps on emission and burn of a period | in proportion to T |
//! | proportional gain | the same up to a week, above it in proportion to 1 / T; the integral gain then stays what it is for a week, so that Kp / Ki is the same time always |
//! | `max_hold`, the guard's half-life, threshold, length of a latch, samples to learn | as many periods as make the same time, within their ranges |
//!
//! A loop cannot be faster than its measurements: above a week the mean over a period and
//! the value that holds for the next one delay it so much that the weekly gains oscillate.
//! With these, for every period from an hour to 30 days, the longest there is, a plant of four
//! weeks settles under the gains and half of them, and twice of them where it has no dead time.
//!
//! Below an hour the values still follow the same rules, as far as their units allow: 1,000
//! periods are the longest `max_hold`, half-life and threshold, so the guard forgets within
//! hours, and whole ppm are the finest slew limit, always rounded down. The fee's, 1,000 ppm
//! a week, is 0 below 605 s: there the fee stays at its bias until the creator sets a slew
//! limit. Rounding it up would let the fee run ten times too fast at 60 s.

#[cfg(test)]
mod tests;

use homeostat_control::{Config, Direction, Fx, GuardConfig, Ramp, Sampling};

use super::{
    controller::{Metric, Parameter, Reference, Signal, Wiring},
    economy::Limits,
};
use crate::constants::*;

/// A week (seconds), the period that the rates below are given for.
const WEEK: u64 = 604_800;
/// The half-life of the average that the fee's utilisation is compared with (seconds): half a
/// year, several times as long as the swings that the fee is to answer. The fee's integral forgets
/// as fast, or what it has added up of a rise would stay for ever.
const AVERAGE_HALF_LIFE: u64 = 15_768_000;
/// The part of the emission that is burned again (fraction).
const BURNED_OVER_EMITTED: Fx = Fx::lit("0.02");
/// The longest hold and half-life (periods).
const MAX_PERIODS: u16 = GuardConfig::MAX_HALF_LIFE;

/// Starting values of one controller: the setpoint as a fraction, the rest in ppm, rates in
/// ppm per week.
struct Start {
    direction: Direction,
    setpoint: Fx,
    bias: i64,
    min: i64,
    max: i64,
    kp: i64,
    ki_week: i64,
    slew_week: u64,
}

const fn start(parameter: Parameter) -> Start {
    match parameter {
        Parameter::Emission => Start {
            direction: Direction::Reverse,
            setpoint: const { Fx::lit("0.6") },
            bias: 60_000,
            min: 10_000,
            max: 200_000,
            kp: 235_000,
            ki_week: 8_460,
            slew_week: 20_000,
        },
        Parameter::Fee => Start {
            direction: Direction::Direct,
            setpoint: const { Fx::lit("1") },
            bias: 3_000,
            min: 500,
            max: 10_000,
            kp: 371,
            ki_week: 48,
            slew_week: 1_000,
        },
        Parameter::Burn => Start {
            direction: Direction::Reverse,
            setpoint: BURNED_OVER_EMITTED,
            bias: 100_000,
            min: 0,
            max: 900_000,
            kp: 4_770,
            ki_week: 10_400,
            slew_week: 100_000,
        },
        Parameter::Liquidity => Start {
            direction: Direction::Reverse,
            setpoint: const { Fx::lit("0.05") },
            bias: 100_000,
            min: 0,
            max: 300_000,
            kp: 7_580,
            ki_week: 3_170,
            slew_week: 30_000,
        },
    }
}

/// `per_week` for a period (seconds), rounded down. The products of these constants with any
/// period stay far inside their types: nothing saturates.
fn per_period(per_week: u64, period: u32) -> u64 {
    per_week
        .saturating_mul(u64::from(period))
        .checked_div(WEEK)
        .unwrap_or(0)
}

/// As many periods (seconds each) as `weeks` last, rounded up, in `least ..= most`.
fn periods(weeks: u64, period: u32, least: u16, most: u16) -> u16 {
    let periods = weeks
        .saturating_mul(WEEK)
        .div_ceil(u64::from(period.max(1)));
    u16::try_from(periods).unwrap_or(most).clamp(least, most)
}

/// The gains for a period (seconds) of what they are for a week: the proportional gain (ppm per
/// unit of normalised error), and the integral gain (the same a week, and a period), as the table
/// at the top says.
pub fn gains(kp: i64, ki_week: i64, period: u32) -> (Fx, Fx) {
    let seconds = u64::from(period);
    let scaled = |gain: i64, numerator: u64, denominator: u64| {
        Fx::from_num(gain)
            .saturating_mul(Fx::from_num(numerator))
            .checked_div(Fx::from_num(denominator))
            .unwrap_or(Fx::ZERO)
    };
    (
        scaled(kp, WEEK, seconds.max(WEEK)),
        scaled(ki_week, seconds.min(WEEK), WEEK),
    )
}

/// What a controller starts wired to. No target is a guess of how much will be paid, because
/// nobody knows that beforehand: the fee follows the average of its own utilisation, and the
/// burn share, a part of the emission.
pub const fn wiring(parameter: Parameter) -> Wiring {
    match parameter {
        Parameter::Emission => Wiring::of(Metric::StakedShare),
        Parameter::Fee => Wiring {
            reference: Reference::Average,
            ..Wiring::of(Metric::Utilisation)
        },
        Parameter::Burn => Wiring {
            feed_forward: Some(Signal::Metric(Metric::EmittedOverFees)),
            ..Wiring::of(Metric::BurnedOverEmitted)
        },
        Parameter::Liquidity => Wiring::of(Metric::LiquidityDepth),
    }
}

/// Feeds forward what burning `part` of the emission (fraction) takes: that part of the emission
/// over the fees is the burn share, so the loop closes in one period wherever it can be closed,
/// and only what rounding and caps leave is the controller's. The bias stays what it is where the
/// emission over the fees is what it stands for.
pub fn burn_part_of_emission(config: &mut Config, part: Fx) {
    // Whole ppm of the share for each unit of the emission over the fees.
    config.kf = part.saturating_mul(Fx::from_num(PPM)).saturating_round();
    config.w_ref = config
        .bias
        .to
        .checked_div(config.kf)
        .unwrap_or(Fx::ZERO)
        .min(Config::MAX_SIGNAL);
    config.f_max = Fx::from_num(start(Parameter::Burn).max);
}

/// The starting configuration of a controller for an economy's period (seconds).
pub fn config(parameter: Parameter, period: u32) -> Config {
    let start = start(parameter);
    let wiring = wiring(parameter);
    let (y_min, y_max) = wiring.metric.range();
    let slew = Some(per_period(start.slew_week, period));
    let (kp, ki) = gains(start.kp, start.ki_week, period);
    let mut config = Config {
        reference: wiring.reference.law(),
        kp: Ramp::constant(kp),
        ki: Ramp::constant(ki),
        max_hold: u32::from(periods(4, period, 1, MAX_PERIODS)),
        dead_band: Ramp::constant(const { Fx::lit("0.02") }),
        slew_up: slew,
        slew_down: slew,
        y_min,
        y_max,
        ..Config::new(
            start.direction,
            Sampling::Mean,
            period,
            start.setpoint,
            start.bias,
            start.min,
            start.max,
        )
    };
    match parameter {
        Parameter::Fee => {
            let longest_step =
                u64::from(config.max_periods).saturating_mul(u64::from(config.period));
            config.average_half_life = AVERAGE_HALF_LIFE.max(longest_step);
            config.half_life = config.average_half_life;
        }
        Parameter::Burn => burn_part_of_emission(&mut config, start.setpoint),
        Parameter::Emission | Parameter::Liquidity => {}
    }
    config
}

/// The starting configuration of a controller's guard for a period (seconds): the law's
/// default for a week, in the same time of other periods, except for the
/// floor of the running deviation (ppm of the error scale). A sample latches when it deviates
/// by eight running deviations, so after a calm stretch by eight of these floors. On the
/// default setpoints and weekly periods:
///
/// - staked share: 2 % of the scale; it latches when a tenth of the supply is staked or
///   unstaked at once.
/// - utilisation: 10 %; demand is what the fee answers to, and it may nearly double without
///   a latch.
/// - burned over emitted: 50 %; it follows the volume and the emission of a period, and what
///   is burned may be five times the target without a latch, for the feed-forward answers that.
/// - liquidity depth: 6 %; a price that doubles or halves moves it by 29 % down or 41 %
///   up (constant product), which must not latch.
pub fn guard(parameter: Parameter, period: u32) -> GuardConfig {
    let usual = GuardConfig::default();
    // Evidence adds up with time, in deviations times periods.
    let threshold = u64::from(usual.threshold)
        .saturating_mul(WEEK)
        .checked_div(u64::from(period))
        .and_then(|threshold| u32::try_from(threshold).ok())
        .unwrap_or(GuardConfig::MAX_THRESHOLD);
    GuardConfig {
        half_life: periods(8, period, 1, MAX_PERIODS),
        min_samples: periods(8, period, GuardConfig::MIN_MIN_SAMPLES, MAX_PERIODS),
        // A quarter of the samples to learn at most: whoever can latch the guard at will
        // holds the controller for no more than a fifth of the time.
        hold_periods: periods(2, period, 1, MAX_PERIODS / 4),
        threshold: threshold.clamp(GuardConfig::MIN_THRESHOLD, GuardConfig::MAX_THRESHOLD),
        floor: match parameter {
            Parameter::Emission => 20_000,
            Parameter::Fee => 100_000,
            Parameter::Burn => 500_000,
            Parameter::Liquidity => 60_000,
        },
        ..usual
    }
}

/// The starting limits for a period (seconds) and a hard cap (base units).
pub fn limits(period: u32, hard_cap: u64) -> Limits {
    // Twice what the highest emission rate gives in a period (ppm of supply).
    let highest = start(Parameter::Emission).max.unsigned_abs();
    let emission = highest
        .saturating_mul(2)
        .saturating_mul(u64::from(period))
        .checked_div(YEAR.unsigned_abs())
        .unwrap_or(0)
        .clamp(1, u64::from(MAX_PERIOD_EMISSION_PPM));
    // A hundredth of the supply in a week.
    let burn = per_period(10_000, period).clamp(1, u64::from(MAX_PERIOD_BURN_PPM));
    Limits {
        hard_cap,
        supply_floor: 0,
        turnover_ppm: 4_000_000,
        min_stake: 1,
        bounty: 0,
        period_emission_ppm: u32::try_from(emission).unwrap_or(MAX_PERIOD_EMISSION_PPM),
        treasury_ppm: 200_000,
        period,
        unbonding: 604_800,
        outflow_cap: 0,
        period_burn_ppm: u32::try_from(burn).unwrap_or(MAX_PERIOD_BURN_PPM),
        yield_ppm: 1_000_000,
    }
}
