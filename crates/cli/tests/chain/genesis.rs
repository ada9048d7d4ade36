//! `log verify --from-genesis`: as few transactions as a proof needs, whoever else names the logs,
//! and none twice.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::thread;

use homeostat_client::{log, AccountMeta, Pubkey};
use homeostat_sandbox::World;
use homeostat_served::{Fault, Fixture, Person, Proxy};
use serde_json::{json, Value};
use solana_rpc_client::rpc_client::RpcClient;
use solana_signer::Signer;
use solana_system_interface::instruction::transfer;
use solana_transaction::Transaction;

use crate::alone;
use crate::common::{run, run_at, Said};
use crate::creation::Founder;

/// Records that a new log has room for.
const SLOTS: u64 = 20;
/// Records of going live, and of a crank.
const FOUR: u64 = 4;
/// Transactions that are asked for at the same time.
const AT_ONCE: u64 = 8;
const LIST: &str = "getSignaturesForAddress";
const READ: &str = "getTransaction";
/// Strangers that send at the same time.
const SENDERS: usize = 8;
/// What a stranger pays somebody (lamports): more than the rent of an account without data.
const PAID: u64 = 1_000_000;

/// A founder's live economy on a served bank that has seen all of it.
struct Scene {
    founder: Founder,
    rpc: RpcClient,
    cranks: u64,
    /// What strangers have sent: each transfer is another one.
    sent: u64,
}

impl Scene {
    fn live() -> Self {
        let founder = Founder::new();
        assert_eq!(founder.create(&[]).code, 0);
        founder.accept();
        // The clock stands by itself: going live shall not look like what came before.
        founder.fixture.served.advance(60);
        assert_eq!(founder.go_live(&["--hand-over-mint"]).code, 0);
        let rpc = RpcClient::new(founder.fixture.served.url());
        Self {
            founder,
            rpc,
            cranks: 0,
            sent: 0,
        }
    }

    fn fixture(&self) -> &Fixture {
        &self.founder.fixture
    }

    /// Seconds until the period's end.
    fn rest(&self) -> i64 {
        let end = self.founder.economy().expect("it is live").next_end;
        end - self.fixture().served.now()
    }

    /// Strangers at `times` times, spread evenly over the rest of the period, `each` at a time;
    /// `late` more while its crank is due; then the crank.
    fn period(&mut self, times: i64, each: u64, late: u64) {
        let rest = self.rest();
        for _ in 0..times {
            self.fixture().served.advance(rest / (times + 1));
            self.strangers(each);
        }
        self.fixture().served.advance(self.rest());
        self.strangers(late);
        let said = self.run(self.fixture().served.url(), &["crank"]);
        assert_eq!(said.code, 0, "{}", said.stdout);
        self.cranks += 1;
    }

    /// Transactions of somebody else that go through and name both logs and the economy.
    fn strangers(&mut self, count: u64) {
        let stranger = &self.founder.fixture.wallets[1].key;
        let at = &self.founder.at;
        let named = [at.log, at.audit, at.economy];
        let first = self.sent;
        self.sent += count;
        let send = |number: u64| {
            let mut pay = transfer(&stranger.pubkey(), &Pubkey::new_unique(), PAID + number);
            let metas = named.map(|address| AccountMeta::new_readonly(address, false));
            pay.accounts.extend(metas);
            let (payer, keys) = (stranger.pubkey(), [stranger]);
            let hash = self.rpc.get_latest_blockhash().unwrap();
            let signed = Transaction::new_signed_with_payer(&[pay], Some(&payer), &keys, hash);
            self.rpc.send_transaction(&signed).unwrap();
        };
        let send = &send;
        // Requests mostly wait for each other's packets.
        thread::scope(|scope| {
            for worker in 0..SENDERS {
                let mine = (first..first + count).skip(worker).step_by(SENDERS);
                scope.spawn(move || mine.for_each(send));
            }
        });
    }

    fn run(&self, url: &str, words: &[&str]) -> Said {
        let economy = self.founder.at.economy.to_string();
        let words = [words, &["--economy", &economy]].concat();
        run_at(self.fixture(), url, &words)
    }

    /// Proves from genesis; the proof, and stderr.
    fn prove(&self, url: &str, more: &[&str]) -> (Value, String) {
        let said = self.run(url, &[&["log", "verify", "--from-genesis"], more].concat());
        assert_eq!(said.code, 0, "{}\n{}", said.stdout, said.stderr);
        (said.json()["proof"].clone(), said.stderr)
    }

    /// Everything up to the head is proved, from the first record on.
    fn is_whole(&self, proof: &Value) {
        assert_eq!(proof["from_seq"], 0, "{proof:#}");
        assert_eq!(proof["to_seq"], FOUR + FOUR * self.cranks, "{proof:#}");
        assert_eq!(proof["recomputed"], FOUR * self.cranks, "{proof:#}");
        assert_eq!(proof["unproven"], json!([]), "{proof:#}");
    }

