//! `examples/wallet-backend`: from a JSON request to a transaction that the bank takes, and
//! back from what the bank did to a line of history.

use std::collections::BTreeMap;

use homeostat_client::Pubkey;
use homeostat_sandbox::{world::TOKEN, Wallet, World};
use homeostat_wallet_backend::{
    answer, explain, history, needs, Answer, Chain, InnerInstruction, Refusal, Request,
};
use serde_json::{json, Value};
use solana_keypair::Keypair;
use solana_signer::Signer;

const DAY: i64 = 86_400;

/// A request as a web page sends it.
fn request(world: &World, wallet: &Wallet, mut ask: Value) -> Request {
    let fields = ask.as_object_mut().expect("an object");
    fields.insert("owner".into(), json!(wallet.pubkey().to_string()));
    let economy = json!({
        "mint": world.at.mint.to_string(),
        "creator": world.creator.pubkey().to_string(),
    });
    fields.insert("economy".into(), economy);
    serde_json::from_value(ask).expect("the request is well-formed")
}

/// What the page's server fetches for it.
async fn fetch(world: &mut World, request: &Request) -> Chain {
    let mut accounts = BTreeMap::new();
    for address in needs(request) {
        if let Some(data) = world.bank.data(&address).await {
            accounts.insert(address, data);
        }
    }
    Chain {
        now: world.bank.now(),
        epoch: 0,
        blockhash: world.bank.blockhash().await,
        accounts,
    }
}

async fn ask(world: &mut World, wallet: &Wallet, ask: Value) -> Result<Answer, Refusal> {
    let request = request(world, wallet, ask);
    let chain = fetch(world, &request).await;
    answer(&request, &chain)
}

/// The wallet signs what the back end built, and nothing else about it changes.
async fn sign_and_send(world: &mut World, wallet: &Wallet, answer: &Answer) {
    let wire = answer.transaction.as_deref().expect("a transaction");
    let receipt = world.bank.send_wire(wire, &wallet.key).await;
    receipt.unwrap_or_else(|failure| panic!("{}: {failure}", answer.message));
}

#[tokio::test]
async fn success_a_wallets_life_through_json() {
    let mut world = World::new().await;
    let alice = world.wallet(100 * TOKEN).await;
    let bob = world.wallet(0).await;
    world.bank.airdrop(&alice.pubkey(), 1_000_000_000).await;
    let tokens = alice.tokens.to_string();

    // Stake: the position is opened on the way.
    let stake = json!({ "ask": "stake", "tokens": tokens, "amount": "60000000" });
    let built = ask(&mut world, &alice, stake.clone()).await.unwrap();
    assert_eq!(built.instructions, ["open_position", "stake"]);
    assert_eq!(built.message, "Stake 60");
    sign_and_send(&mut world, &alice, &built).await;
    let pool = world.native_pool();
    world.positions.push((pool, alice.pubkey()));
    assert_eq!(world.position(&alice).await.amount, 60 * TOKEN);
    let again = ask(&mut world, &alice, stake).await.unwrap();
    assert_eq!(again.instructions, ["stake"], "it is open now");

    // A day later the overview says what a claim then pays.
    world.bank.advance(DAY).await;
    let overview = json!({ "ask": "overview" });
    let shown = ask(&mut world, &alice, overview.clone()).await.unwrap();
    let shown = serde_json::to_value(&shown).unwrap();
    assert_eq!(shown["overview"]["staked"], "60000000");
    assert_eq!(shown["overview"]["life"], "live");
    assert!(shown["transaction"].is_null());
    let pending = shown["overview"]["pending_rewards"].as_str().unwrap();
    let pending: u64 = pending.parse().unwrap();
    assert!(pending > 0);
    let before = world.balance(&alice).await;
    let claim = json!({ "ask": "claim", "tokens": tokens });
    let built = ask(&mut world, &alice, claim.clone()).await.unwrap();
    sign_and_send(&mut world, &alice, &built).await;
    assert_eq!(world.balance(&alice).await - before, pending);
    let nothing = ask(&mut world, &alice, claim).await.unwrap_err();
    assert!(nothing.message.contains("no rewards"), "{nothing:?}");

    // Compound the next day.
    world.bank.advance(DAY).await;
    let compound = json!({ "ask": "compound", "tokens": tokens });
    let built = ask(&mut world, &alice, compound).await.unwrap();
    assert_eq!(built.instructions, ["claim", "stake"]);
    sign_and_send(&mut world, &alice, &built).await;
    assert!(world.position(&alice).await.amount > 60 * TOKEN);

    // Pay: the message says what arrives.
    let pay = json!({
        "ask": "pay", "tokens": tokens, "to": bob.tokens.to_string(),
        "amount": 1_000_000, "tolerance_ppm": 0,
    });
    let built = ask(&mut world, &alice, pay).await.unwrap();
    assert_eq!(
        built.message,
        "Pay 1: 0.997 arrives, the fee is 0.003 (0.3 %)"
    );
    sign_and_send(&mut world, &alice, &built).await;
    assert_eq!(world.balance(&bob).await, 997_000);

    // Unstake, wait, withdraw.
    let unstake = json!({ "ask": "unstake", "amount": "60000000" });
    let built = ask(&mut world, &alice, unstake).await.unwrap();
    sign_and_send(&mut world, &alice, &built).await;
    let all_there_is = json!({ "ask": "unstake", "amount": u64::MAX.to_string() });
    let too_much = ask(&mut world, &alice, all_there_is).await.unwrap_err();
    assert!(too_much.message.contains("is staked"), "{too_much:?}");
    let withdraw = json!({ "ask": "withdraw", "tokens": tokens });
    let early = ask(&mut world, &alice, withdraw.clone()).await.unwrap_err();
    assert!(early.message.contains("unbonded"), "{early:?}");
    let shown = ask(&mut world, &alice, overview)
        .await
        .unwrap()
        .overview
        .unwrap();
    world.bank.set_time(shown.unbonding[0].ready_at).await;
    let built = ask(&mut world, &alice, withdraw).await.unwrap();
    assert_eq!(built.message, "Withdraw 60");
    sign_and_send(&mut world, &alice, &built).await;
}

