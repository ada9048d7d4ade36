//! What a learner sees: numbers that everybody can read from the chain, over the last 30 days.

use crate::{metrics::TARGET, plant::Day};

/// The number of features; the first is always 1.
pub const COUNT: usize = 8;
/// Their names.
pub const NAMES: [&str; COUNT] = [
    "constant",
    "error",
    "integral",
    "derivative",
    "price trend",
    "utilisation",
    "at limit",
    "volatility",
];

/// The memory of a feature (days).
const MEMORY: f64 = 30.0;
/// The unit of the integral (days).
const QUARTER: f64 = 90.0;
/// The most that the integral grows to either side, in its unit.
const MOST: f64 = 4.0;

/// The features of an economy that has lived `days`; `limits` are those of its emission (ppm).
///
/// | feature | what |
/// |---|---|
/// | constant | 1 |
/// | error | how far the staked share is below its target, over the target |
/// | integral | the time integral of that, in quarters of 90 days, kept within ±4 |
/// | derivative | what the error grew by in 30 days |
/// | price trend | what the logarithm of the market's price grew by in 30 days |
/// | utilisation | as the fee's controller last measured it, less 1, within ±2 |
/// | at limit | the part of 30 days with the emission at its maximum, less that at its minimum |
/// | volatility | the standard deviation of a day's change of the staked share, in points |
pub fn features(days: &[Day], epoch_days: f64, limits: (i64, i64)) -> [f64; COUNT] {
    let Some(last) = days.last() else {
        let mut none = [0.0; COUNT];
        none[0] = 1.0;
        return none;
    };
    let error = |day: &Day| (TARGET - day.staked_share) / TARGET;
    let integral = days.iter().fold(0.0f64, |sum, day| {
        (sum + error(day) * epoch_days / QUARTER).clamp(-MOST, MOST)
    });
    let epochs = ((MEMORY / epoch_days) as usize).max(1);
    let recent = &days[days.len().saturating_sub(epochs + 1)..];
    let first = recent.first().unwrap_or(last);
    let utilisation = recent
        .iter()
        .rev()
        .map(|day| day.measured[1])
        .find(|measured| measured.is_finite());
    let (low, high) = (limits.0 as f64, limits.1 as f64);
    let side = |day: &Day| match day.values[0] {
        value if value >= high => 1.0,
        value if value <= low => -1.0,
        _ => 0.0,
    };
    [
        1.0,
        error(last),
        integral,
        error(last) - error(first),
        libm::log(last.price / first.price),
        utilisation.map_or(0.0, |utilisation| (utilisation - 1.0).clamp(-2.0, 2.0)),
        recent.iter().map(side).sum::<f64>() / recent.len() as f64,
        100.0 * deviation(recent) / libm::sqrt(epoch_days),
    ]
}

/// The standard deviation of the change of the staked share in an epoch.
fn deviation(days: &[Day]) -> f64 {
    let changes = || {
        days.windows(2)
            .map(|pair| pair[1].staked_share - pair[0].staked_share)
    };
    let count = (days.len() as f64 - 1.0).max(1.0);
    let mean = changes().sum::<f64>() / count;
    let squares: f64 = changes()
        .map(|change| (change - mean) * (change - mean))
        .sum();
    libm::sqrt(squares / count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        learn::tests::{case, setting},
        scenario::Scenario,
    };

    fn day() -> Day {
        let mut run = setting(1).prepare(case(Scenario::Stationary, 1)).unwrap();
        run.world.run(&mut run.steer).unwrap();
        run.world.days()[0]
    }

    #[test]
    fn features_are_what_their_table_says() {
        // Given 61 days in which the staked share fell from 0.6 to 0.54 in the last 30, the
        // price doubled in them, and the emission was at its maximum on the last ten,
        let mut days = vec![day(); 61];
        for (index, day) in days.iter_mut().enumerate() {
            let late = (index as f64 - 30.0).max(0.0);
            day.staked_share = 0.6 - 0.002 * late;
            day.price = libm::exp2(late / 30.0);
            day.values[0] = if index > 50 { 200_000.0 } else { 60_000.0 };
            day.measured[1] = if index == 60 { f64::NAN } else { 1.5 };
        }
        // when they are looked at,
        let seen = features(&days, 1.0, (10_000, 200_000));
        // then everything is in its place.
        let integral = 0.002 / 0.6 * (30.0 * 31.0 / 2.0) / 90.0;
        let expected = [
            1.0,
            0.1,
            integral,
            0.1,
            core::f64::consts::LN_2,
            0.5,
            10.0 / 31.0,
            0.0,
        ];
        for ((name, seen), expected) in NAMES.iter().zip(seen).zip(expected) {
            assert!((seen - expected).abs() < 1e-9, "{name}: {seen} {expected}");
        }
        // Nobody has seen anything yet.
        assert_eq!(features(&[], 1.0, (0, 1))[..2], [1.0, 0.0]);
    }

    #[test]
    fn the_integral_stays_within_four_quarters_and_turns_at_once() {
        let mut days = vec![day(); 2_000];
        for day in &mut days {
            day.staked_share = 0.0;
        }
        let at = |days: &[Day]| features(days, 1.0, (0, 1))[2];
        assert_eq!(at(&days), 4.0);
        days.push(Day {
            staked_share: 1.2,
            ..days[0]
        });
        assert!((at(&days) - (4.0 - 1.0 / 90.0)).abs() < 1e-12);
    }
}
