//! What a keeper pays, and what it does not.

use serde_json::json;

use super::*;

#[test]
fn fees_stay_under_the_cap() {
    let fixture = Fixture::live();
    let proxy = Proxy::start(fixture.served.url());
    // given a cluster on which everybody pays a fortune
    proxy.on("getRecentPrioritizationFees").always(Fault::lie(
        |_, _| serde_json::json!([{ "slot": 1, "prioritizationFee": 1_000_000_000_u64 }]),
    ));
    let economy = fixture.at.economy.to_string();
    let keeper = Running::start(
        proxy.url(),
        key(&fixture, 0),
        &["--economy", &economy, "--max-priority-fee", "700"],
    );
    keeper.wait("state", 1);
    let wallet = fixture.wallets[0].pubkey();
    let lamports = || {
        fixture
            .served
            .with(async move |world| world.bank.lamports(&wallet).await)
    };
    let before = lamports();
    end_period(&fixture);
    let cranked = keeper.wait("cranked", 1);
    let fee = cranked[0]["fee_lamports"].as_u64().unwrap();
    let bounty = cranked[0]["bounty_lamports"].as_u64().unwrap();
    assert!((5_001..=5_700).contains(&fee), "{fee}");
    // and what is told is what was paid
    assert_eq!(before + bounty - lamports(), fee);
    assert_eq!(
        keeper.metric("homeostat_keeper_fees_paid_lamports_total", &[]),
        fee
    );
}

#[test]
fn an_empty_wallet_is_told_and_waited_for() {
    let fixture = Fixture::live();
    let economy = fixture.at.economy.to_string();
    let poor = Keypair::new();
    let file = fixture.folder().join("poor.json");
    write_keypair_file(&poor, &file).unwrap();
    let keeper = Running::start(fixture.served.url(), &file, &["--economy", &economy]);
    let told = keeper.wait("balance_empty", 1);
    assert_eq!(told[0]["level"], "error");
    assert!(told[0]["needed_lamports"].as_u64().unwrap() > 890_880);
    end_period(&fixture);
    keeper.looks(5);
    assert_eq!(periods(&fixture), 0);
    // when it gets a little, it works and warns
    let address = poor.pubkey();
    let give = |lamports| {
        fixture
            .served
            .with(async move |world| world.bank.airdrop(&address, lamports).await)
    };
    give(2_000_000);
    keeper.wait("cranked", 1);
    keeper.wait("balance_low", 1);
    give(100_000_000);
    keeper.wait("balance_fine", 1);
    assert!(keeper.metric("homeostat_keeper_balance_lamports", &[]) > 100_000_000);
}

#[test]
fn fees_are_collected_before_the_crank() {
    let fixture = Fixture::live();
    let economy = fixture.at.economy.to_string();
    let to = fixture.wallets[1].pubkey().to_string();
    let payer = key(&fixture, 0).display().to_string();
    let paid = run(&fixture, &["pay", &to, "1000", "--keypair", &payer]);
    assert_eq!(paid.code, 0, "{}", paid.stdout);
    let pending = || {
        fixture.served.with(async |world| {
            let meter = world.meter(0).await;
            meter.pending_burn + meter.pending_stakers + meter.pending_treasury
        })
    };
    assert!(pending() > 0 && pending() < 1_000 * TOKEN);
    let keeper = Running::start(
        fixture.served.url(),
        key(&fixture, 0),
        &["--economy", &economy, "--collect"],
    );
    end_period(&fixture);
    let cranked = keeper.wait("cranked", 1);
    assert_eq!(keeper.of("collected").len(), 1);
    assert!(cranked[0]["fee_lamports"].as_u64().unwrap() >= 10_000);
    assert_eq!(pending(), 0);
    // where there is nothing to collect nothing is paid
    end_period(&fixture);
    let cranked = keeper.wait("cranked", 2);
    assert_eq!(keeper.of("collected").len(), 1);
    assert!(cranked[1]["fee_lamports"].as_u64().unwrap() < 10_000);
    keeper.no_errors();
}

