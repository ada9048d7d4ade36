//! The guard's whole numbers: measurements in 2^-40, scores and evidence in ppm.

use super::GuardConfig;
use crate::{
    math::{clamp, mul_64},
    Config, Fx,
};

/// One deviation, or the scale, in the unit of settings and scores.
const PPM: u64 = 1_000_000;
/// 1 / ln 2 (ppm): from half-life to time constant.
const TIME_CONSTANT_PPM: u32 = 1_442_695;
/// Bits of [`Fx`] below a unit of [`GuardState`].
const DROPPED: u32 = 8;
/// Fraction bits of the weight of a sample: its seconds have 25 bits.
pub(super) const WEIGHT_BITS: u32 = 38;

/// A measurement in units of 2^-40, rounded down, clamped to what
/// [`Config::validate`] accepts as a measurement.
pub(super) fn units(y: Fx) -> i64 {
    let y = clamp(y, Config::MAX_SIGNAL.saturating_neg(), Config::MAX_SIGNAL);
    (y.to_bits() >> DROPPED) as i64 // |y| <= 1,000,000 < 2^20: 60 bits and the sign
}

/// Units of 2^-40 as a fraction.
pub(super) fn fraction(units: i128) -> Fx {
    Fx::from_bits(units << DROPPED) // at most 72 bits
}

/// The deviation that a sample is compared with (2^-40): the learnt one, not below its
/// floor. Never 0: the smallest floor of the smallest scale has a thousand units.
pub(super) fn floored(config: &Config, guard_config: &GuardConfig, deviation: u64) -> u64 {
    let scale = units(config.scale).unsigned_abs();
    let floor = part_per_million(scale, guard_config.floor);
    Ord::max(deviation, floor)
}

/// `value x ppm / 1,000,000`, rounded down, saturating. Exact in 64 bits: the
/// quotient and the remainder of `value` by a million are multiplied apart.
pub(super) fn part_per_million(value: u64, ppm: u32) -> u64 {
    // The remainder has 20 bits, ppm 32: no wrap.
    let part = (value % PPM).wrapping_mul(u64::from(ppm)) / PPM;
    match u32::try_from(value / PPM) {
        // 32 bits and 32 need no check, and a checked product costs a 128-bit one on chain.
        Ok(millions) => u64::from(millions)
            .wrapping_mul(u64::from(ppm))
            .saturating_add(part),
        Err(_) => (value / PPM)
            .saturating_mul(u64::from(ppm))
            .saturating_add(part),
    }
}

/// `± distance / sigma` (ppm), rounded towards zero, saturating.
pub(super) fn score(distance: u64, above: bool, sigma: u64) -> i64 {
    let quotient = if distance <= u64::MAX / PPM {
        // A distance below 16, as shares always have: one 64-bit division does.
        let scaled = distance.wrapping_mul(PPM);
        scaled.checked_div(sigma).unwrap_or(u64::MAX)
    } else {
        mul_64(distance, PPM)
            .checked_div(u128::from(sigma))
            .and_then(|quotient| u64::try_from(quotient).ok())
            .unwrap_or(u64::MAX)
    };
    let score = i64::try_from(quotient).unwrap_or(i64::MAX);
    if above {
        score
    } else {
        score.saturating_neg()
    }
}

/// One side of the CUSUM (ppm of a deviation) after `seconds` of `excess`; the
/// share of a period is rounded towards zero.
pub(super) fn accumulated(sum: u32, excess: i64, seconds: u64, period: u32) -> u32 {
    // A score beyond the limit, at most 100 deviations, has latched before: 28 bits with
    // the slack, and 32 of seconds. Divided without its sign, since the upstream
    // toolchain of the on-chain build has no signed division.
    let share = excess
        .unsigned_abs()
        .wrapping_mul(seconds)
        .checked_div(u64::from(period))
        .unwrap_or(0);
    let share = u32::try_from(share).unwrap_or(u32::MAX);
    if excess < 0 {
        sum.saturating_sub(share)
    } else {
        sum.saturating_add(share)
    }
}

/// T (seconds), rounded down.
pub(super) fn time_constant(guard_config: &GuardConfig, period: u32) -> u64 {
    // 16 bits and 32: no wrap.
    let half_life = u64::from(guard_config.half_life).wrapping_mul(u64::from(period));
    part_per_million(half_life, TIME_CONSTANT_PPM)
}

/// `value x weight / 2^38`, rounded to nearest, half up.
pub(super) fn weighted(value: u64, weight: u64) -> u64 {
    let rounded = mul_64(value, weight).saturating_add(1 << (WEIGHT_BITS - 1)) >> WEIGHT_BITS;
    rounded as u64 // weight <= 2^38: not above value
}
