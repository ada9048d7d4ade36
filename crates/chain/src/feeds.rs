//! Feeds and their reporters.

use homeostat::state::Reporter;
use homeostat_client::{Feed, Pubkey};
use homeostat_settings::failure::Failure;

/// The failure of a feed that is not there, of an economy that has `count`.
pub fn no_feed(index: u8, count: u8) -> Failure {
    Failure::new("no_feed", format!("there is no feed {index}"))
        .remedy(format!("the economy has {count} feeds, counted from 0"))
}

/// A feed's reporter with this key, and what it reported last.
///
/// # Errors
///
/// `not_a_reporter`: it is none of them; the remedy says who is.
pub fn reporter(feed: &Feed, index: u8, key: &Pubkey) -> Result<Reporter, Failure> {
    let found = feed.active().iter().find(|one| one.key == *key);
    found.copied().ok_or_else(|| {
        let known = feed.active().iter().map(|one| one.key.to_string());
        let known: Vec<String> = known.collect();
        Failure::new(
            "not_a_reporter",
            format!("{key} does not report to feed {index}"),
        )
        .remedy(match known.is_empty() {
            true => "it has no reporters yet; a proposal sets them (kind = \"feed\")".to_owned(),
            false => format!("its reporters are {}", known.join(", ")),
        })
    })
}
