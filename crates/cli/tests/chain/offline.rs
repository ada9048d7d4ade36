//! What is prepared online is signed where nothing is connected to, and sent while it can land.

use std::fs;
use std::path::PathBuf;

use homeostat_chain::Envelope;
use homeostat_client::{decode::Decode, Economy, Pubkey};
use homeostat_sandbox::world::TOKEN;
use homeostat_served::{lies, Fault, Fixture, Proxy};
use serde_json::Value;

use crate::common::{bare, run, run_at, Said};

/// Where nobody listens: whoever connects fails.
const NOWHERE: &str = "http://127.0.0.1:1";

/// A wallet's transaction on its way between machines.
struct Journey {
    fixture: Fixture,
    proxy: Proxy,
    file: PathBuf,
}

impl Journey {
    fn begin() -> Self {
        let fixture = Fixture::live();
        let proxy = Proxy::start(fixture.served.url());
        let file = fixture.folder().join("transaction.json");
        Self {
            fixture,
            proxy,
            file,
        }
    }

    fn file(&self) -> String {
        self.file.display().to_string()
    }

    /// The address and the key file of the first wallet.
    fn owner(&self) -> (String, String) {
        let wallet = &self.fixture.wallets[0];
        (
            wallet.pubkey().to_string(),
            wallet.file.display().to_string(),
        )
    }

    /// Online, where only addresses are known.
    fn prepare(&self, words: &[&str], more: &[&str]) -> Said {
        let file = self.file();
        let words = [words, &["--prepare", &file], more].concat();
        run_at(&self.fixture, self.proxy.url(), &words)
    }

    /// Offline, where the key is.
    fn sign(&self, words: &[&str], more: &[&str]) -> Said {
        let file = self.file();
        let words = [words, &["--sign-only", &file], more].concat();
        run_at(&self.fixture, NOWHERE, &words)
    }

    /// Online again.
    fn submit(&self, more: &[&str]) -> Said {
        let file = self.file();
        let words = [&["submit", file.as_str()], more].concat();
        run_at(&self.fixture, self.proxy.url(), &words)
    }

    /// A stake of five tokens that is ready to be sent.
    fn signed_stake(&self, nonce: &[&str]) {
        let (address, key) = self.owner();
        let stake = ["stake", "5"];
        let prepared = self.prepare(&stake, &[&["--keypair", &address], nonce].concat());
        assert_eq!(prepared.code, 0, "{}\n{}", prepared.stdout, prepared.stderr);
        let authority: &[&str] = match nonce {
            [] => &[],
            _ => &["--nonce-authority", self.creator()],
        };
        let signed = self.sign(&stake, &[&["--keypair", &key], authority].concat());
        assert_eq!(signed.code, 0, "{}\n{}", signed.stdout, signed.stderr);
        assert!(signed.json()["absent"].is_null(), "{}", signed.stdout);
    }

    fn creator(&self) -> &str {
        self.fixture.creator.file.to_str().expect("UTF-8")
    }

    /// A nonce account that the creator advances.
    fn nonce(&self) -> Pubkey {
        let served = &self.fixture.served;
        served.with(async |world| world.bank.create_nonce().await)
    }

    fn sends(&self) -> u64 {
        self.proxy.seen("sendTransaction")
    }
}

fn is(said: &Said, code: i32, error: &str) {
    assert_eq!(
        (said.code, said.error().as_str()),
        (code, error),
        "{}\n{}",
        said.stdout,
        said.stderr
    );
}

/// The bytes that accounts of a type begin with.
fn first<T: Decode>() -> &'static [u8] {
    T::DISCRIMINATOR
}

/// The exit code of `outcome`.
fn outcome(fixture: &Fixture, signature: &str) -> i32 {
    let words = ["outcome", signature];
    bare(fixture, fixture.served.url(), &words, "json").code
}

/// The signature that a refusal tells to look up.
fn named(said: &Said) -> String {
    let remedy = said.json()["error"]["remedy"].clone();
    let remedy = remedy.as_str().unwrap_or_default().to_owned();
    let rest = remedy.split("homeostat outcome ").nth(1);
    let word = rest.and_then(|rest| rest.split('`').next());
    word.unwrap_or_else(|| panic!("{remedy}")).to_owned()
}

