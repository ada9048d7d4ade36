//! Adds a feed to a Draft, or to a live economy if a proposal allowed it. The feed has no
//! reporters, and no reading until it is configured.

use anchor_lang::prelude::*;

use super::permit::require_permit;
use crate::{
    constants::*,
    error::{check, HomeostatError},
    events::{publish, FeedCreated},
    seeds,
    state::{Council, Economy, Feed},
};

/// Accounts of `create_feed`.
#[event_cpi]
#[derive(Accounts)]
#[instruction(index: u8)]
pub struct CreateFeed<'info> {
    /// Pays the rent; the economy's creator, once it is live anyone.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// The economy; it must be a Draft, or live with a proposal that allowed the feed.
    #[account(mut)]
    pub economy: AccountLoader<'info, Economy>,
    /// The feed; it is created.
    #[account(
        init,
        payer = creator,
        space = Feed::SPACE,
        seeds = [seeds::FEED, economy.key().as_ref(), &index.to_le_bytes()],
        bump,
    )]
    pub feed: AccountLoader<'info, Feed>,
    /// The economy's council; needed once the economy is live.
    #[account(mut, has_one = economy)]
    pub council: Option<AccountLoader<'info, Council>>,
    /// The system program, which creates the account.
    pub system_program: Program<'info, System>,
}

impl CreateFeed<'_> {
    fn validate(&self, index: u8) -> Result<()> {
        let economy = self.economy.load()?;
        require_permit(&economy, &self.creator, self.council.as_ref(), |permit| {
            permit.feeds = permit.feeds.checked_sub(1)?;
            Some(())
        })?;
        require!(
            usize::from(economy.feed_count) < MAX_FEEDS,
            HomeostatError::TooMany
        );
        // Feeds are numbered in the order of their creation, so that the SDK can list them.
        check("index", index == economy.feed_count)
    }

    #[inline(never)]
    fn apply(&self, index: u8, bump: u8) -> Result<()> {
        let mut economy = self.economy.load_mut()?;
        let slot = economy
            .feeds
            .get_mut(usize::from(index))
            .ok_or(HomeostatError::TooMany)?;
        *slot = self.feed.key();
        economy.feed_count = index.checked_add(1).ok_or(HomeostatError::MathOverflow)?;

        let mut feed = self.feed.load_init()?;
        feed.bump = bump;
        feed.index = index;
        feed.economy = self.economy.key();
        feed.payer = self.creator.key();
        feed.invariant()
    }
}

/// The creator of a Draft calls it; in a live economy anyone, if a proposal allowed it.
/// Creates the feed with the next free index, without reporters.
pub fn create_feed(ctx: Context<CreateFeed>, index: u8) -> Result<()> {
    ctx.accounts.validate(index)?;
    ctx.accounts.apply(index, ctx.bumps.feed)?;
    publish(
        &ctx.accounts.event_authority,
        &FeedCreated {
            economy: ctx.accounts.economy.key(),
            feed: ctx.accounts.feed.key(),
            index,
        },
    )
}
