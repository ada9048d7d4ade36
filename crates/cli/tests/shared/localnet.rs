//! The story of `homeostat localnet`, whichever world it starts: ready with one line, of use at
//! once, and nothing left behind.
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

const MARK: &str = "HOMEOSTAT_TEST_MARK";
/// How long processes may take to end.
const PATIENCE: Duration = Duration::from_secs(40);

/// Which `homeostat` starts which world.
pub struct World {
    /// The executable.
    pub homeostat: PathBuf,
    /// What stands behind `localnet`.
    pub words: Vec<String>,
    /// Whether the program is deployed as an ELF, by somebody who can upgrade it.
    pub deployed: bool,
    /// How long a period of a minute may take to be ended.
    pub period: Duration,
}

/// A localnet that was started.
pub struct Localnet {
    homeostat: PathBuf,
    pub process: Child,
    stdout: BufReader<ChildStdout>,
    pub temporary: TempDir,
}

impl Localnet {
    pub fn start(world: &World, more: &[&str]) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let mut process = Command::new(&world.homeostat)
            .args(["localnet", "--output", "json"])
            .args(&world.words)
            .args(more)
            .env("TMPDIR", temporary.path())
            .env("HOME", temporary.path())
            .env(MARK, temporary.path())
            .env_remove("HOMEOSTAT_ECONOMY")
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_STATE_HOME")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(process.stdout.take().unwrap());
        Self {
            homeostat: world.homeostat.clone(),
            process,
            stdout,
            temporary,
        }
    }

    /// Waits for its line.
    pub fn ready(&mut self) -> Value {
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

    pub fn signal(&self, signal: &str) {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// Processes with its mark.
    pub fn processes(&self) -> Vec<String> {
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
    pub fn ended(&mut self) -> (Option<i32>, String) {
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
    pub fn left(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.temporary.path()).unwrap();
        entries.flatten().map(|entry| entry.path()).collect()
    }

    /// Runs a command on it; what it said, and how long it took.
    pub fn output(&self, ready: &Value, words: &[&str]) -> (Output, Duration) {
        let begin = Instant::now();
        let config = ready["config"].as_str().unwrap();
        let output = Command::new(&self.homeostat)
            .args(words)
            .args(["--output", "json", "-C", config])
            .env("HOMEOSTAT_ECONOMY", ready["economy"].as_str().unwrap())
            .env(
                "HOMEOSTAT_JOURNAL",
                Path::new(config).with_file_name("journal"),
            )
            .output()
            .unwrap();
        (output, begin.elapsed())
    }

    /// Runs a command that succeeds; its answer, and how long it took.
    pub fn run(&self, ready: &Value, words: &[&str]) -> (Value, Duration) {
        let (Output { status, stdout, .. }, took) = self.output(ready, words);
        let text = String::from_utf8(stdout).unwrap();
        assert!(status.success(), "{words:?}: {text}");
        (serde_json::from_str(&text).unwrap(), took)
    }
}

impl Drop for Localnet {
    fn drop(&mut self) {
        // A test that failed leaves nothing running either: its children see the end.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn wallet<'r>(ready: &'r Value, name: &str) -> &'r Value {
    let wallets = ready["wallets"].as_array().unwrap();
    let wallet = wallets.iter().find(|wallet| wallet["name"] == name);
    wallet.unwrap()
}

/// The key file of somebody.
pub fn keypair<'r>(ready: &'r Value, name: &str) -> &'r str {
    wallet(ready, name)["keypair"].as_str().unwrap()
}

/// The port of JSON-RPC is free again.
fn port_is_free(ready: &Value) {
    let url = ready["rpc_url"].as_str().unwrap();
    let port: u16 = url.rsplit(':').next().unwrap().parse().unwrap();
    TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).unwrap();
}

pub fn is_of_use_at_once_and_leaves_nothing_behind(world: &World) {
    // given a localnet that is ready
    let mut localnet = Localnet::start(world, &[]);
    let ready = localnet.ready();

    // then every read command works at once
    let median = |words: &[&str]| {
        let mut times: Vec<_> = (0..10).map(|_| localnet.run(&ready, words).1).collect();
        times.sort_unstable();
        println!("{}: median of ten {:?}", words.join(" "), times[5]);
    };
    median(&["status"]);
    median(&["preview"]);
    median(&["explain", "emission"]);
    median(&["proposals"]);
    median(&["log"]);
    let (status, _) = localnet.run(&ready, &["status"]);
    assert_eq!(
        (&status["life"], &status["period_seconds"]),
        (&"live".into(), &60.into())
    );
    assert_eq!(status["mint"], ready["mint"]);
    assert_eq!(status["upgrade_authority"].is_string(), world.deployed);
    assert_eq!(status["pools"][0]["total"]["tokens"], "5000000");

    // and a wallet can use it
    let bob = keypair(&ready, "bob");
    localnet.run(&ready, &["stake", "1000", "--keypair", bob]);
    let (status, _) = localnet.run(&ready, &["status"]);
    assert_eq!(status["pools"][0]["total"]["tokens"], "5001000");

    // and found an economy of his own
    let people = |name: &str| wallet(&ready, name)["address"].as_str().unwrap();
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
    let (created, took) = localnet.run(&ready, &create);
    println!("create-economy: {took:?}");
    assert_eq!(
        (&created["life"], &created["complete"]),
        (&"draft".into(), &true.into())
    );
    let own = created["economy"].as_str().unwrap();
    for (role, name) in [("member", "member-1"), ("guardian", "guardian")] {
        let key = keypair(&ready, name);
        localnet.run(
            &ready,
            &["accept-role", role, "--economy", own, "--keypair", key],
        );
    }
    localnet.run(&ready, &["fund", "100", "--economy", own, "--keypair", bob]);
    localnet.run(&ready, &["go-live", "--economy", own, "--keypair", bob]);
    let (status, _) = localnet.run(&ready, &["status", "--economy", own]);
    assert_eq!(
        (&status["life"], &status["funding"]),
        (&"live".into(), &"funded".into())
    );
    fs::remove_file(&file).unwrap();

    // and the keeper ends the first period
    assert_eq!(ready["keeper"], true);
    let begin = Instant::now();
    while localnet.run(&ready, &["status"]).0["periods"] == 0 {
        assert!(begin.elapsed() < world.period, "nobody cranks");
        sleep(Duration::from_secs(1));
    }

    // when somebody presses Ctrl-C, then it says nothing more and nothing is left
    localnet.signal("-INT");
    assert_eq!(localnet.ended(), (Some(0), String::new()));
    assert_eq!(localnet.left(), Vec::<PathBuf>::new());
    port_is_free(&ready);
}

pub fn that_is_killed_leaves_nothing_running(world: &World) {
    let mut localnet = Localnet::start(world, &[]);
    let ready = localnet.ready();
    assert!(localnet.processes().len() >= 2);

    // when the parent has no chance to clear up
    localnet.process.kill().unwrap();

    // then its children end all the same, and the folder goes
    localnet.ended();
    assert_eq!(localnet.left(), Vec::<PathBuf>::new());
    port_is_free(&ready);
}

pub fn that_is_interrupted_before_it_is_ready_leaves_nothing_behind(mut localnet: Localnet) {
    localnet.signal("-INT");
    let (code, said) = localnet.ended();
    assert_eq!(code, Some(1), "{said}");
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["error"]["code"], "interrupted");
    assert_eq!(localnet.left(), Vec::<PathBuf>::new());
}
