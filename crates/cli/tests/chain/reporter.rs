//! The reporter: killed, lied to, and still one report at a time, and true.

use std::path::{Path, PathBuf};
use std::process::Command;

use homeostat_client::{Feed, Pubkey};
use homeostat_control::Fx;
use homeostat_sandbox::{World, WorldSpec};
use homeostat_served::{Fault, Fixture, Proxy};
use serde_json::Value;
use solana_keypair::{write_keypair_file, Keypair};
use solana_signer::Signer;

use crate::alone;
use crate::keeper::{until, Running};
use crate::schema::check_schema;

#[path = "reporter/believed.rs"]
mod believed;
#[path = "reporter/passes.rs"]
mod passes;
#[path = "reporter/site.rs"]
mod site;

use site::{Answer, Site};

/// The feeds' age (seconds).
const AGE: u32 = 3_600;
/// Time between two reports (seconds).
const EVERY: i64 = 600;

/// An economy with two feeds, and the keys of those who report to both.
struct Stand {
    fixture: Fixture,
    keys: Vec<(Pubkey, PathBuf)>,
}

impl Stand {
    /// So many reporters, of whom so many make a reading.
    fn of(reporters: usize, quorum: u8) -> Self {
        let keys: Vec<Keypair> = (0..reporters).map(|_| Keypair::new()).collect();
        let settings = homeostat::state::FeedSettings {
            label: *b"price in usd\0\0\0\0",
            reporters: keys.iter().map(Signer::pubkey).collect(),
            quorum,
            max_spread_ppm: 50_000,
            max_age: AGE,
        };
        let fixture = Fixture::of(WorldSpec {
            feeds: vec![Some(settings); 2],
            ..WorldSpec::default()
        });
        let numbered = keys.iter().enumerate();
        let files = numbered.map(|(number, key)| {
            let file = fixture.folder().join(format!("reporter-{number}.json"));
            write_keypair_file(key, &file).unwrap();
            (key.pubkey(), file)
        });
        let keys: Vec<_> = files.collect();
        let paid: Vec<Pubkey> = keys.iter().map(|(address, _)| *address).collect();
        fixture.served.with(async move |world: &mut World| {
            for address in paid {
                world.bank.airdrop(&address, 1_000_000_000).await;
            }
        });
        Self { fixture, keys }
    }

    fn now(&self) -> i64 {
        self.fixture.served.now()
    }

    fn feed(&self, index: u8) -> Feed {
        let read = async move |world: &mut World| world.feed(index).await;
        self.fixture.served.with(read)
    }

    /// What a reporter reported last: number, value, time.
    fn last(&self, index: u8, reporter: usize) -> (u64, Fx, i64) {
        let last = self.feed(index).active()[reporter];
        (last.sequence, last.value.get(), last.observed_at)
    }

    /// A table with one row: a value of this moment.
    fn table(&self, name: &str, value: &str) -> PathBuf {
        self.table_of(name, value, self.now())
    }

    fn table_of(&self, name: &str, value: &str, at: i64) -> PathBuf {
        let file = self.fixture.folder().join(name);
        std::fs::write(&file, format!("at,price\n{at},{value}\n")).unwrap();
        file
    }

    /// The next report is due, and these tables have a row of that moment. They are written
    /// before it comes, when nobody reads them yet.
    fn next(&self, tables: &[(&str, &str)]) {
        for (name, value) in tables {
            self.table_of(name, value, self.now() + EVERY);
        }
        self.fixture.served.advance(EVERY);
    }

    /// The `[[feed]]` of a file, without its sources.
    fn head(&self, index: u8) -> String {
        let economy = self.fixture.at.economy;
        format!(
            "[[feed]]\neconomy = \"{economy}\"\nfeed = {index}\nevery = {EVERY}\nmin = 0.5\nmax = 5\n\
             max_step = 0.2\n"
        )
    }

    /// The file of a reporter.
    fn file(&self, name: &str, text: &str) -> PathBuf {
        let file = self.fixture.folder().join(name);
        std::fs::write(&file, text).unwrap();
        file
    }

    fn command(&self, url: &str, reporter: usize, file: &Path) -> Command {
        let mut command = alone::binary();
        command
            .arg("reporter")
            .arg(file)
            .args([
                "--url",
                url,
                "--commitment",
                "confirmed",
                "--rpc-timeout",
                "2",
            ])
            .arg("--keypair")
            .arg(&self.keys[reporter].1)
            .args(["--poll", "50"]);
        command
    }

