//! The audit log as people read it: who did what, from which value to which, and that nothing of
//! it is believed that its hash chain does not prove.

use base64::prelude::{Engine as _, BASE64_STANDARD};
use homeostat_client::Proposal;
use homeostat_served::{lies, Fault, Fixture, Person, Proxy};
use serde_json::{json, Value};

use crate::common::{run, run_at, text, Said};

const DAY: i64 = 86_400;

fn done(said: Said) -> Value {
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
    said.json()
}

fn by(fixture: &Fixture, who: &Person, words: &[&str]) -> Value {
    let key = who.file.display().to_string();
    done(run(fixture, &[words, &["--keypair", &key]].concat()))
}

/// A setpoint that was proposed, approved, executed and closed, and a pause.
fn governed() -> Fixture {
    let fixture = Fixture::live();
    let file = fixture.folder().join("proposal.toml");
    std::fs::write(
        &file,
        "[[action]]\nkind = 'limits'\nparameter = 'fee'\nmax = 0.009\n",
    )
    .unwrap();
    let file = file.display().to_string();
    by(&fixture, &fixture.members[0], &["propose", &file]);
    by(&fixture, &fixture.members[1], &["approve", "0"]);
    fixture.served.advance(3 * DAY);
    by(&fixture, &fixture.wallets[0], &["execute", "0"]);
    by(
        &fixture,
        &fixture.guardian,
        &["pause", "stake", "3600", "--reason", "market"],
    );
    fixture
}

#[test]
fn every_act_is_told_with_who_what_and_its_transaction() {
    // Given a change that was decided and executed, and a pause,
    let fixture = governed();
    // when the log is read, then it says so, the oldest first, with old and new values;
    let told = done(run(&fixture, &["audit"]));
    let acts = told["acts"].as_array().expect("a list");
    let kinds: Vec<&str> = acts
        .iter()
        .map(|act| act["kind"].as_str().unwrap())
        .collect();
    let last: Vec<&str> = kinds.iter().rev().take(4).rev().copied().collect();
    assert_eq!(
        last,
        ["proposed", "approved", "executed", "paused"],
        "{kinds:?}"
    );
    let of = |kind: &str| acts.iter().find(|act| act["kind"] == kind).expect("an act");
    let proposed = of("proposed");
    let members = &fixture.members;
    assert_eq!(proposed["actor"], members[0].pubkey().to_string());
    assert_eq!(of("approved")["actor"], members[1].pubkey().to_string());
    let row = |act: &Value| {
        let rows = act["actions"][0]["rows"].as_array().expect("rows");
        let row = rows
            .iter()
            .find(|row| row["field"] == "max")
            .expect("a row");
        (row["old"].clone(), row["new"].clone())
    };
    let changed = (Value::from("0.01"), Value::from("0.009"));
    assert_eq!(row(of("executed")), changed);
    assert_eq!(of("paused")["outcome"], "stake");
    assert_eq!(of("paused")["actions"][0]["kind"], "pause");
    for kind in last {
        assert!(of(kind)["transaction"].is_string(), "{kind}");
    }
    // filters leave the rest out, and say how much the limit did;
    let only = done(run(
        &fixture,
        &["audit", "--kind", "executed", "--kind", "paused"],
    ));
    assert_eq!(only["acts"].as_array().unwrap().len(), 2);
    let one = done(run(&fixture, &["audit", "--limit", "1"]));
    assert_eq!(one["acts"][0]["kind"], "paused");
    assert_eq!(one["left_out"].as_u64(), Some(acts.len() as u64 - 1));
    let late = done(run(&fixture, &["audit", "--since", "1h"]));
    assert_eq!(late["acts"].as_array().unwrap().len(), 2, "{late:#}");
    let wrong = run(&fixture, &["audit", "--since", "lately"]);
    assert_eq!((wrong.code, wrong.error()), (2, "bad_value".into()));
    // a person reads sentences.
    let shown = text(&fixture, &["audit"]);
    for words in [
        "executed proposal 0",
        "max 0.01 -> 0.009",
        "paused stake until",
        "unbroken",
    ] {
        assert!(
            shown.stdout.contains(words),
            "{words}: {}{}",
            shown.stdout,
            shown.stderr
        );
    }

    // When the proposal's account is closed, then its changes are read from its transaction.
    by(&fixture, &fixture.wallets[0], &["close-proposal", "0"]);
    let told = done(run(&fixture, &["audit", "--kind", "executed"]));
    assert_eq!(row(&told["acts"][0]), changed, "{told:#}");
    let bare = done(run(
        &fixture,
        &["audit", "--kind", "executed", "--no-history"],
    ));
    assert_eq!(bare["acts"][0]["actions"], Value::Array(Vec::new()));
    assert_eq!(bare["acts"][0]["transaction"], Value::Null);
}

#[test]
fn fo4_a_log_that_does_not_prove_itself_is_not_shown_nor_actions_that_were_not_decided() {
    let fixture = governed();
    let proxy = Proxy::start(fixture.served.url());
    // Given a server that changes a record of the audit log, then nothing of it is shown;
    proxy
        .on("getMultipleAccounts")
        .always(lies::changed(b"audlog.\x01", 300, |byte| byte ^ 1));
    let forged = run_at(&fixture, proxy.url(), &["audit"]);
    assert_eq!(
        (forged.code, forged.error()),
        (1, "log_broken".into()),
        "{}",
        forged.stdout
    );
    proxy.heal();
    // one that has no transactions any more still tells the log;
    proxy.on("getSignaturesForAddress").always(Fault::Drop);
    let told = done(run_at(
        &fixture,
        proxy.url(),
        &["audit", "--kind", "paused"],
    ));
    assert_eq!(told["acts"][0]["transaction"], Value::Null);
    proxy.heal();
    // one that changes the stored actions of a proposal has them shown beside no record.
    proxy
        .on("getProgramAccounts")
        .always(Fault::lie(|_, told| other_actions(told)));
    let words = ["audit", "--kind", "executed", "--no-history"];
    let told = done(run_at(&fixture, proxy.url(), &words));
    assert_eq!(
        told["acts"][0]["actions"],
        Value::Array(Vec::new()),
        "{told:#}"
    );
    let honest = done(run(&fixture, &words));
    assert_eq!(
        honest["acts"][0]["actions"][0]["kind"], "limits",
        "{honest:#}"
    );
}

/// The accounts of an answer, with another byte among the actions of each proposal.
fn other_actions(mut told: Value) -> Value {
    const DISCRIMINATOR: usize = 8;
    const BEHIND_ITS_KIND: usize = 4;
    let at = DISCRIMINATOR + core::mem::offset_of!(Proposal, actions) + BEHIND_ITS_KIND;
    for one in told.as_array_mut().expect("a list") {
        let data = &mut one["account"]["data"];
        let mut bytes = BASE64_STANDARD
            .decode(data[0].as_str().expect("base64"))
            .expect("base64");
        bytes[at] ^= 1;
        *data = json!([BASE64_STANDARD.encode(bytes), "base64"]);
    }
    told
}
