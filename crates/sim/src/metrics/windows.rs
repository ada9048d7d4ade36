//! What metrics are computed from: a run's days before and after the shock.

use super::TARGET;
use crate::plant::Day;

/// A run's days, parted by the shock.
pub struct Path<'a> {
    /// The days before the shock.
    pub before: &'a [Day],
    /// The days from the shock on; at least one.
    pub after: &'a [Day],
    /// The supply on the first day (base units).
    pub first_supply: f64,
    epoch_days: f64,
}

impl<'a> Path<'a> {
    /// Parts `days` at the epoch of the shock.
    pub fn new(days: &'a [Day], shock: usize, epoch_days: f64) -> Self {
        let (before, after) = days.split_at(shock.min(days.len()));
        Self {
            before,
            after,
            first_supply: days.first().map_or(f64::NAN, |day| day.supply),
            epoch_days,
        }
    }

    /// The sum of a quantity after the shock.
    pub fn sum(&self, of: impl Fn(&Day) -> f64) -> f64 {
        self.after.iter().map(of).sum()
    }

    /// Its mean.
    pub fn mean(&self, of: impl Fn(&Day) -> f64) -> f64 {
        self.sum(of) / self.after.len() as f64
    }

    /// Its last value.
    pub fn last(&self, of: impl Fn(&Day) -> f64) -> f64 {
        self.after.last().map_or(f64::NAN, of)
    }

    /// Its standard deviation (of a sample) over its mean.
    pub fn variation(&self, of: impl Fn(&Day) -> f64) -> f64 {
        let mean = self.mean(&of);
        let squares = self.sum(|day| (of(day) - mean) * (of(day) - mean));
        let deviation = libm::sqrt(squares / (self.after.len() as f64 - 1.0));
        // Rounding leaves a trace of deviation in a constant; it varies by nothing.
        if deviation < 1e-12 * mean.abs() {
            return 0.0;
        }
        deviation / mean
    }

    /// The logarithm of its last value over its first.
    pub fn growth(&self, of: impl Fn(&Day) -> f64) -> f64 {
        libm::log(self.last(&of) / self.after.first().map_or(f64::NAN, of))
    }

    /// How far it travelled, up and down.
    pub fn travel(&self, of: impl Fn(&Day) -> f64) -> f64 {
        self.after
            .windows(2)
            .map(|pair| (of(&pair[1]) - of(&pair[0])).abs())
            .sum()
    }

    /// The annual volatility of the price: the standard deviation of the logarithmic returns of
    /// epochs, times the root of the epochs in a year of 365 days.
    pub fn volatility(&self) -> f64 {
        let returns = || {
            let pairs = self.after.windows(2);
            pairs.map(|pair| libm::log(pair[1].price / pair[0].price))
        };
        let count = self.after.len() as f64 - 1.0;
        let mean = returns().sum::<f64>() / count;
        let squares: f64 = returns().map(|r| (r - mean) * (r - mean)).sum();
        libm::sqrt(squares / (count - 1.0)) * libm::sqrt(365.0 / self.epoch_days)
    }

