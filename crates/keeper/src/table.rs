//! Lookup tables for economies whose crank does not fit a packet.
//!
//! A table belongs to the keeper's key and begins with the economy's address: that is how
//! it is found again where the keeper's own record has none, or one that is not there any
//! more. Creating it and its first addresses are one transaction, so there
//! is no table that nobody could find.

use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use homeostat_chain::rpc::Pace;
use homeostat_chain::send::BASE_FEE;
use homeostat_chain::{Connection, Sender};
use homeostat_client::{Instruction, Pubkey};
use homeostat_settings::Failure;
use solana_address_lookup_table_interface::instruction::{
    create_lookup_table, derive_lookup_table_address, extend_lookup_table,
};
use solana_address_lookup_table_interface::program::ID as TABLES;
use solana_address_lookup_table_interface::state::AddressLookupTable;
use solana_message::AddressLookupTableAccount;
use solana_signer::Signer;

use crate::record::Record;

/// Where a table has its authority: after kind (4), two slots (16), an index and a tag.
const AUTHORITY_AT: usize = 22;
/// Addresses that are added by one transaction, so that it fits a packet.
const CHUNK: usize = 20;
/// Slots that a new table may be named after.
const CANDIDATES: usize = 8;
/// How long it is waited for that a table's new addresses can be used.
const PATIENCE: Duration = Duration::from_secs(30);

/// A table as it is on chain.
struct Found {
    account: AddressLookupTableAccount,
    last_extended: u64,
}

/// What was done to have a table.
pub(crate) struct Made {
    /// The table.
    pub(crate) table: AddressLookupTableAccount,
    /// Addresses that were added; 0 = it was there.
    pub(crate) added: usize,
    /// Fees (lamports).
    pub(crate) fees: u64,
}

/// Finds the table of an economy, or makes it, and adds what is missing. `known` are
/// tables that the operator named or the keeper's record has: if one of them is the
/// economy's, nothing is searched for. One at a time: two that are made at once could get the
/// same address.
///
/// # Errors
///
/// The server's; `needs_table` when there is none and none `may` be made.
pub(crate) fn ensure(
    sender: &Sender<'_>,
    key: &dyn Signer,
    economy: &Pubkey,
    instruction: &Instruction,
    known: &[Pubkey],
    may: bool,
) -> Result<Made, Failure> {
    let connection = sender.connection;
    let wanted = addresses(economy, instruction);
    let found = find(connection, &key.pubkey(), economy, known)?;
    let has: &[Pubkey] = found.as_ref().map_or(&[], |found| &found.account.addresses);
    let missing: Vec<Pubkey> = wanted
        .iter()
        .filter(|address| !has.contains(address))
        .copied()
        .collect();
    if !missing.is_empty() && !may {
        return Err(Failure::new(
            "needs_table",
            format!("the crank of {economy} does not fit a packet without a lookup table"),
        )
        .remedy("name the economy with --economy: the keeper makes the table and pays its rent"));
    }
    let mut fees = 0_u64;
    let mut send = |instructions: &[Instruction]| -> Result<(), Failure> {
        let receipt = sender.send(key, &[], instructions)?;
        fees = fees.saturating_add(BASE_FEE.saturating_add(receipt.priority));
        Ok(())
    };
    let mut chunks = missing.chunks(CHUNK);
    let address = match &found {
        Some(found) => found.account.key,
        None => {
            let owner = key.pubkey();
            let slot = free_slot(connection, &owner)?;
            let (create, table) = create_lookup_table(owner, owner, slot);
            let first = chunks.next().unwrap_or_default().to_vec();
            let extend = extend_lookup_table(table, owner, Some(owner), first);
            send(&[create, extend])?;
            table
        }
    };
    for chunk in chunks {
        let owner = key.pubkey();
        send(&[extend_lookup_table(
            address,
            owner,
            Some(owner),
            chunk.to_vec(),
        )])?;
    }
    let begin = Instant::now();
    let mut pace = Pace::default();
    loop {
        let table = read(connection, &[address])?.pop();
        let whole = table.filter(|table| {
            let has = &table.account.addresses;
            wanted.iter().all(|address| has.contains(address))
        });
        let made = |table: Found| Made {
            table: table.account,
            added: missing.len(),
            fees,
        };
        if let Some(table) = whole {
            if missing.is_empty() {
                return Ok(made(table));
            }
            let slot = connection.clock()?.slot;
            // New addresses can be used from the next slot on.
            if slot > table.last_extended {
                return Ok(made(table));
            }
            pace.saw(slot);
        } else {
            pace.failed();
        }
        if begin.elapsed() > PATIENCE {
            return Err(
                connection.nonsense(format_args!("the lookup table {address} does not fill"))
            );
        }
        sleep(pace.pause());
    }
}

