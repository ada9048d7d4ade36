//! From a file to a proposal: what it shows, what it refuses, who signs.

use std::path::PathBuf;

use homeostat_chain::squads;
use homeostat_client::{governance::q48, Action, Parameter, Pubkey, SeatArgs};
use homeostat_served::Fixture;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::common::{run, text, Said};

const GOOD: &str = "\
title = \"Aim a little lower\"

[[action]]
kind = \"tune\"
parameter = \"emission\"
field = \"setpoint\"
value = 0.59
over = 86400

[[action]]
kind = \"fee_split\"
treasury_share = 0.4
";

fn file(fixture: &Fixture, content: &str) -> PathBuf {
    let path = fixture.folder().join("change.toml");
    std::fs::write(&path, content).expect("the file is written");
    path
}

fn propose(fixture: &Fixture, content: &str, more: &[&str]) -> Said {
    let path = file(fixture, content).display().to_string();
    let words: Vec<&str> = ["propose", &path]
        .into_iter()
        .chain(more.iter().copied())
        .collect();
    run(fixture, &words)
}

fn member(fixture: &Fixture, index: usize) -> String {
    fixture.members[index].file.display().to_string()
}

fn proposals(fixture: &Fixture) -> usize {
    let seen = run(fixture, &["proposals"]).json();
    seen["proposals"].as_array().expect("a list").len()
}

#[test]
fn a_file_becomes_a_proposal_that_says_what_it_changes() {
    let fixture = Fixture::live();
    let key = member(&fixture, 0);

    // when it is tried out, then it is decoded, graded and applied to a copy, not sent
    let tried = propose(&fixture, GOOD, &["--simulate", "--keypair", &key]);
    assert_eq!(tried.code, 0, "{} {}", tried.stdout, tried.stderr);
    let said = tried.json();
    let proposal = &said["proposal"];
    assert_eq!(proposal["class"], "standard");
    assert_eq!(
        (proposal["index"].as_u64(), &proposal["threshold"]),
        (Some(0), &2.into())
    );
    assert_eq!(proposal["actions"][0]["kind"], "tune");
    assert_eq!(proposal["actions"][0]["rows"][0]["old"], "0.6");
    assert_eq!(proposal["actions"][0]["rows"][0]["new"], "0.59");
    assert_eq!(proposal["actions"][1]["rows"][0]["new"], "0.4");
    let effects = proposal["effects"].as_array().expect("a list");
    let effect = |field: &str| effects.iter().find(|effect| effect["field"] == field);
    let split = effect("limits.treasury_ppm").expect("the split changes");
    assert_eq!(split["new"], "400000");
    assert!(said["outcome"]["simulated"]["changes"].is_array());
    assert!(
        tried.stderr.contains("Aim a little lower"),
        "{}",
        tried.stderr
    );
    assert!(tried.stderr.contains("0.6 -> 0.59"), "{}", tried.stderr);
    assert_eq!(proposals(&fixture), 0);

    // when it is proposed, approved and waited for, then its effects are what was shown
    let made = propose(&fixture, GOOD, &["--keypair", &key]);
    assert_eq!(made.code, 0, "{} {}", made.stdout, made.stderr);
    let seen = run(&fixture, &["proposals", "0"]).json();
    assert_eq!(seen["proposals"][0]["actions"], proposal["actions"]);
    let other = member(&fixture, 1);
    assert_eq!(
        run(&fixture, &["approve", "0", "--keypair", &other]).code,
        0
    );
    let queued = run(&fixture, &["proposals", "0"]).json();
    let queued = &queued["proposals"][0];
    let waits = queued["eta"].as_i64().unwrap() - fixture.served.now();
    assert_eq!(proposal["delay"].as_i64(), Some(waits));
    fixture.served.advance(waits);
    assert_eq!(
        run(&fixture, &["execute", "0", "--keypair", &other]).code,
        0
    );
    let economy = fixture.served.with(async |world| world.economy().await);
    assert_eq!(economy.limits.treasury_ppm, 400_000);

    // and another file finds the new value there
    let back = "[[action]]\nkind = 'fee_split'\ntreasury_share = 0.5\n";
    let again = propose(&fixture, back, &["--simulate", "--keypair", &key]);
    assert_eq!(again.code, 0, "{}", again.stdout);
    let again = again.json();
    assert_eq!(again["proposal"]["actions"][0]["rows"][0]["old"], "0.4");
}

