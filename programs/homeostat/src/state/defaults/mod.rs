//! What a new economy starts with, until its creator configures it otherwise.
//!
//! The emission's gains, limits and slew come from a simulation of 400 stakers in weekly
//! periods, of whom a tenth decide anew each week. The other controllers start with a
//! proportional gain of a tenth of their range, and an integral gain of a fifth of that a
//! week.

use homeostat_control::{Config, Direction, Fx, GuardConfig, Ramp, Sampling};

use super::{
    controller::{Metric, Parameter},
    economy::Limits,
};
use crate::constants::*;

/// A week (seconds), the period that the rates below are given for.
const WEEK: u64 = 604_800;

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
            kp: 100_000,
            ki_week: 20_000,
            slew_week: 20_000,
        },
        Parameter::Fee => Start {
            direction: Direction::Direct,
            setpoint: const { Fx::lit("1") },
            bias: 3_000,
            min: 500,
            max: 10_000,
            kp: 950,
            ki_week: 190,
            slew_week: 1_000,
        },
        Parameter::Burn => Start {
            direction: Direction::Direct,
            setpoint: const { Fx::lit("0.02") },
            bias: 300_000,
            min: 0,
            max: 900_000,
            kp: 90_000,
            ki_week: 18_000,
            slew_week: 100_000,
        },
        Parameter::Liquidity => Start {
            direction: Direction::Reverse,
            setpoint: const { Fx::lit("0.05") },
            bias: 100_000,
            min: 0,
            max: 300_000,
            kp: 30_000,
            ki_week: 6_000,
            slew_week: 30_000,
        },
    }
}

/// The starting configuration of a controller for an economy's period (seconds). Rates per
/// week are scaled to the period and rounded down; a slew limit is at least 1 ppm, or the
/// controller could never move. The products of these constants with any period stay far
/// inside their types: nothing saturates.
pub fn config(parameter: Parameter, period: u32) -> Config {
    let start = start(parameter);
    let (y_min, y_max) = Metric::default_for(parameter).range();
    let per_period = |per_week: u64| {
        per_week
            .saturating_mul(u64::from(period))
            .checked_div(WEEK)
            .unwrap_or(0)
    };
    let ki = Fx::from_num(start.ki_week)
        .saturating_mul(Fx::from_num(period))
        .checked_div(Fx::from_num(WEEK))
        .unwrap_or(Fx::ZERO);
    let slew = Some(per_period(start.slew_week).max(1));
    Config {
        kp: Ramp::constant(Fx::from_num(start.kp)),
        ki: Ramp::constant(ki),
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
    }
}

/// The starting configuration of a controller's guard: the law's default, except for the
/// floor of the running deviation (ppm of the error scale). A sample latches when it deviates
/// by eight running deviations, so after a calm stretch by eight of these floors. On the
/// default setpoints and weekly periods:
///
/// - staked share: 2 % of the scale; it latches when a tenth of the supply is staked or
///   unstaked at once.
/// - utilisation: 10 %; demand is what the fee answers to, and it may nearly double without
///   a latch.
/// - net supply growth: 50 %; it follows the emission, which moves by a whole scale
///   (2 points a year) in a week when its own controller answers a shock.
/// - liquidity depth: 6 %; a price that doubles or halves moves it by 29 % down or 41 %
///   up (constant product), which must not latch.
pub fn guard(parameter: Parameter) -> GuardConfig {
    GuardConfig {
        floor: match parameter {
            Parameter::Emission => 20_000,
            Parameter::Fee => 100_000,
            Parameter::Burn => 500_000,
            Parameter::Liquidity => 60_000,
        },
        ..GuardConfig::default()
    }
}

/// The starting limits for a period (seconds) and a hard cap (base units).
pub fn limits(period: u32, hard_cap: u64) -> Limits {
    // Twice what the highest emission rate gives in a period (ppm of supply). A longer period
    // than a year cannot saturate it: both factors have 32 bits at most.
    let highest = start(Parameter::Emission).max.unsigned_abs();
    let per_period = highest
        .saturating_mul(2)
        .saturating_mul(u64::from(period))
        .checked_div(YEAR.unsigned_abs())
        .unwrap_or(0)
        .clamp(1, u64::from(MAX_PERIOD_EMISSION_PPM));
    Limits {
        hard_cap,
        supply_floor: 0,
        turnover_ppm: 4_000_000,
        min_stake: 1,
        bounty: 0,
        period_emission_ppm: u32::try_from(per_period).unwrap_or(MAX_PERIOD_EMISSION_PPM),
        treasury_ppm: 200_000,
        period,
        unbonding: 604_800,
        outflow_cap: 0,
        period_burn_ppm: 10_000,
        reserved: 0,
    }
}
