//! The binary: what a person or a script sees when something is wrong.

use std::{fs, process::Command};

use serde_json::Value;

struct Answer {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// Runs the binary on a cluster file.
fn run(file: &str, arguments: &[&str]) -> Answer {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cluster.toml");
    fs::write(&path, file).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_homeostat-migrations"))
        .args(arguments)
        .arg("--cluster")
        .arg(&path)
        .env("HOME", folder.path())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Answer {
        code: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// Nobody listens there.
const NOBODY: &str = "[cluster]\nurl = \"http://127.0.0.1:9\"\ngenesis = \"x\"\n";

#[test]
fn fail_a_cluster_that_does_not_answer() {
    for command in ["plan", "apply", "status"] {
        let answer = run(NOBODY, &[command]);
        assert_eq!((answer.code, answer.stdout.as_str()), (Some(3), ""));
        assert!(answer.stderr.contains("remedy:"), "{}", answer.stderr);

        // With JSON the error is data, and nothing else is on stdout.
        let answer = run(NOBODY, &[command, "--output", "json"]);
        let error: Value = serde_json::from_str(&answer.stdout).unwrap();
        assert_eq!(error["error"]["code"], "rpc_unreachable");
        assert!(answer.stderr.is_empty(), "{}", answer.stderr);
    }
}

#[test]
fn fail_a_file_that_is_wrong_is_told_with_its_line() {
    let answer = run("[cluster]\nurl = \"l\"\ngenesys = \"x\"\n", &["plan"]);
    assert_eq!(answer.code, Some(1));
    for part in ["line 3", "`genesys`", "did you mean `genesis`?"] {
        assert!(answer.stderr.contains(part), "{}", answer.stderr);
    }
}

#[test]
fn fail_wrong_usage() {
    assert_eq!(run(NOBODY, &["undo"]).code, Some(2));
    let help = run(NOBODY, &["--help"]);
    assert_eq!(help.code, Some(0));
    for command in ["plan", "apply", "status"] {
        assert!(help.stdout.contains(command));
    }
}
