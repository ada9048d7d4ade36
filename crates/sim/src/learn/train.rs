//! Training, under one budget of lives for everything that trains.

use serde::Serialize;

use super::{
    ars::{Normaliser, Search, Steps, Tried},
    bandit::LinUcb,
    compare::Plan,
    cost,
    features::COUNT,
    linear::{Linear, LinearPolicy},
    live,
    sets::{GainSets, SETS},
};
use crate::{
    bench::ordered,
    policy::Policy,
    run::Case,
    scenario::Scenario,
    tune::{search, Gains, Knobs, Objective},
};

/// How much a bandit explores while it trains, and while it goes on learning.
const EXPLORATION: f64 = 0.5;
/// The steps of the random search.
const STEPS: Steps = Steps {
    directions: 8,
    top: 4,
    step: 0.1,
    noise: 0.2,
};
/// The seed of all that is random in training.
const SEED: u64 = 1;

/// How many lives each learner has spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Spent {
    /// The lives of static untuned, by which costs are measured: part of each of the others, and
    /// all that planning needs beforehand.
    pub references: usize,
    /// The search for gains.
    pub gains: usize,
    /// The bandit.
    pub bandit: usize,
    /// The random search for a linear policy.
    pub policy: usize,
}

/// What was learned.
#[derive(Clone, Debug, PartialEq)]
pub struct Trained {
    /// The mean error of static untuned, the unit of errors in a window.
    pub usual_error: f64,
    /// The gains that CMA-ES found, rounded.
    pub gains: Gains,
    /// What the bandit knows.
    pub bandit: LinUcb,
    /// The linear policy.
    pub policy: LinearPolicy,
    /// What it took.
    pub spent: Spent,
}

/// A case to train on, and the ITAE of static untuned in it.
#[derive(Clone, Copy)]
struct Lesson {
    case: Case,
    reference: f64,
}

/// Trains everything that trains on the tuning seeds of a plan.
pub fn train(plan: &Plan) -> Trained {
    let cases: Vec<Case> = plan
        .training_seeds
        .iter()
        .flat_map(|seed| plan.scenarios.iter().map(|scenario| (*scenario, *seed)))
        .map(|(scenario, seed)| case(scenario, seed))
        .collect();
    let calendar = &plan.setting.calendar;
    let after = calendar.epochs - calendar.shock();
    let references = together(plan, cases.len(), |index| {
        let policy = Policy::StaticUntuned;
        let metrics = plan.setting.run(Case {
            policy,
            ..cases[index]
        });
        metrics.map_or((f64::NAN, f64::NAN), |metrics| {
            let error = cost::mean_error(&metrics, after, calendar.epoch_days);
            (metrics.itae, error)
        })
    });
    let usual_error =
        references.iter().map(|(_, error)| error).sum::<f64>() / references.len() as f64;
    let lessons: Vec<Lesson> = cases
        .iter()
        .zip(&references)
        .map(|(case, (reference, _))| Lesson {
            case: *case,
            reference: *reference,
        })
        .collect();
    let (gains, scores) = search_gains(plan);
    let (bandit, bandit_lives) = train_bandit(plan, &lessons, usual_error);
    let (policy, policy_lives) = search_policy(plan, &lessons);
    let references = lessons.len();
    Trained {
        usual_error,
        gains,
        bandit,
        policy,
        spent: Spent {
            references,
            // The objective takes its own references, and the search scores its start and what
            // it found once more.
            gains: (scores + 3) * plan.training_cases(),
            bandit: references + bandit_lives,
            policy: references + policy_lives,
        },
    }
}

fn case(scenario: Scenario, seed: u64) -> Case {
    Case {
        scenario,
        policy: Policy::Homeostat,
        seed,
    }
}

/// The results of some work for each index, on the plan's threads, in order.
pub(super) fn together<T: Send>(
    plan: &Plan,
    count: usize,
    work: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let mut results = Vec::with_capacity(count);
    let take = |_, result| {
        results.push(result);
        Ok::<(), core::convert::Infallible>(())
    };
    match ordered(0..count, plan.threads, work, take) {
        Ok(()) => results,
        Err(never) => match never {},
    }
}

