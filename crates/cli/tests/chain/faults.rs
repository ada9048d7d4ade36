//! Servers that hang, lie and drop: each is named, with a remedy and its exit code, and
//! nothing is half done.

use std::time::Duration;

use homeostat_sandbox::world::TOKEN;
use homeostat_served::{lies, Fault, Fixture, Proxy};

use crate::common::run_at;

#[test]
fn what_a_server_does_wrong_is_said() {
    let fixture = Fixture::live();
    let proxy = Proxy::start(fixture.served.url());
    let accounts = "getMultipleAccounts";
    let error = Fault::Error {
        code: -32005,
        message: "node is behind".into(),
    };
    let cases: Vec<(&str, Fault, i32, &str)> = vec![
        ("getGenesisHash", Fault::Drop, 3, "rpc_unreachable"),
        ("getGenesisHash", Fault::Garbage, 3, "rpc_nonsense"),
        ("getGenesisHash", Fault::Status(503), 3, "rpc_refused"),
        ("getGenesisHash", Fault::Status(403), 3, "rpc_refused"),
        (accounts, Fault::DropAnswer, 3, "rpc_unreachable"),
        (accounts, Fault::Truncated, 3, "rpc_nonsense"),
        (accounts, error, 3, "rpc_refused"),
        (
            accounts,
            lies::owner("11111111111111111111111111111111"),
            1,
            "wrong_account",
        ),
        (accounts, lies::flipped(0), 1, "wrong_account"),
        (accounts, lies::missing(), 1, "no_program"),
    ];
    for (method, fault, code, error) in cases {
        let shown = format!("{method}: {error}");
        proxy.on(method).always(fault);
        let said = run_at(&fixture, proxy.url(), &["status", "--rpc-timeout", "1"]);
        assert_eq!(
            (said.code, said.error().as_str()),
            (code, error),
            "{shown}: {}",
            said.stdout
        );
        assert!(said.json()["error"]["remedy"].is_string(), "{shown}");
        proxy.heal();
    }
    assert_eq!(run_at(&fixture, proxy.url(), &["status"]).code, 0);
}

#[test]
fn a_server_that_hangs_is_given_up() {
    let fixture = Fixture::live();
    let proxy = Proxy::start(fixture.served.url());
    proxy.on("getMultipleAccounts").always(Fault::Hang);
    let said = run_at(&fixture, proxy.url(), &["status", "--rpc-timeout", "1"]);
    assert_eq!((said.code, said.error().as_str()), (3, "rpc_timeout"));
}

#[test]
fn a_write_survives_what_passes_and_never_happens_twice() {
    let fixture = Fixture::live();
    let proxy = Proxy::start(fixture.served.url());
    let key = fixture.wallets[0].file.display().to_string();
    let balance = || fixture.balance(0);
    let faults: [(&str, &str, Fault); 6] = [
        ("sendTransaction", "lost", Fault::Swallow),
        ("sendTransaction", "doubled", Fault::Duplicate),
        ("sendTransaction", "answer lost", Fault::DropAnswer),
        ("sendTransaction", "dropped", Fault::Drop),
        ("getSignatureStatuses", "dropped", Fault::Drop),
        (
            "getSignatureStatuses",
            "late",
            Fault::Delay(Duration::from_millis(300)),
        ),
    ];
    for (method, what, fault) in faults {
        // given a server that fails once at the worst moment
        let shown = format!("{method} {what}");
        let before = balance();
        proxy.on(method).once(fault);
        // when a wallet stakes, then it has staked once
        let said = run_at(&fixture, proxy.url(), &["stake", "3", "--keypair", &key]);
        assert_eq!(said.code, 0, "{shown}: {}", said.stdout);
        assert_eq!(before - balance(), 3 * TOKEN, "{shown}");
        proxy.heal();
    }
}

#[test]
fn the_configuration_is_that_of_home_and_a_test_has_an_empty_one() {
    // given a home whose configuration is broken, and nobody behind the URL
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join(".config/solana/cli");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("config.yml"), "json_rpc_url: [").expect("it is written");
    let status = ["status", "--url", "http://127.0.0.1:9", "--output", "json"];
    let fails = |command: &mut std::process::Command| {
        let output = command.args(status).output().expect("the binary runs");
        let answer: serde_json::Value =
            serde_json::from_slice(&output.stdout).expect("stdout is JSON");
        answer["error"]["code"].clone()
    };
    // then whoever's home it is reads it, and a test's binary does not
    let theirs = fails(crate::alone::binary().env("HOME", home.path()));
    assert_eq!(theirs, "bad_config");
    assert_eq!(fails(&mut crate::alone::binary()), "rpc_unreachable");
}
