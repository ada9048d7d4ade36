//! What a wallet does, from the first stake to the last withdrawal.

use homeostat_sandbox::world::TOKEN;
use homeostat_served::Fixture;

use crate::common::{run, run_at};

fn key(fixture: &Fixture, wallet: usize) -> String {
    fixture.wallets[wallet].file.display().to_string()
}

#[test]
fn a_wallet_stakes_earns_claims_and_leaves() {
    // given a live economy and a wallet with a million tokens
    let fixture = Fixture::live();
    let key = key(&fixture, 0);
    let balance = || fixture.balance(0);
    let before = balance();

    // when it stakes a thousand
    let staked = run(&fixture, &["stake", "1000", "--keypair", &key]);
    assert_eq!(staked.code, 0, "{}", staked.stderr);
    assert_eq!(before - balance(), 1_000 * TOKEN);
    // then cluster and payer were shown before
    let payer = fixture.wallets[0].pubkey().to_string();
    assert!(staked.stderr.contains(&payer) && staked.stderr.contains("cluster"));

    // when a day has passed, it has earned
    fixture.served.advance(86_400);
    let status = run(&fixture, &["status", "--owner", &payer]).json();
    let pending = &status["positions"][0]["pending"]["base_units"];
    let pending: u64 = pending.as_str().unwrap().parse().unwrap();
    assert!(pending > 0, "{status:#}");

    // then a claim pays at least that
    let held = balance();
    let claimed = run(&fixture, &["claim", "--keypair", &key]);
    assert_eq!(claimed.code, 0, "{}", claimed.stderr);
    assert!(balance() - held >= pending);

    // when it unstakes everything, nothing can be withdrawn at once
    assert_eq!(
        run(&fixture, &["unstake", "ALL", "--keypair", &key]).code,
        0
    );
    let early = run(&fixture, &["withdraw", "--keypair", &key]);
    assert_eq!((early.code, early.error().as_str()), (1, "nothing_ready"));

    // and after the unbonding time it has all of it
    fixture.served.advance(60 * 86_400);
    let held = balance();
    let withdrawn = run(&fixture, &["withdraw", "--keypair", &key]);
    assert_eq!(withdrawn.code, 0, "{}", withdrawn.stderr);
    assert_eq!(balance() - held, 1_000 * TOKEN);
}

#[test]
fn a_payment_pays_its_fee_and_no_more_than_allowed() {
    // given a payer and a recipient
    let fixture = Fixture::live();
    let key = key(&fixture, 0);
    let to = fixture.wallets[1].pubkey().to_string();
    let [from, at] = [fixture.tokens[0], fixture.tokens[1]];
    let balances = || {
        fixture.served.with(async move |world| {
            (
                world.bank.balance(&from).await,
                world.bank.balance(&at).await,
            )
        })
    };
    let before = balances();

    // when it pays a hundred
    let paid = run(&fixture, &["pay", &to, "100", "--keypair", &key]);
    assert_eq!(paid.code, 0, "{}", paid.stderr);
    let after = balances();
    let arrived = after.1 - before.1;
    assert_eq!(before.0 - after.0, 100 * TOKEN);
    assert!(arrived < 100 * TOKEN && arrived > 90 * TOKEN);

    // then with a fee that is not allowed nothing moves
    let dear = run(
        &fixture,
        &[
            "pay",
            &to,
            "100",
            "--max-fee",
            "0.000001",
            "--keypair",
            &key,
        ],
    );
    assert_eq!((dear.code, dear.error().as_str()), (4, "refused"));
    assert!(dear.stdout.contains("FeeAboveMax"), "{}", dear.stdout);
    assert_eq!(balances(), after);
}

#[test]
fn a_simulation_shows_fields_and_changes_nothing() {
    let fixture = Fixture::live();
    let key = key(&fixture, 0);
    let state = || fixture.served.with(async |world| world.state().await);
    let before = state();
    let tried = run(&fixture, &["stake", "10", "--simulate", "--keypair", &key]);
    assert_eq!(tried.code, 0, "{}", tried.stderr);
    let changes = tried.json()["outcome"]["simulated"]["changes"].clone();
    let of = |account: &str, field: &str| {
        let all = changes.as_array().unwrap();
        all.iter()
            .find(|change| change["account"] == account && change["field"] == field)
            .map(|change| (change["old"].clone(), change["new"].clone()))
            .unwrap_or_else(|| panic!("{account}.{field} in {changes:#}"))
    };
    assert_eq!(
        of("Position", "amount"),
        ("".into(), (10 * TOKEN).to_string().into())
    );
    assert_eq!(of("Pool", "total").1, (10 * TOKEN).to_string());
    assert_eq!(state(), before);
}

