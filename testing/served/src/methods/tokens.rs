//! Token accounts and mints.

use anchor_spl::{
    token::spl_token,
    token_2022::spl_token_2022::{
        self,
        extension::StateWithExtensions,
        state::{Account as TokenAccount, Mint},
    },
};
use jsonrpc_core::Error;
use solana_account::{AccountSharedData, ReadableAccount};
use solana_account_decoder::{
    parse_account_data::SplTokenAdditionalDataV2, parse_token::token_amount_to_ui_amount_v3,
    UiAccountEncoding,
};
use solana_program::pubkey::Pubkey;
use solana_rpc_client_api::{
    config::{RpcAccountInfoConfig, RpcTokenAccountsFilter},
    filter::{Memcmp, RpcFilterType},
    response::RpcKeyedAccount,
};
use solana_transaction_status_client_types::TransactionTokenBalance;

use super::{accounts, Node};
use crate::rpc::{invalid, parse, Arguments, Outcome};

/// Where the owner lies in a token account.
const OWNER_AT: usize = 32;

fn is_token_program(program: &Pubkey) -> bool {
    [spl_token::ID, spl_token_2022::ID].contains(program)
}

pub(super) fn is_token_account(data: &[u8]) -> bool {
    StateWithExtensions::<TokenAccount>::unpack(data).is_ok()
}

fn read(account: &AccountSharedData) -> Option<TokenAccount> {
    is_token_program(account.owner())
        .then(|| StateWithExtensions::<TokenAccount>::unpack(account.data()).ok())
        .flatten()
        .map(|account| account.base)
}

/// A mint's decimals, for whoever holds the account; `None` when it is no token account.
pub(super) async fn decimals_of(
    node: &mut Node<'_>,
    account: &AccountSharedData,
) -> Option<SplTokenAdditionalDataV2> {
    let tokens = read(account)?;
    let mint = mint(node, &tokens.mint).await?;
    Some(SplTokenAdditionalDataV2::with_decimals(mint.decimals))
}

async fn mint(node: &mut Node<'_>, address: &Pubkey) -> Option<Mint> {
    let account = node.account(address).await?;
    is_token_program(account.owner())
        .then(|| StateWithExtensions::<Mint>::unpack(account.data()).ok())
        .flatten()
        .map(|mint| mint.base)
}

pub(super) async fn balance(node: &mut Node<'_>, arguments: &Arguments) -> Outcome {
    let address: Pubkey = arguments.parsed(0)?;
    let account = node
        .account(&address)
        .await
        .ok_or_else(|| invalid("Invalid param: could not find account"))?;
    let tokens = read(&account).ok_or_else(|| invalid("Invalid param: not a Token account"))?;
    let decimals = decimals_of(node, &account)
        .await
        .ok_or_else(|| invalid("Invalid param: could not find mint"))?;
    let amount = token_amount_to_ui_amount_v3(tokens.amount, &decimals);
    node.in_context(None, amount).await
}

pub(super) async fn supply(node: &mut Node<'_>, arguments: &Arguments) -> Outcome {
    let address: Pubkey = arguments.parsed(0)?;
    let mint = mint(node, &address)
        .await
        .ok_or_else(|| invalid("Invalid param: not a Token mint"))?;
    let decimals = SplTokenAdditionalDataV2::with_decimals(mint.decimals);
    let amount = token_amount_to_ui_amount_v3(mint.supply, &decimals);
    node.in_context(None, amount).await
}

pub(super) async fn by_owner(node: &mut Node<'_>, arguments: &Arguments) -> Outcome {
    let owner: Pubkey = arguments.parsed(0)?;
    let filter: RpcTokenAccountsFilter = arguments.need(1)?;
    let config: RpcAccountInfoConfig = arguments.maybe(2)?.unwrap_or_default();
    let encoding = config.encoding.unwrap_or(UiAccountEncoding::Binary);
    let mut filters = vec![
        RpcFilterType::TokenAccountState,
        RpcFilterType::Memcmp(Memcmp::new_raw_bytes(OWNER_AT, owner.to_bytes().into())),
    ];
    let program = match filter {
        RpcTokenAccountsFilter::ProgramId(program) => {
            let program: Pubkey = parse(&program)?;
            if !is_token_program(&program) {
                return Err(invalid("Invalid param: unrecognized Token program id"));
            }
            program
        }
        RpcTokenAccountsFilter::Mint(mint) => {
            let mint: Pubkey = parse(&mint)?;
            filters.push(RpcFilterType::Memcmp(Memcmp::new_raw_bytes(
                0,
                mint.to_bytes().into(),
            )));
            program_of(node, &mint).await?
        }
    };
    let mut all = Vec::new();
    for (address, account) in accounts::scan(node, &program, &filters).await {
        all.push(RpcKeyedAccount {
            pubkey: address.to_string(),
            account: accounts::encode(node, &address, &account, encoding, config.data_slice)
                .await?,
        });
    }
    node.in_context(config.min_context_slot, all).await
}

async fn program_of(node: &mut Node<'_>, mint: &Pubkey) -> Result<Pubkey, Error> {
    let account = node
        .account(mint)
        .await
        .ok_or_else(|| invalid("Invalid param: could not find mint"))?;
    match is_token_program(account.owner()) {
        true => Ok(*account.owner()),
        false => Err(invalid("Invalid param: not a Token mint")),
    }
}

/// What the token accounts among `keys` hold.
pub(super) async fn balances(node: &mut Node<'_>, keys: &[Pubkey]) -> Vec<TransactionTokenBalance> {
    let mut all = Vec::new();
    for (index, key) in (0..=u8::MAX).zip(keys) {
        let Some(account) = node.account(key).await else {
            continue;
        };
        let (Some(tokens), Some(decimals)) = (read(&account), decimals_of(node, &account).await)
        else {
            continue;
        };
        all.push(TransactionTokenBalance {
            account_index: index,
            mint: tokens.mint.to_string(),
            ui_token_amount: token_amount_to_ui_amount_v3(tokens.amount, &decimals),
            owner: tokens.owner.to_string(),
            program_id: account.owner().to_string(),
        });
    }
    all
}