#[test]
fn every_wrong_file_is_refused_with_its_place_and_nothing_is_sent() {
    let fixture = Fixture::live();
    let key = member(&fixture, 0);
    let action = |lines: &str| format!("[[action]]\n{lines}\n");
    let tune = |lines: &str| action(&format!("kind = \"tune\"\nparameter = \"fee\"\n{lines}"));
    let five = action("kind = \"revoke_advisor\"").repeat(5);
    let cases: Vec<(String, &str, &str)> = vec![
        (String::new(), "bad_actions", "1 to 4"),
        (five, "bad_actions", "5 actions"),
        (
            "[action]\nkind = \"tune\"\n".into(),
            "bad_type",
            "[[action]]",
        ),
        (action("kind = \"tun\""), "bad_word", "tune"),
        (action("kind = \"tune\""), "missing_key", "emission"),
        (tune("value = 0.01"), "missing_key", "setpoint"),
        (tune("field = \"setpoint\""), "missing_key", "value"),
        (
            tune("field = \"setpoint\"\nvalue = \"0.01\""),
            "bad_type",
            "without quotation",
        ),
        (
            tune("field = \"setpoint\"\nvalu = 0.01"),
            "unknown_key",
            "value",
        ),
        (
            tune("field = \"setpoint\"\nvalue = 0.5\nover = 99999999"),
            "bad_value",
            "31536000",
        ),
        (
            action("kind = \"mode\"\nparameter = \"fee\"\nmanual = 0.01\nautomatic = true"),
            "bad_value",
            "either",
        ),
        (
            action("kind = \"guardian\"\nkey = \"nobody\""),
            "bad_value",
            "address",
        ),
        (
            action("kind = \"feed\"\nindex = 0"),
            "bad_value",
            "allow_feeds",
        ),
        (
            action("kind = \"terms\"\nbounty = 1.5"),
            "bad_value",
            "lamports",
        ),
        // What only the program knows: one proposal widens a limit by a quarter of the
        // ceiling at most, and what is not held cannot be resumed.
        (
            action("kind = \"limits\"\nparameter = \"emission\"\nmax = 1.0"),
            "refused",
            "program would refuse",
        ),
        (
            action("kind = \"resume_controller\"\nparameter = \"fee\""),
            "refused",
            "NothingToResume",
        ),
    ];
    for (content, code, hint) in cases {
        let said = propose(&fixture, &content, &["--keypair", &key]);
        let exit = if code == "refused" { 4 } else { 1 };
        assert_eq!(
            (said.code, said.error().as_str()),
            (exit, code),
            "{content}\n{}",
            said.stdout
        );
        assert!(said.stdout.contains(hint), "{content}\n{}", said.stdout);
        assert!(said.json()["error"]["remedy"].is_string(), "{content}");
    }
    // A good file of somebody who is no member.
    let outsider = fixture.wallets[0].file.display().to_string();
    let said = propose(&fixture, GOOD, &["--keypair", &outsider]);
    assert_eq!((said.code, said.error().as_str()), (4, "refused"));
    assert!(said.stdout.contains("NotAMember"), "{}", said.stdout);
    assert_eq!(proposals(&fixture), 0);
}

