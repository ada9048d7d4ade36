//! What a feed says at one instant: the median of the fresh reports, and how many agree.

use homeostat_control::{Fx, Sample};

use super::{Feed, Reporter};
use crate::{
    constants::*,
    state::{number::median, snapshot::Measurement},
};

/// The number of fraction bits of a value.
const FRACTION_BITS: u32 = 48;

/// What a feed says at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedReading {
    /// The median of the fresh reports (in the feed's unit); of an even number the lower of
    /// the middle two, so it is one of the reports and never rounded.
    pub value: Fx,
    /// The time of the oldest report that counts (unix seconds).
    pub at: i64,
    /// The number of reports that count, at least 1: fresh and within the spread of the
    /// median.
    pub counted: u32,
    /// The number of reports that make a reading.
    pub quorum: u32,
}

impl FeedReading {
    /// The sample for a controller that asks for `min_samples` reports. A reading below the
    /// feed's quorum is passed on only to a controller that asks for more reports than it has:
    /// its law refuses it and logs why. A controller that would be content with it gets no
    /// sample: the feed's quorum was raised since, and holds.
    pub fn sample(&self, min_samples: u32) -> Option<Sample> {
        let enough = self.counted >= self.quorum;
        (enough || self.counted < min_samples).then_some(Sample {
            value: self.value,
            at: self.at,
            samples: self.counted,
        })
    }

    /// The sample as a ratio whose denominator tells how many reports counted:
    /// `counted x value` over `counted`, both times 2^48. Exact.
    pub fn ratio(sample: &Sample) -> Measurement {
        let counted = i128::from(sample.samples);
        Measurement {
            // Nothing wraps: a value has 68 bits at most and the number of reporters 3.
            numerator: sample.value.to_bits().wrapping_mul(counted),
            denominator: u128::from(sample.samples) << FRACTION_BITS,
        }
    }

    /// The number of reports behind a ratio with this denominator.
    pub fn counted(denominator: u128) -> u32 {
        u32::try_from(denominator >> FRACTION_BITS).unwrap_or(u32::MAX)
    }
}

impl Feed {
    /// The reading at `now` (unix seconds); `None` without a fresh report.
    #[inline(never)]
    pub fn reading(&self, now: i64) -> Option<FeedReading> {
        let fresh = self.active().iter().filter(|r| self.is_fresh(r, now));
        let median = median::<u128, MAX_REPORTERS>(fresh.map(Reporter::bits), u128::MAX)?;
        // Rounding down loses nothing, because distances are whole numbers. Nothing wraps: a
        // value has 68 bits at most and a spread 19.
        let spread = median
            .wrapping_mul(u128::from(self.max_spread_ppm))
            .div_euclid(u128::from(PPM));
        let mut reading = FeedReading {
            // A value has 68 bits at most, so the sign bit is free.
            value: Fx::from_bits(median as i128),
            at: now,
            counted: 0,
            quorum: u32::from(self.quorum),
        };
        for reporter in self.active().iter().filter(|r| self.is_fresh(r, now)) {
            if reporter.bits().abs_diff(median) <= spread {
                reading.at = reading.at.min(reporter.observed_at);
                reading.counted = reading.counted.saturating_add(1);
            }
        }
        Some(reading)
    }

    /// True when a reporter's last report may count at `now` (unix seconds): there is one,
    /// it is not from the future, and it is no older than the feed accepts.
    fn is_fresh(&self, reporter: &Reporter, now: i64) -> bool {
        let age = now.saturating_sub(reporter.observed_at);
        reporter.sequence > 0 && age >= 0 && age <= i64::from(self.max_age)
    }
}

#[cfg(test)]
mod tests {
    use homeostat_control::Config;
    use rand_chacha::ChaCha8Rng;
    use rand_core::{RngCore, SeedableRng};

    use super::super::fixture::*;
    use super::*;

    #[test]
    fn a_reading_is_the_median_of_the_fresh_reports_that_agree() {
        let none: &[(i64, i64)] = &[];
        for (name, reports, expected) in [
            ("nobody", none, None),
            ("one", &[(70, 5)], Some((70, 1, 5))),
            ("two: the lower", &[(75, 5), (70, 9)], Some((70, 2, 9))),
            ("three", &[(75, 5), (70, 9), (71, 7)], Some((71, 3, 9))),
            (
                "four: the lower of the middle two",
                &[(73, 1), (70, 2), (72, 3), (71, 4)],
                Some((71, 4, 4)),
            ),
            (
                "equal ones",
                &[(70, 1), (70, 2), (90, 3), (70, 4), (1, 3_600)],
                Some((70, 3, 4)),
            ),
            (
                "the spread's edge counts, one beyond it does not",
                &[(100, 1), (110, 2), (90, 3), (111, 4), (89, 5)],
                Some((100, 3, 3)),
            ),
            (
                "too old by a second",
                &[(100, 3_600), (102, 3_601), (104, 1)],
                Some((100, 2, 3_600)),
            ),
            ("all too old", &[(100, 3_601), (100, 9_000)], None),
            ("from the future", &[(100, -1), (50, 0)], Some((50, 1, 0))),
        ] {
            let quorum = (reports.len() / 2 + 1) as u8;
            let feed = if reports.is_empty() {
                feed(1, 1)
            } else {
                reported(quorum, reports)
            };
            assert_eq!(read(&feed), expected, "{name}");
        }
        let empty: Feed = bytemuck::Zeroable::zeroed();
        assert_eq!(empty.reading(NOW), None);
    }

