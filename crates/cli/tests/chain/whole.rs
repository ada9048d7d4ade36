//! What the program allows, a command does: the parts of an economy, its end, and what a wallet
//! takes back.

use homeostat::state::FeedSettings;
use homeostat_client::{
    address, Action, Ballot, Economy, Funding, Life, Parameter, Position, Pubkey, Tunable,
};
use homeostat_sandbox::world::TOKEN;
use homeostat_sandbox::{TokenProgram, WorldSpec};
use homeostat_served::Fixture;
use solana_account::AccountSharedData;

use crate::common::{run, Said};

const DAY: i64 = 86_400;

/// Runs words with a key; they have to go through.
fn done(fixture: &Fixture, key: &str, words: &[&str]) -> Said {
    let said = run(fixture, &[words, &["--keypair", key]].concat());
    assert_eq!(said.code, 0, "{words:?}\n{}\n{}", said.stdout, said.stderr);
    said
}

/// Runs words with a key; they are refused like this.
fn refused(fixture: &Fixture, key: &str, words: &[&str], code: i32, error: &str) -> String {
    let said = run(fixture, &[words, &["--keypair", key]].concat());
    let found = (said.code, said.error());
    assert_eq!(
        found,
        (code, error.to_owned()),
        "{words:?}\n{}",
        said.stdout
    );
    let remedy = said.json()["error"]["remedy"].clone();
    assert!(
        remedy.as_str().is_some_and(|text| text.len() > 10),
        "{words:?}"
    );
    said.stdout
}

fn wallet(fixture: &Fixture, number: usize) -> String {
    fixture.wallets[number].file.display().to_string()
}

fn creator(fixture: &Fixture) -> String {
    fixture.creator.file.display().to_string()
}

fn economy(fixture: &Fixture) -> Box<Economy> {
    fixture.served.with(async |world| world.economy().await)
}

fn data(fixture: &Fixture, address: Pubkey) -> Option<Vec<u8>> {
    let read = async move |world: &mut homeostat_sandbox::World| world.bank.data(&address).await;
    fixture.served.with(read)
}

fn enact(fixture: &Fixture, actions: Vec<Action>) {
    fixture.served.with(async move |world| {
        world.enact(actions).await.expect("it is decided");
    });
}

#[test]
fn a_wallet_changes_its_mind_leaves_and_takes_its_rent_back() {
    // given a wallet that has five tokens staked, and asks for two of them
    let fixture = Fixture::live();
    let key = wallet(&fixture, 0);
    done(&fixture, &key, &["stake", "5"]);
    done(&fixture, &key, &["unstake", "2"]);
    let owner = fixture.wallets[0].pubkey();
    let pool = fixture.at.pool(&fixture.at.mint);
    let place = address::position(&pool, &owner);
    let position = || {
        let read = async move |world: &mut homeostat_sandbox::World| {
            world.bank.fetch::<Position>(&place).await
        };
        fixture.served.with(read)
    };
    assert_eq!(position().amount, 3 * TOKEN);
    // when it takes that back, then they are staked again
    let listed = refused(&fixture, &key, &["cancel-unstake", "9"], 1, "no_ticket");
    assert!(listed.contains("0 (2 tokens)"), "{listed}");
    done(&fixture, &key, &["cancel-unstake", "0"]);
    assert_eq!(position().amount, 5 * TOKEN);
    // A position that is not empty is not closed.
    refused(&fixture, &key, &["close-position"], 4, "refused");
    assert_eq!(position().amount, 5 * TOKEN);
    // when it leaves, then the position is gone, and the tokens are back
    done(&fixture, &key, &["unstake", "ALL"]);
    let wait = i64::from(economy(&fixture).limits.unbonding) + 3_600;
    fixture.served.advance(wait);
    done(&fixture, &key, &["withdraw"]);
    let rich = fixture.balance(0);
    done(&fixture, &key, &["close-position"]);
    assert_eq!(data(&fixture, place), None);
    assert!(rich >= 1_000_000 * TOKEN);
    refused(&fixture, &key, &["close-position"], 1, "no_position");
}

