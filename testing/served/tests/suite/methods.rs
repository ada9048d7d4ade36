//! Every method through `RpcClient`, as a command line uses it.

use homeostat_client::{decode::Decode, event, Economy, PROGRAM_ID};
use homeostat_sandbox::{Bank, World};
use homeostat_served::{Fixture, Served};
use serde_json::{json, Value};
use solana_account_decoder::{UiAccountEncoding, UiDataSliceConfig};
use solana_commitment_config::CommitmentConfig;
use solana_hash::Hash;
use solana_keypair::{read_keypair_file, Keypair};
use solana_program::pubkey::Pubkey;
use solana_rpc_client::rpc_client::RpcClient;
use solana_rpc_client_api::{
    config::{
        RpcAccountInfoConfig, RpcProgramAccountsConfig, RpcSendTransactionConfig,
        RpcSimulateTransactionAccountsConfig, RpcSimulateTransactionConfig, RpcTransactionConfig,
    },
    filter::{Memcmp, RpcFilterType},
    request::{RpcRequest, TokenAccountsFilter},
};
use solana_signature::Signature;
use solana_signer::Signer;
use solana_system_interface::instruction::transfer;
use solana_transaction::Transaction;
use solana_transaction_error::TransactionError;
use solana_transaction_status_client_types::{
    option_serializer::OptionSerializer, UiInstruction, UiTransactionEncoding,
};

const SOL: u64 = 1_000_000_000;

fn client(served: &Served<impl homeostat_served::Stage>) -> RpcClient {
    RpcClient::new_with_commitment(served.url().to_string(), CommitmentConfig::confirmed())
}

fn bare() -> (Served<Bank>, RpcClient, Keypair) {
    let served = Served::start(async || Bank::start().await);
    let rpc = client(&served);
    let payer = served.with(async |bank: &mut Bank| bank.payer());
    (served, rpc, payer)
}

fn gift(payer: &Keypair, to: &Pubkey, lamports: u64, hash: Hash) -> Transaction {
    let give = transfer(&payer.pubkey(), to, lamports);
    Transaction::new_signed_with_payer(&[give], Some(&payer.pubkey()), &[payer], hash)
}

#[test]
fn success_the_cluster_tells_who_and_where_it_is() {
    let (served, rpc, _) = bare();
    assert_eq!(rpc.get_version().unwrap().solana_core, "4.0.0");
    rpc.get_health().unwrap();
    let genesis = served.with(async |bank: &mut Bank| bank.genesis_hash());
    assert_eq!(rpc.get_genesis_hash().unwrap(), genesis);
    let slot = rpc.get_slot().unwrap();
    let height = rpc.get_block_height().unwrap();
    assert_eq!(rpc.get_block_time(slot).unwrap(), Bank::GENESIS);
    served.advance(3_600);
    assert_eq!(rpc.get_block_time(slot).unwrap(), Bank::GENESIS + 3_600);
    assert_eq!(served.now(), Bank::GENESIS + 3_600);
    assert_eq!(rpc.get_first_available_block().unwrap(), slot);
    served.skip_blocks(10);
    assert_eq!(rpc.get_first_available_block().unwrap(), slot);
    assert_eq!(rpc.get_slot().unwrap(), slot + 10);
    assert_eq!(rpc.get_block_height().unwrap(), height + 10);
    assert_eq!(
        served.now(),
        Bank::GENESIS + 3_600,
        "skipping takes no time"
    );
    let epoch = rpc.get_epoch_info().unwrap();
    assert_eq!(epoch.absolute_slot, slot + 10);
    assert_eq!(epoch.block_height, height + 10);
    rpc.get_block_time(slot + 11).unwrap_err();
    let fees = rpc.get_recent_prioritization_fees(&[]).unwrap();
    assert_eq!((fees[0].slot, fees[0].prioritization_fee), (slot + 10, 0));
    let rent = rpc.get_minimum_balance_for_rent_exemption(165).unwrap();
    assert_eq!(rent, 2_039_280);
}

