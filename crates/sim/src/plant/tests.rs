use homeostat::state::Parameter;

use super::*;
use crate::{policy::Policy, run::Run, scenario::Scenario, Case, Setting};

const SUPPLY: u64 = 1_000_000_000_000_000;
const DAY_SECONDS: u32 = 86_400;

fn setting(epochs: usize) -> Setting {
    Setting {
        people: 200,
        calendar: Calendar {
            epochs,
            epoch_days: 1.0,
            period_days: 1.0,
        },
        design: Design::with_defaults(DAY_SECONDS, SUPPLY),
        constants: [60_000, 3_000, 300_000, 100_000],
    }
}

fn lived(setting: &Setting, scenario: Scenario, policy: Policy, seed: u64) -> World {
    let case = Case {
        scenario,
        policy,
        seed,
    };
    let mut run = setting.prepare(case).expect("the program takes the design");
    run.world
        .run(&mut run.steer)
        .expect("the program refuses nothing");
    run.world
}

/// The bits of everything that a world remembers.
fn bits(world: &World) -> String {
    format!("{:?}", world.days())
}

#[test]
fn no_token_is_made_or_lost_in_any_scenario() {
    for scenario in Scenario::ALL {
        for seed in [1, 2, 3] {
            // Given a life of ninety days under the economy's own controllers,
            let setting = setting(90);
            let case = Case {
                scenario,
                policy: Policy::Homeostat,
                seed,
            };
            let Run {
                mut world,
                mut steer,
            } = setting.prepare(case).unwrap();
            // when it is looked at after every epoch, then every token is somewhere.
            for day in 0..90 {
                assert!(world.is_conserved(), "{case:?}, day {day}");
                world.step(&mut steer).unwrap();
            }
            assert!(world.is_conserved());
            assert!(world.days().iter().all(|day| day.price > 0.0));
        }
    }
}

#[test]
fn a_seed_lives_the_same_life_twice_and_another_seed_another() {
    let setting = setting(60);
    let life = |seed| bits(&lived(&setting, Scenario::Crash, Policy::Homeostat, seed));
    assert_eq!(life(5), life(5));
    assert_ne!(life(5), life(6));
}

#[test]
fn policies_meet_the_same_people_with_the_same_luck() {
    // Given a policy that does nothing and one that has not had the chance to do anything,
    let setting = setting(60);
    let fixed = lived(&setting, Scenario::Stationary, Policy::StaticUntuned, 4);
    let halving = lived(&setting, Scenario::Stationary, Policy::Halving, 4);
    // then their days are the same: nothing of the luck depends on the policy.
    assert_eq!(bits(&fixed), bits(&halving));
    let ours = lived(&setting, Scenario::Stationary, Policy::Homeostat, 4);
    assert_ne!(bits(&fixed), bits(&ours));
    // And the demand is the same under all.
    let demand = |world: &World| world.days().iter().map(|d| d.demand).collect::<Vec<_>>();
    assert_eq!(demand(&fixed), demand(&ours));
}

#[test]
fn people_stake_more_where_rewards_are_higher() {
    // Given two constant emissions, all else equal,
    let share = |emission: i64| {
        let mut setting = setting(200);
        setting.constants[0] = emission;
        let mut sum = 0.0;
        for seed in 0..8 {
            let world = lived(&setting, Scenario::Stationary, Policy::StaticTuned, seed);
            sum += world.days()[199].staked_share;
        }
        sum / 8.0
    };
    // when everybody has decided, then the higher one has more staked, and neither everything.
    let (low, high) = (share(20_000), share(150_000));
    assert!(high > low + 0.1, "{low} {high}");
    assert!(low > 0.05 && high < 0.98, "{low} {high}");
}

#[test]
fn people_pay_less_where_fees_are_higher() {
    let volume = |fee: i64| -> f64 {
        let mut setting = setting(100);
        setting.constants[1] = fee;
        let world = lived(&setting, Scenario::Stationary, Policy::StaticTuned, 3);
        // In money, because the fee moves the price as well.
        world.days()[50..].iter().map(|d| d.volume * d.price).sum()
    };
    let elasticity = Behaviour::of_seed(3).fee_elasticity;
    let ratio = volume(12_000) / volume(3_000);
    // Four times the usual fee, by the law of demand.
    let expected = libm::pow(4.0, -elasticity);
    assert!((ratio / expected - 1.0).abs() < 0.15, "{ratio} {expected}");
}

