//! The advisor: a recommendation that the program takes, and every reason to wait.

use std::sync::Arc;
use std::time::Duration;

use homeostat::state::{action::AdviceRange, defaults, Wiring};
use homeostat_chain::{Connection, Fees, Sender};
use homeostat_client::{
    governance::q48, Action, ControllerSettings, GuardSettings, LimitSettings, Metric, Parameter,
    Pubkey, SeatArgs, Setting,
};
use homeostat_control::{Fx, GuardConfig, Ramp, Reference};
use homeostat_sandbox::world::TOKEN;
use homeostat_sandbox::{World, WorldSpec};
use homeostat_served::Fixture;
use homeostat_sim::chain::{Design, Loop};
use homeostat_sim::policy::Policy;
use homeostat_sim::run::{Case, Setting as Simulated};
use homeostat_sim::scenario::{Calendar, Scenario};
use serde_json::Value;
use solana_commitment_config::CommitmentConfig;

use crate::common::{run, text, Said};

/// A day (seconds), which is the period of these economies.
const DAY: u32 = 86_400;
/// Tokens before they go live (base units).
const SUPPLY: u64 = 1_000_000_000 * TOKEN;
/// The emission at rest (ppm): far more than people ask for.
const RICH: i64 = 120_000;
/// A search that takes a second.
const SMALL: [&str; 12] = [
    "--people",
    "60",
    "--candidates",
    "240",
    "--seeds",
    "24",
    "--horizon",
    "30",
    "--weights",
    "security=0.1,fees=0,effort=0.01",
    "--threads",
    "2",
];

/// An economy whose controllers do nothing by themselves, with an advisor who may turn the bias
/// of the emission.
fn fixture() -> Fixture {
    let setting = |parameter: Parameter, metric: Metric| {
        let (y_min, y_max) = metric.range();
        let mut config = defaults::config(parameter, DAY);
        config.kp = Ramp::constant(Fx::ZERO);
        config.ki = Ramp::constant(Fx::ZERO);
        config.kf = Fx::ZERO;
        config.reference = Reference::Absolute;
        config.average_half_life = 0;
        (config.y_min, config.y_max) = (y_min, y_max);
        if parameter == Parameter::Emission {
            config.bias = Ramp::constant(Fx::from_num(RICH));
            (config.min, config.max) = (10_000, 200_000);
            config.slew_up = Some(5_000);
            config.slew_down = Some(5_000);
        }
        (
            parameter,
            ControllerSettings::new(Wiring::of(metric), &config),
        )
    };
    let fixture = Fixture::of(WorldSpec {
        period: DAY,
        supply: SUPPLY,
        draft: true,
        limits: Some(LimitSettings {
            yield_ppm: u32::MAX,
            unbonding: DAY,
            ..LimitSettings::from(&defaults::limits(DAY, 2 * SUPPLY))
        }),
        controllers: vec![
            setting(Parameter::Emission, Metric::StakedShare),
            setting(Parameter::Fee, Metric::Utilisation),
            setting(Parameter::Burn, Metric::NetSupplyGrowth),
            setting(Parameter::Liquidity, Metric::LiquidityDepth),
        ],
        ..WorldSpec::default()
    });
    let advisor = fixture.wallets[1].pubkey();
    fixture.served.with(async move |world: &mut World| {
        for parameter in Parameter::ALL {
            let settings = GuardSettings::new(&GuardConfig {
                enabled: false,
                ..defaults::guard(parameter, DAY)
            });
            let guard = Setting::Guard {
                parameter,
                settings,
            };
            world.configure(guard).await.expect("a guard is set");
        }
        world.hand_over_mint(homeostat_client::Funding::Mint).await;
        world.go_live().await.expect("it goes live");
        let none = AdviceRange {
            setpoint_q48: 0,
            bias_q48: 0,
        };
        let appoint = Action::Advisor {
            expected: Pubkey::default(),
            seat: SeatArgs {
                key: advisor,
                via: None,
            },
        };
        let range = Action::AdviceRange {
            parameter: Parameter::Emission,
            expected: none,
            value: AdviceRange {
                bias_q48: q48(19_000.0),
                ..none
            },
        };
        let appointed = world.enact(vec![appoint, range]).await;
        appointed.expect("the council appoints");
    });
    let taken = run(
        &fixture,
        &["accept-role", "advisor", "--keypair", &key(&fixture)],
    );
    assert_eq!(taken.code, 0, "{} {}", taken.stdout, taken.stderr);
    fixture
}

