//! What an economy consists of: pools, meters and feeds. The creator adds them to a Draft;
//! once the economy is live a proposal has to allow one first, and then anybody may create it
//! and pay its rent.

use anchor_lang::{prelude::Pubkey, system_program};
use homeostat::{accounts, instruction as data, state::FeedSettings};
use solana_program::instruction::Instruction;

use super::{build, StakeMint};
use crate::{
    address::{event_authority, fee_vault, principal_vault, EconomyAddresses},
    PROGRAM_ID,
};

/// Adds a pool to a Draft, the native pool first; `creator` signs and pays the rent. `weight`
/// is the pool's share of the liquidity emission relative to the other liquidity pools; it is
/// not read for the native pool.
///
/// Refused for unsafe stake mints, for an AMM vault of the economy's own and for a ninth pool.
pub fn create_pool(
    at: &EconomyAddresses,
    creator: &Pubkey,
    stake: &StakeMint,
    weight: u16,
) -> Instruction {
    pool(at, creator, stake, weight, None)
}

/// Adds the liquidity pool that a proposal allowed (`Council.permit`); `payer` signs and pays
/// the rent. Stake mint, AMM vault and `weight` have to be those of the proposal.
pub fn create_allowed_pool(
    at: &EconomyAddresses,
    payer: &Pubkey,
    stake: &StakeMint,
    weight: u16,
) -> Instruction {
    pool(at, payer, stake, weight, Some(at.council))
}

fn pool(
    at: &EconomyAddresses,
    creator: &Pubkey,
    stake: &StakeMint,
    weight: u16,
    council: Option<Pubkey>,
) -> Instruction {
    let pool = at.pool(&stake.mint);
    build(
        accounts::CreatePool {
            creator: *creator,
            economy: at.economy,
            authority: at.authority,
            stake_mint: stake.mint,
            amm_vault: stake.amm_vault,
            pool,
            principal_vault: principal_vault(&pool),
            council,
            token_program: stake.token_program,
            system_program: system_program::ID,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::CreatePool { weight },
    )
}

/// Adds the next meter (payment shard) to a Draft; `creator` signs and pays the rent. `shard`
/// is the number of meters so far. Refused for a ninth.
pub fn create_meter(
    at: &EconomyAddresses,
    creator: &Pubkey,
    token_program: &Pubkey,
    shard: u8,
) -> Instruction {
    meter(at, creator, token_program, shard, None)
}

/// Adds the next meter (payment shard), when a proposal allowed one; `payer` signs and pays
/// the rent.
pub fn create_allowed_meter(
    at: &EconomyAddresses,
    payer: &Pubkey,
    token_program: &Pubkey,
    shard: u8,
) -> Instruction {
    meter(at, payer, token_program, shard, Some(at.council))
}

fn meter(
    at: &EconomyAddresses,
    creator: &Pubkey,
    token_program: &Pubkey,
    shard: u8,
    council: Option<Pubkey>,
) -> Instruction {
    let meter = at.meter(shard);
    build(
        accounts::CreateMeter {
            creator: *creator,
            economy: at.economy,
            authority: at.authority,
            mint: at.mint,
            meter,
            vault: fee_vault(&meter),
            council,
            token_program: *token_program,
            system_program: system_program::ID,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::CreateMeter { shard },
    )
}

/// Adds the next feed to a Draft, without reporters; `creator` signs and pays the rent.
/// `index` is the number of feeds so far. Refused for a fifth.
pub fn create_feed(at: &EconomyAddresses, creator: &Pubkey, index: u8) -> Instruction {
    feed(at, creator, index, None)
}

/// Adds the next feed, when a proposal allowed one; `payer` signs and pays the rent.
pub fn create_allowed_feed(at: &EconomyAddresses, payer: &Pubkey, index: u8) -> Instruction {
    feed(at, payer, index, Some(at.council))
}

fn feed(
    at: &EconomyAddresses,
    creator: &Pubkey,
    index: u8,
    council: Option<Pubkey>,
) -> Instruction {
    build(
        accounts::CreateFeed {
            creator: *creator,
            economy: at.economy,
            feed: at.feed(index),
            council,
            system_program: system_program::ID,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::CreateFeed { index },
    )
}

/// Sets reporters and rules of a Draft's feed; `creator` signs.
///
/// Refused for a quorum that is no majority, for the same reporter twice and for rules out of
/// range.
pub fn configure_feed(
    at: &EconomyAddresses,
    creator: &Pubkey,
    index: u8,
    settings: FeedSettings,
) -> Instruction {
    build(
        accounts::ConfigureFeed {
            creator: *creator,
            economy: at.economy,
            feed: at.feed(index),
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::ConfigureFeed { settings },
    )
}
