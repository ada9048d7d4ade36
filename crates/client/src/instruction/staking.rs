//! Positions: stake, unbond, withdraw, claim. A position belongs to one owner in one pool.

use anchor_lang::{prelude::Pubkey, system_program};
use homeostat::{accounts, instruction as data};
use solana_program::instruction::Instruction;

use super::{build, StakeMint};
use crate::{
    address::{event_authority, position, principal_vault, EconomyAddresses},
    PROGRAM_ID,
};

/// Opens the owner's position in a pool; `owner` and `payer` sign, `payer` pays the rent.
///
/// Refused unless the economy is live, and in a retired pool.
pub fn open_position(
    economy: &Pubkey,
    pool: &Pubkey,
    owner: &Pubkey,
    payer: &Pubkey,
) -> Instruction {
    build(
        accounts::OpenPosition {
            payer: *payer,
            owner: *owner,
            economy: *economy,
            pool: *pool,
            position: position(pool, owner),
            system_program: system_program::ID,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::OpenPosition {},
    )
}

/// Adds `amount` base units of the stake mint to a position, which earn from this second on;
/// `owner` signs.
///
/// Refused while staking is paused, unless the economy is live, and below the minimum.
pub fn stake(
    at: &EconomyAddresses,
    stake: &StakeMint,
    owner: &Pubkey,
    owner_tokens: &Pubkey,
    amount: u64,
) -> Instruction {
    let pool = at.pool(&stake.mint);
    build(
        accounts::Stake {
            owner: *owner,
            economy: at.economy,
            pool,
            position: position(&pool, owner),
            stake_mint: stake.mint,
            owner_tokens: *owner_tokens,
            principal_vault: principal_vault(&pool),
            amm_vault: stake.amm_vault,
            token_program: stake.token_program,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::Stake { amount },
    )
}

/// Begins to unbond `amount` base units of the stake mint: they stop earning now and can be
/// withdrawn after the unbonding time; `owner` signs. No pause gates it.
///
/// Refused for more than is staked.
pub fn request_unstake(
    economy: &Pubkey,
    pool: &Pubkey,
    owner: &Pubkey,
    amount: u64,
) -> Instruction {
    build(
        accounts::RequestUnstake {
            owner: *owner,
            economy: *economy,
            pool: *pool,
            position: position(pool, owner),
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::RequestUnstake { amount },
    )
}

/// Stakes an unbonding ticket again; `owner` signs. `ticket` is its index in
/// `Position.tickets`, from 0.
///
/// Refused while staking is paused and unless the economy is live.
pub fn cancel_unstake(economy: &Pubkey, pool: &Pubkey, owner: &Pubkey, ticket: u8) -> Instruction {
    build(
        accounts::CancelUnstake {
            owner: *owner,
            economy: *economy,
            pool: *pool,
            position: position(pool, owner),
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::CancelUnstake { ticket },
    )
}

/// Pays every ticket whose unbonding time has passed into `owner_tokens`, any token account of
/// the owner's; `owner` signs. No pause gates it.
pub fn withdraw(
    at: &EconomyAddresses,
    stake: &StakeMint,
    owner: &Pubkey,
    owner_tokens: &Pubkey,
) -> Instruction {
    let pool = at.pool(&stake.mint);
    build(
        accounts::Withdraw {
            owner: *owner,
            economy: at.economy,
            pool,
            position: position(&pool, owner),
            stake_mint: stake.mint,
            owner_tokens: *owner_tokens,
            principal_vault: principal_vault(&pool),
            authority: at.authority,
            token_program: stake.token_program,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::Withdraw {},
    )
}

/// Pays a position's rewards into `owner_tokens`, any token account of the owner's; `owner`
/// signs. No pause gates it.
///
/// Refused when the reward vault is short: in Mint mode put [`top_up`](super::top_up) before
/// it, so that what has accrued since the last crank is in the vault.
pub fn claim(
    at: &EconomyAddresses,
    pool: &Pubkey,
    owner: &Pubkey,
    owner_tokens: &Pubkey,
    token_program: &Pubkey,
) -> Instruction {
    build(
        accounts::Claim {
            owner: *owner,
            economy: at.economy,
            pool: *pool,
            position: position(pool, owner),
            mint: at.mint,
            owner_tokens: *owner_tokens,
            reward_vault: at.reward_vault,
            authority: at.authority,
            token_program: *token_program,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::Claim {},
    )
}

/// Closes an empty position; `owner` signs, the rent goes to `payer` (`Position.payer`).
///
/// Refused while stake, tickets or rewards remain.
pub fn close_position(
    economy: &Pubkey,
    pool: &Pubkey,
    owner: &Pubkey,
    payer: &Pubkey,
) -> Instruction {
    build(
        accounts::ClosePosition {
            owner: *owner,
            payer: *payer,
            economy: *economy,
            pool: *pool,
            position: position(pool, owner),
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::ClosePosition {},
    )
}
