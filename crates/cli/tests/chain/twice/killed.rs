//! Killed at every step between signing and telling: the journal knows, and says what became of
//! it.
//!
//! Between the answer that has the blockhash and the entry in the journal there is no request, and
//! nothing is sent before there is an entry; so the steps are those at which a server, or the
//! journal's own file, can hold the process.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc;

use homeostat_served::{Fault, Proxy};
use serde_json::{json, Value};

use crate::alone;

use super::{withheld, Scene, EXPIRY, STATUSES};

/// Starts a payment over a proxy in front of the scene's world, and kills it once it is held.
pub(super) fn when(scene: &Scene, proxy: &Proxy, is_held: impl Fn() -> bool) {
    let mut child = alone::binary()
        .args(scene.words())
        .args(["--url", proxy.url(), "--config"])
        .arg(scene.fixture.config())
        .env("HOMEOSTAT_ECONOMY", scene.fixture.at.economy.to_string())
        .env("HOMEOSTAT_JOURNAL", journal(scene))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    while !is_held() {
        let ended = child.try_wait().expect("a child");
        assert!(ended.is_none(), "it ended before it was held: {ended:?}");
        std::thread::yield_now();
    }
    child.kill().expect("it is killed");
    child.wait().expect("it is dead");
}

fn journal(scene: &Scene) -> PathBuf {
    scene.fixture.folder().join("journal")
}

/// What the journal says of the one transaction that has no outcome, and of it again by its name.
fn looked(scene: &Scene, step: &str) -> (i32, Value) {
    let (code, open) = scene.outcome(&[]);
    let looked = open["transactions"][0].clone();
    let signature = looked["signature"].as_str();
    let signature = signature.unwrap_or_else(|| panic!("{step}: nothing is open"));
    assert_eq!(looked["command"], "pay", "{step}");
    let (again, named) = scene.outcome(&[signature]);
    assert_eq!(
        (again, &named["transactions"][0]),
        (code, &looked),
        "{step}"
    );
    (code, looked)
}

#[test]
fn r5_before_anything_is_written_nothing_was_sent() {
    for method in ["simulateTransaction", "getLatestBlockhash"] {
        let scene = Scene::new();
        super::killed_at(&scene, method);
        let (code, open) = scene.outcome(&[]);
        assert_eq!((code, &open["transactions"]), (0, &json!([])), "{method}");
        assert_eq!(scene.payments(), 0, "{method}");
    }
}

#[test]
fn r5_written_and_not_sent_can_land_until_it_is_too_old() {
    // given a payment that was killed after it was written down, before anything was sent
    let scene = Scene::new();
    super::killed_at(&scene, "sendTransaction");
    let (code, open) = looked(&scene, "written");
    assert_eq!(code, 6, "{open:#}");
    // when its blockhash is too old, then nothing happened, and nothing is open
    scene.fixture.served.skip_blocks(EXPIRY);
    let (code, over) = looked(&scene, "too old");
    assert_eq!((code, &over["state"]), (7, &json!("never_landed")));
    assert_eq!(scene.outcome(&[]).1["transactions"], json!([]));
    assert_eq!(scene.payments(), 0);
}

#[test]
fn r5_sent_and_not_told_has_landed_once_wherever_it_was_killed() {
    type Arm = fn(&Proxy);
    let steps: [(&str, &str, Arm); 3] = [
        ("sent and not answered", "sendTransaction", |proxy| {
            proxy.on("sendTransaction").always(Fault::HangAnswer);
        }),
        ("landed and the status withheld", "getEpochInfo", |proxy| {
            let none = Fault::lie(|_, mut result| {
                withheld(&mut result);
                result
            });
            proxy.on(STATUSES).always(none);
            proxy.on("getEpochInfo").always(Fault::Hang);
        }),
        ("its status on the way", STATUSES, |proxy| {
            proxy.on(STATUSES).always(Fault::HangAnswer);
        }),
    ];
    for (step, method, arm) in steps {
        // given a payment that was killed at a step behind its sending
        let scene = Scene::new();
        let proxy = Proxy::start(scene.fixture.served.url());
        arm(&proxy);
        when(&scene, &proxy, || {
            proxy.seen(method) > 0 && scene.payments() == 1
        });
        // then the journal knows it, and it has landed, once
        let (code, open) = looked(&scene, step);
        assert_eq!(code, 0, "{step}: {open:#}");
        assert!(open["state"]["landed"]["slot"].is_u64(), "{step}");
        assert_eq!(scene.outcome(&[]).1["transactions"], json!([]), "{step}");
        assert_eq!(scene.payments(), 1, "{step}");
    }
}

/// Before the status is noted the entry is read: a pipe in its place holds the process between the
/// status that it was told and the note of it.
#[cfg(unix)]
#[test]
fn r5_told_and_not_noted_is_found_again() {
    let scene = Scene::new();
    let proxy = Proxy::start(scene.fixture.served.url());
    let (made, pipes) = mpsc::channel();
    let folder = journal(&scene);
    let aside = scene.fixture.folder().join("aside.json");
    let kept = aside.clone();
    proxy.on(STATUSES).always(Fault::lie(move |asked, result| {
        let signature = asked.pointer("/0/0").and_then(Value::as_str);
        let signature = signature.expect("a signature");
        let entry = folder.join(format!("{signature}.json"));
        if !kept.exists() {
            std::fs::rename(&entry, &kept).expect("an entry");
            let status = Command::new("mkfifo").arg(&entry).status();
            assert!(status.expect("mkfifo runs").success());
            made.send(entry).expect("the test waits");
        }
        result
    }));
    // given a payment whose status was told, and that was killed before it was written down
    let held = std::cell::OnceCell::new();
    when(&scene, &proxy, || match pipes.try_recv() {
        // Opens once the other side does, which then waits for what is never written.
        Ok(pipe) => {
            let open = File::options().write(true).open(&pipe);
            held.set((open.expect("a reader"), pipe)).is_ok()
        }
        Err(_) => false,
    });
    let (_, pipe) = held.into_inner().expect("it was held");
    std::fs::rename(aside, pipe).expect("the entry is put back");
    // then it is open, and has landed, once
    let (code, open) = looked(&scene, "told");
    assert_eq!(code, 0, "{open:#}");
    assert!(open["state"]["landed"]["slot"].is_u64(), "{open:#}");
    assert_eq!(scene.outcome(&[]).1["transactions"], json!([]));
    assert_eq!(scene.payments(), 1);
}