/// Every kind of action in a file is read, graded and shown. What cannot be done in this
/// state is refused by the program's rules, not by the reader.
#[test]
fn every_kind_of_action_is_read_and_shown() {
    let fixture = Fixture::live();
    let key = member(&fixture, 0);
    // On the curve, and without an account.
    let someone = Keypair::new_from_array([7; 32]).pubkey();
    let kinds: Vec<(&str, String, &str)> = vec![
        (
            "tune",
            "parameter='burn'\nfield='kp'\nvalue=0.2".into(),
            "standard",
        ),
        (
            "half_life",
            "parameter='fee'\nvalue=2419200".into(),
            "standard",
        ),
        (
            "slew",
            "parameter='fee'\nup=0.0001\ndown=0.0001".into(),
            "immediate",
        ),
        ("mode", "parameter='fee'\nmanual=0.005".into(), "standard"),
        ("limits", "parameter='fee'\nmax=0.009".into(), "standard"),
        ("fee_split", "treasury_share=0.25".into(), "standard"),
        ("allow_meters", "count=1".into(), "standard"),
        ("allow_feeds", "count=1".into(), "standard"),
        ("advisor", format!("key='{someone}'"), "standard"),
        (
            "advice_range",
            "parameter='emission'\nsetpoint=0.05".into(),
            "standard",
        ),
        ("caps", "period_burn=0.001".into(), "immediate"),
        ("caps", "period_burn=0.011".into(), "critical"),
        ("min_stake", "lane=0\nvalue=2000000".into(), "critical"),
        ("terms", "turnover=5\nunbonding=86400".into(), "critical"),
        ("exclude", format!("accounts=['{someone}']"), "critical"),
        (
            "wire",
            "parameter='emission'\nmetric='utilisation'\nsetpoint=0.5\nkp=0.05".into(),
            "critical",
        ),
        (
            "guard",
            "parameter='emission'\nenabled=true\nlimit=6\nhold_periods=8".into(),
            "critical",
        ),
        (
            "add_member",
            format!("key='{someone}'\nvia='{}'", squads::PROGRAM),
            "critical",
        ),
        (
            "remove_member",
            format!("key='{}'", fixture.members[2].pubkey()),
            "critical",
        ),
        ("threshold", "value=3".into(), "critical"),
        ("guardian", format!("key='{someone}'"), "critical"),
        (
            "delays",
            "routine=43200\nstaker_veto=0.2".into(),
            "critical",
        ),
        ("retire", String::new(), "terminal"),
        ("give_up", "power='higher_hard_cap'".into(), "critical"),
    ];
    for (kind, lines, class) in kinds {
        let content = format!("[[action]]\nkind = '{kind}'\n{lines}\n");
        let said = propose(&fixture, &content, &["--simulate", "--keypair", &key]);
        assert_eq!(said.code, 0, "{kind}: {}", said.stdout);
        let answer = said.json();
        let proposal = &answer["proposal"];
        assert_eq!(proposal["class"], class, "{kind}");
        let action = &proposal["actions"][0];
        assert_eq!(action["kind"], kind);
        assert!(!action["rows"].as_array().unwrap().is_empty(), "{kind}");
    }
    let said = propose(
        &fixture,
        "[[action]]\nkind = 'revoke_advisor'\n",
        &["--simulate"],
    );
    assert_eq!(said.error(), "bad_value", "there is no advisor");
    // A pool, its weight, a treasury payment and a pause to end need something that is there.
    let nothing_there = format!("stake_mint='{someone}'\namm_vault='{someone}'\nweight=2");
    for (kind, lines, hint) in [
        (
            "allow_pool",
            nothing_there.as_str(),
            "AccountNotInitialized",
        ),
        ("pool_weight", "lane=1\nweight=3", "InvalidParameter"),
        ("resume_economy", "", "NothingToResume"),
        ("unpause", "section='pay'", "NothingToResume"),
    ] {
        let content = format!("[[action]]\nkind = '{kind}'\n{lines}\n");
        let said = propose(&fixture, &content, &["--simulate", "--keypair", &key]);
        assert_eq!(said.code, 4, "{kind}: {}", said.stdout);
        assert!(said.stdout.contains(hint), "{kind}: {}", said.stdout);
    }
}

#[test]
fn a_member_signs_elsewhere_and_somebody_sends() {
    let fixture = Fixture::live();
    let path = file(&fixture, GOOD).display().to_string();
    let (key, payer) = (
        member(&fixture, 0),
        fixture.wallets[0].file.display().to_string(),
    );
    let file = fixture.folder().join("proposal-transaction.json");
    let file = file.display().to_string();
    let payer_address = fixture.wallets[0].pubkey().to_string();
    let address = fixture.members[0].pubkey().to_string();
    // given a proposal, prepared where both are known by their addresses
    let step = |who: &str, pays: &str, how: &str| {
        let words = [
            "propose",
            &path,
            "--keypair",
            who,
            "--fee-payer",
            pays,
            how,
            &file,
        ];
        let said = run(&fixture, &words);
        assert_eq!(said.code, 0, "{} {}", said.stdout, said.stderr);
        said.json()
    };
    step(&address, &payer_address, "--prepare");
    // when the member signs, and then the payer, each where only its own key is
    let signed = step(&key, &payer_address, "--sign-only");
    assert_eq!(signed["absent"], serde_json::json!([payer_address]));
    assert_eq!(proposals(&fixture), 0);
    let signed = step(&address, &payer, "--sign-only");
    assert!(signed["absent"].is_null(), "{signed}");
    // then somebody without a key sends it.
    let sent = run(&fixture, &["submit", &file, "--keypair", &address]);
    assert_eq!(sent.code, 0, "{} {}", sent.stdout, sent.stderr);
    assert_eq!(proposals(&fixture), 1);
}

