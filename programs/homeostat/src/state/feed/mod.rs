//! A feed: a quantity from outside the program, such as a price. A few reporters sign its
//! values; the reading is the median of the fresh ones, if enough of them agree.
//!
//! A reading is as good as its honest reporters. While the fresh honest reports outnumber the
//! other fresh ones, it lies between two of them. And while fewer than the quorum collude, at
//! least one of the reports that count is honest, so that the reading differs from it by at
//! most the spread: it lies in `[h / (1 + spread), h / (1 - spread)]` for a fresh honest
//! report h, however many others are silent.

mod reading;
mod settings;

#[cfg(test)]
mod fixture;

pub use reading::FeedReading;
pub use settings::FeedSettings;

use anchor_lang::prelude::*;
use homeostat_control::{Config, Fx};

use super::{layout::space, number::Fixed};
use crate::{constants::*, error::HomeostatError};

/// One of a feed's reporters, with its last report.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Reporter {
    /// The address that signs the reports; the zero address = no reporter.
    pub key: Pubkey,
    /// The last reported value, above 0 (in the feed's unit).
    pub value: Fixed,
    /// The time of that observation (unix seconds).
    pub observed_at: i64,
    /// The number of that report; 0 = none yet.
    pub sequence: u64,
}

impl Reporter {
    /// The value as an unsigned number (x 2^48). Values are above zero, so the cast keeps
    /// them.
    fn bits(&self) -> u128 {
        self.value.get().to_bits() as u128
    }
}

/// A quantity from outside the program.
#[account(zero_copy, discriminator = b"feed...\x01")]
#[derive(Debug, PartialEq, Eq)]
pub struct Feed {
    /// The canonical bump of the feed's address.
    pub bump: u8,
    /// The index of the feed in `Economy.feeds`.
    pub index: u8,
    /// The number of reporters; 0 = the feed is not configured and has no reading.
    pub reporter_count: u8,
    /// The fewest reports that make a reading: more than half of the reporters.
    pub quorum: u8,
    /// Reserved; zero.
    pub reserved: [u8; 4],
    /// The largest distance from the median of a report that counts (ppm of the median).
    pub max_spread_ppm: u32,
    /// The oldest report that counts (seconds).
    pub max_age: u32,
    /// The economy that the feed belongs to.
    pub economy: Pubkey,
    /// The payer of the rent, who gets it back.
    pub payer: Pubkey,
    /// What is reported and in which unit, for people to read (UTF-8, padded with zeros).
    pub label: [u8; 16],
    /// The reporters; those in use come first.
    pub reporters: [Reporter; MAX_REPORTERS],
    /// Reserved; zero.
    pub reserved_end: [u8; 64],
}

const _: () = assert!(core::mem::size_of::<Reporter>() == 64);
const _: () = assert!(core::mem::size_of::<Feed>() == 16 + 80 + 64 * MAX_REPORTERS + 64);
const _: () = assert!(core::mem::align_of::<Feed>() == 8);

impl Feed {
    /// Bytes of the account.
    pub const SPACE: usize = space::<Self>();

    /// The reporters in use.
    pub fn active(&self) -> &[Reporter] {
        self.reporters
            .get(..usize::from(self.reporter_count))
            .unwrap_or(&[])
    }

    /// Stores a report of `value` (in the feed's unit) as of `observed_at` (unix seconds), and
    /// returns the reporter as it was before.
    ///
    /// Refuses a key that is no reporter's (`NotAReporter`); a sequence that is not above the
    /// reporter's last one, so that a report cannot be replayed (`OldSequence`); a value out
    /// of `(0, MAX_SIGNAL]` (`InvalidMetric`); a time in the future or before the reporter's
    /// last observation (`InvalidTimestamp`); and an observation that is too old to count
    /// (`StaleMetric`). A difference of times that saturates is too old.
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

    /// What holds after every instruction that writes a feed: the quorum is a majority of the
    /// reporters, and every place beyond theirs is empty.
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
        // An observation of an hour and a second ago is too old, one of an hour ago is not.
        let now = NOW + 2 * HOUR;
        let stale = feed.report(&key(0), 2, one, now - HOUR - 1, now);
        assert_eq!(stale.unwrap_err(), HomeostatError::StaleMetric.into());
        feed.report(&key(0), 2, one, now - HOUR, now).unwrap();
    }
}
