//! No test reads the settings of whoever runs it: the Solana configuration, keys and journal in a
//! developer's home could turn any of them, and a test that sends could spend what is theirs.

use std::path::Path;

use super::threats::each_source;

/// How a test names a binary of this repository.
const BINARY: &str = concat!("CARGO_BIN_EXE_", "homeostat\"");
/// What it then gives it.
const HOME: &str = ".env(\"HOME\"";
/// The settings of a command line, in a test's own words.
const WISHES: &str = concat!("Wishes", " {");

/// The part of a source that is tests: all of a file among tests, or what follows `cfg(test)`.
fn tests<'a>(path: &Path, text: &'a str) -> &'a str {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let path = path.strip_prefix(root).unwrap_or(path);
    if path.components().any(|part| part.as_os_str() == "tests") {
        return text;
    }
    text.split_once("#[cfg(test)]")
        .map_or("", |(_, tests)| tests)
}

#[test]
fn success_a_binary_that_a_test_starts_has_a_home_of_its_own() {
    let mut seen = 0;
    each_source(|path, text| {
        if !tests(path, text).contains(BINARY) {
            return;
        }
        seen += 1;
        assert!(
            text.contains(HOME),
            "{}: a test starts a binary with the home of whoever runs it; give it one with `{HOME}, …)`",
            path.display()
        );
    });
    assert!(seen >= 3, "{seen} files");
}

#[test]
fn success_settings_in_a_test_name_their_configuration() {
    let mut seen = 0;
    each_source(|path, text| {
        for wishes in tests(path, text).split(WISHES).skip(1) {
            let (literal, _) = wishes.split_once('}').unwrap_or((wishes, ""));
            seen += 1;
            assert!(
                literal.contains("config:") || literal.contains("config,"),
                "{}: without `config` the configuration of whoever runs the test is read:\n{literal}",
                path.display()
            );
        }
    });
    assert!(seen >= 3, "{seen} of them");
}
