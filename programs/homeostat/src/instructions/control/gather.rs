//! Reads every pool, meter and exclusion of an economy from the accounts after
//! the fixed ones.
//!
//! Order: each pool, a liquidity pool followed by its AMM vault and its LP mint;
//! then each meter; then each excluded token account. Nothing can be left out
//! or passed twice: each is compared with the economy's own list.

use anchor_lang::prelude::*;

use crate::{
    error::{refuse, HomeostatError},
    instructions::shared::{balance_or_zero, supply_or_zero},
    state::{Economy, Meter, Pool, PoolSlot, Tally},
};

/// What `gather` does with the liquidity pools it touches.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    /// Writes them back (`crank`).
    Commit,
    /// Forgets them (`preview`).
    Preview,
}

/// Sums over all pools and meters at `now`, and the excluded balance.
pub fn tally<'info>(
    economy: &Economy,
    accounts: &'info [AccountInfo<'info>],
    touch: Touch,
    now: i64,
) -> Result<(Tally, u64)> {
    let mut accounts = accounts.iter();
    let mut tally = Tally::default();
    for slot in economy.active_pools() {
        add_pool(&mut tally, economy, slot, &mut accounts, touch, now)?;
    }
    for key in economy.active_meters() {
        let info = expect(accounts.next(), key)?;
        tally.add_meter(&*AccountLoader::<Meter>::try_from(info)?.load()?)?;
    }
    let excluded = excluded_balance(economy, accounts.as_slice())?;
    Ok((tally, excluded))
}

#[inline(never)]
fn add_pool<'info>(
    tally: &mut Tally,
    economy: &Economy,
    slot: &PoolSlot,
    accounts: &mut core::slice::Iter<'info, AccountInfo<'info>>,
    touch: Touch,
    now: i64,
) -> Result<()> {
    let info = expect(accounts.next(), &slot.pool)?;
    let loader = AccountLoader::<Pool>::try_from(info)?;
    let mut pool = *loader.load()?;
    pool.settle(economy.stream.at(usize::from(pool.lane), now)?, now)?;
    if !pool.is_native() {
        let amm_vault = expect(accounts.next(), &pool.amm_vault)?;
        let lp_mint = expect(accounts.next(), &pool.stake_mint)?;
        pool.touch(
            now,
            balance_or_zero(amm_vault, &economy.mint),
            supply_or_zero(lp_mint),
        )?;
        if touch == Touch::Commit {
            *loader.load_mut()? = pool;
        }
    }
    tally.add_pool(&pool)
}

/// Balance of the excluded accounts; `accounts` must be exactly those.
pub fn excluded_balance(economy: &Economy, accounts: &[AccountInfo]) -> Result<u64> {
    let excluded = economy.active_excluded();
    ensure!(
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

fn expect<'a, 'info>(
    info: Option<&'a AccountInfo<'info>>,
    key: &Pubkey,
) -> Result<&'a AccountInfo<'info>> {
    info.filter(|info| info.key == key)
        .ok_or_else(|| refuse(HomeostatError::WrongRemainingAccounts))
}
