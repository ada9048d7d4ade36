//! What an economy's events told, read from a server that keeps every transaction.

mod acts;
mod complete;
mod proved;

use std::str::FromStr;

use homeostat::events::Cranked;
use homeostat_client::{event, Pubkey};
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::rpc_client::GetConfirmedSignaturesForAddress2Config;
use solana_rpc_client_api::config::RpcTransactionConfig;
use solana_rpc_client_api::response::RpcConfirmedTransactionStatusWithSignature;
use solana_signature::Signature;
use solana_transaction_status_client_types::option_serializer::OptionSerializer;
use solana_transaction_status_client_types::{
    EncodedConfirmedTransactionWithStatusMeta, EncodedTransaction, UiCompiledInstruction,
    UiInstruction, UiMessage, UiTransactionEncoding,
};

use crate::connection::Connection;
use crate::send::Talk;
use homeostat_settings::failure::Failure;

pub use acts::{acts, Act};
pub use complete::{complete, Asked};
pub use proved::Proved;

/// Most signatures in an answer.
const PAGE: usize = 1_000;
/// Transactions of every version are read. Anybody may send one that names a log, in a version
/// that came after this program, and a server refuses a version above what is asked for: without
/// this a single stranger would end every proof from genesis.
const ANY_VERSION: u8 = u8::MAX;
/// Transactions between two lines about progress.
const TALK: usize = 100;

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
        for line in page.iter().filter(|line| line.succeeded) {
            for told in events(connection, &line.signature)? {
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
        before = page.last().map(|line| line.signature);
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

/// A transaction in the list of those that name an address.
#[derive(Clone, Copy, Debug)]
struct Line {
    signature: Signature,
    slot: u64,
    /// The time of its block (unix seconds), where the server knows it.
    time: Option<i64>,
    succeeded: bool,
}

/// Up to [`PAGE`] transactions before one, newest first.
fn page(
    connection: &Connection,
    address: &Pubkey,
    before: Option<Signature>,
) -> Result<Vec<Line>, Failure> {
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
        let signature = Signature::from_str(&line.signature);
        let signature = signature.map_err(|_| connection.nonsense("a signature that is none"))?;
        Ok(Line {
            signature,
            slot: line.slot,
            time: line.block_time,
            succeeded: line.err.is_none(),
        })
    };
    let lines: Vec<Line> = lines.iter().map(line).collect::<Result<_, Failure>>()?;
    // A list that does not get older has no end.
    match (before, lines.last()) {
        (Some(before), Some(last)) if last.signature == before => {
            Err(connection.nonsense("the same list of transactions again"))
        }
        _ => Ok(lines),
    }
}

impl Connection {
    /// A slot whose transactions are in every account that is read from now on.
    ///
    /// # Errors
    ///
    /// The server's.
    pub fn slot(&self) -> Result<u64, Failure> {
        self.rpc().get_slot().map_err(|error| self.failure(&error))
    }
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
        // The keys as text: bytes of a version that is not known cannot be read.
        encoding: Some(UiTransactionEncoding::Json),
        commitment: Some(confirmed(connection)),
        max_supported_transaction_version: Some(ANY_VERSION),
    };
    let told: EncodedConfirmedTransactionWithStatusMeta = connection
        .rpc()
        .get_transaction_with_config(signature, config)
        .map_err(|error| connection.failure(&error))?;
    decode(&told).ok_or_else(|| connection.nonsense("a transaction that cannot be read"))
}

fn decode(told: &EncodedConfirmedTransactionWithStatusMeta) -> Option<Vec<event::Event>> {
    let EncodedTransaction::Json(transaction) = &told.transaction.transaction else {
        return None;
    };
    let UiMessage::Raw(message) = &transaction.message else {
        return None;
    };
    let meta = told.transaction.meta.as_ref()?;
    let mut named: Vec<&String> = message.account_keys.iter().collect();
    if let OptionSerializer::Some(loaded) = &meta.loaded_addresses {
        named.extend(loaded.writable.iter().chain(&loaded.readonly));
    }
    let keys: Vec<Pubkey> = named
        .iter()
        .map(|key| key.parse().ok())
        .collect::<Option<_>>()?;
    let OptionSerializer::Some(inner) = &meta.inner_instructions else {
        return Some(Vec::new());
    };
    let mut calls = Vec::new();
    for called in inner.iter().flat_map(|inner| &inner.instructions) {
        // Raw JSON is asked for: nothing is parsed.
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

#[cfg(test)]
mod tests {
    use anchor_lang::Event as _;
    use homeostat::events::AdviceVetoed;
    use homeostat_client::{address, PROGRAM_ID};
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_is_read_from_a_transaction_of_any_version() {
        // Given an event of the program in a transaction whose version came later, as a server
        // tells it,
        let vetoed = AdviceVetoed {
            economy: Pubkey::new_unique(),
            record: Vec::new(),
        };
        let data = [&event::EVENT_TAG[..], &vetoed.data()].concat();
        let told = |version: serde_json::Value| {
            let told = json!({
                "slot": 7, "blockTime": null, "version": version,
                "transaction": {
                    "signatures": [Signature::default().to_string()],
                    "message": {
                        "header": {
                            "numRequiredSignatures": 1,
                            "numReadonlySignedAccounts": 0,
                            "numReadonlyUnsignedAccounts": 2,
                        },
                        "accountKeys": [
                            Pubkey::new_unique().to_string(),
                            PROGRAM_ID.to_string(),
                            address::event_authority().to_string(),
                        ],
                        "recentBlockhash": Pubkey::new_unique().to_string(),
                        "instructions": [],
                    },
                },
                "meta": {
                    "err": null, "status": {"Ok": null}, "fee": 5_000,
                    "preBalances": [], "postBalances": [],
                    "innerInstructions": [{"index": 0, "instructions": [{
                        "programIdIndex": 1, "accounts": [2],
                        "data": bs58::encode(&data).into_string(), "stackHeight": 2,
                    }]}],
                },
            });
            serde_json::from_value::<EncodedConfirmedTransactionWithStatusMeta>(told).unwrap()
        };
        for version in [json!("legacy"), json!(0), json!(1), json!(200)] {
            // when it is decoded, then the event is there, whatever the version.
            let events = decode(&told(version)).unwrap();
            let [event::Event::AdviceVetoed(read)] = events.as_slice() else {
                panic!("{} events", events.len());
            };
            assert_eq!(read.economy, vetoed.economy);
        }
    }
}
