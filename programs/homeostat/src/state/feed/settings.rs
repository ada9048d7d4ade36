//! What can be set of a feed, and its ranges.

use anchor_lang::prelude::*;

use super::{Feed, Reporter};
use crate::{
    constants::*,
    error::{check, HomeostatError},
};

/// Everything that can be set of a feed.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub struct FeedSettings {
    /// What is reported and in which unit (UTF-8, padded with zeros).
    pub label: [u8; 16],
    /// The reporters: 1 to `MAX_REPORTERS`, different from each other.
    pub reporters: Vec<Pubkey>,
    /// The fewest reports that make a reading: more than half of the reporters.
    pub quorum: u8,
    /// The largest distance from the median of a report that counts (ppm of the median), 1
    /// to `MAX_SPREAD_PPM`.
    pub max_spread_ppm: u32,
    /// The oldest report that counts (seconds), in `REPORT_AGE`.
    pub max_age: u32,
}

impl Feed {
    /// The settings in force.
    pub fn settings(&self) -> FeedSettings {
        FeedSettings {
            label: self.label,
            reporters: self.active().iter().map(|reporter| reporter.key).collect(),
            quorum: self.quorum,
            max_spread_ppm: self.max_spread_ppm,
            max_age: self.max_age,
        }
    }

    /// Sets label, reporters and rules. A reporter that stays keeps its last report and its
    /// sequence; a removed one loses both. Refuses settings out of their ranges and a quorum
    /// that is no majority (`InvalidParameter`), and the same reporter twice
    /// (`DuplicateAccount`), who would have two votes.
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
            require!(!known, HomeostatError::DuplicateAccount);
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
}

#[cfg(test)]
mod tests {
    use homeostat_control::Fx;

    use super::super::fixture::*;
    use super::*;

    #[test]
    fn settings_are_refused_by_field_and_change_nothing_then() {
        let invalid = HomeostatError::InvalidParameter;
        type Edit = fn(&mut FeedSettings);
        let cases: [(&str, Edit, Option<HomeostatError>); 17] = [
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
                Some(HomeostatError::DuplicateAccount),
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
                    assert_eq!(outcome.unwrap_err(), expected.into(), "{name}");
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
        // The second reporter is removed, the third moves to its place, a new one is added.
        let mut next = settings(2, 2);
        next.reporters = vec![key(2), key(0), key(9)];
        feed.configure(&next).unwrap();
        assert_eq!(read(&feed), Some((100, 1, 3)));
        assert_eq!(feed.active()[0].value.get(), Fx::from_num(300));
        assert_eq!(feed.active()[2].sequence, 0);
        let report =
            |feed: &mut Feed, who, sequence| feed.report(&key(who), sequence, Fx::ONE, NOW, NOW);
        assert_eq!(
            report(&mut feed, 2, 1).unwrap_err(),
            HomeostatError::OldSequence.into()
        );
        assert_eq!(
            report(&mut feed, 1, 9).unwrap_err(),
            HomeostatError::NotAReporter.into()
        );
        report(&mut feed, 9, 1).unwrap();
        // The places beyond the last reporter are empty, so the zero address cannot report.
        next.reporters.truncate(1);
        next.quorum = 1;
        feed.configure(&next).unwrap();
        assert_eq!(
            feed.report(&Pubkey::default(), 1, Fx::ONE, NOW, NOW)
                .unwrap_err(),
            HomeostatError::NotAReporter.into()
        );
    }
}