#[tokio::test]
async fn success_a_transactions_events_become_history() {
    let mut world = World::new().await;
    let alice = world.staker(100 * TOKEN).await;
    world.bank.advance(DAY).await;
    let (top_up, claim) = (world.top_up_ix(), world.claim_ix(&alice));
    let unstake = {
        let pool = world.native_pool();
        let owner = alice.pubkey();
        homeostat_client::instruction::request_unstake(&world.at.economy, &pool, &owner, 7)
    };

    // given a transaction's inner instructions, as indices into its keys
    let all = [top_up, claim, unstake];
    let simulated = world.bank.simulate(&all, &[&alice.key]).await.unwrap();
    let mut keys: Vec<Pubkey> = Vec::new();
    let mut index = |key: &Pubkey| {
        let known = keys.iter().position(|known| known == key);
        known.unwrap_or_else(|| {
            keys.push(*key);
            keys.len() - 1
        }) as u8
    };
    let inner: Vec<InnerInstruction> = simulated
        .calls
        .iter()
        .map(|call| InnerInstruction {
            program_id_index: index(&call.program),
            accounts: call.accounts.iter().map(&mut index).collect(),
            data: call.data.clone(),
        })
        .collect();

    // when they are read
    let lines = serde_json::to_value(history(&keys, &inner)).unwrap();

    // then they are the user's history; transfers and mints are not in it
    let events: Vec<&str> = lines
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["event"].as_str().unwrap())
        .collect();
    assert!(
        events.ends_with(&["Claimed", "UnstakeRequested"]),
        "{events:?}"
    );
    let last = &lines[events.len() - 1];
    assert_eq!(last["owner"], alice.pubkey().to_string());
    assert_eq!(last["amount"], "7");
    assert!(last["ready_at"].as_i64().unwrap() > world.bank.now());
}

#[tokio::test]
async fn fail_hostile_requests_are_refused_in_words() {
    let mut world = World::new().await;
    let alice = world.wallet(TOKEN).await;
    let tokens = alice.tokens.to_string();

    // What is no request is none.
    for ask in [
        json!({ "ask": "steal" }),
        json!({ "ask": "stake", "tokens": "not base58 0OIl", "amount": "1" }),
        json!({ "ask": "stake", "tokens": tokens, "amount": "-1" }),
        json!({ "ask": "stake", "tokens": tokens, "amount": "18446744073709551616" }),
        json!({ "ask": "stake", "tokens": tokens, "amount": 1.5 }),
        json!({ "ask": "stake", "tokens": tokens }),
    ] {
        let mut whole = ask.clone();
        whole["owner"] = json!(alice.pubkey().to_string());
        whole["economy"] = json!({ "mint": tokens, "creator": tokens });
        assert!(serde_json::from_value::<Request>(whole).is_err(), "{ask}");
    }

    // What the program would refuse nobody has to sign first.
    let unopened = json!({ "ask": "unstake", "amount": "1" });
    let refused = ask(&mut world, &alice, unopened).await.unwrap_err();
    assert!(refused.message.contains("your position"), "{refused:?}");
    let dust = json!({
        "ask": "pay", "tokens": tokens, "to": tokens, "amount": "1", "tolerance_ppm": 0,
    });
    let refused = ask(&mut world, &alice, dust).await.unwrap_err();
    assert!(
        refused.message.starts_with("SplitExceedsAmount"),
        "{refused:?}"
    );

    // Accounts that are not what they should be: a pool in the economy's place.
    let overview = request(&world, &alice, json!({ "ask": "overview" }));
    let mut chain = fetch(&mut world, &overview).await;
    let (economy, pool) = (world.at.economy, world.native_pool());
    let other = chain.accounts[&pool].clone();
    chain.accounts.insert(economy, other);
    let refused = answer(&overview, &chain).unwrap_err();
    assert!(refused.message.contains("not the expected"), "{refused:?}");
    for length in [0, 7, 8, 100] {
        let mut cut = fetch(&mut world, &overview).await;
        cut.accounts.get_mut(&economy).unwrap().truncate(length);
        assert!(answer(&overview, &cut).is_err(), "{length} bytes");
    }
}

#[tokio::test]
async fn success_a_failure_is_put_into_words() {
    // given somebody who stakes more than they have, in a transaction of two instructions
    let mut world = World::new().await;
    let alice = world.wallet(TOKEN).await;
    world.bank.airdrop(&alice.pubkey(), 1_000_000_000).await;
    let stake = json!({
        "ask": "stake", "tokens": alice.tokens.to_string(), "amount": "2000000",
    });
    let built = ask(&mut world, &alice, stake).await.unwrap();
    let wire = built.transaction.as_deref().unwrap();

    // when it fails
    let failure = world.bank.send_wire(wire, &alice.key).await.unwrap_err();

    // then the words name the instruction and the remedy
    let (code, index) = (failure.code().unwrap(), failure.instruction().unwrap());
    let text = explain(&built.instructions, index, code, &failure.logs);
    assert!(text.starts_with("stake: InsufficientFunds (1): "), "{text}");

    // A signature of somebody else's does not fit what was built for Alice.
    let stranger = Keypair::new();
    assert!(world.bank.send_wire(wire, &stranger).await.is_err());
}
