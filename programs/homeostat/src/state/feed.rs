//! A feed: a quantity that a few reporters bring from outside. Point values: their
//! median counts, if enough of them are fresh and agree.
//!
//! A reading is as good as its honest reporters. It lies between two fresh honest
//! reports while these outnumber the others. And as long as fewer than the quorum
//! collude, one of the reports that count is honest, so that the reading differs from
//! it by at most the spread: it lies in `[h / (1 + spread), h / (1 - spread)]` for a
//! fresh honest report h, however many others are silent.

use crate::prelude::*;
use homeostat_control::{Config, Fx, Sample};

use super::{economy::check, layout::Layout, number::Fixed, snapshot::Measurement};
use crate::{
    constants::*,
    error::{refuse, HomeostatError},
};

/// Fraction bits of a value.
const FRACTION_BITS: u32 = 48;

/// One of a feed's reporters, with what it reported last.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Reporter {
    /// Signs its reports; default = no reporter.
    pub key: Pubkey,
    /// Last value (in the feed's unit, > 0).
    pub value: Fixed,
    /// When that was so (unix seconds).
    pub observed_at: i64,
    /// Number of that report; 0 = none yet.
    pub sequence: u64,
}

/// A quantity from outside.
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct Feed {
    /// Layout version.
    pub version: u8,
    /// Canonical bump.
    pub bump: u8,
    /// Index in `Economy.feeds`.
    pub index: u8,
    /// Reporters; 0 = not configured yet, the feed has no reading.
    pub reporter_count: u8,
    /// Fewest reports that make a reading: more than half of the reporters.
    pub quorum: u8,
    /// Unused.
    pub reserved: [u8; 3],
    /// Largest distance of a report that counts from the median (ppm of the median).
    pub max_spread_ppm: u32,
    /// Oldest report that counts (seconds).
    pub max_age: u32,
    /// Economy.
    pub economy: Pubkey,
    /// Who paid the rent and gets it back.
    pub payer: Pubkey,
    /// What is reported and in which unit, for people (UTF-8, padded with zeros).
    pub label: [u8; 16],
    /// Reporters in use first.
    pub reporters: [Reporter; MAX_REPORTERS],
    /// Unused.
    pub reserved_end: [u8; 64],
}

impl Reporter {
    /// The value's bits: values are above zero.
    fn bits(&self) -> u128 {
        self.value.get().to_bits() as u128
    }
}

const _: () = assert!(core::mem::size_of::<Reporter>() == 64);
const _: () = assert!(core::mem::size_of::<Feed>() == 16 + 80 + 64 * MAX_REPORTERS + 64);
const _: () = assert!(core::mem::align_of::<Feed>() == 8);

/// Everything about a feed that can be set.
#[derive(AnchorSerialize, Clone, Debug, PartialEq, Eq)]
pub struct FeedSettings {
    /// What is reported and in which unit (UTF-8, padded with zeros).
    pub label: [u8; 16],
    /// Who reports: 1 to [`MAX_REPORTERS`], different from each other.
    pub reporters: Vec<Pubkey>,
    /// Fewest reports that make a reading: more than half of the reporters.
    pub quorum: u8,
    /// Largest distance of a report that counts from the median (ppm of the median),
    /// 1 to [`MAX_SPREAD_PPM`].
    pub max_spread_ppm: u32,
    /// Oldest report that counts (seconds), in [`REPORT_AGE`].
    pub max_age: u32,
}

/// What a feed says at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedReading {
    /// Median of the fresh reports, of an even number the lower of the middle two: one
    /// of the reports itself, never rounded.
    pub value: Fx,
    /// Time of the oldest report that counts (unix seconds).
    pub at: i64,
    /// Reports that count, at least 1: fresh and within the spread of the median.
    pub counted: u32,
    /// Reports that make a reading.
    pub quorum: u32,
}

impl FeedReading {
    /// What a controller may be shown. Too few reports are shown where the controller
    /// asks for more than these (`min_samples`) and says so; where it does not, because
    /// the feed was changed since, there is no sample.
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
            // 68 bits times 3.
            numerator: sample.value.to_bits().wrapping_mul(counted),
            denominator: u128::from(sample.samples) << FRACTION_BITS,
        }
    }

    /// How many reports stand behind such a ratio.
    pub fn counted(denominator: u128) -> u32 {
        u32::try_from(denominator >> FRACTION_BITS).unwrap_or(u32::MAX)
    }
}

