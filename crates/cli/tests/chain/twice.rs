//! Never twice: whatever a server withholds, delays or mixes up, and whatever ends the command,
//! a payment is made once or not at all, and what became of it can be looked up.

#[path = "twice/believed.rs"]
mod believed;
#[path = "twice/failed.rs"]
mod failed;
#[path = "twice/killed.rs"]
mod killed;

use std::sync::Arc;

use homeostat_sandbox::world::TOKEN;
use homeostat_served::{Fault, Fixture, Proxy};
use serde_json::{json, Value};

use crate::common::{bare, run, run_at, Said};

#[path = "twice/fees.rs"]
mod fees;

/// What is paid (tokens).
const PAID: u64 = 100;
/// Blocks after which every blockhash is too old.
const EXPIRY: u64 = 200;
const STATUSES: &str = "getSignatureStatuses";

/// A payer, somebody to pay, and a proxy in between.
struct Scene {
    fixture: Arc<Fixture>,
    proxy: Proxy,
    before: u64,
}

impl Scene {
    fn new() -> Self {
        let fixture = Arc::new(Fixture::live());
        let proxy = Proxy::start(fixture.served.url());
        let before = fixture.balance(0);
        Self {
            fixture,
            proxy,
            before,
        }
    }

    fn words(&self) -> Vec<String> {
        let to = self.fixture.wallets[1].pubkey().to_string();
        let key = self.fixture.wallets[0].file.display().to_string();
        let amount = PAID.to_string();
        ["pay", &to, &amount, "--patience", "2", "--keypair", &key]
            .map(str::to_owned)
            .to_vec()
    }

    /// Pays over the proxy.
    fn pay(&self) -> Said {
        let words = self.words();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        run_at(&self.fixture, self.proxy.url(), &words)
    }

    /// How many payments were made.
    fn payments(&self) -> u64 {
        let spent = self.before - self.fixture.balance(0);
        assert_eq!(spent % (PAID * TOKEN), 0);
        spent / (PAID * TOKEN)
    }

    /// `outcome`, asked from an honest server: exit code and answer.
    fn outcome(&self, signature: &[&str]) -> (i32, Value) {
        let words = [&["outcome"], signature].concat();
        let said = bare(&self.fixture, self.fixture.served.url(), &words, "json");
        let answer = said.json();
        crate::schema::check_schema("outcome", &answer);
        (said.code, answer)
    }

    /// Rewrites an answer, after which blocks pass: those of an hour of a closed lid, or enough
    /// that every blockhash is too old.
    fn then_skip(
        &self,
        blocks: u64,
        rewrite: impl Fn(&mut Value) + Send + Sync + 'static,
    ) -> Fault {
        let fixture = Arc::clone(&self.fixture);
        Fault::lie(move |_, mut result| {
            rewrite(&mut result);
            fixture.served.skip_blocks(blocks);
            result
        })
    }
}

/// The signature that a command told on stderr.
fn told(said: &Said) -> Vec<String> {
    let lines = said.stderr.lines().map(str::trim);
    lines
        .filter_map(|line| line.strip_prefix("signature  "))
        .map(str::to_owned)
        .collect()
}

/// No transaction has a status.
fn withheld(result: &mut Value) {
    result["value"] = json!([null]);
}

fn move_number(number: &mut Value, by: i64) {
    let moved = number.as_u64().unwrap().saturating_add_signed(by);
    *number = moved.into();
}

/// The signature is told, is that of the error, and its payment is looked up as `state`.
fn undecided(scene: &Scene, said: &Said, case: &str) -> String {
    assert_eq!(
        (said.code, said.error().as_str()),
        (5, "outcome_unknown"),
        "{case}: {}\n{}",
        said.stdout,
        said.stderr
    );
    let signatures = told(said);
    assert_eq!(signatures.len(), 1, "{case}: {}", said.stderr);
    let error = said.json()["error"].clone();
    assert!(error["message"].as_str().unwrap().contains(&signatures[0]));
    let remedy = format!("homeostat outcome {}", signatures[0]);
    assert!(error["remedy"].as_str().unwrap().contains(&remedy));
    assert_eq!(scene.proxy.seen("getLatestBlockhash"), 1, "{case}");
    signatures[0].clone()
}

