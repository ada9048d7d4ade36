//! The table of attacks, `threats.toml`, against the tests that play them: no row without a
//! test, no code without a row, no error that does not exist.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use homeostat_client::error::{all, explain};
use toml::{Table, Value};

const THREATS: &str = include_str!("threats.toml");
/// Folders of the repository in which tests are.
const FOLDERS: [&str; 7] = [
    "crates",
    "examples",
    "migrations",
    "programs",
    "testing",
    "tests",
    "xtask",
];
/// Columns that every row has; `effect` may be added.
const COLUMNS: [&str; 3] = ["attack", "transaction", "expected"];

fn rows() -> Table {
    THREATS.parse().expect("the table is TOML")
}

/// Calls `read` with every Rust source of the repository.
pub(super) fn each_source(mut read: impl FnMut(&Path, &str)) {
    fn walk(folder: &Path, read: &mut dyn FnMut(&Path, &str)) {
        for entry in fs::read_dir(folder).expect("a folder of the repository") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                if !path.ends_with("target") {
                    walk(&path, read);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                read(&path, &fs::read_to_string(&path).expect("a source"));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for folder in FOLDERS {
        walk(&root.join(folder), &mut read);
    }
}

/// One or two letters, one or two digits, and nothing else.
pub(super) fn is_code(word: &str) -> bool {
    let (letters, digits) = word.split_at(family(word).len());
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    (1..=2).contains(&letters.len()) && (1..=2).contains(&digits.len()) && is_number
}

/// The letters that a code begins with.
fn family(code: &str) -> &str {
    let end = code.find(|letter: char| !letter.is_ascii_alphabetic());
    &code[..end.unwrap_or(code.len())]
}

/// The code that a function's name begins with, in upper case.
fn code_of(line: &str) -> Option<String> {
    let (_, name) = line.split_once("fn ")?;
    let (code, _) = name.split_once('_')?;
    is_code(code).then(|| code.to_uppercase())
}

/// Codes that functions' names carry, and where.
fn carried() -> BTreeMap<String, Vec<String>> {
    let mut carried: BTreeMap<String, Vec<String>> = BTreeMap::new();
    each_source(|path, text| {
        for line in text.lines().map(str::trim_start) {
            let is_function = line.starts_with("fn ") || line.starts_with("async fn ");
            if let Some(code) = code_of(line).filter(|_| is_function) {
                let place = format!("{}: {line}", path.display());
                carried.entry(code).or_default().push(place);
            }
        }
    });
    carried
}

#[test]
fn success_every_row_has_a_test_and_every_code_a_row() {
    let (rows, carried) = (rows(), carried());
    let without_test: Vec<&String> = rows
        .keys()
        .filter(|code| !carried.contains_key(*code))
        .collect();
    assert!(without_test.is_empty(), "no test plays {without_test:?}");
    let without_row: Vec<_> = carried
        .iter()
        .filter(|(code, _)| !rows.contains_key(*code))
        .collect();
    assert!(without_row.is_empty(), "no row says what {without_row:#?}");
}

/// Comments cite a row by its code; a citation of none sends the reader nowhere.
#[test]
fn success_comments_cite_rows_only() {
    let rows = rows();
    let families: BTreeSet<&str> = rows.keys().map(|code| family(code)).collect();
    let mut unknown = Vec::new();
    each_source(|path, text| {
        for line in text.lines() {
            let Some((_, comment)) = line.split_once("//") else {
                continue;
            };
            for (at, _) in comment.match_indices(':') {
                let word = comment[..at].rsplit(|c: char| !c.is_ascii_alphanumeric());
                let word = word.into_iter().next().unwrap_or_default();
                let cited = is_code(word) && families.contains(family(word));
                if cited && !rows.contains_key(word) {
                    unknown.push(format!("{}: {line}", path.display()));
                }
            }
        }
    });
    assert!(unknown.is_empty(), "no row has these codes: {unknown:#?}");
}

/// Names of errors that the program or its framework ends a transaction with.
fn error_names() -> BTreeSet<String> {
    let framework = (100..6_000).map(explain).filter_map(|text| {
        let (name, _) = text.split_once(" (")?;
        Some(name.to_owned())
    });
    all().map(|error| error.name()).chain(framework).collect()
}

#[test]
fn success_every_row_says_what_is_attacked_how_and_what_must_happen() {
    let names = error_names();
    for (code, row) in rows() {
        let row = row.as_table().unwrap_or_else(|| panic!("{code}: a table"));
        for column in COLUMNS {
            assert!(row.contains_key(column), "{code} has no {column}");
        }
        for (column, value) in row {
            let known = COLUMNS.contains(&column.as_str()) || column == "effect";
            assert!(known, "{code} has a column {column}");
            let Value::String(text) = value else {
                continue;
            };
            let whole = column == "transaction" || text.ends_with('.');
            assert!(whole && !text.is_empty(), "{code}: {column} is a sentence");
        }
        let expected = row["expected"].as_array().expect("a list of outcomes");
        assert!(!expected.is_empty(), "{code} expects nothing");
        for outcome in expected {
            let outcome = outcome.as_str().expect("a name");
            let of_another = ["system program: ", "token program: "]
                .iter()
                .any(|program| outcome.starts_with(program));
            let known = outcome == "must succeed" || of_another || names.contains(outcome);
            assert!(known, "{code}: there is no error {outcome}");
        }
    }
}
