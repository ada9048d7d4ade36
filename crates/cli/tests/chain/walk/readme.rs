//! The command lines of README.md: each can be typed, and each is walked or has a reason.

use std::collections::BTreeSet;

const README: &str = include_str!("../../../../../README.md");

/// The commands of the story in `walk.rs`, which compares the list with what it ran.
pub const WALKED: &[&str] = &[
    "accept-role",
    "approve",
    "audit",
    "claim",
    "close-position",
    "collect",
    "config set",
    "crank",
    "create-economy",
    "create-feed",
    "dissolve",
    "execute",
    "explain",
    "fund",
    "go-live",
    "hand-over-mint",
    "init",
    "log verify",
    "pay",
    "preview",
    "proposals",
    "propose",
    "reporter",
    "stake",
    "status",
    "token create",
    "token show",
    "unstake",
    "watch",
    "wind-up",
    "withdraw",
];

/// Commands of README.md's blocks that the story does not run, and what runs them.
const ELSEWHERE: &[(&str, &str)] = &[
    ("demo", "needs no cluster: crates/cli/tests/demo.rs"),
    ("replay", "needs no cluster: crates/cli/tests/replay.rs"),
    ("simulate", "needs no cluster: crates/cli/tests/simulate.rs"),
    ("bench", "needs no cluster: crates/cli/tests/bench.rs"),
    ("report", "needs no cluster: crates/cli/tests/bench.rs"),
    ("verify", "needs no cluster: crates/cli/tests/bench.rs"),
    ("tune", "needs no cluster: crates/cli/tests/tune.rs"),
    (
        "localnet",
        "a cluster of its own: testing/validator/tests/suite/localnet.rs",
    ),
    (
        "warp",
        "moves a localnet's clock: crates/cli/tests/chain/localnet.rs",
    ),
    ("keeper", "runs for ever: crates/cli/tests/chain/keeper.rs"),
    (
        "config label",
        "a name for people: crates/cli/tests/chain/config.rs",
    ),
    (
        "deploy plan",
        "a cluster without the program: crates/cli/tests/chain/deploy.rs",
    ),
    (
        "deploy apply",
        "a cluster without the program: crates/cli/tests/chain/deploy.rs",
    ),
    (
        "deploy status",
        "a cluster without the program: crates/cli/tests/chain/deploy.rs",
    ),
];

/// Commands with commands of their own.
const GROUPS: &[&str] = &["config", "deploy", "log", "token"];

/// The words of a line as a shell splits them, up to a comment or a redirection.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quoted) = (Vec::new(), false);
    let mut word: Option<String> = None;
    for letter in line.chars() {
        match letter {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            '#' | '>' if !quoted && word.is_none() => break,
            ' ' if !quoted => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    assert!(!quoted, "a quotation without an end: {line}");
    words.extend(word);
    words
}

/// Every command line of `homeostat` in the shell blocks, without `cargo`, as clap takes it.
fn lines() -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for (number, block) in README.split("```").enumerate() {
        let Some(shell) = block.strip_prefix("sh\n").filter(|_| number % 2 == 1) else {
            continue;
        };
        for line in shell.replace("\\\n", " ").lines() {
            let line = line.strip_prefix("cargo ").unwrap_or(line);
            let typed = words(line);
            match typed.first().map(String::as_str) {
                Some("homeostat") => found.push(typed),
                // An alias of Cargo's: .cargo/config.toml.
                Some("demo") => found.push([vec!["homeostat".to_owned()], typed].concat()),
                _ => {}
            }
        }
    }
    found
}

/// The name of a line's command.
fn command(line: &[String]) -> String {
    let group = GROUPS.contains(&line[1].as_str());
    line[1..if group { 3 } else { 2 }].join(" ")
}

#[test]
fn every_command_line_of_the_readme_can_be_typed_and_is_run_somewhere() {
    let lines = lines();
    assert!(lines.len() > 35, "{}", lines.len());
    let mut shown = BTreeSet::new();
    for line in &lines {
        // Placeholders such as MINT are words: whether they are addresses is asked later.
        if let Err(error) = homeostat_cli::command().try_get_matches_from(line) {
            panic!("{}\n{error}", line.join(" "));
        }
        shown.insert(command(line));
    }
    for one in &shown {
        let elsewhere = ELSEWHERE.iter().any(|(name, _)| name == one);
        let walked = WALKED.contains(&one.as_str());
        assert!(
            walked != elsewhere,
            "{one}: walked {walked}, elsewhere {elsewhere}"
        );
    }
    for (name, reason) in ELSEWHERE {
        assert!(shown.contains(*name), "{name} is in no block");
        let file = reason.rsplit(' ').next().unwrap();
        let path = format!("{}/../../{file}", env!("CARGO_MANIFEST_DIR"));
        assert!(std::path::Path::new(&path).exists(), "{name}: {path}");
    }
}

#[test]
fn the_table_of_every_day_has_every_command() {
    let (_, table) = README.split_once("| who | commands |").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let named: BTreeSet<&str> = table
        .split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|text| text.split(' ').next())
        .filter(|word| !word.starts_with("--"))
        .collect();
    let parser = homeostat_cli::command();
    let known: BTreeSet<&str> = parser
        .get_subcommands()
        .filter(|one| !one.is_hide_set())
        .map(|one| one.get_name())
        .filter(|name| *name != "completion")
        .collect();
    assert_eq!(named, known);
}
