//! A single pass, lines of JSON, and wrong usage.

use super::*;

/// A single pass: exit code, stdout.
fn once(stand: &Stand, reporter: usize, file: &Path) -> (i32, Value) {
    let output = stand
        .command(stand.fixture.served.url(), reporter, file)
        .args(["--once", "--output", "json"])
        .output()
        .expect("the binary runs");
    let stdout = String::from_utf8(output.stdout).expect("UTF-8");
    let answer = serde_json::from_str(&stdout).unwrap_or_else(|error| panic!("{error}: {stdout}"));
    (output.status.code().unwrap_or(-1), answer)
}

fn results(answer: &Value) -> Vec<&str> {
    check_schema("reporter-once", answer);
    let all = answer["feeds"].as_array().unwrap();
    all.iter()
        .map(|one| one["result"].as_str().unwrap())
        .collect()
}

#[test]
fn a_single_pass_is_for_cron() {
    let stand = Stand::of(1, 1);
    let table = stand.table("values.csv", "0.1");
    let sources = format!("{}unit = 20\n", csv(&table));
    let missing = csv(Path::new("/nonexistent/values.csv"));
    let text = stand.head(0) + &sources + &stand.head(1) + &missing;
    let file = stand.file("reporter.toml", &text);
    // given a feed that can be reported to and one that cannot
    let (code, answer) = once(&stand, 0, &file);
    assert_eq!((code, results(&answer)), (1, vec!["reported", "failed"]));
    // then digits are what is told and what is on chain: a tenth times twenty is two
    assert_eq!(answer["feeds"][0]["value"], "2");
    assert_eq!(stand.last(0, 0).1, fx("2"));
    let failed = &answer["feeds"][1];
    assert_eq!(failed["code"], "source_unreadable");
    assert_eq!(failed["sources"][0]["code"], "source_unreadable");
    assert!(!failed["remedy"].as_str().unwrap().is_empty());
    let (code, answer) = once(&stand, 0, &file);
    assert_eq!((code, results(&answer)), (1, vec!["waiting", "failed"]));
    // Whatever is due and has nothing new.
    let file = stand.file("one.toml", &(stand.head(0) + &sources));
    stand.fixture.served.advance(600);
    let (code, answer) = once(&stand, 0, &file);
    assert_eq!((code, results(&answer)), (0, vec!["unchanged"]));
}

#[test]
fn events_are_lines_of_json_on_stdout() {
    let stand = Stand::of(1, 1);
    let table = stand.table("values.csv", "2");
    let file = stand.file("reporter.toml", &(stand.head(0) + &csv(&table)));
    let mut command = stand.command(stand.fixture.served.url(), 0, &file);
    command.args(["--log", "json", "--metrics", "off", "--output", "json"]);
    let reporter = Running::of_command(&mut command);
    reporter.wait("reported", 1);
    stand.next(&[("values.csv", "4")]);
    reporter.wait("failed", 1);
    let (_, stdout) = reporter.end();
    let lines: Vec<Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for line in &lines {
        check_schema("reporter", line);
    }
    assert_eq!(lines[0]["result"], "reported");
    assert_eq!(lines[0]["value"], "2");
    assert_eq!(lines[1]["result"], "failed");
    assert_eq!(lines[1]["code"], "jump");
}

#[test]
fn fr8_a_key_that_is_no_reporter_is_refused_before_anything_is_read() {
    let stand = Stand::of(2, 2);
    let site = Site::start(document("2", stand.now()));
    let file = stand.file("reporter.toml", &(stand.head(0) + &http(&site.url)));
    for pass in [&["--once"][..], &[]] {
        // given the key of somebody else
        let output = alone::binary()
            .arg("reporter")
            .arg(&file)
            .args(["--url", stand.fixture.served.url(), "--output", "json"])
            .arg("--keypair")
            .arg(&stand.fixture.wallets[0].file)
            .args(["--metrics", "off"])
            .args(pass)
            .output()
            .unwrap();
        // then it ends with who may, and no source was asked
        assert_eq!(output.status.code(), Some(1));
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(answer["error"]["code"], "not_a_reporter");
        let remedy = answer["error"]["remedy"].as_str().unwrap();
        for (address, _) in &stand.keys {
            assert!(remedy.contains(&address.to_string()), "{remedy}");
        }
        assert_eq!(site.asked().len(), 0);
    }
    // A feed that there is not, and one that stands in the file twice.
    let error = |text: String| {
        let file = stand.file("other.toml", &text);
        let (code, answer) = once(&stand, 0, &file);
        assert_eq!(code, 1);
        answer["error"]["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(error(stand.head(2) + &http(&site.url)), "no_feed");
    let twice = [stand.head(0), stand.head(0)].map(|head| head + &http(&site.url));
    assert_eq!(error(twice.concat()), "feed_twice");
}
