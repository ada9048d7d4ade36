//! Stories of `homeostat tune`, told to the real binary.

#[path = "shared/run.rs"]
mod run;
#[path = "shared/schema.rs"]
mod schema;

use std::fs;

use run::{folder, homeostat};

/// A tuning that takes a second.
const SMALL: &str = "tune --budget 8 --people 30 --days 60 --seeds 1";

#[test]
fn success_gains_come_with_what_they_rest_on_and_are_taken_by_bench() {
    let folder = folder("tune");
    // Given a small tuning with proposals,
    let words = format!("{SMALL} --gains gains.json --proposals ready --output json");
    let outcome = homeostat(&folder, &words);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stderr.contains("tuned in "), "{}", outcome.stderr);
    let answer = outcome.json();
    schema::check_schema("tune", &answer);
    // then the answer has gains and scores, those on other seeds too,
    assert_eq!(answer["gains"].as_array().map(Vec::len), Some(4));
    let scores = answer["scores"].as_array().expect("a list");
    assert_eq!(scores.len(), 6);
    let total = |at: usize| scores[at]["total"].as_f64().expect("a number");
    assert!(total(1) <= total(0) + 0.02, "{scores:?}");
    assert!(!answer["front"].as_array().expect("a list").is_empty());
    // the file says the same gains, and `bench` names them by the same hash,
    let days: String = (1..=30)
        .map(|day| format!("2024-04-{day:02},{}\n", 100 + day % 3))
        .collect();
    fs::write(folder.join("prices.csv"), format!("date,close\n{days}")).expect("a file");
    let bench = homeostat(
        &folder,
        "bench --tier smoke --seeds 1 --gains gains.json --series prices.csv --output json",
    );
    assert_eq!(bench.code, Some(0), "{bench:?}");
    assert_eq!(bench.json()["gains_hash"], answer["gains_hash"]);
    // and the proposals are there.
    for name in ["gains-emission-fee.toml", "gains-burn-liquidity.toml"] {
        let text = fs::read_to_string(folder.join("ready").join(name)).expect("a proposal");
        assert_eq!(text.matches("[[action]]").count(), 4, "{text}");
        assert!(text.contains(answer["gains_hash"].as_str().expect("a hash")));
    }
}

#[test]
fn fail_where_nothing_can_be_written_or_an_argument_is_out_of_range() {
    let folder = folder("tune-refused");
    let failure = |words: &str| {
        let outcome = homeostat(&folder, &format!("{words} --output json"));
        (outcome.code, outcome.failure())
    };
    // Given a place that does not exist, then nothing is searched for.
    let no_folder = failure(&format!("{SMALL} --gains missing/gains.json"));
    assert_eq!(no_folder, (Some(1), "unwritable_file".to_owned()));
    for words in [
        "--seeds 33",
        "--budget 0",
        "--days 10",
        "--people 1",
        "--period 600",
    ] {
        let words = &format!("tune {words}");
        assert_eq!(failure(words), (Some(2), "usage".to_owned()), "{words}");
    }
}
