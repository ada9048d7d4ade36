//! `homeostat localnet`: ready with one line, of use at once, and nothing left behind.
//!
//! Every process it starts inherits a mark in its environment, and its temporary folder:
//! that is how they are found.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Output, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::{alone, elf};

const MARK: &str = "HOMEOSTAT_TEST_MARK";
/// How long processes may take to end.
const PATIENCE: Duration = Duration::from_secs(40);

/// `homeostat`, which `cargo xtask test --validator` builds beside the validator.
fn homeostat() -> PathBuf {
    let file = Path::new(env!("CARGO_BIN_EXE_homeostat-localnet")).with_file_name("homeostat");
    let build = "cargo build --profile host --package homeostat-cli --bin homeostat";
    assert!(file.is_file(), "{} is missing: {build}", file.display());
    file
}

/// A localnet that was started.
struct Localnet {
    process: Child,
    stdout: BufReader<ChildStdout>,
    temporary: TempDir,
}

impl Localnet {
    fn start(more: &[&str]) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let mut process = Command::new(homeostat())
            .args(["localnet", "--output", "json", "--program"])
            .arg(elf())
            .args(more)
            .env("TMPDIR", temporary.path())
            .env("HOME", temporary.path())
            .env(MARK, temporary.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        Self {
            process,
            stdout,
            temporary,
        }
    }

    /// Waits for its line.
    fn ready(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line:?}"));
        println!("ready in {} ms", ready["ready_in_ms"]);
        let schema = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../crates/cli/schemas/localnet.json"
        );
        let schema = serde_json::from_str(&fs::read_to_string(schema).unwrap()).unwrap();
        if let Err(error) = jsonschema::validate(&schema, &ready) {
            panic!("{error}\n{ready:#}");
        }
        ready
    }

    fn signal(&self, signal: &str) {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// Processes with its mark.
    fn processes(&self) -> Vec<String> {
        let mark = format!("{MARK}={}", self.temporary.path().display());
        let marked = |pid: &str| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            let mut variables = environment.split(|byte| *byte == 0);
            variables.any(|variable| variable == mark.as_bytes())
        };
        fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|pid| pid.bytes().all(|byte| byte.is_ascii_digit()) && marked(pid))
            .collect()
    }

    /// Waits for its end; its exit code, and what else it printed.
    fn ended(&mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        let begin = Instant::now();
        let status = loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                break status;
            }
            assert!(begin.elapsed() < PATIENCE, "it does not end");
            sleep(Duration::from_millis(50));
        };
        while !self.processes().is_empty() {
            assert!(begin.elapsed() < PATIENCE, "{:?} run on", self.processes());
            sleep(Duration::from_millis(50));
        }
        println!("ended in {:?}", begin.elapsed());
        self.stdout.read_to_string(&mut rest).unwrap();
        (status.code(), rest)
    }

    /// Files in its temporary folder.
    fn left(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.temporary.path()).unwrap();
        entries.flatten().map(|entry| entry.path()).collect()
    }
}

impl Drop for Localnet {
    fn drop(&mut self) {
        // A test that failed leaves nothing running either: its children see the end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs a command on a localnet; its answer, and how long it took.
fn run(ready: &Value, words: &[&str]) -> (Value, Duration) {
    let begin = Instant::now();
    let config = ready["config"].as_str().unwrap();
    let Output { status, stdout, .. } = Command::new(homeostat())
        .args(words)
        .args(["--output", "json", "-C", config])
        .env("HOMEOSTAT_ECONOMY", ready["economy"].as_str().unwrap())
        .env(
            "HOMEOSTAT_JOURNAL",
            Path::new(config).with_file_name("journal"),
        )
        .output()
        .unwrap();
    let took = begin.elapsed();
    let text = String::from_utf8(stdout).unwrap();
    assert!(status.success(), "{words:?}: {text}");
    (serde_json::from_str(&text).unwrap(), took)
}

/// The key file of somebody.
fn keypair<'r>(ready: &'r Value, name: &str) -> &'r str {
    let wallets = ready["wallets"].as_array().unwrap();
    let wallet = wallets.iter().find(|wallet| wallet["name"] == name);
    wallet.unwrap()["keypair"].as_str().unwrap()
}

fn port(ready: &Value) -> u16 {
    let url = ready["rpc_url"].as_str().unwrap();
    url.rsplit(':').next().unwrap().parse().unwrap()
}

