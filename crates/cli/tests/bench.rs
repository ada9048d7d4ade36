//! Stories of `homeostat bench`, `verify` and `report`, told to the real binary.

#[path = "shared/run.rs"]
mod run;
#[path = "shared/schema.rs"]
mod schema;

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use run::{command, folder, homeostat};

/// Thirty days of prices.
fn prices(folder: &Path) {
    let rows: String = (1..=30)
        .map(|day| format!("2024-04-{day:02},{}\n", 100 + day * (day % 7)))
        .collect();
    fs::write(folder.join("prices.csv"), format!("date,close\n{rows}")).expect("a file");
}

#[test]
fn success_more_seeds_go_on_with_the_file_to_the_same_result() {
    let folder = folder("bench-seeds");
    prices(&folder);
    let bench = |words: &str| {
        let words = format!("bench --tier smoke --series prices.csv --output json {words}");
        let outcome = homeostat(&folder, &words);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        outcome.json()
    };
    // Given a benchmark of one seed that is kept,
    let one = bench("--seeds 1 --rows rows.csv");
    schema::check_schema("bench", &one);
    assert_eq!((&one["restored"], &one["seeds"]), (&0.into(), &1.into()));
    // when three are asked for,
    let three = bench("--seeds 3 --rows rows.csv --threads 2");
    // then the first is not lived again, and the result is that of three at once on one thread.
    assert_eq!(three["restored"], 11);
    assert_eq!(three["agent_steps"], 22 * 500 * 30);
    let whole = bench("--seeds 3 --threads 1");
    assert_eq!(three["result_hash"], whole["result_hash"]);
    assert_eq!(three["tables"], whole["tables"]);
    assert_ne!(three["result_hash"], one["result_hash"]);
    // Once more, there is nothing to do and nothing to be fast at.
    let again = bench("--seeds 3 --rows rows.csv");
    assert_eq!(again["restored"], 33);
    assert!(again["agent_steps_per_second"].is_null());
    assert_eq!(again["result_hash"], whole["result_hash"]);
    // The series has a table of its own, and each other policy is compared with.
    let table = &three["tables"]["scenarios"][0];
    assert_eq!(table["scenario"], "series");
    assert_eq!(table["policies"].as_array().map(Vec::len), Some(11));
    assert_eq!(table["against"].as_array().map(Vec::len), Some(10));
}

