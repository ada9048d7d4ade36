//! What became of transactions.

use base64::{prelude::BASE64_STANDARD, Engine};
use jsonrpc_core::Error;
use solana_message::VersionedMessage;
use solana_program::pubkey::Pubkey;
use solana_rpc_client_api::{
    config::{RpcEncodingConfigWrapper, RpcSignaturesForAddressConfig, RpcTransactionConfig},
    custom_error::RpcCustomError,
    response::RpcConfirmedTransactionStatusWithSignature,
};
use solana_signature::Signature;
use solana_transaction::versioned::{TransactionVersion, VersionedTransaction};
use solana_transaction_status_client_types::{
    EncodedConfirmedTransactionWithStatusMeta, EncodedTransaction,
    EncodedTransactionWithStatusMeta, TransactionBinaryEncoding, TransactionConfirmationStatus,
    TransactionStatus, UiAddressTableLookup, UiCompiledInstruction, UiMessage, UiRawMessage,
    UiTransaction, UiTransactionEncoding, UiTransactionStatusMeta,
};

use super::Node;
use crate::rpc::{invalid, parse, value, Arguments, Outcome};

/// Signatures that `getSignatureStatuses` takes.
const MOST_SIGNATURES: usize = 256;
/// Transactions that `getSignaturesForAddress` lists.
const MOST_LISTED: usize = 1_000;

pub(super) async fn statuses(node: &mut Node<'_>, arguments: &Arguments) -> Outcome {
    let signatures: Vec<String> = arguments.need(0)?;
    if signatures.len() > MOST_SIGNATURES {
        return Err(invalid(format!(
            "Too many inputs provided; max {MOST_SIGNATURES}"
        )));
    }
    let mut all = Vec::with_capacity(signatures.len());
    for signature in &signatures {
        let signature: Signature = parse(signature)?;
        let executed = node.ledger.find(&signature);
        all.push(executed.map(|executed| TransactionStatus {
            slot: executed.slot,
            confirmations: None,
            status: executed.meta.status.clone(),
            err: executed.error(),
            confirmation_status: Some(TransactionConfirmationStatus::Finalized),
        }));
    }
    node.in_context(None, all).await
}

pub(super) async fn of_address(node: &mut Node<'_>, arguments: &Arguments) -> Outcome {
    let address: Pubkey = arguments.parsed(0)?;
    let config: RpcSignaturesForAddressConfig = arguments.maybe(1)?.unwrap_or_default();
    let bound = |text: &Option<String>| text.as_deref().map(parse::<Signature>).transpose();
    let (before, until) = (bound(&config.before)?, bound(&config.until)?);
    let limit = config.limit.unwrap_or(MOST_LISTED);
    if limit == 0 || limit > MOST_LISTED {
        return Err(invalid(format!("Invalid limit; max {MOST_LISTED}")));
    }
    node.slot(config.min_context_slot).await?;
    let later = |signature: &Signature| before.is_some_and(|before| before != *signature);
    // A bound that nobody knows bounds nothing.
    let known = before.is_some_and(|before| node.ledger.find(&before).is_some());
    let skipped = usize::from(known);
    let newest = node
        .ledger
        .newest()
        .skip_while(|(signature, _)| known && later(signature))
        .skip(skipped)
        .take_while(|(signature, _)| until.is_none_or(|until| until != **signature))
        .filter(|(_, executed)| executed.keys.contains(&address))
        .take(limit);
    let all: Vec<_> = newest
        .map(
            |(signature, executed)| RpcConfirmedTransactionStatusWithSignature {
                signature: signature.to_string(),
                slot: executed.slot,
                err: executed.error().map(Into::into),
                memo: None,
                block_time: Some(executed.time),
                confirmation_status: Some(TransactionConfirmationStatus::Finalized),
                transaction_index: None,
            },
        )
        .collect();
    value(all)
}

pub(super) fn transaction(node: &mut Node<'_>, arguments: &Arguments) -> Outcome {
    let signature: Signature = arguments.parsed(0)?;
    let config: Option<RpcEncodingConfigWrapper<RpcTransactionConfig>> = arguments.maybe(1)?;
    let config = config.map_or_else(Default::default, |config| config.convert_to_current());
    let Some(executed) = node.ledger.find(&signature) else {
        return value(());
    };
    let version = executed.transaction.version();
    let version = match (config.max_supported_transaction_version, version) {
        (Some(most), TransactionVersion::Number(version)) if version > most => {
            return Err(RpcCustomError::UnsupportedTransactionVersion(version).into())
        }
        (None, TransactionVersion::Number(version)) => {
            return Err(RpcCustomError::UnsupportedTransactionVersion(version).into())
        }
        (Some(_), version) => Some(version),
        (None, _) => None,
    };
    let encoding = config.encoding.unwrap_or(UiTransactionEncoding::Json);
    value(EncodedConfirmedTransactionWithStatusMeta {
        slot: executed.slot,
        transaction: EncodedTransactionWithStatusMeta {
            transaction: encode(&executed.transaction, encoding)?,
            meta: Some(UiTransactionStatusMeta::from(executed.meta.clone())),
            version,
        },
        block_time: Some(executed.time),
        transaction_index: None,
    })
}

fn encode(
    transaction: &VersionedTransaction,
    encoding: UiTransactionEncoding,
) -> Result<EncodedTransaction, Error> {
    let bytes = || bincode::serialize(transaction).map_err(|_| Error::internal_error());
    Ok(match encoding {
        UiTransactionEncoding::Binary => {
            EncodedTransaction::LegacyBinary(bs58::encode(bytes()?).into_string())
        }
        UiTransactionEncoding::Base58 => EncodedTransaction::Binary(
            bs58::encode(bytes()?).into_string(),
            TransactionBinaryEncoding::Base58,
        ),
        UiTransactionEncoding::Base64 => EncodedTransaction::Binary(
            BASE64_STANDARD.encode(bytes()?),
            TransactionBinaryEncoding::Base64,
        ),
        UiTransactionEncoding::Json => EncodedTransaction::Json(UiTransaction {
            signatures: transaction
                .signatures
                .iter()
                .map(ToString::to_string)
                .collect(),
            message: UiMessage::Raw(raw(&transaction.message)),
        }),
        UiTransactionEncoding::JsonParsed => {
            return Err(invalid(
                "jsonParsed transactions are not served here: take json, base64 or base58",
            ))
        }
    })
}

fn raw(message: &VersionedMessage) -> UiRawMessage {
    let keys = message.static_account_keys().iter();
    let lookups = message.address_table_lookups();
    UiRawMessage {
        header: *message.header(),
        account_keys: keys.map(ToString::to_string).collect(),
        recent_blockhash: message.recent_blockhash().to_string(),
        instructions: message
            .instructions()
            .iter()
            .map(|instruction| UiCompiledInstruction::from(instruction, Some(1)))
            .collect(),
        address_table_lookups: lookups
            .map(|lookups| lookups.iter().map(UiAddressTableLookup::from).collect()),
    }
}