    /// The number of days of a window after the shock, at least one epoch.
    fn window(&self, days: f64) -> &'a [Day] {
        let epochs = (days / self.epoch_days) as usize + 1;
        &self.after[..epochs.min(self.after.len())]
    }

    /// The deepest fall from a peak (fraction) within `days` after the shock.
    pub fn drawdown(&self, days: f64, of: impl Fn(&Day) -> f64) -> f64 {
        let mut peak = f64::MIN_POSITIVE;
        let mut deepest = 0.0f64;
        for value in self.window(days).iter().map(of) {
            peak = peak.max(value);
            deepest = deepest.max(1.0 - value / peak);
        }
        deepest
    }

    /// The days from the shock until the quantity, after its lowest point within `days`, was
    /// `part` of its value at the shock again; 0 where it never fell below that, and all the
    /// days there are where it never came back.
    pub fn recovery(&self, days: f64, part: f64, of: impl Fn(&Day) -> f64) -> f64 {
        let start = self.after.first().map_or(f64::NAN, &of);
        let (lowest, value) = self.window(days).iter().map(&of).enumerate().fold(
            (0, f64::INFINITY),
            |low, (at, v)| if v < low.1 { (at, v) } else { low },
        );
        if value >= part * start {
            return 0.0;
        }
        let back = self
            .after
            .iter()
            .skip(lowest)
            .position(|day| of(day) >= part * start);
        let epochs = back.map_or(self.after.len(), |epochs| lowest + epochs);
        epochs as f64 * self.epoch_days
    }

    /// The part of the cranks after the shock that something is true of; not a number without a
    /// crank.
    pub fn part_of_cranks(&self, is: impl Fn(&Day) -> bool) -> f64 {
        let cranks = self.after.iter().filter(|day| day.cranked);
        let (count, true_of) = cranks.fold((0u32, 0u32), |(count, true_of), day| {
            (count + 1, true_of + u32::from(is(day)))
        });
        f64::from(true_of) / f64::from(count)
    }

    /// The mean over the cranks after the shock of what has a value; not a number without any.
    pub fn mean_of_cranks(&self, of: impl Fn(&Day) -> f64) -> f64 {
        let cranks = self.after.iter().filter(|day| day.cranked).map(of);
        let (count, sum) = cranks
            .filter(|value| !value.is_nan())
            .fold((0u32, 0.0), |(count, sum), value| (count + 1, sum + value));
        sum / f64::from(count)
    }

    /// The least value that `part` of the weight lies at or below; not a number without weight.
    pub fn weighted_quantile(
        &self,
        part: f64,
        of: impl Fn(&Day) -> f64,
        weight: impl Fn(&Day) -> f64,
    ) -> f64 {
        let mut pairs: Vec<(f64, f64)> = self
            .after
            .iter()
            .map(|day| (of(day), weight(day)))
            .collect();
        pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let wanted = part * pairs.iter().map(|pair| pair.1).sum::<f64>();
        let mut reached = 0.0;
        for (value, weight) in pairs {
            reached += weight;
            if reached >= wanted && wanted > 0.0 {
                return value;
            }
        }
        f64::NAN
    }

    /// The epochs from the shock to the first latch that begins after it.
    pub fn first_latch(&self) -> Option<usize> {
        let mut before = self.before.last().map_or([false; 4], |day| day.latched);
        self.after.iter().position(|day| {
            let begins = begins(&before, &day.latched) > 0;
            before = day.latched;
            begins
        })
    }

    /// The latches that began before the shock.
    pub fn latches_before(&self) -> f64 {
        let mut before = [false; 4];
        let mut count = 0;
        for day in self.before {
            count += begins(&before, &day.latched);
            before = day.latched;
        }
        count as f64
    }
}

/// How many guards are latched now and were not before.
fn begins(before: &[bool; 4], now: &[bool; 4]) -> usize {
    before
        .iter()
        .zip(now)
        .filter(|(before, now)| !**before && **now)
        .count()
}

/// The errors of the staked share after the shock.
pub struct Errors {
    /// The integral of |e| (days).
    pub absolute: f64,
    /// The integral of e squared (days).
    pub squared: f64,
    /// The integral of |e| times the time since the shock (days squared).
    pub timed: f64,
    /// The highest share above the target.
    pub overshoot: f64,
    errors: Vec<f64>,
    epoch_days: f64,
}

impl Errors {
    /// Integrates over the epochs, each with its value at the end.
    pub fn new(path: &Path) -> Self {
        let errors: Vec<f64> = path
            .after
            .iter()
            .map(|day| day.staked_share - TARGET)
            .collect();
        let length = path.epoch_days;
        let integral = |of: &dyn Fn(usize, f64) -> f64| -> f64 {
            errors
                .iter()
                .enumerate()
                .map(|(at, error)| of(at, *error) * length)
                .sum()
        };
        Self {
            absolute: integral(&|_, error| error.abs()),
            squared: integral(&|_, error| error * error),
            timed: integral(&|at, error| error.abs() * (at as f64 + 0.5) * length),
            overshoot: errors.iter().copied().fold(0.0, f64::max),
            epoch_days: length,
            errors,
        }
    }

