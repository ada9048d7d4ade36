//! When a feed is read and reported to, by the cluster's clock.

use homeostat::state::{Feed, Reporter};

/// Seconds between two reports: what the operator wants, and never so long that a report is
/// older than the feed accepts before the next one is there: at most half of its age.
pub(super) fn every(wish: Option<u32>, max_age: u32) -> u32 {
    let half = (max_age / 2).max(1);
    wish.map_or(half, |wish| wish.min(half))
}

/// When the next report is due (unix seconds), as the account says: the report before was of
/// that time. A reporter that has not reported yet is due at once.
pub(super) fn after(last: &Reporter, every: u32) -> i64 {
    match last.sequence {
        0 => i64::MIN,
        _ => last.observed_at.saturating_add(i64::from(every)),
    }
}

/// Whether a reporter's last report counts at `now` (unix seconds): it is fresh, and within the
/// spread of the reading. `None` = nothing fresh to compare it with.
pub(super) fn counts(feed: &Feed, last: &Reporter, now: i64) -> Option<bool> {
    let reading = feed.reading(now)?;
    let age = now.saturating_sub(last.observed_at);
    if last.sequence == 0 || !(0..=i64::from(feed.max_age)).contains(&age) {
        return None;
    }
    let median = reading.value.unsigned_abs().to_bits();
    let distance = last.value.get().abs_diff(reading.value).to_bits();
    let spread = median.saturating_mul(u128::from(feed.max_spread_ppm)) / 1_000_000;
    Some(distance <= spread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_due_before_the_one_before_is_too_old() {
        assert_eq!(every(None, 3_600), 1_800);
        assert_eq!(every(Some(600), 3_600), 600);
        assert_eq!(every(Some(3_600), 3_600), 1_800);
        assert_eq!(every(Some(1), 60), 1);
        let mut last = Reporter::default();
        assert_eq!(after(&last, 600), i64::MIN);
        last.sequence = 1;
        last.observed_at = 1_000;
        assert_eq!(after(&last, 600), 1_600);
    }
}