#[test]
fn r1_a_landed_payment_whose_status_is_withheld_is_not_made_again() {
    let history = Fault::Error {
        code: -32011,
        message: "Transaction history is not available from this node".into(),
    };
    let young = Fault::lie(|_, _| u64::MAX.into());
    type Spoil<'a> = &'a dyn Fn(&Scene);
    let cases: [(&str, Spoil); 4] = [
        ("told as of before the expiry", &|scene| {
            let old = scene.then_skip(EXPIRY, |result| {
                withheld(result);
                move_number(&mut result["context"]["slot"], -1_000);
            });
            scene.proxy.on(STATUSES).always(old);
        }),
        ("no history of blocks", &|scene| {
            let none = scene.then_skip(EXPIRY, withheld);
            scene.proxy.on(STATUSES).always(none);
            scene.proxy.on("getTransaction").always(history.clone());
        }),
        ("a history that begins later", &|scene| {
            let none = scene.then_skip(EXPIRY, withheld);
            scene.proxy.on(STATUSES).always(none);
            scene
                .proxy
                .on("getFirstAvailableBlock")
                .always(young.clone());
        }),
        ("no status at all", &|scene| {
            let none = scene.then_skip(EXPIRY, withheld);
            scene.proxy.on(STATUSES).once(none);
            scene.proxy.on(STATUSES).always(Fault::Status(503));
        }),
    ];
    for (case, spoil) in cases {
        // given a payment that lands, and a server that withholds it until its blockhash is old
        let scene = Scene::new();
        spoil(&scene);
        // when it is waited for, then nobody pays again
        let said = scene.pay();
        let signature = undecided(&scene, &said, case);
        assert_eq!(scene.payments(), 1, "{case}");
        // and an honest server tells what became of it, with and without its name
        let (code, open) = scene.outcome(&[]);
        assert_eq!(code, 0, "{case}: {open:#}");
        let looked = &open["transactions"][0];
        assert_eq!(looked["signature"], signature, "{case}");
        assert_eq!(looked["command"], "pay");
        assert!(looked["state"]["landed"]["slot"].is_u64(), "{open:#}");
        let (code, named) = scene.outcome(&[&signature]);
        assert_eq!((code, &named["transactions"][0]), (0, looked));
        let (code, none) = scene.outcome(&[]);
        assert_eq!((code, &none["transactions"]), (0, &json!([])));
    }
}

#[test]
fn r1_a_block_that_has_the_payment_outweighs_a_status_that_is_withheld() {
    // given a server that finds the payment by its block and never by its status
    let scene = Scene::new();
    let none = scene.then_skip(EXPIRY, withheld);
    scene.proxy.on(STATUSES).always(none);
    let said = scene.pay();
    assert_eq!(said.code, 0, "{}\n{}", said.stdout, said.stderr);
    assert_eq!(said.json()["outcome"]["sent"]["attempts"], 1);
    assert_eq!(scene.payments(), 1);
}

#[test]
fn r2_a_pool_whose_heights_run_ahead_of_its_statuses_does_not_pay_twice() {
    for (case, lost) in [("landed", false), ("on its way", true)] {
        // given heights from one server, and statuses from another that has not seen as much
        let scene = Scene::new();
        scene
            .proxy
            .on("getEpochInfo")
            .always(Fault::lie(|_, mut tip| {
                move_number(&mut tip["blockHeight"], 1_000);
                move_number(&mut tip["absoluteSlot"], 1_000);
                tip
            }));
        scene.proxy.on(STATUSES).always(Fault::lie(|_, mut result| {
            withheld(&mut result);
            result
        }));
        if lost {
            scene.proxy.on("sendTransaction").always(Fault::Swallow);
        }
        // when it is waited for, then nobody pays again
        let said = scene.pay();
        let signature = undecided(&scene, &said, case);
        assert_eq!(scene.payments(), u64::from(!lost), "{case}");
        // and what was only on its way can land until its height is past, and then no more
        if lost {
            let (code, open) = scene.outcome(&[&signature]);
            let last = &open["transactions"][0]["state"]["can_still_land"];
            assert_eq!(code, 6, "{open:#}");
            assert!(last["last_valid_block_height"].is_u64(), "{open:#}");
            scene.fixture.served.skip_blocks(EXPIRY);
        }
        let expected = if lost { 7 } else { 0 };
        assert_eq!(scene.outcome(&[&signature]).0, expected, "{case}");
        assert_eq!(scene.payments(), u64::from(!lost), "{case}");
    }
}

