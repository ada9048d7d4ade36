//! The watcher: what it tells of a life, killed, lied to, and with nobody who listens.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use homeostat_client::Action;
use homeostat_sandbox::World;
use homeostat_served::{lies, Fault, Fixture, Proxy};
use serde_json::Value;

use crate::alone;
use crate::common::Said;
use crate::keeper::until;
use crate::schema::check_schema;

/// The exit code of a pass that told alarms.
const TOLD: i32 = 8;

fn command(fixture: &Fixture, url: &str, arguments: &[&str]) -> Command {
    let mut command = alone::binary();
    command
        .args(["watch", "--output", "json", "--log", "json"])
        .args(["--economy", &fixture.at.economy.to_string()])
        .args(["--url", url, "--rpc-timeout", "2", "--config"])
        .arg(fixture.config())
        .env_remove("STATE_DIRECTORY")
        .env("HOMEOSTAT_JOURNAL", fixture.folder().join("journal"))
        .args(arguments);
    command
}

/// One pass at a server: what it said, and the alarms.
fn pass_at(fixture: &Fixture, url: &str, arguments: &[&str]) -> (Said, Vec<Value>) {
    // A slot passes between any two looks, as on every cluster.
    fixture.served.skip_blocks(1);
    let output = command(fixture, url, &["--once"])
        .args(arguments)
        .output()
        .expect("the binary runs");
    let said = Said {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("UTF-8"),
    };
    let alarms = said.stdout.lines().filter_map(|line| {
        let line: Value = serde_json::from_str(line).ok()?;
        line.get("code")?;
        check_schema("watch", &line);
        Some(line)
    });
    let alarms = alarms.collect();
    (said, alarms)
}

/// The codes of what a pass tells, with `!` behind those that ended.
fn pass(fixture: &Fixture, arguments: &[&str]) -> Vec<String> {
    let (said, alarms) = pass_at(fixture, fixture.served.url(), arguments);
    let code = if alarms.is_empty() { 0 } else { TOLD };
    assert_eq!(said.code, code, "{} {}", said.stdout, said.stderr);
    codes(&alarms)
}

fn codes(alarms: &[Value]) -> Vec<String> {
    let code = |alarm: &Value| {
        let ended = if alarm["phase"] == "ended" { "!" } else { "" };
        format!("{}{ended}", alarm["code"].as_str().unwrap())
    };
    alarms.iter().map(code).collect()
}

/// A live economy that was looked at once; whatever lasts then is known.
fn watched() -> Fixture {
    let fixture = Fixture::live();
    pass_at(&fixture, fixture.served.url(), &[]);
    assert_eq!(pass(&fixture, &[]), [""; 0]);
    fixture
}

/// Two of three members decide that one is enough.
fn lower_threshold() -> Action {
    Action::Threshold {
        expected: 2,
        value: 1,
    }
}

#[test]
fn a_proposal_is_told_from_its_making_to_what_it_lowered() {
    // given an economy that is watched
    let fixture = watched();
    // when a member proposes that fewer decide
    let id = fixture
        .served
        .with(async |world: &mut World| world.propose(vec![lower_threshold()]).await.unwrap());
    assert_eq!(pass(&fixture, &[]), ["proposal_made"]);
    // and another approves
    fixture
        .served
        .with(async move |world: &mut World| world.approve(1, id).await.map(|_| ()).unwrap());
    let (_, alarms) = pass_at(&fixture, fixture.served.url(), &[]);
    assert_eq!(codes(&alarms), ["proposal_queued"]);
    let message = alarms[0]["message"].as_str().unwrap();
    for words in [
        "Proposal 0 (critical) has enough approvals: threshold: threshold 2 -> 1",
        "the guardian with a veto",
        "of the stake",
    ] {
        assert!(message.contains(words), "{words}: {message}");
    }
    assert_eq!(alarms[0]["severity"], "critical");
    assert_eq!(alarms[0]["proof"]["log"], "audit_acts");
    // and it is executed after its delay
    fixture.served.with(async move |world: &mut World| {
        let eta = world.proposal(id).await.eta;
        world.bank.advance(eta - world.bank.now()).await;
        world.execute(id).await.map(|_| ()).unwrap();
    });
    let told = pass(&fixture, &[]);
    assert!(told.contains(&"proposal_executed".to_owned()), "{told:?}");
    assert!(told.contains(&"threshold_lowered".to_owned()), "{told:?}");
    // then nothing is left to tell
    assert_eq!(pass(&fixture, &[]), [""; 0]);
}

