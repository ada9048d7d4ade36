//! The simulator goes on from a live economy, and shows what a proposal would do to it.

use std::path::PathBuf;

use homeostat_client::{Economy, Funding, Parameter};
use homeostat_sandbox::world::{TOKEN, WEEK};
use homeostat_sandbox::WorldSpec;
use homeostat_served::Fixture;
use homeostat_settings::economy_file::read_economy;
use serde_json::Value;

use crate::common::{run, text, Said};

/// A day (seconds).
const DAY: i64 = 86_400;

/// Four million tokens, half of them staked by two wallets that also pay, after three periods of
/// a day and in the middle of the fourth.
fn lived() -> Fixture {
    let file = "[economy]\nperiod = 86_400\n[controllers.emission]\n\
                bias = 0.06\nsetpoint = 0.6\nmin = 0.01\nmax = 0.2\n";
    let spec = read_economy(file.as_bytes(), "economy.toml").expect("a good file");
    let fixture = Fixture::of(WorldSpec {
        period: DAY as u32,
        supply: 4_000_000 * TOKEN,
        hard_cap: 8_000_000 * TOKEN,
        controllers: spec.settings(),
        ..WorldSpec::default()
    });
    let keys: Vec<String> = fixture
        .wallets
        .iter()
        .map(|w| w.file.display().to_string())
        .collect();
    let does = |words: &[&str], key: &str| {
        let said = run(&fixture, &[words, &["--keypair", key]].concat());
        assert_eq!(said.code, 0, "{words:?} {}{}", said.stdout, said.stderr);
    };
    does(&["stake", "950000"], &keys[0]);
    does(&["stake", "850000"], &keys[1]);
    let to = fixture.wallets[0].pubkey().to_string();
    for _ in 0..3 {
        does(&["pay", &to, "20000"], &keys[1]);
        fixture.served.advance(DAY);
        does(&["collect"], &keys[0]);
        does(&["crank"], &keys[0]);
    }
    does(&["pay", &to, "7000"], &keys[1]);
    does(&["unstake", "30000"], &keys[1]);
    fixture.served.advance(DAY / 2);
    fixture
}

fn chart(fixture: &Fixture) -> String {
    fixture.folder().join("chart.svg").display().to_string()
}

/// A short run with few people from the fixture's economy on.
fn simulate(fixture: &Fixture, more: &[&str]) -> Said {
    let chart = chart(fixture);
    let words = [
        "simulate",
        "--from-chain",
        "--people",
        "60",
        "--epochs",
        "60",
        "--chart",
        &chart,
    ];
    run(fixture, &[&words[..], more].concat())
}

fn propose(fixture: &Fixture, content: &str, more: &[&str]) -> Said {
    let path: PathBuf = fixture.folder().join("change.toml");
    std::fs::write(&path, content).expect("the file is written");
    let path = path.display().to_string();
    simulate(fixture, &[&["--proposal", &path][..], more].concat())
}

fn economy(fixture: &Fixture) -> Box<Economy> {
    fixture.served.with(async |world| world.economy().await)
}

