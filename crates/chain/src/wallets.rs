//! Who owns an economy's token and who has staked it, from two searches of a server.

use core::mem::offset_of;
use std::collections::{BTreeMap, BTreeSet};

use homeostat_client::{address, Position, Pubkey};
use solana_rpc_client_api::config::UiDataSliceConfig;

use crate::{connection::Connection, live::Live};
use homeostat_settings::failure::Failure;

/// Where the owner of a token account begins, the same in both token programs. Its 32 bytes are
/// followed by the amount.
const OWNER_AT: usize = 32;
/// The bytes of owner and amount.
const OWNER_AND_AMOUNT: usize = 40;

/// What one owner has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// What lies in its token accounts (base units).
    pub liquid: u64,
    /// What it has staked in the native pool (base units).
    pub staked: u64,
    /// What is on its way out of the native pool (base units).
    pub unbonding: u64,
    /// Since when some of the stake has been there, as far back as its position remembers (unix
    /// seconds).
    pub staked_since: Option<i64>,
}

impl Holding {
    /// All that the owner has (base units).
    pub fn tokens(&self) -> u64 {
        self.liquid
            .saturating_add(self.staked)
            .saturating_add(self.unbonding)
    }
}

/// Reads the holdings of everybody with tokens or native stake, by owner. The vaults of the
/// program, the AMMs' and the excluded accounts are nobody's.
///
/// Two requests, each a search over all accounts of a program.
///
/// # Errors
///
/// The server's; many public servers refuse such a search.
pub fn holdings(
    connection: &Connection,
    live: &Live,
) -> Result<BTreeMap<Pubkey, Holding>, Failure> {
    let mut all: BTreeMap<Pubkey, Holding> = BTreeMap::new();
    let amount = UiDataSliceConfig {
        offset: OWNER_AT,
        length: OWNER_AND_AMOUNT,
    };
    let mint: &[u8] = live.at.mint.as_ref();
    let accounts =
        connection.program_accounts(&live.token_program(), &[(0, mint)], Some(amount))?;
    let nobodys = nobodys(live);
    for (address, account) in accounts {
        let Some((owner, amount)) = owner_and_amount(&account.data) else {
            // A mint may have these bytes in the place of an authority.
            continue;
        };
        if owner != live.at.authority && !nobodys.contains(&address) {
            let holding = all.entry(owner).or_default();
            holding.liquid = holding.liquid.saturating_add(amount);
        }
    }
    let pool = live.at.pool(&live.at.mint);
    let positions = [(offset_of!(Position, pool), pool.as_ref())];
    for (_, position) in connection.search::<Position>(&positions)? {
        let holding = all.entry(position.owner).or_default();
        holding.staked = position.amount;
        let tickets = position.tickets.iter().map(|ticket| ticket.amount);
        holding.unbonding = tickets.fold(0, u64::saturating_add);
        let remembered = position
            .checkpoints
            .iter()
            .take(usize::from(position.checkpoint_count))
            .map(|moment| moment.since)
            .chain([position.votes_from]);
        holding.staked_since = remembered.min().filter(|_| position.amount > 0);
    }
    all.retain(|_, holding| holding.tokens() > 0);
    Ok(all)
}

/// Token accounts that belong to nobody who could decide anything.
fn nobodys(live: &Live) -> BTreeSet<Pubkey> {
    let economy = &live.economy;
    let amms = live.stakes.iter().filter_map(|stake| stake.amm_vault);
    let meters = (0..economy.meter_count).map(|shard| address::fee_vault(&live.at.meter(shard)));
    let pools = live.stakes.iter().map(|stake| live.at.pool(&stake.mint));
    let principal = pools.map(|pool| address::principal_vault(&pool));
    economy
        .active_excluded()
        .iter()
        .copied()
        .chain(amms)
        .chain(meters)
        .chain(principal)
        .chain([live.at.reward_vault, live.at.treasury_vault])
        .collect()
}

fn owner_and_amount(data: &[u8]) -> Option<(Pubkey, u64)> {
    let bytes: &[u8; OWNER_AND_AMOUNT] = data.try_into().ok()?;
    let (owner, amount) = bytes.split_at(OWNER_AND_AMOUNT - 8);
    Some((
        Pubkey::try_from(owner).ok()?,
        u64::from_le_bytes(amount.try_into().ok()?),
    ))
}