/// The advisor's key file.
fn key(fixture: &Fixture) -> String {
    fixture.wallets[1].file.display().to_string()
}

/// What the people of a seed would do in that economy: the share that they have staked and the
/// volume that they pay, day by day.
fn people(fixture: &Fixture, days: usize, seed: u64) -> Vec<(f64, f64)> {
    let economy = fixture
        .served
        .with(async |world: &mut World| world.economy().await);
    let controllers = economy.controllers.each_ref().map(|controller| Loop {
        wiring: controller.wiring().expect("a wiring"),
        config: controller.config(),
        guard: controller.guard_config(),
    });
    let setting = Simulated {
        people: 60,
        calendar: Calendar {
            epochs: days,
            epoch_days: 1.0,
            period_days: 1.0,
        },
        design: Design {
            supply: economy.totals.supply,
            excluded: 0,
            limits: economy.limits,
            controllers,
        },
        constants: [0; 4],
    };
    let case = Case {
        scenario: Scenario::Stationary,
        policy: Policy::Homeostat,
        seed,
    };
    let mut run = setting.prepare(case).expect("they can live there");
    run.world.run(&mut run.steer).expect("they live");
    let days = run.world.days().iter();
    days.map(|day| (day.staked_share, day.volume)).collect()
}

/// Lets such people live in the served economy: what they stake and pay together, and a crank a
/// day through the server, which remembers it.
fn live(fixture: &Fixture, days: &[(f64, f64)]) {
    let wanted = |share: f64, circulating: u64| (share.min(0.87) * circulating as f64) as u64;
    let (first, _) = days[0];
    let wallets = fixture.served.with(async move |world: &mut World| {
        let staker = world.wallet(SUPPLY / 100 * 88).await;
        world.open(&staker).await.expect("a position opens");
        let (one, other) = (
            world.wallet(SUPPLY / 100 * 5).await,
            world.wallet(SUPPLY / 100 * 5).await,
        );
        // The period in which the council appointed its advisor is long and empty; what the
        // server remembers begins after it.
        world.go_to_end().await;
        world.crank().await.expect("a crank");
        let circulating = world.economy().await.totals.circulating;
        let staked = world.stake(&staker, wanted(first, circulating)).await;
        staked.expect("stake enters");
        Arc::new([staker, one, other])
    });
    let url = fixture.served.url();
    let patience = Duration::from_secs(60);
    let connection = Connection::open_within(url, CommitmentConfig::confirmed(), patience)
        .expect("the server answers");
    let sender = Sender::new(&connection, Fees::default());
    for (share, volume) in days.iter().copied() {
        let wallets = Arc::clone(&wallets);
        let crank = fixture.served.with(async move |world: &mut World| {
            let [staker, one, other] = &*wallets;
            let circulating = world.economy().await.totals.circulating;
            let has = world.position(staker).await.amount;
            let wants = wanted(share, circulating);
            let moved = if wants > has {
                world.stake(staker, wants - has).await
            } else if wants < has {
                world.request_unstake(staker, has - wants).await
            } else {
                world.top_up().await
            };
            moved.expect("the stake moves");
            let half = (volume / 2.0) as u64;
            world
                .pay(one, &other.tokens, half)
                .await
                .expect("it is paid");
            world
                .pay(other, &one.tokens, half)
                .await
                .expect("it is paid back");
            world.go_to_end().await;
            // What began to unbond a day ago has unlocked; on most days nothing did.
            let _ = world.withdraw(staker).await;
            world.collect(0).await.expect("fees are collected");
            world.crank_ix().await
        });
        let cranked = sender.send(&fixture.creator.key, &[], &[crank]);
        cranked.unwrap_or_else(|failure| panic!("a crank: {failure}"));
    }
}

/// Asks the advisor.
fn ask(fixture: &Fixture, more: &[&str]) -> Said {
    let words: Vec<&str> = ["advisor"]
        .iter()
        .chain(&SMALL)
        .chain(more)
        .copied()
        .collect();
    run(fixture, &words)
}