#[test]
fn a_ballots_rent_comes_back_once_its_proposal_is_final() {
    // given a staker who votes against a proposal
    let fixture = Fixture::live();
    let key = wallet(&fixture, 0);
    done(&fixture, &key, &["stake", "500000"]);
    fixture.served.advance(3_600);
    let id = fixture.served.with(async |world| {
        let action = Action::Tune {
            parameter: Parameter::Emission,
            field: Tunable::Setpoint,
            expected_q48: homeostat_client::governance::q48(0.60),
            value_q48: homeostat_client::governance::q48(0.20),
            over_seconds: 0,
        };
        world.queue(vec![action]).await.expect("it is queued")
    });
    refused(&fixture, &key, &["close-ballot", "0"], 1, "no_ballot");
    done(&fixture, &key, &["ballot", "0"]);
    let owner = fixture.wallets[0].pubkey();
    let place = address::ballot(&id.address(&fixture.at.economy), id.index, &owner);
    assert!(data(&fixture, place).is_some());
    // when the proposal is open, then the ballot stays
    refused(&fixture, &key, &["close-ballot", "0"], 4, "refused");
    assert!(data(&fixture, place).is_some());
    // when it is final, then anybody closes it, and its rent goes to the voter
    let guardian = fixture.guardian.file.display().to_string();
    let final_already = run(&fixture, &["proposals", "0"]).json();
    if final_already["proposals"][0]["state"] == "queued" {
        done(&fixture, &guardian, &["veto", "0"]);
    }
    let lamports = |fixture: &Fixture| {
        fixture
            .served
            .with(async move |world| world.bank.lamports(&owner).await)
    };
    let before = lamports(&fixture);
    let name = owner.to_string();
    let words = ["close-ballot", "0", "--owner", &name];
    done(&fixture, &wallet(&fixture, 1), &words);
    assert_eq!(data(&fixture, place), None);
    let rent = solana_program::rent::Rent::default().minimum_balance(Ballot::SPACE);
    assert_eq!(lamports(&fixture) - before, rent);
}

#[test]
fn a_draft_gets_its_parts_and_is_given_up() {
    // given a Draft, and a pool of an AMM
    let fixture = Fixture::of(WorldSpec {
        draft: true,
        ..WorldSpec::default()
    });
    let key = creator(&fixture);
    let stake = fixture.served.with(async |world| {
        let mint = world.at.mint;
        world.bank.create_amm(&mint, TokenProgram::Legacy).await
    });
    let before = economy(&fixture);
    // when the creator adds parts
    let (mint, vault) = (stake.mint.to_string(), stake.amm_vault.unwrap().to_string());
    let pool = [
        "create-pool",
        "--pool",
        &mint,
        "--amm-vault",
        &vault,
        "--weight",
        "3",
    ];
    refused(&fixture, &wallet(&fixture, 0), &pool, 4, "refused");
    done(&fixture, &key, &pool);
    done(&fixture, &key, &["create-meter"]);
    let reporters: Vec<String> = fixture
        .members
        .iter()
        .map(|it| it.pubkey().to_string())
        .collect();
    let feed = [
        "create-feed",
        "--label",
        "USD",
        "--reporter",
        &reporters[0],
        "--reporter",
        &reporters[1],
        "--reporter",
        &reporters[2],
        "--max-spread",
        "0.02",
        "--max-age",
        "7200",
    ];
    done(&fixture, &key, &feed);
    let long = [
        "create-feed",
        "--label",
        "a label that is too long",
        "--reporter",
        &reporters[0],
    ];
    refused(&fixture, &key, &long, 2, "bad_feed");
    // then the Draft has them, with what was said
    let after = economy(&fixture);
    assert_eq!(after.pool_count, before.pool_count + 1);
    assert_eq!(after.meter_count, before.meter_count + 1);
    assert_eq!(after.feed_count, 1);
    let feed = fixture.served.with(async |world| world.feed(0).await);
    assert_eq!((feed.reporter_count, feed.quorum), (3, 2));
    assert_eq!((feed.max_spread_ppm, feed.max_age), (20_000, 7_200));
    assert_eq!(&feed.label[..4], b"USD\0");
    // What is for later is refused with what comes first.
    for words in [&["wind-up"][..], &["dissolve"], &["hand-over-mint"]] {
        refused(&fixture, &key, words, 1, "not_retired");
    }
    refused(&fixture, &wallet(&fixture, 0), &["close"], 4, "refused");
    // when it is given up, then nothing is left of it
    done(&fixture, &key, &["close"]);
    for place in [
        fixture.at.economy,
        fixture.at.log,
        fixture.at.feed(0),
        fixture.at.meter(1),
    ] {
        assert_eq!(data(&fixture, place), None, "{place}");
    }
}

