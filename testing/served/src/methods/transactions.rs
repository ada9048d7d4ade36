//! Fees, simulation, sending.

use base64::{prelude::BASE64_STANDARD, Engine};
use homeostat_sandbox::packet::PACKET;
use jsonrpc_core::Error;
use serde::de::DeserializeOwned;
use solana_account_decoder::UiAccountEncoding;
use solana_message::VersionedMessage;
use solana_program::pubkey::Pubkey;
use solana_rpc_client_api::{
    config::{RpcContextConfig, RpcSendTransactionConfig, RpcSimulateTransactionConfig},
    custom_error::RpcCustomError,
    response::{RpcBlockhash, RpcSimulateTransactionResult},
};
use solana_signer::Signer;
use solana_transaction::{versioned::VersionedTransaction, Transaction};
use solana_transaction_error::TransactionError;
use solana_transaction_status_client_types::{
    TransactionBinaryEncoding, UiLoadedAddresses, UiTransactionEncoding,
};

use super::{
    accounts,
    execute::{all_keys, is_signed, Trial},
    Node,
};
use crate::rpc::{invalid, parse, value, Arguments, Outcome};

/// Reads a transaction or a message.
fn decode<T: DeserializeOwned>(
    text: &str,
    encoding: Option<UiTransactionEncoding>,
) -> Result<T, Error> {
    let encoding = encoding.unwrap_or(UiTransactionEncoding::Base58);
    let bytes = match encoding.into_binary_encoding() {
        Some(TransactionBinaryEncoding::Base58) => bs58::decode(text)
            .into_vec()
            .map_err(|why| invalid(format!("invalid base58 encoding: {why:?}")))?,
        Some(TransactionBinaryEncoding::Base64) => BASE64_STANDARD
            .decode(text)
            .map_err(|why| invalid(format!("invalid base64 encoding: {why:?}")))?,
        None => {
            return Err(invalid(format!(
                "unsupported encoding: {encoding}. Supported encodings: base58, base64"
            )))
        }
    };
    let name = core::any::type_name::<T>();
    if bytes.len() > PACKET {
        return Err(invalid(format!(
            "decoded {name} too large: {} bytes (max: {PACKET} bytes)",
            bytes.len()
        )));
    }
    bincode::deserialize(&bytes)
        .map_err(|why| invalid(format!("failed to deserialize {name}: {why}")))
}

fn read(
    text: &str,
    encoding: Option<UiTransactionEncoding>,
) -> Result<VersionedTransaction, Error> {
    let transaction: VersionedTransaction = decode(text, encoding)?;
    transaction.sanitize().map_err(|why| {
        invalid(format!(
            "invalid transaction: {}",
            TransactionError::from(why)
        ))
    })?;
    Ok(transaction)
}

pub(super) async fn fee(node: &mut Node<'_>, arguments: &Arguments) -> Outcome {
    let text: String = arguments.need(0)?;
    let config: RpcContextConfig = arguments.maybe(1)?.unwrap_or_default();
    let message: VersionedMessage = decode(&text, Some(UiTransactionEncoding::Base64))?;
    message
        .sanitize()
        .map_err(|why| invalid(format!("invalid transaction message: {why}")))?;
    let hash = *message.recent_blockhash();
    let fee = match node.ledger.is_expired(&hash) {
        true => None,
        false => node.fee(&message, hash).await,
    };
    node.in_context(config.min_context_slot, fee).await
}

fn told(trial: Trial) -> RpcSimulateTransactionResult {
    RpcSimulateTransactionResult {
        err: trial.error.map(Into::into),
        logs: Some(trial.logs),
        accounts: None,
        units_consumed: Some(trial.units),
        loaded_accounts_data_size: Some(trial.loaded_bytes),
        return_data: trial.return_data,
        inner_instructions: None,
        replacement_blockhash: None,
        fee: None,
        pre_balances: None,
        post_balances: None,
        pre_token_balances: None,
        post_token_balances: None,
        loaded_addresses: None,
    }
}