#[test]
fn what_came_and_went_while_nobody_looked_is_told_from_the_logs() {
    // given a watcher that is down
    let fixture = watched();
    // while a proposal is made, queued and vetoed, and a section is paused until the pause ends
    fixture.served.with(async |world: &mut World| {
        let id = world.queue(vec![lower_threshold()]).await.unwrap();
        world.veto(id).await.map(|_| ()).unwrap();
    });
    let guardian = fixture.guardian.file.display().to_string();
    let pause = ["pause", "pay", "60", "--reason", "incident", "--keypair"];
    let said = crate::common::run(&fixture, &[&pause[..], &[&guardian]].concat());
    assert_eq!(said.code, 0, "{}", said.stdout);
    fixture.served.advance(120);
    // then all of it is told when it comes back, and once
    assert_eq!(
        pass(&fixture, &[]),
        [
            "proposal_made",
            "proposal_queued",
            "proposal_vetoed",
            "paused",
            "paused!"
        ]
    );
    assert_eq!(pass(&fixture, &[]), [""; 0]);
}

#[test]
fn a_pause_an_overdue_period_and_an_empty_wallet_begin_and_end_once() {
    let fixture = watched();
    let wallet = fixture.wallets[0].pubkey();
    let address = wallet.to_string();
    let rich = ["--wallet", address.as_str()];
    assert_eq!(pass(&fixture, &rich), [""; 0]);
    // given a wallet that has less than it should
    let poor = ["--wallet", &address, "--min-balance", "900000000000"];
    assert_eq!(pass(&fixture, &poor), ["wallet_low"]);
    assert_eq!(pass(&fixture, &poor), [""; 0]);
    assert_eq!(pass(&fixture, &rich), ["wallet_low!"]);
    // a period that nobody ends
    fixture
        .served
        .with(async |world: &mut World| world.go_to_end().await);
    assert_eq!(pass(&fixture, &["--overdue-after", "3600"]), [""; 0]);
    fixture.served.advance(3_601);
    assert_eq!(
        pass(&fixture, &["--overdue-after", "3600"]),
        ["period_overdue"]
    );
    fixture
        .served
        .with(async |world: &mut World| world.crank().await.map(|_| ()).unwrap());
    assert_eq!(
        pass(&fixture, &["--overdue-after", "3600"]),
        ["period_overdue!"]
    );
}

#[test]
fn a_replay_tells_what_happened_before_anybody_watched() {
    let fixture = Fixture::live();
    fixture.served.with(async |world: &mut World| {
        world
            .enact(vec![lower_threshold()])
            .await
            .map(|_| ())
            .unwrap();
    });
    fixture.served.skip_blocks(1);
    let (_, alarms) = pass_at(&fixture, fixture.served.url(), &["--since-genesis"]);
    let told = codes(&alarms);
    for code in ["proposal_made", "proposal_queued", "proposal_executed"] {
        assert!(told.contains(&code.to_owned()), "{code}: {told:?}");
    }
    assert_eq!(pass(&fixture, &["--since-genesis"]), [""; 0]);
}

#[test]
fn al4_a_server_that_lies_about_the_council_is_not_believed() {
    let fixture = watched();
    let proxy = Proxy::start(fixture.served.url());
    // given a server that says that one member decides
    proxy
        .on("getMultipleAccounts")
        .always(lies::changed(b"council", 9, |_| 1));
    let (said, alarms) = pass_at(&fixture, proxy.url(), &[]);
    assert_eq!(said.code, TOLD, "{} {}", said.stdout, said.stderr);
    assert_eq!(codes(&alarms), ["state_contradicts_log"]);
    let (_, alarms) = pass_at(&fixture, proxy.url(), &[]);
    assert_eq!(codes(&alarms), [""; 0]);
    // when it tells the truth again, that is all
    proxy.heal();
    assert_eq!(pass(&fixture, &[]), ["state_contradicts_log!"]);
}

