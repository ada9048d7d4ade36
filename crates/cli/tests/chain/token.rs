//! A founder's way from nothing: a token, an economy file, an economy that is live.

use std::fs;
use std::path::PathBuf;

use homeostat_client::{EconomyAddresses, Life, Pubkey};
use homeostat_sandbox::{MintSpec, TokenProgram, World};
use serde_json::Value;
use solana_signer::Signer;

use crate::common::{bare, Said};
use crate::founder::{Founder, Token, SOL, TOKEN};
use crate::schema::check_schema;

fn run(founder: &Founder, words: &[&str]) -> Said {
    let key = founder.key.display().to_string();
    let words = [words, &["--keypair", &key]].concat();
    let said = bare(
        &founder.fixture,
        founder.fixture.served.url(),
        &words,
        "json",
    );
    if said.code == 0 {
        check_schema(&words[..2].join("-"), &said.json());
    }
    said
}

fn done(said: Said) -> Value {
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
    said.json()
}

fn address(value: &Value) -> Pubkey {
    value.as_str().expect("a text").parse().expect("an address")
}

const USUAL: [&str; 8] = [
    "token",
    "create",
    "--name",
    "Our token",
    "--symbol",
    "OUR",
    "--supply",
    "1000000",
];

#[test]
fn a_token_that_is_created_becomes_an_economy_that_lives() {
    for (program, more) in [("token-2022", &USUAL[2..6]), ("spl-token", &[][..])] {
        // Given a founder with SOL, who tries a token out first,
        let mut founder = Founder::new();
        let create = [
            "token",
            "create",
            "--token-program",
            program,
            "--supply",
            "1000000",
        ];
        let create = [&create[..], more].concat();
        let held = founder.lamports();
        let tried = done(run(&founder, &[&create[..], &["--simulate"]].concat()));
        assert!(tried["outcome"]["simulated"].is_object(), "{tried:#}");
        assert_eq!(founder.lamports(), held);
        // when it is created, then nobody can freeze it, and an economy would take it;
        let made = done(run(&founder, &create));
        let mint = address(&made["mint"]);
        let shown = done(run(&founder, &["token", "show", &mint.to_string()]));
        assert_eq!(shown["accepted"], true, "{shown:#}");
        assert_eq!(shown["freeze_authority"], Value::Null);
        assert_eq!(shown["supply"]["tokens"], "1000000");
        let spent = held - founder.lamports();
        let rent = made["rent_lamports"].as_u64().expect("lamports");
        assert!(spent <= rent + 100_000, "{spent} of {rent}");
        if program == "token-2022" {
            assert_eq!(shown["metadata"], made["metadata"]);
            assert_eq!(shown["metadata"]["symbol"], "OUR");
        } else {
            assert_eq!(shown["metadata"], Value::Null);
        }
        // when its file is written from answers, tried out and created, then it goes live.
        let creator = founder.address();
        founder.mint = mint;
        founder.at = EconomyAddresses::new(&mint, &creator);
        let file = founder.file();
        fs::remove_file(&file).unwrap();
        let people: Vec<String> = founder
            .fixture
            .members
            .iter()
            .map(|it| it.pubkey().to_string())
            .collect();
        let (members, guardian) = (
            people.join(","),
            founder.fixture.guardian.pubkey().to_string(),
        );
        let (shown_file, mint) = (file.display().to_string(), mint.to_string());
        let words = [
            "init",
            &shown_file,
            "--yes",
            "--mint",
            &mint,
            "--members",
            &members,
            "--guardian",
            &guardian,
            "--no-simulation",
            "--turnover",
            "8",
        ];
        let said = bare(
            &founder.fixture,
            founder.fixture.served.url(),
            &words,
            "json",
        );
        let written = done(said);
        check_schema("init", &written);
        assert_eq!(written["council"], true);
        let tried = founder.create(&["--simulate"]);
        assert_eq!(tried.code, 0, "{}{}", tried.stdout, tried.stderr);
        let created = founder.create(&[]);
        assert_eq!(created.code, 0, "{}{}", created.stdout, created.stderr);
        founder.accept();
        let live = founder.go_live(&["--hand-over-mint"]);
        assert_eq!(live.code, 0, "{}{}", live.stdout, live.stderr);
        assert_eq!(founder.economy().unwrap().life, Life::Live as u8);
    }
}