#[test]
fn success_a_blockhash_lives_150_blocks() {
    let (served, rpc, payer) = bare();
    let commitment = CommitmentConfig::confirmed();
    let (hash, last) = rpc
        .get_latest_blockhash_with_commitment(commitment)
        .unwrap();
    assert_eq!(last, rpc.get_block_height().unwrap() + 150);
    let old = gift(&payer, &Pubkey::new_unique(), SOL, hash);
    served.skip_blocks(150);
    assert!(rpc.is_blockhash_valid(&hash, commitment).unwrap());
    served.skip_blocks(1);
    assert!(!rpc.is_blockhash_valid(&hash, commitment).unwrap());
    let error = rpc.send_transaction(&old).unwrap_err();
    assert_eq!(
        error.get_transaction_error(),
        Some(TransactionError::BlockhashNotFound)
    );
    assert_eq!(rpc.get_fee_for_message(&old.message).ok(), None);
}

#[test]
fn success_transactions_are_sent_found_and_refused_when_repeated() {
    let (_served, rpc, payer) = bare();
    let to = Pubkey::new_unique();
    let first = gift(&payer, &to, SOL, rpc.get_latest_blockhash().unwrap());
    assert_eq!(rpc.get_fee_for_message(&first.message).unwrap(), 5_000);
    let before = rpc.get_slot().unwrap();
    let signature = rpc.send_and_confirm_transaction(&first).unwrap();
    assert_eq!(rpc.get_balance(&to).unwrap(), SOL);
    assert_eq!(rpc.get_slot().unwrap(), before + 1);

    let repeated = rpc.send_transaction(&first).unwrap_err();
    assert_eq!(
        repeated.get_transaction_error(),
        Some(TransactionError::AlreadyProcessed)
    );
    let again = gift(&payer, &to, SOL, rpc.get_latest_blockhash().unwrap());
    let again = rpc.send_and_confirm_transaction(&again).unwrap();
    assert_ne!(signature, again);
    assert_eq!(rpc.get_balance(&to).unwrap(), 2 * SOL);

    let unknown = Signature::from([7; 64]);
    let statuses = rpc.get_signature_statuses(&[signature, unknown]).unwrap();
    let status = statuses.value[0].as_ref().unwrap();
    assert!(status.satisfies_commitment(CommitmentConfig::finalized()));
    assert_eq!((status.slot, &status.err), (before, &None));
    assert!(statuses.value[1].is_none());

    let listed = rpc.get_signatures_for_address(&to).unwrap();
    let listed: Vec<_> = listed.into_iter().map(|one| one.signature).collect();
    assert_eq!(listed, [again.to_string(), signature.to_string()]);
    assert!(rpc
        .get_transaction(&unknown, UiTransactionEncoding::Json)
        .is_err());
    for encoding in [UiTransactionEncoding::Base64, UiTransactionEncoding::Base58] {
        let found = rpc.get_transaction(&signature, encoding).unwrap();
        assert_eq!(found.block_time, Some(Bank::GENESIS));
        let decoded = found.transaction.transaction.decode().unwrap();
        assert_eq!(decoded.signatures[0], signature);
        let meta = found.transaction.meta.unwrap();
        assert_eq!(meta.fee, 5_000);
        assert_eq!(meta.post_balances[1] - meta.pre_balances[1], SOL);
    }
}

#[test]
fn success_an_airdrop_arrives_each_time() {
    let (_served, rpc, _) = bare();
    let to = Pubkey::new_unique();
    for n in 1..=2 {
        let signature = rpc.request_airdrop(&to, SOL).unwrap();
        assert!(rpc.confirm_transaction(&signature).unwrap());
        assert_eq!(rpc.get_balance(&to).unwrap(), n * SOL);
    }
}

#[test]
fn fail_preflight_tells_and_skipping_it_keeps_the_failure_on_record() {
    let (_served, rpc, _) = bare();
    let poor = Keypair::new_from_array([9; 32]);
    rpc.request_airdrop(&poor.pubkey(), SOL).unwrap();
    let to = Pubkey::new_unique();
    let hash = rpc.get_latest_blockhash().unwrap();
    let too_much = gift(&poor, &to, 2 * SOL, hash);
    let error = rpc.send_transaction(&too_much).unwrap_err();
    let error = error.get_transaction_error().unwrap();
    assert!(matches!(error, TransactionError::InstructionError(0, _)));

    let skip = RpcSendTransactionConfig {
        skip_preflight: true,
        ..RpcSendTransactionConfig::default()
    };
    let signature = rpc.send_transaction_with_config(&too_much, skip).unwrap();
    let status = rpc.get_signature_status(&signature).unwrap().unwrap();
    assert_eq!(status.unwrap_err(), error);
    assert_eq!(rpc.get_balance(&poor.pubkey()).unwrap(), SOL - 5_000);

    // One with a wrong signature is refused, or lost without a trace.
    let mut forged = gift(&poor, &to, 1, hash);
    forged.signatures[0] = Signature::from([1; 64]);
    let error = rpc.send_transaction(&forged).unwrap_err();
    assert_eq!(
        error.get_transaction_error(),
        Some(TransactionError::SignatureFailure)
    );
    let lost = rpc.send_transaction_with_config(&forged, skip).unwrap();
    assert!(rpc.get_signature_status(&lost).unwrap().is_none());
}