impl Feed {
    /// Bytes of the account.
    pub const SPACE: usize = 8 + core::mem::size_of::<Self>();

    /// Reporters in use.
    pub fn active(&self) -> &[Reporter] {
        self.reporters
            .get(..usize::from(self.reporter_count))
            .unwrap_or(&[])
    }

    /// What is set now.
    pub fn settings(&self) -> FeedSettings {
        FeedSettings {
            label: self.label,
            reporters: self.active().iter().map(|reporter| reporter.key).collect(),
            quorum: self.quorum,
            max_spread_ppm: self.max_spread_ppm,
            max_age: self.max_age,
        }
    }

    /// What the feed says at `now`; `None` without a fresh report.
    #[inline(never)]
    pub fn reading(&self, now: i64) -> Option<FeedReading> {
        // Ascending; what is not there comes last.
        let mut sorted = [u128::MAX; MAX_REPORTERS];
        let mut fresh = 0usize;
        for reporter in self.active().iter().filter(|r| self.is_fresh(r, now)) {
            let mut carried = reporter.bits();
            for slot in &mut sorted {
                if carried < *slot {
                    core::mem::swap(&mut carried, slot);
                }
            }
            fresh = fresh.saturating_add(1);
        }
        let median = *sorted.get(fresh.checked_sub(1)? / 2)?;
        // Exact, for distances are whole: 68 bits times 19, divided.
        let spread = median
            .wrapping_mul(u128::from(self.max_spread_ppm))
            .div_euclid(u128::from(PPM));
        let mut reading = FeedReading {
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

    /// Whether a reporter's last report may count: there is one, not from the future.
    fn is_fresh(&self, reporter: &Reporter, now: i64) -> bool {
        let age = now.saturating_sub(reporter.observed_at);
        reporter.sequence > 0 && age >= 0 && age <= i64::from(self.max_age)
    }

    /// Sets reporters and rules. A reporter that stays keeps its report and its
    /// sequence; what a removed one said is forgotten.
    pub fn configure(&mut self, settings: &FeedSettings) -> Result<()> {
        let reporters = settings.reporters.as_slice();
        check("reporters", (1..=MAX_REPORTERS).contains(&reporters.len()))?;
        check(
            "quorum",
            usize::from(settings.quorum) <= reporters.len()
                && usize::from(settings.quorum).saturating_mul(2) > reporters.len(),
        )?;
        check(
            "max_spread_ppm",
            (1..=MAX_SPREAD_PPM).contains(&settings.max_spread_ppm),
        )?;
        check("max_age", REPORT_AGE.contains(&settings.max_age))?;
        let mut slots = [Reporter::default(); MAX_REPORTERS];
        for (index, (slot, key)) in slots.iter_mut().zip(reporters).enumerate() {
            check("reporters", *key != Pubkey::default())?;
            let known = reporters.get(..index).is_some_and(|k| k.contains(key));
            ensure!(!known, HomeostatError::DuplicateAccount);
            *slot = self.active().iter().find(|kept| kept.key == *key).map_or(
                Reporter {
                    key: *key,
                    ..Reporter::default()
                },
                |kept| *kept,
            );
        }
        self.reporters = slots;
        self.reporter_count =
            u8::try_from(reporters.len()).map_err(|_| HomeostatError::MathOverflow)?;
        self.quorum = settings.quorum;
        self.max_spread_ppm = settings.max_spread_ppm;
        self.max_age = settings.max_age;
        self.label = settings.label;
        self.invariant()
    }

    /// Takes a report of `value` as of `observed_at`. Returns the reporter as it was.
    ///
    /// Refuses who is no reporter, a sequence that is not above its last one's, a value
    /// out of `(0, MAX_SIGNAL]`, a time in the future or before its last one's, and what
    /// is too old to count.
    pub fn report(
        &mut self,
        key: &Pubkey,
        sequence: u64,
        value: Fx,
        observed_at: i64,
        now: i64,
    ) -> Result<Reporter> {
        let max_age = i64::from(self.max_age);
        let reporter = self
            .reporters
            .get_mut(..usize::from(self.reporter_count))
            .and_then(|active| active.iter_mut().find(|reporter| reporter.key == *key))
            .ok_or_else(|| refuse(HomeostatError::NotAReporter))?;
        let before = *reporter;
        ensure!(sequence > before.sequence, HomeostatError::OldSequence);
        ensure!(
            value > Fx::ZERO && value <= Config::MAX_SIGNAL,
            HomeostatError::InvalidMetric
        );
        ensure!(
            observed_at <= now && observed_at >= before.observed_at,
            HomeostatError::InvalidTimestamp
        );
        ensure!(
            now.saturating_sub(observed_at) <= max_age,
            HomeostatError::StaleMetric
        );
        reporter.sequence = sequence;
        reporter.value = value.into();
        reporter.observed_at = observed_at;
        self.invariant()?;
        Ok(before)
    }

    /// What holds after every instruction that writes a feed: a majority of its
    /// reporters makes a reading, and nobody else is kept.
    pub fn invariant(&self) -> Result<()> {
        ensure!(self.version == Self::VERSION, HomeostatError::WrongVersion);
        let (count, quorum) = (usize::from(self.reporter_count), usize::from(self.quorum));
        let configured = count == 0 || (quorum <= count && quorum.saturating_mul(2) > count);
        let rest = self.reporters.get(count..).unwrap_or(&[]);
        ensure!(
            count <= MAX_REPORTERS
                && configured
                && rest.iter().all(|slot| *slot == Reporter::default()),
            HomeostatError::InvariantViolated
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_core::{RngCore, SeedableRng};

    use super::*;

    const NOW: i64 = 1_750_000_000;
    const HOUR: i64 = 3_600;
    /// 10 %.
    const SPREAD: u32 = 100_000;

    fn key(index: usize) -> Pubkey {
        Pubkey::new_from_array([index as u8 + 1; 32])
    }

    fn settings(reporters: usize, quorum: u8) -> FeedSettings {
        FeedSettings {
            label: *b"BTC/USD\0\0\0\0\0\0\0\0\0",
            reporters: (0..reporters).map(key).collect(),
            quorum,
            max_spread_ppm: SPREAD,
            max_age: 3_600,
        }
    }

    fn feed(reporters: usize, quorum: u8) -> Feed {
        let mut feed: Feed = bytemuck::Zeroable::zeroed();
        feed.version = Feed::VERSION;
        feed.configure(&settings(reporters, quorum)).unwrap();
        feed
    }

    /// A feed whose reporters said these values so many seconds ago.
    fn reported(quorum: u8, reports: &[(i64, i64)]) -> Feed {
        let mut feed = feed(reports.len(), quorum);
        for (index, (value, age)) in reports.iter().enumerate() {
            let (value, at) = (Fx::from_num(*value), NOW - age);
            feed.report(&key(index), 1, value, at, at).unwrap();
        }
        feed
    }

    fn code<T: core::fmt::Debug>(result: Result<T>) -> u32 {
        result.unwrap_err().number() as u32
    }

    /// Median, reports that count, age of the oldest of them.
    fn read(feed: &Feed) -> Option<(i64, u32, i64)> {
        let reading = feed.reading(NOW)?;
        Some((reading.value.to_num(), reading.counted, NOW - reading.at))
    }

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

    /// Sorting says the same as counting, whatever the values and however many.
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
        // Told as thin where the controller asks for more, else not at all.
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

    #[test]
    fn settings_are_refused_by_field_and_change_nothing_then() {
        let invalid = u32::from(HomeostatError::InvalidParameter);
        type Edit = fn(&mut FeedSettings);
        let cases: [(&str, Edit, Option<u32>); 17] = [
            ("no reporter", |s| s.reporters.clear(), Some(invalid)),
            ("seven", |s| s.reporters = (0..7).map(key).collect(), None),
            (
                "eight",
                |s| s.reporters = (0..8).map(key).collect(),
                Some(invalid),
            ),
            (
                "the default key",
                |s| s.reporters[2] = Pubkey::default(),
                Some(invalid),
            ),
            (
                "the same twice",
                |s| s.reporters[4] = key(1),
                Some(HomeostatError::DuplicateAccount.into()),
            ),
            ("no quorum", |s| s.quorum = 0, Some(invalid)),
            ("no majority", |s| s.quorum = 2, Some(invalid)),
            (
                "half",
                |s| {
                    s.reporters.pop();
                    s.quorum = 2
                },
                Some(invalid),
            ),
            ("all", |s| s.quorum = 5, None),
            ("more than all", |s| s.quorum = 6, Some(invalid)),
            ("no spread", |s| s.max_spread_ppm = 0, Some(invalid)),
            ("the least spread", |s| s.max_spread_ppm = 1, None),
            ("half as spread", |s| s.max_spread_ppm = 500_000, None),
            ("more", |s| s.max_spread_ppm = 500_001, Some(invalid)),
            ("59 s", |s| s.max_age = 59, Some(invalid)),
            ("30 d", |s| s.max_age = 2_592_000, None),
            ("longer", |s| s.max_age = 2_592_001, Some(invalid)),
        ];
        for (name, edit, refused) in cases {
            let mut feed = feed(5, 4);
            let before = feed;
            let mut settings = settings(5, 4);
            edit(&mut settings);
            let outcome = feed.configure(&settings);
            match refused {
                Some(expected) => {
                    assert_eq!(code(outcome), expected, "{name}");
                    assert_eq!(feed, before, "{name}");
                }
                None => {
                    outcome.expect(name);
                    assert_eq!(feed.settings(), settings, "{name}");
                }
            }
        }
    }

    #[test]
    fn o5_a_reporter_that_stays_keeps_its_sequence_and_a_removed_one_is_forgotten() {
        let mut feed = reported(2, &[(100, 3), (200, 2), (300, 1)]);
        // The second leaves, the third moves to its place, a new one comes.
        let mut next = settings(2, 2);
        next.reporters = vec![key(2), key(0), key(9)];
        feed.configure(&next).unwrap();
        assert_eq!(read(&feed), Some((100, 1, 3)));
        assert_eq!(feed.active()[0].value.get(), Fx::from_num(300));
        assert_eq!(feed.active()[2].sequence, 0);
        let report =
            |feed: &mut Feed, who, sequence| feed.report(&key(who), sequence, Fx::ONE, NOW, NOW);
        assert_eq!(
            code(report(&mut feed, 2, 1)),
            u32::from(HomeostatError::OldSequence)
        );
        assert_eq!(
            code(report(&mut feed, 1, 9)),
            u32::from(HomeostatError::NotAReporter)
        );
        report(&mut feed, 9, 1).unwrap();
        // Nobody is left behind the end, so that the default key cannot report either.
        next.reporters.truncate(1);
        next.quorum = 1;
        feed.configure(&next).unwrap();
        assert_eq!(
            code(feed.report(&Pubkey::default(), 1, Fx::ONE, NOW, NOW)),
            u32::from(HomeostatError::NotAReporter)
        );
    }

    #[test]
    fn o2_reports_are_refused_by_what_is_wrong_with_them() {
        let mut feed = reported(2, &[(100, 50), (200, 2), (300, 1)]);
        let before = feed;
        let (one, most) = (Fx::DELTA, Config::MAX_SIGNAL);
        for (name, sequence, value, at, error) in [
            (
                "the same number",
                1,
                one,
                NOW,
                Some(HomeostatError::OldSequence),
            ),
            (
                "a lower number",
                0,
                one,
                NOW,
                Some(HomeostatError::OldSequence),
            ),
            (
                "zero",
                2,
                Fx::ZERO,
                NOW,
                Some(HomeostatError::InvalidMetric),
            ),
            (
                "negative",
                2,
                -one,
                NOW,
                Some(HomeostatError::InvalidMetric),
            ),
            (
                "too much",
                2,
                most + one,
                NOW,
                Some(HomeostatError::InvalidMetric),
            ),
            (
                "the least number there is",
                2,
                Fx::MIN,
                NOW,
                Some(HomeostatError::InvalidMetric),
            ),
            (
                "from the future",
                2,
                one,
                NOW + 1,
                Some(HomeostatError::InvalidTimestamp),
            ),
            (
                "before the last one",
                2,
                one,
                NOW - 51,
                Some(HomeostatError::InvalidTimestamp),
            ),
            ("as old as the last one", 2, one, NOW - 50, None),
            ("the most, with the last number", u64::MAX, most, NOW, None),
        ] {
            let mut feed = before;
            let outcome = feed.report(&key(0), sequence, value, at, NOW);
            match error {
                Some(error) => {
                    assert_eq!(code(outcome), u32::from(error), "{name}");
                    assert_eq!(feed, before, "{name}");
                }
                None => assert_eq!(outcome.expect(name), before.active()[0], "{name}"),
            }
        }
        // Two hours later what was seen an hour and a second before is too old.
        let now = NOW + 2 * HOUR;
        let stale = feed.report(&key(0), 2, one, now - HOUR - 1, now);
        assert_eq!(code(stale), u32::from(HomeostatError::StaleMetric));
        feed.report(&key(0), 2, one, now - HOUR, now).unwrap();
    }
}
