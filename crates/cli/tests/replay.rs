//! Stories of `homeostat replay`, told to the real binary.

#[path = "shared/alone.rs"]
mod alone;
#[path = "shared/schema.rs"]
mod schema;

use std::io::Write;
use std::process::Stdio;

use serde_json::{json, Value};

/// What a run left behind.
#[derive(Debug)]
struct Outcome {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Outcome {
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Runs the binary among the fixtures.
fn homeostat(arguments: &[&str], stdin: impl AsRef<[u8]>) -> Outcome {
    let mut child = alone::binary()
        .args(arguments)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs");
    // A run that fails early never reads it: a broken pipe is no failure of the test.
    let _ = child
        .stdin
        .take()
        .expect("stdin is a pipe")
        .write_all(stdin.as_ref());
    let output = child.wait_with_output().expect("the binary ends");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Outcome {
        code: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// Replays series text through a controller fixture.
fn replay(controller: &str, series: impl AsRef<[u8]>) -> Outcome {
    homeostat(
        &["replay", "--controller", controller, "--input", "-"],
        series,
    )
}

fn fixture(name: &str) -> String {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The cells of one column of a CSV answer.
fn column<'a>(csv: &'a str, name: &str) -> Vec<&'a str> {
    let mut lines = csv.lines();
    let header = lines.next().expect("header");
    let index = header
        .split(',')
        .position(|column| column == name)
        .expect(name);
    lines
        .map(|line| line.split(',').nth(index).expect("cell"))
        .collect()
}

#[test]
fn success_a_week_by_week_story_gives_the_decisions_computed_by_hand() {
    let outcome = homeostat(
        &[
            "replay",
            "--controller",
            "emission.toml",
            "--input",
            "staked-share.csv",
        ],
        "",
    );
    assert_eq!(
        outcome.stdout,
        fixture("staked-share.decisions.csv"),
        "{outcome:?}"
    );
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(0), ""));
}

#[test]
fn success_the_answer_can_be_asked_again() {
    let answer = fixture("staked-share.decisions.csv");
    let again = replay("emission.toml", &answer);
    assert_eq!(again.stdout, answer);
}

#[test]
fn success_stdin_crlf_bom_and_column_order_change_nothing() {
    let plain = replay("emission.toml", "t,y\n0,0.5\n604800,0.25\n");
    let windows = replay(
        "emission.toml",
        "\u{feff}y,t\r\n.50,0\r\n25e-2,604800.0\r\n",
    );
    assert_eq!(plain.code, Some(0), "{plain:?}");
    assert_eq!(windows.stdout, plain.stdout);
}

#[test]
fn success_json_carries_every_digit() {
    let series = "t,y\n0,0.5\n604800,0.1\n1209600,\n";
    let csv = replay("emission.toml", series);
    for format in ["json", "json-compact"] {
        let outcome = homeostat(
            &[
                "--output",
                format,
                "replay",
                "--controller",
                "emission.toml",
                "--input",
                "-",
            ],
            series,
        );
        assert_eq!(
            (outcome.code, outcome.stderr.as_str()),
            (Some(0), ""),
            "{outcome:?}"
        );
        let rows = outcome.json();
        schema::check_schema("replay", &rows);
        assert_eq!(rows.as_array().map(Vec::len), Some(3));
        assert_eq!(rows[0]["flags"], json!(["primed", "dead_band"]));
        assert_eq!(rows[0]["u"], json!(0.06));
        assert_eq!(rows[2]["y"], Value::Null);
        assert_eq!(rows[2]["flags"], json!(["held_missing"]));
        // A float would have cut these.
        for cell in column(&csv.stdout, "e") {
            assert!(
                outcome.stdout.contains(cell),
                "{cell} in {}",
                outcome.stdout
            );
        }
        assert_eq!(
            outcome.stdout.lines().count() == 1,
            format == "json-compact"
        );
    }
}

#[test]
fn success_pid_rs_integral() {
    let outcome = homeostat(
        &[
            "replay",
            "--controller",
            "pid-rs.toml",
            "--input",
            "pid-rs.csv",
        ],
        "",
    );
    assert_eq!(
        column(&outcome.stdout, "i"),
        ["0", "20", "40", "50"],
        "{outcome:?}"
    );
    assert_eq!(column(&outcome.stdout, "u"), ["0", "20", "40", "50"]);
    assert_eq!(column(&outcome.stdout, "flags"), ["primed", "", "", ""]);
}

#[test]
fn success_rai_rates_to_eighteen_digits() {
    let outcome = homeostat(
        &["replay", "--controller", "rai.toml", "--input", "rai.csv"],
        "",
    );
    // The published rates, less 1.
    for (raw, published) in column(&outcome.stdout, "raw")
        .into_iter()
        .zip(["0.0000001446759259259", "0.000000291613001814917161083"])
    {
        let difference: f64 =
            raw.parse::<f64>().expect("number") - published.parse::<f64>().expect("number");
        assert!(difference.abs() < 1e-18, "{raw} against {published}");
    }
}

#[test]
fn success_the_analytic_closed_loop_needs_no_special_first_row() {
    // Plant 1/(s+1) under Kp = Ki = 1 after a unit step: y = 1 - e^-t, and u = 1 throughout.
    let series: String = std::iter::once("t,y\n".to_owned())
        .chain((0..=500).map(|n| {
            let y = 1.0 - (-f64::from(n) / 100.0).exp();
            format!("{},{y}\n", n * 60)
        }))
        .collect();
    let controller =
        "setpoint = 1\naction = \"reverse\"\nkp = 1\nki = 1\nbias = 0\nmin = -10\nmax = 10\n\
                      period = 6000\nsampling = \"point\"\n";
    let path = std::env::temp_dir().join(format!("homeostat-analytic-{}.toml", std::process::id()));
    std::fs::write(&path, controller).expect("temporary controller");
    let outcome = replay(path.to_str().expect("UTF-8 path"), series);
    let _ = std::fs::remove_file(&path);
    let u = column(&outcome.stdout, "u");
    assert_eq!(u.len(), 501, "{}", outcome.stderr);
    for u in u {
        let u: f64 = u.parse().expect("number");
        assert!((u - 1.0).abs() < 1e-4, "{u}");
    }
}

#[test]
fn success_time_that_stands_still_repeats_the_decision() {
    let outcome = replay(
        "emission.toml",
        "t,y\n0,0.5\n604800,0.25\n604800,0.9\n5,0.9\n",
    );
    let u = column(&outcome.stdout, "u");
    assert_eq!(u, ["0.06", "0.08", "0.08", "0.08"]);
    assert_eq!(
        column(&outcome.stdout, "flags"),
        [
            "primed|dead_band",
            "slew_up",
            "repeated|slew_up",
            "repeated|slew_up"
        ]
    );
}

#[test]
fn success_a_header_without_rows_gives_a_header_and_a_note() {
    let outcome = replay("emission.toml", "t,y\n");
    assert_eq!(outcome.code, Some(0));
    assert_eq!(outcome.stdout, "t,y,e,p,i,d,raw,u,flags\n");
    assert_eq!(outcome.stderr, "note: stdin has a header but no rows\n");
}

#[test]
fn success_extreme_measurements_never_panic() {
    let outcome = replay(
        "emission.toml",
        "t,y\n-1000000000000,6e23\n0,-6e23\n1,1e-300\n1000000000000,1e6\n",
    );
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(outcome.stdout.lines().count(), 5);
}

#[test]
fn fail_a_bad_row_in_the_middle_prints_no_decision_at_all() {
    let outcome = replay("emission.toml", "t,y\n0,0.5\n604800,abc\n1209600,0.5\n");
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(1), ""));
    assert_eq!(
        outcome.stderr,
        "error: stdin, line 3, `y`: `abc` is not a number\n  remedy: write a plain decimal such as \
         0.42, or leave the field empty for a missing sample\n"
    );
}

