//! What happens to an economy from its creation to its close.

use anchor_lang::prelude::*;

use crate::state::{FeedSettings, Funding, Parameter, PoolKind};

/// A Draft was created.
#[event]
pub struct EconomyCreated {
    /// The economy that was created.
    pub economy: Pubkey,
    /// The mint of the economy's token.
    pub mint: Pubkey,
    /// The creator, who configures the Draft.
    pub creator: Pubkey,
    /// Where the economy's rewards come from.
    pub funding: Funding,
    /// The length of a period (seconds).
    pub period: u32,
    /// The highest supply that emission may lead to (base units).
    pub hard_cap: u64,
}

/// A Draft was configured: the bytes of what was set, before and after.
#[event]
pub struct EconomyConfigured {
    /// The economy that was configured.
    pub economy: Pubkey,
    /// Which kind of setting: 0 controller, 1 limits, 2 exclusions, 3 guard.
    pub setting: u8,
    /// The controller that was set; none for limits and exclusions.
    pub parameter: Option<Parameter>,
    /// The stored bytes before the change.
    pub old: Vec<u8>,
    /// The stored bytes after the change.
    pub new: Vec<u8>,
}

/// A pool was created.
#[event]
pub struct PoolCreated {
    /// The economy that the pool belongs to.
    pub economy: Pubkey,
    /// The pool that was created.
    pub pool: Pubkey,
    /// The mint that is staked in the pool.
    pub stake_mint: Pubkey,
    /// What the pool's stake is.
    pub kind: PoolKind,
    /// The index of the pool's lane in the stream.
    pub lane: u8,
    /// The weight of the pool among the liquidity pools.
    pub weight: u16,
}

/// A meter was created.
#[event]
pub struct MeterCreated {
    /// The economy that the meter belongs to.
    pub economy: Pubkey,
    /// The meter that was created.
    pub meter: Pubkey,
    /// The index of the meter, from 0.
    pub shard: u8,
}

/// A feed was created, without reporters.
#[event]
pub struct FeedCreated {
    /// The economy that the feed belongs to.
    pub economy: Pubkey,
    /// The feed that was created.
    pub feed: Pubkey,
    /// The index of the feed, from 0.
    pub index: u8,
}

/// A feed's reporters and rules were set.
#[event]
pub struct FeedConfigured {
    /// The economy that the feed belongs to.
    pub economy: Pubkey,
    /// The feed that was configured.
    pub feed: Pubkey,
    /// The index of the feed, from 0.
    pub index: u8,
    /// The settings before the change.
    pub old: FeedSettings,
    /// The settings after the change.
    pub new: FeedSettings,
}

/// The economy went live. Carries the configuration records that open the decision log and
/// the configurations behind their digests.
#[event]
pub struct WentLive {
    /// The economy that went live.
    pub economy: Pubkey,
    /// When the clock was started (unix seconds).
    pub at: i64,
    /// The supply at that time (base units).
    pub supply: u64,
    /// The circulating supply at that time (base units).
    pub circulating: u64,
    /// The balance of the excluded accounts at that time, which does not circulate (base
    /// units).
    pub excluded: u64,
    /// What was minted ahead for the first period (base units).
    pub minted: u64,
    /// When emission stops unless a crank comes before (unix seconds).
    pub emit_until: i64,
    /// The four records of the decision log, back to back.
    pub records: Vec<u8>,
    /// The four stored configurations, back to back.
    pub configs: Vec<u8>,
}

/// Tokens were added for rewards.
#[event]
pub struct RewardsFunded {
    /// The economy whose reward vault was filled.
    pub economy: Pubkey,
    /// The owner or delegate of the tokens, who paid.
    pub funder: Pubkey,
    /// What the reward vault received (base units).
    pub amount: u64,
    /// All tokens supplied for emission before (base units).
    pub old_supplied: u64,
    /// All tokens supplied for emission after (base units).
    pub new_supplied: u64,
}

/// Accrued rewards were minted.
#[event]
pub struct ToppedUp {
    /// The economy whose rewards were minted.
    pub economy: Pubkey,
    /// What was minted into the reward vault (base units).
    pub amount: u64,
    /// All tokens supplied for emission before (base units).
    pub old_supplied: u64,
    /// All tokens supplied for emission after (base units).
    pub new_supplied: u64,
}

/// The mint authority that a retirement offered has left the economy.
#[event]
pub struct MintHandedOver {
    /// The economy that is retired.
    pub economy: Pubkey,
    /// Who holds the mint authority now; none = nobody, for ever.
    pub successor: Option<Pubkey>,
}

/// What belongs to nobody was paid out of the reward vault of a retired economy.
#[event]
pub struct WoundUp {
    /// The economy that is retired.
    pub economy: Pubkey,
    /// The token account that was paid: the treasury's, or one of the sponsor's.
    pub to: Pubkey,
    /// What it received (base units).
    pub paid: u64,
    /// What the reward vault keeps, because stakers are owed it (base units).
    pub kept: u64,
    /// When the last staker fee has streamed (unix seconds).
    pub fee_until: i64,
}

/// The sponsor announced that funds will be recalled.
#[event]
pub struct RecallAnnounced {
    /// The economy whose funds they are.
    pub economy: Pubkey,
    /// The most that will be recalled (base units).
    pub amount: u64,
    /// From when on it can be recalled (unix seconds).
    pub recall_at: i64,
}

/// The sponsor recalled funds that were not promised.
#[event]
pub struct FundsRecalled {
    /// The economy whose funds they were.
    pub economy: Pubkey,
    /// What left the reward vault (base units).
    pub amount: u64,
    /// All tokens supplied for emission before (base units).
    pub old_supplied: u64,
    /// All tokens supplied for emission after (base units).
    pub new_supplied: u64,
}

/// A Draft was closed.
#[event]
pub struct EconomyClosed {
    /// The economy that was closed.
    pub economy: Pubkey,
    /// The creator, who got rent, funds and mint authority back.
    pub creator: Pubkey,
    /// What was returned from the reward vault (base units).
    pub refunded: u64,
    /// True if the economy had the mint authority, which the creator has now.
    pub mint_returned: bool,
}

/// A pool without positions was closed; its lane is free.
#[event]
pub struct PoolClosed {
    /// The economy that the pool belonged to.
    pub economy: Pubkey,
    /// The pool that was closed.
    pub pool: Pubkey,
    /// The index of the lane that it had in the stream.
    pub lane: u8,
    /// The payer of the pool's rent, who got it back.
    pub payer: Pubkey,
}

/// A retired economy was closed with everything that was left of it.
#[event]
pub struct EconomyDissolved {
    /// The economy that was closed.
    pub economy: Pubkey,
    /// The creator, who got rent and the keeper vault's lamports.
    pub creator: Pubkey,
}
