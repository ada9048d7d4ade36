//! A reporter reports a value to a feed. Controllers use it at the next crank.

use anchor_lang::prelude::*;
use homeostat_control::Fx;

use crate::{
    events::{publish, FeedReported},
    state::Feed,
};

/// Accounts of `report_feed`.
#[event_cpi]
#[derive(Accounts)]
pub struct ReportFeed<'info> {
    /// One of the feed's reporters.
    pub reporter: Signer<'info>,
    /// The feed that gets the value. Nothing else is written, so that reports wait for nobody
    /// but each other.
    #[account(mut)]
    pub feed: AccountLoader<'info, Feed>,
}

impl ReportFeed<'_> {
    fn apply(&self, sequence: u64, value_q48: i128, observed_at: i64) -> Result<FeedReported> {
        let now = Clock::get()?.unix_timestamp;
        let mut feed = self.feed.load_mut()?;
        let value = Fx::from_bits(value_q48);
        let old = feed.report(self.reporter.key, sequence, value, observed_at, now)?;
        Ok(FeedReported {
            economy: feed.economy,
            feed: self.feed.key(),
            reporter: self.reporter.key(),
            old_sequence: old.sequence,
            new_sequence: sequence,
            old_value_q48: old.value.get().to_bits(),
            new_value_q48: value_q48,
            old_observed_at: old.observed_at,
            new_observed_at: observed_at,
        })
    }
}

/// A reporter of the feed calls it with a value (x 2^48) that it observed at `observed_at`
/// (unix seconds). [`Feed::report`] says what is refused.
pub fn report_feed(
    ctx: Context<ReportFeed>,
    sequence: u64,
    value_q48: i128,
    observed_at: i64,
) -> Result<()> {
    let event = ctx.accounts.apply(sequence, value_q48, observed_at)?;
    publish(&ctx.accounts.event_authority, &event)
}
