//! What is installed for live clusters carries no test bank.

use std::collections::BTreeSet;
use std::process::Command;

/// Crates of the binary with these features, by name and version.
fn crates(features: &[&str]) -> BTreeSet<String> {
    let tree = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--locked",
            "--package",
            "homeostat-cli",
        ])
        .args(["--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(features)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    let said = String::from_utf8(tree.stderr).expect("UTF-8");
    assert!(tree.status.success(), "{said}");
    let text = String::from_utf8(tree.stdout).expect("UTF-8");
    let lines = text.lines().map(|line| line.trim_end_matches(" (*)"));
    lines.map(str::to_owned).collect()
}

fn has(crates: &BTreeSet<String>, name: &str) -> bool {
    crates
        .iter()
        .any(|line| line.split(' ').next() == Some(name))
}

#[test]
fn a_binary_without_features_has_no_bank_and_a_third_fewer_crates() {
    let lean = crates(&["--no-default-features"]);
    let whole = crates(&[]);
    for bank in [
        "homeostat-sandbox",
        "homeostat-served",
        "solana-program-test",
        "solana-runtime",
        "tokio-tungstenite",
    ] {
        assert!(!has(&lean, bank), "{bank}");
        assert!(has(&whole, bank), "{bank}");
    }
    println!(
        "{} crates without features, {} with all",
        lean.len(),
        whole.len()
    );
    assert!(
        lean.len() * 10 <= whole.len() * 7,
        "{} of {}",
        lean.len(),
        whole.len()
    );
}

#[test]
fn the_demo_has_no_server() {
    let demo = crates(&["--no-default-features", "--features", "demo"]);
    assert!(has(&demo, "homeostat-sandbox"));
    assert!(!has(&demo, "homeostat-served"));
}