#[test]
fn fo2_what_is_there_is_told_and_neither_a_key_nor_a_token_is_made_twice() {
    let founder = Founder::new();
    let file: PathBuf = founder.fixture.folder().join("mint.json");
    let key = file.display().to_string();
    let create = [&USUAL[..], &["--mint-keypair", &key]].concat();
    // Given a token whose key was written to a file,
    let made = done(run(&founder, &create));
    let mint = made["mint"].as_str().expect("an address").to_owned();
    let written = fs::read(&file).unwrap();
    let own = homeostat_chain::signer::read_key(&key).unwrap();
    assert_eq!(own.pubkey().to_string(), mint);
    // when the same is run again, then it says what is there, and sends nothing;
    let held = founder.lamports();
    let again = run(&founder, &create);
    assert_eq!(
        (again.code, again.error()),
        (1, "mint_exists".into()),
        "{}",
        again.stdout
    );
    for word in [
        mint.as_str(),
        "6 decimals",
        "1,000,000 tokens",
        "Token-2022",
    ] {
        assert!(again.stdout.contains(word), "{word}: {}", again.stdout);
    }
    assert_eq!(
        (founder.lamports(), fs::read(&file).unwrap()),
        (held, written)
    );
    // and a file that is something else stays what it is; a wallet is no place for a token.
    fs::write(&file, "my notes").unwrap();
    let refused = run(&founder, &create);
    assert_eq!(refused.error(), "bad_key", "{}", refused.stdout);
    assert_eq!(fs::read(&file).unwrap(), b"my notes");
    let wallet = founder.key.display().to_string();
    let refused = run(
        &founder,
        &[&USUAL[..], &["--mint-keypair", &wallet]].concat(),
    );
    assert_eq!(refused.error(), "mint_taken", "{}", refused.stdout);
    assert_eq!(founder.lamports(), held);
}

#[test]
fn what_a_token_says_of_itself_can_be_given_up_and_its_supply_fixed() {
    let founder = Founder::new();
    let owner = founder.fixture.wallets[0].pubkey().to_string();
    let more = [
        "--metadata-authority",
        "none",
        "--fixed-supply",
        "--to",
        &owner,
        "--uri",
        "https://example.org/t.json",
    ];
    let made = done(run(&founder, &[&USUAL[..], &more].concat()));
    assert_eq!(made["metadata"]["update_authority"], Value::Null);
    let mint = made["mint"].as_str().expect("an address").to_owned();
    let shown = done(run(&founder, &["token", "show", &mint]));
    assert_eq!(shown["metadata"], made["metadata"], "{shown:#}");
    assert_eq!(shown["mint_authority"], Value::Null);
    assert!(shown["remarks"].to_string().contains("funded"), "{shown:#}");
    let tokens = address(&made["token_account"]);
    let balance = async move |world: &mut World| world.bank.balance(&tokens).await;
    assert_eq!(founder.fixture.served.with(balance), 1_000_000 * TOKEN);
    // An economy file of it is of the mode that needs no mint authority.
    let file = founder
        .fixture
        .folder()
        .join("funded.toml")
        .display()
        .to_string();
    let words = ["init", &file, "--yes", "--mint", &mint];
    let said = bare(
        &founder.fixture,
        founder.fixture.served.url(),
        &words,
        "json",
    );
    let written = done(said);
    assert_eq!(written["simulation"], Value::Null);
    assert!(fs::read_to_string(&file)
        .unwrap()
        .contains("mode = \"funded\""));
}

