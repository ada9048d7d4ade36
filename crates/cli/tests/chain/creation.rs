//! An economy's creation, from the file to the opening: in one go, in pieces, and refused.

#[path = "creation/parts.rs"]
mod parts;

use homeostat_client::{Council, Life, Parameter, Pubkey};
use homeostat_sandbox::World;
use homeostat_served::{Fault, Proxy};
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::common::{run_at, Said};
pub(super) use crate::founder::Founder;
use crate::founder::{Token, CHANGED, SOL, SUPPLY, TOKEN};

pub(super) fn said(said: &Said) -> (i32, String) {
    (said.code, said.error())
}

#[test]
fn an_economy_is_created_and_goes_live() {
    // given a founder with a token and a file
    let founder = Founder::new();
    let before = founder.lamports();

    // when it is tried out, then everything is shown and nothing happens
    let tried = founder.create(&["--simulate"]);
    assert_eq!(tried.code, 0, "{}", tried.stdout);
    assert!(tried.json()["simulated"]["changes"].is_array());
    for shown in [
        founder.at.economy,
        founder.at.authority,
        founder.mint,
        founder.fixture.guardian.pubkey(),
    ] {
        assert!(
            tried.stderr.contains(&shown.to_string()),
            "{}",
            tried.stderr
        );
    }
    assert!(tried.stderr.contains("2 of 3") && tried.stderr.contains("SOL"));
    assert!(founder.economy().is_none());
    assert_eq!(founder.lamports(), before);

    // when it is created, then all of the file is there, in more than one transaction
    let created = founder.create(&[]);
    assert_eq!(created.code, 0, "{}{}", created.stdout, created.stderr);
    let answer = created.json();
    assert!(answer["transactions"].as_array().unwrap().len() > 1);
    assert_eq!(
        (&answer["complete"], &answer["life"]),
        (&true.into(), &"draft".into())
    );
    let rent: u64 = answer["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["rent_lamports"].as_u64().unwrap())
        .sum();
    let spent = before - founder.lamports();
    assert!(spent <= rent + SOL / 1_000, "spent {spent}, rent {rent}");
    let economy = founder.economy().unwrap();
    assert_eq!((economy.pool_count, economy.meter_count), (1, 2));
    assert_eq!(economy.limits.bounty, 5_000);
    let at = founder.at.council;
    let council: Council = founder
        .fixture
        .served
        .with(async move |world: &mut World| world.bank.fetch(&at).await);
    assert_eq!((council.threshold, council.size()), (2, 0));
    assert_eq!(founder.offers(), 4);

    // when it is run again, then there is nothing to send
    let held = founder.lamports();
    let again = founder.create(&[]);
    assert_eq!(again.code, 0, "{}", again.stdout);
    let answer = again.json();
    assert_eq!(answer["steps"].as_array().unwrap().len(), 0);
    assert_eq!(answer["transactions"].as_array().unwrap().len(), 0);
    assert_eq!(answer["complete"], true);
    assert_eq!(founder.lamports(), held);

    // when the file changes, then only what differs is sent
    founder.write(&format!("{CHANGED}{}", founder.council(3)));
    let changed = founder.create(&[]).json();
    assert_eq!(changed["steps"].as_array().unwrap().len(), 1, "{changed:#}");

    // when it shall go live, then everybody is named who has not accepted the role
    let early = founder.go_live(&["--hand-over-mint"]);
    assert_eq!(said(&early), (1, "not_ready".into()), "{}", early.stdout);
    assert!(
        early.stdout.contains("accept-role guardian"),
        "{}",
        early.stdout
    );
    founder.accept();
    assert_eq!(founder.offers(), 0);

    // when all have, then the mint authority is missing, with the way to it
    let early = founder.go_live(&[]);
    assert_eq!(
        said(&early),
        (1, "mint_authority".into()),
        "{}",
        early.stdout
    );
    let remedy = early.json()["error"]["remedy"].to_string();
    assert!(remedy.contains("--hand-over-mint") && remedy.contains("spl-token authorize"));
    assert_eq!(founder.economy().unwrap().life, Life::Draft as u8);

    // when it is handed over, then the economy lives, and emits
    let live = founder.go_live(&["--hand-over-mint"]);
    assert_eq!(live.code, 0, "{}{}", live.stdout, live.stderr);
    let economy = founder.economy().unwrap();
    assert_eq!(economy.life, Life::Live as u8);
    let mint = founder.mint;
    let supply = async move |world: &mut World| world.bank.supply(&mint).await;
    assert!(
        founder.fixture.served.with(supply) > SUPPLY,
        "it mints ahead"
    );
    assert!(economy.value(Parameter::Emission) > 0);

    // then neither command does anything any more
    assert_eq!(said(&founder.go_live(&[])), (1, "not_a_draft".into()));
    let late = founder.create(&[]);
    assert_eq!(late.code, 0, "{}", late.stdout);
    assert_eq!(late.json()["life"], "live");
    assert_eq!(late.json()["transactions"].as_array().unwrap().len(), 0);
}

#[test]
fn a_creator_accepts_its_own_seat_and_a_corrected_one_is_accepted_alone() {
    // given a founder who is a member beside fourteen vaults, and a mistyped guardian
    let founder = Founder::new();
    let key = homeostat_chain::signer::read_key(&founder.key.display().to_string()).unwrap();
    let mut members = vec![format!("\"{}\"", key.pubkey())];
    for _ in 0..14 {
        let (vault, via) = (Pubkey::new_unique(), Pubkey::new_unique());
        members.push(format!("{{ key = \"{vault}\", via = \"{via}\" }}"));
    }
    let members = members.join(", ");
    let council = |guardian: Pubkey| {
        format!("[council]\nmembers = [{members}]\nthreshold = 8\nguardian = \"{guardian}\"\n")
    };
    founder.write(&council(Keypair::new_from_array([21; 32]).pubkey()));

    // when the economy is created, then the council is named in parts, and the founder's own
    // seat is accepted
    let created = founder.create(&[]);
    assert_eq!(created.code, 0, "{}{}", created.stdout, created.stderr);
    let steps = created.json()["steps"].to_string();
    for step in [
        "create its council",
        "members to its council",
        "accept the role of member",
    ] {
        assert!(steps.contains(step), "{steps}");
    }
    assert_eq!(founder.offers(), 15);

    // when the guardian is corrected, then one step does it, and the founder's seat stays
    founder.write(&council(founder.fixture.guardian.pubkey()));
    let corrected = founder.create(&[]).json();
    assert_eq!(corrected["steps"].as_array().unwrap().len(), 1);
    assert_eq!(founder.offers(), 15);
    assert_eq!(
        founder.create(&[]).json()["steps"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
}

#[test]
fn a_creation_that_was_stopped_goes_on_there() {
    // given a server that goes away after every transaction
    let founder = Founder::new();
    let proxy = Proxy::start(founder.fixture.served.url());
    let create = || {
        proxy.heal();
        proxy.on("simulateTransaction").after(1).always(Fault::Drop);
        founder.create_at(proxy.url(), &[])
    };

    // when the economy is created, then the first part is there, and the failure says so
    let stopped = create();
    assert_eq!(
        said(&stopped),
        (3, "rpc_unreachable".into()),
        "{}",
        stopped.stdout
    );
    let error = stopped.json()["error"].clone();
    assert!(
        error["message"]
            .to_string()
            .contains("1 of 3 transactions went through"),
        "{error}"
    );
    assert!(error["remedy"].to_string().contains("goes on"), "{error}");
    assert_eq!(founder.economy().unwrap().life, Life::Draft as u8);

    // when it cannot go live yet, then what is missing is named
    let early = founder.go_live(&["--hand-over-mint"]);
    assert_eq!(early.code, 1, "{}", early.stdout);
    assert!(early.stdout.contains("council"), "{}", early.stdout);

    // when it is run again, and stopped again, then each run does the next part
    let again = create();
    assert!(
        again.stdout.contains("1 of 2 transactions"),
        "{}",
        again.stdout
    );
    let last = create();
    assert_eq!(last.code, 0, "{}", last.stdout);
    let (steps, sent) = (
        last.json()["steps"].clone(),
        last.json()["transactions"].clone(),
    );
    assert!(!steps.to_string().contains("create the economy"), "{steps}");
    assert_eq!(sent.as_array().unwrap().len(), 1);

    // then nothing is left to do, and it can go live
    let rest = founder.create(&[]);
    assert_eq!(rest.json()["steps"].as_array().unwrap().len(), 0);
    founder.accept();
    assert_eq!(founder.go_live(&["--hand-over-mint"]).code, 0);
}

#[test]
fn a_transaction_whose_answer_is_lost_is_not_sent_twice() {
    let founder = Founder::new();
    let proxy = Proxy::start(founder.fixture.served.url());
    for (method, fault) in [
        ("sendTransaction", Fault::DropAnswer),
        ("getSignatureStatuses", Fault::Drop),
    ] {
        proxy.on(method).once(fault);
    }
    let created = founder.create_at(proxy.url(), &[]);
    assert_eq!(created.code, 0, "{}", created.stdout);
    assert_eq!(
        founder.create(&[]).json()["steps"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
}

#[test]
fn what_cannot_be_created_is_refused_before_anything_is_sent() {
    let usual = Token::default();
    let fixed = Token {
        fixed: true,
        ..usual
    };
    let freeze = Token {
        freeze: true,
        ..usual
    };
    let nine = Token {
        decimals: Some(9),
        ..usual
    };
    let cases: [(&str, u64, Token, &str, &str); 7] = [
        ("freeze_authority", 10 * SOL, freeze, CHANGED, "--disable"),
        ("wrong_decimals", 10 * SOL, nine, CHANGED, "decimals = 9"),
        ("fixed_supply", 10 * SOL, fixed, CHANGED, "funded"),
        ("too_little_sol", 0, usual, CHANGED, "airdrop"),
        ("too_little_sol", SOL / 100, usual, CHANGED, "airdrop"),
        (
            "above_hard_cap",
            10 * SOL,
            usual,
            "[economy]\nsupply = 500_000\nhard_cap = 600_000\n",
            "hard_cap",
        ),
        (
            "unknown_key",
            10 * SOL,
            usual,
            "[council]\nmember = 1\n",
            "members",
        ),
    ];
    for (code, lamports, token, text, remedy) in cases {
        let founder = Founder::with(lamports, token);
        founder.write(text);
        let refused = founder.create(&[]);
        assert_eq!(said(&refused), (1, code.into()), "{}", refused.stdout);
        let error = refused.json()["error"].clone();
        assert!(
            error["remedy"].to_string().contains(remedy),
            "{code}: {error}"
        );
        assert!(founder.economy().is_none(), "{code}");
        assert_eq!(founder.lamports(), lamports, "{code}");
    }
}

#[test]
fn what_is_no_mint_and_who_cannot_sign_is_refused() {
    let founder = Founder::new();
    let file = founder.file().display().to_string();
    let (url, key) = (
        founder.fixture.served.url(),
        founder.key.display().to_string(),
    );
    let create = |mint: &str, more: &[&str]| {
        let mut words = vec!["create-economy", &file, "--mint", mint];
        words.extend(more);
        run_at(&founder.fixture, url, &words)
    };
    let nothing = Pubkey::new_unique().to_string();
    let wallet = founder.fixture.wallets[0].pubkey().to_string();
    let tokens = founder.fixture.tokens[0].to_string();
    let mint = founder.mint.to_string();
    let signed: &[&str] = &["--keypair", &key];
    let cases: [(&str, &[&str], &str); 6] = [
        (&nothing, signed, "no_mint"),
        (&wallet, signed, "not_a_mint"),
        (&tokens, signed, "not_a_mint"),
        ("0OIl", signed, "bad_address"),
        (
            &mint,
            &["--keypair", &key, "--sign-only", "transaction.json"],
            "signed_here_only",
        ),
        (&mint, &["--keypair", &nothing], "too_little_sol"),
    ];
    for (mint, more, code) in cases {
        let refused = create(mint, more);
        let exit = if code == "bad_address" { 2 } else { 1 };
        assert_eq!(said(&refused), (exit, code.into()), "{}", refused.stdout);
        assert!(refused.json()["error"]["remedy"].is_string(), "{code}");
    }
    // An address without its key is told before anything is sent.
    let rich = founder.fixture.wallets[0].pubkey().to_string();
    let refused = create(&mint, &["--keypair", &rich]);
    assert_eq!(
        said(&refused),
        (1, "missing_key".into()),
        "{}",
        refused.stdout
    );
    assert!(founder.economy().is_none());
    // The file may be named as --config, too; without one that is said.
    let words = ["create-economy", "--mint", &mint];
    let refused = run_at(&founder.fixture, url, &words);
    assert_eq!(said(&refused), (2, "no_file".into()), "{}", refused.stdout);
}

#[test]
fn a_funded_economy_goes_live_once_it_is_funded() {
    // given a Draft that pays out of a vault, and nothing in it
    let fixed = Token {
        fixed: true,
        ..Token::default()
    };
    let founder = Founder::with(10 * SOL, fixed);
    founder.write(&format!(
        "[economy]\nmode = \"funded\"\n{}",
        founder.council(2)
    ));
    let created = founder.create(&[]);
    assert_eq!(created.code, 0, "{}", created.stdout);
    founder.accept();
    let refused = founder.go_live(&[]);
    assert_eq!(said(&refused), (1, "no_funds".into()), "{}", refused.stdout);
    assert!(refused.stdout.contains("homeostat fund"));

    // when more is put in than the founder has, then nothing is sent
    let (economy, key) = (
        founder.at.economy.to_string(),
        founder.key.display().to_string(),
    );
    let fund = |amount: &str| {
        let words = ["fund", amount, "--economy", &economy, "--keypair", &key];
        run_at(&founder.fixture, founder.fixture.served.url(), &words)
    };
    let refused = fund("1000001");
    assert_eq!(
        said(&refused),
        (1, "too_little".into()),
        "{}",
        refused.stdout
    );

    // when it is funded, then that is in the vault, and it goes live
    let funded = fund("1000.5");
    assert_eq!(funded.code, 0, "{}{}", funded.stdout, funded.stderr);
    let vault = founder.at.reward_vault;
    let read = async move |world: &mut World| world.bank.balance(&vault).await;
    assert_eq!(founder.fixture.served.with(read), 1_000 * TOKEN + TOKEN / 2);
    let live = founder.go_live(&[]);
    assert_eq!(live.code, 0, "{}{}", live.stdout, live.stderr);
    assert_eq!(founder.economy().unwrap().life, Life::Live as u8);
}

#[test]
fn going_live_names_everything_that_is_missing() {
    // given a Draft without a council, of a token without supply
    let empty = Token {
        empty: true,
        ..Token::default()
    };
    let founder = Founder::with(10 * SOL, empty);
    founder.write("");
    let created = founder.create(&[]);
    assert_eq!(created.code, 0, "{}", created.stdout);
    let told = created.json()["before_go_live"].as_array().unwrap().len();
    assert_eq!(told, 3, "{}", created.stdout);

    // when it shall go live, then council, mint authority and supply are named at once
    let refused = founder.go_live(&[]);
    assert_eq!(
        said(&refused),
        (1, "not_ready".into()),
        "{}",
        refused.stdout
    );
    for named in ["council", "mint authority", "supply", "spl-token authorize"] {
        assert!(
            refused.stdout.contains(named),
            "{named}: {}",
            refused.stdout
        );
    }
    // when somebody else tries, then that is told
    let economy = founder.at.economy.to_string();
    let wallet = founder.fixture.wallets[0].file.display().to_string();
    let words = ["go-live", "--economy", &economy, "--keypair", &wallet];
    let other = run_at(&founder.fixture, founder.fixture.served.url(), &words);
    assert_eq!(
        said(&other),
        (1, "not_the_creator".into()),
        "{}",
        other.stdout
    );
    assert_eq!(founder.economy().unwrap().life, Life::Draft as u8);

    // when the file has another period than the Draft, then it stays as it is
    founder.write("[economy]\nperiod = 3600\n");
    let other = founder.create(&[]);
    assert_eq!(said(&other), (1, "other_draft".into()), "{}", other.stdout);
}
