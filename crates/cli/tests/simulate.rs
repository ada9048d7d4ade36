//! Stories of `homeostat simulate`, told to the real binary.

#[path = "shared/run.rs"]
mod run;
#[path = "shared/schema.rs"]
mod schema;

use std::fs;
use std::path::Path;

use run::{folder, homeostat, Outcome};
use serde_json::Value;

/// A few people for a short time, with more words on the command line.
fn simulate(folder: &Path, more: &str) -> Outcome {
    let words = format!("simulate --people 60 --epochs 60 {more}");
    homeostat(folder, &words)
}

fn days(document: &Value) -> &Vec<Value> {
    document["days"].as_array().expect("days are a list")
}

fn number(of: &Value, key: &str) -> f64 {
    of[key].as_f64().unwrap_or_else(|| panic!("{key} of {of}"))
}

#[test]
fn success_the_same_seed_gives_the_same_bytes_and_another_one_others() {
    let folder = folder("simulate-seed");
    // Given a run,
    let run = |seed: &str| {
        let outcome = simulate(&folder, &format!("--seed {seed} --output json"));
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        let chart = fs::read_to_string(folder.join("homeostat-simulate.svg"));
        (outcome.stdout, chart.expect("a chart"))
    };
    let first = run("5");
    // when it is lived again, then table and chart are the same;
    assert_eq!(run("5"), first);
    // another seed has other people.
    let other = run("6");
    assert_ne!(other.0, first.0);
    assert_ne!(other.1, first.1);
    let document: Value = serde_json::from_str(&first.0).expect("JSON");
    schema::check_schema("simulate", &document);
    assert_eq!(days(&document).len(), 60);
    assert_eq!(number(&document, "shock_day"), 20.0);
    for day in days(&document) {
        assert!((0.0..=1.0).contains(&number(day, "staked_share")), "{day}");
        assert!((0.01..=0.20).contains(&number(day, "emission")), "{day}");
    }
    // What crashes is the demand, which falls by 60 % but for its noise.
    let demand = |day: usize| number(&days(&document)[day], "demand");
    assert!(
        demand(27) < 0.6 * demand(19),
        "{} {}",
        demand(27),
        demand(19)
    );
}