fn figure<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let figures = answer["proposal"]["figures"].as_array().expect("a list");
    figures
        .iter()
        .find(|line| line["figure"] == name)
        .unwrap_or_else(|| panic!("no {name}: {answer:#}"))
}

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn the_first_decision_is_what_preview_says_and_people_begin_where_the_economy_is() {
    // Given an economy in the middle of a period, and one that is due for a crank,
    let fixture = lived();
    for wait in [0, DAY] {
        fixture.served.advance(wait);
        let preview = run(&fixture, &["preview"]).json();
        let said = simulate(&fixture, &[]);
        assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
        let answer = said.json();
        // when a run goes on from it, then a crank now would decide what `preview` says,
        let decisions = preview["decisions"].as_array().expect("a list");
        let next = answer["from_chain"]["decisions"]
            .as_array()
            .expect("a list");
        assert_eq!((decisions.len(), next.len()), (4, 4));
        let read = |text: &Value| {
            text.as_str()
                .expect("digits")
                .parse::<f64>()
                .expect("a number")
        };
        for (previewed, next) in decisions.iter().zip(next) {
            assert_eq!(previewed["parameter"], next["parameter"]);
            assert_eq!(read(&previewed["u"]), number(&next["next"]), "{next}");
            let difference = read(&previewed["y"]) - number(&next["y"]);
            assert!(difference.abs() < 1e-9, "{previewed} {next}");
        }
        // and supply and stake are the chain's.
        let economy = economy(&fixture);
        let share = 1_770_000.0 * TOKEN as f64 / economy.totals.circulating as f64;
        let present = &answer["from_chain"];
        assert!((number(&present["staked_share"]) - share).abs() < 1e-12);
        let first = number(&answer["days"][0]["staked_share"]);
        assert!((first - share).abs() < 0.1, "{first} after {share}");
        assert!((number(&answer["days"][0]["supply"]) - 1.0).abs() < 0.01);
        let named = fixture.at.economy.to_string();
        assert_eq!(
            (&answer["economy"], &present["address"]),
            (&named.clone().into(), &named.into())
        );
    }
    // And a person reads where it goes on from.
    let chart = chart(&fixture);
    let address = fixture.at.economy.to_string();
    let words = [
        "simulate",
        "--from-chain",
        &address,
        "--people",
        "60",
        "--epochs",
        "60",
    ];
    let said = text(
        &fixture,
        &[&words[..], &["--scenario", "bull", "--chart", &chart]].concat(),
    );
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
    for word in [
        "of the circulating supply staked",
        "A crank now would decide",
        "static-untuned",
    ] {
        assert!(said.stdout.contains(word), "{word}: {}", said.stdout);
    }
}

#[test]
fn a_proposal_without_effect_differs_by_exactly_nothing() {
    let fixture = lived();
    let said = propose(
        &fixture,
        "[[action]]\nkind = 'allow_meters'\ncount = 1\n",
        &["--seeds", "4"],
    );
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
    let answer = said.json();
    let vote = &answer["proposal"];
    assert_eq!(vote["without_effect"], serde_json::json!(["allow_meters"]));
    let figures = vote["figures"].as_array().expect("a list");
    let told: Vec<&Value> = figures.iter().filter(|line| line["seeds"] == 4).collect();
    assert!(told.len() >= 7, "{vote:#}");
    for line in told {
        for key in ["difference", "low", "high"] {
            assert_eq!(number(&line[key]), 0.0, "{line}");
        }
        assert_eq!(line["verdict"], "no difference seen", "{line}");
    }
}

#[test]
fn a_lower_maximum_shows_less_emission_beyond_chance() {
    // Given a proposal that limits the emission to half of what it is,
    let fixture = lived();
    let before = economy(&fixture);
    let most = (before.value(Parameter::Emission) / 2) as f64 / 1e6;
    assert!(most > 0.01, "half is within the limits");
    // The bias has to lie within the limits, so it moves first.
    let file = format!(
        "title = \"Emit half\"\n\
         [[action]]\nkind = 'tune'\nparameter = 'emission'\nfield = 'bias'\nvalue = {most:.6}\n\
         [[action]]\nkind = 'limits'\nparameter = 'emission'\nmax = {most:.6}\n"
    );
    // when it is shown over sixteen seeds, then the emission is lower on average and the interval
    // of the difference has no zero in it;
    let said = propose(&fixture, &file, &["--scenario", "stationary"]);
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
    let answer = said.json();
    let emission = figure(&answer, "emission");
    assert_eq!(
        (&emission["seeds"], &emission["verdict"]),
        (&16.into(), &"lower".into())
    );
    assert!(number(&emission["high"]) < 0.0, "{emission}");
    assert!(number(&emission["with"]) <= most + 1e-9, "{emission}");
    let inflation = figure(&answer, "inflation");
    assert_eq!(inflation["verdict"], "better", "{inflation}");
    // it waits as the council says, and the days are those with it.
    let delay = fixture
        .served
        .with(async |world| world.council().await.delays.standard);
    assert_eq!(answer["proposal"]["delay"], delay);
    let executed = number(&answer["proposal"]["executed_on_day"]);
    assert_eq!(executed, (f64::from(delay) / DAY as f64).ceil());
    for day in answer["days"].as_array().expect("a list") {
        let with = number(&day["emission"]) <= most + 1e-9;
        assert_eq!(with, number(&day["day"]) > executed, "{day}");
    }
    // Nothing of it happened on chain.
    assert_eq!(economy(&fixture), before);
    // And a person reads a table, what it rests on, and nothing else.
    let path = fixture.folder().join("change.toml").display().to_string();
    let chart = chart(&fixture);
    let words = [
        "simulate",
        "--from-chain",
        "--people",
        "60",
        "--epochs",
        "60",
        "--seeds",
        "3",
    ];
    let said = text(
        &fixture,
        &[&words[..], &["--proposal", &path, "--chart", &chart]].concat(),
    );
    for word in [
        "Emit half",
        "limits emission",
        "95 % interval",
        "verdict",
        "People are drawn",
    ] {
        assert!(
            said.stdout.contains(word),
            "{word}: {}{}",
            said.stdout,
            said.stderr
        );
    }
    let svg = std::fs::read_to_string(chart).expect("a chart");
    assert!(svg.contains("proposal"));
}

