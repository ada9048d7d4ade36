//! The keeper: killed, raced, lied to, and still one crank a period.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use homeostat_chain::{Connection, Wishes};
use homeostat_client::{Economy, EconomyAddresses, Pubkey};
use homeostat_keeper::backoff::{lot, within};
use homeostat_sandbox::world::{TOKEN, WEEK};
use homeostat_sandbox::{Bank, World, WorldSpec};
use homeostat_served::{lies, Fault, Fixture, Proxy, Served, Stage};
use serde_json::Value;
use solana_keypair::{write_keypair_file, Keypair};
use solana_signer::Signer;

use crate::common::run;
use crate::schema::check_schema;

#[path = "keeper/costs.rs"]
mod costs;
#[path = "keeper/overdue.rs"]
mod overdue;
#[path = "keeper/panics.rs"]
mod panics;
#[path = "keeper/passes.rs"]
mod passes;
#[path = "keeper/requests.rs"]
mod requests;
#[path = "keeper/searches.rs"]
mod searches;
#[path = "keeper/servers.rs"]
mod servers;
#[path = "keeper/tables.rs"]
mod tables;

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until something is so.
pub(crate) fn until(what: &str, mut so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !so() {
        assert!(begin.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What a path answers at an address: status and body.
fn get(address: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: keeper\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    (status, body.to_owned())
}

/// The sum of a metric at an address over the lines that have all these words.
fn metric(address: &str, name: &str, words: &[&str]) -> u64 {
    let (status, body) = get(address, "/metrics");
    assert_eq!(status, 200);
    sum(&body, name, words)
}

/// The sum of a metric in a text.
fn sum(body: &str, name: &str, words: &[&str]) -> u64 {
    let lines = body.lines().filter(|line| {
        let series = line.split(['{', ' ']).next().unwrap();
        series == name && words.iter().all(|word| line.contains(word))
    });
    lines
        .map(|line| {
            let value = line.rsplit(' ').next().unwrap();
            value.parse::<f64>().unwrap_or_else(|_| panic!("{line}")) as u64
        })
        .sum()
}

/// A keeper in a process of its own.
pub(crate) struct Running {
    child: Child,
    lines: Arc<Mutex<Vec<Value>>>,
}

/// Flags of a keeper that is in a hurry.
const QUICK: [&str; 10] = [
    "--poll",
    "50",
    "--jitter",
    "0",
    "--refresh",
    "1",
    "--max-backoff",
    "1",
    "--rpc-timeout",
    "2",
];

fn command(url: &str, key: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_homeostat"));
    // A configuration file that a person has must not matter.
    command
        .args(["keeper", "--url", url, "--commitment", "confirmed"])
        .arg("--keypair")
        .arg(key)
        .env_remove("HOMEOSTAT_ECONOMY")
        .env_remove("RUST_LOG")
        .env_remove("STATE_DIRECTORY")
        .env("HOME", key.parent().unwrap());
    command
}

impl Running {
    fn start(url: &str, key: &Path, arguments: &[&str]) -> Self {
        Self::of_command(
            command(url, key)
                .args(["--log", "json", "--metrics", "127.0.0.1:0"])
                .args(QUICK)
                .args(arguments),
        )
    }

    pub(crate) fn of_command(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let stderr = BufReader::new(child.stderr.take().expect("stderr is a pipe"));
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&lines);
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let line = serde_json::from_str(&line)
                    .unwrap_or_else(|error| panic!("{error}: {line} is not JSON"));
                kept.lock().unwrap().push(line);
            }
        });
        Self { child, lines }
    }

    pub(crate) fn lines(&self) -> Vec<Value> {
        self.lines.lock().unwrap().clone()
    }

    pub(crate) fn of(&self, event: &str) -> Vec<Value> {
        let mut all = self.lines();
        all.retain(|line| line["event"] == event);
        all
    }

    /// Waits until an event was told so often, and returns all of them.
    pub(crate) fn wait(&self, event: &str, count: usize) -> Vec<Value> {
        let begin = Instant::now();
        loop {
            let found = self.of(event);
            if found.len() >= count {
                return found;
            }
            let lines = self.lines();
            assert!(
                begin.elapsed() < PATIENCE,
                "not {count} times {event}: {lines:#?}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What a path answers: status and body.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        let address = self.wait("metrics", 1)[0]["address"].clone();
        get(address.as_str().unwrap(), path)
    }

    /// The sum of a metric over the lines that have all these words.
    pub(crate) fn metric(&self, name: &str, words: &[&str]) -> u64 {
        let address = self.wait("metrics", 1)[0]["address"].clone();
        metric(address.as_str().unwrap(), name, words)
    }

    /// Waits until it has looked at the clock so often again.
    fn looks(&self, count: u64) {
        self.ticks("homeostat_keeper_ticks_total", count);
    }

    /// The same of a daemon whose looks this metric counts.
    pub(crate) fn ticks(&self, metric: &str, count: u64) {
        let from = self.metric(metric, &[]);
        until("it looks at the clock", || {
            self.metric(metric, &[]) >= from + count
        });
    }

    pub(crate) fn no_errors(&self) {
        for line in self.lines() {
            assert!(line["level"] != "error", "{line:#}");
        }
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().expect("SIGKILL");
        self.child.wait().expect("it is gone");
    }

    /// SIGTERM; it ends with 0 and has said nothing on stdout.
    fn stop(self) -> Vec<Value> {
        let (lines, stdout) = self.end();
        assert_eq!(stdout, "");
        lines
    }

    /// SIGTERM; it ends with 0: its events, and stdout.
    pub(crate) fn end(mut self) -> (Vec<Value>, String) {
        let told = Command::new("kill")
            .arg(self.child.id().to_string())
            .status()
            .expect("there is `kill`");
        assert!(told.success());
        let status = self.child.wait().expect("it ends");
        assert_eq!(status.code(), Some(0), "{:#?}", self.lines());
        let mut stdout = String::new();
        let mut pipe = self.child.stdout.take().expect("stdout is a pipe");
        pipe.read_to_string(&mut stdout).expect("UTF-8");
        (self.lines(), stdout)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails when it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn key(fixture: &Fixture, wallet: usize) -> &Path {
    &fixture.wallets[wallet].file
}

fn periods(fixture: &Fixture) -> u64 {
    fixture
        .served
        .with(async |world| world.economy().await.totals.periods)
}

/// Moves the clock to the end of the period.
fn end_period(fixture: &Fixture) {
    let end = fixture
        .served
        .with(async |world| world.economy().await.next_end);
    fixture.served.advance(end - fixture.served.now());
}

/// The largest economy there is.
fn largest() -> WorldSpec {
    WorldSpec {
        liquidity: vec![1; 7],
        meters: 8,
        feeds: vec![None; 4],
        excluded: 4,
        ..WorldSpec::default()
    }
}

/// Several economies on one bank.
struct Town {
    bank: Bank,
    economies: Vec<EconomyAddresses>,
}

impl Stage for Town {
    fn bank(&mut self) -> &mut Bank {
        &mut self.bank
    }
}

impl Town {
    async fn build(count: usize, spec: &WorldSpec) -> Self {
        let mut bank = Bank::start().await;
        let mut economies = Vec::new();
        for _ in 0..count {
            let world = World::build_on(bank, spec).await;
            economies.push(world.at);
            bank = world.bank;
        }
        Self { bank, economies }
    }
}

/// A town behind JSON-RPC, its economies, and a folder with the key file of a keeper.
fn town(count: usize, spec: WorldSpec) -> (Served<Town>, Vec<String>, tempfile::TempDir) {
    let served = Served::start(async move || Town::build(count, &spec).await);
    let folder = tempfile::tempdir().unwrap();
    let keeper = Keypair::new();
    write_keypair_file(&keeper, folder.path().join("keeper.json")).unwrap();
    let economies = served.with(async move |town: &mut Town| {
        town.bank.airdrop(&keeper.pubkey(), 10_000_000_000).await;
        town.economies.clone()
    });
    let economies = economies.iter().map(|at| at.economy.to_string()).collect();
    (served, economies, folder)
}

#[test]
fn several_economies_are_kept_and_a_broken_one_stops_none() {
    // given three economies and an address that is none
    let (served, economies, folder) = town(3, WorldSpec::default());
    let nothing = Pubkey::new_unique().to_string();
    let mut arguments = vec!["--economy", &nothing];
    for economy in &economies {
        arguments.extend(["--economy", economy]);
    }
    let keeper = Running::start(served.url(), &folder.path().join("keeper.json"), &arguments);
    for period in 1..=2 {
        // when a period is over
        served.advance(WEEK);
        // then each was ended once
        let cranked = keeper.wait("cranked", 3 * period);
        let mut of: Vec<_> = cranked[3 * (period - 1)..]
            .iter()
            .map(|line| line["economy"].as_str().unwrap().to_owned())
            .collect();
        of.sort();
        let mut all = economies.clone();
        all.sort();
        assert_eq!(of, all);
    }
    // and the broken one is told and counted, and waits longer and longer
    let failed = keeper.wait("failed", 3);
    for line in &failed {
        assert_eq!(line["economy"], nothing, "{line:#}");
        assert_eq!(line["code"], "no_economy");
        assert!(line["remedy"].is_string() && line["retry_ms"].is_u64());
    }
    assert!(failed[2]["retry_ms"].as_u64() > failed[0]["retry_ms"].as_u64());
    let count = |result: &str| {
        let result = format!("result=\"{result}\"");
        keeper.metric("homeostat_keeper_cranks_total", &[&result])
    };
    assert_eq!((count("cranked"), count("beaten")), (6, 0));
    assert!(count("failed") >= 3);
    assert_eq!(keeper.get("/healthz").0, 200);
    assert_eq!(keeper.get("/").0, 404);
    // and it ends when it is told to
    let lines = keeper.stop();
    assert_eq!(lines.last().unwrap()["event"], "stopped");
}

#[test]
fn kill_9_at_any_moment_loses_nothing() {
    let fixture = Fixture::live();
    let economy = fixture.at.economy.to_string();
    let arguments = ["--economy", economy.as_str()];
    let while_late = Fault::Delay(Duration::from_secs(3));
    let moments: [(&str, Fault); 6] = [
        // It looks whether the economy is due: the clock is read, the economy is not.
        ("getMultipleAccounts", Fault::Hang),
        ("simulateTransaction", Fault::Hang),
        ("getLatestBlockhash", Fault::Hang),
        // Sent, and lost with the process.
        ("sendTransaction", Fault::Hang),
        // Sent, and still on its way when the next keeper begins.
        ("sendTransaction", while_late),
        // Landed, and not known to have.
        ("getSignatureStatuses", Fault::Hang),
    ];
    for (method, fault) in moments {
        // given a period that is over, and a keeper that is killed in the middle
        let before = periods(&fixture);
        let proxy = Proxy::start(fixture.served.url());
        let rule = proxy.on(method);
        let rule = match method {
            "getMultipleAccounts" => rule.after(1),
            _ => rule,
        };
        rule.always(fault);
        end_period(&fixture);
        let held = if method == "getMultipleAccounts" {
            2
        } else {
            1
        };
        let keeper = Running::start(proxy.url(), key(&fixture, 0), &arguments);
        until(method, || proxy.seen(method) >= held);
        keeper.kill();
        // when it starts again
        proxy.heal();
        let keeper = Running::start(proxy.url(), key(&fixture, 0), &arguments);
        until(method, || periods(&fixture) > before);
        // then the period was ended once, and the keeper is at peace
        keeper.looks(5);
        assert_eq!(periods(&fixture), before + 1, "{method}");
        keeper.no_errors();
        keeper.kill();
    }
    // and killed after it was done, it does it no second time
    end_period(&fixture);
    let before = periods(&fixture);
    let keeper = Running::start(fixture.served.url(), key(&fixture, 0), &arguments);
    keeper.wait("cranked", 1);
    keeper.kill();
    let keeper = Running::start(fixture.served.url(), key(&fixture, 0), &arguments);
    keeper.looks(5);
    assert_eq!(keeper.of("cranked").len(), 0);
    assert_eq!(periods(&fixture), before + 1);
}

#[test]
fn two_keepers_do_no_harm() {
    // given two keepers over one economy, each with its key, both in a hurry
    let fixture = Fixture::live();
    let economy = fixture.at.economy.to_string();
    let arguments = ["--economy", economy.as_str()];
    let start = |wallet| Running::start(fixture.served.url(), key(&fixture, wallet), &arguments);
    let keepers = [start(0), start(1)];
    for keeper in &keepers {
        keeper.wait("state", 1);
    }
    const PERIODS: u64 = 5;
    for period in 1..=PERIODS {
        // when a period is over
        end_period(&fixture);
        // then it is ended once, and both know
        for keeper in &keepers {
            until("both know", || {
                let count = |result| keeper.metric("homeostat_keeper_cranks_total", &[result]);
                count("cranked") + count("beaten") >= period
            });
        }
        assert_eq!(periods(&fixture), period);
    }
    let count = |result: &str| -> u64 {
        keepers
            .iter()
            .map(|keeper| keeper.metric("homeostat_keeper_cranks_total", &[result]))
            .sum()
    };
    assert_eq!((count("cranked"), count("beaten")), (PERIODS, PERIODS));
    assert_eq!((count("failed"), count("unknown")), (0, 0));
    for keeper in keepers {
        keeper.no_errors();
        assert_eq!(keeper.get("/healthz").0, 200);
        keeper.stop();
    }
}

#[test]
fn a_keeper_waits_for_its_lot() {
    // given a keeper whose turn is some time after the end
    const WITHIN: u64 = 1_000;
    let fixture = Fixture::live();
    let economy = fixture.at.economy.to_string();
    let own = fixture.wallets[0].pubkey();
    let delay = within(lot(&own, &fixture.at.economy, 0), WITHIN);
    let delay = i64::try_from(delay).unwrap();
    assert!(delay > 1);
    let mut command = command(fixture.served.url(), key(&fixture, 0));
    command
        .args(["--log", "json", "--metrics", "127.0.0.1:0"])
        .args(["--poll", "50", "--jitter", &WITHIN.to_string()]);
    let keeper = Running::of_command(command.args(["--economy", &economy]));
    keeper.wait("state", 1);
    // when the period is over, then it waits
    end_period(&fixture);
    fixture.served.advance(delay - 1);
    keeper.looks(5);
    assert_eq!(periods(&fixture), 0);
    assert_eq!(
        keeper.metric("homeostat_keeper_overdue_seconds", &[]),
        delay as u64 - 1
    );
    // until it is its turn
    fixture.served.advance(1);
    let cranked = keeper.wait("cranked", 1);
    assert_eq!(cranked[0]["lateness_s"], delay);
}

#[test]
fn k2_a_late_period_is_one_step() {
    // given a keeper that was away for ten periods
    let fixture = Fixture::live();
    let economy = fixture.at.economy.to_string();
    fixture.served.advance(10 * WEEK);
    let keeper = Running::start(
        fixture.served.url(),
        key(&fixture, 0),
        &["--economy", &economy],
    );
    // then it ends one period over all the time that went by
    let cranked = keeper.wait("cranked", 1);
    keeper.looks(5);
    assert_eq!(keeper.of("cranked").len(), 1);
    assert_eq!(periods(&fixture), 1);
    assert_eq!(cranked[0]["lateness_s"], 9 * WEEK);
    assert_eq!(
        keeper.metric("homeostat_keeper_lateness_seconds", &[]),
        9 * WEEK as u64
    );
    assert_eq!(keeper.metric("homeostat_keeper_overdue_seconds", &[]), 0);
}

#[test]
fn a_pause_is_waited_for_and_not_hammered() {
    let fixture = Fixture::live();
    let economy = fixture.at.economy.to_string();
    let guardian = fixture.guardian.file.display().to_string();
    end_period(&fixture);
    let paused = run(
        &fixture,
        &[
            "pause",
            "crank",
            "3600",
            "--reason",
            "incident",
            "--keypair",
            &guardian,
        ],
    );
    assert_eq!(paused.code, 0, "{}", paused.stdout);
    let proxy = Proxy::start(fixture.served.url());
    let keeper = Running::start(proxy.url(), key(&fixture, 0), &["--economy", &economy]);
    let told = keeper.wait("state", 1);
    assert_eq!(told[0]["state"], "paused");
    assert_eq!(told[0]["until"], fixture.served.now() + 3_600);
    keeper.looks(20);
    assert_eq!(proxy.seen("simulateTransaction"), 0);
    assert_eq!(keeper.of("state").len(), 1);
    assert_eq!(keeper.metric("homeostat_keeper_overdue_seconds", &[]), 0);
    // when the pause is over
    fixture.served.advance(3_600);
    keeper.wait("cranked", 1);
    keeper.no_errors();
}

#[test]
fn what_is_in_flight_holds_up_the_end_for_a_while_only() {
    let fixture = Fixture::live();
    let proxy = Proxy::start(fixture.served.url());
    let economy = fixture.at.economy.to_string();
    let arguments = ["--economy", economy.as_str(), "--grace", "1"];
    // given a keeper that waits for an answer
    proxy.on("sendTransaction").always(Fault::Hang);
    let keeper = Running::start(proxy.url(), key(&fixture, 0), &arguments);
    end_period(&fixture);
    until("it sends", || proxy.seen("sendTransaction") > 0);
    // when it is stopped, then it does not wait for what never comes, and says so
    let lines = keeper.stop();
    let last = lines.last().unwrap();
    assert_eq!(
        (&last["event"], &last["in_flight"]),
        (&"stopped".into(), &1.into())
    );
    // and one whose transaction lands in time
    proxy.heal();
    proxy
        .on("sendTransaction")
        .once(Fault::Delay(Duration::from_secs(1)));
    let keeper = Running::start(
        proxy.url(),
        key(&fixture, 0),
        &["--economy", &economy, "--grace", "60"],
    );
    until("it sends again", || proxy.seen("sendTransaction") > 1);
    let lines = keeper.stop();
    assert!(
        lines.iter().any(|line| line["event"] == "cranked"),
        "{lines:#?}"
    );
    assert_eq!(periods(&fixture), 1);
}
