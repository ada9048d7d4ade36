//! Each fault once, and what passes.

use std::time::{Duration, Instant};

use homeostat_sandbox::Bank;
use homeostat_served::{lies, Fault, Proxy, Served};
use solana_commitment_config::CommitmentConfig;
use solana_keypair::Keypair;
use solana_program::pubkey::Pubkey;
use solana_rpc_client::rpc_client::RpcClient;
use solana_signer::Signer;
use solana_system_interface::instruction::transfer;
use solana_transaction::Transaction;

/// As long as a client waits here.
const PATIENCE: Duration = Duration::from_millis(500);

struct Setting {
    proxy: Proxy,
    rpc: RpcClient,
    payer: Keypair,
    served: Served<Bank>,
}

fn setting() -> Setting {
    let served = Served::start(async || Bank::start().await);
    let proxy = Proxy::start(served.url());
    let commitment = CommitmentConfig::confirmed();
    let url = proxy.url().to_string();
    let rpc = RpcClient::new_with_timeout_and_commitment(url, PATIENCE, commitment);
    let payer = served.with(async |bank: &mut Bank| bank.payer());
    Setting {
        proxy,
        rpc,
        payer,
        served,
    }
}

impl Setting {
    fn gift(&self, to: &Pubkey) -> Transaction {
        let give = transfer(&self.payer.pubkey(), to, 1_000_000_000);
        let hash = self.rpc.get_latest_blockhash().unwrap();
        let (payer, key) = (self.payer.pubkey(), &self.payer);
        Transaction::new_signed_with_payer(&[give], Some(&payer), &[key], hash)
    }
}

#[test]
fn success_what_has_no_fault_passes_and_is_counted() {
    let set = setting();
    set.proxy.on("getSlot").once(Fault::Drop);
    set.rpc.get_block_height().unwrap();
    set.rpc.get_block_height().unwrap();
    assert_eq!(set.proxy.seen("getBlockHeight"), 2);
    assert_eq!(set.proxy.forwarded("getBlockHeight"), 2);
    assert_eq!(set.proxy.seen("getSlot"), 0);
}

#[test]
fn fail_nothing_comes_back_from_hang_drop_garbage_and_half_an_answer() {
    let set = setting();
    let faults = [
        (Fault::Hang, 0),
        (Fault::Drop, 0),
        (Fault::Garbage, 0),
        (Fault::Truncated, 1),
        (Fault::DropAnswer, 1),
        (Fault::Status(503), 0),
    ];
    let mut forwarded = 0;
    for (fault, passes) in faults {
        set.proxy.on("getSlot").once(fault);
        set.rpc.get_slot().unwrap_err();
        forwarded += passes;
        assert_eq!(set.proxy.forwarded("getSlot"), forwarded);
        set.rpc.get_slot().unwrap();
        forwarded += 1;
    }
}

#[test]
fn fail_too_many_requests_is_a_status_that_the_client_knows() {
    // Agave's client waits and asks again by itself.
    let set = setting();
    set.proxy.on("getSlot").once(Fault::Status(429));
    set.rpc.get_slot().unwrap();
    assert_eq!(set.proxy.seen("getSlot"), 2);
    assert_eq!(set.proxy.forwarded("getSlot"), 1);
}

#[test]
fn fail_an_error_carries_its_code_and_words() {
    let set = setting();
    let error = Fault::Error {
        code: -32005,
        message: "Node is behind by 42 slots".into(),
    };
    set.proxy.on_any().after(1).times(2, error);
    set.rpc.get_slot().unwrap();
    for _ in 0..2 {
        let error = set.rpc.get_slot().unwrap_err().to_string();
        assert!(
            error.contains("-32005") && error.contains("42 slots"),
            "{error}"
        );
    }
    set.rpc.get_slot().unwrap();
}

#[test]
fn success_a_delay_only_takes_time() {
    let set = setting();
    let delay = Duration::from_millis(200);
    set.proxy.on("getSlot").once(Fault::Delay(delay));
    let start = Instant::now();
    set.rpc.get_slot().unwrap();
    assert!(start.elapsed() >= delay);
}

#[test]
fn fail_lies_look_like_answers() {
    let set = setting();
    let hash = Pubkey::new_unique().to_string();
    set.proxy.on("getGenesisHash").once(lies::genesis(&hash));
    assert_eq!(set.rpc.get_genesis_hash().unwrap().to_string(), hash);

    set.served.skip_blocks(20);
    let slot = set.rpc.get_slot().unwrap();
    set.proxy.on("getSlot").once(lies::behind(15));
    assert_eq!(set.rpc.get_slot().unwrap(), slot - 15);

    let clock = solana_program::sysvar::clock::ID;
    let truth = set.rpc.get_account(&clock).unwrap();
    set.proxy.on("getAccountInfo").once(lies::owner(&hash));
    assert_eq!(set.rpc.get_account(&clock).unwrap().owner.to_string(), hash);
    set.proxy.on("getAccountInfo").once(lies::flipped(3));
    let flipped = set.rpc.get_account(&clock).unwrap();
    assert_eq!(flipped.data[3], !truth.data[3]);
    assert_eq!(flipped.data[4..], truth.data[4..]);
    set.proxy.on("getAccountInfo").always(lies::missing());
    set.rpc.get_account(&clock).unwrap_err();
    set.proxy.heal();
    assert_eq!(set.rpc.get_account(&clock).unwrap(), truth);
}

#[test]
fn fail_a_swallowed_transaction_has_a_signature_and_no_effect() {
    let set = setting();
    let to = Pubkey::new_unique();
    let gift = set.gift(&to);
    set.proxy.on("sendTransaction").once(Fault::Swallow);
    assert_eq!(set.rpc.send_transaction(&gift).unwrap(), gift.signatures[0]);
    assert_eq!(set.proxy.forwarded("sendTransaction"), 0);
    assert!(!set.rpc.confirm_transaction(&gift.signatures[0]).unwrap());
    set.proxy.on("getSignatureStatuses").once(lies::confirmed());
    assert!(set.rpc.confirm_transaction(&gift.signatures[0]).unwrap());
    assert_eq!(set.rpc.get_balance(&to).unwrap(), 0);
}

#[test]
fn success_a_duplicated_transaction_is_executed_once() {
    let set = setting();
    let to = Pubkey::new_unique();
    let gift = set.gift(&to);
    set.proxy.on("sendTransaction").once(Fault::Duplicate);
    set.rpc.send_transaction(&gift).unwrap();
    assert_eq!(set.proxy.seen("sendTransaction"), 1);
    assert_eq!(set.proxy.forwarded("sendTransaction"), 2);
    assert_eq!(set.rpc.get_balance(&to).unwrap(), 1_000_000_000);
}

#[test]
fn fail_a_node_that_is_gone_is_a_bad_gateway() {
    let set = setting();
    drop(set.served);
    let error = set.rpc.get_slot().unwrap_err().to_string();
    assert!(error.contains("502"), "{error}");
}