#[test]
fn a_server_that_is_down_is_told_by_the_exit_code() {
    let fixture = watched();
    let proxy = Proxy::start(fixture.served.url());
    proxy.on_any().always(Fault::Drop);
    let (said, _) = pass_at(&fixture, proxy.url(), &[]);
    assert_eq!(said.code, 3, "{} {}", said.stdout, said.stderr);
}

/// A web server that counts what it gets by `Idempotency-Key`.
struct Hook {
    url: String,
    /// Each key with how often it was sent.
    got: Arc<Mutex<Vec<(String, u32)>>>,
    /// While this is so, a request is read and never answered.
    mute: Arc<AtomicBool>,
}

impl Hook {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let got = Arc::new(Mutex::new(Vec::new()));
        let mute = Arc::new(AtomicBool::new(false));
        let (kept, silent) = (Arc::clone(&got), Arc::clone(&mute));
        std::thread::spawn(move || {
            let mut unanswered = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let Some(key) = key_of(&mut stream) else {
                    continue;
                };
                note(&mut kept.lock().unwrap(), key);
                if silent.load(Ordering::SeqCst) {
                    unanswered.push(stream);
                } else {
                    let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n");
                }
            }
        });
        Self { url, got, mute }
    }

    fn got(&self) -> Vec<(String, u32)> {
        self.got.lock().unwrap().clone()
    }
}

fn note(got: &mut Vec<(String, u32)>, key: String) {
    match got.iter_mut().find(|(known, _)| *known == key) {
        Some((_, times)) => *times += 1,
        None => got.push((key, 1)),
    }
}

/// Reads a request and returns its key.
fn key_of(stream: &mut TcpStream) -> Option<String> {
    let mut text = Vec::new();
    let mut some = [0; 4_096];
    while !text.ends_with(b"}\n") {
        match stream.read(&mut some) {
            Ok(0) | Err(_) => return None,
            Ok(count) => text.extend_from_slice(&some[..count]),
        }
    }
    let text = String::from_utf8_lossy(&text).into_owned();
    let line = text
        .lines()
        .find(|line| line.to_lowercase().starts_with("idempotency-key: "))?;
    Some(line.split_once(' ')?.1.trim().to_owned())
}

/// A watcher in a process of its own.
struct Running(Child);

