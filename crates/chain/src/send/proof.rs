//! A second look at a transaction of which a server says that it landed.
//!
//! A status is one answer, out of one store of one server. A server that is broken, has followed
//! a fork that nobody else has, or lies, may tell a status of what it has lost; whoever believes
//! it thinks that a payment was made. So the status is borne out by an answer that comes from
//! elsewhere:
//!
//! 1. the block that has the transaction, by `getTransaction`; where a server keeps no history,
//!    or its history is a moment behind,
//! 2. the accounts' state, which knows what it has executed: the very bytes that were signed are
//!    tried out once more, and are refused as a repetition. This needs no history, and works as
//!    long as the blockhash lives.
//!
//! Of several servers another one is asked than the one that told the status, and what it answers
//! holds. With a single server this stops one that is wrong about what it was sent; one that
//! makes up every answer is stopped by a second server only.

use solana_commitment_config::{CommitmentConfig, CommitmentLevel};
use solana_rpc_client_api::config::RpcSimulateTransactionConfig;
use solana_rpc_client_api::request::RpcRequest;
use solana_rpc_client_api::response::{Response, RpcSimulateTransactionResult};
use solana_signature::Signature;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;
use solana_transaction_status_client_types::UiTransactionEncoding;

use super::Fate;
use crate::connection::Connection;
use crate::rpc::OneServer;
use base64::{prelude::BASE64_STANDARD, Engine};
use homeostat_settings::failure::Failure;

/// A fate, and which server told it.
#[derive(Clone, Debug)]
pub(super) struct Told {
    /// What a status says.
    pub(super) fate: Fate,
    /// Whose status (index).
    pub(super) by: usize,
}

impl Connection {
    /// The fate of a transaction that landed by the status of one server, as another answer has
    /// it; `Unclear` when none bears the status out, so far.
    pub(super) fn borne_out(&self, transaction: &VersionedTransaction, told: &Told) -> Fate {
        let signature = transaction.signatures.first().copied().unwrap_or_default();
        let answer = self.of_another_server(told.by, |server| {
            let by_block = server.block_at_least_confirmed(&signature);
            match by_block {
                Ok(Some(fate)) => Ok(Some(fate)),
                _ if server.has_executed(transaction)? => Ok(Some(told.fate.clone())),
                _ => Ok(None),
            }
        });
        unless_borne_out(answer, told)
    }

    /// The same of a transaction of which only the signature is there.
    pub(super) fn borne_out_by_block(&self, signature: &Signature, told: &Told) -> Fate {
        let answer =
            self.of_another_server(told.by, |server| server.block_at_least_confirmed(signature));
        unless_borne_out(answer, told)
    }
}

/// A fate that was borne out, or why it was not.
fn unless_borne_out(answer: Result<Option<Fate>, Failure>, told: &Told) -> Fate {
    let Fate::Landed { slot, .. } = told.fate else {
        return told.fate.clone();
    };
    match answer {
        Ok(Some(fate)) => fate,
        Ok(None) => Fate::Unclear(format!(
            "its status says that it landed in slot {slot}, and it is neither in that block nor \
             in the accounts' state: the server lags, or its status is wrong"
        )),
        Err(failure) => Fate::Unclear(format!(
            "its status says that it landed in slot {slot}, and nothing else bears that out: {}",
            failure.message
        )),
    }
}

impl OneServer<'_> {
    /// The fate of a transaction by the block that has it, which is confirmed at least:
    /// histories have no others.
    fn block_at_least_confirmed(&self, signature: &Signature) -> Result<Option<Fate>, Failure> {
        let sure = self.connection.commitment();
        let sure = match sure.commitment {
            CommitmentLevel::Processed => CommitmentConfig::confirmed(),
            _ => sure,
        };
        self.block_of(signature, sure)
    }

    /// Whether the accounts' state has a transaction already, whether it succeeded or failed.
    fn has_executed(&self, transaction: &VersionedTransaction) -> Result<bool, Failure> {
        let bytes = bincode::serialize(transaction).map_err(|error| {
            self.connection
                .nonsense(format!("a transaction that is none: {error}"))
        })?;
        let config = RpcSimulateTransactionConfig {
            commitment: Some(self.connection.commitment()),
            encoding: Some(UiTransactionEncoding::Base64),
            ..RpcSimulateTransactionConfig::default()
        };
        let answer: Response<RpcSimulateTransactionResult> = self.ask(
            RpcRequest::SimulateTransaction,
            serde_json::json!([BASE64_STANDARD.encode(bytes), config]),
        )?;
        let error = answer.value.err.map(TransactionError::from);
        Ok(error == Some(TransactionError::AlreadyProcessed))
    }
}
