//! The shapes that scenarios are made of: lines through points, a noise that reverts, and
//! regimes that follow each other.

use super::Weather;
use crate::random::Luck;

/// The straight line through points (x, y) in ascending x, flat outside them.
pub fn linear(x: f64, points: &[(f64, f64)]) -> f64 {
    let Some(mut before) = points.first().copied() else {
        return 0.0;
    };
    for &(at, value) in points {
        if x < at {
            let part = ((x - before.0) / (at - before.0)).max(0.0);
            return before.1 + (value - before.1) * part;
        }
        before = (at, value);
    }
    before.1
}

/// The same with the logarithm of y on the line: growth by equal factors in equal times.
pub fn logarithmic(x: f64, points: &[(f64, f64)]) -> f64 {
    let mut logs = [(0.0, 0.0); 4];
    for (log, (at, value)) in logs.iter_mut().zip(points) {
        *log = (*at, libm::log(*value));
    }
    libm::exp(linear(x, &logs[..points.len().min(logs.len())]))
}

/// An Ornstein-Uhlenbeck process with a half-life of ten days.
pub struct Reverting {
    value: f64,
    kept: f64,
    step: f64,
}

impl Reverting {
    /// `daily` is the standard deviation of a day's change.
    pub fn new(daily: f64, epoch_days: f64) -> Self {
        Self {
            value: 0.0,
            kept: libm::exp2(-epoch_days / 10.0),
            step: daily * libm::sqrt(epoch_days),
        }
    }

    /// The next value. Two words of luck.
    pub fn next(&mut self, luck: &mut Luck) -> f64 {
        self.value = self.kept * self.value + self.step * luck.normal();
        self.value
    }
}

/// A Markov chain of regimes that last 40 days in the mean, each with random strength.
pub struct Regimes {
    luck: Luck,
    now: Weather,
    /// The factor by which demand grows in a day.
    growth: f64,
}

impl Regimes {
    /// Starts calm.
    pub fn new(luck: Luck) -> Self {
        Self {
            luck,
            now: Weather::QUIET,
            growth: 1.0,
        }
    }

    /// The weather of the next epoch. Six words of luck, whatever happens.
    pub fn next(&mut self, epoch_days: f64) -> Weather {
        let [change, kind, growth, mood, alarm, spam] =
            core::array::from_fn(|_| self.luck.uniform());
        if change < 1.0 - libm::exp(-epoch_days / 40.0) {
            let quiet = Weather {
                demand: self.now.demand,
                ..Weather::QUIET
            };
            (self.now, self.growth) = match kind {
                kind if kind < 0.4 => (quiet, 1.0),
                kind if kind < 0.6 => (
                    Weather {
                        mood: 0.5 * mood,
                        ..quiet
                    },
                    1.0 + 0.02 * growth,
                ),
                kind if kind < 0.8 => {
                    let weather = Weather {
                        mood,
                        alarm: 1.0 + 3.0 * alarm,
                        ..quiet
                    };
                    (weather, 1.0 - 0.03 * growth)
                }
                _ => (
                    Weather {
                        spam: 3.0 * spam,
                        ..quiet
                    },
                    1.0,
                ),
            };
        }
        let grown = self.now.demand * libm::pow(self.growth, epoch_days);
        // Demand stays within what the world has seen of young networks in two years.
        self.now.demand = grown.clamp(0.1, 10.0);
        self.now
    }
}