#[test]
fn r2_a_server_that_lags_by_200_slots_does_not_pay_twice() {
    let scene = Scene::new();
    let behind = |tip: &mut Value, fields: [&str; 2]| {
        for field in fields {
            move_number(tip.pointer_mut(field).unwrap(), -200);
        }
    };
    scene
        .proxy
        .on("getEpochInfo")
        .always(Fault::lie(move |_, mut tip| {
            behind(&mut tip, ["/blockHeight", "/absoluteSlot"]);
            tip
        }));
    let lags = scene.then_skip(1, |result| {
        withheld(result);
        move_number(&mut result["context"]["slot"], -200);
    });
    scene.proxy.on(STATUSES).always(lags);
    let said = scene.pay();
    let signature = undecided(&scene, &said, "lags");
    assert_eq!(scene.payments(), 1);
    assert_eq!(scene.outcome(&[&signature]).0, 0);
}

#[test]
fn r3_a_payment_that_can_land_no_more_is_signed_anew_once_and_made_once() {
    // given a server that loses the first transaction, and a blockhash that grows too old
    let scene = Scene::new();
    scene.proxy.on("sendTransaction").once(Fault::Swallow);
    let passes = scene.then_skip(EXPIRY, |_| ());
    scene.proxy.on(STATUSES).once(passes);
    // when it is waited for
    let said = scene.pay();
    // then it is signed anew, and both signatures are told and have their outcome
    assert_eq!(said.code, 0, "{}\n{}", said.stdout, said.stderr);
    assert_eq!(said.json()["outcome"]["sent"]["attempts"], 2);
    assert!(said.stderr.contains("signing anew"), "{}", said.stderr);
    assert_eq!(scene.payments(), 1);
    let signatures = told(&said);
    assert_eq!(signatures.len(), 2, "{}", said.stderr);
    assert_eq!(scene.outcome(&[&signatures[0]]).0, 7);
    assert_eq!(scene.outcome(&[&signatures[1]]).0, 0);
    assert_eq!(scene.outcome(&[]).1["transactions"], json!([]));
}

#[test]
fn r4_a_lid_that_is_closed_after_sending_does_not_pay_twice() {
    // given a payment that lands while its answer is lost, and a lid that closes for an hour
    let scene = Scene::new();
    scene.proxy.on("sendTransaction").once(Fault::DropAnswer);
    let hour = scene.then_skip(9_000, withheld);
    scene.proxy.on(STATUSES).once(hour);
    // when the lid opens, then the history has it
    let said = scene.pay();
    assert_eq!(said.code, 0, "{}\n{}", said.stdout, said.stderr);
    assert_eq!(said.json()["outcome"]["sent"]["attempts"], 1);
    assert_eq!(scene.payments(), 1);
}

/// Starts a payment over a proxy in front of the scene's world that hangs at `method`, and kills
/// it there.
fn killed_at(scene: &Scene, method: &str) {
    let proxy = Proxy::start(scene.fixture.served.url());
    proxy.on(method).always(Fault::Hang);
    killed::when(scene, &proxy, || proxy.seen(method) > 0);
}