/// The gains that CMA-ES finds, and the scores that it took.
fn search_gains(plan: &Plan) -> (Gains, usize) {
    let setting = &plan.setting;
    let objective = Objective::new(
        plan.scenarios.clone(),
        plan.training_seeds.clone(),
        setting.people,
        vec![(setting.calendar, setting.design.clone())],
    );
    let budget = Plan::POPULATION * plan.generations;
    let found = search::search(
        &objective,
        Policy::Homeostat,
        Knobs::Gains,
        &[],
        budget,
        SEED,
        |_| {},
    );
    (Gains::of_defaults().turned(&found.point), found.scores)
}

/// A bandit that lived in all scenarios of one seed after another, and the lives that it took.
/// The lives of one seed all start from what was known before them.
fn train_bandit(plan: &Plan, lessons: &[Lesson], usual_error: f64) -> (LinUcb, usize) {
    let mut bandit = LinUcb::new(SETS.len(), COUNT, EXPLORATION);
    let mut left = plan.budget() - lessons.len();
    let mut lived = 0;
    for batch in lessons.chunks(plan.scenarios.len().max(1)).cycle() {
        let batch = &batch[..batch.len().min(left)];
        if batch.is_empty() {
            break;
        }
        let taught = together(plan, batch.len(), |index| {
            let mut pilot = GainSets::new(bandit.clone(), false, usual_error);
            // A life that fails has taught what it could until then.
            if let Ok(run) = plan.setting.prepare(batch[index].case) {
                live(run.world, &mut pilot);
            }
            pilot.lessons().to_vec()
        });
        for lesson in taught.iter().flatten() {
            bandit.learn(lesson.set, &lesson.context, lesson.reward);
        }
        left -= batch.len();
        lived += batch.len();
    }
    (bandit, lived)
}

/// A linear policy found by random search, and the lives that it took. Each step tries its
/// directions in all scenarios of one seed.
fn search_policy(plan: &Plan, lessons: &[Lesson]) -> (LinearPolicy, usize) {
    let mut policy = LinearPolicy::constant();
    let mut search = Search::new(STEPS, policy.weights.clone(), SEED);
    let mut left = plan.budget() - lessons.len();
    let mut lived = 0;
    for batch in lessons.chunks(plan.scenarios.len().max(1)).cycle() {
        let directions = search.directions(left / (2 * batch.len()));
        if directions.is_empty() {
            break;
        }
        let points: Vec<Vec<f64>> = directions
            .iter()
            .flat_map(|direction| search.sides(direction))
            .collect();
        let lives = together(plan, points.len() * batch.len(), |index| {
            let (point, lesson) = (index / batch.len(), &batch[index % batch.len()]);
            let policy = LinearPolicy {
                weights: points[point].clone(),
                seen: policy.seen.clone(),
            };
            life_of(plan, policy, lesson)
        });
        let rewards: Vec<f64> = lives
            .chunks(batch.len())
            .map(|lives| -lives.iter().map(|(cost, _)| cost).sum::<f64>() / lives.len() as f64)
            .collect();
        let tried =
            directions
                .into_iter()
                .zip(rewards.chunks_exact(2))
                .map(|(direction, sides)| Tried {
                    direction,
                    ahead: sides[0],
                    behind: sides[1],
                });
        search.step(tried.collect());
        for (_, seen) in &lives {
            policy.seen.join(seen);
        }
        left -= lives.len();
        lived += lives.len();
    }
    policy.weights = search.point().to_vec();
    (policy, lived)
}

/// What a life under a linear policy costs, and what it saw.
fn life_of(plan: &Plan, policy: LinearPolicy, lesson: &Lesson) -> (f64, Normaliser) {
    let mut pilot = Linear::new(policy, plan.setting.calendar.shock());
    let run = plan.setting.prepare(lesson.case).ok();
    let metrics = run.and_then(|run| live(run.world, &mut pilot));
    (
        cost::of_life(metrics.as_ref(), lesson.reference),
        pilot.states().clone(),
    )
}
