//! Amounts and times are fields of an answer, and say what will be so.

use homeostat_sandbox::world::TOKEN;
use homeostat_served::Fixture;
use serde_json::{json, Value};

use crate::common::run;

fn figures(fixture: &Fixture, key: &str, words: &[&str]) -> Value {
    let said = run(fixture, &[words, &["--keypair", key]].concat());
    assert_eq!(said.code, 0, "{words:?}\n{}\n{}", said.stdout, said.stderr);
    said.json()["figures"].clone()
}

fn amount(tokens: u64) -> Value {
    json!({"base_units": (tokens * TOKEN).to_string(), "tokens": tokens.to_string()})
}

#[test]
fn what_is_asked_for_on_one_day_leaves_at_the_later_hour_and_that_is_said() {
    // given a wallet that asks for two of its tokens at the beginning of a day
    let fixture = Fixture::live();
    let key = fixture.wallets[0].file.display().to_string();
    figures(&fixture, &key, &["stake", "10"]);
    let morning = 86_400 - fixture.served.now().rem_euclid(86_400) + 3_600;
    fixture.served.advance(morning);
    let first = figures(&fixture, &key, &["unstake", "2"]);
    assert_eq!(first["amount"], amount(2));
    assert!(first["moved"].is_null());
    // when it asks for three more an hour later, then it is told what has to wait with them
    fixture.served.advance(3_600);
    let second = figures(&fixture, &key, &["unstake", "3"]);
    assert_eq!(second["amount"], amount(3));
    assert_eq!(second["moved"], amount(2));
    let (before, after) = (&first["ready_at"], &second["ready_at"]);
    let later = after.as_i64().unwrap() - before.as_i64().unwrap();
    assert!((3_600..3_700).contains(&later), "{later}");
    // and so it is.
    let owner = fixture.wallets[0].pubkey().to_string();
    let status = run(&fixture, &["status", "--owner", &owner]).json();
    let tickets = status["positions"][0]["unbonding"].as_array().unwrap();
    assert_eq!(tickets.len(), 1);
    assert_eq!(tickets[0]["amount"], amount(5));
    let ready = tickets[0]["ready_at"].as_i64().unwrap();
    // The clock of the block is at most some seconds behind what was read before.
    assert!(
        (ready - after.as_i64().unwrap()).abs() <= 5,
        "{ready} {after}"
    );
}

#[test]
fn a_payment_says_what_arrives_and_what_its_fee_may_be() {
    let fixture = Fixture::live();
    let key = fixture.wallets[0].file.display().to_string();
    let to = fixture.wallets[1].pubkey().to_string();
    let before = fixture.balance(1);
    let told = figures(&fixture, &key, &["pay", &to, "1000"]);
    let base = |field: &str| -> u64 {
        let text = told[field]["base_units"].as_str().unwrap();
        text.parse().unwrap()
    };
    assert_eq!(told["amount"], amount(1_000));
    assert_eq!(base("arrives") + base("fee"), 1_000 * TOKEN);
    assert!(base("fee") > 0 && base("max_fee") >= base("fee"));
    assert_eq!(fixture.balance(1) - before, base("arrives"));
}

#[test]
fn one_vote_to_cancel_is_told_as_one_and_shows() {
    // given a queued proposal that takes two votes to cancel
    let fixture = Fixture::live();
    let file = fixture.folder().join("change.toml");
    let text = "[[action]]\nkind = 'limits'\nparameter = 'fee'\nmax = 0.009\n";
    std::fs::write(&file, text).unwrap();
    let file = file.display().to_string();
    let member = |number: usize| fixture.members[number].file.display().to_string();
    let done = |number: usize, words: &[&str]| {
        let key = member(number);
        let said = run(&fixture, &[words, &["--keypair", &key]].concat());
        assert_eq!(said.code, 0, "{words:?}\n{}", said.stdout);
        said.json()["what"].as_str().unwrap_or_default().to_owned()
    };
    done(0, &["propose", &file]);
    done(1, &["approve", "0"]);
    let proposal = || run(&fixture, &["proposals", "0"]).json()["proposals"][0].clone();
    assert_eq!(proposal()["cancelled_by"], json!([]));
    // when a member votes to cancel it, then that is one of two, and it stays queued
    let what = done(1, &["cancel", "0"]);
    assert!(
        what.contains("vote, 1 of 2, to cancel proposal 0"),
        "{what}"
    );
    let seen = proposal();
    let voter = fixture.members[1].pubkey().to_string();
    assert_eq!(seen["cancelled_by"], json!([voter]));
    assert_eq!(seen["state"], "queued");
    // when another does, then it is over.
    let what = done(2, &["cancel", "0"]);
    assert!(what.starts_with("cancel proposal 0"), "{what}");
    assert_eq!(proposal()["state"], "cancelled");
}
