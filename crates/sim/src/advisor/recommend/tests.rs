use homeostat::state::Tunable;
use homeostat_control::{Fx, Ramp};

use super::*;
use crate::{
    advisor::fit::{fit, tests::plant, Fitting},
    behaviour::Behaviour,
    live::{Found, LivePool, Start},
    plant::World,
    policy::Policy,
    run::{Case, Setting},
    scenario::{Calendar, Scenario},
};

/// The days of a history, and of what comes after it.
const DAYS: usize = 60;
const AHEAD: usize = 40;

/// An economy with its true people after the days of its history.
struct Truth {
    plant: Plant,
    world: World,
    history: History,
    present: Present,
}

/// The economy of a seed in which controllers do nothing by themselves and the emission rests at
/// 12 %, which is far more than people ask for. The advisor has the range of the envelope for
/// the emission's bias, or for that of the liquidity share.
fn truth(seed: u64, range: Parameter) -> Truth {
    let mut plant = plant();
    for controller in &mut plant.design.controllers {
        controller.config.kp = Ramp::constant(Fx::ZERO);
        controller.config.ki = Ramp::constant(Fx::ZERO);
    }
    let emission = &mut plant.design.of_mut(Parameter::Emission).config;
    emission.bias = Ramp::constant(Fx::from_num(120_000));
    emission.slew_up = Some(5_000);
    emission.slew_down = Some(5_000);
    let setting = Setting {
        people: plant.people,
        calendar: Calendar {
            epochs: DAYS + AHEAD,
            epoch_days: 1.0,
            period_days: 1.0,
        },
        design: plant.design.clone(),
        constants: [0; 4],
    };
    let case = Case {
        scenario: Scenario::Stationary,
        policy: Policy::Homeostat,
        seed,
    };
    let mut run = setting.prepare(case).unwrap();
    for _ in 0..DAYS {
        run.world.step(&mut run.steer).unwrap();
    }
    let history = History::of_world(&run.world, &plant.design);
    let mut present = Present::of(&run.world.chain().economy, run.world.chain().now);
    let envelope = &mut present.controllers[range.index()].envelope;
    envelope.advice_bias = Fx::from_num(100_000).into();
    Truth {
        plant,
        world: run.world,
        history,
        present,
    }
}

fn fitted(truth: &Truth) -> Fit {
    let fitting = Fitting {
        candidates: 240,
        kept: 40,
        threads: 2,
        ..Fitting::default()
    };
    fit(&truth.plant, &truth.history, &fitting).unwrap()
}

/// What inflation alone costs, and security and travel a little.
fn how() -> Recommending {
    Recommending {
        weights: Costs {
            shortfall: 0.1,
            inflation: 1.0,
            fee_burden: 0.0,
            effort: 0.01,
        },
        horizon: AHEAD as f64,
        threads: 2,
        ..Recommending::default()
    }
}

fn recommended(truth: &Truth, fit: &Fit, how: &Recommending) -> Recommendation {
    let forecast = Forecast::of(&truth.history).unwrap();
    let Truth {
        plant,
        history,
        present,
        ..
    } = truth;
    recommend(plant, history, present, fit, &forecast, how, None).unwrap()
}

#[test]
fn a_plain_improvement_is_found_and_comes_true() {
    let (mut found, mut inside, mut waited) = (0, 0, 0);
    for seed in 0..10 {
        // Given an emission far above what people ask for,
        let truth = truth(seed, Parameter::Emission);
        let fit = fitted(&truth);
        let how = how();
        // when the advisor is asked,
        let advice = recommended(&truth, &fit, &how);
        let Verdict::Advise(one) = advice.verdict else {
            waited += 1;
            continue;
        };
        found += 1;
        // then it recommends less of it, as far down as the envelope reaches,
        assert_eq!(
            (one.parameter, one.field),
            (Parameter::Emission, Tunable::Bias)
        );
        assert!(one.to < one.from && one.from - one.to <= Fx::from_num(19_000));
        // and what then happens to the true people, against what would have happened, lies in
        // the range that it gave.
        let lived = |change| {
            let world = truth.world.clone();
            live(world, &truth.present, change, how.delay, AHEAD).unwrap()
        };
        let without = lived(None).weighted(&how.weights);
        let realised = without - lived(Some(&one)).weighted(&how.weights);
        let effect = advice.effect.unwrap();
        assert!(realised > 0.0, "seed {seed}: {realised}");
        let range = effect.improvement.low..=effect.improvement.high;
        inside += usize::from(range.contains(&realised));
        // The evidence is all there.
        assert_eq!(effect.better_in, 1.0);
        assert!(advice.basis.unwrap().rollouts == advice.basis.unwrap().fits * 5);
        assert!(advice.front.iter().any(|tried| tried.change == Some(one)));
        assert_eq!(advice.sensitivity.len(), Behaviour::COUNT);
        assert!(!advice.unknown.is_empty());
    }
    assert!(found >= 7, "{found} found, {waited} waited");
    assert!(10 * inside >= 7 * found, "{inside} of {found} inside");
}

