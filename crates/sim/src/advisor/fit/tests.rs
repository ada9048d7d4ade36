use super::{near::unscaled, *};
use crate::{
    chain::Design,
    policy::Policy,
    run::{Case, Setting},
    scenario::{weather, Calendar, Scenario, Weather},
};

/// A history of daily periods of people who behave so, under the economy's own controllers.
pub(crate) fn history(
    behaviour: Behaviour,
    days: usize,
    seed: u64,
    change: impl Fn(usize, &mut Weather),
) -> History {
    let plant = plant();
    let calendar = Calendar {
        epochs: days,
        epoch_days: 1.0,
        period_days: 1.0,
    };
    let setting = Setting {
        people: plant.people,
        calendar,
        design: plant.design.clone(),
        constants: [0; 4],
    };
    let scenario = Scenario::Stationary;
    let mut weather = weather(scenario, &calendar, behaviour.demand_noise, seed);
    for (day, weather) in weather.iter_mut().enumerate() {
        change(day, weather);
    }
    let case = Case {
        scenario,
        policy: Policy::Homeostat,
        seed,
    };
    let mut run = setting.prepare_with(case, behaviour, weather).unwrap();
    run.world.run(&mut run.steer).unwrap();
    History::of_world(&run.world, &plant.design)
}

pub(crate) fn plant() -> Plant {
    Plant {
        design: Design::with_defaults(86_400, 1_000_000_000_000_000),
        people: 100,
        epoch_days: 1.0,
    }
}

fn quick(seed: u64) -> Fitting {
    Fitting {
        candidates: 400,
        kept: 32,
        seed,
        threads: 2,
        ..Fitting::default()
    }
}

fn of<'a>(fit: &'a Fit, parameter: &str) -> &'a Known {
    fit.parameters
        .iter()
        .find(|known| known.parameter == parameter)
        .unwrap()
}

#[test]
fn intervals_hold_the_truth_as_often_as_they_say() {
    // Given 20 economies of people whom seeds draw from the ranges,
    let told = ["turnover", "required_yield", "attention", "fee_elasticity"];
    let (mut inside, mut all, mut asked) = ([0; 4], 0, 0);
    let mut widths = [0.0; 4];
    let mut unknown = 0.0;
    for seed in 0..20 {
        let truth = Behaviour::of_seed(seed);
        // when each is fitted,
        let fit = fit(
            &plant(),
            &history(truth, 100, seed, |_, _| {}),
            &quick(seed),
        )
        .unwrap();
        for (index, name) in told.iter().enumerate() {
            let known = of(&fit, name);
            let place = Behaviour::NAMES.iter().position(|n| n == name).unwrap();
            let value = truth.values()[place];
            inside[index] += usize::from((known.low..=known.high).contains(&value));
            widths[index] += known.width / 20.0;
        }
        for (known, value) in fit.parameters.iter().zip(truth.values()) {
            all += usize::from((known.low..=known.high).contains(&value));
            asked += 1;
        }
        // Nobody can tell how people take a bad mood from a time without one.
        assert!(!of(&fit, "mood").identified, "seed {seed}");
        unknown += of(&fit, "mood").width / 20.0;
    }
    // then the 90 % intervals hold the truth in 90 % of all cases: 378 of 420, give or take
    // four standard deviations of 6.1;
    assert!(
        (353..=403).contains(&all) && asked == 420,
        "{all} of {asked}"
    );
    // also those of what the history tells, which are narrower (14 or more of 20, which chance
    // misses once in 400 times for each);
    assert!(inside.iter().all(|count| *count >= 14), "{inside:?}");
    assert!(widths[0] < 0.5 && widths[1] < 0.75, "{widths:?}");
    // and of what it does not tell they are as wide as the range.
    assert!((0.9..1.1).contains(&unknown), "{unknown}");
}

#[test]
fn a_fit_is_poor_where_the_people_or_their_demand_become_others() {
    let truth = Behaviour::at(&[]);
    let fit_of = |change: fn(usize, &mut Weather)| {
        fit(&plant(), &history(truth, 120, 7, change), &quick(1)).unwrap()
    };
    // Given a history that goes on as it was, then the fit is not poor;
    let steady = fit_of(|_, _| {});
    assert!(!steady.poor, "{:?}", steady.held_out);
    // where demand is three times as high from day 96 on, the first of those held out, then it
    // is, and the price says so;
    let boom = fit_of(|day, weather| weather.demand *= if day < 96 { 1.0 } else { 3.0 });
    assert!(boom.poor && boom.held_out.price_inside < Some(0.5));
    // and where people ask for much more from then on, the staked share does.
    let flight = fit_of(|day, weather| {
        if day >= 92 {
            weather.mood = 3.0;
            weather.alarm = 4.0;
        }
    });
    assert!(flight.poor && flight.held_out.share_inside < 0.5);
}

#[test]
fn a_fit_has_the_same_bits_with_any_number_of_threads() {
    let history = history(Behaviour::at(&[]), 50, 3, |_, _| {});
    let with = |threads| {
        let fitting = Fitting {
            candidates: 200,
            kept: 8,
            threads,
            ..Fitting::default()
        };
        fit(&plant(), &history, &fitting).unwrap()
    };
    assert_eq!(with(1), with(2));
}

#[test]
fn a_history_without_prices_or_depths_can_be_fitted_too() {
    let mut history = history(Behaviour::at(&[]), 60, 3, |_, _| {});
    for seen in &mut history.observations {
        seen.price = None;
        seen.depth = None;
    }
    let fit = fit(&plant(), &history, &quick(2)).unwrap();
    assert!(of(&fit, "turnover").identified);
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let short = history(Behaviour::at(&[]), 39, 3, |_, _| {});
    let code = |history: &History, plant: &Plant, fitting: &Fitting| {
        fit(plant, history, fitting).unwrap_err().code
    };
    assert_eq!(code(&short, &plant(), &quick(0)), "short_history");
    let long = history(Behaviour::at(&[]), 40, 3, |_, _| {});
    let few = Fitting {
        candidates: 100,
        ..quick(0)
    };
    assert_eq!(code(&long, &plant(), &few), "bad_fitting");
    let odd = Plant {
        epoch_days: 0.7,
        ..plant()
    };
    assert_eq!(code(&long, &odd, &quick(0)), "bad_fitting");
}

#[test]
fn a_behaviour_survives_scaling() {
    let point: Vec<f64> = (0..Behaviour::COUNT).map(|i| i as f64 / 20.0).collect();
    let (there, back) = (Behaviour::at(&point), unscaled(&scaled(&point)));
    for (a, b) in there.values().iter().zip(back.values()) {
        assert!((a - b).abs() < 1e-9 * a.abs().max(1e-3), "{a} {b}");
    }
}
