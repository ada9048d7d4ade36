//! Reads every pool, meter, feed and exclusion of an economy from the accounts after the fixed
//! ones.
//!
//! Their order: each pool, a liquidity pool followed by its AMM vault and its LP mint; then
//! each meter; then each feed; then each excluded token account. None can be left out or
//! passed twice, because each is compared with the economy's own list
//! (`WrongRemainingAccounts`).

use anchor_lang::prelude::*;

use crate::{
    constants::MAX_FEEDS,
    error::HomeostatError,
    instructions::tokens::{balance_or_zero, supply_or_zero},
    state::{Economy, Feed, FeedReading, Meter, Pool, PoolSlot, Tally},
};

/// What happens to the measured depth of a liquidity pool.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    /// It is stored in the pool, for `crank`.
    Commit,
    /// It is only returned, for `preview`.
    Preview,
}

/// The readings of the feeds, by index.
pub type Readings = [Option<FeedReading>; MAX_FEEDS];

/// The sums over all pools and meters at `now` (unix seconds), the readings of the feeds,
/// and the excluded balance (base units).
pub fn tally<'info>(
    economy: &Economy,
    accounts: &'info [AccountInfo<'info>],
    touch: Touch,
    now: i64,
) -> Result<(Tally, Readings, u64)> {
    let mut accounts = accounts.iter();
    let mut tally = Tally::default();
    for slot in economy.active_pools() {
        add_pool(&mut tally, economy, slot, &mut accounts, touch, now)?;
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

/// Adds one pool to the tally. A liquidity pool's depth is measured first.
#[inline(never)]
fn add_pool<'info>(
    tally: &mut Tally,
    economy: &Economy,
    slot: &PoolSlot,
    accounts: &mut core::slice::Iter<'info, AccountInfo<'info>>,
    touch: Touch,
    now: i64,
) -> Result<()> {
    let loader = AccountLoader::<Pool>::try_from(expect(accounts.next(), &slot.pool)?)?;
    let pool = loader.load()?;
    tally.add_pool(&pool, &economy.stream, now)?;
    if pool.is_native() {
        return Ok(());
    }
    let amm_vault = expect(accounts.next(), &pool.amm_vault)?;
    let lp_mint = expect(accounts.next(), &pool.stake_mint)?;
    let touched = pool.touched(
        now,
        balance_or_zero(amm_vault, &economy.mint),
        supply_or_zero(lp_mint),
    )?;
    let depth_seconds = touched
        .as_ref()
        .map_or(pool.depth_seconds, |touched| touched.depth_seconds);
    drop(pool);
    tally.depth_seconds.count(depth_seconds);
    if let Some(touched) = touched.filter(|_| touch == Touch::Commit) {
        loader.load_mut()?.record(&touched, now);
    }
    Ok(())
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