#[test]
fn where_nothing_helps_it_waits() {
    for seed in 0..4 {
        // Given a council that wants less inflation, and an advisor who may only turn how the
        // emission is shared, which changes nothing of it,
        let truth = truth(seed, Parameter::Liquidity);
        let fit = Fit {
            poor: false,
            ..fitted(&truth)
        };
        let how = Recommending {
            weights: Costs {
                inflation: 1.0,
                ..Costs::default()
            },
            ..how()
        };
        // when it is asked, then it waits: nothing is better, or nothing surely.
        let advice = recommended(&truth, &fit, &how);
        assert!(
            matches!(
                advice.verdict,
                Verdict::Wait(Reason::NothingBetter | Reason::Unsure(_))
            ),
            "seed {seed}: {:?}",
            advice.verdict
        );
    }
}

#[test]
fn latched_short_poor_or_without_a_range_it_waits_and_says_why() {
    let mut truth = truth(1, Parameter::Emission);
    let good = Fit {
        poor: false,
        ..fitted(&truth)
    };
    let poor = Fit {
        poor: true,
        ..good.clone()
    };
    let verdict = |truth: &Truth, fit: &Fit| recommended(truth, fit, &how()).verdict;
    let held_out = good.held_out;
    assert_eq!(
        verdict(&truth, &poor),
        Verdict::Wait(Reason::PoorFit(held_out))
    );
    // Given a latched guard, also of another parameter,
    let before = truth.present.clone();
    truth.present.controllers[2].guard.latched = 1;
    assert_eq!(
        verdict(&truth, &good),
        Verdict::Wait(Reason::Latched("burn"))
    );
    // or an advisor without a range,
    truth.present = before;
    let range = &mut truth.present.controllers[0].envelope.advice_bias;
    *range = Fx::ZERO.into();
    assert_eq!(
        verdict(&truth, &good),
        Verdict::Wait(Reason::NothingAllowed)
    );
    // or a history that is too short, then it waits.
    truth.history.observations.truncate(39);
    let short = Reason::ShortHistory { have: 39, need: 40 };
    assert_eq!(verdict(&truth, &good), Verdict::Wait(short));
    assert_eq!(must_wait(&truth.history, &truth.present), Some(short));
}

#[test]
fn every_move_is_inside_the_range_and_the_envelope() {
    let mut present = truth(2, Parameter::Emission).present;
    for controller in &mut present.controllers {
        controller.envelope.advice_setpoint = Fx::lit("0.01").into();
        controller.envelope.advice_bias = Fx::from_num(1_000_000).into();
    }
    let moves = present.moves(&how());
    // Given narrow ranges of setpoints and ones of biases beyond the envelope, then there are
    // moves of both, of all parameters, and each is one that the program allows.
    assert_eq!(moves.len(), 4 * 2 * 4);
    for one in &moves {
        let controller = &present.controllers[one.parameter.index()];
        let envelope = &controller.envelope;
        envelope
            .require_advisable(&controller.config, one.field, one.to)
            .unwrap();
        if one.field == Tunable::Setpoint {
            assert!((one.to - one.from).abs() <= Fx::lit("0.01"));
        }
    }
    // What was changed in this very period may be changed in the next.
    assert!(moves.iter().any(|one| one.parameter == Parameter::Burn));
}

#[test]
fn the_same_question_has_the_same_answer_twice_with_any_number_of_threads() {
    let truth = truth(3, Parameter::Emission);
    let fit = fitted(&truth);
    let one = Recommending {
        threads: 1,
        ..how()
    };
    let first = recommended(&truth, &fit, &one);
    assert_eq!(first, recommended(&truth, &fit, &how()));
    assert_eq!(first, recommended(&truth, &fit, &one));
}