#[test]
fn wrong_input_is_refused_and_nothing_happens() {
    let fixture = Fixture::live();
    let key = key(&fixture, 0);
    let stranger = solana_keypair::Keypair::new();
    let folder = tempfile::tempdir().unwrap();
    let poor = folder.path().join("poor.json");
    solana_keypair::write_keypair_file(&stranger, &poor).unwrap();
    let poor = poor.display().to_string();
    let unknown = homeostat_client::Pubkey::new_unique().to_string();
    // On the curve: somebody may have its key.
    let nobody = solana_signer::Signer::pubkey(&solana_keypair::Keypair::new()).to_string();
    let state = || fixture.served.with(async |world| world.state().await);
    let before = state();
    let cases: &[(&[&str], i32, &str)] = &[
        (&["stake", "0", "--keypair", &key], 2, "bad_amount"),
        (
            &["stake", "1.0000000001", "--keypair", &key],
            2,
            "bad_amount",
        ),
        (&["stake", "99000000", "--keypair", &key], 1, "too_little"),
        (&["stake", "1", "--keypair", &poor], 1, "too_little"),
        (
            &["stake", "1", "--keypair", "/nowhere/id.json"],
            1,
            "bad_key",
        ),
        (
            &["stake", "1", "--pool", &unknown, "--keypair", &key],
            1,
            "no_pool",
        ),
        (&["unstake", "1", "--keypair", &key], 1, "no_position"),
        (&["status", "--mint", &unknown], 1, "unknown_mint"),
        (&["status", "--economy", &unknown], 1, "no_economy"),
        (&["status", "--economy", "hello"], 2, "bad_address"),
        (
            &["pay", &nobody, "1", "--keypair", &key],
            1,
            "no_token_account",
        ),
        (
            &["pay", &nobody, "1", "--shard", "9", "--keypair", &key],
            1,
            "no_shard",
        ),
        (&["fund", "1", "--keypair", &key], 1, "mints_rewards"),
        (&["crank", "--keypair", &key], 1, "too_early"),
        (&["top-up", "--keypair", &poor], 4, "refused"),
        (
            &["stake", "1", "--sign-only", "--keypair", &key],
            2,
            "usage",
        ),
        // Both at once would have to send what is only to be tried out.
        (
            &[
                "stake",
                "1",
                "--simulate",
                "--prepare",
                "transaction.json",
                "--keypair",
                &key,
            ],
            2,
            "usage",
        ),
    ];
    for (arguments, code, error) in cases {
        let said = run(&fixture, arguments);
        assert_eq!(
            (said.code, said.error().as_str()),
            (*code, *error),
            "{arguments:?}\n{}\n{}",
            said.stdout,
            said.stderr
        );
        let remedy = said.json()["error"]["remedy"].clone();
        assert!(
            !remedy.as_str().unwrap_or_default().is_empty(),
            "{arguments:?}"
        );
    }
    assert_eq!(state(), before);
}

#[test]
fn somebody_elsewhere_signs_and_the_payer_sends() {
    // given a wallet whose key is elsewhere, and a payer here
    let fixture = Fixture::live();
    let (owner, payer) = (fixture.wallets[0].pubkey().to_string(), key(&fixture, 1));
    let file = fixture.folder().join("stake.json");
    let file = file.display().to_string();
    let payer_address = fixture.wallets[1].pubkey().to_string();
    let own = key(&fixture, 0);
    let step = |who: &str, pays: &str, how: &str, file: &str| {
        let words = [
            "stake",
            "5",
            "--keypair",
            who,
            "--fee-payer",
            pays,
            how,
            file,
        ];
        let said = run(&fixture, &words);
        assert_eq!(said.code, 0, "{} {}", said.stdout, said.stderr);
        said.json()
    };
    step(&owner, &payer_address, "--prepare", &file);

    // when the owner signs a copy of the file where only its own key is
    let copy = fixture.folder().join("copy.json").display().to_string();
    std::fs::copy(&file, &copy).unwrap();
    let signed = step(&own, &payer_address, "--sign-only", &copy);
    assert_eq!(signed["absent"][0], payer_address);
    let signature = signed["signers"][0].as_str().unwrap().to_owned();

    // then the payer can send with that signature, but not without
    let signed = step(&owner, &payer, "--sign-only", &file);
    assert_eq!(signed["absent"][0], owner);
    let alone = run(&fixture, &["submit", &file]);
    assert_eq!(alone.error(), "missing_signature");
    let sent = run(&fixture, &["submit", &file, "--signer", &signature]);
    assert_eq!(sent.code, 0, "{} {}", sent.stdout, sent.stderr);
    let status = run(&fixture, &["status", "--owner", &owner]).json();
    assert_eq!(status["positions"][0]["staked"]["tokens"], "5");
}

#[test]
fn another_cluster_is_recognised() {
    let fixture = Fixture::live();
    let nowhere = run_at(&fixture, "http://127.0.0.1:1", &["status"]);
    assert_eq!(
        (nowhere.code, nowhere.error().as_str()),
        (3, "rpc_unreachable")
    );
    let empty = homeostat_served::Served::start(async || homeostat_sandbox::Bank::start().await);
    let wrong = run_at(&fixture, empty.url(), &["status"]);
    assert_eq!((wrong.code, wrong.error().as_str()), (1, "no_economy"));
}

#[test]
fn a_strangers_draft_does_not_stand_in_the_way_of_a_tokens_economy() {
    // given a stranger who makes two Drafts for the token of a live economy
    let fixture = Fixture::live();
    let mint = fixture.at.mint.to_string();
    let file = fixture.folder().join("theirs.toml");
    std::fs::write(&file, "").unwrap();
    let file = file.display().to_string();
    let draft = |number: usize| {
        let key = key(&fixture, number);
        let words = ["create-economy", &file, "--mint", &mint, "--keypair", &key];
        let said = run(&fixture, &words);
        assert_eq!(said.code, 0, "{}\n{}", said.stdout, said.stderr);
        said.json()["economy"].as_str().unwrap().to_owned()
    };
    let theirs = [draft(0), draft(1)];
    // when the token is named, then the economy that holds its mint is meant
    let status = run(&fixture, &["status", "--mint", &mint]);
    assert_eq!(status.code, 0, "{}", status.stdout);
    let ours = fixture.at.economy.to_string();
    assert_eq!(status.json()["economy"], ours.as_str());
    // and a Draft is found by its maker.
    let maker = fixture.wallets[1].pubkey().to_string();
    let words = ["status", "--mint", &mint, "--creator", &maker];
    assert_eq!(run(&fixture, &words).json()["economy"], theirs[1].as_str());
}