/// An economy with two reporters' feed and a liquidity pool.
fn reported() -> (Fixture, Vec<String>) {
    let keys: Vec<_> = (40..42)
        .map(|seed| solana_keypair::Keypair::new_from_array([seed; 32]))
        .collect();
    let settings = FeedSettings {
        label: [b'U'; 16],
        reporters: keys.iter().map(solana_signer::Signer::pubkey).collect(),
        quorum: 2,
        max_spread_ppm: 50_000,
        max_age: 3_600,
    };
    let fixture = Fixture::of(WorldSpec {
        feeds: vec![Some(settings)],
        liquidity: vec![1],
        ..WorldSpec::default()
    });
    let mut files = Vec::new();
    for (number, key) in keys.iter().enumerate() {
        let address = solana_signer::Signer::pubkey(key);
        fixture
            .served
            .with(async move |world| world.bank.airdrop(&address, 1_000_000_000).await);
        let file = fixture.folder().join(format!("reporter-{number}.json"));
        solana_keypair::write_keypair_file(key, &file).unwrap();
        files.push(file.display().to_string());
    }
    (fixture, files)
}

#[test]
fn reporters_report_and_anybody_measures_and_grows() {
    // given a live economy with a feed and a liquidity pool
    let (fixture, reporters) = reported();
    let feed = || fixture.served.with(async |world| world.feed(0).await);
    // when a reporter tells a value twice, then the feed has the later one
    let now = fixture.served.now();
    done(&fixture, &reporters[0], &["report-feed", "0", "1.25"]);
    done(&fixture, &reporters[0], &["report-feed", "0", "1.5"]);
    let told = feed().reporters[0];
    assert_eq!(told.sequence, 2);
    assert_eq!(told.value.get().to_bits(), 3 << 47);
    assert!(told.observed_at >= now);
    // Somebody else, another feed, no value and an old observation are refused, and nothing is told.
    let stranger = wallet(&fixture, 0);
    refused(
        &fixture,
        &stranger,
        &["report-feed", "0", "2"],
        1,
        "not_a_reporter",
    );
    refused(
        &fixture,
        &reporters[0],
        &["report-feed", "3", "2"],
        1,
        "no_feed",
    );
    refused(
        &fixture,
        &reporters[0],
        &["report-feed", "0", "0"],
        4,
        "refused",
    );
    let old = (now - 100_000).to_string();
    let words = ["report-feed", "0", "2", "--observed-at", &old];
    refused(&fixture, &reporters[1], &words, 4, "refused");
    assert_eq!(feed().reporters[0], told);
    assert_eq!(feed().reporters[1].sequence, 0);
    // when anybody touches the pool, then its depth is measured
    fixture.served.advance(DAY);
    let mint = fixture.served.with(async |world| world.pools[1].mint);
    let pool = mint.to_string();
    let touches = || {
        fixture
            .served
            .with(async |world| world.pool(1).await)
            .touches
    };
    let before = touches();
    done(&fixture, &stranger, &["touch-pool", "--pool", &pool]);
    assert_eq!(touches(), before + 1);
    refused(
        &fixture,
        &stranger,
        &["touch-pool", "--pool", &pool],
        4,
        "refused",
    );
    let native = fixture.at.mint.to_string();
    refused(
        &fixture,
        &stranger,
        &["touch-pool", "--pool", &native],
        1,
        "no_depth",
    );
    // when anybody pays for it, then the logs hold more
    for (words, log) in [
        (&["grow-log", "5"][..], fixture.at.log),
        (&["grow-log", "5", "--audit"], fixture.at.audit),
    ] {
        let size = data(&fixture, log).unwrap().len();
        done(&fixture, &stranger, words);
        assert!(data(&fixture, log).unwrap().len() > size);
    }
    refused(&fixture, &stranger, &["grow-log", "21"], 2, "usage");
    // What is of the present layout is not migrated; a Draft is not there to be given up.
    refused(&fixture, &stranger, &["migrate"], 4, "refused");
    refused(&fixture, &creator(&fixture), &["close"], 1, "not_a_draft");
    // Somebody may be in the pool, which has weight, so it is not closed.
    refused(
        &fixture,
        &stranger,
        &["close-pool", "--pool", &pool],
        4,
        "refused",
    );
}

