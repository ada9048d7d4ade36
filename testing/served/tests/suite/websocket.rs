//! Subscriptions through `PubsubClient`, as wallets use it, and their bounds.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::mpsc::Receiver,
    time::Duration,
};

use homeostat_client::PROGRAM_ID;
use homeostat_sandbox::{Bank, World};
use homeostat_served::{Fixture, Options, Pace, Served};
use solana_commitment_config::CommitmentConfig;
use solana_keypair::Keypair;
use solana_program::{pubkey::Pubkey, sysvar};
use solana_pubsub_client::pubsub_client::PubsubClient;
use solana_rpc_client::rpc_client::RpcClient;
use solana_rpc_client_api::{
    config::{
        RpcAccountInfoConfig, RpcProgramAccountsConfig, RpcSignatureSubscribeConfig,
        RpcTransactionLogsConfig, RpcTransactionLogsFilter,
    },
    response::{ProcessedSignatureResult, ReceivedSignatureResult, RpcSignatureResult},
};
use solana_signer::Signer;
use solana_system_interface::instruction::transfer;
use solana_transaction::Transaction;

/// How long a notification may take before a test fails.
const PATIENCE: Duration = Duration::from_secs(30);
const SOL: u64 = 1_000_000_000;

/// What a subscription tells. The client's end of it waits for a message, for ever if need be,
/// before it unsubscribes: the connection goes with the server instead.
fn told<S, R>((subscription, told): (S, R)) -> R {
    std::mem::forget(subscription);
    told
}

/// The next notification.
fn next<T>(receiver: &impl Next<T>) -> T {
    receiver.wait()
}

/// Receivers of the client's channel and of ours.
trait Next<T> {
    fn wait(&self) -> T;
}

impl<T> Next<T> for Receiver<T> {
    fn wait(&self) -> T {
        self.recv_timeout(PATIENCE).expect("a notification")
    }
}

impl<T> Next<T> for crossbeam_channel::Receiver<T> {
    fn wait(&self) -> T {
        self.recv_timeout(PATIENCE).expect("a notification")
    }
}

fn bare() -> (Served<Bank>, RpcClient, Keypair) {
    let served = Served::start(async || Bank::start().await);
    let rpc =
        RpcClient::new_with_commitment(served.url().to_string(), CommitmentConfig::confirmed());
    let payer = served.with(async |bank: &mut Bank| bank.payer());
    (served, rpc, payer)
}

fn gift(rpc: &RpcClient, payer: &Keypair, to: &Pubkey, lamports: u64) -> Transaction {
    let give = transfer(&payer.pubkey(), to, lamports);
    let hash = rpc.get_latest_blockhash().unwrap();
    Transaction::new_signed_with_payer(&[give], Some(&payer.pubkey()), &[payer], hash)
}

#[test]
fn success_an_account_is_told_when_it_changes_and_not_otherwise() {
    let (served, rpc, payer) = bare();
    let (mine, other) = (Pubkey::new_unique(), Pubkey::new_unique());
    let notes = told(
        PubsubClient::account_subscribe(served.ws_url(), &mine, None::<RpcAccountInfoConfig>)
            .unwrap(),
    );

    // when somebody else gets something, then nothing is said; when I do, then it is
    rpc.send_transaction(&gift(&rpc, &payer, &other, SOL))
        .unwrap();
    rpc.send_transaction(&gift(&rpc, &payer, &mine, 2 * SOL))
        .unwrap();
    let first = next(&notes);
    assert_eq!(first.value.lamports, 2 * SOL);
    assert_eq!(first.context.slot, rpc.get_slot().unwrap());

    // and a change without a transaction is told as well
    served.with(async move |bank: &mut Bank| bank.airdrop(&mine, SOL).await);
    assert_eq!(next(&notes).value.lamports, 3 * SOL);
}

#[test]
fn success_a_signature_is_told_once_with_its_arrival_even_to_who_asks_late() {
    let (served, rpc, payer) = bare();
    let transaction = gift(&rpc, &payer, &Pubkey::new_unique(), SOL);
    let signature = transaction.signatures[0];
    let config = RpcSignatureSubscribeConfig {
        commitment: Some(CommitmentConfig::confirmed()),
        enable_received_notification: Some(true),
    };
    let subscribe =
        || PubsubClient::signature_subscribe(served.ws_url(), &signature, Some(config.clone()));
    let expect = |told: &dyn Next<_>| {
        let arrived: solana_rpc_client_api::response::Response<RpcSignatureResult> = told.wait();
        assert_eq!(
            arrived.value,
            RpcSignatureResult::ReceivedSignature(ReceivedSignatureResult::ReceivedSignature)
        );
        let done = told.wait().value;
        let fine = ProcessedSignatureResult { err: None };
        assert_eq!(done, RpcSignatureResult::ProcessedSignature(fine));
    };
    let notes = told(subscribe().unwrap());
    rpc.send_transaction(&transaction).unwrap();
    expect(&notes);
    let notes = told(subscribe().unwrap());
    expect(&notes);
}