#[test]
fn the_price_follows_demand_and_supply() {
    let setting = setting(360);
    let mut ratios = [0.0; 2];
    for seed in 0..8 {
        let price = |scenario| {
            let world = lived(&setting, scenario, Policy::StaticUntuned, seed);
            world.days()[300..].iter().map(|d| d.price).sum::<f64>() / 60.0
        };
        let quiet = price(Scenario::Stationary);
        ratios[0] += price(Scenario::Bull) / quiet / 8.0;
        ratios[1] += price(Scenario::Crash) / quiet / 8.0;
    }
    assert!(ratios[0] > 1.5 && ratios[0] < 5.0, "{ratios:?}");
    assert!(ratios[1] < 0.95 && ratios[1] > 0.3, "{ratios:?}");
}

#[test]
fn whales_take_out_what_the_scenario_says() {
    let setting = setting(90);
    let shock = setting.calendar.shock();
    let quiet = lived(&setting, Scenario::Stationary, Policy::StaticUntuned, 9);
    let shocked = lived(&setting, Scenario::WhaleExit, Policy::StaticUntuned, 9);
    assert_eq!(quiet.days()[shock - 1], shocked.days()[shock - 1]);
    let left = 1.0 - shocked.days()[shock].staked / quiet.days()[shock].staked;
    // The last whale that goes may have more than was missing.
    assert!(left > 0.08 && left < 0.35, "{left}");
}

#[test]
fn without_a_keeper_nothing_is_decided_and_the_emission_ends_with_its_grant() {
    let setting = setting(90);
    let world = lived(&setting, Scenario::KeeperOutage, Policy::Homeostat, 1);
    let shock = setting.calendar.shock();
    let (before, after) = (world.days()[shock - 1], world.days()[shock + 19]);
    assert!(world.days()[shock..shock + 20]
        .iter()
        .all(|day| !day.cranked));
    assert_eq!(before.values, after.values);
    // The cap of a period is twice what the highest rate emits in one.
    let issued: f64 = world.days()[shock..shock + 20]
        .iter()
        .map(|d| d.issued)
        .sum();
    let most = 2.0 * 0.2 / 365.0 * after.supply;
    assert!(issued <= most * 1.001, "{issued} {most}");
    assert!(world.days()[shock + 20].cranked);
}

#[test]
fn a_manipulated_feed_reaches_the_controller_and_silence_holds_it() {
    let setting = setting(90);
    let quiet = lived(&setting, Scenario::Stationary, Policy::Homeostat, 1);
    let world = lived(&setting, Scenario::FeedManipulation, Policy::Homeostat, 1);
    let fee = Parameter::Fee.index();
    let shock = setting.calendar.shock();
    // It reports the day before with a noise of 3 %, so it is near the truth,
    let truth = quiet.days()[shock - 2].volume;
    assert!(truth > 0.0);
    // and on the day of the attack 30 % too high.
    let before = world.days()[shock - 1].measured[fee];
    let attacked = world.days()[shock].measured[fee];
    assert!(attacked / before > 1.1, "{attacked} {before}");
    // On the day of silence the controller is held: its last measurement stands.
    assert_eq!(world.days()[shock + 1].measured[fee], attacked);
}

#[test]
fn attackers_leave_and_come_back_in_turns() {
    let setting = setting(120);
    let shock = setting.calendar.shock();
    let quiet = lived(&setting, Scenario::Stationary, Policy::StaticUntuned, 2);
    let gamed = lived(&setting, Scenario::BoundaryGaming, Policy::StaticUntuned, 2);
    let gap = |day: usize| quiet.days()[day].staked - gamed.days()[day].staked;
    let swings: Vec<f64> = (shock..120).map(gap).collect();
    let widest = swings.iter().copied().fold(f64::MIN, f64::max);
    let narrowest = swings.iter().copied().fold(f64::MAX, f64::min);
    assert!((widest - narrowest) / quiet.days()[shock].staked > 0.05);
}

#[test]
fn what_the_program_refuses_is_refused() {
    // Given designs that no economy may have,
    let mut setting = setting(10);
    let case = Case {
        scenario: Scenario::Stationary,
        policy: Policy::Homeostat,
        seed: 1,
    };
    setting.design.of_mut(Parameter::Fee).config.min = 0;
    // then no world is made of them: a fee of zero is below the floor.
    assert!(setting.prepare(case).is_err());
    setting.design = Design::with_defaults(DAY_SECONDS, 0);
    setting.design.supply = 0;
    assert!(setting.prepare(case).is_err());
}
