//! What an economy's events told since its beginning, read from a server that keeps every
//! transaction.

use std::str::FromStr;

use homeostat::events::Cranked;
use homeostat_client::verify::{logged, History};
use homeostat_client::{event, Pubkey};
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::rpc_client::GetConfirmedSignaturesForAddress2Config;
use solana_rpc_client_api::config::RpcTransactionConfig;
use solana_rpc_client_api::response::RpcConfirmedTransactionStatusWithSignature;
use solana_signature::Signature;
use solana_transaction_status_client_types::option_serializer::OptionSerializer;
use solana_transaction_status_client_types::{
    EncodedConfirmedTransactionWithStatusMeta, UiCompiledInstruction, UiInstruction,
    UiTransactionEncoding,
};

use crate::connection::Connection;
use crate::failure::Failure;
use crate::send::Talk;

/// Most signatures in an answer.
const PAGE: usize = 1_000;
/// Transactions between two lines about progress.
const TALK: usize = 100;

/// Reads every transaction that names `address`, a log of the economy, from the first on.
/// One request for each, and one for every thousand signatures.
///
/// # Errors
///
/// The server's; it knows a signature and not the transaction.
pub fn read(
    connection: &Connection,
    address: &Pubkey,
    economy: &Pubkey,
    talk: &dyn Talk,
) -> Result<History, Failure> {
    let mut history = History::default();
    let signatures = signatures(connection, address)?;
    // They come newest first.
    for (index, signature) in signatures.iter().rev().enumerate() {
        if index > 0 && index % TALK == 0 {
            talk.say(&format!(
                "read {index} of {} transactions",
                signatures.len()
            ));
        }
        for told in events(connection, signature)? {
            if logged(&told) == Some(economy) {
                history.learn(&told);
            }
        }
    }
    Ok(history)
}

/// Reads the last `most` cranks of an economy, the oldest first, from the transactions that name
/// its decision log; fewer where the server has fewer. One request for each transaction, and one
/// for every thousand signatures.
///
/// # Errors
///
/// The server's; it knows a signature and not the transaction.
pub fn cranks(
    connection: &Connection,
    log: &Pubkey,
    economy: &Pubkey,
    most: usize,
    talk: &dyn Talk,
) -> Result<Vec<Cranked>, Failure> {
    let mut found = Vec::new();
    let mut before = None;
    while found.len() < most {
        let page = page(connection, log, before)?;
        for (signature, _) in page.iter().filter(|(_, succeeded)| *succeeded) {
            for told in events(connection, signature)? {
                match told {
                    event::Event::Cranked(crank) if crank.economy == *economy => {
                        if !found.is_empty() && found.len() % TALK == 0 {
                            talk.say(&format!("read {} of at most {most} cranks", found.len()));
                        }
                        found.push(crank);
                    }
                    _ => {}
                }
            }
            if found.len() >= most {
                break;
            }
        }
        before = page.last().map(|(signature, _)| *signature);
        if page.len() < PAGE {
            break;
        }
    }
    // A transaction may hold several cranks, and they came newest transaction first.
    found.sort_by_key(|crank| crank.period);
    let extra = found.len().saturating_sub(most);
    found.drain(..extra);
    Ok(found)
}

/// The signatures of all transactions that went through, newest first.
fn signatures(connection: &Connection, address: &Pubkey) -> Result<Vec<Signature>, Failure> {
    let mut all = Vec::new();
    let mut before = None;
    loop {
        let page = page(connection, address, before)?;
        before = page.last().map(|(signature, _)| *signature);
        let succeeded = page.iter().filter(|(_, succeeded)| *succeeded);
        all.extend(succeeded.map(|(signature, _)| *signature));
        if page.len() < PAGE {
            return Ok(all);
        }
    }
}

/// Up to [`PAGE`] signatures of transactions before one, newest first, and whether each went
/// through.
fn page(
    connection: &Connection,
    address: &Pubkey,
    before: Option<Signature>,
) -> Result<Vec<(Signature, bool)>, Failure> {
    let lines = connection
        .rpc()
        .get_signatures_for_address_with_config(
            address,
            GetConfirmedSignaturesForAddress2Config {
                before,
                until: None,
                limit: Some(PAGE),
                commitment: Some(confirmed(connection)),
            },
        )
        .map_err(|error| connection.failure(&error))?;
    let line = |line: &RpcConfirmedTransactionStatusWithSignature| {
        Signature::from_str(&line.signature)
            .map(|signature| (signature, line.err.is_none()))
            .map_err(|_| connection.nonsense("a signature that is none"))
    };
    lines.iter().map(line).collect()
}

/// Histories are kept of what is confirmed at least.
fn confirmed(connection: &Connection) -> CommitmentConfig {
    if connection.commitment().is_finalized() {
        CommitmentConfig::finalized()
    } else {
        CommitmentConfig::confirmed()
    }
}

fn events(connection: &Connection, signature: &Signature) -> Result<Vec<event::Event>, Failure> {
    let config = RpcTransactionConfig {
        encoding: Some(UiTransactionEncoding::Base64),
        commitment: Some(confirmed(connection)),
        max_supported_transaction_version: Some(0),
    };
    let told: EncodedConfirmedTransactionWithStatusMeta = connection
        .rpc()
        .get_transaction_with_config(signature, config)
        .map_err(|error| connection.failure(&error))?;
    decode(&told).ok_or_else(|| connection.nonsense("a transaction that cannot be read"))
}

fn decode(told: &EncodedConfirmedTransactionWithStatusMeta) -> Option<Vec<event::Event>> {
    let transaction = told.transaction.transaction.decode()?;
    let meta = told.transaction.meta.as_ref()?;
    let mut keys = transaction.message.static_account_keys().to_vec();
    if let OptionSerializer::Some(loaded) = &meta.loaded_addresses {
        for key in loaded.writable.iter().chain(&loaded.readonly) {
            keys.push(key.parse().ok()?);
        }
    }
    let OptionSerializer::Some(inner) = &meta.inner_instructions else {
        return Some(Vec::new());
    };
    let mut calls = Vec::new();
    for called in inner.iter().flat_map(|inner| &inner.instructions) {
        // Base64 is asked for: nothing is parsed.
        let UiInstruction::Compiled(UiCompiledInstruction {
            program_id_index,
            accounts,
            data,
            ..
        }) = called
        else {
            return None;
        };
        let data = bs58::decode(data).into_vec().ok()?;
        calls.push((*program_id_index, accounts, data));
    }
    let calls = calls.iter().map(|(program, accounts, data)| event::Inner {
        program_id_index: *program,
        accounts,
        data,
    });
    Some(event::of_transaction(&keys, calls))
}