/// The lookup table that a keeper with the key `authority` made for an economy: one of those
/// that are `named` or the one that the keeper's `record` has, else one that the server finds.
///
/// # Errors
///
/// The server's; many do not search.
pub fn lookup_table(
    connection: &Connection,
    authority: &Pubkey,
    economy: &Pubkey,
    named: &[Pubkey],
    record: Option<PathBuf>,
) -> Result<Option<AddressLookupTableAccount>, Failure> {
    let recorded = Record::open(record).table(economy);
    let known: Vec<Pubkey> = named.iter().copied().chain(recorded).collect();
    let found = find(connection, authority, economy, &known)?;
    Ok(found.map(|found| found.account))
}

/// The newest slot after which a new table may be named: one of the slot hashes, which the
/// program compares it with, and none that a table of this key has already. Two tables of
/// one slot would be the same.
fn free_slot(connection: &Connection, authority: &Pubkey) -> Result<u64, Failure> {
    let hashes = connection.account(&solana_sdk_ids::sysvar::slot_hashes::ID)?;
    let data = hashes.map(|hashes| hashes.data).unwrap_or_default();
    // A count, then slots of 8 bytes with their hashes of 32, newest first.
    let entries = data.get(8..).unwrap_or_default().chunks_exact(40);
    let slots: Vec<u64> = entries
        .take(CANDIDATES)
        .filter_map(|entry| entry.get(..8)?.try_into().ok())
        .map(u64::from_le_bytes)
        .collect();
    let tables: Vec<Pubkey> = slots
        .iter()
        .map(|slot| derive_lookup_table_address(authority, *slot).0)
        .collect();
    let taken = connection.accounts(&tables)?;
    let free = slots.iter().zip(taken).find(|(_, taken)| taken.is_none());
    free.map(|(slot, _)| *slot).ok_or_else(|| {
        Failure::new(
            "no_slot",
            "the latest slots have a table of this key each already",
        )
        .remedy("it is tried again")
    })
}

/// What a table of this instruction has: the economy first, no signers, and no program
/// that is called (a transaction names those itself).
fn addresses(economy: &Pubkey, instruction: &Instruction) -> Vec<Pubkey> {
    let mut all = vec![*economy];
    for meta in &instruction.accounts {
        let fits = !meta.is_signer && meta.pubkey != instruction.program_id;
        if fits && !all.contains(&meta.pubkey) {
            all.push(meta.pubkey);
        }
    }
    all
}

/// The keeper's table of an economy; of several the fullest.
fn find(
    connection: &Connection,
    authority: &Pubkey,
    economy: &Pubkey,
    known: &[Pubkey],
) -> Result<Option<Found>, Failure> {
    let own = |found: &Found| found.account.addresses.first() == Some(economy);
    if let Some(found) = read(connection, known)?.into_iter().find(own) {
        return Ok(Some(found));
    }
    let fields = [(AUTHORITY_AT, authority.as_ref())];
    let found = connection
        .program_accounts(&TABLES, &fields, None)
        .map_err(|mut failure| {
            failure.remedy = "this server does not search for lookup tables: use another with \
                              --url, or name the table with --lookup-table"
                .into();
            failure
        })?;
    let tables = found.into_iter();
    Ok(tables
        .filter_map(|(address, account)| table(&address, &account.data))
        .filter(own)
        .max_by_key(|found| (found.account.addresses.len(), found.account.key)))
}

/// Those of these tables that there are and that can be used.
fn read(connection: &Connection, tables: &[Pubkey]) -> Result<Vec<Found>, Failure> {
    let accounts = connection.accounts(tables)?;
    let there = tables.iter().zip(accounts);
    Ok(there
        .filter_map(|(address, account)| Some((address, account?)))
        .filter(|(_, account)| account.owner == TABLES)
        .filter_map(|(address, account)| table(address, &account.data))
        .collect())
}

fn table(address: &Pubkey, data: &[u8]) -> Option<Found> {
    let table = AddressLookupTable::deserialize(data).ok()?;
    // One that is being deactivated is on its way out.
    (table.meta.deactivation_slot == u64::MAX).then(|| Found {
        account: AddressLookupTableAccount {
            key: *address,
            addresses: table.addresses.to_vec(),
        },
        last_extended: table.meta.last_extended_slot,
    })
}