    /// A reporter in a process of its own.
    fn start(&self, url: &str, reporter: usize, file: &Path) -> Running {
        let mut command = self.command(url, reporter, file);
        Running::of_command(command.args(["--log", "json"]).args([
            "--metrics",
            "127.0.0.1:0",
            "--max-backoff",
            "1",
        ]))
    }

    fn start_here(&self, reporter: usize, file: &Path) -> Running {
        self.start(self.fixture.served.url(), reporter, file)
    }
}

/// The source of a table.
fn csv(file: &Path) -> String {
    format!(
        "[[feed.source]]\nkind = \"csv\"\nfile = \"{}\"\ncolumn = \"price\"\n\
         time_column = \"at\"\nmax_age = 900\n",
        file.display()
    )
}

/// The source of a site.
fn http(url: &str) -> String {
    format!(
        "[[feed.source]]\nkind = \"http\"\nurl = \"{url}/price\"\npointer = \"/data/0/price\"\n\
         max_age = 900\ntimeout = 1\n"
    )
}

/// A document with a price.
fn document(price: &str, at: i64) -> Answer {
    Answer::Document(format!("{{\"data\": [{{\"price\": {price}}}]}}"), at)
}

fn fx(text: &str) -> Fx {
    text.parse().unwrap()
}

const TICKS: &str = "homeostat_reporter_ticks_total";

#[test]
fn fr5_of_three_reporters_one_lies_and_the_median_holds() {
    // given three reporters with sources of their own, of whom two make a reading
    let stand = Stand::of(3, 2);
    let reporters: Vec<Running> = (0..)
        .zip(["2", "2.02", "4"])
        .map(|(number, value)| {
            let table = stand.table(&format!("values-{number}.csv"), value);
            let text = stand.head(0) + &csv(&table);
            let file = stand.file(&format!("reporter-{number}.toml"), &text);
            stand.start_here(number, &file)
        })
        .collect();
    // when each has reported, one of them a lie
    for reporter in &reporters {
        let told = reporter.wait("reported", 1);
        assert_eq!(
            (&told[0]["feed"], &told[0]["sequence"]),
            (&0.into(), &1.into())
        );
    }
    // then the reading is a true one, and two reports count
    let reading = stand.feed(0).reading(stand.now()).unwrap();
    assert_eq!((reading.value, reading.counted), (fx("2.02"), 2));
    // and the liar sees that it does not count
    let told = reporters[2].wait("not_counted", 1);
    assert_eq!(
        (&told[0]["value"], &told[0]["median"]),
        (&"4".into(), &"2.02".into())
    );
    let counts =
        |number: usize| reporters[number].metric("homeostat_reporter_counts", &["feed=\"0\""]);
    until("the others count", || counts(0) == 1 && counts(1) == 1);
    assert_eq!(counts(2), 0);
    for reporter in &reporters[..2] {
        reporter.no_errors();
        assert_eq!(reporter.get("/healthz"), (200, "ok\n".to_owned()));
    }
    for reporter in reporters {
        let (lines, stdout) = reporter.end();
        assert_eq!(lines.last().unwrap()["event"], "stopped");
        assert_eq!(stdout, "");
    }
}

#[test]
fn it_reports_when_that_is_due_and_not_before() {
    // given a reporter of a feed, with a source that says something new at any moment
    let stand = Stand::of(1, 1);
    let site = Site::start(document("2", stand.now()));
    let file = stand.file("reporter.toml", &(stand.head(0) + &http(&site.url)));
    let reporter = stand.start_here(0, &file);
    let begun = stand.now();
    reporter.wait("reported", 1);
    assert_eq!(stand.last(0, 0), (1, fx("2"), begun));
    // when less time has gone by than it is told to leave between two reports
    stand.fixture.served.advance(599);
    site.says(document("2.1", stand.now()));
    reporter.ticks(TICKS, 5);
    // then it does not ask
    assert_eq!(site.asked().len(), 1);
    // and when it is due
    stand.fixture.served.advance(1);
    reporter.wait("reported", 2);
    assert_eq!(stand.last(0, 0), (2, fx("2.1"), begun + 599));
    // A source without news is asked now and then, and nothing is reported.
    stand.fixture.served.advance(600);
    until("it asks", || site.asked().len() == 3);
    reporter.ticks(TICKS, 5);
    assert_eq!(site.asked().len(), 3);
    assert_eq!(reporter.of("reported").len(), 2);
    site.says(document("2.2", stand.now()));
    stand.fixture.served.advance(150);
    reporter.wait("reported", 3);
    // A restart remembers: the account says what was reported when.
    reporter.no_errors();
    reporter.kill();
    let reporter = stand.start_here(0, &file);
    reporter.wait("state", 1);
    reporter.ticks(TICKS, 5);
    assert_eq!(site.asked().len(), 4);
    assert_eq!(stand.last(0, 0).0, 3);
    reporter.end();
}

