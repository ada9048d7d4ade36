//! Every message on a path of refusal, in one document that people read as a whole:
//! `docs/REFUSALS.md`. `HOMEOSTAT_BLESS=1 cargo test -p homeostat-cli --lib refusals` writes it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use homeostat_client::error;

use super::words::tests::{meets, said};
use crate::failure::Failure;

mod scan;

use scan::{scan, Found};

/// The crates whose failures people meet, and what they are called in the document.
const CRATES: [(&str, &str); 6] = [
    ("crates/cli/src", "command line"),
    ("crates/chain/src", "cluster"),
    ("crates/keeper/src", "keeper"),
    ("crates/settings/src", "files"),
    ("crates/sim/src", "simulator"),
    ("migrations/src", "deployments"),
];

const HEAD: &str = "\
# Refusals

Every message that ends a command without its work being done: what it says, and what it tells a
person to do. Made from the sources by a test (`HOMEOSTAT_BLESS=1 cargo test -p homeostat-cli --lib
refusals`), which fails when a message is missing here.

`{name}` stands for a figure or a name of the moment, `…` for words that are put together elsewhere,
and ` / ` stands between the forms of a sentence. Exit codes: 1 refused here, 2 wrong usage, 3 the
cluster does not answer or answers nonsense, 4 refused by the cluster, 5 nobody knows.
";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// The program's refusals in the words of the commands that can meet them.
fn of_program(out: &mut String) {
    let _ = writeln!(
        out,
        "\n## By the program\n\nExit code 4. Where a command knows the figures, it says them in the \
         place of these words.\n\n| number | error | command | says | remedy |\n|--|--|--|--|--|"
    );
    for error in error::all() {
        // Commands that say the same share a row.
        let mut rows: Vec<((String, String), Vec<&str>)> = Vec::new();
        for command in meets(error) {
            let said = said(command, error);
            match rows.iter_mut().find(|(known, _)| *known == said) {
                Some((_, commands)) => commands.push(command),
                None => rows.push((said, vec![command])),
            }
        }
        if rows.is_empty() {
            let failure = homeostat_chain::refusal::of_program(u32::from(error), &[""; 0]);
            rows.push(((failure.message, failure.remedy), Vec::new()));
        }
        for ((message, remedy), commands) in rows {
            let message = message
                .split_once("): ")
                .map_or(&*message, |(_, text)| text);
            let commands = match commands.as_slice() {
                [] => "none of the command line's".to_owned(),
                some => some.join(", "),
            };
            let _ = writeln!(
                out,
                "| {} | {} | {commands} | {} | {} |",
                u32::from(error),
                error.name(),
                cell(message),
                cell(&remedy)
            );
        }
    }
}

/// The failures of the product's own crates, by code.
fn own() -> BTreeMap<(&'static str, String), Vec<Found>> {
    let mut all = BTreeMap::new();
    for (folder, name) in CRATES {
        for found in scan(&root().join(folder)) {
            let rows: &mut Vec<Found> = all.entry((name, found.code.clone())).or_default();
            if !rows.contains(&found) {
                rows.push(found);
            }
        }
    }
    all
}

fn of_the_tools(out: &mut String, own: &BTreeMap<(&'static str, String), Vec<Found>>) {
    for (_, name) in CRATES {
        let _ = writeln!(
            out,
            "\n## {}{}\n\n| code | exit | says | remedy |\n|--|--|--|--|",
            name[..1].to_uppercase(),
            &name[1..]
        );
        for ((_, code), rows) in own.iter().filter(|((of, _), _)| *of == name) {
            for row in rows {
                let mut failure = Failure::new(Box::leak(code.clone().into_boxed_str()), "");
                if row.in_a_file {
                    failure.at = Some(Box::default());
                }
                let _ = writeln!(
                    out,
                    "| {code} | {} | {} | {} |",
                    failure.exit(),
                    cell(&row.message),
                    cell(&row.remedy)
                );
            }
        }
    }
}

#[test]
fn refusals_are_listed_in_one_document() {
    let mut made = HEAD.to_owned();
    of_program(&mut made);
    of_the_tools(&mut made, &own());
    let file = root().join("docs/REFUSALS.md");
    if std::env::var_os("HOMEOSTAT_BLESS").is_some() {
        std::fs::write(&file, &made).expect("docs/ is writable");
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    for (kept, made) in kept.lines().zip(made.lines()) {
        assert_eq!(
            kept, made,
            "docs/REFUSALS.md is out of date: run this with HOMEOSTAT_BLESS=1"
        );
    }
    assert_eq!(kept, made, "docs/REFUSALS.md is out of date");
}

#[test]
fn every_refusal_says_what_to_do() {
    /// What needs no remedy, and why.
    const NONE_NEEDED: [&str; 0] = [];
    let own = own();
    // That the sources are read at all:
    assert!(own.len() > 150, "{}", own.len());
    let silent: Vec<String> = own
        .iter()
        .flat_map(|((of, code), rows)| rows.iter().map(move |row| (of, code, row)))
        .filter(|(_, code, row)| row.remedy.is_empty() && !NONE_NEEDED.contains(&code.as_str()))
        .map(|(of, code, row)| format!("{of}, {code} ({}): {}", row.place, row.message))
        .collect();
    assert!(
        silent.is_empty(),
        "{} without a remedy:\n{}",
        silent.len(),
        silent.join("\n")
    );
}
