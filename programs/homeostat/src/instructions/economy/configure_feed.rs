//! Sets label, reporters and rules of a feed in a Draft.

use anchor_lang::prelude::*;

use crate::{
    error::HomeostatError,
    events::{publish, FeedConfigured},
    state::{Economy, Feed, FeedSettings},
};

/// Accounts of `configure_feed`.
#[event_cpi]
#[derive(Accounts)]
pub struct ConfigureFeed<'info> {
    /// The creator of the economy, who configures it.
    pub creator: Signer<'info>,
    /// The economy; it must be a Draft.
    #[account(has_one = creator @ HomeostatError::Unauthorized)]
    pub economy: AccountLoader<'info, Economy>,
    /// The feed to set up; it must belong to the economy.
    #[account(mut, has_one = economy)]
    pub feed: AccountLoader<'info, Feed>,
}

impl ConfigureFeed<'_> {
    #[inline(never)]
    fn apply(&self, settings: &FeedSettings) -> Result<FeedConfigured> {
        self.economy.load()?.require_draft()?;
        let mut feed = self.feed.load_mut()?;
        let old = feed.settings();
        feed.configure(settings)?;
        Ok(FeedConfigured {
            economy: self.economy.key(),
            feed: self.feed.key(),
            index: feed.index,
            old,
            new: feed.settings(),
        })
    }
}

/// The creator calls it, as long as the economy is a Draft. Replaces the feed's label,
/// reporters and rules; a reporter that stays keeps its last report.
pub fn configure_feed(ctx: Context<ConfigureFeed>, settings: FeedSettings) -> Result<()> {
    let event = ctx.accounts.apply(&settings)?;
    publish(&ctx.accounts.event_authority, &event)
}