/// The codes of the reasons to wait.
fn waits(answer: &Value) -> Vec<&str> {
    assert_eq!(answer["verdict"], "wait", "{answer:#}");
    assert!(answer["change"].is_null() && answer["sent"].is_null());
    let waits = answer["waits"].as_array().expect("a list");
    waits
        .iter()
        .filter_map(|wait| wait["code"].as_str())
        .collect()
}

/// Whether advice waits on chain.
fn pending(fixture: &Fixture) -> bool {
    let economy = fixture
        .served
        .with(async |world: &mut World| world.economy().await);
    economy.advice.pending != 0
}

#[test]
fn a_recommendation_becomes_advice_that_the_program_follows_and_a_proposal() {
    // given an economy that emits far more than its people ask for, and 45 days of them
    let fixture = fixture();
    live(&fixture, &people(&fixture, 45, 3));
    let advisor = key(&fixture);

    // when the advisor is asked what the council may do, then it writes a file
    let file = fixture.folder().join("change.toml").display().to_string();
    let asked = ask(&fixture, &["--proposal", &file, "--for", "emission"]);
    assert_eq!(asked.code, 0, "{}{}", asked.stdout, asked.stderr);
    let answer = asked.json();
    assert_eq!(answer["verdict"], "advise", "{answer:#}");
    assert_eq!(answer["change"]["by"], "council");
    assert_eq!(answer["proposal_file"], file.as_str());
    assert_eq!(answer["history"]["periods"], 45);
    assert!(!pending(&fixture));
    // which `propose` takes as it is.
    let member = fixture.members[0].file.display().to_string();
    let proposed = run(&fixture, &["propose", &file, "--keypair", &member]);
    assert_eq!(proposed.code, 0, "{}{}", proposed.stdout, proposed.stderr);
    let row = &proposed.json()["proposal"]["actions"][0]["rows"][0];
    assert_eq!(row["old"], answer["change"]["from"]);
    assert_eq!(row["new"], answer["change"]["to"]);

    // when it sends what comes out, then the advice waits on chain
    let asked = ask(&fixture, &["--send", "advise", "--keypair", &advisor]);
    assert_eq!(asked.code, 0, "{}{}", asked.stdout, asked.stderr);
    let answer = asked.json();
    let change = &answer["change"];
    assert_eq!(
        (&change["parameter"], &change["field"], &change["by"]),
        (&"emission".into(), &"bias".into(), &"advisor".into())
    );
    let number =
        |value: &Value| -> f64 { value.as_str().expect("text").parse().expect("a number") };
    let to = number(&change["to"]);
    assert!(to < number(&change["from"]), "{answer:#}");
    assert!(answer["effect"]["improvement"]["low"].as_f64() > Some(0.0));
    assert!(answer["effect"]["costs"]["inflation"]["mean"].as_f64() < Some(0.0));
    for sentences in ["evidence", "unknown"] {
        let all = answer[sentences].as_array().expect("a list");
        assert!(all.len() >= 3, "{answer:#}");
        let whole = |one: &Value| one.as_str().is_some_and(|text| text.ends_with('.'));
        assert!(all.iter().all(whole), "{all:#?}");
    }
    assert!(answer["sent"]["outcome"]["sent"]["signature"].is_string());
    assert!(pending(&fixture));
    // and nothing more is recommended while it does
    assert_eq!(waits(&ask(&fixture, &[]).json()), ["advice_pending"]);

    // when the delay is over and somebody cranks, then the log shows it
    let wait = answer["asked"]["delay_seconds"].as_i64().expect("a delay");
    fixture.served.advance(wait.max(i64::from(DAY)));
    let cranked = run(&fixture, &["crank"]);
    assert_eq!(cranked.code, 0, "{}{}", cranked.stdout, cranked.stderr);
    let log = run(&fixture, &["log"]).json();
    let decisions = log["decisions"].as_array().expect("a list").iter();
    let last = decisions
        .map(|line| &line["decision"])
        .rfind(|decision| decision["parameter"] == "emission")
        .expect("a decision");
    assert_eq!(number(&last["bias"]), to, "{last:#}");

    // and a person reads the evidence
    let said = text(&fixture, &[&["advisor"], &SMALL[..]].concat());
    assert_eq!(said.code, 0, "{}", said.stderr);
    for words in [
        "The history has 46 periods",
        "It rests on",
        "what is not known",
    ] {
        assert!(said.stdout.contains(words), "{words}: {}", said.stdout);
    }

    // when a guard latches, then it waits, and sends nothing though it is told to
    let economy = fixture.at.economy;
    fixture.served.with(async move |world: &mut World| {
        use solana_account::WritableAccount;
        let mut latched = *world.economy().await;
        latched.controllers[1].guard.latched = 1;
        let mut account = world.bank.account(&economy).await.expect("the economy");
        account.data_as_mut_slice()[8..].copy_from_slice(bytemuck::bytes_of(&latched));
        world.bank.set_account(&economy, &account);
    });
    let asked = ask(&fixture, &["--send", "advise", "--keypair", &advisor]);
    assert_eq!(asked.code, 0, "{}{}", asked.stdout, asked.stderr);
    assert_eq!(waits(&asked.json()), ["guard_latched"]);
    assert!(asked.json()["waits"][0]["text"].to_string().contains("fee"));
    assert!(!pending(&fixture));
}

