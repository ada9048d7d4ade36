//! What people are shown: everything about an economy in four requests, a Draft as it is set, what
//! a transaction would change in their own words, flags and figures with their meaning.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use homeostat_chain::Connection;
use homeostat_client::{governance, Action, Parameter, Tunable};
use homeostat_sandbox::world::WEEK;
use homeostat_served::{Fixture, Proxy};
use solana_commitment_config::CommitmentConfig;

use crate::common::{bare, counted, run, run_at, text};
use crate::founder::Founder;

/// A stake, a payment, an open proposal, and a pause of an hour.
fn lived() -> Fixture {
    let fixture = Fixture::live();
    let key = fixture.wallets[0].file.display().to_string();
    let guardian = fixture.guardian.file.display().to_string();
    let to = fixture.wallets[1].pubkey().to_string();
    for words in [
        &["stake", "12345.5", "--keypair", &key][..],
        &["pay", &to, "1000", "--keypair", &key],
        &["unstake", "45.5", "--keypair", &key],
        &[
            "pause",
            "pay",
            "1h",
            "--reason",
            "incident",
            "--keypair",
            &guardian,
        ],
    ] {
        let said = run(&fixture, words);
        assert_eq!(said.code, 0, "{words:?}\n{}\n{}", said.stdout, said.stderr);
    }
    fixture.served.with(async |world| {
        let action = Action::Tune {
            parameter: Parameter::Emission,
            field: Tunable::Setpoint,
            expected_q48: governance::q48(0.60),
            value_q48: governance::q48(0.59),
            over_seconds: 0,
        };
        world.propose(vec![action]).await.expect("a proposal");
    });
    fixture
}

/// What may be asked at all.
const METHODS: [&str; 10] = [
    "getGenesisHash",
    "getMultipleAccounts",
    "getAccountInfo",
    "getProgramAccounts",
    "getVersion",
    "getSlot",
    "getBalance",
    "getLatestBlockhash",
    "getMinimumBalanceForRentExemption",
    "simulateTransaction",
];

#[test]
fn status_and_proposals_ask_four_times_whatever_they_show() {
    // given an economy with everything that is shown, behind a server that counts
    let fixture = lived();
    let (url, bytes) = counted(fixture.served.url());
    let owner = fixture.wallets[0].pubkey().to_string();
    // and what one getAccountInfo of the economy costs there
    let within = Duration::from_secs(60);
    let connection =
        Connection::open_within(&url, CommitmentConfig::confirmed(), within).expect("it answers");
    let mark = bytes.load(Ordering::Relaxed);
    let economy = fixture.at.economy;
    let one = connection.account_head(&economy, usize::MAX >> 1);
    assert!(one.expect("it answers").is_some());
    let one = bytes.load(Ordering::Relaxed) - mark;
    // when it is looked at, then exactly these are the requests, and the bytes stay few
    for (words, asked) in [
        (&["status"][..], [1, 2, 1, 0]),
        (&["status", "--owner", &owner], [1, 2, 1, 0]),
        (&["proposals"], [1, 2, 0, 1]),
    ] {
        let proxy = Proxy::start(&url);
        let mark = bytes.load(Ordering::Relaxed);
        let said = run_at(&fixture, proxy.url(), words);
        assert_eq!(said.code, 0, "{}", said.stdout);
        let mut seen = METHODS.map(|method| proxy.seen(method)).to_vec();
        assert_eq!(seen.split_off(asked.len()), [0; 6], "{words:?}");
        assert_eq!(seen, asked, "{words:?}");
        let cost = bytes.load(Ordering::Relaxed) - mark;
        assert!(cost < one * 3, "{words:?}: {cost} bytes, one account {one}");
    }
}

/// How long `status` and `proposals` take beside one `getAccountInfo`.
#[test]
#[ignore = "a measurement"]
fn how_long_a_look_takes() {
    let fixture = lived();
    let url = fixture.served.url();
    let connection =
        Connection::open_within(url, CommitmentConfig::confirmed(), Duration::from_secs(60))
            .expect("it answers");
    let median = |mut look: Box<dyn FnMut() + '_>| {
        let mut all: Vec<Duration> = (0..21)
            .map(|_| {
                let begin = Instant::now();
                look();
                begin.elapsed()
            })
            .collect();
        all.sort();
        all[all.len() / 2]
    };
    let economy = fixture.at.economy;
    let one = median(Box::new(|| {
        connection.account(&economy).expect("it answers");
    }));
    println!("one account: {one:.1?}");
    for words in [["status"], ["proposals"], ["--version"]] {
        let took = median(Box::new(|| {
            bare(&fixture, url, &words, "json");
        }));
        println!(
            "{}: {took:.1?}, {:.1} times one account",
            words[0],
            took.as_secs_f64() / one.as_secs_f64()
        );
    }
}