#[test]
fn what_a_proposal_allowed_anybody_creates() {
    // given a live economy that allows nothing
    let fixture = Fixture::live();
    let key = wallet(&fixture, 0);
    for words in [&["create-pool"][..], &["create-meter"], &["create-feed"]] {
        refused(&fixture, &key, words, 1, "not_allowed");
    }
    // when a proposal allows a pool, a meter and a feed
    let stake = fixture.served.with(async |world| {
        let mint = world.at.mint;
        world.bank.create_amm(&mint, TokenProgram::Legacy).await
    });
    enact(
        &fixture,
        vec![
            Action::AllowMeters { count: 1 },
            Action::AllowFeeds { count: 1 },
            Action::AllowPool {
                stake_mint: stake.mint,
                amm_vault: stake.amm_vault.unwrap(),
                weight: 2,
            },
        ],
    );
    // then anybody creates them, without naming what the proposal says
    let before = economy(&fixture);
    let words = [
        "create-feed",
        "--label",
        "USD",
        "--reporter",
        &stake.mint.to_string(),
    ];
    refused(&fixture, &key, &words, 1, "not_a_draft");
    for words in [&["create-pool"][..], &["create-meter"], &["create-feed"]] {
        done(&fixture, &key, words);
    }
    let after = economy(&fixture);
    assert_eq!(after.pool_count, before.pool_count + 1);
    assert_eq!(after.meter_count, before.meter_count + 1);
    assert_eq!(after.feed_count, before.feed_count + 1);
    for words in [&["create-pool"][..], &["create-meter"], &["create-feed"]] {
        refused(&fixture, &key, words, 1, "not_allowed");
    }
}

#[test]
fn a_sponsor_recalls_after_its_notice_what_nobody_was_promised() {
    // given an economy that a sponsor funded
    let sponsor = solana_keypair::Keypair::new_from_array([77; 32]);
    let address = solana_signer::Signer::pubkey(&sponsor);
    let fixture = Fixture::of(WorldSpec {
        funding: Funding::Funded,
        sponsor: Some(address),
        funds: 100_000_000 * TOKEN,
        ..WorldSpec::default()
    });
    fixture
        .served
        .with(async move |world| world.bank.airdrop(&address, 1_000_000_000).await);
    let file = fixture.folder().join("sponsor.json");
    solana_keypair::write_keypair_file(&sponsor, &file).unwrap();
    let key = file.display().to_string();
    let stranger = wallet(&fixture, 0);
    // when somebody else recalls, or nothing was announced, then it is refused
    refused(
        &fixture,
        &stranger,
        &["announce-recall", "5"],
        1,
        "not_the_sponsor",
    );
    refused(&fixture, &key, &["recall"], 1, "nothing_announced");
    done(&fixture, &key, &["announce-recall", "1000"]);
    assert_eq!(economy(&fixture).recall, 1_000 * TOKEN);
    let early = refused(&fixture, &key, &["recall"], 1, "too_early");
    assert!(early.contains("29 d") || early.contains("30 d"), "{early}");
    // when the notice is over, then the sponsor has them
    fixture.served.advance(30 * DAY);
    done(&fixture, &key, &["recall"]);
    let (mint, program) = (fixture.at.mint, economy(&fixture).token_program);
    let tokens = homeostat_chain::live::associated(&address, &mint, &program);
    let balance = fixture
        .served
        .with(async move |world| world.bank.balance(&tokens).await);
    assert_eq!(balance, 1_000 * TOKEN);
    // An economy without a sponsor has nothing to recall.
    let other = Fixture::live();
    refused(&other, &wallet(&other, 0), &["recall"], 1, "no_sponsor");
}