#[test]
fn a_localnet_is_of_use_at_once_and_leaves_nothing_behind() {
    let _alone = alone();
    // given a localnet that is ready
    let mut localnet = Localnet::start(&[]);
    let ready = localnet.ready();

    // then every read command works at once
    let median = |words: &[&str]| {
        let mut times: Vec<_> = (0..10).map(|_| run(&ready, words).1).collect();
        times.sort_unstable();
        println!("{}: median of ten {:?}", words.join(" "), times[5]);
    };
    median(&["status"]);
    median(&["preview"]);
    median(&["explain", "emission"]);
    median(&["proposals"]);
    median(&["log"]);
    let (status, _) = run(&ready, &["status"]);
    assert_eq!(
        (&status["life"], &status["period_seconds"]),
        (&"live".into(), &60.into())
    );
    assert_eq!(status["mint"], ready["mint"]);
    assert!(status["upgrade_authority"].is_string(), "really deployed");
    assert_eq!(status["pools"][0]["total"]["tokens"], "5000000");

    // and a wallet can use it
    let bob = keypair(&ready, "bob");
    run(&ready, &["stake", "1000", "--keypair", bob]);
    let (status, _) = run(&ready, &["status"]);
    assert_eq!(status["pools"][0]["total"]["tokens"], "5001000");

    // and found an economy of his own
    let people = |name: &str| {
        let wallets = ready["wallets"].as_array().unwrap();
        let wallet = wallets.iter().find(|wallet| wallet["name"] == name);
        wallet.unwrap()["address"].as_str().unwrap()
    };
    let file = localnet.temporary.path().join("economy.toml");
    let text = format!(
        "[economy]\nmode = \"funded\"\n[controllers.fee]\nki = 0.0001\n[council]\n\
         members = [\"{}\"]\nthreshold = 1\nguardian = \"{}\"\n",
        people("member-1"),
        people("guardian")
    );
    fs::write(&file, text).unwrap();
    let (mint, path) = (ready["mint"].as_str().unwrap(), file.to_str().unwrap());
    let create = ["create-economy", path, "--mint", mint, "--keypair", bob];
    let (created, took) = run(&ready, &create);
    println!("create-economy: {took:?}");
    assert_eq!(
        (&created["life"], &created["complete"]),
        (&"draft".into(), &true.into())
    );
    let own = created["economy"].as_str().unwrap();
    for (role, name) in [("member", "member-1"), ("guardian", "guardian")] {
        let key = keypair(&ready, name);
        run(
            &ready,
            &["accept-role", role, "--economy", own, "--keypair", key],
        );
    }
    run(&ready, &["fund", "100", "--economy", own, "--keypair", bob]);
    run(&ready, &["go-live", "--economy", own, "--keypair", bob]);
    let (status, _) = run(&ready, &["status", "--economy", own]);
    assert_eq!(
        (&status["life"], &status["funding"]),
        (&"live".into(), &"funded".into())
    );
    fs::remove_file(&file).unwrap();

    // and the keeper ends the first period
    assert_eq!(ready["keeper"], true);
    let begin = Instant::now();
    while run(&ready, &["status"]).0["periods"] == 0 {
        assert!(begin.elapsed() < Duration::from_secs(120), "nobody cranks");
        sleep(Duration::from_secs(1));
    }

    // when somebody presses Ctrl-C, then it says nothing more and nothing is left
    localnet.signal("-INT");
    assert_eq!(localnet.ended(), (Some(0), String::new()));
    assert_eq!(localnet.left(), Vec::<PathBuf>::new());
    TcpListener::bind((Ipv4Addr::UNSPECIFIED, port(&ready))).unwrap();
}

#[test]
fn a_localnet_that_is_killed_leaves_nothing_running() {
    let _alone = alone();
    let mut localnet = Localnet::start(&[]);
    let ready = localnet.ready();
    assert!(localnet.processes().len() >= 2);

    // when the parent has no chance to clear up
    localnet.process.kill().unwrap();

    // then its children end all the same, and the folder goes
    localnet.ended();
    assert_eq!(localnet.left(), Vec::<PathBuf>::new());
    TcpListener::bind((Ipv4Addr::UNSPECIFIED, port(&ready))).unwrap();
}

#[test]
fn an_early_ctrl_c_leaves_nothing_behind() {
    let _alone = alone();
    let mut localnet = Localnet::start(&[]);
    sleep(Duration::from_secs(3));
    localnet.signal("-INT");
    let (code, said) = localnet.ended();
    assert_eq!(code, Some(1), "{said}");
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["error"]["code"], "interrupted");
    assert_eq!(localnet.left(), Vec::<PathBuf>::new());
}

#[test]
fn a_kept_localnet_goes_on_with_the_same_economy() {
    let _alone = alone();
    let parent = tempfile::tempdir().unwrap();
    let ledger = parent.path().join("kept");
    let kept = ["--ledger", ledger.to_str().unwrap(), "--no-keeper"];

    // given a localnet where bob has staked, which was ended
    let mut localnet = Localnet::start(&kept);
    let first = localnet.ready();
    run(&first, &["stake", "1", "--keypair", keypair(&first, "bob")]);
    let (before, _) = run(&first, &["status"]);
    localnet.signal("-TERM");
    assert_eq!(localnet.ended(), (Some(0), String::new()));

    // when it is started again, then everything is as it was
    let mut localnet = Localnet::start(&kept);
    let second = localnet.ready();
    for same in ["economy", "mint", "wallets", "council", "program", "ledger"] {
        assert_eq!(first[same], second[same], "{same}");
    }
    let (after, _) = run(&second, &["status"]);
    for same in ["supply", "periods", "next_crank_at", "life"] {
        assert_eq!(before[same], after[same], "{same}");
    }
    assert_eq!(before["pools"][0]["total"], after["pools"][0]["total"]);
    localnet.signal("-INT");
    assert_eq!(localnet.ended(), (Some(0), String::new()));
    assert!(ledger.join("genesis.bin").is_file());
}