#[test]
fn a_token_that_no_economy_takes_is_shown_with_the_reason() {
    // Given tokens with a freeze authority, and one that somebody else can take from everybody,
    use anchor_spl::token_2022::spl_token_2022::{extension::ExtensionType, instruction as spl};
    let founder = Founder::new();
    let holder = founder.address();
    let (frozen, seized) = founder.fixture.served.with(async move |world: &mut World| {
        let plain = MintSpec::plain(TokenProgram::Token2022);
        let frozen = MintSpec {
            freeze_authority: Some(holder),
            ..plain.clone()
        };
        let frozen = world.bank.create_mint(&frozen).await;
        let key = world.bank.fresh_key();
        let program = TokenProgram::Token2022.id();
        let delegate = spl::initialize_permanent_delegate(&program, &key.pubkey(), &holder);
        let seized = MintSpec {
            extensions: vec![ExtensionType::PermanentDelegate],
            initialise: vec![delegate.expect("a token program")],
            ..plain
        };
        world.bank.create_mint_at(&key, &seized).await;
        (frozen, key.pubkey())
    });
    // when they are looked at, then each reason is told.
    for (mint, word) in [(frozen, "freeze"), (seized, "PermanentDelegate")] {
        let shown = done(run(&founder, &["token", "show", &mint.to_string()]));
        assert_eq!(shown["accepted"], false, "{shown:#}");
        assert!(shown["refused_for"].to_string().contains(word), "{shown:#}");
    }
    let nothing = run(
        &founder,
        &["token", "show", &Pubkey::new_unique().to_string()],
    );
    assert_eq!(nothing.error(), "no_mint", "{}", nothing.stdout);
}

#[test]
fn what_a_token_cannot_be_is_refused_before_anything_is_sent() {
    let founder = Founder::new();
    let held = founder.lamports();
    let long = "a".repeat(33);
    let spl = ["--token-program", "spl-token"];
    for (words, code, error) in [
        (vec!["--supply", "1"], 2, "usage"),
        (vec!["--supply", "1", "--name", "X"], 2, "usage"),
        (
            vec!["--supply", "0", "--name", "X", "--symbol", "X"],
            2,
            "bad_amount",
        ),
        (
            vec!["--supply", "ALL", "--name", "X", "--symbol", "X"],
            2,
            "bad_amount",
        ),
        (
            vec!["--supply", "0.0000001", "--name", "X", "--symbol", "X"],
            2,
            "bad_amount",
        ),
        (
            vec!["--supply", "1", "--name", &long, "--symbol", "X"],
            2,
            "bad_value",
        ),
        (
            vec![
                "--supply", "1", "--name", "X", "--symbol", "X", "--to", "me",
            ],
            2,
            "bad_address",
        ),
        (
            [&spl[..], &["--supply", "1", "--name", "X"]].concat(),
            2,
            "usage",
        ),
        (vec!["--supply", "1", "--decimals", "13"], 2, "usage"),
    ] {
        let refused = run(&founder, &[&["token", "create"], words.as_slice()].concat());
        assert_eq!(
            (refused.code, refused.error().as_str()),
            (code, error),
            "{words:?}: {}",
            refused.stdout
        );
    }
    assert_eq!(founder.lamports(), held);
    // Nor by a wallet that could not pay for it.
    let poor = Founder::with(SOL / 1_000, Token::default());
    let refused = run(&poor, &USUAL);
    assert_eq!(refused.error(), "too_little_sol", "{}", refused.stdout);
    assert!(refused.stdout.contains("are missing"), "{}", refused.stdout);
}

#[test]
fn a_founder_fills_the_vault_for_bounties() {
    let founder = Founder::new();
    let created = founder.create(&[]);
    assert_eq!(created.code, 0, "{}{}", created.stdout, created.stderr);
    let economy = founder.at.economy.to_string();
    let key = founder.key.display().to_string();
    let fund = |amount: &str| {
        let words = [
            "fund",
            amount,
            "--bounties",
            "--economy",
            &economy,
            "--keypair",
            &key,
        ];
        bare(
            &founder.fixture,
            founder.fixture.served.url(),
            &words,
            "json",
        )
    };
    let vault = founder.at.keeper_vault;
    let held = || {
        let read = async move |world: &mut World| world.bank.lamports(&vault).await;
        founder.fixture.served.with(read)
    };
    // What could not stay there, and what the wallet has not, is refused with its figures.
    for (amount, error) in [
        ("0.0001", "bad_amount"),
        ("1000", "too_little_sol"),
        ("ALL", "bad_amount"),
    ] {
        let refused = fund(amount);
        assert_eq!(refused.error(), error, "{amount}: {}", refused.stdout);
    }
    let done = fund("0.5");
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    assert!(
        done.stdout.contains("for 100000 periods of 5000 lamports"),
        "{}",
        done.stdout
    );
    assert_eq!(held(), 500_000_000);
    assert_eq!(
        fund("0.0001").code,
        0,
        "once it is there, any amount adds to it"
    );
}
