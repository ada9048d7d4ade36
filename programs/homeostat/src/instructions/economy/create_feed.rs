//! Adds a feed to a Draft, or one that a proposal allowed, without reporters: it says
//! nothing until it is configured.

use crate::framework::prelude::*;

use crate::{
    constants::*,
    error::HomeostatError,
    events::{emit, FeedCreated},
    instructions::shared::*,
    seeds,
    state::{Council, Economy, Feed},
};

/// Accounts of `create_feed`.
#[event_cpi]
#[derive(Accounts)]
pub struct CreateFeed<'info> {
    /// The economy's creator; once live, anyone. Pays the rent.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// In Draft, or allowed by a proposal.
    #[account(mut)]
    pub economy: AccountLoader<'info, Economy>,
    /// Created.
    /// CHECK: by its seeds.
    #[account(mut)]
    pub feed: UncheckedAccount<'info>,
    /// The economy's council, once live.
    #[account(mut)]
    pub council: Option<AccountLoader<'info, Council>>,
    /// Creates the account.
    pub system_program: Program<'info, System>,
}

impl CreateFeed<'_> {
    fn check(&self) -> Result<()> {
        let economy = self.economy.open()?;
        require_permit(
            &economy,
            self.creator.key,
            self.council.as_ref(),
            |permit| {
                permit.feeds = permit.feeds.checked_sub(1)?;
                Some(())
            },
        )
    }

    fn validate(&self, index: u8) -> Result<()> {
        let economy = self.economy.open()?;
        ensure!(
            usize::from(economy.feed_count) < MAX_FEEDS,
            HomeostatError::TooMany
        );
        // Feeds are numbered as they come, so the SDK can list them.
        crate::state::economy::check("index", index == economy.feed_count)
    }

    #[inline(never)]
    fn apply(&self, index: u8) -> Result<()> {
        let key = self.economy.key();
        let mut economy = self.economy.open_mut()?;
        let slot = economy
            .feeds
            .get_mut(usize::from(index))
            .ok_or(HomeostatError::TooMany)?;
        *slot = self.feed.key();
        economy.feed_count = index.checked_add(1).ok_or(HomeostatError::MathOverflow)?;

        let creator = Creator {
            payer: &self.creator,
        };
        let (mut feed, bump) = creator.state::<Feed>(
            "feed",
            &self.feed,
            Feed::SPACE,
            &[seeds::FEED, key.as_ref(), &[index]],
        )?;
        feed.bump = bump;
        feed.index = index;
        feed.economy = key;
        feed.payer = self.creator.key();
        feed.invariant()
    }
}

/// Handles `create_feed`.
pub fn create_feed(ctx: Context<CreateFeed>, index: u8) -> Result<()> {
    ctx.accounts.check()?;
    ctx.accounts.validate(index)?;
    ctx.accounts.apply(index)?;
    emit(
        &ctx.accounts.event_authority,
        &FeedCreated {
            economy: ctx.accounts.economy.key(),
            feed: ctx.accounts.feed.key(),
            index,
        },
    )
}