#[test]
fn status_shows_people_vaults_and_what_is_left() {
    // given an economy that lives
    let fixture = lived();
    let owner = fixture.wallets[0].pubkey().to_string();
    // when it is looked at as data
    let status = run(&fixture, &["status", "--owner", &owner]).json();
    // then council, guardian, vaults, split, budget and wallet are there
    let council = &status["council"];
    assert_eq!(council["threshold"], 2);
    assert_eq!(council["members"].as_array().unwrap().len(), 3);
    assert_eq!(council["open_proposals"], 1);
    let guardian = fixture.guardian.pubkey().to_string();
    assert_eq!(council["guardian"]["key"], guardian);
    assert_eq!(council["advisor"], serde_json::Value::Null);
    assert_eq!(status["treasury"]["balance"]["base_units"], "0");
    let split = &status["fee_split"];
    let part = |name: &str| split[name].as_str().unwrap().parse::<f64>().unwrap();
    let whole = part("burned") + part("stakers") + part("treasury");
    assert!((whole - 1.0).abs() < 1e-9, "{split}");
    let pay = &status["pause_budget"][1];
    assert_eq!(
        (&pay["section"], &pay["left_seconds"]),
        (&"pay".into(), &255_600.into())
    );
    let now = status["now"].as_i64().unwrap();
    // An hour comes back in ten hours.
    let full = pay["full_at"].as_i64().unwrap() - now;
    assert!((35_900..=36_100).contains(&full), "{full}");
    assert!(status["pause_budget"][0]["full_at"].is_null());
    assert!(status["unbonding_seconds"].as_u64() > Some(0));
    assert_eq!(status["wallet"]["address"], owner);
    let tokens = status["wallet"]["tokens"]["base_units"].as_str().unwrap();
    assert_eq!(tokens.parse::<u64>().unwrap(), fixture.balance(0));

    // and a person reads per cent, separators, dates with how far away they are
    let shown = text(&fixture, &["status", "--owner", &owner]).stdout;
    for words in [
        "2 of 3 members approve; 1 proposal is open",
        ": pauses and vetoes",
        "12,300 staked, 0 ",
        "45.5 (ticket 0): ",
        "PAUSED       pay until 2026-",
        " UTC (in 7 d)",
        "left for pay 2 d 23 h, all of it ",
        "60 %",
        "in the vault that claims are paid from",
        "SOL a crank",
    ] {
        assert!(shown.contains(words), "`{words}` is missing:\n{shown}");
    }
    assert!(!shown.contains("1970"), "{shown}");
}

#[test]
fn a_draft_shows_what_it_is_set_to_and_what_is_missing_in_order() {
    // given a Draft whose people have not accepted and whose mint the founder holds
    let founder = Founder::new();
    let made = founder.create(&[]);
    assert_eq!(made.code, 0, "{}", made.stdout);
    let economy = founder.at.economy.to_string();
    let words = ["status", "--economy", &economy];
    // when it is looked at, then supply and values are those that it will have
    let status = run(&founder.fixture, &words).json();
    assert_eq!(status["supply"]["tokens"], "1000000");
    assert!(status["circulating"].is_null() && status["next_crank_at"].is_null());
    let emission = status["parameters"][0]["value"].as_str().unwrap();
    assert!(emission.parse::<f64>().unwrap() > 0.0, "{emission}");
    assert!(status["parameters"][0]["measured"].is_null());
    // and what is missing comes in the order in which it is done
    let missing = status["before_go_live"].as_array().unwrap();
    let last = missing.last().unwrap().as_str().unwrap();
    assert!(
        missing.len() >= 3 && last.contains("mint authority"),
        "{missing:#?}"
    );
    let shown = text(&founder.fixture, &words).stdout;
    for words in [
        "starts at",
        "before it goes live, in this order:",
        "  1. ",
        "`homeostat accept-role member`",
        "`homeostat go-live --economy",
        "1,000,000 ",
    ] {
        assert!(shown.contains(words), "`{words}` is missing:\n{shown}");
    }
    assert!(!shown.contains("1970"), "{shown}");
    // and an explanation says where it starts
    let explain = ["explain", "emission", "--economy", &economy];
    let why = text(&founder.fixture, &explain).stdout;
    assert!(why.starts_with("emission starts at "), "{why}");
    assert!(
        why.contains("create-economy") && !why.contains("1970"),
        "{why}"
    );
    let told = run(&founder.fixture, &explain).json();
    assert_eq!(told["decision"]["u"], emission);
    // when everybody has accepted, then one thing is left
    founder.accept();
    let status = run(&founder.fixture, &words).json();
    assert_eq!(status["before_go_live"].as_array().unwrap().len(), 1);
    assert_eq!(founder.go_live(&["--hand-over-mint"]).code, 0);
    let status = run(&founder.fixture, &words).json();
    assert_eq!(status["before_go_live"], serde_json::json!([]));
    // and what it starts with is what was shown
    assert_eq!(status["parameters"][0]["value"], emission);
}