#[test]
fn a_pause_ends_early_when_members_agree() {
    let fixture = Fixture::live();
    let (first, second) = (member(&fixture, 0), member(&fixture, 1));
    let early = run(&fixture, &["unpause", "pay", "--keypair", &first]);
    assert_eq!((early.code, early.error().as_str()), (1, "not_paused"));
    let guardian = fixture.guardian.file.display().to_string();
    let words = ["pause", "pay", "3600", "--reason", "incident"];
    let paused = run(&fixture, &[&words[..], &["--keypair", &guardian]].concat());
    assert_eq!(paused.code, 0, "{}", paused.stdout);
    let said = run(&fixture, &["unpause", "pay", "--keypair", &first]);
    assert_eq!(said.code, 0, "{} {}", said.stdout, said.stderr);
    assert_eq!(said.json()["proposal"]["class"], "immediate");
    assert_eq!(
        run(&fixture, &["approve", "0", "--keypair", &second]).code,
        0
    );
    assert_eq!(
        run(&fixture, &["execute", "0", "--keypair", &second]).code,
        0
    );
    let status = run(&fixture, &["status"]).json();
    assert_eq!(
        status["pauses"].as_array().map(Vec::len),
        Some(0),
        "{status:#}"
    );
}

#[test]
fn an_advisor_takes_the_role_advises_and_is_vetoed() {
    // given an advisor with a range of 0.05 around the target
    let fixture = Fixture::live();
    let advisor = &fixture.wallets[1];
    let key = advisor.pubkey();
    fixture.served.with(async move |world| {
        let none = homeostat::state::action::AdviceRange {
            setpoint_q48: 0,
            bias_q48: 0,
        };
        world
            .enact(vec![
                Action::Advisor {
                    expected: Pubkey::default(),
                    seat: SeatArgs { key, via: None },
                },
                Action::AdviceRange {
                    parameter: Parameter::Emission,
                    expected: none,
                    value: homeostat::state::action::AdviceRange {
                        setpoint_q48: q48(0.05),
                        ..none
                    },
                },
            ])
            .await
            .expect("the council appoints");
    });
    let file = advisor.file.display().to_string();
    let taken = run(&fixture, &["accept-role", "advisor", "--keypair", &file]);
    assert_eq!(taken.code, 0, "{} {}", taken.stdout, taken.stderr);
    let again = run(&fixture, &["accept-role", "advisor", "--keypair", &file]);
    assert_eq!(again.code, 4);

    // when it advises outside its range, or no number, it is refused; inside, it waits
    let advise = |value: &str| {
        let words = ["advise", "emission", "setpoint", value, "--keypair", &file];
        run(&fixture, &words)
    };
    assert_eq!(advise("0.9").code, 4);
    assert_eq!(advise("much").error(), "bad_value");
    assert_eq!(advise("0.58").code, 0);
    // then the guardian can drop it
    let guardian = fixture.guardian.file.display().to_string();
    assert_eq!(run(&fixture, &["veto-advice", "--keypair", &file]).code, 4);
    assert_eq!(
        run(&fixture, &["veto-advice", "--keypair", &guardian]).code,
        0
    );
}

#[test]
fn a_person_reads_what_is_proposed() {
    let fixture = Fixture::live();
    let key = member(&fixture, 0);
    assert_eq!(propose(&fixture, GOOD, &["--keypair", &key]).code, 0);
    let said = text(&fixture, &["proposals"]);
    assert!(
        said.stdout
            .contains("tune emission: setpoint 0.6 -> 0.59, over 1 d"),
        "{}",
        said.stdout
    );
}

