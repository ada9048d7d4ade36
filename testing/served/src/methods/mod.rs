//! The methods, by family. Shapes and words are those of Agave 4.0.

pub(crate) mod accounts;
mod cluster;
mod execute;
mod history;
mod tokens;
mod transactions;
mod warp;

use homeostat_sandbox::Bank;
use jsonrpc_core::Error;
use serde::Serialize;
use solana_account::AccountSharedData;
use solana_program::pubkey::Pubkey;
use solana_rpc_client_api::{
    custom_error::RpcCustomError,
    response::{Response, RpcResponseContext},
};

use crate::{
    http::Caller,
    ledger::Ledger,
    pace::Pace,
    rpc::{value, Arguments, Outcome},
};

/// What the methods work on.
pub(crate) struct Node<'a> {
    pub(crate) bank: &'a mut Bank,
    pub(crate) ledger: &'a mut Ledger,
    pub(crate) pace: Pace,
}

impl Node<'_> {
    /// Lets blocks pass.
    pub(crate) async fn skip(&mut self, blocks: u64) {
        let blocks = blocks.max(1);
        self.bank.skip_slots(blocks).await;
        let slot = self.bank.slot().await;
        self.ledger.begin(slot, blocks, self.bank.now());
    }

    /// The slot, if it is at least `least`.
    pub(crate) async fn slot(&mut self, least: Option<u64>) -> Result<u64, Error> {
        let slot = self.bank.slot().await;
        match least {
            Some(least) if slot < least => {
                Err(RpcCustomError::MinContextSlotNotReached { context_slot: slot }.into())
            }
            _ => Ok(slot),
        }
    }

    /// An answer with its context.
    async fn in_context(&mut self, least: Option<u64>, answer: impl Serialize) -> Outcome {
        let slot = self.slot(least).await?;
        value(Response {
            context: RpcResponseContext::new(slot),
            value: answer,
        })
    }

    /// An account; `None` when there is none.
    pub(crate) async fn account(&mut self, address: &Pubkey) -> Option<AccountSharedData> {
        self.bank.account(address).await
    }
}

/// Answers one call.
pub(crate) async fn call(
    node: &mut Node<'_>,
    caller: Caller,
    method: &str,
    arguments: &Arguments,
) -> Outcome {
    match method {
        warp::METHOD => warp::warp(node, caller, arguments).await,
        "getVersion" => cluster::version(),
        "getHealth" => value("ok"),
        "getGenesisHash" => value(node.bank.genesis_hash().to_string()),
        "getSlot" => cluster::slot(node, arguments).await,
        "getBlockHeight" => cluster::block_height(node, arguments).await,
        "getBlockTime" => cluster::block_time(node, arguments).await,
        "getFirstAvailableBlock" => value(node.ledger.first_slot()),
        "minimumLedgerSlot" => value(node.ledger.first_slot()),
        "getTransactionCount" => value(node.ledger.count()),
        "getEpochSchedule" => value(cluster::epoch_schedule(node).await?),
        "getEpochInfo" => cluster::epoch_info(node, arguments).await,
        "getLatestBlockhash" => cluster::latest_blockhash(node, arguments).await,
        "isBlockhashValid" => cluster::is_blockhash_valid(node, arguments).await,
        "getRecentPrioritizationFees" => cluster::prioritization_fees(node, arguments).await,
        "getMinimumBalanceForRentExemption" => cluster::rent(arguments),
        "getAccountInfo" => accounts::one(node, arguments).await,
        "getMultipleAccounts" => accounts::several(node, arguments).await,
        "getProgramAccounts" => accounts::of_program(node, arguments).await,
        "getBalance" => accounts::balance(node, arguments).await,
        "getTokenAccountBalance" => tokens::balance(node, arguments).await,
        "getTokenSupply" => tokens::supply(node, arguments).await,
        "getTokenAccountsByOwner" => tokens::by_owner(node, arguments).await,
        "getFeeForMessage" => transactions::fee(node, arguments).await,
        "simulateTransaction" => transactions::simulate(node, arguments).await,
        "sendTransaction" => transactions::send(node, arguments).await,
        "requestAirdrop" => transactions::airdrop(node, arguments).await,
        "getSignatureStatuses" => history::statuses(node, arguments).await,
        "getSignaturesForAddress" => history::of_address(node, arguments).await,
        "getTransaction" => history::transaction(node, arguments),
        _ => Err(Error::method_not_found()),
    }
}