#[test]
fn fail_in_json_is_json() {
    let outcome = homeostat(
        &[
            "replay",
            "--controller",
            "emission.toml",
            "--input",
            "-",
            "--output",
            "json",
        ],
        "t,y\n0,NaN\n",
    );
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(1), ""));
    assert_eq!(
        outcome.json(),
        json!({"error": {
            "code": "bad_number",
            "message": "stdin, line 2, `y`: `NaN` is not a finite number",
            "remedy": "write a plain decimal such as 0.42, or leave the field empty for a missing sample",
            "at": {"file": "stdin", "line": 2, "field": "y"}
        }})
    );
}

#[test]
fn fail_an_unknown_key_is_answered_with_the_nearest() {
    let path = std::env::temp_dir().join(format!("homeostat-typo-{}.toml", std::process::id()));
    std::fs::write(
        &path,
        fixture("emission.toml").replace("dead_band", "deadband"),
    )
    .expect("temporary controller");
    let outcome = replay(path.to_str().expect("UTF-8 path"), "t,y\n0,1\n");
    let _ = std::fs::remove_file(&path);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(1), ""));
    assert!(
        outcome.stderr.ends_with(
            ", line 11, column 1: `deadband` is not a key of a controller\n  remedy: did you mean `dead_band`?\n"
        ),
        "{}",
        outcome.stderr
    );
}

