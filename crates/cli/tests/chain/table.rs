//! Every command that writes, and everything that a server does wrong: how it ends, and that
//! nothing happens twice. The table is `docs/FAULTS.md`.

#[path = "table/column.rs"]
mod column;
#[path = "table/stage.rs"]
mod stage;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Mutex;
use std::thread;

use homeostat_client::Pubkey;
use homeostat_sandbox::World;
use homeostat_served::{Fixture, Proxy};
use solana_account::{AccountSharedData, ReadableAccount};
use solana_keypair::read_keypair_file;
use solana_rpc_client::rpc_client::RpcClient;
use solana_signer::Signer;

use crate::common::bare;
use column::{Column, End, COLUMNS};
use stage::Stage;

/// The table, from this crate's folder.
const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/FAULTS.md");
/// Commands at a time: most of them wait.
const AT_ONCE: usize = 13;
/// Option of every command that sends.
const SENDS: &str = "patience";
/// Commands that send what others of the table send, by the same code, and why.
const BY_OTHERS: [(&str, &str); 5] = [
    ("advisor", "`--send` is `advise` or `propose`"),
    (
        "deploy apply",
        "hundreds of transactions, with stories of their own",
    ),
    ("migrate", "no account here is of an older layout"),
    ("submit", "it sends what was signed before, once"),
    (
        "token create",
        "one transaction by the same code, and no economy to name",
    ),
];

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Cell {
    code: i32,
    error: String,
    remedy: String,
    /// Transactions that landed.
    landed: usize,
}

/// The commands that send a transaction, as the parser has them.
fn writing() -> Vec<String> {
    fn walk(command: &clap::Command, above: &str, all: &mut Vec<String>) {
        for command in command.get_subcommands() {
            let name = format!("{above}{}", command.get_name());
            let mut arguments = command.get_arguments();
            if arguments.any(|argument| argument.get_id().as_str() == SENDS) {
                all.push(name.clone());
            }
            walk(command, &format!("{name} "), all);
        }
    }
    let mut all = Vec::new();
    walk(&homeostat_cli::command(), "", &mut all);
    all.retain(|name| BY_OTHERS.iter().all(|(other, _)| other != name));
    all
}

/// Accounts as they are, but for what the cluster itself keeps.
async fn accounts(world: &mut World) -> BTreeMap<Pubkey, AccountSharedData> {
    let touched: Vec<Pubkey> = world.bank.touched().copied().collect();
    let mut all = BTreeMap::new();
    for address in touched {
        let account = world.bank.account(&address).await.unwrap_or_default();
        if !account.executable() && *account.owner() != solana_sdk_ids::sysvar::ID {
            all.insert(address, account);
        }
    }
    all
}

/// Puts accounts back as they were; what has come since goes.
async fn put_back(world: &mut World, then: &BTreeMap<Pubkey, AccountSharedData>) {
    for (address, now) in accounts(world).await {
        let old = then.get(&address).cloned().unwrap_or_default();
        if old != now {
            world.bank.set_account(&address, &old);
        }
    }
}

/// How many transactions of a key have gone through.
fn landed(fixture: &Fixture, key: &Pubkey) -> usize {
    let rpc = RpcClient::new(fixture.served.url());
    let lines = rpc.get_signatures_for_address(key).expect("a list");
    lines.iter().filter(|line| line.err.is_none()).count()
}

/// The last signature that a command told on stderr.
fn told(stderr: &str) -> Option<&str> {
    let lines = stderr.lines().rev().map(str::trim);
    lines
        .filter_map(|line| line.strip_prefix("signature  "))
        .next()
}

/// Runs a command on its stage against one fault.
fn cell(stage: &Stage, key: &Pubkey, column: &Column, whole: Option<usize>) -> Cell {
    let fixture = stage.fixture();
    let (what, economy) = (column.what, stage.economy());
    // Another blockhash: the same words again are another transaction.
    fixture.served.skip_blocks(1);
    let before = landed(fixture, key);
    let proxy = Proxy::start(fixture.served.url());
    (column.spoil)(&proxy);
    let mut words: Vec<&str> = stage.words.iter().map(String::as_str).collect();
    if words[0] != "create-economy" {
        words.extend(["--economy", &economy]);
    }
    let waits = ["--patience", column.patience, "--rpc-timeout", "1"];
    words.extend(waits);
    words.extend(["--keypair", &stage.key]);
    let said = bare(fixture, proxy.url(), &words, "json");
    let shown = format!(
        "{words:?}, a server that {what}:\n{}{}",
        said.stdout, said.stderr
    );
    let error = &said.json()["error"];
    let text = |field: &str| error[field].as_str().unwrap_or_default().to_owned();
    let landed = landed(fixture, key) - before;
    assert_eq!(said.code, column.end.code(), "{shown}");
    let whole = whole.unwrap_or(landed);
    match column.end {
        End::Done => assert_eq!(landed, whole, "{shown}"),
        End::UnknownLanded => assert_eq!(landed, 1, "{shown}"),
        End::Unsent | End::UnknownLost => assert_eq!(landed, 0, "{shown}"),
    }
    let mut remedy = text("remedy").replace(proxy.url(), "URL");
    if said.code != 0 {
        assert!(!remedy.is_empty(), "{shown}");
    }
    if said.code == 5 {
        // What is not known can be looked up, by the very words of the remedy.
        assert_eq!(text("code"), "outcome_unknown", "{shown}");
        let signature = told(&said.stderr).unwrap_or_else(|| panic!("no signature: {shown}"));
        assert!(text("message").contains(signature), "{shown}");
        let look = format!("homeostat outcome {signature}");
        assert!(remedy.contains(&look), "{shown}");
        remedy = remedy.replace(signature, "SIGNATURE");
        let outcome = ["outcome", signature];
        let looked = bare(fixture, fixture.served.url(), &outcome, "json");
        let expected = if landed > 0 { 0 } else { 6 };
        assert_eq!(looked.code, expected, "{shown}\n{}", looked.stdout);
        assert_eq!(looked.json()["transactions"][0]["command"], words[0]);
    }
    Cell {
        code: said.code,
        error: text("code"),
        remedy,
        landed,
    }
}

