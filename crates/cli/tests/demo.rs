//! Stories of `homeostat demo`, told to the real binary.

#[path = "shared/alone.rs"]
mod alone;
#[path = "demo/bad_values.rs"]
mod bad_values;
#[path = "shared/schema.rs"]
mod schema;

use std::fs;
use std::path::{Path, PathBuf};

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

    /// The decisions about one parameter.
    fn decisions(&self, parameter: &str) -> Vec<Value> {
        self.json()["decisions"]
            .as_array()
            .expect("decisions are a list")
            .iter()
            .filter(|decision| decision["parameter"] == parameter)
            .cloned()
            .collect()
    }
}

/// An empty folder of a test's own.
fn folder(test: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("demo-{test}"));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).expect("a folder for the test");
    path
}

/// Runs `homeostat demo` in a folder.
fn demo(folder: &Path, arguments: &[&str]) -> Outcome {
    let output = alone::binary()
        .arg("demo")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the binary runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Outcome {
        code: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// Runs it with an economy file.
fn demo_with(test: &str, economy: &str, more: &[&str]) -> Outcome {
    let folder = folder(test);
    fs::write(folder.join("economy.toml"), economy).expect("an economy file");
    let arguments = [&["--economy", "economy.toml"], more].concat();
    demo(&folder, &arguments)
}

#[test]
fn success_json_has_every_key_and_every_invariant_holds() {
    let folder = folder("json");
    let outcome = demo(&folder, &["--periods", "4", "--output", "json"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let document = outcome.json();
    schema::check_schema("demo", &document);

    let decisions = document["decisions"].as_array().expect("a list");
    assert_eq!(decisions.len(), 4 * 4);
    for (index, decision) in decisions.iter().enumerate() {
        assert_eq!(decision["period"], json!(index / 4 + 1));
        let parameter = ["emission", "fee", "burn", "liquidity"][index % 4];
        assert_eq!(decision["parameter"], parameter);
        for key in [
            "measurement",
            "setpoint",
            "p",
            "i",
            "d",
            "raw",
            "value",
            "min",
            "max",
        ] {
            assert!(decision[key].is_number(), "{key}: {decision}");
        }
        assert!(decision["flags"].is_array(), "{decision}");
        assert!(
            decision["fixed_rule"]["value"].is_number(),
            "what a fixed rule sets: {decision}"
        );
        let number = |key: &str| decision[key].as_f64().expect("a number");
        assert!((number("min")..=number("max")).contains(&number("value")));
    }
    assert_eq!(decisions[0]["setpoint"], json!(0.6));

    let invariants = document["invariants"].as_object().expect("an object");
    assert!(invariants.len() >= 12, "{invariants:?}");
    for name in [
        "decisions_recompute",
        "decisions_equal_simulation",
        "accounts_equal_simulation",
    ] {
        assert!(invariants.contains_key(name), "{name}");
    }
    assert!(invariants.values().all(|holds| *holds == json!(true)));
    let summary = &document["summary"];
    assert!(summary["invariant_checks"].as_u64() >= Some(8), "{summary}");
    assert_eq!(summary["decisions_equal_simulation"], json!(16));
    for key in [
        "supply",
        "staked_share",
        "fees",
        "rewards",
        "parameters",
        "behaviour",
        "beside_fixed_rule",
        "ends",
    ] {
        assert!(summary[key].is_object(), "{key}: {summary}");
    }
    assert!(folder.join("homeostat-demo.svg").is_file());
    for noise in ["INFO", "DEBUG", "Instruction:"] {
        assert!(!outcome.stderr.contains(noise), "{}", outcome.stderr);
    }
}

#[test]
fn success_a_seed_tells_the_same_story_to_the_byte_and_another_seed_another() {
    let run = |name: &str, seed: &str| {
        let folder = folder(name);
        let outcome = demo(
            &folder,
            &["--periods", "3", "--seed", seed, "--output", "json"],
        );
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        let chart = fs::read_to_string(folder.join("homeostat-demo.svg")).expect("a chart");
        (outcome.stdout, chart)
    };
    let first = run("seed-a", "7");
    assert_eq!(first, run("seed-b", "7"));
    let other = run("seed-c", "8");
    assert_ne!(first.0, other.0);
    assert_ne!(first.1, other.1);
}

#[test]
fn success_the_display_is_a_table_and_a_summary_in_120_columns() {
    let folder = folder("display");
    let outcome = demo(&folder, &["--periods", "3", "--chart", "c.svg"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    for part in [
        "period  parameter",
        "emission rate",
        "fee rate",
        "burn share",
        "liquidity share",
        "congestion",
        "crash",
        "whale exit",
        "Where each parameter went, and why",
        "Beside a fixed rule",
        "steered / fixed",
        "How the 60 people behave",
        "equal to the simulated ones: 12 of 12",
        "supply",
        "staked share",
        "burned",
        "rewards",
        "all hold",
    ] {
        assert!(
            outcome.stdout.contains(part),
            "{part} in {}",
            outcome.stdout
        );
    }
    for line in outcome.stdout.lines() {
        assert!(line.chars().count() <= 120, "{line}");
    }
    let chart = fs::read_to_string(folder.join("c.svg")).expect("a chart");
    assert!(chart.starts_with("<svg") && chart.contains("emission rate"));
    assert!(chart.contains("fixed rule"), "the legend of the thin lines");
    assert!(!folder.join("homeostat-demo.svg").exists());
}

#[test]
fn success_a_fixed_rule_lives_through_the_same_and_is_shown_also_where_it_did_better() {
    // Given a crash, which comes after a third of the periods,
    let folder = folder("beside");
    let arguments = ["--scenario", "crash", "--periods", "9"];
    let outcome = demo(&folder, &[&arguments[..], &["--output", "json"]].concat());
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let document = outcome.json();
    let summary = &document["summary"];
    assert_eq!(summary["scenario"], "crash");
    assert_eq!(document["events"].as_array().map(Vec::len), Some(1));
    let number = |value: &Value| value.as_f64().expect("a number");
    let mut closer = Vec::new();
    for parameter in ["emission", "fee", "burn", "liquidity"] {
        let decisions = outcome.decisions(parameter);
        assert_eq!(decisions.len(), 9);
        // when every parameter stays where it started,
        let start = number(&summary["parameters"][parameter]["start"]);
        for decision in &decisions {
            assert_eq!(number(&decision["fixed_rule"]["value"]), start);
        }
        // then the means of the summary are those of the lines, for both economies,
        let beside = &summary["beside_fixed_rule"][parameter];
        let distance = |measured: &dyn Fn(&Value) -> Value| {
            let distances: Vec<f64> = decisions
                .iter()
                .filter(|decision| measured(decision).is_number())
                .map(|decision| (number(&measured(decision)) - number(&decision["setpoint"])).abs())
                .collect();
            distances.iter().sum::<f64>() / distances.len() as f64
        };
        let steered = distance(&|decision| decision["measurement"].clone());
        let fixed = distance(&|decision| decision["fixed_rule"]["measurement"].clone());
        let told = |side: &str| number(&beside[side]["mean_distance"]);
        assert!((told("steered") - steered).abs() < 1e-9, "{beside}");
        assert!((told("fixed_rule") - fixed).abs() < 1e-9, "{beside}");
        // and whoever was closer is named.
        let expected = if (steered - fixed).abs() < 0.001 {
            None
        } else if steered < fixed {
            Some("steered")
        } else {
            Some("fixed_rule")
        };
        if let Some(expected) = expected {
            assert_eq!(beside["closer"], expected, "{beside}");
        }
        closer.push(beside["closer"].as_str().expect("a name").to_owned());
    }

    // And the table and the chart show the same; twice in a row, the same bits.
    let display = demo(&folder, &arguments);
    assert_eq!(display.code, Some(0), "{display:?}");
    let chart = fs::read(folder.join("homeostat-demo.svg")).expect("a chart");
    let again = demo(&folder, &arguments);
    assert_eq!(display.stdout, again.stdout);
    assert_eq!(
        chart,
        fs::read(folder.join("homeostat-demo.svg")).expect("a chart")
    );
    let table = display.stdout.split("Beside a fixed rule").nth(1);
    let lines = table.expect("the table").lines().skip(3);
    for (line, closer) in lines.zip(&closer) {
        assert!(
            line.ends_with(&closer.replace('_', " ")),
            "{closer}: {line}"
        );
    }
    let text = String::from_utf8(chart).expect("UTF-8");
    assert_eq!(text.matches("fixed rule").count(), 2);
}

#[test]
fn success_every_scenario_that_needs_no_feed_is_lived_on_the_program() {
    for scenario in [
        "stationary",
        "bull",
        "whale-exit",
        "congestion",
        "low-participation",
        "boundary-gaming",
        "keeper-outage",
        "regime-switching",
    ] {
        let arguments = ["--scenario", scenario, "--periods", "3", "--output", "json"];
        let outcome = demo(&folder(scenario), &arguments);
        assert_eq!(outcome.code, Some(0), "{scenario}: {outcome:?}");
    }
}

#[test]
fn success_the_example_economy_is_the_programs_defaults() {
    let example = include_str!("../../../examples/economy.toml");
    let by_file = demo_with("example", example, &["--periods", "2", "--output", "json"]);
    let by_default = demo(&folder("default"), &["--periods", "2", "--output", "json"]);
    assert_eq!(by_file.code, Some(0), "{by_file:?}");
    assert_eq!(by_file.json()["summary"]["economy"], "Example");
    assert_eq!(
        by_file.json()["decisions"],
        by_default.json()["decisions"],
        "the example has to follow the program's defaults"
    );
}

#[test]
fn success_values_from_the_file_show_up_in_the_decisions() {
    let economy = "\
[economy]
name = \"Elsewhere\"
period = 86_400
supply = 5_000_000.5
hard_cap = 6e6
decimals = 9
meters = 3

[controllers.emission]
setpoint = 0.45
bias = 0.05
max = 0.125
slew_up = \"unlimited\"

[controllers.fee]
min = 0.002
";
    let outcome = demo_with("file", economy, &["--periods", "2", "--output", "json"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let summary = &outcome.json()["summary"];
    assert_eq!(summary["economy"], "Elsewhere");
    assert_eq!(summary["period_seconds"], json!(86_400));
    assert_eq!(summary["supply"]["start"], json!(5_000_000.5));
    assert_eq!(summary["supply"]["cap"], json!(6_000_000));
    for decision in outcome.decisions("emission") {
        assert_eq!(decision["setpoint"], json!(0.45));
        assert_eq!(decision["bias"], json!(0.05));
        assert_eq!(decision["max"], json!(0.125));
    }
    for decision in outcome.decisions("fee") {
        assert_eq!(decision["min"], json!(0.002));
    }
}

#[test]
fn success_a_funded_economy_pays_out_of_its_vault_and_mints_nothing() {
    let economy = "[economy]\nmode = \"funded\"\n";
    let outcome = demo_with("funded", economy, &["--periods", "3", "--output", "json"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(outcome.json()["summary"]["supply"]["minted"], json!(0));
}

#[test]
fn success_an_economy_at_its_cap_says_so() {
    let economy = "[economy]\nsupply = 1000\nhard_cap = 1000.1\n";
    let outcome = demo_with("cap", economy, &["--periods", "4", "--output", "json"]);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let capped = outcome
        .decisions("emission")
        .iter()
        .any(|decision| decision["flags"].to_string().contains("capped"));
    assert!(capped, "{}", outcome.stdout);
}

#[test]
fn success_extreme_economies_live() {
    for (name, economy) in [
        (
            "smallest",
            "[economy]\nsupply = 1_000_000\ndecimals = 0\nperiod = 60\nunbonding = 0\nmeters = 8\n",
        ),
        (
            "largest",
            "[economy]\nsupply = 9_223_372_036\nhard_cap = 18_446_744_073\ndecimals = 9\nperiod = \
             2_592_000\nunbonding = 7_776_000\n",
        ),
        (
            "still",
            "[economy]\nmin_stake = 1e9\n[controllers.emission]\nmin = 0\nbias = 0\nmax = 0.000001\n",
        ),
    ] {
        let outcome = demo_with(name, economy, &["--periods", "3", "--output", "json"]);
        assert_eq!(outcome.code, Some(0), "{name}: {outcome:?}");
    }
}

#[test]
fn fail_in_json_is_json_with_a_place() {
    let outcome = demo_with(
        "bad-json",
        "[controllers.emission]\nkp = -1\n",
        &["--output", "json"],
    );
    assert_eq!((outcome.code, outcome.stderr.as_str()), (Some(1), ""));
    assert_eq!(
        outcome.json(),
        json!({"error": {
            "code": "bad_value",
            "message": "economy.toml, line 2, column 6, `controllers.emission.kp`: `-1` is out of range",
            "remedy": "`kp` must be 0 to 1,000,000",
            "at": {"file": "economy.toml", "line": 2, "column": 6, "field": "controllers.emission.kp"}
        }})
    );
}

#[test]
fn fail_files_that_cannot_be_read_or_written() {
    let folder = folder("files");
    let outcome = demo(&folder, &["--economy", "nowhere.toml"]);
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome
            .stderr
            .starts_with("error: nowhere.toml: cannot be read: "),
        "{outcome:?}"
    );
    let outcome = demo(&folder, &["--chart", "no/such/folder/c.svg"]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(1), ""));
    assert!(
        outcome
            .stderr
            .starts_with("error: no/such/folder/c.svg: cannot be written: "),
        "{outcome:?}"
    );
}

#[test]
fn fail_an_unknown_scenario_and_one_of_feeds_are_wrong_usage() {
    for (scenario, part) in [
        ("boom", "one of mix, stationary, bull"),
        ("feed-manipulation", "no feed to manipulate"),
    ] {
        let outcome = demo(&folder("scenario"), &["--scenario", scenario]);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (Some(2), ""));
        assert!(outcome.stderr.contains(part), "{outcome:?}");
    }
}

#[test]
fn fail_periods_outside_their_range_are_wrong_usage() {
    for periods in ["0", "521", "-1", "many"] {
        let outcome = demo(&folder("usage"), &["--periods", periods]);
        assert_eq!(
            (outcome.code, outcome.stdout.as_str()),
            (Some(2), ""),
            "{periods}"
        );
        assert!(outcome.stderr.contains("--periods"), "{outcome:?}");
    }
}