    /// The number of the last record that the ring has dropped.
    fn base(&self) -> u64 {
        let at = self.founder.at.log;
        let data = self
            .fixture()
            .served
            .with(async move |world: &mut World| world.bank.data(&at).await);
        log::read(&data.expect("there is a log"))
            .unwrap()
            .0
            .base_seq
    }

    /// The file of what was proved.
    fn file(&self) -> PathBuf {
        let folder = self.fixture().folder().join("proved");
        let mut files = fs::read_dir(folder).expect("there is a folder");
        files.next().expect("there is a file").unwrap().path()
    }
}

#[test]
fn r20_strangers_who_name_a_log_do_not_slow_its_proof() {
    // given an economy whose log has dropped records, and ten strangers a period that name it
    let mut scene = Scene::live();
    for _ in 0..7 {
        scene.period(10, 1, 0);
    }
    let dropped = scene.base();
    assert_eq!(dropped, FOUR + 7 * FOUR - SLOTS);
    let proxy = Proxy::start(scene.fixture().served.url());
    // when it is proved from genesis, then only what was dropped is read, and no stranger's
    let (proof, _) = scene.prove(proxy.url(), &[]);
    scene.is_whole(&proof);
    assert_eq!(proof["known"], 0);
    assert!(proxy.seen(READ) >= dropped / FOUR, "{}", proxy.seen(READ));
    assert!(proxy.seen(READ) <= AT_ONCE, "{}", proxy.seen(READ));
    assert_eq!(proof["transactions"], proxy.seen(READ));
    assert_eq!(proxy.seen(LIST), 1);

    // when more happens that the ring still has, then nothing is read at all
    scene.period(10, 1, 3);
    let (proof, _) = scene.prove(proxy.url(), &[]);
    scene.is_whole(&proof);
    assert_eq!(proof["known"], FOUR + 7 * FOUR);
    assert_eq!((&proof["transactions"], proxy.seen(LIST)), (&json!(0), 1));

    // and when the ring has dropped what no proof has seen, then that alone is read: strangers
    // cost only who comes while a crank is due
    for _ in 0..7 {
        scene.period(2, 1, 2);
    }
    let before = proxy.seen(READ);
    let (proof, _) = scene.prove(proxy.url(), &[]);
    scene.is_whole(&proof);
    let unseen = (scene.base() - (FOUR + 8 * FOUR)) / FOUR;
    assert!(unseen > 0);
    let read = proxy.seen(READ) - before;
    assert!(read <= 3 * unseen + AT_ONCE, "{read} for {unseen}");
}

#[test]
fn an_economys_whole_life_is_proved_from_genesis() {
    // given an economy whose server has seen all of it: three periods and a proposal
    let mut scene = Scene::live();
    for _ in 0..3 {
        scene.period(0, 0, 0);
    }
    let fixture = scene.fixture();
    let change = fixture.folder().join("change.toml");
    let text = "[[action]]\nkind = 'limits'\nparameter = 'fee'\nmax = 0.009\n";
    fs::write(&change, text).unwrap();
    let does = |words: &[&str], who: &Person| {
        let key = who.file.display().to_string();
        let words = [words, &["--keypair", &key]].concat();
        let said = scene.run(fixture.served.url(), &words);
        assert_eq!(said.code, 0, "{words:?} {}{}", said.stdout, said.stderr);
    };
    does(
        &["propose", &change.display().to_string()],
        &fixture.members[0],
    );
    does(&["approve", "0"], &fixture.members[1]);
    let delay = 172_800;
    fixture.served.advance(delay);
    does(&["execute", "0"], &fixture.wallets[0]);
    // when it is proved, then both logs are, from their first record
    let (proof, _) = scene.prove(fixture.served.url(), &[]);
    assert_eq!(proof["from_seq"], 0);
    assert_eq!(proof["decisions"], 12);
    assert_eq!(proof["recomputed"], 12);
    assert_eq!(proof["changes"], 5, "four at the start, one by proposal");
    assert_eq!(proof["unproven"], json!([]));
    // The council, four roles accepted, and the execution; by one key alone, two approvals.
    assert_eq!(proof["audit"]["from_seq"], 0);
    assert_eq!(proof["audit"]["records"], 6);
    assert_eq!(proof["audit"]["acts"], 2);

    // and what the proposal changed is proved still when the ring has dropped it and another has
    // changed the same again: its slot is in the audit log
    let again = "[[action]]\nkind = 'limits'\nparameter = 'fee'\nmax = 0.008\n";
    fs::write(&change, again).unwrap();
    does(
        &["propose", &change.display().to_string()],
        &fixture.members[0],
    );
    does(&["approve", "1"], &fixture.members[1]);
    fixture.served.advance(delay);
    does(&["execute", "1"], &fixture.wallets[0]);
    for _ in 0..6 {
        scene.period(3, 1, 0);
    }
    let proxy = Proxy::start(scene.fixture().served.url());
    let other = scene.fixture().folder().join("other.json");
    let (proof, _) = scene.prove(proxy.url(), &["--proved", &other.display().to_string()]);
    assert_eq!(
        (&proof["from_seq"], &proof["decisions"]),
        (&json!(0), &json!(36))
    );
    assert_eq!(
        (&proof["recomputed"], &proof["changes"]),
        (&json!(36), &json!(6))
    );
    assert_eq!(proof["unproven"], json!([]));
    let strangers = 6 * 3;
    assert!(proxy.seen(READ) <= AT_ONCE + 2, "{}", proxy.seen(READ));
    assert!(AT_ONCE + 2 < strangers);
}

