//! Reads every pool, meter, feed and exclusion of an economy from the accounts after the fixed
//! ones.
//!
//! Their order: each pool, each meter, each feed, each excluded token account. None can be
//! left out or passed twice, because each is compared with the economy's own list
//! (`WrongRemainingAccounts`).

use anchor_lang::prelude::*;

use crate::{
    constants::MAX_FEEDS,
    error::HomeostatError,
    instructions::tokens::balance_or_zero,
    state::{Economy, Feed, FeedReading, Meter, Pool, Remains, Tally},
};

/// Settles the native pool, which must be the first of `accounts` and writable, at `now` (unix
/// seconds), before a crank counts it.
///
/// What a pool returns above the yield cap depends on when it is settled. If the crank granted
/// again what a later settlement over a longer time lets the stake earn after all, the same
/// tokens would be promised twice. A liquidity pool has no cap, so it is only read.
#[inline(never)]
pub fn settle_native<'info>(
    economy: &Economy,
    accounts: &'info [AccountInfo<'info>],
    now: i64,
) -> Result<()> {
    let [slot, ..] = &economy.pools;
    let pool = AccountLoader::<Pool>::try_from(expect(accounts.first(), &slot.pool)?)?;
    let mut pool = pool.load_mut()?;
    pool.settle(&economy.stream, economy.yield_q64, now)
}

/// The readings of the feeds, by index.
pub type Readings = [Option<FeedReading>; MAX_FEEDS];

/// The sums over all pools and meters at `now` (unix seconds), the readings of the feeds,
/// and the excluded balance (base units).
pub fn tally<'info>(
    economy: &Economy,
    accounts: &'info [AccountInfo<'info>],
    now: i64,
) -> Result<(Tally, Readings, u64)> {
    let mut accounts = accounts.iter();
    let mut tally = Tally {
        returned_emission_q64: economy.closed.returned_emission_q64,
        claimed: economy.closed.claimed,
        ..Tally::default()
    };
    for slot in economy.active_pools() {
        let pool = AccountLoader::<Pool>::try_from(expect(accounts.next(), &slot.pool)?)?;
        tally.add_pool(&*pool.load()?, economy, now)?;
    }
    for key in economy.active_meters() {
        let meter = AccountLoader::<Meter>::try_from(expect(accounts.next(), key)?)?;
        tally.add_meter(&*meter.load()?)?;
    }
    let mut readings = Readings::default();
    for (key, reading) in economy.active_feeds().iter().zip(&mut readings) {
        let feed = AccountLoader::<Feed>::try_from(expect(accounts.next(), key)?)?;
        *reading = feed.load()?.reading(now);
    }
    let excluded = excluded_balance(economy, accounts.as_slice())?;
    Ok((tally, readings, excluded))
}

/// What the reward vault of a retired economy must keep at `now` (unix seconds). The accounts
/// are each pool and each meter, and nothing else. Every pool is settled, so that no later
/// settlement owes more.
pub fn remains<'info>(
    economy: &Economy,
    accounts: &'info [AccountInfo<'info>],
    now: i64,
) -> Result<Remains> {
    let mut accounts = accounts.iter();
    let mut remains = Remains::default();
    for slot in economy.active_pools() {
        let loader = AccountLoader::<Pool>::try_from(expect(accounts.next(), &slot.pool)?)?;
        let mut pool = loader.load_mut()?;
        // A clock that stepped back counts as standing still.
        let now = now.max(pool.settled_at);
        pool.settle(&economy.stream, economy.yield_q64, now)?;
        remains.add_pool(&pool)?;
    }
    for key in economy.active_meters() {
        let meter = AccountLoader::<Meter>::try_from(expect(accounts.next(), key)?)?;
        remains.add_meter(&*meter.load()?);
    }
    require!(
        accounts.as_slice().is_empty(),
        HomeostatError::WrongRemainingAccounts
    );
    Ok(remains)
}

/// The balance of the excluded accounts (base units); `accounts` must be exactly those. Four
/// balances of one mint add up to at most its supply, so the sum does not saturate.
pub fn excluded_balance<'info>(
    economy: &Economy,
    accounts: &'info [AccountInfo<'info>],
) -> Result<u64> {
    let excluded = economy.active_excluded();
    require!(
        accounts.len() == excluded.len(),
        HomeostatError::WrongRemainingAccounts
    );
    let mut balance = 0u64;
    for (info, key) in accounts.iter().zip(excluded) {
        let info = expect(Some(info), key)?;
        balance = balance.saturating_add(balance_or_zero(info, &economy.mint));
    }
    Ok(balance)
}

/// The next account, which must have the address that is due.
fn expect<'info>(
    info: Option<&'info AccountInfo<'info>>,
    key: &Pubkey,
) -> Result<&'info AccountInfo<'info>> {
    info.filter(|info| info.key == key)
        .ok_or_else(|| error!(HomeostatError::WrongRemainingAccounts))
}
