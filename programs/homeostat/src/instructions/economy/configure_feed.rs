//! Sets a feed's reporters and rules, in a Draft.

use crate::framework::prelude::*;

use crate::{
    events::{emit_outcome, FeedConfigured},
    instructions::shared::*,
    state::{Economy, Feed, FeedSettings},
};

/// Accounts of `configure_feed`.
#[event_cpi]
#[derive(Accounts)]
pub struct ConfigureFeed<'info> {
    /// The economy's creator.
    pub creator: Signer<'info>,
    /// In Draft.
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's.
    #[account(mut)]
    pub feed: AccountLoader<'info, Feed>,
}

impl ConfigureFeed<'_> {
    fn check(&self) -> Result<()> {
        self.economy.open()?.require_creator(self.creator.key)?;
        has_one(&self.feed.open()?.economy, self.economy.as_ref())
    }

    #[inline(never)]
    fn apply(&self, settings: &FeedSettings) -> Result<FeedConfigured> {
        self.economy.open()?.require_draft()?;
        let mut feed = self.feed.open_mut()?;
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

/// Handles `configure_feed`.
pub fn configure_feed(ctx: Context<ConfigureFeed>, settings: FeedSettings) -> Result<()> {
    ctx.accounts.check()?;
    emit_outcome(
        &ctx.accounts.event_authority,
        &ctx.accounts.apply(&settings),
    )
}