#[test]
fn success_a_benchmark_that_was_killed_goes_on() {
    let folder = folder("bench-killed");
    // Given a benchmark that is killed in the middle,
    let words = "bench --tier smoke --seeds 1 --rows rows.csv --output json";
    let mut child = command(&folder, words)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let rows = folder.join("rows.csv");
    let lines = || fs::read_to_string(&rows).map_or(0, |text| text.lines().count());
    for _ in 0..6_000 {
        if lines() > 20 {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().expect("it can be killed");
    child.wait().expect("it ended");
    let there = fs::read_to_string(&rows).expect("a file");
    let whole = there.matches('\n').count() - 7;
    // in the middle of a line as well,
    let mut file = fs::OpenOptions::new()
        .append(true)
        .open(&rows)
        .expect("a file");
    write!(file, "crash,homeo").expect("it can be written");
    drop(file);
    // when it is started again,
    let outcome = homeostat(&folder, words);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let document = outcome.json();
    // then it goes on where it was, and the result is that of one that was not killed.
    assert_eq!(document["restored"], whole);
    assert!((10..=110).contains(&whole), "{whole}");
    let words = "bench --tier smoke --seeds 1 --output json";
    let expected = homeostat(&folder, words).json();
    assert_eq!(document["result_hash"], expected["result_hash"]);
    assert_eq!(document["tables"]["runs"], 110);
}

#[test]
fn success_rows_are_verified_and_reported_and_a_changed_one_is_found() {
    let folder = folder("bench-verify");
    prices(&folder);
    let words = "bench --tier smoke --series prices.csv --seeds 1 --rows rows.csv";
    let outcome = homeostat(&folder, words);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    for word in ["series", "homeostat", "oracle", "itae", "result  "] {
        assert!(outcome.stdout.contains(word), "{word}: {outcome:?}");
    }
    // Given rows, when they are verified, then eight of them are lived again.
    let verified = homeostat(
        &folder,
        "verify --rows rows.csv --series prices.csv --output json",
    );
    assert_eq!(verified.code, Some(0), "{verified:?}");
    let answer = verified.json();
    schema::check_schema("verify", &answer);
    assert_eq!(
        (&answer["checked"], &answer["rows"]),
        (&8.into(), &11.into())
    );
    // A report has the claims, each chart and every comparison.
    let report = homeostat(
        &folder,
        "report --rows rows.csv --series prices.csv --out report --output json",
    );
    assert_eq!(report.code, Some(0), "{report:?}");
    schema::check_schema("report", &report.json());
    let read = |name: &str| fs::read_to_string(folder.join("report").join(name)).expect(name);
    let text = read("report.md");
    for word in [
        "article claim (unsourced)",
        "governance participation",
        "](series.svg)",
        "](series.md)",
        "search with the same budget",
        "What does security cost?",
        "| itae | less |",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
    assert!(read("series.svg").contains("cosmos"));
    assert!(read("series.md").contains("## static-tuned"));
    // When the volatility of every row is changed, then verifying finds it.
    let rows = fs::read_to_string(folder.join("rows.csv")).expect("rows");
    let changed: String = rows
        .lines()
        .map(|line| {
            let mut fields: Vec<&str> = line.split(',').collect();
            if fields[0] == "series" {
                fields[4] = "0.5";
            }
            fields.join(",") + "\n"
        })
        .collect();
    assert_ne!(changed, rows);
    fs::write(folder.join("rows.csv"), changed).expect("a file");
    let found = homeostat(
        &folder,
        "verify --rows rows.csv --series prices.csv --output json",
    );
    assert_eq!(found.code, Some(1), "{found:?}");
    assert_eq!(found.failure(), "not_verified");
    assert!(
        found.stdout.contains("volatility is 0.5 in the file"),
        "{found:?}"
    );
}

#[test]
fn failure_wrong_words_are_wrong_usage() {
    let folder = folder("bench-usage");
    for (words, said) in [
        ("bench", "--tier"),
        ("bench --tier huge", "standard"),
        ("bench --tier smoke --seeds 0", "1..=100000"),
        ("bench --tier smoke --threads 0", "1..=1024"),
        ("verify", "--rows"),
        ("report --rows x.csv", "--out"),
    ] {
        let outcome = homeostat(&folder, words);
        assert_eq!(outcome.code, Some(2), "{words}: {outcome:?}");
        assert!(outcome.stderr.contains(said), "{words}: {outcome:?}");
    }
}

#[test]
fn failure_files_that_do_not_fit_are_named() {
    let folder = folder("bench-bad");
    prices(&folder);
    for (name, text) in [
        ("empty.csv", ""),
        ("nan.csv", "t,close\n0,1\n86400,nan\n"),
        ("back.csv", "t,close\n86400,1\n0,2\n"),
        ("short.csv", "t,close\n0,1\n86400,2\n"),
        ("hourly.csv", "t,close\n0,1\n864000,2\n"),
        ("gains.json", "{\n\"gains\": 3}"),
    ] {
        fs::write(folder.join(name), text).expect("a file");
    }
    let kept = "bench --tier smoke --series prices.csv --seeds 1 --rows rows.csv";
    assert_eq!(homeostat(&folder, kept).code, Some(0));
    for (words, code, said) in [
        (
            "bench --tier smoke --series empty.csv",
            "empty_input",
            "empty.csv",
        ),
        (
            "bench --tier smoke --series nan.csv",
            "bad_number",
            "line 3",
        ),
        (
            "bench --tier smoke --series back.csv",
            "decreasing_time",
            "line 3",
        ),
        (
            "bench --tier smoke --series short.csv",
            "series_too_short",
            "2 days",
        ),
        (
            "bench --tier smoke --gains gains.json",
            "bad_gains",
            "line 2",
        ),
        (
            "bench --tier smoke --rows gone/rows.csv",
            "unwritable_file",
            "gone",
        ),
        ("bench --tier smoke --rows prices.csv", "not_rows", "line 1"),
        (
            "bench --tier smoke --rows rows.csv",
            "other_benchmark",
            "series `",
        ),
        (
            "bench --tier full --rows rows.csv",
            "other_benchmark",
            "tier `smoke`",
        ),
        ("verify --rows rows.csv", "other_benchmark", "none now"),
        ("verify --rows gone.csv", "unreadable_file", "gone.csv"),
        ("verify --rows empty.csv", "not_rows", "line 1"),
        ("report --rows prices.csv --out r", "not_rows", "line 1"),
        (
            "report --rows rows.csv --series prices.csv --out prices.csv",
            "unwritable_file",
            "prices.csv",
        ),
    ] {
        let outcome = homeostat(&folder, &format!("{words} --output json"));
        assert_eq!(outcome.code, Some(1), "{words}: {outcome:?}");
        assert_eq!(outcome.failure(), code, "{words}");
        let error = &outcome.json()["error"];
        let message = error["message"].as_str().unwrap_or_default();
        assert!(message.contains(said), "{words}: {message}");
        assert!(error["remedy"].is_string(), "{words}: {error}");
    }
    // Whatever was named by mistake is as it was.
    let text = fs::read_to_string(folder.join("prices.csv")).expect("prices");
    assert!(text.starts_with("date,close\n2024-04-01"));
}