#[test]
fn an_economy_of_another_clock_has_the_same_answer() {
    // Given the same economy three years and a second earlier,
    let truth = truth(1, Parameter::Emission);
    let fit = fitted(&truth);
    let answer = recommended(&truth, &fit, &how());
    let by = -94_608_001;
    let mut earlier = Truth {
        present: truth.present.at(truth.present.now + by),
        ..truth
    };
    earlier.history.start += by;
    for seen in &mut earlier.history.observations {
        seen.end += by;
    }
    // then its fits are the same, and so is the answer.
    assert_eq!(fitted(&earlier), fit);
    assert_eq!(recommended(&earlier, &fit, &how()), answer);
}

#[test]
fn what_a_council_may_do_goes_beyond_the_range_of_an_advisor() {
    // Given an advisor who may turn nothing but the emission's bias,
    let truth = truth(2, Parameter::Emission);
    let council = Recommending {
        reach: Reach::Council,
        only: Some(Parameter::Emission),
        ..how()
    };
    // when the council looks at the emission, then it has its setpoint too, and twice as far as
    // the envelope,
    let moves = truth.present.moves(&council);
    assert_eq!(moves.len(), 8);
    let controller = &truth.present.controllers[0];
    let routine = moves
        .iter()
        .filter(|one| one.is_routine(controller))
        .count();
    assert_eq!(routine, 4);
    let biases = |how: &Recommending| -> Vec<Fx> {
        let moves = truth.present.moves(how);
        let biases = moves.iter().filter(|one| one.field == Tunable::Bias);
        biases.map(|one| one.to).collect()
    };
    let lowest = |values: Vec<Fx>| values.into_iter().min().unwrap();
    let anchor = controller.envelope.anchor(Tunable::Bias);
    let advised = anchor - lowest(biases(&how()));
    assert_eq!(anchor - lowest(biases(&council)), advised * 2);
    // and such a change is really made: the emission is lower for it.
    let down = |one: &&Move| one.field == Tunable::Bias && one.to < one.from;
    let one = moves.iter().find(down).unwrap();
    let lived = |change| {
        let world = truth.world.clone();
        live(world, &truth.present, change, council.delay, AHEAD).unwrap()
    };
    assert!(lived(Some(one)).inflation < lived(None).inflation - 0.001);
}

/// The accounts of an economy as anybody could read them, with the advisor's range on them.
fn start(truth: &Truth) -> Start {
    let (mut chain, market) = (truth.world.chain().clone(), truth.world.market());
    chain.economy.controllers = truth.present.controllers;
    let pool = |pool, amm_tokens, lp_supply| LivePool {
        pool,
        amm_tokens,
        lp_supply,
    };
    let start = Start::of(&Found {
        economy: &chain.economy,
        pools: &[
            pool(chain.native, 0, 0),
            pool(chain.liquidity, market.tokens, market.shares),
        ],
        meters: &[chain.meter],
        feeds: chain.feeds,
        supply: chain.supply,
        reward_vault: chain.reward_vault,
        treasury: chain.treasury,
        excluded: chain.excluded,
        now: chain.now,
    });
    let mut start = start.unwrap();
    start.fits_people = false;
    start
}

#[test]
fn rollouts_go_on_from_the_accounts_of_a_live_economy() {
    // Given an emission far above what people ask for, and its accounts,
    let truth = truth(1, Parameter::Emission);
    let fit = Fit {
        poor: false,
        ..fitted(&truth)
    };
    let (how, start) = (how(), start(&truth));
    let forecast = Forecast::of(&truth.history).unwrap();
    let Truth {
        plant,
        history,
        present,
        ..
    } = &truth;
    // when the advisor goes on from them,
    let asked = || recommend(plant, history, present, &fit, &forecast, &how, Some(&start));
    let advice = asked().unwrap();
    // then it recommends less of it, twice the same,
    let Verdict::Advise(one) = advice.verdict else {
        panic!("{:?}", advice.verdict);
    };
    assert_eq!(
        (one.parameter, one.field),
        (Parameter::Emission, Tunable::Bias)
    );
    assert!(one.to < one.from);
    assert_eq!(asked().unwrap(), advice);
    // and without the change the emission stays where the accounts have it: the supply grows by
    // that in a year, less what is burned.
    let world = plant.resume(history, &start, &fit.kept[0], AHEAD, |_| 1.0);
    let world = world.unwrap();
    assert_eq!(world.chain().economy.totals.periods, present.period);
    let growth = live(world, present, None, how.delay, AHEAD)
        .unwrap()
        .inflation;
    assert!((0.05..0.12).contains(&growth), "{growth}");
}
