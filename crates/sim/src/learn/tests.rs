//! Settings that the tests share, and the comparison as a whole.

use super::*;
use crate::{
    chain::Design,
    policy::Policy,
    run::{Case, Setting},
    scenario::{Calendar, Scenario},
};

/// A small economy with periods of a day.
pub fn setting(epochs: usize) -> Setting {
    Setting {
        people: 100,
        calendar: Calendar {
            epochs,
            epoch_days: 1.0,
            period_days: 1.0,
        },
        design: Design::with_defaults(86_400, 1_000_000_000_000_000),
        constants: [0; 4],
    }
}

/// A case under the economy's own controllers.
pub fn case(scenario: Scenario, seed: u64) -> Case {
    Case {
        scenario,
        policy: Policy::Homeostat,
        seed,
    }
}

/// A plan of seconds.
pub fn plan(threads: usize) -> Plan {
    Plan {
        setting: setting(92),
        scenarios: vec![Scenario::Stationary, Scenario::Crash],
        training_seeds: vec![0, 1],
        generations: 1,
        test_seeds: (1000..1004).collect(),
        threads,
    }
}

#[test]
fn a_comparison_has_the_same_bits_with_one_thread_and_with_two() {
    // Given the same plan with one thread and with two,
    let run = |threads| {
        let plan = plan(threads);
        let trained = train::train(&plan);
        let rows = compare::test(&plan, &trained);
        (plan, trained, rows)
    };
    let (plan, trained, rows) = run(1);
    let (_, other, others) = run(2);
    // when both train and test, then they learn the same and every row is the same.
    assert_eq!(trained, other);
    assert_eq!(rows, others);
    // Each contender lived each case once, in order,
    assert_eq!(rows.len(), 2 * 4 * Contender::ALL.len());
    let costs = |contender: Contender| -> Vec<f64> {
        let of = rows.iter().filter(|row| row.contender == contender);
        of.map(|row| row.cost).collect()
    };
    // every contender steers in its own way,
    for (index, contender) in Contender::ALL.into_iter().enumerate() {
        for earlier in &Contender::ALL[..index] {
            let pair = [contender, *earlier];
            let bandits = [Contender::BanditLearning, Contender::BanditFrozen];
            let same = costs(contender) == costs(*earlier);
            // A bandit that learns little in three decisions may choose as before.
            assert!(!same || pair == bandits, "{pair:?}");
        }
    }
    // fixed gains are what the benchmark runs as homeostat,
    let fixed = rows
        .iter()
        .find(|row| row.contender == Contender::FixedGains)
        .unwrap();
    let metrics = plan.setting.run(case(fixed.scenario, fixed.seed)).unwrap();
    assert_eq!(fixed.itae, metrics.itae);
    // and no steering costs one, its overshoot, and the errors of burn and liquidity.
    for row in rows
        .iter()
        .filter(|row| row.contender == Contender::NoSteering)
    {
        let untuned = Case {
            policy: Policy::StaticUntuned,
            ..case(row.scenario, row.seed)
        };
        let metrics = plan.setting.run(untuned).unwrap();
        let others = metrics.burn_error + metrics.liquidity_error;
        assert!((row.cost - 1.0 - 0.5 * row.overshoot - 0.1 * others).abs() < 1e-12);
    }
}

#[test]
fn everything_that_trains_spends_the_budget_and_not_a_life_more() {
    let plan = plan(2);
    let trained = train::train(&plan);
    // 2 scenarios times 2 seeds: the references, ten candidates, and the start and the candidate
    // found once more.
    assert_eq!(plan.budget(), 4 * 13);
    assert_eq!(trained.spent.gains, 52);
    assert_eq!(trained.spent.bandit, 52);
    assert_eq!(trained.spent.policy, 52);
    assert_eq!(trained.spent.references, 4);
    // Each life after the references made two lessons of its three decisions.
    let lessons: u64 = trained.bandit.times().iter().sum();
    assert_eq!(lessons, 2 * (52 - 4));
    // A life of 92 days.
    assert!((plan.years(52) - 52.0 * 92.0 / 365.0).abs() < 1e-12);
}