#[test]
fn fr4_kill_9_at_any_moment_reports_nothing_twice() {
    let stand = Stand::of(1, 1);
    let table = stand.table("values.csv", "2");
    let file = stand.file("reporter.toml", &(stand.head(0) + &csv(&table)));
    let late = Fault::Delay(std::time::Duration::from_secs(3));
    let moments: [(&str, Fault); 6] = [
        ("getMultipleAccounts", Fault::Hang),
        ("simulateTransaction", Fault::Hang),
        ("getLatestBlockhash", Fault::Hang),
        // Sent, and lost with the process.
        ("sendTransaction", Fault::Hang),
        // Sent, and still on its way when the next reporter begins.
        ("sendTransaction", late),
        // Landed, and not known to have.
        ("getSignatureStatuses", Fault::Hang),
    ];
    for (number, (method, fault)) in (1..).zip(moments) {
        // given a report that is due, and a reporter that is killed in the middle
        let proxy = Proxy::start(stand.fixture.served.url());
        proxy.on(method).always(fault);
        let reporter = stand.start(proxy.url(), 0, &file);
        until(method, || proxy.seen(method) >= 1);
        reporter.kill();
        // when it starts again
        proxy.heal();
        let reporter = stand.start(proxy.url(), 0, &file);
        until(method, || stand.last(0, 0).0 >= number);
        // then it was reported once
        reporter.ticks(TICKS, 5);
        assert_eq!(stand.last(0, 0).0, number, "{method}");
        reporter.no_errors();
        reporter.kill();
        stand.next(&[("values.csv", "2")]);
    }
}

#[test]
fn fr4_two_processes_with_one_key_report_once() {
    let stand = Stand::of(1, 1);
    let table = stand.table("values.csv", "2");
    let file = stand.file("reporter.toml", &(stand.head(0) + &csv(&table)));
    let both = [(); 2].map(|()| stand.start_here(0, &file));
    for round in 1..=3 {
        until("it is reported", || stand.last(0, 0).0 >= round);
        for reporter in &both {
            reporter.ticks(TICKS, 3);
        }
        assert_eq!(stand.last(0, 0).0, round);
        stand.next(&[("values.csv", "2")]);
    }
    for reporter in both {
        reporter.no_errors();
        reporter.end();
    }
}

#[test]
fn a_server_that_fails_costs_time_and_no_report() {
    let stand = Stand::of(1, 1);
    let table = stand.table("values.csv", "2");
    let file = stand.file("reporter.toml", &(stand.head(0) + &csv(&table)));
    let [first, second] = [(); 2].map(|()| Proxy::start(stand.fixture.served.url()));
    // given a server that is not there yet
    first.on_any().always(Fault::Drop);
    let reporter = stand.start(first.url(), 0, &file);
    reporter.wait("no_cluster", 2);
    assert_eq!(reporter.get("/healthz").0, 503);
    // when it comes, then it is reported
    first.heal();
    reporter.wait("reported", 1);
    assert_eq!(reporter.get("/healthz").0, 200);
    // and when it refuses everything, it is asked less and less, and nothing is lost
    first.on_any().always(Fault::Status(503));
    reporter.wait("blind", 3);
    stand.next(&[("values.csv", "2.1")]);
    first.heal();
    reporter.wait("cluster_back", 1);
    reporter.wait("reported", 2);
    assert_eq!(stand.last(0, 0).0, 2);
    reporter.end();
    // With a second server it does not wait for the first.
    first.on_any().always(Fault::Status(429));
    stand.next(&[("values.csv", "2.2")]);
    let mut command = stand.command(second.url(), 0, &file);
    command.args(["--url", first.url(), "--log", "json", "--metrics", "off"]);
    let reporter = Running::of_command(&mut command);
    reporter.wait("reported", 1);
    reporter.end();
    assert_eq!(stand.last(0, 0).0, 3);
}