#[test]
fn r8_what_is_signed_offline_connects_to_nothing_and_has_its_price() {
    // given a stake that was prepared where only the wallet's address is known
    let journey = Journey::begin();
    let (address, key) = journey.owner();
    let before = journey.fixture.balance(0);
    let price = ["--keypair", &address, "--with-compute-unit-price", "70"];
    let prepared = journey.prepare(&["stake", "5"], &price);
    assert_eq!(prepared.code, 0, "{}\n{}", prepared.stdout, prepared.stderr);
    let answer = prepared.json()["outcome"]["prepared"].clone();
    assert_eq!(answer["signers"], serde_json::json!([address]));
    assert!(answer["last_valid_block_height"].is_u64());
    let envelope = Envelope::read(&journey.file).unwrap();
    assert_eq!(envelope.compute_unit_price, 70);
    assert!(envelope.compute_unit_limit > 0);
    // when it is not signed yet, then it is not sent
    is(&journey.submit(&[]), 1, "missing_signature");
    // when it is signed where nothing answers, then it tells in base units what it signs
    let asked = journey.proxy.seen("getMultipleAccounts");
    let signed = journey.sign(&["stake", "5"], &["--keypair", &key]);
    assert_eq!(signed.code, 0, "{}\n{}", signed.stdout, signed.stderr);
    let amount = format!("stake amount {}", 5 * TOKEN);
    assert!(signed.stderr.contains(&amount), "{}", signed.stderr);
    assert_eq!(journey.proxy.seen("getMultipleAccounts"), asked);
    let signature = signed.json()["signers"][0].clone();
    assert!(signature.as_str().unwrap().starts_with(&address));
    // and what is sent is what was signed, once.
    assert_eq!(journey.sends(), 0);
    let sent = journey.submit(&[]);
    assert_eq!(sent.code, 0, "{}\n{}", sent.stdout, sent.stderr);
    assert_eq!(before - journey.fixture.balance(0), 5 * TOKEN);
    let landed = sent.json()["outcome"]["sent"]["signature"].clone();
    let pair = format!("{address}={}", landed.as_str().unwrap());
    assert_eq!(signature, pair);
    is(&journey.submit(&[]), 4, "refused");
    assert_eq!(before - journey.fixture.balance(0), 5 * TOKEN);
}

#[test]
fn r8_a_file_is_signed_for_what_the_arguments_say_and_for_nothing_else() {
    // given a stake that was prepared
    let journey = Journey::begin();
    let (address, key) = journey.owner();
    let before = journey.fixture.balance(0);
    let prepared = journey.prepare(&["stake", "5"], &["--keypair", &address]);
    assert_eq!(prepared.code, 0, "{}\n{}", prepared.stdout, prepared.stderr);
    let whole = fs::read(&journey.file).unwrap();
    // when other words are used, then it is not signed
    let with_key = ["--keypair", key.as_str()];
    for words in [
        &["stake", "6"][..],
        &["unstake", "5"],
        &["top-up"],
        &["pay", &address, "5"],
    ] {
        let refused = journey.sign(words, &with_key);
        assert_eq!(refused.code, 1, "{words:?} {}", refused.stdout);
        let error = refused.error();
        let known = [
            "prepared_differently",
            "not_prepared",
            "no_position",
            "not_a_wallet",
        ];
        assert!(known.contains(&error.as_str()), "{words:?}: {error}");
    }
    is(
        &journey.sign(&["stake", "6"], &with_key),
        1,
        "prepared_differently",
    );
    // when somebody changed what the file says about its message
    let change = |edit: &dyn Fn(&mut Value)| {
        let mut json: Value = serde_json::from_slice(&whole).unwrap();
        edit(&mut json);
        fs::write(&journey.file, json.to_string()).unwrap();
    };
    change(&|json| json["compute_unit_price"] = 1_000_000.into());
    is(&journey.sign(&["stake", "5"], &with_key), 1, "bad_envelope");
    change(&|json| json["nonce"] = serde_json::json!({"account": address, "authority": address}));
    is(&journey.submit(&[]), 1, "bad_envelope");
    // or who pays, or the cluster that it is for
    fs::write(&journey.file, &whole).unwrap();
    let other = journey.fixture.wallets[1].file.display().to_string();
    let words = ["--keypair", key.as_str(), "--fee-payer", &other];
    is(
        &journey.sign(&["stake", "5"], &words),
        1,
        "prepared_differently",
    );
    assert_eq!(fs::read(&journey.file).unwrap(), whole);
    assert_eq!(journey.sign(&["stake", "5"], &with_key).code, 0);
    let signed = fs::read(&journey.file).unwrap();
    let mut json: Value = serde_json::from_slice(&signed).unwrap();
    json["genesis"] = Pubkey::new_unique().to_string().into();
    fs::write(&journey.file, json.to_string()).unwrap();
    is(&journey.submit(&[]), 1, "wrong_cluster");
    // or its signature, then it is refused, and nothing was sent.
    let mut json: Value = serde_json::from_slice(&signed).unwrap();
    json["signatures"][&address] = solana_signature::Signature::default().to_string().into();
    fs::write(&journey.file, json.to_string()).unwrap();
    is(&journey.submit(&[]), 1, "bad_signature");
    assert_eq!(journey.sends(), 0);
    assert_eq!(journey.fixture.balance(0), before);
    // What is as it was goes through.
    fs::write(&journey.file, signed).unwrap();
    let said = journey.submit(&[]);
    assert_eq!(said.code, 0, "{}\n{}", said.stdout, said.stderr);
    assert_eq!(before - journey.fixture.balance(0), 5 * TOKEN);
}