/// One command against every fault.
fn row(command: &str) -> Vec<Cell> {
    let stage = Stage::of(command).unwrap_or_else(|| {
        panic!("`{command}` sends a transaction: give it a stage in table/stage.rs")
    });
    let key = read_keypair_file(&stage.key).expect("a key").pubkey();
    let served = &stage.fixture().served;
    let then = served.with(async |world: &mut World| accounts(world).await);
    let mut cells: Vec<Cell> = Vec::with_capacity(COLUMNS.len());
    for column in COLUMNS {
        let whole = cells.first().map(|well| well.landed);
        cells.push(cell(&stage, &key, column, whole));
        let then = then.clone();
        served.with(async move |world: &mut World| put_back(world, &then).await);
    }
    assert!(cells[0].landed > 0, "`{command}` sends nothing");
    cells
}

fn table(rows: &BTreeMap<String, Vec<Cell>>) -> String {
    let mut text = String::from(
        "# When a server fails\n\n\
         Every command that sends a transaction, against a server that does one thing wrong. Nothing \
         happens twice, and what is not known can be looked up. A test makes this table and compares \
         it (`crates/cli/tests/chain/table.rs`; `HOMEOSTAT_BLESS=1` writes it anew).\n\n\
         | | A server that … | Exit | Error | Landed | Remedy |\n|---|---|---|---|---|---|\n",
    );
    let letters = || (b'A'..=b'Z').map(char::from);
    for (index, (letter, column)) in letters().zip(COLUMNS).enumerate() {
        let cells = || rows.values().filter_map(|row| row.get(index));
        let errors: BTreeSet<&str> = cells().map(|cell| cell.error.as_str()).collect();
        let remedies: BTreeSet<&str> = cells().map(|cell| cell.remedy.as_str()).collect();
        let codes: BTreeSet<String> = cells().map(|cell| cell.code.to_string()).collect();
        let join = |all: BTreeSet<&str>| {
            let said = all.into_iter().filter(|words| !words.is_empty());
            said.collect::<Vec<_>>().join("; or ")
        };
        let landed = match column.end {
            End::Done => "all, once",
            End::UnknownLanded => "the first, once",
            End::Unsent => "nothing was sent",
            End::UnknownLost => "nothing, so far",
        };
        let _ = writeln!(
            text,
            "| {letter} | {} | {} | {} | {landed} | {} |",
            column.what,
            join(codes.iter().map(String::as_str).collect()),
            join(errors),
            join(remedies),
        );
    }
    text.push_str("\nExit code and transactions that landed, for each command");
    let left_out = BY_OTHERS.map(|(command, why)| format!("`{command}`: {why}"));
    let _ = write!(text, " (left out are {}):\n\n| |", left_out.join("; "));
    for (letter, _) in letters().zip(COLUMNS) {
        let _ = write!(text, " {letter} |");
    }
    let _ = writeln!(text, "\n|---|{}", "---|".repeat(COLUMNS.len()));
    for (command, cells) in rows {
        let _ = write!(text, "| `{command}` |");
        for cell in cells {
            let _ = write!(text, " {}·{} |", cell.code, cell.landed);
        }
        text.push('\n');
    }
    text
}

#[test]
fn whatever_a_server_does_every_command_ends_as_the_table_says_and_nothing_happens_twice() {
    let mut commands = writing();
    assert!(commands.len() > 20, "{commands:?}");
    // The longest first: they are of several transactions.
    commands.sort_by_key(|name| (name != "create-economy", name != "go-live"));
    commands.reverse();
    let queue = Mutex::new(commands);
    let rows = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| loop {
                let Some(command) = queue.lock().expect("a queue").pop() else {
                    break;
                };
                let cells = row(&command);
                rows.lock().expect("rows").insert(command, cells);
            });
        }
    });
    let made = table(&rows.into_inner().expect("rows"));
    if std::env::var_os("HOMEOSTAT_BLESS").is_some() {
        std::fs::write(TABLE, &made).expect("the table is written");
    }
    let committed = std::fs::read_to_string(TABLE).unwrap_or_default();
    assert!(
        committed == made,
        "docs/FAULTS.md is not this table; HOMEOSTAT_BLESS=1 writes it\n{made}"
    );
}