#[test]
fn fail_files_that_are_not_there_or_not_files() {
    let outcome = homeostat(
        &["replay", "--controller", "nowhere.toml", "--input", "-"],
        "",
    );
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome
            .stderr
            .starts_with("error: nowhere.toml: cannot be read: "),
        "{outcome:?}"
    );
    let outcome = homeostat(
        &["replay", "--controller", "emission.toml", "--input", "."],
        "",
    );
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome.stderr.starts_with("error: .: cannot be read: "),
        "{outcome:?}"
    );
}

#[test]
fn fail_the_files_are_swapped() {
    let outcome = homeostat(
        &[
            "replay",
            "--controller",
            "staked-share.csv",
            "--input",
            "emission.toml",
        ],
        "",
    );
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome
            .stderr
            .starts_with("error: staked-share.csv, line 1, column "),
        "{outcome:?}"
    );
}

#[test]
fn fail_garbage_is_refused_without_a_panic() {
    for garbage in [
        &b""[..],
        b"\0\0\0\0",
        b"\xff\xfet\0,\0y\0\n\0",
        b"\xef\xbb\xbf",
        b"\"",
        b"t,y\n\"",
        b"t,y\n\xf0\x28\x8c\x28,1",
        b",\n,\n",
        b"t,y\n--1,1",
        b"t,y\n1,1,1",
    ] {
        let outcome = replay("emission.toml", garbage);
        assert_eq!(
            (outcome.code, outcome.stdout.as_str()),
            (Some(1), ""),
            "{garbage:?}"
        );
        assert!(outcome.stderr.starts_with("error: stdin"), "{outcome:?}");
        assert!(outcome.stderr.contains("\n  remedy: "), "{outcome:?}");
    }
}

#[test]
fn fail_wrong_usage_is_exit_code_two_in_both_formats() {
    let outcome = homeostat(&["replay", "--controler", "x"], "");
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""));
    assert!(outcome.stderr.contains("--controller"), "{outcome:?}");

    let outcome = homeostat(&["replay", "--controler", "x", "--output", "json"], "");
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(2), ""));
    assert_eq!(outcome.json()["error"]["code"], json!("usage"));
}

#[test]
fn help_is_an_answer() {
    for arguments in [&["--help"][..], &["replay", "--help"], &["--version"]] {
        let outcome = homeostat(arguments, "");
        assert_eq!(
            (outcome.code, outcome.stderr.as_str()),
            (Some(0), ""),
            "{arguments:?}"
        );
        assert!(outcome.stdout.contains("homeostat"));
    }
}