#[test]
fn r8_amounts_are_told_in_base_units_whatever_a_server_says_of_decimals() {
    // given a server that adds three to the token's decimals: five tokens are five thousand
    let journey = Journey::begin();
    let (address, key) = journey.owner();
    let decimals = 8 + core::mem::offset_of!(Economy, decimals);
    let lie = lies::changed(first::<Economy>(), decimals, |byte| byte + 3);
    journey.proxy.on("getMultipleAccounts").always(lie);
    let friend = journey.fixture.wallets[1].pubkey().to_string();
    let pay = ["pay", friend.as_str(), "5"];
    let prepared = journey.prepare(&pay, &["--keypair", &address]);
    assert_eq!(prepared.code, 0, "{}\n{}", prepared.stdout, prepared.stderr);
    // when it is signed from what the server said, then the signer reads what is really paid.
    let signed = journey.sign(&pay, &["--keypair", &key]);
    assert_eq!(signed.code, 0, "{}\n{}", signed.stdout, signed.stderr);
    let amount = format!("pay amount {}", 5_000 * TOKEN);
    assert!(signed.stderr.contains(&amount), "{}", signed.stderr);
}

#[test]
fn r8_a_price_above_the_signers_limit_is_not_signed() {
    let journey = Journey::begin();
    let (address, key) = journey.owner();
    let price = ["--keypair", &address, "--with-compute-unit-price", "100000"];
    assert_eq!(journey.prepare(&["stake", "5"], &price).code, 0);
    let envelope = Envelope::read(&journey.file).unwrap();
    assert!(envelope.priority() > 1);
    let dear = ["--keypair", key.as_str(), "--max-priority-fee", "1"];
    is(&journey.sign(&["stake", "5"], &dear), 1, "too_dear");
    assert_eq!(Envelope::read(&journey.file).unwrap(), envelope);
}

#[test]
fn r8_a_pause_is_signed_before_it_is_needed() {
    // given a pause over a nonce, signed with a price long before
    let journey = Journey::begin();
    let guardian = journey.fixture.guardian.file.display().to_string();
    let address = journey.fixture.guardian.pubkey().to_string();
    let nonce = journey.nonce().to_string();
    let words = ["pause", "pay", "3600", "--reason", "incident"];
    let creator = journey.fixture.creator.pubkey().to_string();
    let more = [
        "--keypair",
        &address,
        "--nonce",
        &nonce,
        "--nonce-authority",
        &creator,
        "--with-compute-unit-price",
        "5000",
    ];
    let prepared = journey.prepare(&words, &more);
    assert_eq!(prepared.code, 0, "{}\n{}", prepared.stdout, prepared.stderr);
    let answer = prepared.json()["outcome"]["prepared"].clone();
    assert_eq!(answer["nonce"], nonce.as_str());
    let keys = [
        "--keypair",
        &guardian,
        "--nonce-authority",
        journey.creator(),
    ];
    let signed = journey.sign(&words, &keys);
    assert_eq!(signed.code, 0, "{}\n{}", signed.stdout, signed.stderr);
    assert!(
        signed.stderr.contains("does not expire"),
        "{}",
        signed.stderr
    );
    // when it is needed, a thousand blocks later, then it is sent as it was signed.
    journey.fixture.served.skip_blocks(1_000);
    let sent = journey.submit(&[]);
    assert_eq!(sent.code, 0, "{}\n{}", sent.stdout, sent.stderr);
    let status = run(&journey.fixture, &["status"]).json();
    assert_eq!(status["pauses"][0]["section"], "pay");
    assert_ne!(sent.json()["outcome"]["sent"]["priority_fee_lamports"], 0);
    // A nonce that is not there, or somebody else's, is told before anything is written.
    let wrong = ["--keypair", &address, "--nonce", &nonce];
    is(
        &journey.prepare(&words, &wrong),
        1,
        "not_the_nonce_authority",
    );
    let wrong = ["--keypair", &address, "--nonce", &address];
    is(&journey.prepare(&words, &wrong), 1, "no_nonce");
}