impl Running {
    fn start(fixture: &Fixture, arguments: &[&str]) -> Self {
        let child = command(fixture, fixture.served.url(), arguments)
            .args(["--poll", "50", "--max-backoff", "1", "--metrics", "off"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary runs");
        Self(child)
    }

    fn kill(mut self) {
        self.0.kill().expect("SIGKILL");
        self.0.wait().expect("it is gone");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails when it has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn lines(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn al2_killed_while_a_web_server_has_an_alarm_and_does_not_answer() {
    let fixture = watched();
    let hook = Hook::start();
    let file = fixture.folder().join("alarms.jsonl");
    let file_word = file.display().to_string();
    let sinks = ["--webhook", &hook.url, "--file", &file_word];
    hook.mute.store(true, Ordering::SeqCst);
    // given a watcher whose web server has read an alarm and says nothing
    let watcher = Running::start(&fixture, &sinks);
    pause(&fixture, 3_600);
    until("the server has it", || hook.got().len() == 1);
    // when it is killed, and started again with a server that answers
    watcher.kill();
    hook.mute.store(false, Ordering::SeqCst);
    let watcher = Running::start(&fixture, &sinks);
    until("it is sent again", || hook.got()[0].1 >= 2);
    pause(&fixture, 7_200);
    until("the next one comes", || hook.got().len() == 2);
    until("the file has both", || lines(&file).len() == 2);
    watcher.kill();
    // then the second time it had the same key, and the file has each once, whatever the last
    // kill left to be told again
    let (said, _) = pass_at(&fixture, fixture.served.url(), &sinks);
    assert!([0, TOLD].contains(&said.code), "{}", said.stderr);
    let keys: Vec<String> = hook.got().into_iter().map(|(key, _)| key).collect();
    let ids: Vec<Value> = lines(&file).iter().map(|line| line["id"].clone()).collect();
    assert_eq!(ids, keys);
    assert_eq!(keys.len(), 2);
    assert_eq!(pass(&fixture, &sinks), [""; 0]);
}

#[test]
fn al2_killed_while_a_command_runs_it_is_run_again_with_the_same_id() {
    let fixture = watched();
    let file = fixture.folder().join("ids");
    let go = fixture.folder().join("go");
    // given a command that notes the id and hangs until it may go on
    let script = format!(
        "echo $HOMEOSTAT_ALARM_ID >> {}; while ! test -e {}; do sleep 0.05; done",
        file.display(),
        go.display()
    );
    let exec = ["--timeout", "100", "--exec", "sh", "-c", &script];
    let ids = || -> Vec<String> {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    };
    let mut start = command(&fixture, fixture.served.url(), &[]);
    start.args(["--poll", "50", "--metrics", "off"]).args(exec);
    let running = start
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map(Running)
        .unwrap();
    pause(&fixture, 3_600);
    until("the command runs", || ids().len() == 1);
    // when the watcher is killed
    running.kill();
    std::fs::write(&go, "").unwrap();
    // then the next run tells the command again, with the same id, and stdout nothing new
    let (said, alarms) = pass_at(&fixture, fixture.served.url(), &exec);
    assert_eq!(said.code, TOLD, "{} {}", said.stdout, said.stderr);
    assert_eq!(codes(&alarms), [""; 0]);
    let ids = ids();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn a_web_server_that_is_down_for_a_while_gets_all_later_and_once() {
    let fixture = watched();
    let hook = Hook::start();
    // given a web server that is not there
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = format!("http://{}/", closed.local_addr().unwrap());
    drop(closed);
    pause(&fixture, 3_600);
    let (said, alarms) = pass_at(&fixture, fixture.served.url(), &["--webhook", &nobody]);
    assert_eq!(codes(&alarms), ["paused"]);
    assert_eq!(said.code, 1, "{} {}", said.stdout, said.stderr);
    assert!(said.stdout.contains("undelivered"), "{}", said.stdout);
    // when it is back, then it gets what it missed, and stdout does not have it again
    let (said, alarms) = pass_at(&fixture, fixture.served.url(), &["--webhook", &hook.url]);
    assert_eq!(said.code, TOLD, "{} {}", said.stdout, said.stderr);
    assert_eq!(codes(&alarms), [""; 0]);
    assert_eq!(hook.got().len(), 1);
    assert_eq!(pass(&fixture, &["--webhook", &hook.url]), [""; 0]);
    assert_eq!(hook.got()[0].1, 1);
}

/// The guardian pauses payments for so many seconds from now on.
fn pause(fixture: &Fixture, seconds: u32) {
    let guardian = fixture.guardian.file.display().to_string();
    let seconds = seconds.to_string();
    let words = ["pause", "pay", &seconds, "--reason", "incident"];
    let said = crate::common::run(fixture, &[&words[..], &["--keypair", &guardian]].concat());
    assert_eq!(said.code, 0, "{}", said.stdout);
    fixture.served.skip_blocks(1);
}

#[test]
fn a_test_alarm_reaches_every_sink_without_a_cluster() {
    let fixture = Fixture::live();
    let hook = Hook::start();
    let mut told = Vec::new();
    for _ in 0..2 {
        let output = command(
            &fixture,
            "http://127.0.0.1:1",
            &["--test", "--webhook", &hook.url],
        )
        .output()
        .unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let line: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(line["code"], "test");
        told.push(line["id"].as_str().unwrap().to_owned());
    }
    // each is another alarm, or a server that knows the first would drop the second
    let got: Vec<String> = hook.got().into_iter().map(|(key, _)| key).collect();
    assert_eq!(got, told);
}

#[test]
fn wrong_words_are_wrong_usage() {
    let fixture = Fixture::live();
    for (words, code) in [
        (
            &["--webhook", "http://alarms.example.org/"][..],
            "insecure_webhook",
        ),
        (&["--webhook", "alarms"], "bad_url"),
        (&["--wallet", "nobody"], "bad_address"),
        (&["--metrics", "x"], "bad_metrics_address"),
    ] {
        let output = command(&fixture, fixture.served.url(), words)
            .output()
            .unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(2), "{words:?}: {stdout}");
        assert!(stdout.contains(code), "{code}: {stdout}");
    }
}