#[test]
fn success_accounts_scans_and_tokens() {
    let fixture = Fixture::live();
    let rpc = client(&fixture.served);
    let economy = fixture.at.economy;
    let account = rpc.get_account(&economy).unwrap();
    assert_eq!(account.owner, PROGRAM_ID);
    Economy::decode(&account.data).unwrap();

    let sliced = RpcAccountInfoConfig {
        encoding: Some(UiAccountEncoding::Base64),
        data_slice: Some(UiDataSliceConfig {
            offset: 0,
            length: 8,
        }),
        ..RpcAccountInfoConfig::default()
    };
    let missing = Pubkey::new_unique();
    let several = rpc
        .get_multiple_ui_accounts_with_config(&[economy, missing], sliced.clone())
        .unwrap();
    let head = several.value[0].as_ref().unwrap().data.decode().unwrap();
    assert_eq!(head, account.data[..8]);
    assert!(several.value[1].is_none());
    assert_eq!(several.context.slot, rpc.get_slot().unwrap());

    let filters = vec![
        RpcFilterType::DataSize(account.data.len() as u64),
        RpcFilterType::Memcmp(Memcmp::new_base58_encoded(0, &account.data[..8])),
    ];
    let config = RpcProgramAccountsConfig {
        filters: Some(filters),
        account_config: sliced,
        ..RpcProgramAccountsConfig::default()
    };
    let found = rpc
        .get_program_ui_accounts_with_config(&PROGRAM_ID, config)
        .unwrap();
    let found: Vec<_> = found.into_iter().map(|(address, _)| address).collect();
    assert_eq!(found, [economy]);

    let (wallet, tokens) = (&fixture.wallets[0], fixture.tokens[0]);
    let balance = rpc.get_token_account_balance(&tokens).unwrap();
    assert_eq!(balance.ui_amount_string, "1000000");
    let filter = TokenAccountsFilter::Mint(fixture.at.mint);
    let owned = rpc
        .get_token_accounts_by_owner(&wallet.pubkey(), filter)
        .unwrap();
    assert_eq!(owned.len(), 1);
    assert_eq!(owned[0].pubkey, tokens.to_string());
    rpc.get_token_supply(&fixture.at.mint).unwrap();
}