#[test]
fn a_simulation_speaks_of_what_people_have() {
    // given a wallet that would pay another one
    let fixture = Fixture::live();
    let key = fixture.wallets[0].file.display().to_string();
    let to = fixture.wallets[1].pubkey().to_string();
    let pay = ["pay", &to, "1000", "--simulate", "--keypair", &key];
    // when it is tried out, then both sides and the fee are told, old and new
    let shown = text(&fixture, &pay).stdout;
    for words in [
        "  your tokens: 1,000,000 -> 999,000",
        &format!("  tokens of {to}: 1,000,000 -> 1,000,"),
        "fees not collected yet, for the stakers: 0 -> ",
        "  your SOL: ",
        "every field of the accounts: add -v",
    ] {
        assert!(shown.contains(words), "`{words}` is missing:\n{shown}");
    }
    // and the raw fields come with -v alone, and in JSON
    assert!(!shown.contains("pending_stakers"), "{shown}");
    let raw = text(&fixture, &[&pay[..], &["-v"]].concat()).stdout;
    assert!(raw.contains("pending_stakers: 0 -> "), "{raw}");
    let told = run(&fixture, &pay).json();
    let simulated = &told["outcome"]["simulated"];
    assert_eq!(simulated["effects"][0]["what"], "your tokens");
    assert!(!simulated["changes"].as_array().unwrap().is_empty());
    // and a stake is told as what the wallet has staked
    let stake = text(&fixture, &["stake", "10", "--simulate", "--keypair", &key]).stdout;
    assert!(stake.contains("  your stake: - -> 10\n"), "{stake}");
}

#[test]
fn flags_are_explained_where_they_are_printed_and_json_has_no_noise() {
    // given a period that has ended
    let fixture = Fixture::live();
    let key = fixture.wallets[0].file.display().to_string();
    assert_eq!(
        run(&fixture, &["stake", "500000", "--keypair", &key]).code,
        0
    );
    fixture.served.advance(WEEK);
    assert_eq!(run(&fixture, &["crank", "--keypair", &key]).code, 0);
    // when decisions are printed, then every flag has a sentence below
    let preview = run(&fixture, &["preview"]).json();
    let shown = text(&fixture, &["preview"]).stdout;
    let mut flags = 0;
    for decision in preview["decisions"].as_array().unwrap() {
        for flag in decision["flags"].as_array().unwrap() {
            flags += 1;
            let flag = flag.as_str().unwrap();
            let line = shown
                .lines()
                .find(|line| line.starts_with(&format!("  {flag} ")));
            let line = line.unwrap_or_else(|| panic!("{flag}:\n{shown}"));
            assert!(line.len() > flag.len() + 25, "{line}");
        }
        // and no figure has more digits than mean something
        for (name, value) in decision.as_object().unwrap() {
            if let Some((_, part)) = value.as_str().and_then(|text| text.split_once('.')) {
                assert!(part.len() <= 12, "{name}: {value}");
            }
        }
    }
    assert!(flags > 0, "{preview:#}");
}

#[test]
fn a_length_of_time_is_written_either_way() {
    let fixture = Fixture::live();
    let guardian = fixture.guardian.file.display().to_string();
    let what = |time: &str| {
        let words = ["pause", "pay", time, "--reason", "incident", "--simulate"];
        let said = run(&fixture, &[&words[..], &["--keypair", &guardian]].concat());
        assert_eq!(said.code, 0, "{}", said.stdout);
        said.json()["what"].clone()
    };
    assert_eq!(what("5400"), what("1h30m"));
    assert!(what("1h 30m").as_str().unwrap().contains("for 1 h 30 min"));
    // and what could mean something else is wrong usage
    for (time, why) in [
        ("1.5h", "is no length of time"),
        ("1 month", "write seconds"),
    ] {
        let words = ["pause", "pay", time, "--reason", "incident"];
        let said = run(&fixture, &words);
        assert_eq!((said.code, said.error().as_str()), (2, "usage"));
        assert!(said.stdout.contains(why), "{}", said.stdout);
    }
    let said = run(&fixture, &["status", "--rpc-timeout", "2h"]);
    assert!(
        said.stdout.contains("is 2 h; it can be 1 s to 10 min"),
        "{}",
        said.stdout
    );
}
