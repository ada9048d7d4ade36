//! The keeper: killed, raced, lied to, and still one crank a period.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use homeostat_client::{Economy, EconomyAddresses, Pubkey};
use homeostat_keeper::backoff::{lot, within};
use homeostat_ops::{Connection, Wishes};
use homeostat_sandbox::world::{TOKEN, WEEK};
use homeostat_sandbox::{Bank, World, WorldSpec};
use homeostat_served::{lies, Fault, Fixture, Proxy, Served, Stage};
use serde_json::Value;
use solana_keypair::{write_keypair_file, Keypair};
use solana_signer::Signer;

use crate::common::run;
use crate::schema::check_schema;

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until something is so.
fn until(what: &str, mut so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !so() {
        assert!(begin.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A keeper in a process of its own.
struct Running {
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

    fn of_command(command: &mut Command) -> Self {
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

    fn lines(&self) -> Vec<Value> {
        self.lines.lock().unwrap().clone()
    }

    fn of(&self, event: &str) -> Vec<Value> {
        let mut all = self.lines();
        all.retain(|line| line["event"] == event);
        all
    }

    /// Waits until an event was told so often, and returns all of them.
    fn wait(&self, event: &str, count: usize) -> Vec<Value> {
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
    fn get(&self, path: &str) -> (u16, String) {
        let address = self.wait("metrics", 1)[0]["address"].clone();
        let mut stream = TcpStream::connect(address.as_str().unwrap()).expect("it listens");
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

    /// The sum of a metric over the lines that have all these words.
    fn metric(&self, name: &str, words: &[&str]) -> u64 {
        let (status, body) = self.get("/metrics");
        assert_eq!(status, 200);
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

    /// Waits until it has looked at the clock so often again.
    fn looks(&self, count: u64) {
        let from = self.metric("homeostat_keeper_ticks_total", &[]);
        until("it looks at the clock", || {
            self.metric("homeostat_keeper_ticks_total", &[]) >= from + count
        });
    }

    fn no_errors(&self) {
        for line in self.lines() {
            assert!(line["level"] != "error", "{line:#}");
        }
    }

    fn kill(mut self) {
        self.child.kill().expect("SIGKILL");
        self.child.wait().expect("it is gone");
    }

    /// SIGTERM; it ends with 0 and has said nothing on stdout.
    fn stop(mut self) -> Vec<Value> {
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
        assert_eq!(stdout, "");
        self.lines()
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
fn a_server_that_fails_costs_time_and_no_period() {
    let fixture = Fixture::live();
    let proxy = Proxy::start(fixture.served.url());
    let economy = fixture.at.economy.to_string();
    let keeper = Running::start(proxy.url(), key(&fixture, 0), &["--economy", &economy]);
    keeper.wait("state", 1);
    let error = Fault::Error {
        code: -32005,
        message: "node is behind".into(),
    };
    let faults: [(&str, u64, Fault); 12] = [
        ("getMultipleAccounts", 3, Fault::Drop),
        ("getMultipleAccounts", 2, Fault::Garbage),
        ("getMultipleAccounts", 2, Fault::Truncated),
        ("getMultipleAccounts", 2, Fault::Status(503)),
        ("getMultipleAccounts", 2, error),
        ("getMultipleAccounts", 2, lies::missing()),
        ("getMultipleAccounts", 1, Fault::Hang),
        ("simulateTransaction", 1, Fault::Drop),
        ("getRecentPrioritizationFees", 1, Fault::Status(502)),
        ("sendTransaction", 1, Fault::Swallow),
        ("sendTransaction", 1, Fault::Duplicate),
        ("sendTransaction", 1, Fault::DropAnswer),
    ];
    for (number, (method, count, fault)) in (1..).zip(faults) {
        proxy.on(method).times(count, fault);
        end_period(&fixture);
        until(method, || periods(&fixture) >= number);
        keeper.looks(3);
        assert_eq!(periods(&fixture), number, "{number} {method}");
        proxy.heal();
    }
    assert!(keeper.metric("homeostat_keeper_rpc_errors_total", &["rpc_unreachable"]) > 0);
    assert!(keeper.metric("homeostat_keeper_rpc_errors_total", &["rpc_nonsense"]) > 0);
    assert!(keeper.metric("homeostat_keeper_rpc_errors_total", &["rpc_refused"]) > 0);
    assert!(keeper.metric("homeostat_keeper_rpc_errors_total", &["rpc_timeout"]) > 0);
    assert_eq!(keeper.get("/healthz").0, 200);
    keeper.stop();
}

#[test]
fn a_server_that_says_confirmed_and_lies_is_found_out() {
    let fixture = Fixture::live();
    let proxy = Proxy::start(fixture.served.url());
    let economy = fixture.at.economy.to_string();
    let keeper = Running::start(proxy.url(), key(&fixture, 0), &["--economy", &economy]);
    keeper.wait("state", 1);
    proxy.on("sendTransaction").once(Fault::Swallow);
    proxy.on("getSignatureStatuses").once(lies::confirmed());
    end_period(&fixture);
    // The chain does not have what the server confirmed, so it is done again.
    keeper.wait("vanished", 1);
    until("it is ended", || periods(&fixture) == 1);
    keeper.looks(3);
    assert_eq!(periods(&fixture), 1);
}

#[test]
fn a_server_that_is_not_there_yet_is_waited_for() {
    let fixture = Fixture::live();
    let proxy = Proxy::start(fixture.served.url());
    proxy.on_any().always(Fault::Drop);
    let economy = fixture.at.economy.to_string();
    let keeper = Running::start(proxy.url(), key(&fixture, 0), &["--economy", &economy]);
    let told = keeper.wait("no_cluster", 2);
    assert_eq!(told[0]["code"], "rpc_unreachable");
    assert_eq!(keeper.get("/healthz").0, 503);
    // Whoever is told to stop while it waits, stops.
    let other = Running::start(proxy.url(), key(&fixture, 1), &["--economy", &economy]);
    other.wait("no_cluster", 1);
    other.stop();
    end_period(&fixture);
    proxy.heal();
    keeper.wait("cranked", 1);
    assert_eq!(keeper.get("/healthz").0, 200);
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
fn fees_stay_under_the_cap() {
    let fixture = Fixture::live();
    let proxy = Proxy::start(fixture.served.url());
    // given a cluster on which everybody pays a fortune
    proxy.on("getRecentPrioritizationFees").always(Fault::lie(
        |_, _| serde_json::json!([{ "slot": 1, "prioritizationFee": 1_000_000_000_u64 }]),
    ));
    let economy = fixture.at.economy.to_string();
    let keeper = Running::start(
        proxy.url(),
        key(&fixture, 0),
        &["--economy", &economy, "--max-priority-fee", "700"],
    );
    keeper.wait("state", 1);
    let wallet = fixture.wallets[0].pubkey();
    let lamports = || {
        fixture
            .served
            .with(async move |world| world.bank.lamports(&wallet).await)
    };
    let before = lamports();
    end_period(&fixture);
    let cranked = keeper.wait("cranked", 1);
    let fee = cranked[0]["fee_lamports"].as_u64().unwrap();
    let bounty = cranked[0]["bounty_lamports"].as_u64().unwrap();
    assert!((5_001..=5_700).contains(&fee), "{fee}");
    // and what is told is what was paid
    assert_eq!(before + bounty - lamports(), fee);
    assert_eq!(
        keeper.metric("homeostat_keeper_fees_paid_lamports_total", &[]),
        fee
    );
}

#[test]
fn an_economy_that_fits_no_packet_gets_a_table_that_is_found_again() {
    // given the largest economy
    let fixture = Fixture::of(largest());
    let economy = fixture.at.economy.to_string();
    let arguments = ["--economy", economy.as_str()];
    let start = || Running::start(fixture.served.url(), key(&fixture, 0), &arguments);
    let keeper = start();
    keeper.wait("state", 1);
    // when its period is over, then a table is made
    end_period(&fixture);
    let made = keeper.wait("table_made", 1);
    keeper.wait("cranked", 1);
    assert_eq!(made[0]["addresses"], made[0]["added"]);
    // and serves the next one
    end_period(&fixture);
    keeper.wait("cranked", 2);
    assert_eq!(keeper.of("table_made").len(), 1);
    keeper.no_errors();
    keeper.kill();
    // and a keeper that starts again finds it
    let keeper = start();
    end_period(&fixture);
    let found = keeper.wait("table_found", 1);
    keeper.wait("cranked", 1);
    assert_eq!(found[0]["table"], made[0]["table"]);
    assert_eq!(found[0]["addresses"], made[0]["addresses"]);
    keeper.no_errors();
    assert_eq!(periods(&fixture), 3);
}

#[test]
fn kill_9_while_a_table_is_made_makes_no_second_one() {
    let fixture = Fixture::of(largest());
    let economy = fixture.at.economy.to_string();
    let proxy = Proxy::start(fixture.served.url());
    end_period(&fixture);
    // The table with its first addresses, an extension, the crank.
    for sent in 0..3 {
        // given a keeper that is killed while it sends one of them
        let seen = proxy.seen("sendTransaction");
        proxy
            .on("sendTransaction")
            .after(u64::from(sent > 0))
            .always(Fault::Hang);
        let keeper = Running::start(proxy.url(), key(&fixture, 0), &["--economy", &economy]);
        until("it sends", || {
            proxy.seen("sendTransaction") > seen + u64::from(sent > 0)
        });
        keeper.kill();
        proxy.heal();
    }
    // when it starts again, then it goes on where it was
    let keeper = Running::start(proxy.url(), key(&fixture, 0), &["--economy", &economy]);
    keeper.wait("cranked", 1);
    keeper.no_errors();
    assert_eq!(periods(&fixture), 1);
    let settings = Wishes {
        url: Some(fixture.served.url().into()),
        ..Wishes::default()
    };
    let connection = Connection::open(&settings.resolve().unwrap()).unwrap();
    let program = solana_sdk_ids::address_lookup_table::ID;
    let tables = connection.program_accounts(&program, &[], None).unwrap();
    assert_eq!(tables.len(), 1);
}

#[test]
fn economies_that_need_tables_at_once_get_one_each() {
    let (served, economies, folder) = town(2, largest());
    let key = folder.path().join("keeper.json");
    let arguments = ["--economy", &economies[0], "--economy", &economies[1]];
    let keeper = Running::start(served.url(), &key, &arguments);
    keeper.wait("state", 2);
    served.advance(WEEK);
    keeper.wait("cranked", 2);
    let made = keeper.of("table_made");
    assert_eq!(made.len(), 2);
    assert_ne!(made[0]["table"], made[1]["table"]);
    keeper.no_errors();
    keeper.stop();
    // Economies that nobody named cost no rent.
    served.advance(WEEK);
    let stranger = Keypair::new();
    let file = folder.path().join("stranger.json");
    write_keypair_file(&stranger, &file).unwrap();
    served.with(async move |town: &mut Town| {
        town.bank.airdrop(&stranger.pubkey(), 1_000_000_000).await;
    });
    let keeper = Running::start(served.url(), &file, &["--all", "--min-bounty", "0"]);
    let failed = keeper.wait("failed", 2);
    assert!(failed.iter().all(|line| line["code"] == "needs_table"));
    assert_eq!(keeper.of("table_made").len(), 0);
}

#[test]
fn an_empty_wallet_is_told_and_waited_for() {
    let fixture = Fixture::live();
    let economy = fixture.at.economy.to_string();
    let poor = Keypair::new();
    let file = fixture.folder().join("poor.json");
    write_keypair_file(&poor, &file).unwrap();
    let keeper = Running::start(fixture.served.url(), &file, &["--economy", &economy]);
    let told = keeper.wait("balance_empty", 1);
    assert_eq!(told[0]["level"], "error");
    assert!(told[0]["needed_lamports"].as_u64().unwrap() > 890_880);
    end_period(&fixture);
    keeper.looks(5);
    assert_eq!(periods(&fixture), 0);
    // when it gets a little, it works and warns
    let address = poor.pubkey();
    let give = |lamports| {
        fixture
            .served
            .with(async move |world| world.bank.airdrop(&address, lamports).await)
    };
    give(2_000_000);
    keeper.wait("cranked", 1);
    keeper.wait("balance_low", 1);
    give(100_000_000);
    keeper.wait("balance_fine", 1);
    assert!(keeper.metric("homeostat_keeper_balance_lamports", &[]) > 100_000_000);
}

#[test]
fn fees_are_collected_before_the_crank() {
    let fixture = Fixture::live();
    let economy = fixture.at.economy.to_string();
    let to = fixture.wallets[1].pubkey().to_string();
    let payer = key(&fixture, 0).display().to_string();
    let paid = run(&fixture, &["pay", &to, "1000", "--keypair", &payer]);
    assert_eq!(paid.code, 0, "{}", paid.stdout);
    let pending = || {
        fixture.served.with(async |world| {
            let meter = world.meter(0).await;
            meter.pending_burn + meter.pending_stakers + meter.pending_treasury
        })
    };
    assert!(pending() > 0 && pending() < 1_000 * TOKEN);
    let keeper = Running::start(
        fixture.served.url(),
        key(&fixture, 0),
        &["--economy", &economy, "--collect"],
    );
    end_period(&fixture);
    let cranked = keeper.wait("cranked", 1);
    assert_eq!(keeper.of("collected").len(), 1);
    assert!(cranked[0]["fee_lamports"].as_u64().unwrap() >= 10_000);
    assert_eq!(pending(), 0);
    // where there is nothing to collect nothing is paid
    end_period(&fixture);
    let cranked = keeper.wait("cranked", 2);
    assert_eq!(keeper.of("collected").len(), 1);
    assert!(cranked[1]["fee_lamports"].as_u64().unwrap() < 10_000);
    keeper.no_errors();
}

#[test]
fn all_economies_are_found_and_those_that_do_not_pay_are_left() {
    let (served, economies, folder) = town(2, WorldSpec::default());
    let key = folder.path().join("keeper.json");
    served.advance(WEEK);
    // given economies whose keeper vaults are empty
    let keeper = Running::start(served.url(), &key, &["--all"]);
    let unpaid = || keeper.metric("homeostat_keeper_state", &["state=\"unpaid\""]);
    until("both are unpaid", || unpaid() == 2);
    assert_eq!(keeper.of("cranked").len(), 0);
    keeper.stop();
    // then a keeper that wants nothing ends their periods
    let keeper = Running::start(served.url(), &key, &["--all", "--min-bounty", "0"]);
    let cranked = keeper.wait("cranked", 2);
    for line in cranked {
        let economy = line["economy"].as_str().unwrap().to_owned();
        assert!(economies.contains(&economy));
    }
    keeper.no_errors();
}

#[test]
fn an_economy_that_was_found_never_costs_more_than_it_pays() {
    // given an economy that pays 6,000 lamports and drives up its own prices, and one whose
    // vault does not have what it promises
    const BOUNTY: u64 = 6_000;
    let (served, economies, folder) = town(2, WorldSpec::default());
    served.with(async move |town: &mut Town| {
        for at in town.economies.clone() {
            let promise = |economy: &mut Economy| economy.limits.bounty = BOUNTY;
            town.bank.edit(&at.economy, promise).await;
        }
        let vault = town.economies[0].keeper_vault;
        town.bank.airdrop(&vault, 1_000_000_000).await;
    });
    let proxy = Proxy::start(served.url());
    proxy.on("getRecentPrioritizationFees").always(Fault::lie(
        |_, _| serde_json::json!([{ "slot": 1, "prioritizationFee": 1_000_000_000_u64 }]),
    ));
    let key = folder.path().join("keeper.json");
    let keeper = Running::start(proxy.url(), &key, &["--all"]);
    served.advance(WEEK);
    // then the first is cranked without a loss, and the second not at all
    let cranked = keeper.wait("cranked", 1);
    assert_eq!(cranked[0]["economy"], economies[0]);
    assert_eq!(cranked[0]["bounty_lamports"], BOUNTY);
    let fee = cranked[0]["fee_lamports"].as_u64().unwrap();
    assert!((5_001..=BOUNTY).contains(&fee), "{fee}");
    until("the other is left", || {
        keeper.metric("homeostat_keeper_state", &["state=\"unpaid\""]) == 1
    });
    assert_eq!(
        keeper.metric("homeostat_keeper_bounties_lamports_total", &[]),
        BOUNTY
    );
    keeper.stop();
    // A keeper that was told to cranks the second as well, and says that it earns nothing.
    let keeper = Running::start(served.url(), &key, &["--economy", &economies[1]]);
    assert_eq!(keeper.wait("no_bounty", 1)[0]["bounty_lamports"], BOUNTY);
    assert_eq!(keeper.wait("cranked", 1)[0]["bounty_lamports"], 0);
    keeper.looks(25);
    assert_eq!(keeper.of("no_bounty").len(), 1);
}

#[test]
fn a_search_that_is_refused_stops_no_named_economy() {
    let (served, economies, folder) = town(2, WorldSpec::default());
    let proxy = Proxy::start(served.url());
    proxy.on("getProgramAccounts").always(Fault::Status(403));
    let key = folder.path().join("keeper.json");
    let arguments = ["--all", "--economy", &economies[0]];
    let keeper = Running::start(proxy.url(), &key, &arguments);
    assert_eq!(keeper.wait("search_failed", 2)[0]["code"], "rpc_refused");
    served.advance(WEEK);
    let cranked = keeper.wait("cranked", 1);
    assert_eq!(cranked[0]["economy"], economies[0]);
    // when the server searches, the other one is found
    proxy.heal();
    let unpaid = || keeper.metric("homeostat_keeper_state", &["state=\"unpaid\""]);
    until("the other is known", || unpaid() == 1);
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
    let begin = Instant::now();
    let lines = keeper.stop();
    assert!(begin.elapsed() < Duration::from_secs(10));
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

/// A single pass: exit code, stdout.
fn once(url: &str, key: &Path, arguments: &[&str]) -> (i32, String) {
    let output = command(url, key)
        .args(["--once", "--output", "json-compact"])
        .args(arguments)
        .output()
        .expect("the binary runs");
    let stdout = String::from_utf8(output.stdout).expect("UTF-8");
    (output.status.code().unwrap_or(-1), stdout)
}

#[test]
fn a_single_pass_is_for_cron() {
    const COUNT: usize = 10;
    let (served, economies, folder) = town(COUNT, WorldSpec::default());
    let key = folder.path().join("keeper.json");
    // More than a worker is given at once.
    let list = economies.join(",");
    let arguments = ["--economy", &list, "--workers", "1"];
    let results = |stdout: &str| -> Vec<String> {
        assert_eq!(stdout.lines().count(), 1, "{stdout}");
        let answer: Value = serde_json::from_str(stdout).unwrap();
        check_schema("keeper", &answer);
        let all = answer["economies"].as_array().unwrap();
        all.iter()
            .map(|one| one["result"].as_str().unwrap().to_owned())
            .collect()
    };
    let (code, stdout) = once(served.url(), &key, &arguments);
    assert_eq!((code, results(&stdout)), (0, vec!["waiting".into(); COUNT]));
    served.advance(WEEK);
    let (code, stdout) = once(served.url(), &key, &arguments);
    assert_eq!((code, results(&stdout)), (0, vec!["cranked".into(); COUNT]));
    // An economy that is none does not stop the other, and is told.
    served.advance(WEEK);
    let nothing = Pubkey::new_unique().to_string();
    let arguments = ["--economy", &economies[0], "--economy", &nothing];
    let (code, stdout) = once(served.url(), &key, &arguments);
    let mut all = results(&stdout);
    all.sort();
    assert_eq!(
        (code, all),
        (1, vec!["cranked".to_owned(), "failed".to_owned()])
    );
    // A server that does not answer is told with its code.
    let (code, stdout) = once("http://127.0.0.1:1", &key, &arguments);
    assert_eq!(code, 3);
    assert!(stdout.contains("rpc_unreachable"), "{stdout}");
}

#[test]
fn wrong_usage_is_refused() {
    let fixture = Fixture::live();
    let economy = fixture.at.economy.to_string();
    let said = |arguments: &[&str]| {
        let (code, stdout) = once(fixture.served.url(), key(&fixture, 0), arguments);
        let error: Value = serde_json::from_str(&stdout).unwrap();
        (code, error["error"]["code"].as_str().unwrap().to_owned())
    };
    assert_eq!(said(&[]), (2, "usage".into()));
    assert_eq!(said(&["--economy", "hello"]), (1, "bad_address".into()));
    let output = command(fixture.served.url(), key(&fixture, 0))
        .args(["--economy", &economy, "--metrics", "0.0.0.0:0"])
        .args(["--output", "json"])
        .output()
        .unwrap();
    let error: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(error["error"]["code"], "public_metrics");
}

/// A pipe in front of a server that counts bytes.
fn counted(url: &str) -> (String, Arc<AtomicU64>) {
    let target = url.strip_prefix("http://").unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let bytes = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&bytes);
    let copy = move |mut from: TcpStream, mut to: TcpStream, counter: Arc<AtomicU64>| {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            counter.fetch_add(count as u64, Ordering::Relaxed);
            if to.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    };
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let Ok(other) = TcpStream::connect(&target) else {
                return;
            };
            let (back, forth) = (other.try_clone().unwrap(), stream.try_clone().unwrap());
            let [first, second] = [Arc::clone(&counter), Arc::clone(&counter)];
            std::thread::spawn(move || copy(stream, other, first));
            std::thread::spawn(move || copy(back, forth, second));
        }
    });
    (url, bytes)
}

/// What the figures in docs/KEEPER.md come from.
#[test]
#[ignore = "a measurement"]
fn what_a_hundred_economies_cost() {
    const COUNT: usize = 100;
    const LOOKS: u64 = 50;
    let (served, economies, folder) = town(COUNT, WorldSpec::default());
    let (url, bytes) = counted(served.url());
    let key = folder.path().join("keeper.json");
    let list = economies.join(",");
    let arguments = ["--economy", list.as_str()];
    let mut command = command(&url, &key);
    command
        .args(["--log", "json", "--metrics", "127.0.0.1:0", "--jitter", "0"])
        .args(["--poll", "200", "--refresh", "86400"]);
    let keeper = Running::of_command(command.args(arguments));
    let now = |keeper: &Running| {
        (
            keeper.metric("homeostat_keeper_rpc_requests_total", &[]),
            bytes.load(Ordering::Relaxed),
        )
    };
    let memory = |keeper: &Running, what: &str| {
        let file = format!("/proc/{}/status", keeper.child.id());
        let status = std::fs::read_to_string(file).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS"));
        println!("memory {what}: {}", line.unwrap_or_default());
    };
    keeper.wait("state", COUNT);
    keeper.looks(1);
    let first = now(&keeper);
    println!(
        "until all are known: {} requests, {} bytes",
        first.0, first.1
    );
    memory(&keeper, "idle");
    keeper.looks(LOOKS);
    let idle = now(&keeper);
    let ticks = keeper.metric("homeostat_keeper_ticks_total", &[]);
    println!(
        "a look at the clock: {:.2} requests, {:.0} bytes ({ticks} so far)",
        (idle.0 - first.0) as f64 / LOOKS as f64,
        (idle.1 - first.1) as f64 / LOOKS as f64
    );
    let begin = Instant::now();
    served.advance(WEEK);
    let lines = keeper.wait("cranked", COUNT);
    let took = begin.elapsed();
    keeper.looks(1);
    let cranked = now(&keeper);
    println!(
        "{COUNT} cranks at once in {took:.1?}: {:.2} requests, {:.0} bytes each",
        (cranked.0 - idle.0) as f64 / COUNT as f64,
        (cranked.1 - idle.1) as f64 / COUNT as f64
    );
    memory(&keeper, "after the cranks");
    println!("{}", lines[0]);
    let (_, metrics) = keeper.get("/metrics");
    let economy = lines[0]["economy"].as_str().unwrap();
    for line in metrics.lines() {
        if line.starts_with('#') || line.contains(economy) || !line.contains('{') {
            println!("{line}");
        }
    }
    keeper.no_errors();
}