#[test]
fn r7_a_blockhash_that_is_too_old_is_refused_before_anything_is_sent() {
    // given a stake that was signed and sent once
    let journey = Journey::begin();
    let before = journey.fixture.balance(0);
    journey.signed_stake(&[]);
    let sent = journey.submit(&[]);
    assert_eq!(sent.code, 0, "{}\n{}", sent.stdout, sent.stderr);
    let signature = sent.json()["outcome"]["sent"]["signature"].clone();
    // when its blockhash is too old, then it is not sent again, and what to look up is named
    journey.fixture.served.skip_blocks(200);
    let sends = journey.sends();
    let refused = journey.submit(&[]);
    is(&refused, 1, "blockhash_expired");
    assert_eq!(journey.sends(), sends);
    assert_eq!(named(&refused), signature.as_str().unwrap());
    assert_eq!(outcome(&journey.fixture, &named(&refused)), 0);
    assert_eq!(before - journey.fixture.balance(0), 5 * TOKEN);
}

#[test]
fn r7_a_nonce_that_has_advanced_is_refused_before_anything_is_sent() {
    // given a stake over the nonce's value, sent long after it was signed
    let journey = Journey::begin();
    let before = journey.fixture.balance(0);
    let (nonce, creator) = (journey.nonce().to_string(), journey.creator().to_owned());
    journey.signed_stake(&["--nonce", &nonce, "--nonce-authority", &creator]);
    journey.fixture.served.skip_blocks(200);
    let sent = journey.submit(&[]);
    assert_eq!(sent.code, 0, "{}\n{}", sent.stdout, sent.stderr);
    assert_eq!(before - journey.fixture.balance(0), 5 * TOKEN);
    // when it is sent again, then the nonce has another value, and nothing is sent
    let sends = journey.sends();
    let refused = journey.submit(&[]);
    is(&refused, 1, "nonce_advanced");
    assert_eq!(journey.sends(), sends);
    assert_eq!(outcome(&journey.fixture, &named(&refused)), 0);
    assert_eq!(before - journey.fixture.balance(0), 5 * TOKEN);
}

#[test]
fn r7_a_nonce_that_is_used_up_by_something_else_ends_the_wait() {
    // given a stake over a nonce's value that a server loses again and again
    let journey = Journey::begin();
    let before = journey.fixture.balance(0);
    let (nonce, creator) = (journey.nonce(), journey.creator().to_owned());
    let name = nonce.to_string();
    journey.signed_stake(&["--nonce", &name, "--nonce-authority", &creator]);
    journey.proxy.on("sendTransaction").always(Fault::Swallow);
    // and its authority, who advances the nonce meanwhile
    let authority = journey.fixture.creator.pubkey();
    let Journey {
        fixture,
        proxy,
        file,
    } = journey;
    let fixture = std::sync::Arc::new(fixture);
    let world = std::sync::Arc::clone(&fixture);
    proxy
        .on("getSignatureStatuses")
        .once(Fault::lie(move |_, result| {
            world.served.with(async move |world| {
                let advance =
                    solana_system_interface::instruction::advance_nonce_account(&nonce, &authority);
                world.run(&[advance]).await.expect("it advances");
            });
            result
        }));
    let file = file.display().to_string();
    let said = run_at(&fixture, proxy.url(), &["submit", &file]);
    // then it is told that it can land no more, and nothing was staked
    is(&said, 3, "expired");
    assert_eq!(before, fixture.balance(0));
    let open = run(&fixture, &["outcome"]).json();
    assert_eq!(open["transactions"], serde_json::json!([]));
}