pub(super) async fn simulate(node: &mut Node<'_>, arguments: &Arguments) -> Outcome {
    let text: String = arguments.need(0)?;
    let config: RpcSimulateTransactionConfig = arguments.maybe(1)?.unwrap_or_default();
    let mut transaction = read(&text, config.encoding)?;
    node.slot(config.min_context_slot).await?;
    if config.replace_recent_blockhash && config.sig_verify {
        return Err(invalid(
            "sigVerify may not be used with replaceRecentBlockhash",
        ));
    }
    let mut replacement = None;
    if config.replace_recent_blockhash {
        let hash = node.bank.client().get_latest_blockhash().await;
        let hash = hash.map_err(|_| Error::internal_error())?;
        transaction.message.set_recent_blockhash(hash);
        replacement = Some(RpcBlockhash {
            blockhash: hash.to_string(),
            last_valid_block_height: node.ledger.issue(hash),
        });
    }
    let loaded = node.loaded(&transaction.message).await;
    let asked = match &config.accounts {
        None => None,
        Some(asked) => {
            let encoding = asked.encoding.unwrap_or(UiAccountEncoding::Base64);
            if matches!(
                encoding,
                UiAccountEncoding::Binary | UiAccountEncoding::Base58
            ) {
                return Err(invalid("base58 encoding not supported"));
            }
            let most = all_keys(&transaction.message, &loaded).len();
            if asked.addresses.len() > most {
                return Err(invalid(format!("Too many accounts provided; max {most}")));
            }
            let addresses = asked.addresses.iter().map(|text| parse(text));
            Some((addresses.collect::<Result<Vec<Pubkey>, _>>()?, encoding))
        }
    };
    let trial = match config.sig_verify && !is_signed(&transaction) {
        true => Trial::refused(TransactionError::SignatureFailure),
        false => node.try_out(&transaction).await,
    };
    let accounts = match asked {
        None => None,
        Some((addresses, _)) if trial.error.is_some() => Some(vec![None; addresses.len()]),
        Some((addresses, encoding)) => {
            let after = node.accounts_after(&transaction, &addresses).await;
            let mut all = Vec::with_capacity(after.len());
            for (address, account) in addresses.iter().zip(after) {
                all.push(match account {
                    None => None,
                    Some(account) => {
                        Some(accounts::encode(node, address, &account, encoding, None).await?)
                    }
                });
            }
            Some(all)
        }
    };
    let hash = *transaction.message.recent_blockhash();
    let fee = node.fee(&transaction.message, hash).await;
    let inner = config
        .inner_instructions
        .then(|| trial.inner.iter().cloned().map(Into::into).collect());
    let answer = RpcSimulateTransactionResult {
        accounts,
        fee,
        inner_instructions: inner,
        replacement_blockhash: replacement,
        loaded_addresses: Some(UiLoadedAddresses::from(&loaded)),
        ..told(trial)
    };
    node.in_context(None, answer).await
}

pub(super) async fn send(node: &mut Node<'_>, arguments: &Arguments) -> Outcome {
    let text: String = arguments.need(0)?;
    let config: RpcSendTransactionConfig = arguments.maybe(1)?.unwrap_or_default();
    let transaction = read(&text, config.encoding)?;
    node.slot(config.min_context_slot).await?;
    let signature = transaction.signatures.first().copied().unwrap_or_default();
    if !config.skip_preflight {
        let trial = match is_signed(&transaction) {
            true => node.try_out(&transaction).await,
            false => Trial::refused(TransactionError::SignatureFailure),
        };
        if let Some(error) = &trial.error {
            let message = format!("Transaction simulation failed: {error}");
            let result = told(trial);
            return Err(RpcCustomError::SendTransactionPreflightFailure { message, result }.into());
        }
    }
    // Without preflight the answer comes before anybody has looked at the transaction; one
    // that is refused later is never heard of again.
    if is_signed(&transaction) {
        let _ = node.execute(transaction).await;
    }
    value(signature.to_string())
}

pub(super) async fn airdrop(node: &mut Node<'_>, arguments: &Arguments) -> Outcome {
    let to: Pubkey = arguments.parsed(0)?;
    let lamports: u64 = arguments.need(1)?;
    let payer = node.bank.payer();
    let transfer = solana_system_interface::instruction::transfer(&payer.pubkey(), &to, lamports);
    // The same gift twice is two transactions.
    node.skip(1).await;
    let hash = node.bank.client().get_latest_blockhash().await;
    let hash = hash.map_err(|_| Error::internal_error())?;
    let transaction =
        Transaction::new_signed_with_payer(&[transfer], Some(&payer.pubkey()), &[&payer], hash);
    let signature = transaction.signatures.first().copied().unwrap_or_default();
    match node.execute(transaction.into()).await {
        Ok(()) => value(signature.to_string()),
        Err(_) => Err(Error::internal_error()),
    }
}
