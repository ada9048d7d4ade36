//! `homeostat localnet` on the served bank: the story that a validator passes as well
//! (testing/validator), in seconds; `warp`, and who may not.

#[path = "../shared/localnet.rs"]
#[cfg(target_os = "linux")]
mod story;

use std::io::{Read, Write};
use std::net::TcpStream;

use homeostat_sandbox::{Bank, World};
use homeostat_served::{Fault, Fixture, Proxy};
use serde_json::Value;

use crate::alone;
use crate::common::{bare, run, run_at, text};

const DAY: i64 = 86_400;

/// A localnet whose periods of a minute take two seconds.
#[cfg(target_os = "linux")]
fn world() -> story::World {
    story::World {
        homeostat: alone::PATH.into(),
        words: vec!["--speed".into(), "30".into()],
        deployed: false,
        period: std::time::Duration::from_secs(60),
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_localnet_is_of_use_at_once_and_leaves_nothing_behind() {
    story::is_of_use_at_once_and_leaves_nothing_behind(&world());
}

#[test]
#[cfg(target_os = "linux")]
fn a_localnet_that_is_killed_leaves_nothing_running() {
    story::that_is_killed_leaves_nothing_running(&world());
}

#[test]
#[cfg(target_os = "linux")]
fn an_early_ctrl_c_leaves_nothing_behind() {
    let localnet = story::Localnet::start(&world(), &[]);
    // given one whose bank has started, which it says before it makes what is missing
    let begin = std::time::Instant::now();
    while localnet.processes().len() < 2 {
        assert!(begin.elapsed().as_secs() < 40, "no bank starts");
        std::thread::yield_now();
    }
    story::that_is_interrupted_before_it_is_ready_leaves_nothing_behind(localnet);
}

#[test]
#[cfg(target_os = "linux")]
fn success_a_warp_makes_the_keeper_end_a_period_and_time_passes_a_delay() {
    // given a localnet whose clock is the machine's, so that nothing is over for a minute
    let mut slow = world();
    slow.words.clear();
    let mut localnet = story::Localnet::start(&slow, &[]);
    let ready = localnet.ready();
    assert_eq!(
        (&ready["world"], &ready["speed"]),
        (&"bank".into(), &1.into())
    );
    assert_eq!(ready["program_runs"], "native");

    // when its clock is moved by six hours
    let (moved, _) = localnet.run(&ready, &["warp", "6h"]);
    let seconds = |field: &str| moved[field].as_i64().unwrap();
    assert_eq!(seconds("after") - seconds("before"), 21_600);
    crate::schema::check_schema("warp", &moved);

    // then the keeper ends the period that is over, at once
    let begin = std::time::Instant::now();
    let status = loop {
        let (status, _) = localnet.run(&ready, &["status"]);
        if status["periods"] != 0 {
            break status;
        }
        assert!(begin.elapsed().as_secs() < 30, "nobody cranks");
    };
    let next = status["next_crank_at"].as_i64().unwrap();
    assert!(next > seconds("after"), "{status}");
    localnet.signal("-INT");
    assert_eq!(localnet.ended(), (Some(0), String::new()));
}

#[test]
fn success_a_warp_goes_to_a_time_or_by_a_duration_and_never_back() {
    let fixture = Fixture::live();
    let reset = async |world: &mut World| world.bank.set_time(Bank::GENESIS).await;
    fixture.served.with(reset);
    let moved = run(&fixture, &["warp", "1d", "24h"]).json();
    assert_eq!(moved["before"], Bank::GENESIS);
    assert_eq!(moved["after"], Bank::GENESIS + 2 * DAY);
    assert_eq!(fixture.served.now(), Bank::GENESIS + 2 * DAY);
    let said = text(&fixture, &["warp", "--to", "2026-01-09 12:00"]);
    assert!(
        said.stdout.contains("went on by 2 d 12 h")
            && said.stdout.contains("2026-01-09 12:00:00 UTC"),
        "{}",
        said.stdout
    );

    // and back, or further than a year, is refused with what can be done
    for (words, code, exit) in [
        (["warp", "--to", "2026-01-01"].as_slice(), "warp_refused", 1),
        (&["warp", "400d"], "warp_refused", 1),
        (&["warp", "soon"], "bad_value", 2),
        (&["warp", "--to", "soon"], "bad_value", 2),
    ] {
        let said = run(&fixture, words);
        assert_eq!(
            (said.error().as_str(), said.code),
            (code, exit),
            "{words:?}"
        );
        assert!(said.json()["error"]["remedy"].is_string(), "{words:?}");
    }
}

/// Posts a request as a browser does for a page.
fn post(url: &str, headers: &str, body: &str) -> String {
    let authority = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(authority).unwrap();
    let length = body.len();
    write!(
        stream,
        "POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n{headers}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn l3_a_website_reads_the_local_world_and_cannot_move_its_clock() {
    let fixture = Fixture::live();
    let (url, before) = (fixture.served.url().to_owned(), fixture.served.now());
    let authority = url.strip_prefix("http://").unwrap();
    let body = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"homeostatWarp","params":[{}]}}"#,
        before + DAY
    );
    for headers in [
        format!("Host: {authority}\r\nOrigin: https://example.org"),
        // a name of its own that leads to this machine
        "Host: example.org:8899".to_owned(),
    ] {
        let refused = post(&url, &headers, &body);
        assert!(
            refused.contains("a website cannot move the clock"),
            "{refused}"
        );
        assert_eq!(fixture.served.now(), before);
        let health = r#"{"jsonrpc":"2.0","id":1,"method":"getHealth"}"#;
        let answer = post(&url, &headers, health);
        assert!(answer.contains("\"result\":\"ok\""), "{answer}");
        assert!(
            answer.contains("access-control-allow-origin: *"),
            "{answer}"
        );
    }
    // a page of this machine may
    let page = format!("Host: {authority}\r\nOrigin: http://localhost:3000");
    post(&url, &page, &body);
    assert_eq!(fixture.served.now(), before + DAY);
}

