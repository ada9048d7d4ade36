//! A live economy as a start for the simulator.

use homeostat_chain::connection::decode;
use homeostat_chain::Live;
use homeostat_client::{Feed, Pubkey};
use homeostat_sim::live::{Found as Accounts, LivePool, Start, Unfit};

use super::{balance, Context};
use crate::failure::Failure;

/// What was read besides an economy and its pools.
pub struct Found {
    /// The start, or what no run can start in.
    pub start: Result<Start, Unfit>,
    /// The economy's feeds.
    pub feeds: Vec<Feed>,
    /// The cluster's clock (unix seconds).
    pub now: i64,
}

/// Reads what a crank looks at besides the economy and its pools, and makes a start of it.
///
/// # Errors
///
/// The server's.
pub fn read(context: &Context, live: &Live) -> Result<Found, Failure> {
    let (connection, economy) = (&context.connection, &live.economy);
    let meters = live.meters(connection)?;
    let keys = economy.active_feeds();
    let mut feeds = Vec::with_capacity(keys.len());
    for (key, account) in keys.iter().zip(connection.accounts(keys)?) {
        let account = account.ok_or_else(|| connection.nonsense("a feed is missing"))?;
        feeds.push(decode::<Feed>(key, &account)?);
    }
    let now = connection.clock()?.unix_timestamp;
    let mut readings = [None; 4];
    for (reading, feed) in readings.iter_mut().zip(&feeds) {
        *reading = feed.reading(now);
    }
    let mut pools = Vec::with_capacity(live.pools.len());
    for pool in &live.pools {
        let (amm_tokens, lp_supply) = if pool.is_native() {
            (0, 0)
        } else {
            let lp_supply = supply(context, &pool.stake_mint)?;
            (balance(context, &pool.amm_vault)?, lp_supply)
        };
        pools.push(LivePool {
            pool: *pool,
            amm_tokens,
            lp_supply,
        });
    }
    let mut excluded = 0u64;
    for account in economy.active_excluded() {
        excluded = excluded.saturating_add(balance(context, account)?);
    }
    let start = Start::of(&Accounts {
        economy,
        pools: &pools,
        meters: &meters,
        feeds: readings,
        supply: supply(context, &live.at.mint)?,
        reward_vault: balance(context, &economy.reward_vault)?,
        treasury: balance(context, &economy.treasury_vault)?,
        excluded,
        now,
    });
    Ok(Found { start, feeds, now })
}

/// The supply of a mint (base units).
fn supply(context: &Context, mint: &Pubkey) -> Result<u64, Failure> {
    let connection = &context.connection;
    let found = connection.account(mint)?;
    // Both token programs: an optional authority of 36 bytes, then the supply.
    found
        .as_ref()
        .and_then(|found| found.data.get(36..44)?.try_into().ok())
        .map(u64::from_le_bytes)
        .ok_or_else(|| connection.nonsense("a mint that is none"))
}
