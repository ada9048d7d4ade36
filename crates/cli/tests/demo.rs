//! Stories of `homeostat demo`, told to the real binary.

#[path = "shared/schema.rs"]
mod schema;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

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
    let output = Command::new(env!("CARGO_BIN_EXE_homeostat"))
        .arg("demo")
        .args(arguments)
        .current_dir(folder)
        .env_remove("RUST_LOG")
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
        let number = |key: &str| decision[key].as_f64().expect("a number");
        assert!((number("min")..=number("max")).contains(&number("value")));
    }
    assert_eq!(decisions[0]["setpoint"], json!(0.6));

    let invariants = document["invariants"].as_object().expect("an object");
    assert!(invariants.len() >= 12, "{invariants:?}");
    assert!(invariants.contains_key("decisions_recompute"));
    assert!(invariants.values().all(|holds| *holds == json!(true)));
    let summary = &document["summary"];
    assert!(summary["invariant_checks"].as_u64() >= Some(8), "{summary}");
    for key in ["supply", "staked_share", "fees", "rewards", "parameters"] {
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
        "bull run",
        "crash",
        "whale exit",
        "Where each parameter went, and why",
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
    assert!(!folder.join("homeostat-demo.svg").exists());
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
fn fail_every_bad_value_is_named_with_file_key_and_range() {
    for (index, (economy, parts)) in [
        (
            "[economy]\nsupply = 0\n",
            &[
                "line 2",
                "`economy.supply`",
                "`0` is out of range",
                "1 to 18446744073709.551615 tokens",
            ][..],
        ),
        (
            "[economy]\nsupply = -5\n",
            &["`economy.supply`", "`-5` is out of range"],
        ),
        (
            "[economy]\nsupply = 1e30\n",
            &["`economy.supply`", "out of range"],
        ),
        (
            "[economy]\nsupply = 1_000_000.0000001\n",
            &["`economy.supply`", "too many decimal places"],
        ),
        (
            "[economy]\nsupply = \"many\"\n",
            &[
                "`economy.supply`",
                "is not a decimal number",
                "without quotation marks",
            ],
        ),
        (
            "[economy]\nsupply = nan\n",
            &["`economy.supply`", "is not a finite number"],
        ),
        (
            "[economy]\nsupply = 1000\nhard_cap = 999\n",
            &["`economy.hard_cap`", "1000 to", "not below the supply"],
        ),
        (
            "[economy]\ndecimals = 12\n",
            &[
                "`economy.supply`",
                "by default does not fit the other keys",
                "18446744.073709551615 tokens",
            ],
        ),
        (
            "[economy]\nsupply = 1000\nsupply_floor = 1001\n",
            &["`economy.supply_floor`", "0 to 1000 tokens"],
        ),
        (
            "[economy]\nperiod = 59\n",
            &["`economy.period`", "60 to 2592000 s"],
        ),
        (
            "[economy]\nperiod = 60.5\n",
            &["`economy.period`", "`60.5` has too many decimal places"],
        ),
        (
            "[economy]\nunbonding = 7776001\n",
            &["`economy.unbonding`", "0 to 7776000 s"],
        ),
        (
            "[economy]\ntreasury_share = 1.01\n",
            &["`economy.treasury_share`", "0 to 1"],
        ),
        (
            "[economy]\nturnover = 0.001\n",
            &["`economy.turnover`", "0.01 to 1000"],
        ),
        (
            "[economy]\nmin_stake = 0\n",
            &["`economy.min_stake`", "0.000001 to"],
        ),
        (
            "[economy]\nbounty = 100000001\n",
            &["`economy.bounty`", "0 to 100000000 lamports"],
        ),
        (
            "[economy]\nperiod_emission = 0.2\n",
            &["`economy.period_emission`", "0 to 0.1"],
        ),
        ("[economy]\nmeters = 9\n", &["`economy.meters`", "1 to 8"]),
        (
            "[economy]\ndecimals = 13\n",
            &["`economy.decimals`", "0 to 12"],
        ),
        (
            "[economy]\nmode = \"magic\"\n",
            &["`economy.mode`", "`mint` or `funded`"],
        ),
        (
            "[economy]\nname = \"\"\n",
            &["`economy.name`", "1 to 40 printable characters"],
        ),
        (
            "[economy]\nname = \"a\\u001bb\"\n",
            &["`economy.name`", "cannot be a name"],
        ),
        (
            "[economy]\nsuply = 5\n",
            &[
                "line 2",
                "`suply` is not a key of [economy]",
                "did you mean `supply`?",
            ],
        ),
        (
            "[econmy]\nsupply = 5\n",
            &[
                "`econmy` is not a key of an economy file",
                "did you mean `economy`?",
            ],
        ),
        ("economy = 5\n", &["`economy`", "is not a table"]),
        (
            "[controllers.emision]\nkp = 1\n",
            &[
                "`emision` is not a key of [controllers]",
                "did you mean `emission`?",
            ],
        ),
        (
            "[controllers.fee]\nperiod = 60\n",
            &["`period` is not a key of [controllers.fee]"],
        ),
        (
            "[controllers.emission]\nkp = -0.1\n",
            &[
                "`controllers.emission.kp`",
                "`-0.1` is out of range",
                "0 to 1,000,000",
            ],
        ),
        (
            "[controllers.emission]\nmax = 1.5\n",
            &["`controllers.emission.max`", "0 to 1 and more than min"],
        ),
        (
            "[controllers.fee]\nmin = 0\n",
            &["`controllers.fee.min`", "0.000001 to 0.1 and less than max"],
        ),
        (
            "[controllers.fee]\nmax = 0.11\n",
            &["`controllers.fee.max`", "0.000001 to 0.1"],
        ),
        (
            "[controllers.fee]\nmax = 0.00000011\n",
            &["`controllers.fee.max`", "at most six decimal places"],
        ),
        (
            "[controllers.emission]\nmin = 0.3\n",
            &["`controllers.emission.min`", "less than max (0.2)"],
        ),
        (
            "[controllers.emission]\nmax = 0.05\n",
            &[
                "`controllers.emission.bias`",
                "by default does not fit",
                "from min to max (0.01 to 0.05)",
            ],
        ),
        (
            "[controllers.burn]\nbias = 0.95\n",
            &["`controllers.burn.bias`", "from min to max (0 to 0.9)"],
        ),
        (
            "[controllers.burn]\nscale = 0\n",
            &["`controllers.burn.scale`", "0.000001 to 1,000,000"],
        ),
        (
            "[controllers.burn]\ndead_band = 8\n",
            &["`controllers.burn.dead_band`", "0 to below 8"],
        ),
        (
            "[controllers.burn]\nfilter = 0.001\n",
            &["`controllers.burn.filter`", "0.01 to 1,000 periods"],
        ),
        (
            "[controllers.burn]\nhalf_life = 5\n",
            &["`controllers.burn.half_life`", "max_periods x period"],
        ),
        (
            "[controllers.burn]\nmax_periods = 53\n",
            &["`controllers.burn.max_periods`", "1 to 52"],
        ),
        (
            "[controllers.burn]\nmax_hold = 0\n",
            &["`controllers.burn.max_hold`", "1 to 1,000 periods"],
        ),
        (
            "[controllers.burn]\nslew_up = -1\n",
            &["`controllers.burn.slew_up`", "\"unlimited\""],
        ),
        (
            "[controllers.liquidity]\naction = \"up\"\n",
            &["`controllers.liquidity.action`", "`reverse` or `direct`"],
        ),
        ("[economy\n", &["line 1"]),
    ]
    .into_iter()
    .enumerate()
    {
        let outcome = demo_with(&format!("bad-{index}"), economy, &[]);
        assert_eq!(
            (outcome.code, outcome.stdout.as_str()),
            (Some(1), ""),
            "{economy}"
        );
        assert!(
            outcome.stderr.starts_with("error: economy.toml"),
            "{economy}: {}",
            outcome.stderr
        );
        assert!(
            outcome.stderr.contains("\n  remedy: "),
            "{}",
            outcome.stderr
        );
        for part in parts {
            assert!(
                outcome.stderr.contains(part),
                "{economy}: {part:?} in {}",
                outcome.stderr
            );
        }
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
