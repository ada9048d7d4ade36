//! Version, slots, blockhashes, rent.

use serde_json::json;
use solana_program::{epoch_schedule::EpochSchedule, pubkey::Pubkey, rent::Rent};
use solana_rpc_client_api::{
    config::RpcContextConfig,
    custom_error::RpcCustomError,
    response::{RpcApiVersion, RpcBlockhash, RpcPrioritizationFee},
};

use super::Node;
use crate::rpc::{invalid, parse, value, Arguments, Outcome};

/// Accounts that `getRecentPrioritizationFees` takes.
const MOST_FEE_ACCOUNTS: usize = 128;

pub(super) fn version() -> Outcome {
    value(json!({ "solana-core": RpcApiVersion::default(), "feature-set": null }))
}

fn context(arguments: &Arguments, place: usize) -> Result<Option<u64>, jsonrpc_core::Error> {
    let config: Option<RpcContextConfig> = arguments.maybe(place)?;
    Ok(config.and_then(|config| config.min_context_slot))
}

pub(super) async fn slot(node: &mut Node<'_>, arguments: &Arguments) -> Outcome {
    let least = context(arguments, 0)?;
    value(node.slot(least).await?)
}

pub(super) async fn block_height(node: &mut Node<'_>, arguments: &Arguments) -> Outcome {
    node.slot(context(arguments, 0)?).await?;
    value(node.ledger.height)
}

pub(super) async fn block_time(node: &mut Node<'_>, arguments: &Arguments) -> Outcome {
    let asked: u64 = arguments.need(0)?;
    let slot = node.slot(None).await?;
    if asked > slot {
        return Err(RpcCustomError::BlockNotAvailable { slot: asked }.into());
    }
    if asked == slot {
        return value(node.bank.now());
    }
    value(node.ledger.time(asked))
}

pub(super) async fn epoch_schedule(
    node: &mut Node<'_>,
) -> Result<EpochSchedule, jsonrpc_core::Error> {
    let schedule = node.bank.client().get_sysvar().await;
    schedule.map_err(|_| jsonrpc_core::Error::internal_error())
}

pub(super) async fn epoch_info(node: &mut Node<'_>, arguments: &Arguments) -> Outcome {
    let slot = node.slot(context(arguments, 0)?).await?;
    let schedule = epoch_schedule(node).await?;
    let (epoch, index) = schedule.get_epoch_and_slot_index(slot);
    value(json!({
        "absoluteSlot": slot,
        "blockHeight": node.ledger.height,
        "epoch": epoch,
        "slotIndex": index,
        "slotsInEpoch": schedule.get_slots_in_epoch(epoch),
        "transactionCount": node.ledger.count(),
    }))
}

pub(super) async fn latest_blockhash(node: &mut Node<'_>, arguments: &Arguments) -> Outcome {
    let least = context(arguments, 0)?;
    let hash = node
        .bank
        .client()
        .get_latest_blockhash()
        .await
        .map_err(|_| jsonrpc_core::Error::internal_error())?;
    let answer = RpcBlockhash {
        blockhash: hash.to_string(),
        last_valid_block_height: node.ledger.issue(hash),
    };
    node.in_context(least, answer).await
}

pub(super) async fn is_blockhash_valid(node: &mut Node<'_>, arguments: &Arguments) -> Outcome {
    let hash = arguments.parsed(0)?;
    let least = context(arguments, 1)?;
    let valid = node.ledger.is_valid(&hash);
    node.in_context(least, valid).await
}

/// Nobody competes for a place in a block here: the fee is 0.
pub(super) async fn prioritization_fees(node: &mut Node<'_>, arguments: &Arguments) -> Outcome {
    let accounts: Vec<String> = arguments.maybe(0)?.unwrap_or_default();
    if accounts.len() > MOST_FEE_ACCOUNTS {
        return Err(invalid(format!(
            "Too many inputs provided; max {MOST_FEE_ACCOUNTS}"
        )));
    }
    for account in &accounts {
        parse::<Pubkey>(account)?;
    }
    let slot = node.slot(None).await?;
    value([RpcPrioritizationFee {
        slot,
        prioritization_fee: 0,
    }])
}

pub(super) fn rent(arguments: &Arguments) -> Outcome {
    let bytes: usize = arguments.need(0)?;
    value(Rent::default().minimum_balance(bytes))
}