#[cfg(test)]
mod tests {
    use homeostat_chain::send::PACKET;
    use homeostat_client::instruction::{crank, StakeMint};
    use homeostat_client::{Economy, EconomyAddresses};
    use solana_compute_budget_interface::ComputeBudgetInstruction;
    use solana_hash::Hash;
    use solana_message::{v0, Message, VersionedMessage};

    use super::*;

    /// The crank of an economy with so many liquidity pools, meters, feeds, exclusions.
    fn economy(pools: u8, meters: u8, feeds: u8, excluded: u8) -> (EconomyAddresses, Instruction) {
        let address = |kind: u8, number: u8| {
            let mut bytes = [kind; 32];
            bytes[31] = number;
            Pubkey::new_from_array(bytes)
        };
        let mut economy: Box<Economy> = Box::new(bytemuck::Zeroable::zeroed());
        economy.meter_count = meters;
        economy.feed_count = feeds;
        economy.excluded_count = excluded;
        for (number, slot) in (0..).zip(&mut economy.excluded) {
            *slot = address(1, number);
        }
        let at = EconomyAddresses::new(&address(2, 0), &address(2, 1));
        let mut stakes = vec![StakeMint {
            mint: at.mint,
            token_program: address(2, 2),
            amm_vault: None,
        }];
        stakes.extend((0..pools).map(|number| StakeMint {
            mint: address(3, number),
            token_program: address(2, 2),
            amm_vault: Some(address(4, number)),
        }));
        let crank = crank(&at, &address(5, 0), &address(2, 2), &stakes, &economy);
        (at, crank)
    }

    /// Bytes of the signed transaction with its budget: legacy, and with a table.
    fn sizes(at: &EconomyAddresses, crank: &Instruction) -> (usize, usize) {
        let payer = crank.accounts[0].pubkey;
        let all = [
            ComputeBudgetInstruction::set_compute_unit_limit(100_000),
            ComputeBudgetInstruction::set_compute_unit_price(1),
            crank.clone(),
        ];
        let size = |message: VersionedMessage| 1 + 64 + message.serialize().len();
        let table = AddressLookupTableAccount {
            key: Pubkey::new_from_array([9; 32]),
            addresses: addresses(&at.economy, crank),
        };
        let legacy = Message::new_with_blockhash(&all, Some(&payer), &Hash::default());
        let tabled = v0::Message::try_compile(&payer, &all, &[table], Hash::default()).unwrap();
        (
            size(VersionedMessage::Legacy(legacy)),
            size(VersionedMessage::V0(tabled)),
        )
    }

    /// The figures of docs/KEEPER.md.
    #[test]
    fn the_largest_economy_needs_a_table_and_fits_with_one() {
        let (at, crank) = economy(7, 8, 4, 4);
        assert_eq!(addresses(&at.economy, &crank).len(), 33);
        assert_eq!(sizes(&at, &crank), (1_320, 333));
        let (at, crank) = economy(1, 4, 0, 0);
        assert_eq!(sizes(&at, &crank).0, 726);
        // An account is 33 bytes: 21 besides those of every crank fit, 22 do not.
        let (at, crank) = economy(7, 8, 4, 1);
        assert_eq!(sizes(&at, &crank).0, 1_221);
        let (at, crank) = economy(7, 8, 4, 2);
        assert!(sizes(&at, &crank).0 > PACKET);
    }

    #[test]
    fn a_table_begins_with_its_economy_and_has_no_signer_twice_or_called() {
        let (at, crank) = economy(7, 8, 4, 4);
        let all = addresses(&at.economy, &crank);
        assert_eq!(all[0], at.economy);
        assert!(!all.contains(&crank.accounts[0].pubkey));
        assert!(!all.contains(&crank.program_id));
        let mut sorted = all.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), all.len());
        // It is made in as many transactions, each of which fits a packet.
        assert_eq!(all.chunks(CHUNK).count(), 2);
        let owner = Pubkey::new_from_array([7; 32]);
        let (create, table) = create_lookup_table(owner, owner, 1);
        let extend = extend_lookup_table(table, owner, Some(owner), all[..CHUNK].to_vec());
        let budget = ComputeBudgetInstruction::set_compute_unit_limit(100_000);
        let price = ComputeBudgetInstruction::set_compute_unit_price(1);
        let message = Message::new(&[budget, price, create, extend], Some(&owner));
        assert!(1 + 64 + message.serialize().len() <= PACKET);
    }
}