#[test]
fn success_people_get_a_table_of_thirty_rows_and_metrics_beside_fixed_values() {
    let folder = folder("simulate-table");
    let outcome = simulate(&folder, "--scenario bull --chart bull.svg");
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let text = &outcome.stdout;
    let rows = text
        .lines()
        .filter(|line| line.matches(" %").count() >= 6)
        .count();
    assert_eq!(rows, 30, "{text}");
    for word in [
        "static-untuned",
        "itae",
        "volatility",
        "liquidity",
        "better",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
    let chart = fs::read_to_string(folder.join("bull.svg")).expect("a chart");
    for word in ["staked share", "burn share", "price", "demand", "bull"] {
        assert!(chart.contains(word), "{word}");
    }
}

#[test]
fn success_fixed_values_stay_and_compare_with_themselves() {
    let folder = folder("simulate-fixed");
    let outcome = simulate(&folder, "--policy static-untuned --output json");
    let document = outcome.json();
    assert!(days(&document)
        .iter()
        .all(|day| number(day, "emission") == 0.06));
    for line in document["metrics"].as_array().expect("a list") {
        assert_eq!(line["value"], line["static_untuned"], "{line}");
    }
}

#[test]
fn success_an_economy_file_sets_supply_period_and_limits() {
    let folder = folder("simulate-economy");
    // Given an economy of weeks whose emission may not fall below 8 %,
    let economy = "[economy]\nname = \"Weeks\"\nsupply = 5_000_000\nperiod = 604_800\n\
                   [controllers.emission]\nbias = 0.09\nmin = 0.08\nmax = 0.10\n";
    fs::write(folder.join("weeks.toml"), economy).expect("a file");
    // when people live in it,
    let outcome = simulate(&folder, "--economy weeks.toml --output json");
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let document = outcome.json();
    // then its values change once a week, within the limits.
    assert_eq!(document["economy"], "Weeks");
    assert_eq!(number(&document, "period_days"), 7.0);
    let emissions: Vec<f64> = days(&document)
        .iter()
        .map(|day| number(day, "emission"))
        .collect();
    assert!(emissions.iter().all(|e| (0.08..=0.10).contains(e)));
    for week in emissions.chunks(7).skip(1) {
        assert!(week.windows(2).take(5).all(|pair| pair[0] == pair[1]));
    }
}

#[test]
fn success_a_period_shorter_than_a_day_is_an_epoch() {
    let folder = folder("simulate-hours");
    let document = simulate(&folder, "--period 3600 --output json").json();
    assert_eq!(number(&document, "period_days"), 1.0 / 24.0);
    let last = days(&document).last().expect("sixty hours");
    assert_eq!(number(last, "day"), 2.5);
}

#[test]
fn success_a_series_is_the_demand() {
    let folder = folder("simulate-series");
    let rows: String = (1..=31)
        .map(|day| format!("2024-01-{day:02},{}\n", 40 + day))
        .collect();
    fs::write(folder.join("prices.csv"), format!("date,close\n{rows}")).expect("a file");
    let words = "simulate --people 60 --series prices.csv --output json";
    let document = homeostat(&folder, words).json();
    assert_eq!(document["scenario"], "series");
    assert_eq!(days(&document).len(), 31);
    assert_eq!(number(&days(&document)[0], "demand"), 1.0);
    assert_eq!(number(&days(&document)[30], "demand"), 71.0 / 41.0);
}

#[test]
fn success_a_proposal_is_shown_for_an_economy_that_is_not_on_chain_yet() {
    let folder = folder("simulate-proposal");
    // Given an economy file with an emission of 5 % that wants more, up to 10 %, and a proposal
    // to let it have no more,
    let economy = "[economy]\nname = \"High\"\nperiod = 86_400\n\
                   [controllers.emission]\nbias = 0.05\nmin = 0.04\nmax = 0.10\nsetpoint = 0.95\n";
    fs::write(folder.join("high.toml"), economy).expect("a file");
    let proposal = "[[action]]\nkind = \"limits\"\nparameter = \"emission\"\nmax = 0.05\n";
    fs::write(folder.join("lower.toml"), proposal).expect("a file");
    // when it is shown with few seeds, twice,
    let words = "--economy high.toml --proposal lower.toml --seeds 4 --output json";
    let first = simulate(&folder, words);
    assert_eq!(first.code, Some(0), "{first:?}");
    assert_eq!(simulate(&folder, words).stdout, first.stdout);
    // then the emission stays at that, after the delay of limits that narrow.
    let document = first.json();
    schema::check_schema("simulate", &document);
    assert!(document["from_chain"].is_null());
    let vote = &document["proposal"];
    assert_eq!(vote["class"], "standard");
    let figures = vote["figures"].as_array().expect("a list");
    let emission = figures.iter().find(|line| line["figure"] == "emission");
    let emission = emission.expect("the emission is a figure");
    assert_eq!(emission["verdict"], "lower", "{emission}");
    assert!(number(emission, "high") < 0.0, "{emission}");
    assert!(number(emission, "without") > 0.05, "{emission}");
    assert!(number(emission, "with") <= 0.05 + 1e-9, "{emission}");
}

#[test]
fn failure_wrong_words_are_wrong_usage() {
    let folder = folder("simulate-usage");
    for (words, said) in [
        ("--people 0", "20..=1000000"),
        ("--people -5", "--people"),
        ("--epochs 1", "10..=36500"),
        ("--epochs 1000000", "10..=36500"),
        ("--period 5", "1 min to 30 d"),
        ("--scenario doom", "keeper-outage"),
        ("--policy magic", "eip-1559"),
        ("--scenario bull --series x.csv", "cannot be used with"),
        ("--period 3600 --economy x.toml", "cannot be used with"),
        ("--from-chain --economy x.toml", "cannot be used with"),
        ("--from-chain --period 3600", "cannot be used with"),
        ("--mint 11111111111111111111111111111112", "--from-chain"),
        ("--seeds 4", "--proposal"),
        ("--proposal x.toml --seeds 1", "2..=10000"),
        ("--proposal x.toml --policy cosmos", "cannot be used with"),
    ] {
        let outcome = homeostat(&folder, &format!("simulate {words}"));
        assert_eq!(outcome.code, Some(2), "{words}: {outcome:?}");
        assert!(outcome.stderr.contains(said), "{words}: {outcome:?}");
    }
}

#[test]
fn failure_what_cannot_be_lived_is_named() {
    let folder = folder("simulate-bad");
    for (name, text) in [
        ("month.toml", "[economy]\nperiod = 2_592_000\n"),
        ("funded.toml", "[economy]\nmode = \"funded\"\n"),
        ("small.toml", "[economy]\nsupply = 1\ndecimals = 6\n"),
        ("typo.toml", "[economy]\nperoid = 60\n"),
        (
            "slow.toml",
            "[[action]]\nkind = \"allow_meters\"\ncount = 1\n",
        ),
        ("empty.csv", ""),
        ("nan.csv", "date,close\n2024-01-01,1\n2024-01-02,NaN\n"),
        ("twice.csv", "date,close\n2024-01-01,1\n2024-01-01,2\n"),
        ("short.csv", "date,close\n2024-01-01,1\n2024-01-02,2\n"),
    ] {
        fs::write(folder.join(name), text).expect("a file");
    }
    for (words, code, line) in [
        ("--economy month.toml --epochs 29", "period_too_long", None),
        ("--period 2592000 --epochs 29", "period_too_long", None),
        ("--economy funded.toml", "funded_economy", None),
        (
            "--economy small.toml --people 2000",
            "supply_too_small",
            None,
        ),
        ("--economy typo.toml", "unknown_key", Some(2)),
        ("--economy gone.toml", "unreadable_file", None),
        ("--series empty.csv", "empty_input", None),
        ("--series nan.csv", "bad_number", Some(3)),
        ("--series twice.csv", "repeated_time", Some(3)),
        ("--series short.csv", "series_too_short", None),
        ("--series gone.csv", "unreadable_file", None),
        ("--proposal gone.toml", "unreadable_file", None),
        ("--proposal typo.toml", "unknown_key", Some(1)),
        (
            "--proposal slow.toml --epochs 10 --period 3600",
            "delay_too_long",
            None,
        ),
        ("--chart no/such/folder.svg", "unwritable_file", None),
    ] {
        let outcome = homeostat(&folder, &format!("simulate --output json {words}"));
        assert_eq!(outcome.code, Some(1), "{words}: {outcome:?}");
        assert_eq!(outcome.failure(), code, "{words}");
        let error = &outcome.json()["error"];
        assert!(error["remedy"].is_string(), "{words}: {error}");
        if line.is_some() {
            assert_eq!(error["at"]["line"].as_u64(), line, "{words}: {error}");
        }
    }
}

#[test]
fn failure_a_period_longer_than_the_run_says_how_long_both_are() {
    let folder = folder("simulate-period");
    // Given an economy with periods of thirty days,
    fs::write(folder.join("month.toml"), "[economy]\nperiod = 2_592_000\n").expect("a file");
    // when people are to live in it for twenty days,
    let words = "simulate --people 60 --epochs 20 --economy month.toml";
    let outcome = homeostat(&folder, words);
    // then nothing begins, and the message says why.
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    for word in ["month.toml", "2592000 s", "1728000 s", "remedy"] {
        assert!(outcome.stderr.contains(word), "{word}: {outcome:?}");
    }
    assert!(!folder.join("homeostat-simulate.svg").exists());
}
