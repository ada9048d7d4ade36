//! What people decide, and how everybody sees why.

use homeostat_client::{governance, Action, Parameter, Tunable};
use homeostat_sandbox::World;
use homeostat_served::Fixture;

use crate::common::run;

/// A proposal of the first member's: the target of the staked share from 60 % to 59 %.
fn propose(fixture: &Fixture) {
    fixture.served.with(async |world| {
        let action = Action::Tune {
            parameter: Parameter::Emission,
            field: Tunable::Setpoint,
            expected_q48: governance::q48(0.60),
            value_q48: governance::q48(0.59),
            over_seconds: 0,
        };
        world
            .propose(vec![action])
            .await
            .expect("a member proposes");
    });
}

#[test]
fn a_proposal_is_seen_approved_waited_for_and_executed() {
    // given a proposal with one of two approvals
    let fixture = Fixture::live();
    propose(&fixture);
    let seen = run(&fixture, &["proposals"]).json();
    assert_eq!(seen["threshold"], 2);
    let one = &seen["proposals"][0];
    assert_eq!(one["state"], "active");
    let proposer = fixture.members[0].pubkey().to_string();
    assert_eq!(one["approved_by"], serde_json::json!([proposer]));
    assert_eq!(one["against"], "0");
    assert_eq!(one["actions"][0]["rows"][0]["field"], "setpoint");

    // when an outsider approves, it is refused; when a member does, it is queued
    let outsider = fixture.wallets[0].file.display().to_string();
    let refused = run(&fixture, &["approve", "0", "--keypair", &outsider]);
    assert_eq!((refused.code, refused.error().as_str()), (4, "refused"));
    assert!(refused.stdout.contains("NotAMember"), "{}", refused.stdout);
    let member = fixture.members[1].file.display().to_string();
    let approved = run(&fixture, &["approve", "0", "--keypair", &member]);
    assert_eq!(approved.code, 0, "{} {}", approved.stdout, approved.stderr);

    // then it cannot be executed before its eta, but after it by anybody
    let early = run(&fixture, &["execute", "0", "--keypair", &outsider]);
    assert!(early.stdout.contains("TimelockActive"), "{}", early.stdout);
    let seen = run(&fixture, &["proposals", "0"]).json();
    let eta = seen["proposals"][0]["eta"].as_i64().unwrap();
    assert_eq!(
        seen["proposals"][0]["approved_by"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert!(seen["proposals"][0]["open_until"].as_i64() > Some(eta));
    fixture.served.advance(eta - fixture.served.now());
    let executed = run(&fixture, &["execute", "0", "--keypair", &outsider]);
    assert_eq!(executed.code, 0, "{} {}", executed.stdout, executed.stderr);
    let status = run(&fixture, &["status"]).json();
    assert!(
        status["parameters"][0]["target"]
            .as_str()
            .unwrap()
            .starts_with("0.5"),
        "{status:#}"
    );
}

#[test]
fn the_guardian_stops_a_proposal_and_pauses_and_nobody_else_does() {
    let fixture = Fixture::live();
    propose(&fixture);
    let guardian = fixture.guardian.file.display().to_string();
    let member = fixture.members[0].file.display().to_string();
    let pause = ["pause", "pay", "3600", "--reason", "incident", "--keypair"];
    let with = |key: &str| -> Vec<String> {
        pause
            .iter()
            .map(|word| (*word).to_owned())
            .chain([key.to_owned()])
            .collect()
    };
    let words = with(&member);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert_eq!(run(&fixture, &words).code, 4);
    let words = with(&guardian);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    assert_eq!(run(&fixture, &words).code, 0);
    let status = run(&fixture, &["status"]).json();
    assert_eq!(status["pauses"][0]["section"], "pay");

    assert_eq!(
        run(&fixture, &["veto", "0", "--keypair", &guardian]).code,
        0
    );
    let seen = run(&fixture, &["proposals", "0"]).json();
    assert_eq!(seen["proposals"][0]["state"], "vetoed");
    assert_eq!(run(&fixture, &["proposals", "7"]).error(), "no_proposal");
}

#[test]
fn an_admin_step_refuses_a_durable_nonce() {
    let fixture = Fixture::live();
    propose(&fixture);
    let member = fixture.members[1].file.display().to_string();
    let nonce = "11111111111111111111111111111112";
    let file = fixture.folder().join("approval.json");
    let said = run(
        &fixture,
        &[
            "approve",
            "0",
            "--nonce",
            nonce,
            "--prepare",
            file.to_str().unwrap(),
            "--keypair",
            &member,
        ],
    );
    assert!(!file.exists());
    assert_eq!((said.code, said.error().as_str()), (1, "durable_nonce"));
}

#[test]
fn a_decision_is_previewed_made_explained_and_proved() {
    // given a wallet that stakes, and a period that is over
    let fixture = Fixture::live();
    let key = fixture.wallets[0].file.display().to_string();
    assert_eq!(
        run(&fixture, &["stake", "500000", "--keypair", &key]).code,
        0
    );
    let status = run(&fixture, &["status"]).json();
    let end = status["next_crank_at"].as_i64().unwrap();
    fixture.served.advance(end - fixture.served.now());
    let preview = run(&fixture, &["preview"]).json();
    assert_eq!(preview["decisions"].as_array().unwrap().len(), 4);

    // when it is cranked
    let cranked = run(&fixture, &["crank", "--keypair", &key]);
    assert_eq!(cranked.code, 0, "{} {}", cranked.stdout, cranked.stderr);

    // then the log has what the preview said, and proves it
    let log = run(&fixture, &["log", "verify"]).json();
    let last: Vec<_> = log["decisions"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .take(4)
        .collect();
    for decision in preview["decisions"].as_array().unwrap() {
        let name = &decision["parameter"];
        let logged = last
            .iter()
            .find(|line| line["decision"]["parameter"] == *name)
            .unwrap();
        for field in ["y", "target", "p", "i", "d", "raw", "u"] {
            assert_eq!(logged["decision"][field], decision[field], "{name} {field}");
        }
    }
    let proof = &log["proof"];
    assert_eq!(proof["from_seq"], 0);
    assert_eq!(proof["recomputed"], proof["decisions"]);
    assert_eq!(proof["unproven"].as_array().unwrap().len(), 0);

    // and every term is a fraction: together they are what was decided before its limits
    for decision in preview["decisions"].as_array().unwrap() {
        let figure = |name: &str| decision[name].as_str().unwrap().parse::<f64>().unwrap();
        if decision["flags"]
            .as_array()
            .unwrap()
            .iter()
            .all(|flag| flag != "held_missing")
        {
            let sum = figure("bias") + figure("p") + figure("i") + figure("d") + figure("f");
            assert!((sum - figure("raw")).abs() < 1e-9, "{decision:#}");
        }
        assert!(figure("raw").abs() < 10.0, "{decision:#}");
    }

    // and an explanation names the terms
    let why = run(&fixture, &["explain", "emission"]).json();
    assert_eq!(why["decision"]["u"], preview["decisions"][0]["u"]);
    assert!(why["because"].as_array().unwrap().len() >= 6);
}

#[test]
fn a_server_that_forgot_the_beginning_is_named() {
    // given an economy older than what its server keeps, whose log has dropped records
    let fixture = Fixture::live();
    let young = run(&fixture, &["log", "verify", "--from-genesis"]);
    assert_eq!(young.code, 0, "the log still has all: {}", young.stdout);
    fixture.served.with(async |world: &mut World| {
        for _ in 0..6 {
            world.next_period().await.expect("the period ends");
        }
    });
    let said = run(&fixture, &["log", "verify", "--from-genesis"]);
    assert_eq!(
        (said.code, said.error().as_str()),
        (1, "history_incomplete"),
        "{}",
        said.stdout
    );
    // then what the ring proves is still proved without the history
    assert_eq!(run(&fixture, &["log", "verify"]).code, 0);
    let usage = run(&fixture, &["log", "--from-genesis"]);
    assert_eq!((usage.code, usage.error().as_str()), (2, "usage"));
}

#[test]
fn a_log_that_was_changed_proves_nothing() {
    let fixture = Fixture::live();
    let log = fixture.at.log;
    fixture.served.with(async move |world| {
        use solana_account::{ReadableAccount, WritableAccount};
        let mut account = world.bank.account(&log).await.expect("there is a log");
        // A byte of the first record, behind the header.
        let at = 8 + core::mem::size_of::<homeostat_client::DecisionLog>() + 200;
        assert!(account.data().len() > at);
        account.data_as_mut_slice()[at] ^= 1;
        world.bank.set_account(&log, &account);
    });
    let said = run(&fixture, &["log", "verify"]);
    assert_eq!((said.code, said.error().as_str()), (1, "log_broken"));
}

#[test]
fn text_is_for_people() {
    // Every read command as text: no JSON, no panic, the economy's figures.
    let fixture = Fixture::live();
    propose(&fixture);
    for words in [
        &["status"][..],
        &["preview"],
        &["explain", "fee"],
        &["log"],
        &["log", "verify"],
        &["proposals"],
    ] {
        let said = crate::common::text(&fixture, words);
        assert_eq!(said.code, 0, "{words:?} {}", said.stderr);
        assert!(
            said.stdout.lines().count() >= 2,
            "{words:?} {}",
            said.stdout
        );
        assert!(!said.stdout.starts_with('{'));
    }
}
