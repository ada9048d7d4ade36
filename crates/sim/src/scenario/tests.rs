use super::*;

const YEARS: Calendar = Calendar {
    epochs: 730,
    epoch_days: 1.0,
    period_days: 1.0,
};

fn of(scenario: Scenario) -> Vec<Weather> {
    weather(scenario, &YEARS, 0.0, 1)
}

#[test]
fn each_scenario_does_what_it_says_and_nothing_before_the_shock() {
    let shock = YEARS.shock();
    for scenario in Scenario::ALL {
        assert_eq!(Scenario::from_name(scenario.name()), Some(scenario));
        let quiet = of(scenario)[..shock].iter().all(|w| *w == Weather::QUIET);
        let starts_at_once = matches!(
            scenario,
            Scenario::LowParticipation | Scenario::RegimeSwitching
        );
        assert_eq!(quiet, !starts_at_once, "{scenario:?}");
    }
    let bull = of(Scenario::Bull);
    assert!((bull[shock + 60].demand - 2.0).abs() < 1e-12);
    assert!((bull[shock + 300].demand - 4.0).abs() < 1e-12);
    let crash = of(Scenario::Crash);
    assert!((crash[shock + 5].demand - 0.4).abs() < 1e-12);
    assert!((crash[shock + 200].demand - 0.7).abs() < 1e-12);
    let exits: Vec<f64> = of(Scenario::WhaleExit).iter().map(|w| w.exit).collect();
    assert_eq!(exits.iter().filter(|exit| **exit > 0.0).count(), 1);
    assert!((0.1..0.2).contains(&exits[shock]));
    let outage = of(Scenario::KeeperOutage);
    assert_eq!(outage.iter().filter(|w| !w.keeper).count(), 20);
    let silent = of(Scenario::FeedManipulation);
    assert_eq!(silent[shock].feed, Some(1.3));
    assert_eq!(silent[shock + 1].feed, None);
    assert_eq!(silent[shock + 2].feed, Some(1.0));
}

#[test]
fn noise_is_shared_by_scenarios_and_a_series_replaces_demand() {
    // Given two scenarios of one seed, then their noise is the same before the shock.
    let calm = weather(Scenario::Stationary, &YEARS, 0.03, 5);
    let bull = weather(Scenario::Bull, &YEARS, 0.03, 5);
    assert_eq!(calm[..YEARS.shock()], bull[..YEARS.shock()]);
    assert_ne!(calm[1].demand, 1.0);
    // And a series is what demand is, its last value for ever.
    let replayed = replay(&[2.0, 3.0], &YEARS, 5);
    let demand: Vec<f64> = replayed.iter().take(4).map(|w| w.demand).collect();
    assert_eq!(demand, [2.0, 3.0, 3.0, 3.0]);
}

#[test]
fn regimes_change_and_stay_within_bounds() {
    let mut moods = 0;
    for seed in 0..20 {
        let path = weather(Scenario::RegimeSwitching, &YEARS, 0.0, seed);
        assert!(path.iter().all(|w| (0.1..=10.0).contains(&w.demand)));
        moods += path
            .windows(2)
            .filter(|pair| pair[0].mood != pair[1].mood)
            .count();
    }
    assert!(moods > 100, "{moods}");
}