#[test]
fn a_retired_economy_is_wound_up_and_dissolved() {
    // given an economy that its council retires, with the mint authority for a successor
    let fixture = Fixture::live();
    let successor = fixture.wallets[0].pubkey();
    enact(
        &fixture,
        vec![Action::Retire {
            successor: Some(successor),
        }],
    );
    assert_eq!(economy(&fixture).life, Life::Retired as u8);
    let (key, stranger) = (wallet(&fixture, 0), wallet(&fixture, 1));
    // when the mint authority is offered, then the successor takes it, and nobody else
    refused(&fixture, &stranger, &["hand-over-mint"], 4, "refused");
    done(&fixture, &key, &["hand-over-mint"]);
    let mint = fixture.at.mint;
    let authority = fixture
        .served
        .with(async move |world| world.bank.mint(&mint).await)
        .mint_authority;
    assert_eq!(authority, Some(successor).into());
    // when what nobody is owed is paid out, then the economy can be dissolved
    done(&fixture, &stranger, &["wind-up"]);
    let vault = fixture.at.reward_vault;
    let left = fixture
        .served
        .with(async move |world| world.bank.balance(&vault).await);
    assert_eq!(left, 0);
    // The treasury's tokens belong to somebody, and the council pays them first.
    let treasury = fixture.at.treasury_vault;
    let held = fixture
        .served
        .with(async move |world| world.bank.balance(&treasury).await);
    assert!(held > 0);
    refused(&fixture, &stranger, &["dissolve"], 4, "refused");
    assert!(data(&fixture, fixture.at.economy).is_some());
}

#[test]
fn an_economy_that_is_empty_is_dissolved() {
    // given a retired economy that a sponsor funded
    let sponsor = Pubkey::new_from_array([78; 32]);
    let fixture = Fixture::of(WorldSpec {
        funding: Funding::Funded,
        sponsor: Some(sponsor),
        funds: 1_000 * TOKEN,
        ..WorldSpec::default()
    });
    enact(&fixture, vec![Action::Retire { successor: None }]);
    let key = wallet(&fixture, 0);
    // when its funds are still there, then it is not dissolved
    refused(&fixture, &key, &["dissolve"], 4, "refused");
    // when they are paid to the sponsor, whose account is made for that, then it is
    done(&fixture, &key, &["wind-up"]);
    let (mint, program) = (fixture.at.mint, economy(&fixture).token_program);
    let tokens = homeostat_chain::live::associated(&sponsor, &mint, &program);
    let paid = fixture
        .served
        .with(async move |world| world.bank.balance(&tokens).await);
    assert_eq!(paid, 1_000 * TOKEN);
    done(&fixture, &key, &["dissolve"]);
    for place in [
        fixture.at.economy,
        fixture.at.council,
        fixture.at.reward_vault,
    ] {
        assert_eq!(data(&fixture, place), None, "{place}");
    }
}

#[test]
fn a_vault_that_is_short_stops_the_economy() {
    // given an economy whose vaults hold what is owed
    let fixture = Fixture::live();
    let key = wallet(&fixture, 0);
    done(&fixture, &key, &["stake", "5"]);
    refused(&fixture, &key, &["trip-breaker"], 1, "solvent");
    assert_eq!(economy(&fixture).tripped, 0);
    // when the principal vault of the native pool is robbed
    let pool = fixture.at.pool(&fixture.at.mint);
    let vault = address::principal_vault(&pool);
    fixture.served.with(async move |world| {
        let mut account: AccountSharedData = world.bank.account(&vault).await.expect("a vault");
        let mut data = solana_account::ReadableAccount::data(&account).to_vec();
        data[64..72].copy_from_slice(&(4 * TOKEN).to_le_bytes());
        account.set_data_from_slice(&data);
        world.bank.set_account(&vault, &account);
    });
    // then anybody stops the economy, and is told which vault it is
    let said = done(&fixture, &key, &["trip-breaker"]);
    assert!(
        said.stdout.contains("principal vault of pool 0"),
        "{}",
        said.stdout
    );
    assert_ne!(economy(&fixture).tripped, 0);
}