#[test]
fn people_who_turn_into_others_make_a_poor_fit_and_it_waits() {
    // given 36 days of people who stake and pay, of whom most leave for the last fifth
    let fixture = fixture();
    let mut days = people(&fixture, 45, 3);
    for (share, volume) in &mut days[36..] {
        *share /= 8.0;
        *volume /= 30.0;
    }
    live(&fixture, &days);
    // when the advisor is asked, then it waits and says by how much it is wrong
    let asked = ask(&fixture, &["--send", "advise", "--keypair", &key(&fixture)]);
    assert_eq!(asked.code, 0, "{}{}", asked.stdout, asked.stderr);
    let answer = asked.json();
    assert_eq!(waits(&answer), ["poor_fit"]);
    assert!(answer["held_out"]["share_inside"].as_f64() < Some(0.5));
    assert_eq!(answer["held_out"]["periods"], 9);
    assert!(!pending(&fixture));
}

#[test]
fn a_short_history_makes_it_wait_and_wallets_are_grouped_all_the_same() {
    // given an economy of yesterday, with six who staked a thousand tokens and six who own ten
    let fixture = Fixture::live();
    fixture.served.with(async |world: &mut World| {
        for _ in 0..6 {
            world.staker(1_000 * TOKEN).await;
            world.wallet(10 * TOKEN).await;
        }
    });
    // when the advisor is asked, then it waits and says what it has and needs
    let asked = run(&fixture, &["advisor"]);
    assert_eq!(asked.code, 0, "{}{}", asked.stdout, asked.stderr);
    let answer = asked.json();
    assert_eq!(waits(&answer), ["short_history"]);
    assert!(answer["waits"][0]["text"].to_string().contains("0 periods"));
    // and tells the stakers from the others: those six, all of whose tokens are staked.
    let wallets = &answer["wallets"];
    let groups = wallets["groups"].as_array().expect("a list");
    let count: u64 = groups
        .iter()
        .filter_map(|group| group["wallets"].as_u64())
        .sum();
    // The creator's reserve and the fixture's two wallets are the rest.
    assert_eq!((count, &wallets["wallets"]), (15, &15.into()));
    let stakers = groups.iter().find(|group| group["staked"] == 1.0);
    assert_eq!(
        stakers.expect("a group of stakers")["wallets"],
        6,
        "{wallets:#}"
    );
}

#[test]
fn what_would_be_refused_at_the_end_is_refused_before() {
    let fixture = Fixture::live();
    let outsider = fixture.wallets[0].file.display().to_string();
    let fails = |words: &[&str], code: i32, error: &str| {
        let said = run(&fixture, &[&["advisor"], words].concat());
        assert_eq!(
            (said.code, said.error().as_str()),
            (code, error),
            "{words:?}"
        );
        assert!(said.json()["error"]["remedy"].is_string(), "{words:?}");
    };
    fails(
        &["--send", "advise", "--keypair", &outsider],
        1,
        "not_the_advisor",
    );
    fails(
        &["--proposal", "no/such/folder/change.toml"],
        1,
        "unwritable_file",
    );
    fails(
        &["--candidates", "200", "--seeds", "80"],
        1,
        "too_few_candidates",
    );
    for words in [
        &["--weights", "safety=1"][..],
        &["--weights", "fees=-1"],
        &["--for", "weather"],
        &["--horizon", "0"],
        &["--send", "everything"],
        &["--send", "advise", "--proposal", "change.toml"],
    ] {
        fails(words, 2, "usage");
    }
}