#[test]
fn success_simulation_changes_nothing_and_sending_leaves_events() {
    let fixture = Fixture::live();
    let rpc = client(&fixture.served);
    let wallet = &fixture.wallets[0];
    let (owner, tokens) = (wallet.key.insecure_clone(), fixture.tokens[0]);
    let position =
        homeostat_client::address::position(&fixture.at.pool(&fixture.at.mint), &owner.pubkey());
    let instructions = fixture.served.with(async move |world: &mut World| {
        let wallet = homeostat_sandbox::Wallet { key: owner, tokens };
        let pool = world.native_pool();
        let key = wallet.pubkey();
        let open =
            homeostat_client::instruction::open_position(&world.at.economy, &pool, &key, &key);
        [open, world.stake_ix(&wallet, 1_000)]
    });
    let hash = rpc.get_latest_blockhash().unwrap();
    let key = &wallet.key;
    let stake =
        Transaction::new_signed_with_payer(&instructions, Some(&key.pubkey()), &[key], hash);
    let lamports = rpc.get_balance(&key.pubkey()).unwrap();
    let config = RpcSimulateTransactionConfig {
        sig_verify: true,
        inner_instructions: true,
        accounts: Some(RpcSimulateTransactionAccountsConfig {
            encoding: Some(UiAccountEncoding::Base64),
            addresses: vec![position.to_string(), fixture.at.economy.to_string()],
        }),
        ..RpcSimulateTransactionConfig::default()
    };
    let simulated = rpc
        .simulate_transaction_with_config(&stake, config)
        .unwrap()
        .value;
    assert_eq!(simulated.err, None);
    assert!(simulated.units_consumed.unwrap() > 0);
    let accounts = simulated.accounts.unwrap();
    assert!(accounts[0].is_some(), "the position would be there");
    assert!(rpc.get_account(&position).is_err(), "but is not");
    assert_eq!(rpc.get_balance(&key.pubkey()).unwrap(), lamports);
    assert!(!simulated.inner_instructions.unwrap().is_empty());

    // What was tried out can still be sent.
    let signature = rpc.send_and_confirm_transaction(&stake).unwrap();
    let config = RpcTransactionConfig {
        encoding: Some(UiTransactionEncoding::Json),
        max_supported_transaction_version: Some(0),
        ..RpcTransactionConfig::default()
    };
    let found = rpc.get_transaction_with_config(&signature, config).unwrap();
    let meta = found.transaction.meta.unwrap();
    let OptionSerializer::Some(inner) = meta.inner_instructions else {
        panic!("no inner instructions");
    };
    let keys = &stake.message.account_keys;
    let mut events = 0;
    for call in inner.iter().flat_map(|inner| &inner.instructions) {
        let UiInstruction::Compiled(call) = call else {
            panic!("not compiled");
        };
        let accounts: Vec<_> = call
            .accounts
            .iter()
            .map(|n| keys[usize::from(*n)])
            .collect();
        let data = bs58::decode(&call.data).into_vec().unwrap();
        let program = keys[usize::from(call.program_id_index)];
        events += usize::from(event::parse(&program, &accounts, &data).is_some());
    }
    assert_eq!(events, 2, "opened and staked");
}

#[test]
fn success_the_fixture_writes_what_a_command_line_reads() {
    let fixture = Fixture::live();
    let people = fixture.wallets.iter().chain(&fixture.members);
    for person in people.chain([&fixture.creator, &fixture.guardian]) {
        let key = read_keypair_file(&person.file).unwrap();
        assert_eq!(key.pubkey(), person.pubkey());
    }
    let config = std::fs::read_to_string(fixture.config()).unwrap();
    assert!(config.contains(fixture.served.url()));
    let folder = fixture.folder().to_path_buf();
    drop(fixture);
    assert!(!folder.exists());
}

#[test]
fn fail_unknown_methods_and_malformed_requests_are_answered_in_json_rpc() {
    let (served, rpc, _) = bare();
    let unknown = RpcRequest::Custom {
        method: "getWeather",
    };
    let error = rpc.send::<Value>(unknown, json!([])).unwrap_err();
    assert!(error.to_string().contains("-32601"), "{error}");
    let error = rpc
        .send::<Value>(RpcRequest::GetBalance, json!(["no address"]))
        .unwrap_err();
    assert!(error.to_string().contains("-32602"), "{error}");
    let error = rpc
        .send::<Value>(RpcRequest::GetBalance, json!([]))
        .unwrap_err();
    assert!(error.to_string().contains("-32602"), "{error}");
    for (body, code) in [("{", -32700), ("{\"id\":1}", -32600), ("[1]", -32700)] {
        let answer = post(served.url(), body);
        assert_eq!(answer.pointer("/error/code"), Some(&json!(code)), "{body}");
    }
    let both = r#"[{"jsonrpc":"2.0","id":1,"method":"getHealth"},{"jsonrpc":"2.0","id":2,"method":"getSlot"}]"#;
    assert_eq!(post(served.url(), both).as_array().map(Vec::len), Some(2));
}

#[test]
fn success_dropping_it_ends_the_port() {
    let (served, rpc, _) = bare();
    rpc.get_health().unwrap();
    let url = served.url().to_string();
    drop(served);
    std::net::TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap_err();
}

/// Sends a body as it is, and reads the answer.
fn post(url: &str, body: &str) -> Value {
    use std::io::{Read, Write};
    let host = url.strip_prefix("http://").unwrap();
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    let length = body.len();
    write!(
        stream,
        "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap()
}