#[test]
fn r20_times_that_a_server_makes_up_cost_requests_and_no_proof() {
    let mut scene = Scene::live();
    for _ in 0..6 {
        scene.period(1, 1, 0);
    }
    // given a server whose block times are those of another age
    let proxy = Proxy::start(scene.fixture().served.url());
    proxy.on(LIST).always(Fault::lie(|_, mut lines| {
        for line in lines.as_array_mut().unwrap() {
            line["blockTime"] = 1.into();
        }
        lines
    }));
    // when it is proved, then everything was read, and it is proved
    let (proof, _) = scene.prove(proxy.url(), &[]);
    scene.is_whole(&proof);
}

#[test]
fn what_was_read_before_a_server_failed_is_not_read_again() {
    // given a log that has dropped the records of ten transactions, and a server that ends after
    // those that are read first
    let mut scene = Scene::live();
    for _ in 0..14 {
        scene.period(0, 0, 0);
    }
    let needed = scene.base() / FOUR;
    assert_eq!(needed, 10);
    let proxy = Proxy::start(scene.fixture().served.url());
    proxy.on(READ).after(AT_ONCE).always(Fault::Garbage);
    let said = scene.run(proxy.url(), &["log", "verify", "--from-genesis"]);
    assert_eq!((said.code, said.error().as_str()), (3, "rpc_nonsense"));
    // when it is back, then what is missing is read, up to the one that the ring begins with,
    // and all is proved
    proxy.heal();
    let before = proxy.seen(READ);
    let (proof, stderr) = scene.prove(proxy.url(), &[]);
    scene.is_whole(&proof);
    assert_eq!(proof["known"], AT_ONCE * FOUR);
    assert_eq!(proxy.seen(READ) - before, needed - AT_ONCE + 1);
    assert!(!stderr.contains("warning"), "{stderr}");
}

#[test]
fn a_list_without_an_end_is_given_up() {
    let mut scene = Scene::live();
    for _ in 0..5 {
        scene.period(0, 0, 0);
    }
    // given a server that answers the same thousand transactions whatever it is asked
    let proxy = Proxy::start(scene.fixture().served.url());
    let first = OnceLock::new();
    proxy.on(LIST).always(Fault::lie(move |_, lines| {
        let line: &Value = first.get_or_init(|| lines[0].clone());
        vec![line.clone(); 1_000].into()
    }));
    // when a log is to be proved, then that is said, and not waited for
    let said = scene.run(proxy.url(), &["log", "verify", "--from-genesis"]);
    assert_eq!((said.code, said.error().as_str()), (3, "rpc_nonsense"));
    assert_eq!(proxy.seen(LIST), 2);
}

#[test]
fn a_log_that_grows_while_it_is_proved_is_proved_up_to_where_it_was() {
    let mut scene = Scene::live();
    for _ in 0..5 {
        scene.period(0, 0, 0);
    }
    // given a crank that lands while the history is read
    scene.fixture().served.advance(scene.rest());
    let (url, config) = (
        scene.fixture().served.url().to_owned(),
        scene.fixture().config(),
    );
    let economy = scene.founder.at.economy.to_string();
    let journal = scene.fixture().folder().join("another");
    let cranked = Arc::new(std::sync::Once::new());
    let proxy = Proxy::start(scene.fixture().served.url());
    proxy.on(READ).always(Fault::lie({
        let cranked = Arc::clone(&cranked);
        move |_, result| {
            cranked.call_once(|| {
                let crank = alone::binary()
                    .args(["crank", "--economy", &economy, "--url", &url, "--config"])
                    .arg(&config)
                    .env("HOMEOSTAT_JOURNAL", &journal)
                    .output()
                    .expect("the binary runs");
                assert!(crank.status.success(), "{crank:?}");
            });
            result
        }
    }));
    // when it is proved, then up to the head that it had
    let (proof, _) = scene.prove(proxy.url(), &[]);
    assert!(cranked.is_completed());
    scene.is_whole(&proof);
    // and the next proof has the rest
    scene.cranks += 1;
    let (proof, _) = scene.prove(proxy.url(), &[]);
    scene.is_whole(&proof);
}

