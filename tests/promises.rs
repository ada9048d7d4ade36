//! What the documents promise, against the tests that show it: no promise of the table of powers
//! in docs/GOVERNANCE.md without a test, and no test named that does not exist.

use std::{collections::BTreeSet, fs, path::Path};

use super::threats::{each_source, is_code};

/// The heading of the table of powers.
const POWERS: &str = "## Who can do what at most";
/// Its columns: who, and three promises.
const COLUMNS: usize = 4;
/// Documents that name tests.
const DOCUMENTS: [&str; 4] = ["docs", "README.md", "SECURITY.md", "CHANGELOG.md"];

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Names of all functions of the repository that are tests.
fn tests() -> BTreeSet<String> {
    let mut tests = BTreeSet::new();
    each_source(|_, text| {
        let mut is_test = false;
        for line in text.lines().map(str::trim_start) {
            is_test |= line.starts_with("#[test]") || line.starts_with("#[tokio::test");
            let function = line.strip_prefix("async ").unwrap_or(line);
            if let Some(rest) = function.strip_prefix("fn ") {
                let name = rest.split(['(', '<']).next().unwrap_or_default();
                if is_test {
                    tests.insert(name.to_owned());
                }
                is_test = false;
            }
        }
    });
    tests
}

/// What stands between backticks on one line.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// Lower case in several words, as functions are named; actions, errors and paths are not.
fn is_function(word: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    word.contains('_') && word.bytes().all(plain)
}

/// A name as only tests have it.
fn is_test_name(word: &str) -> bool {
    let first = word.split('_').next().unwrap_or_default();
    is_function(word) && (["success", "fail"].contains(&first) || is_code(first))
}

#[test]
fn success_every_power_names_tests_that_exist() {
    let tests = tests();
    let document = fs::read_to_string(root().join("docs/GOVERNANCE.md")).expect("the document");
    let section = document.split_once(POWERS).expect("the table of powers").1;
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with('|'));
    let mut powers = 0;
    for row in rows.skip(2) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        assert_eq!(cells.len(), COLUMNS, "{row}");
        for cell in &cells[1..] {
            let named: Vec<&str> = quoted(cell).filter(|word| is_function(word)).collect();
            assert!(!named.is_empty(), "no test shows: {cell}");
            for name in named {
                assert!(tests.contains(name), "there is no test {name}");
            }
        }
        powers += 1;
    }
    assert!(powers >= 10, "{powers} rows");
}

#[test]
fn success_documents_name_tests_that_exist() {
    let tests = tests();
    let mut read = 0;
    for document in DOCUMENTS.map(|name| root().join(name)) {
        let files = if document.is_dir() {
            let entries = fs::read_dir(&document).expect("a folder");
            entries
                .map(|entry| entry.expect("an entry").path())
                .collect()
        } else {
            vec![document]
        };
        for file in files {
            if file.extension().is_none_or(|extension| extension != "md") {
                continue;
            }
            let text = fs::read_to_string(&file).expect("a document");
            for name in text.lines().flat_map(quoted).filter(|w| is_test_name(w)) {
                assert!(tests.contains(name), "{}: {name}", file.display());
                read += 1;
            }
        }
    }
    assert!(read > 0, "no document names a test");
}
