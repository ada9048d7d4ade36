//! Reads what is watched from a cluster.

use std::collections::BTreeMap;

use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use homeostat_chain::connection::decode;
use homeostat_chain::creation::Mint;
use homeostat_chain::Connection;
use homeostat_client::{Council, Economy, EconomyAddresses, Feed, Proposal, Pubkey, PROGRAM_ID};
use homeostat_settings::Failure;
use serde::Deserialize;
use serde_json::json;
use solana_account::Account;
use solana_clock::Clock;
use solana_loader_v3_interface::get_program_data_address;
use solana_loader_v3_interface::state::UpgradeableLoaderState;
use solana_rpc_client_api::request::RpcRequest;
use solana_sdk_ids::sysvar;

use super::view::{Program, View};

/// An economy that was looked for, in a slot and at a time (unix seconds).
pub(super) enum Found {
    /// How it is.
    There(Box<View>),
    /// There is nothing at its address.
    Gone { slot: u64, now: i64 },
}

/// Reads an economy. `known` are its addresses and feeds, if it was read before: then one
/// request reads all of it, in one slot.
pub(super) fn economy(
    connection: &Connection,
    address: &Pubkey,
    known: &mut Option<(EconomyAddresses, Vec<Pubkey>)>,
    rent: u64,
) -> Result<Found, Failure> {
    let (at, feeds) = match known.take() {
        Some(known) => known,
        None => {
            let accounts = connection.accounts(&[*address, sysvar::clock::ID])?;
            let [Some(economy), clock] = accounts.as_slice() else {
                let clock = clock(connection, accounts.get(1).and_then(Option::as_ref))?;
                return Ok(Found::Gone {
                    slot: clock.slot,
                    now: clock.unix_timestamp,
                });
            };
            self::clock(connection, clock.as_ref())?;
            let economy: Economy = decode(address, economy)?;
            let at = EconomyAddresses::new(&economy.mint, &economy.creator);
            if at.economy != *address {
                return Err(connection.nonsense("an economy that is not at its address"));
            }
            (at, feeds_of(&economy))
        }
    };
    let mut wanted = vec![
        sysvar::clock::ID,
        at.economy,
        at.council,
        at.audit,
        at.log,
        at.keeper_vault,
        at.mint,
    ];
    wanted.extend(&feeds);
    let accounts = connection.accounts(&wanted)?;
    let of = |place: usize| accounts.get(place).and_then(Option::as_ref);
    let clock = clock(connection, of(0))?;
    let Some(economy) = of(1) else {
        return Ok(Found::Gone {
            slot: clock.slot,
            now: clock.unix_timestamp,
        });
    };
    let economy: Box<Economy> = Box::new(decode(&at.economy, economy)?);
    let ours = |account: &&Account| account.owner == PROGRAM_ID;
    let council = of(2).filter(ours);
    let council: Option<Council> = council.map(|one| decode(&at.council, one)).transpose()?;
    let data = |place: usize| of(place).filter(ours).map(|account| account.data.clone());
    let mut by_index = BTreeMap::new();
    for (place, feed) in feeds.iter().enumerate() {
        if let Some(account) = of(place.saturating_add(7)) {
            let feed: Feed = decode(feed, account)?;
            by_index.insert(feed.index, feed);
        }
    }
    let view = View {
        slot: clock.slot,
        now: clock.unix_timestamp,
        council: council.map(Box::new),
        audit: data(3),
        log: data(4),
        feeds: by_index,
        keeper_vault: of(5).map_or(0, |account| account.lamports),
        rent,
        mint_authority: Mint::read(&at.mint, of(6))?.mint_authority,
        proposals: BTreeMap::new(),
        at,
        economy,
    };
    *known = Some((at, feeds_of(&view.economy)));
    Ok(Found::There(Box::new(view)))
}

fn feeds_of(economy: &Economy) -> Vec<Pubkey> {
    let count = usize::from(economy.feed_count);
    economy.feeds.iter().take(count).copied().collect()
}

fn clock(connection: &Connection, account: Option<&Account>) -> Result<Clock, Failure> {
    let account = account.ok_or_else(|| connection.nonsense("there is no clock"))?;
    bincode::deserialize(&account.data).map_err(|_| connection.nonsense("the clock is unreadable"))
}

/// Reads proposals, as far as they are there.
pub(super) fn proposals(
    connection: &Connection,
    wanted: &[Pubkey],
) -> Result<BTreeMap<Pubkey, Proposal>, Failure> {
    let accounts = connection.accounts(wanted)?;
    let pairs = wanted.iter().zip(accounts);
    let there = pairs.filter_map(|(address, account)| {
        let account = account?;
        // An address whose account was closed may hold anything by now.
        let proposal = decode::<Proposal>(address, &account).ok()?;
        Some((*address, proposal))
    });
    Ok(there.collect())
}

/// An account of which a part was asked for.
#[derive(Deserialize)]
struct Part {
    context: Context,
    value: Option<Value>,
}

#[derive(Deserialize)]
struct Context {
    slot: u64,
}

#[derive(Deserialize)]
struct Value {
    data: (String, String),
}

/// Reads who may replace the program and when it was deployed, without its megabyte of code;
/// `None` where it was not deployed through the upgradeable loader. `now` is the cluster's clock
/// (unix seconds).
pub(super) fn program(connection: &Connection, now: i64) -> Result<Option<Program>, Failure> {
    let address = get_program_data_address(&PROGRAM_ID);
    let length = UpgradeableLoaderState::size_of_programdata_metadata();
    let part: Part = connection.ask(
        RpcRequest::GetAccountInfo,
        json!([address.to_string(), {
            "encoding": "base64",
            "commitment": connection.commitment().commitment.to_string(),
            "dataSlice": {"offset": 0, "length": length},
        }]),
    )?;
    let Some(value) = part.value else {
        return Ok(None);
    };
    let data = STANDARD
        .decode(value.data.0)
        .map_err(|_| connection.nonsense("an account that is not in base64"))?;
    match bincode::deserialize(&data) {
        Ok(UpgradeableLoaderState::ProgramData {
            slot,
            upgrade_authority_address,
        }) => Ok(Some(Program {
            account: address,
            upgrade_authority: upgrade_authority_address,
            deployed: slot,
            slot: part.context.slot,
            now,
        })),
        _ => Err(connection.nonsense("the program's data account is of another kind")),
    }
}