#[test]
fn r21_a_file_of_proofs_that_was_changed_or_is_anothers_is_told_and_not_believed() {
    let mut scene = Scene::live();
    for _ in 0..5 {
        scene.period(0, 0, 0);
    }
    let url = scene.fixture().served.url().to_owned();
    scene.prove(&url, &[]);
    let good: Value = serde_json::from_slice(&fs::read(scene.file()).unwrap()).unwrap();
    let spoil = |change: &dyn Fn(&mut Value)| {
        let mut bad = good.clone();
        change(&mut bad);
        bad
    };
    let flip = |document: &mut Value| {
        let records = document["decisions"]["records"].as_str().unwrap();
        let first = if records.starts_with('A') { "B" } else { "A" };
        document["decisions"]["records"] = format!("{first}{}", &records[1..]).into();
    };
    let nothing = json!({"seq": 0, "hash": Pubkey::default().to_string(), "records": ""});
    let cases: [(&str, Value); 5] = [
        ("was changed", spoil(&flip)),
        (
            "another economy or cluster",
            spoil(&|it| it["economy"] = Pubkey::new_unique().to_string().into()),
        ),
        (
            "another economy or cluster",
            spoil(&|it| it["genesis"] = Pubkey::new_unique().to_string().into()),
        ),
        ("another version", spoil(&|it| it["version"] = 9.into())),
        // Every hash of it is right, and it says that everything was proved to be nothing.
        (
            "does not lead to this log",
            spoil(&|it| it["decisions"] = nothing.clone()),
        ),
    ];
    for (said, document) in cases {
        // given a file that is not what a proof left
        fs::write(scene.file(), document.to_string()).unwrap();
        // when it is proved, then the proof begins anew and says so
        let (proof, stderr) = scene.prove(&url, &[]);
        scene.is_whole(&proof);
        assert_eq!(proof["known"], 0, "{said}");
        assert!(stderr.contains(said), "{said}: {stderr}");
        assert!(stderr.contains("begins anew"), "{stderr}");
        // and the file is good again
        let mended: Value = serde_json::from_slice(&fs::read(scene.file()).unwrap()).unwrap();
        assert_eq!(mended["decisions"], good["decisions"], "{said}");
    }
    // and a file of one's own is kept where it was named
    let named = scene.fixture().folder().join("named.json");
    let name = named.display().to_string();
    let (proof, stderr) = scene.prove(&url, &["--proved", &name]);
    assert_eq!(proof["known"], 0);
    assert!(!stderr.contains("warning"), "{stderr}");
    let (proof, _) = scene.prove(&url, &["--proved", &name]);
    assert_eq!(proof["known"], FOUR + 5 * FOUR);
    // and one that cannot be written takes nothing from the proof
    let nowhere = named.join("file").display().to_string();
    let (proof, stderr) = scene.prove(&url, &["--proved", &nowhere]);
    scene.is_whole(&proof);
    assert!(stderr.contains("warning"), "{stderr}");
    let usage = run(scene.fixture(), &["log", "verify", "--proved", &name]);
    assert_eq!((usage.code, usage.error().as_str()), (2, "usage"));
}

/// Prints what 10,000 transactions of strangers cost a proof, and what 1,000 of those cost that come
/// while a crank is due; takes minutes.
#[test]
#[ignore = "measures"]
fn what_ten_thousand_strangers_cost() {
    for (case, times, late) in [
        ("10,000 strangers all through ten periods", 50, 0),
        ("1,000 strangers while a crank was due", 0, 100),
    ] {
        let mut scene = Scene::live();
        for _ in 0..10 {
            scene.period(times, 20, late);
        }
        let proxy = Proxy::start(scene.fixture().served.url());
        let begin = std::time::Instant::now();
        let (proof, _) = scene.prove(proxy.url(), &[]);
        let first = begin.elapsed();
        scene.is_whole(&proof);
        let (lists, reads) = (proxy.seen(LIST), proxy.seen(READ));
        let begin = std::time::Instant::now();
        scene.prove(proxy.url(), &[]);
        println!(
            "{case}: {lists} lists and {reads} transactions read in {first:.1?}; again: {} and {} \
             in {:.1?}",
            proxy.seen(LIST) - lists,
            proxy.seen(READ) - reads,
            begin.elapsed()
        );
    }
}
