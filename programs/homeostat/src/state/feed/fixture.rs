//! Feeds for the unit tests of this folder.

use anchor_lang::prelude::*;
use homeostat_control::Fx;

use super::{Feed, FeedSettings};

pub const NOW: i64 = 1_750_000_000;
pub const HOUR: i64 = 3_600;
/// The spread of these feeds (ppm): 10 %.
pub const SPREAD: u32 = 100_000;

/// The key of the reporter with that index.
pub fn key(index: usize) -> Pubkey {
    Pubkey::new_from_array([index as u8 + 1; 32])
}

/// Settings of a feed of so many reporters, with a spread of 10 % and an age of 1 h.
pub fn settings(reporters: usize, quorum: u8) -> FeedSettings {
    FeedSettings {
        label: *b"BTC/USD\0\0\0\0\0\0\0\0\0",
        reporters: (0..reporters).map(key).collect(),
        quorum,
        max_spread_ppm: SPREAD,
        max_age: 3_600,
    }
}

/// A feed that nobody has reported to yet.
pub fn feed(reporters: usize, quorum: u8) -> Feed {
    let mut feed: Feed = bytemuck::Zeroable::zeroed();
    feed.configure(&settings(reporters, quorum)).unwrap();
    feed
}

/// A feed of reporters with one report each: its value and its age (seconds).
pub fn reported(quorum: u8, reports: &[(i64, i64)]) -> Feed {
    let mut feed = feed(reports.len(), quorum);
    for (index, (value, age)) in reports.iter().enumerate() {
        let (value, at) = (Fx::from_num(*value), NOW - age);
        feed.report(&key(index), 1, value, at, at).unwrap();
    }
    feed
}

/// The reading: the median, the number of reports that count, the age of the oldest (seconds).
pub fn read(feed: &Feed) -> Option<(i64, u32, i64)> {
    let reading = feed.reading(NOW)?;
    Some((reading.value.to_num(), reading.counted, NOW - reading.at))
}