    /// The days until the error stayed within a band.
    pub fn settling(&self, band: f64) -> f64 {
        let last_outside = self.errors.iter().rposition(|error| error.abs() > band);
        last_outside.map_or(0.0, |at| (at + 1) as f64 * self.epoch_days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(price: f64, share: f64) -> Day {
        Day {
            price,
            demand: 1.0,
            staked: 0.0,
            staked_share: share,
            supply: 1_000.0,
            circulating: 1_000.0,
            values: [60_000.0; 4],
            annual_yield: 0.1,
            volume: 0.0,
            honest_volume: 0.0,
            fees: 0.0,
            burned: 0.0,
            minted: 0.0,
            issued: 0.0,
            market: 1.0,
            treasury: 0.0,
            at_limit: [0; 4],
            latched: [false; 4],
            cranked: true,
            measured: [0.0; 4],
            errors: [0.0; 4],
        }
    }

    fn prices(prices: &[f64]) -> Vec<Day> {
        prices.iter().map(|price| day(*price, TARGET)).collect()
    }

    #[test]
    fn a_drawdown_is_from_the_highest_point_so_far_and_recovery_from_the_lowest() {
        // Given a path that rises to 2, falls to 0.5 and comes back,
        let days = prices(&[1.0, 2.0, 0.5, 1.0, 0.8, 0.9, 3.0]);
        let path = Path::new(&days, 0, 1.0);
        assert_eq!(path.drawdown(90.0, |d| d.price), 0.75);
        // then 90 % of the first price is reached again on the day after the lowest.
        assert_eq!(path.recovery(90.0, 0.9, |d| d.price), 3.0);
        // In the first two days there was no fall, and nothing to recover from.
        assert_eq!(path.drawdown(1.0, |d| d.price), 0.0);
        assert_eq!(path.recovery(1.0, 0.9, |d| d.price), 0.0);
        // What never comes back takes all there is.
        let lost = prices(&[1.0, 0.5, 0.5]);
        assert_eq!(
            Path::new(&lost, 0, 1.0).recovery(90.0, 0.9, |d| d.price),
            3.0
        );
    }

    #[test]
    fn volatility_is_annual_and_a_constant_has_none() {
        // Returns of +-1 %: a standard deviation of 0.01 sqrt(n / (n - 1)).
        let mut price = 1.0;
        let mut path = vec![price];
        for step in 0..100 {
            price *= libm::exp(if step % 2 == 0 { 0.01 } else { -0.01 });
            path.push(price);
        }
        let days = prices(&path);
        let expected = 0.01 * libm::sqrt(100.0 / 99.0) * libm::sqrt(365.0);
        assert!((Path::new(&days, 0, 1.0).volatility() - expected).abs() < 1e-12);
        let flat = prices(&[2.0; 10]);
        assert_eq!(Path::new(&flat, 0, 1.0).volatility(), 0.0);
        assert_eq!(Path::new(&flat, 0, 1.0).variation(|d| d.price), 0.0);
    }

    #[test]
    fn errors_are_integrated_over_time_and_settle_for_good() {
        let days: Vec<Day> = [0.5, 0.62, 0.66, 0.61, 0.6]
            .iter()
            .map(|share| day(1.0, *share))
            .collect();
        let errors = Errors::new(&Path::new(&days, 0, 2.0));
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} {b}");
        close(errors.absolute, 2.0 * (0.1 + 0.02 + 0.06 + 0.01));
        close(errors.squared, 2.0 * (0.01 + 0.0004 + 0.0036 + 0.0001));
        // The epochs' middles are at 1, 3, 5, 7 and 9 days.
        close(
            errors.timed,
            2.0 * (0.1 + 0.02 * 3.0 + 0.06 * 5.0 + 0.01 * 7.0),
        );
        close(errors.overshoot, 0.06);
        assert_eq!(errors.settling(0.05), 6.0);
        assert_eq!(errors.settling(0.2), 0.0);
    }

    #[test]
    fn quantiles_weigh_and_latches_count_once() {
        let mut days = prices(&[1.0; 6]);
        for (at, day) in days.iter_mut().enumerate() {
            day.values[1] = at as f64;
            day.honest_volume = if at == 5 { 6.0 } else { 94.0 / 5.0 };
        }
        let quantile = |days: &[Day], part| {
            let path = Path::new(days, 0, 1.0);
            path.weighted_quantile(part, |d| d.values[1], |d| d.honest_volume)
        };
        assert_eq!(quantile(&days, 0.94), 4.0);
        assert_eq!(quantile(&days, 0.95), 5.0);
        assert!(quantile(&[], 0.95).is_nan());
        // Latched on days 1 and 2, and again on day 4: two latches.
        for at in [1, 2, 4] {
            days[at].latched[2] = true;
        }
        assert_eq!(Path::new(&days, 6, 1.0).latches_before(), 2.0);
        assert_eq!(Path::new(&days, 2, 1.0).first_latch(), Some(2));
        assert_eq!(Path::new(&days, 5, 1.0).first_latch(), None);
    }
}