#[test]
fn an_economy_that_was_found_never_costs_more_than_it_pays() {
    // given an economy that pays 6,000 lamports and drives up its own prices, and one whose
    // vault does not have what it promises
    const BOUNTY: u64 = 6_000;
    let (served, economies, folder) = town(2, WorldSpec::default());
    served.with(async move |town: &mut Town| {
        for at in town.economies.clone() {
            let promise = |economy: &mut Economy| economy.limits.bounty = BOUNTY;
            town.bank.edit(&at.economy, promise).await;
        }
        let vault = town.economies[0].keeper_vault;
        town.bank.airdrop(&vault, 1_000_000_000).await;
    });
    let proxy = Proxy::start(served.url());
    proxy.on("getRecentPrioritizationFees").always(Fault::lie(
        |_, _| serde_json::json!([{ "slot": 1, "prioritizationFee": 1_000_000_000_u64 }]),
    ));
    let key = folder.path().join("keeper.json");
    let keeper = Running::start(proxy.url(), &key, &["--all"]);
    served.advance(WEEK);
    // then the first is cranked without a loss, and the second not at all
    let cranked = keeper.wait("cranked", 1);
    assert_eq!(cranked[0]["economy"], economies[0]);
    assert_eq!(cranked[0]["bounty_lamports"], BOUNTY);
    let fee = cranked[0]["fee_lamports"].as_u64().unwrap();
    assert!((5_001..=BOUNTY).contains(&fee), "{fee}");
    until("the other is left", || {
        keeper.metric("homeostat_keeper_state", &["state=\"unpaid\""]) == 1
    });
    assert_eq!(
        keeper.metric("homeostat_keeper_bounties_lamports_total", &[]),
        BOUNTY
    );
    keeper.stop();
    // A keeper that was told to cranks the second as well, and says that it earns nothing.
    let keeper = Running::start(served.url(), &key, &["--economy", &economies[1]]);
    assert_eq!(keeper.wait("no_bounty", 1)[0]["bounty_lamports"], BOUNTY);
    assert_eq!(keeper.wait("cranked", 1)[0]["bounty_lamports"], 0);
    keeper.looks(25);
    assert_eq!(keeper.of("no_bounty").len(), 1);
}

#[test]
fn a_crank_that_is_refused_for_want_of_rewards_is_topped_up() {
    // given a period that is over, and a crank that alone is refused by the program
    let fixture = Fixture::live();
    let economy = fixture.at.economy.to_string();
    let proxy = Proxy::start(fixture.served.url());
    let code = u32::from(homeostat::error::HomeostatError::InsolventVault);
    proxy
        .on("simulateTransaction")
        .once(Fault::lie(move |_, mut result| {
            let failed = format!("Program {} failed: refused", homeostat_client::PROGRAM_ID);
            result["value"]["err"] = json!({ "InstructionError": [2, { "Custom": code }] });
            result["value"]["logs"] = json!([failed]);
            result
        }));
    let keeper = Running::start(proxy.url(), key(&fixture, 0), &["--economy", &economy]);
    keeper.wait("state", 1);
    end_period(&fixture);
    // then it goes with what it needs in front, at once
    let cranked = keeper.wait("cranked", 1);
    let topped_up = keeper.wait("topped_up", 1);
    assert_eq!(topped_up[0]["signature"], cranked[0]["signature"]);
    assert_eq!(proxy.seen("simulateTransaction"), 2);
    // and one that is not refused goes alone
    end_period(&fixture);
    let alone = keeper.wait("cranked", 2);
    assert_eq!(keeper.of("topped_up").len(), 1);
    let units = |line: &Value| line["compute_units"].as_u64().unwrap();
    assert!(
        units(&cranked[0]) > units(&alone[1]),
        "{cranked:?} {alone:?}"
    );
    keeper.no_errors();
}