#[test]
fn l4_a_warp_is_asked_of_this_machine_alone_and_of_no_other_server() {
    // given a server that has no such method, as every cluster's
    let fixture = Fixture::live();
    let proxy = Proxy::start(fixture.served.url());
    proxy.on("homeostatWarp").always(Fault::Error {
        code: -32601,
        message: "Method not found".into(),
    });
    let before = fixture.served.now();
    let said = run_at(&fixture, proxy.url(), &["warp", "6h"]);
    assert_eq!((said.error().as_str(), said.code), ("no_warp", 1));
    let remedy = said.json()["error"]["remedy"].to_string();
    assert!(remedy.contains("homeostat localnet"), "{remedy}");
    assert_eq!(fixture.served.now(), before);

    // and one on another machine is not even connected to
    let elsewhere = ["warp", "6h", "--url", "http://192.0.2.1:8899"];
    let said = alone::binary()
        .args(elsewhere)
        .args(["--output", "json"])
        .output()
        .unwrap();
    let said: Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!(said["error"]["code"], "no_warp", "{said}");
}

#[test]
fn fail_a_bank_keeps_no_ledger_and_a_validator_has_its_own_speed() {
    let refused = |words: &[&str]| {
        let mut command = alone::binary();
        let output = command.args(words).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let said: Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}"));
        let code = said["error"]["code"].as_str().unwrap().to_owned();
        (
            code,
            output.status.code(),
            said["error"]["remedy"].to_string(),
        )
    };
    let json = ["localnet", "--output", "json"];
    let (code, exit, remedy) = refused(&[&json[..], &["--ledger", "kept"]].concat());
    assert_eq!((code.as_str(), exit), ("bank_keeps_nothing", Some(2)));
    assert!(remedy.contains("--validator"), "{remedy}");
    for words in [
        ["--speed", "0"].as_slice(),
        &["--speed", "86401"],
        &["--speed", "2", "--validator"],
    ] {
        let (code, exit, _) = refused(&[&json[..], words].concat());
        assert_eq!((code.as_str(), exit), ("usage", Some(2)), "{words:?}");
    }
    let (code, exit, _) = refused(&[&json[..], &["--program", "no/such.so"]].concat());
    assert_eq!((code.as_str(), exit), ("world_failed", Some(1)));
    // A port that somebody has is named.
    let fixture = Fixture::live();
    let port = fixture.served.url().rsplit(':').next().unwrap().to_owned();
    let (code, exit, _) = refused(&[&json[..], &["--rpc-port", &port]].concat());
    assert_eq!((code.as_str(), exit), ("world_failed", Some(1)));
    let said = bare(&fixture, fixture.served.url(), &["localnet"], "json");
    assert_eq!(said.error(), "own_cluster");
}
