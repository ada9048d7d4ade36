//! CMA-ES on an objective: the crate `cmaes`, with a seed and a budget of scores.
//!
//! The search is only as repeatable as the floating point of one machine; what it finds is
//! rounded into a file and judged on other seeds, and those results are the same everywhere.

use cmaes::{CMAESOptions, DVector};

use super::{Knobs, Objective, Score};
use crate::policy::Policy;

/// How far the first candidates are spread (the coordinates go from -1 to 1).
const FIRST_STEP: f64 = 0.3;

/// What a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The best point.
    pub point: Vec<f64>,
    /// Its score.
    pub score: Score,
    /// The scores that were taken.
    pub scores: usize,
}

/// Searches from `start` with `budget` scores, on all cores. `seen` is told the total of every
/// score.
pub fn search(
    objective: &Objective,
    policy: Policy,
    knobs: Knobs,
    start: &[f64],
    budget: usize,
    seed: u64,
    seen: impl Fn(f64) + Sync,
) -> Found {
    let score = |point: &[f64]| objective.score(policy, |design| knobs.turn(point, design, [0; 4]));
    let total = |point: &DVector<f64>| {
        // Beyond the ends the score does not change; a slope leads back.
        let beyond: f64 = point.iter().map(|x| (x.abs() - 1.0).max(0.0)).sum();
        let total = score(point.as_slice()).total() + beyond;
        seen(total);
        total
    };
    let mut mean = start.to_vec();
    mean.resize(knobs.dimension(), 0.0);
    let built = CMAESOptions::new(mean.clone(), FIRST_STEP)
        .max_function_evals(budget)
        .seed(seed)
        .build(total);
    let best = built.ok().and_then(|mut state| {
        let ended = state.run_parallel();
        let scores = state.function_evals();
        ended
            .overall_best
            .map(|best| (best.point.as_slice().to_vec(), scores))
    });
    let (found, scores) = best.unwrap_or((mean.clone(), 0));
    let found: Vec<f64> = found.iter().map(|x| x.clamp(-1.0, 1.0)).collect();
    // A small budget may end where nothing is better than the start.
    let candidates = [(score(&mean), mean), (score(&found), found)];
    let [start, found] = candidates;
    let (score, point) = if found.0.total() < start.0.total() {
        found
    } else {
        start
    };
    Found {
        point,
        score,
        scores,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        chain::Design,
        scenario::{Calendar, Scenario},
    };

    #[test]
    fn what_is_found_is_no_worse_than_the_start_and_is_found_again() {
        // Given a small objective, and gains that are far too low to start with,
        let calendar = Calendar {
            epochs: 240,
            epoch_days: 1.0,
            period_days: 1.0,
        };
        let design = Design::with_defaults(86_400, 1_000_000_000_000_000);
        let scenarios = vec![Scenario::Crash];
        let objective = Objective::new(scenarios, vec![0, 1, 2], 60, vec![(calendar, design)]);
        let start = [-1.0; 8];
        let policy = Policy::Homeostat;
        let before = objective
            .score(policy, |design| Knobs::Gains.turn(&start, design, [0; 4]))
            .total();
        // when a search has forty scores,
        let search = || search(&objective, policy, Knobs::Gains, &start, 40, 1, |_| ());
        let found = search();
        // then it has found better ones, used about that many, and finds the same again.
        assert!(found.score.total() < before, "{found:?} {before}");
        assert!((40..80).contains(&found.scores), "{}", found.scores);
        assert_eq!(found, search());
    }
}