#[test]
fn r5_what_was_killed_between_signing_and_telling_is_in_the_journal() {
    let scene = Scene::new();
    // given a payment that was killed before it had anything to sign, then nothing is open
    killed_at(&scene, "getLatestBlockhash");
    let (code, open) = scene.outcome(&[]);
    assert_eq!((code, &open["transactions"]), (0, &json!([])));
    assert_eq!(scene.payments(), 0);

    // given one that was killed while it sent, then it can still land, until it cannot
    killed_at(&scene, "sendTransaction");
    let (code, open) = scene.outcome(&[]);
    assert_eq!(code, 6, "{open:#}");
    let looked = &open["transactions"][0];
    let payer = scene.fixture.wallets[0].pubkey().to_string();
    assert_eq!(looked["key"], payer);
    assert!(looked["what"].as_str().unwrap().contains("pay 100"));
    let signature = looked["signature"].as_str().unwrap().to_owned();

    // and whoever pays again is warned, not stopped; who does something else is not
    let key = scene.fixture.wallets[0].file.display().to_string();
    let staked = run(&scene.fixture, &["stake", "1", "--keypair", &key]);
    assert_eq!(staked.code, 0, "{}", staked.stdout);
    assert!(!staked.stderr.contains("warning"), "{}", staked.stderr);
    let unstaked = TOKEN;
    let again = scene.pay();
    assert_eq!(again.code, 0, "{}", again.stdout);
    let warning = again.stderr.lines().find(|it| it.contains("warning"));
    assert!(warning.unwrap().contains(&signature), "{}", again.stderr);
    let spent = |scene: &Scene| scene.before - scene.fixture.balance(0) - unstaked;
    assert_eq!(spent(&scene), PAID * TOKEN);
    scene.fixture.served.skip_blocks(EXPIRY);
    let (code, over) = scene.outcome(&[&signature]);
    assert_eq!(code, 7, "{over:#}");
    assert_eq!(over["transactions"][0]["state"], "never_landed");

    // given one that was killed after it was sent, then it has landed, once
    killed_at(&scene, STATUSES);
    let (code, landed) = scene.outcome(&[]);
    assert_eq!(code, 0, "{landed:#}");
    assert!(landed["transactions"][0]["state"]["landed"]["slot"].is_u64());
    assert_eq!(spent(&scene), 2 * PAID * TOKEN);
}

#[test]
fn r6_without_a_journal_nothing_is_sent() {
    // given a folder that cannot be made
    let scene = Scene::new();
    let file = scene.fixture.folder().join("file");
    std::fs::write(&file, b"").unwrap();
    let folder = file.join("journal").display().to_string();
    let mut words = scene.words();
    words.extend(["--journal".to_owned(), folder]);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    // when somebody pays, then it is refused before anything is sent
    let said = run_at(&scene.fixture, scene.proxy.url(), &words);
    assert_eq!(
        (said.code, said.error().as_str()),
        (1, "journal_unwritable"),
        "{}",
        said.stdout
    );
    let remedy = said.json()["error"]["remedy"].clone();
    assert!(remedy.as_str().unwrap().contains("HOMEOSTAT_JOURNAL"));
    assert_eq!(scene.proxy.seen("sendTransaction"), 0);
    assert_eq!(scene.payments(), 0);
}

#[test]
fn what_nobody_here_sent_is_looked_up_too() {
    let scene = Scene::new();
    let said = scene.pay();
    assert_eq!(said.code, 0, "{}", said.stdout);
    let signature = told(&said).remove(0);
    // given a journal that has nothing
    let elsewhere = scene.fixture.folder().join("elsewhere");
    let elsewhere = elsewhere.display().to_string();
    let look = |signature: &str| {
        let words = ["outcome", signature, "--journal", &elsewhere];
        bare(&scene.fixture, scene.fixture.served.url(), &words, "json")
    };
    // then a block that has it is enough, and none is no proof that there will be none
    let found = look(&signature);
    assert_eq!(found.code, 0, "{}", found.stdout);
    let unheard = look(&solana_signature::Signature::from([7; 64]).to_string());
    assert_eq!(unheard.code, 5, "{}", unheard.stdout);
    let bad = look("0OIl");
    assert_eq!((bad.code, bad.error().as_str()), (1, "bad_signature"));
    // and what the journal has of another cluster is not looked up on this one
    let other = homeostat_served::Served::start(async || homeostat_sandbox::Bank::start().await);
    let words = ["outcome", signature.as_str()];
    let wrong = bare(&scene.fixture, other.url(), &words, "json");
    assert_eq!((wrong.code, wrong.error().as_str()), (1, "wrong_cluster"));
}
