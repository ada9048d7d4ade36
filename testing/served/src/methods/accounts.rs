//! Accounts and scans.

use jsonrpc_core::{Error, ErrorCode};
use solana_account::{AccountSharedData, ReadableAccount};
use solana_account_decoder::{
    encode_ui_account, parse_account_data::AccountAdditionalDataV3, UiAccount, UiAccountEncoding,
    UiDataSliceConfig, MAX_BASE58_BYTES,
};
use solana_program::pubkey::Pubkey;
use solana_rpc_client_api::{
    config::{RpcAccountInfoConfig, RpcContextConfig, RpcProgramAccountsConfig},
    filter::RpcFilterType,
    response::{OptionalContext, Response, RpcKeyedAccount, RpcResponseContext},
};

use super::{tokens, Node};
use crate::rpc::{invalid, parse, value, Arguments, Outcome};

/// Accounts that `getMultipleAccounts` takes.
const MOST_ACCOUNTS: usize = 100;
/// Filters that `getProgramAccounts` takes.
const MOST_FILTERS: usize = 4;

/// An account as it is sent.
pub(super) async fn encode(
    node: &mut Node<'_>,
    address: &Pubkey,
    account: &AccountSharedData,
    encoding: UiAccountEncoding,
    slice: Option<UiDataSliceConfig>,
) -> Result<UiAccount, Error> {
    let in_base58 = matches!(
        encoding,
        UiAccountEncoding::Binary | UiAccountEncoding::Base58
    );
    let length = slice.map_or(account.data().len(), |slice| {
        let rest = account.data().len().saturating_sub(slice.offset);
        slice.length.min(rest)
    });
    if in_base58 && length > MAX_BASE58_BYTES {
        return Err(Error {
            code: ErrorCode::InvalidRequest,
            message: format!(
                "Encoded binary (base 58) data should be less than {MAX_BASE58_BYTES} bytes, \
                 please use Base64 encoding."
            ),
            data: None,
        });
    }
    Ok(encode_any(node, address, account, encoding, slice).await)
}

/// An account as a notification has it: where base58 has no room for its data, words say so.
pub(crate) async fn encode_any(
    node: &mut Node<'_>,
    address: &Pubkey,
    account: &AccountSharedData,
    encoding: UiAccountEncoding,
    slice: Option<UiDataSliceConfig>,
) -> UiAccount {
    let additional = match encoding {
        UiAccountEncoding::JsonParsed => tokens::decimals_of(node, account).await,
        _ => None,
    };
    let additional = additional.map(|data| AccountAdditionalDataV3 {
        spl_token_additional_data: Some(data),
    });
    encode_ui_account(address, account, encoding, additional, slice)
}

pub(super) async fn one(node: &mut Node<'_>, arguments: &Arguments) -> Outcome {
    let address: Pubkey = arguments.parsed(0)?;
    let config: RpcAccountInfoConfig = arguments.maybe(1)?.unwrap_or_default();
    let found = found(node, &address, &config, UiAccountEncoding::Binary).await?;
    node.in_context(config.min_context_slot, found).await
}

pub(super) async fn several(node: &mut Node<'_>, arguments: &Arguments) -> Outcome {
    let addresses: Vec<String> = arguments.need(0)?;
    if addresses.len() > MOST_ACCOUNTS {
        return Err(invalid(format!(
            "Too many inputs provided; max {MOST_ACCOUNTS}"
        )));
    }
    let config: RpcAccountInfoConfig = arguments.maybe(1)?.unwrap_or_default();
    let mut all = Vec::with_capacity(addresses.len());
    for address in &addresses {
        let address = parse(address)?;
        all.push(found(node, &address, &config, UiAccountEncoding::Base64).await?);
    }
    node.in_context(config.min_context_slot, all).await
}

async fn found(
    node: &mut Node<'_>,
    address: &Pubkey,
    config: &RpcAccountInfoConfig,
    default: UiAccountEncoding,
) -> Result<Option<UiAccount>, Error> {
    let Some(account) = node.account(address).await else {
        return Ok(None);
    };
    let encoding = config.encoding.unwrap_or(default);
    encode(node, address, &account, encoding, config.data_slice)
        .await
        .map(Some)
}

pub(super) async fn balance(node: &mut Node<'_>, arguments: &Arguments) -> Outcome {
    let address: Pubkey = arguments.parsed(0)?;
    let config: RpcContextConfig = arguments.maybe(1)?.unwrap_or_default();
    let lamports = node.bank.lamports(&address).await;
    node.in_context(config.min_context_slot, lamports).await
}

pub(super) async fn of_program(node: &mut Node<'_>, arguments: &Arguments) -> Outcome {
    let program: Pubkey = arguments.parsed(0)?;
    let config: RpcProgramAccountsConfig = arguments.maybe(1)?.unwrap_or_default();
    let filters = config.filters.unwrap_or_default();
    check_filters(&filters)?;
    let slot = node.slot(config.account_config.min_context_slot).await?;
    let encoding = config
        .account_config
        .encoding
        .unwrap_or(UiAccountEncoding::Binary);
    let mut accounts = Vec::new();
    for (address, account) in scan(node, &program, &filters).await {
        let slice = config.account_config.data_slice;
        accounts.push(RpcKeyedAccount {
            pubkey: address.to_string(),
            account: encode(node, &address, &account, encoding, slice).await?,
        });
    }
    value(match config.with_context {
        Some(true) => OptionalContext::Context(Response {
            context: RpcResponseContext::new(slot),
            value: accounts,
        }),
        _ => OptionalContext::NoContext(accounts),
    })
}

/// Refuses filters that no scan takes.
pub(crate) fn check_filters(filters: &[RpcFilterType]) -> Result<(), Error> {
    if filters.len() > MOST_FILTERS {
        return Err(invalid(format!(
            "Too many filters provided; max {MOST_FILTERS}"
        )));
    }
    for filter in filters {
        filter
            .verify()
            .map_err(|why| invalid(format!("Invalid param: {why:?}")))?;
    }
    Ok(())
}

/// Whether an account passes all filters.
pub(crate) fn passes(account: &AccountSharedData, filters: &[RpcFilterType]) -> bool {
    filters.iter().all(|filter| match filter {
        RpcFilterType::DataSize(size) => account.data().len() as u64 == *size,
        RpcFilterType::Memcmp(compare) => compare.bytes_match(account.data()),
        RpcFilterType::TokenAccountState => tokens::is_token_account(account.data()),
    })
}

/// A program's accounts that pass all filters, in the order of addresses.
pub(super) async fn scan(
    node: &mut Node<'_>,
    program: &Pubkey,
    filters: &[RpcFilterType],
) -> Vec<(Pubkey, AccountSharedData)> {
    let addresses: Vec<Pubkey> = node.bank.touched().copied().collect();
    let mut found = Vec::new();
    for address in addresses {
        let Some(account) = node.account(&address).await else {
            continue;
        };
        if account.owner() == program && passes(&account, filters) {
            found.push((address, account));
        }
    }
    found
}