#[test]
fn every_step_of_a_proposal_is_taken_from_the_command_line() {
    // given a wallet that has staked for a while
    let fixture = Fixture::live();
    let wallet = fixture.wallets[0].file.display().to_string();
    let guardian = fixture.guardian.file.display().to_string();
    let members: Vec<String> = (0..3).map(|index| member(&fixture, index)).collect();
    let does = |words: &[&str], key: &str| {
        let said = run(&fixture, &[words, &["--keypair", key]].concat());
        assert_eq!(said.code, 0, "{words:?} {}{}", said.stdout, said.stderr);
        said.json()
    };
    let state = |index: &str| {
        let seen = run(&fixture, &["proposals", index]).json();
        seen["proposals"][0].clone()
    };
    let good = |key: &str| {
        let made = propose(&fixture, GOOD, &["--keypair", key]);
        assert_eq!(made.code, 0, "{}", made.stdout);
    };
    does(&["stake", "500000"], &wallet);
    fixture.served.advance(60);

    // when an approval is taken back, it waits again; its proposer takes it back; its rent too
    good(&members[0]);
    does(&["approve", "0"], &members[1]);
    assert_eq!(state("0")["state"], "queued");
    does(&["withdraw-approval", "0"], &members[1]);
    assert_eq!(state("0")["state"], "active");
    assert_eq!(state("0")["approved_by"].as_array().map(Vec::len), Some(1));
    does(&["cancel", "0"], &members[0]);
    assert_eq!(state("0")["state"], "cancelled");
    does(&["close-proposal", "0"], &wallet);
    assert_eq!(run(&fixture, &["proposals", "0"]).error(), "no_proposal");

    // when a staker votes on what is queued, it counts: 500,000 of a tenth of a thousand
    // million; it stays when support is lost
    good(&members[0]);
    does(&["approve", "1"], &members[1]);
    does(&["ballot", "1"], &wallet);
    does(&["withdraw-approval", "1"], &members[1]);
    assert_eq!(state("1")["against"], "0.005");
    let twice = run(&fixture, &["ballot", "1", "--keypair", &wallet]);
    assert_eq!(twice.code, 4, "{}", twice.stdout);

    // when the guardian vetoes its own replacement, members lift that
    let other = fixture.wallets[1].pubkey();
    let replace = format!("[[action]]\nkind = 'guardian'\nkey = '{other}'\n");
    let made = propose(&fixture, &replace, &["--keypair", &members[0]]);
    assert_eq!(made.code, 0, "{}", made.stdout);
    does(&["approve", "2"], &members[1]);
    does(&["veto", "2"], &guardian);
    assert_eq!(state("2")["state"], "vetoed");
    does(&["override-veto", "2"], &members[0]);
    does(&["override-veto", "2"], &members[2]);
    assert_eq!(state("2")["state"], "queued");

    // when nobody approves, it is late, and anybody says so
    let open_until = state("1")["open_until"].as_i64().unwrap();
    fixture
        .served
        .advance(open_until + 1 - fixture.served.now());
    does(&["expire", "1"], &wallet);
    assert_eq!(state("1")["state"], "expired");

    // and the fees of a payment are collected
    let to = fixture.wallets[1].pubkey().to_string();
    does(&["pay", &to, "1000"], &wallet);
    does(&["collect"], &wallet);
}

#[test]
fn a_reason_comes_from_a_file_and_is_checked_against_one() {
    // given a proposal whose reason is a text that is published somewhere
    let fixture = Fixture::live();
    let keys: Vec<String> = (0..2).map(|index| member(&fixture, index)).collect();
    let write = |name: &str, content: &str| {
        let path = fixture.folder().join(name);
        std::fs::write(&path, content).expect("the file is written");
        path.display().to_string()
    };
    let (why, other) = (write("why.md", "Half is staked."), write("other.md", "No."));
    let uri = "https://example.org/why.md";
    let given = ["--reason", &why, "--reason-uri", uri, "--keypair", &keys[0]];
    let made = propose(&fixture, GOOD, &given);
    assert_eq!(made.code, 0, "{}{}", made.stdout, made.stderr);
    assert_eq!(made.json()["proposal"]["reason"]["uri"], uri);
    let address = made.json()["proposal"]["address"].clone();
    let address = address.as_str().expect("an address");

    // then it is shown with its hash, and checked where the text is given
    let shown = run(&fixture, &["proposals", address]).json()["proposals"][0]["reason"].clone();
    assert_eq!(shown["uri"], uri);
    assert_eq!(shown["sha256"].as_str().map(str::len), Some(64));
    assert!(shown["matches"].is_null());
    let checked = run(&fixture, &["proposals", "0", "--reason", &why]).json();
    assert_eq!(checked["proposals"][0]["reason"]["matches"], true);

    // and nobody approves because of another text
    let approve = |file: &str| {
        let words = ["approve", address, "--reason", file, "--keypair", &keys[1]];
        run(&fixture, &words)
    };
    assert_eq!(approve(&other).error(), "wrong_reason");
    let seen = run(&fixture, &["proposals", "0"]).json();
    assert_eq!(seen["proposals"][0]["state"], "active");
    assert_eq!(approve(&why).code, 0);
    let seen = run(&fixture, &["proposals", "0"]).json();
    assert_eq!(seen["proposals"][0]["state"], "queued");

    // An address that could deceive a screen is refused before anything is sent.
    let given = [
        "--reason",
        &why,
        "--reason-uri",
        "two words",
        "--keypair",
        &keys[0],
    ];
    assert_ne!(propose(&fixture, GOOD, &given).code, 0);
}
