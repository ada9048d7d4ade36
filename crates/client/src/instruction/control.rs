//! The controllers' clock: crank, preview and breaker, what feeds report, and the logs.

use anchor_lang::{prelude::Pubkey, system_program};
use homeostat::{accounts, instruction as data, state::Economy};
use solana_program::instruction::{AccountMeta, Instruction};

use super::{build, build_with, StakeMint};
use crate::{
    address::{event_authority, fee_vault, principal_vault, EconomyAddresses},
    PROGRAM_ID,
};

/// What a reporter tells a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// A number above that of the reporter's last report.
    pub sequence: u64,
    /// The value in the feed's unit, above 0 and at most 1,000,000 (x 2^48).
    pub value_q48: i128,
    /// When that was so (unix seconds), not before the reporter's last report.
    pub observed_at: i64,
}

/// Tells a feed a value, which controllers see with the next crank; `reporter` signs.
///
/// Refused for numbers and times that do not go forward, for values out of range and for what
/// is too old.
pub fn report_feed(feed: &Pubkey, reporter: &Pubkey, report: &Report) -> Instruction {
    build(
        accounts::ReportFeed {
            reporter: *reporter,
            feed: *feed,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::ReportFeed {
            sequence: report.sequence,
            value_q48: report.value_q48,
            observed_at: report.observed_at,
        },
    )
}

/// Touches a liquidity pool, which measures its depth once; nobody signs. A period's depth is
/// the median of its touches.
///
/// Refused within a tenth of a period after the last touch, for a native pool, and unless the
/// economy is live.
pub fn touch_pool(at: &EconomyAddresses, stake: &StakeMint) -> Instruction {
    build(
        accounts::TouchPool {
            economy: at.economy,
            pool: at.pool(&stake.mint),
            stake_mint: stake.mint,
            amm_vault: stake.amm_vault.unwrap_or_default(),
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::TouchPool {},
    )
}

/// Every account that a decision is measured from, in the order in which the program compares
/// them with the economy's own lists: each pool, each meter, each feed and each excluded token
/// account. `pools` are the stake mints in the order of `Economy.pools`, the native one first.
fn measured(at: &EconomyAddresses, pools: &[StakeMint], economy: &Economy) -> Vec<AccountMeta> {
    let read = |key: Pubkey| AccountMeta::new_readonly(key, false);
    let mut metas: Vec<_> = pools
        .iter()
        .map(|stake| read(at.pool(&stake.mint)))
        .collect();
    metas.extend((0..economy.meter_count).map(|shard| read(at.meter(shard))));
    metas.extend((0..economy.feed_count).map(|index| read(at.feed(index))));
    metas.extend(economy.active_excluded().iter().copied().map(read));
    metas
}

/// The same accounts for a crank, which settles the native pool, the first of them.
fn settled(mut metas: Vec<AccountMeta>) -> Vec<AccountMeta> {
    if let Some(native) = metas.first_mut() {
        native.is_writable = true;
    }
    metas
}

/// Ends a period: settles the native pool, measures, steps all four controllers and logs their decisions; `keeper`
/// signs and gets the bounty. `pools` are the stake mints in the order of `Economy.pools`.
///
/// Refused before the period's end, while the crank is paused, and unless the economy is live.
pub fn crank(
    at: &EconomyAddresses,
    keeper: &Pubkey,
    token_program: &Pubkey,
    pools: &[StakeMint],
    economy: &Economy,
) -> Instruction {
    build_with(
        accounts::Crank {
            keeper: *keeper,
            economy: at.economy,
            mint: at.mint,
            authority: at.authority,
            reward_vault: at.reward_vault,
            log: at.log,
            keeper_vault: at.keeper_vault,
            token_program: *token_program,
            system_program: system_program::ID,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::Crank {},
        settled(measured(at, pools, economy)),
    )
}

/// Asks what a controller would decide if the economy were cranked now; nobody signs, nothing
/// changes. `controller` is 0 emission, 1 fee, 2 burn, 3 liquidity. The answer is return data:
/// read it with [`crate::decode::preview`].
pub fn preview(
    at: &EconomyAddresses,
    pools: &[StakeMint],
    economy: &Economy,
    controller: u8,
) -> Instruction {
    build_with(
        accounts::Preview {
            economy: at.economy,
            mint: at.mint,
            reward_vault: at.reward_vault,
        },
        data::Preview { controller },
        measured(at, pools, economy),
    )
}

/// A vault of an economy, for [`trip_breaker`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vault {
    /// The reward vault.
    Rewards,
    /// The principal vault of the pool at this index.
    Principal(usize),
    /// The fee vault of the meter at this index.
    Fees(u8),
}

/// Stops the emission and holds every controller when a vault holds less than the economy owes
/// from it; nobody signs. `None` when there is no pool at the index.
///
/// Refused while the vault is solvent.
pub fn trip_breaker(
    at: &EconomyAddresses,
    pools: &[StakeMint],
    economy: &Economy,
    vault: Vault,
) -> Option<Instruction> {
    let (vault, remaining) = match vault {
        Vault::Rewards => (at.reward_vault, measured(at, pools, economy)),
        Vault::Principal(index) => {
            let pool = at.pool(&pools.get(index)?.mint);
            let part = AccountMeta::new_readonly(pool, false);
            (principal_vault(&pool), vec![part])
        }
        Vault::Fees(shard) => {
            let meter = at.meter(shard);
            let part = AccountMeta::new_readonly(meter, false);
            (fee_vault(&meter), vec![part])
        }
    };
    Some(build_with(
        accounts::TripBreaker {
            economy: at.economy,
            vault,
            council: at.council,
            audit: at.audit,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::TripBreaker {},
        remaining,
    ))
}

/// Adds slots to the decision log, up to 256 in all; `payer` signs and pays the rent.
pub fn grow_log(at: &EconomyAddresses, payer: &Pubkey, slots: u32) -> Instruction {
    grow(at, payer, at.log, slots)
}

/// Adds slots to the audit log, up to 256 in all; `payer` signs and pays the rent.
pub fn grow_audit(at: &EconomyAddresses, payer: &Pubkey, slots: u32) -> Instruction {
    grow(at, payer, at.audit, slots)
}

fn grow(at: &EconomyAddresses, payer: &Pubkey, log: Pubkey, slots: u32) -> Instruction {
    build(
        accounts::GrowLog {
            payer: *payer,
            economy: at.economy,
            log,
            system_program: system_program::ID,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::GrowLog { slots },
    )
}