    /// The median by sorting equals the median by counting, for any values and any number
    /// of them.
    #[test]
    fn the_median_is_the_one_that_sorting_finds() {
        const SEED: u64 = 0x0066_6565_6473;
        let mut random = ChaCha8Rng::seed_from_u64(SEED);
        for round in 0..20_000 {
            let mut below = |most: u64| random.next_u64() % most;
            let count = 1 + below(MAX_REPORTERS as u64) as usize;
            let distinct = 1 + below(9);
            let reports: Vec<(i64, i64)> = (0..count)
                .map(|_| {
                    (
                        100 + below(distinct) as i64 * 7,
                        below(2 * HOUR as u64) as i64,
                    )
                })
                .collect();
            let fresh = |report: &&(i64, i64)| report.1 <= HOUR;
            let mut sorted: Vec<i64> = reports.iter().filter(fresh).map(|r| r.0).collect();
            sorted.sort_unstable();
            let expected = sorted
                .get(sorted.len().saturating_sub(1) / 2)
                .map(|median| {
                    let counted: Vec<i64> = reports
                        .iter()
                        .filter(fresh)
                        .filter(|r| 10 * (r.0 - median).abs() <= *median)
                        .map(|r| r.1)
                        .collect();
                    let oldest = *counted.iter().max().unwrap();
                    (*median, counted.len() as u32, oldest)
                });
            let feed = reported((count / 2 + 1) as u8, &reports);
            assert_eq!(read(&feed), expected, "seed {SEED:#x}, round {round}");
        }
    }

    /// The module's two bounds, against colluders who know everything and say what
    /// serves them best or anything at all.
    #[test]
    fn o3_colluders_below_the_quorum_stay_near_an_honest_report() {
        const SEED: u64 = 0x006c_6961_7273;
        let mut random = ChaCha8Rng::seed_from_u64(SEED);
        let mut readings = [0; 2];
        for round in 0..50_000 {
            let mut below = |most: u64| random.next_u64() % most;
            let count = 1 + below(MAX_REPORTERS as u64) as usize;
            let quorum = (count / 2 + 1) as u64 + below((count - count / 2) as u64);
            let liars = below(quorum).min(count as u64) as usize;
            let mut reports = Vec::new();
            let mut honest = Vec::new();
            for index in 0..count {
                let truth = 1_000 + below(40) as i64;
                let lie = match below(4) {
                    0 => 1,
                    1 => 1 + below(999_999) as i64,
                    2 => truth * 111 / 100,
                    _ => truth * 9 / 10 + below(3) as i64,
                };
                // Liars are always there; the others are silent now and then.
                let age = if index < liars || below(4) > 0 {
                    1
                } else {
                    2 * HOUR
                };
                reports.push((if index < liars { lie } else { truth }, age));
                if index >= liars && age == 1 {
                    honest.push(truth);
                }
            }
            let feed = reported(quorum as u8, &reports);
            let Some(reading) = feed.reading(NOW).filter(|r| r.counted >= r.quorum) else {
                continue;
            };
            let median: i64 = reading.value.to_num();
            let at = format!("seed {SEED:#x}, round {round}: {median} of {reports:?}");
            let near = honest.iter().any(|h| 10 * (h - median).abs() <= median);
            assert!(near, "{at}");
            readings[0] += 1;
            if honest.len() > liars {
                let (low, high) = (honest.iter().min(), honest.iter().max());
                assert!(low <= Some(&median) && Some(&median) <= high, "{at}");
                readings[1] += 1;
            }
        }
        assert!(readings[1] > 10_000 && readings[0] > readings[1] + 1_000);
    }

    #[test]
    fn a_controller_is_never_shown_a_reading_below_the_quorum_as_enough() {
        let feed = reported(3, &[(100, 1), (100, 2), (200, 3), (300, 4), (300, 5)]);
        let thin = feed.reading(NOW).unwrap();
        assert_eq!((thin.counted, thin.quorum), (1, 3));
        // A reading below the quorum is a sample only for a controller that asks for more.
        assert_eq!(thin.sample(3).map(|sample| sample.samples), Some(1));
        assert_eq!(thin.sample(2).map(|sample| sample.samples), Some(1));
        assert_eq!(thin.sample(1), None);
        assert_eq!(thin.sample(0), None);

        let feed = reported(2, &[(100, 1), (100, 2), (900, 2)]);
        let sample = feed.reading(NOW).unwrap().sample(1).unwrap();
        assert_eq!((sample.samples, sample.at), (2, NOW - 2));
    }

    #[test]
    fn a_ratio_gives_the_sample_back_to_the_bit() {
        for bits in [1, 3, (1 << 48) + 1, Config::MAX_SIGNAL.to_bits()] {
            for samples in 1..=MAX_REPORTERS as u32 {
                let value = Fx::from_bits(bits);
                let ratio = FeedReading::ratio(&Sample {
                    value,
                    at: NOW,
                    samples,
                });
                assert_eq!(ratio.value(), Some(value));
                assert_eq!(FeedReading::counted(ratio.denominator), samples);
            }
        }
    }
}
