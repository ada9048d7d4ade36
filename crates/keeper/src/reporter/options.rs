//! What a reporter is told to do, and at what cost.

use std::time::Duration;

use homeostat_chain::Fees;
use homeostat_client::Pubkey;
use homeostat_control::Fx;
use homeostat_settings::decimal::Decimal;
use homeostat_settings::failure::quoted;
use homeostat_settings::Failure;

/// What a reporter does, and at what cost.
#[derive(Clone, Debug)]
pub struct Options {
    /// One look at all feeds, without waiting for what is due.
    pub once: bool,
    /// Jumps that a person has looked at.
    pub accepted: Vec<Jump>,
    /// What a transaction may cost.
    pub fees: Fees,
    /// Time between two looks at the clock and the feeds.
    pub poll: Duration,
    /// Longest wait after failures of a feed.
    pub max_backoff: Duration,
    /// Balance of the wallet (lamports) below which it warns.
    pub min_balance: u64,
    /// How long what is in flight may take after a signal.
    pub grace: Duration,
}

/// A value of a feed that a person says is right, however far it is from what was reported last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jump {
    /// The feed's economy; `None` = every one that the reporter has.
    pub(super) economy: Option<Pubkey>,
    /// The number of the feed.
    pub(super) index: u8,
    /// The value, about.
    pub(super) value: Fx,
}

impl Jump {
    /// Reads `0=2.5` or `ADDRESS/0=2.5`.
    ///
    /// # Errors
    ///
    /// `bad_value`: another form.
    pub fn read(text: &str) -> Result<Self, Failure> {
        let read = || {
            let (feed, value) = text.split_once('=')?;
            let (economy, index) = match feed.split_once('/') {
                Some((economy, index)) => (Some(economy.parse().ok()?), index),
                None => (None, feed),
            };
            Some(Self {
                economy,
                index: index.parse().ok()?,
                value: value.parse::<Decimal>().ok()?.to_fx().ok()?,
            })
        };
        read().ok_or_else(|| {
            Failure::new(
                "bad_value",
                format!("{} names no feed and its value", quoted(text)),
            )
            .remedy("write the number of the feed and about the value: 0=2.5, or ADDRESS/0=2.5")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_names_a_feed_and_about_its_value() {
        let economy = Pubkey::new_from_array([1; 32]);
        let value = Fx::from_num(2.5);
        let jump = |economy| Jump {
            economy,
            index: 1,
            value,
        };
        assert_eq!(Jump::read("1=2.5"), Ok(jump(None)));
        assert_eq!(
            Jump::read(&format!("{economy}/1=2.5")),
            Ok(jump(Some(economy)))
        );
        for bad in [
            "", "1", "=2.5", "1=", "x/1=2.5", "256=1", "1=NaN", "1=1e300", "1=2=3",
        ] {
            assert_eq!(Jump::read(bad).unwrap_err().code, "bad_value", "{bad}");
        }
    }
}
