//! A feed: a quantity that a few reporters bring from outside. Point values: their
//! median counts, if enough of them are fresh and agree.
//!
//! A reading is as good as its honest reporters. It lies between two fresh honest
//! reports while these outnumber the others. And as long as fewer than the quorum
//! collude, one of the reports that count is honest, so that the reading differs from
//! it by at most the spread: it lies in `[h / (1 + spread), h / (1 - spread)]` for a
//! fresh honest report h, however many others are silent.

mod reading;
mod settings;

#[cfg(test)]
mod fixture;

pub use reading::FeedReading;
pub use settings::FeedSettings;

use anchor_lang::prelude::*;
use homeostat_control::{Config, Fx};

use super::number::Fixed;
use crate::{constants::*, error::HomeostatError};

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

impl Reporter {
    /// The value's bits: values are above zero.
    fn bits(&self) -> u128 {
        self.value.get().to_bits() as u128
    }
}

/// A quantity from outside.
#[account(zero_copy, discriminator = b"feed...\x01")]
#[derive(Debug, PartialEq, Eq)]
pub struct Feed {
    /// Canonical bump.
    pub bump: u8,
    /// Index in `Economy.feeds`.
    pub index: u8,
    /// Reporters; 0 = not configured yet, the feed has no reading.
    pub reporter_count: u8,
    /// Fewest reports that make a reading: more than half of the reporters.
    pub quorum: u8,
    /// Unused.
    pub reserved: [u8; 4],
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

const _: () = assert!(core::mem::size_of::<Reporter>() == 64);
const _: () = assert!(core::mem::size_of::<Feed>() == 16 + 80 + 64 * MAX_REPORTERS + 64);
const _: () = assert!(core::mem::align_of::<Feed>() == 8);

impl Feed {
    /// Bytes of the account.
    pub const SPACE: usize = 8 + core::mem::size_of::<Self>();

    /// Reporters in use.
    pub fn active(&self) -> &[Reporter] {
        self.reporters
            .get(..usize::from(self.reporter_count))
            .unwrap_or(&[])
    }

    /// Records a report of `value` as of `observed_at`. Returns the reporter as it was.
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
            .ok_or_else(|| error!(HomeostatError::NotAReporter))?;
        let before = *reporter;
        require!(sequence > before.sequence, HomeostatError::OldSequence);
        require!(
            value > Fx::ZERO && value <= Config::MAX_SIGNAL,
            HomeostatError::InvalidMetric
        );
        require!(
            observed_at <= now && observed_at >= before.observed_at,
            HomeostatError::InvalidTimestamp
        );
        require!(
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
        let (count, quorum) = (usize::from(self.reporter_count), usize::from(self.quorum));
        let configured = count == 0 || (quorum <= count && quorum.saturating_mul(2) > count);
        let rest = self.reporters.get(count..).unwrap_or(&[]);
        require!(
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
    use super::{fixture::*, *};

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
                    assert_eq!(outcome.unwrap_err(), error.into(), "{name}");
                    assert_eq!(feed, before, "{name}");
                }
                None => assert_eq!(outcome.expect(name), before.active()[0], "{name}"),
            }
        }
        // Two hours later what was seen an hour and a second before is too old.
        let now = NOW + 2 * HOUR;
        let stale = feed.report(&key(0), 2, one, now - HOUR - 1, now);
        assert_eq!(stale.unwrap_err(), HomeostatError::StaleMetric.into());
        feed.report(&key(0), 2, one, now - HOUR, now).unwrap();
    }
}
