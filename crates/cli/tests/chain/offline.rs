//! What was signed before is sent while it can land, and refused at once when it cannot.

use homeostat_client::Pubkey;
use homeostat_sandbox::world::TOKEN;
use homeostat_served::{Fixture, Proxy};
use solana_rpc_client::rpc_client::RpcClient;

use crate::common::{bare, run, run_at, Said};

fn stake(fixture: &Fixture, url: &str, more: &[&str]) -> Said {
    let key = fixture.wallets[0].file.display().to_string();
    let words = [&["stake", "5", "--keypair", &key], more].concat();
    run_at(fixture, url, &words)
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
fn r7_a_blockhash_that_is_too_old_is_refused_before_anything_is_sent() {
    let fixture = Fixture::live();
    let proxy = Proxy::start(fixture.served.url());
    // A wallet that has a position builds the same transaction every time.
    assert_eq!(stake(&fixture, proxy.url(), &[]).code, 0);
    let before = fixture.balance(0);
    // given a stake that was signed and sent once
    let hash = RpcClient::new(fixture.served.url()).get_latest_blockhash();
    let hash = hash.unwrap().to_string();
    let signed = ["--blockhash", hash.as_str()];
    let sent = stake(&fixture, proxy.url(), &signed);
    assert_eq!(sent.code, 0, "{}\n{}", sent.stdout, sent.stderr);
    assert_eq!(before - fixture.balance(0), 5 * TOKEN);
    let signature = sent.json()["outcome"]["sent"]["signature"].clone();
    // when its blockhash is too old, then it is not sent again, and what to look up is named
    fixture.served.skip_blocks(200);
    let sends = proxy.seen("sendTransaction");
    let refused = stake(&fixture, proxy.url(), &signed);
    assert_eq!(
        (refused.code, refused.error().as_str()),
        (1, "blockhash_expired")
    );
    assert_eq!(proxy.seen("sendTransaction"), sends);
    assert_eq!(named(&refused), signature.as_str().unwrap());
    assert_eq!(outcome(&fixture, &named(&refused)), 0);
    assert_eq!(before - fixture.balance(0), 5 * TOKEN);
}

#[test]
fn r7_a_nonce_that_has_advanced_is_refused_before_anything_is_sent() {
    let fixture = Fixture::live();
    let proxy = Proxy::start(fixture.served.url());
    // A wallet that has a position builds the same transaction every time.
    assert_eq!(stake(&fixture, proxy.url(), &[]).code, 0);
    let before = fixture.balance(0);
    let nonce = fixture
        .served
        .with(async |world| world.bank.create_nonce().await);
    // Version, state, authority, value.
    let data = RpcClient::new(fixture.served.url()).get_account_data(&nonce);
    let value: [u8; 32] = data.unwrap()[40..72].try_into().unwrap();
    let (nonce, value) = (nonce.to_string(), Pubkey::from(value).to_string());
    let creator = fixture.creator.file.display().to_string();
    let signed = [
        "--nonce",
        nonce.as_str(),
        "--nonce-authority",
        &creator,
        "--blockhash",
        &value,
    ];
    // given a stake over the nonce's value, sent long after it was signed
    fixture.served.skip_blocks(200);
    let sent = stake(&fixture, proxy.url(), &signed);
    assert_eq!(sent.code, 0, "{}\n{}", sent.stdout, sent.stderr);
    assert_eq!(before - fixture.balance(0), 5 * TOKEN);
    // when it is sent again, then the nonce has another value, and nothing is sent
    let sends = proxy.seen("sendTransaction");
    let refused = stake(&fixture, proxy.url(), &signed);
    assert_eq!(
        (refused.code, refused.error().as_str()),
        (1, "nonce_advanced"),
        "{}",
        refused.stdout
    );
    assert_eq!(proxy.seen("sendTransaction"), sends);
    assert_eq!(outcome(&fixture, &named(&refused)), 0);
    assert_eq!(before - fixture.balance(0), 5 * TOKEN);
}

#[test]
fn r7_a_nonce_that_is_used_up_by_something_else_ends_the_wait() {
    use homeostat_served::Fault;
    // given a stake over a nonce's value that a server loses again and again
    let fixture = std::sync::Arc::new(Fixture::live());
    let proxy = Proxy::start(fixture.served.url());
    let before = fixture.balance(0);
    let nonce = fixture
        .served
        .with(async |world| world.bank.create_nonce().await);
    let data = RpcClient::new(fixture.served.url()).get_account_data(&nonce);
    let value: [u8; 32] = data.unwrap()[40..72].try_into().unwrap();
    proxy.on("sendTransaction").always(Fault::Swallow);
    // and its authority, who advances the nonce meanwhile
    let authority = fixture.creator.pubkey();
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
    let (nonce, value) = (nonce.to_string(), Pubkey::from(value).to_string());
    let creator = fixture.creator.file.display().to_string();
    let said = stake(
        &fixture,
        proxy.url(),
        &[
            "--nonce",
            &nonce,
            "--nonce-authority",
            &creator,
            "--blockhash",
            &value,
        ],
    );
    // then it is told that it can land no more, and nothing was staked
    assert_eq!(
        (said.code, said.error().as_str()),
        (3, "expired"),
        "{}",
        said.stdout
    );
    assert_eq!(before, fixture.balance(0));
    let open = run(&fixture, &["outcome"]).json();
    assert_eq!(open["transactions"], serde_json::json!([]));
}