#[test]
fn success_slots_logs_and_a_programs_accounts_are_told() {
    let fixture = Fixture::live();
    let url = fixture.served.ws_url();
    let rpc = RpcClient::new_with_commitment(
        fixture.served.url().to_string(),
        CommitmentConfig::confirmed(),
    );
    let slots = told(PubsubClient::slot_subscribe(url).unwrap());
    let all = RpcTransactionLogsConfig { commitment: None };
    let mentions = |address: &Pubkey| RpcTransactionLogsFilter::Mentions(vec![address.to_string()]);
    let logs = told(PubsubClient::logs_subscribe(url, mentions(&PROGRAM_ID), all.clone()).unwrap());
    let config = RpcProgramAccountsConfig::default();
    let program = told(PubsubClient::program_subscribe(url, &PROGRAM_ID, Some(config)).unwrap());

    // given a transaction that has nothing to do with the program
    let before = rpc.get_slot().unwrap();
    let creator = &fixture.creator.key;
    rpc.send_transaction(&gift(&rpc, creator, &Pubkey::new_unique(), SOL))
        .unwrap();
    assert_eq!(next(&slots).slot, before + 1);

    // when a keeper ends the period, then its logs and the economy are told, and these alone
    fixture.served.advance(30 * 86_400);
    let crank = fixture
        .served
        .with(async |world: &mut World| world.crank_ix().await);
    let hash = rpc.get_latest_blockhash().unwrap();
    let crank =
        Transaction::new_signed_with_payer(&[crank], Some(&creator.pubkey()), &[creator], hash);
    let signature = rpc.send_transaction(&crank).unwrap();
    let logged = next(&logs).value;
    assert_eq!(
        (logged.signature, logged.err),
        (signature.to_string(), None)
    );
    let called = format!("Program {PROGRAM_ID} invoke [1]");
    assert!(logged.logs.contains(&called), "{:?}", logged.logs);
    let economy = fixture.at.economy.to_string();
    while next(&program).value.pubkey != economy {}
}

#[test]
fn success_a_clock_that_runs_is_told_and_so_is_one_that_is_warped() {
    let options = Options {
        pace: Pace::Running { speed: 3_600 },
        ..Options::default()
    };
    let served = Served::start_with(options, async || Bank::start().await).unwrap();
    let clock = sysvar::clock::ID;
    let notes = told(
        PubsubClient::account_subscribe(served.ws_url(), &clock, None::<RpcAccountInfoConfig>)
            .unwrap(),
    );
    next(&notes);
    let first = served.now();
    next(&notes);
    next(&notes);
    assert!(served.now() >= first + 1_440, "an hour a second");
}

/// Opens a websocket by hand.
fn shake_hands(served: &Served<Bank>) -> (TcpStream, String) {
    let authority = served.ws_url().strip_prefix("ws://").unwrap();
    let mut stream = TcpStream::connect(authority).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(
        stream,
        "GET / HTTP/1.1\r\nHost: {authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    .unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte).unwrap() == 0 {
            break;
        }
        answer.extend(byte);
    }
    (stream, String::from_utf8(answer).unwrap())
}

/// A text frame of a client.
fn frame(text: &str) -> Vec<u8> {
    let mut bytes = vec![0x81, 0x80 | 126];
    bytes.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
    // Masked with zeros, which leaves the text as it is.
    bytes.extend([0; 4]);
    bytes.extend(text.as_bytes());
    bytes
}

/// The text of the next frame of the server.
fn text(stream: &mut TcpStream) -> String {
    let mut head = [0; 2];
    stream.read_exact(&mut head).unwrap();
    let length = match head[1] {
        126 => {
            let mut more = [0; 2];
            stream.read_exact(&mut more).unwrap();
            usize::from(u16::from_be_bytes(more))
        }
        short => usize::from(short),
    };
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn l5_more_connections_or_subscriptions_than_there_is_room_for_are_refused() {
    let (served, _, _) = bare();
    // given as many connections as there may be
    let mut all: Vec<TcpStream> = Vec::new();
    for n in 0..32 {
        let (stream, answer) = shake_hands(&served);
        assert!(answer.starts_with("HTTP/1.1 101"), "{n}: {answer}");
        all.push(stream);
    }
    // then one more is refused with a reason, until one of them ends
    let (_, refused) = shake_hands(&served);
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");

    // and a connection has so many subscriptions and no more
    let first = &mut all[0];
    let ask = r#"{"jsonrpc":"2.0","id":1,"method":"slotSubscribe"}"#;
    for _ in 0..64 {
        first.write_all(&frame(ask)).unwrap();
        let answer = text(first);
        assert!(answer.contains("\"result\":"), "{answer}");
    }
    first.write_all(&frame(ask)).unwrap();
    let answer = text(first);
    assert!(answer.contains("at most 64 subscriptions"), "{answer}");

    // but one that ends makes room, and nobody ends what is not his
    let unsubscribe = r#"{"jsonrpc":"2.0","id":2,"method":"slotUnsubscribe","params":[33]}"#;
    all[1].write_all(&frame(unsubscribe)).unwrap();
    let answer = text(&mut all[1]);
    assert!(answer.contains("Invalid subscription id"), "{answer}");
    let first = &mut all[0];
    first.write_all(&frame(unsubscribe)).unwrap();
    let answer = text(first);
    assert!(answer.contains("\"result\":true"), "{answer}");
    first.write_all(&frame(ask)).unwrap();
    let answer = text(first);
    assert!(answer.contains("\"result\":"), "{answer}");
}