#[test]
fn what_cannot_be_simulated_is_named_with_what_to_do() {
    let fixture = lived();
    let refused = |said: Said, exit: i32, code: &str| {
        assert_eq!(
            (said.code, said.error().as_str()),
            (exit, code),
            "{}",
            said.stdout
        );
        let error = said.json()["error"].clone();
        assert!(error["remedy"].is_string(), "{error}");
        error
    };
    // Nobody's address, and no address.
    let nobody = "11111111111111111111111111111112";
    let words = ["simulate", "--from-chain", nobody];
    refused(run(&fixture, &words), 1, "no_economy");
    refused(simulate(&fixture, &["--mint", nobody]), 1, "unknown_mint");
    refused(
        simulate(&fixture, &["--scenario", "feed-manipulation"]),
        1,
        "no_feed",
    );
    // A file that is none, a key that does not exist, and what the program refuses.
    let error = refused(
        propose(&fixture, "title = \"x\"\n[[action\n", &[]),
        1,
        "bad_toml",
    );
    assert_eq!(error["at"]["line"], 2, "{error}");
    assert!(error["at"]["column"].is_u64(), "{error}");
    let typo = "[[action]]\nkind = 'limits'\nparameter = 'fee'\nmaxx = 0.02\n";
    let error = refused(propose(&fixture, typo, &[]), 1, "unknown_key");
    assert_eq!(error["at"]["line"], 4, "{error}");
    let wide = "[[action]]\nkind = 'limits'\nparameter = 'emission'\nmax = 1.0\n";
    refused(propose(&fixture, wide, &[]), 4, "refused");
    refused(
        propose(&fixture, "[[action]]\nkind = 'retire'\n", &[]),
        1,
        "not_simulated",
    );
    // A pause.
    let guardian = fixture.guardian.file.display().to_string();
    let pause = [
        "pause",
        "pay",
        "3600",
        "--reason",
        "incident",
        "--keypair",
        &guardian,
    ];
    assert_eq!(run(&fixture, &pause).code, 0);
    let error = refused(simulate(&fixture, &[]), 1, "paused");
    assert!(
        error["remedy"].to_string().contains("unpause pay"),
        "{error}"
    );
    // A Draft, and an economy that does not mint its rewards.
    let draft = Fixture::of(WorldSpec {
        draft: true,
        ..WorldSpec::default()
    });
    let error = refused(simulate(&draft, &[]), 1, "not_live");
    assert!(error["remedy"].to_string().contains("go-live"), "{error}");
    let funded = Fixture::of(WorldSpec {
        funding: Funding::Funded,
        period: WEEK as u32,
        funds: 1_000 * TOKEN,
        ..WorldSpec::default()
    });
    refused(simulate(&funded, &[]), 1, "funded_economy");
}
