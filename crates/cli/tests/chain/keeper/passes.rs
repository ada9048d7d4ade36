//! A single pass, for cron, and wrong usage.

use super::*;

/// A single pass: exit code, stdout.
fn once(url: &str, key: &Path, arguments: &[&str]) -> (i32, String) {
    let output = command(url, key)
        .args(["--once", "--output", "json-compact"])
        .args(arguments)
        .output()
        .expect("the binary runs");
    let stdout = String::from_utf8(output.stdout).expect("UTF-8");
    (output.status.code().unwrap_or(-1), stdout)
}

#[test]
fn a_single_pass_is_for_cron() {
    const COUNT: usize = 10;
    let (served, economies, folder) = town(COUNT, WorldSpec::default());
    let key = folder.path().join("keeper.json");
    // More than a worker is given at once.
    let list = economies.join(",");
    let arguments = ["--economy", &list, "--workers", "1"];
    let results = |stdout: &str| -> Vec<String> {
        assert_eq!(stdout.lines().count(), 1, "{stdout}");
        let answer: Value = serde_json::from_str(stdout).unwrap();
        check_schema("keeper", &answer);
        let all = answer["economies"].as_array().unwrap();
        all.iter()
            .map(|one| one["result"].as_str().unwrap().to_owned())
            .collect()
    };
    let (code, stdout) = once(served.url(), &key, &arguments);
    assert_eq!((code, results(&stdout)), (0, vec!["waiting".into(); COUNT]));
    served.advance(WEEK);
    let (code, stdout) = once(served.url(), &key, &arguments);
    assert_eq!((code, results(&stdout)), (0, vec!["cranked".into(); COUNT]));
    // An economy that is none does not stop the other, and is told.
    served.advance(WEEK);
    let nothing = Pubkey::new_unique().to_string();
    let arguments = ["--economy", &economies[0], "--economy", &nothing];
    let (code, stdout) = once(served.url(), &key, &arguments);
    let mut all = results(&stdout);
    all.sort();
    assert_eq!(
        (code, all),
        (1, vec!["cranked".to_owned(), "failed".to_owned()])
    );
    // A server that does not answer is told with its code.
    let (code, stdout) = once("http://127.0.0.1:1", &key, &arguments);
    assert_eq!(code, 3);
    assert!(stdout.contains("rpc_unreachable"), "{stdout}");
}

#[test]
fn wrong_usage_is_refused() {
    let fixture = Fixture::live();
    let economy = fixture.at.economy.to_string();
    let said = |arguments: &[&str]| {
        let (code, stdout) = once(fixture.served.url(), key(&fixture, 0), arguments);
        let error: Value = serde_json::from_str(&stdout).unwrap();
        (code, error["error"]["code"].as_str().unwrap().to_owned())
    };
    assert_eq!(said(&[]), (2, "usage".into()));
    assert_eq!(said(&["--economy", "hello"]), (2, "bad_address".into()));
    let output = command(fixture.served.url(), key(&fixture, 0))
        .args(["--economy", &economy, "--metrics", "0.0.0.0:0"])
        .args(["--output", "json"])
        .output()
        .unwrap();
    let error: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(error["error"]["code"], "public_metrics");
}
