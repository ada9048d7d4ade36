//! What a search minimises.
//!
//! The score of a design is, over all its cases: the ITAE of the staked share over that of the
//! static untuned policy in the same scenarios and seeds, plus a price for the emission's travel,
//! for overshoot, for the errors of the other two loops with a target of their own, for resting at
//! limits, and for runs that fail. A score below 1 with all prices
//! paid is better than not steering at all.

use serde::{Deserialize, Serialize};

use crate::{
    chain::Design,
    metrics::Metrics,
    policy::Policy,
    run::{Case, Setting},
    scenario::{Calendar, Scenario},
};

/// What a whole point of the supply of emission travelled in a year costs, in parts of the ITAE
/// of static untuned.
const EFFORT_PRICE: f64 = 0.2;
/// What an overshoot of one costs.
const OVERSHOOT_PRICE: f64 = 0.5;
/// What it costs when all four loops rest at limits all the time.
const LIMIT_PRICE: f64 = 0.25;
/// What it costs when the burn's or the liquidity's measurement is off by its target all the time.
const LOOP_PRICE: f64 = 0.1;
/// What it costs when all runs fail.
const FAILURE_PRICE: f64 = 10.0;

/// The cases that a score is taken over.
#[derive(Clone, Debug)]
pub struct Objective {
    /// The scenarios.
    pub scenarios: Vec<Scenario>,
    /// The seeds; those below 64 are for tuning.
    pub seeds: Vec<u64>,
    /// The number of people.
    pub people: usize,
    /// The calendars with the design for each, as the program's defaults scale with the period.
    pub calendars: Vec<(Calendar, Design)>,
    /// The demand of each epoch, where it is a series in the place of a scenario's.
    demand: Option<Vec<f64>>,
    /// The ITAE of static untuned, by calendar and scenario: the sum over the seeds.
    reference: Vec<f64>,
}

/// What a score consists of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The ITAE over that of static untuned, the mean over scenarios and calendars.
    pub tracking: f64,
    /// The mean effort (points of the supply a year, as a fraction).
    pub effort: f64,
    /// The mean overshoot (fraction).
    pub overshoot: f64,
    /// The mean errors of the burn's and of the liquidity's loop, over their targets, added up.
    pub others: f64,
    /// The mean part of the time that loops rest at limits.
    pub at_limit: f64,
    /// The mean volatility of the price.
    pub volatility: f64,
    /// The mean inflation.
    pub inflation: f64,
    /// The part of the runs that failed.
    pub failed: f64,
}

impl Score {
    /// The score of a single run; `reference` is the ITAE of static untuned in the same case.
    /// `None` is a run that failed.
    pub fn of_run(metrics: Option<&Metrics>, reference: f64) -> Self {
        let Some(metrics) = metrics else {
            return Self {
                failed: 1.0,
                ..Self::default()
            };
        };
        Self {
            tracking: metrics.itae / reference,
            effort: metrics.effort,
            overshoot: metrics.overshoot,
            others: others(metrics),
            at_limit: at_limit(metrics),
            volatility: metrics.volatility,
            inflation: metrics.inflation,
            failed: 0.0,
        }
    }

    /// The sum that is minimised.
    pub fn total(&self) -> f64 {
        self.tracking
            + EFFORT_PRICE * self.effort
            + OVERSHOOT_PRICE * self.overshoot
            + LOOP_PRICE * self.others
            + LIMIT_PRICE * self.at_limit
            + FAILURE_PRICE * self.failed
    }
}

impl Objective {
    /// An objective over these cases. Runs static untuned once in each.
    pub fn new(
        scenarios: Vec<Scenario>,
        seeds: Vec<u64>,
        people: usize,
        calendars: Vec<(Calendar, Design)>,
    ) -> Self {
        Self {
            scenarios,
            seeds,
            people,
            calendars,
            demand: None,
            reference: Vec::new(),
        }
        .with_reference()
    }

    /// An objective over a series of demand, one value a day over that of a quiet day, in which
    /// all else is as in the stationary scenario. Runs static untuned once with each seed.
    pub fn of_series(demand: Vec<f64>, seeds: Vec<u64>, people: usize, design: Design) -> Self {
        let calendar = Calendar {
            epochs: demand.len(),
            epoch_days: 1.0,
            period_days: f64::from(design.limits.period) / 86_400.0,
        };
        Self {
            scenarios: vec![Scenario::Stationary],
            seeds,
            people,
            calendars: vec![(calendar, design)],
            demand: Some(demand),
            reference: Vec::new(),
        }
        .with_reference()
    }

    fn with_reference(mut self) -> Self {
        let mut reference = Vec::new();
        for (calendar, design) in &self.calendars {
            for scenario in &self.scenarios {
                let setting = self.setting(calendar, design, [0; 4]);
                let runs = self.seeds.iter().filter_map(|seed| {
                    let policy = Policy::StaticUntuned;
                    self.run(
                        &setting,
                        Case {
                            scenario: *scenario,
                            policy,
                            seed: *seed,
                        },
                    )
                });
                reference.push(runs.map(|metrics| metrics.itae).sum());
            }
        }
        self.reference = reference;
        self
    }

    /// Lives one case.
    fn run(&self, setting: &Setting, case: Case) -> Option<Metrics> {
        match &self.demand {
            None => setting.run(case),
            Some(demand) => setting.run_series(case, demand),
        }
    }

    /// How many agent-steps one score takes.
    pub fn agent_steps(&self) -> u64 {
        let epochs: usize = self
            .calendars
            .iter()
            .map(|(calendar, _)| calendar.epochs)
            .sum();
        (epochs * self.scenarios.len() * self.seeds.len() * self.people) as u64
    }

    fn setting(&self, calendar: &Calendar, design: &Design, constants: [i64; 4]) -> Setting {
        Setting {
            people: self.people,
            calendar: *calendar,
            design: design.clone(),
            constants,
        }
    }

    /// The score of a policy, when `change` has turned the design of each calendar and given the
    /// constants (ppm).
    pub fn score(&self, policy: Policy, change: impl Fn(&Design) -> (Design, [i64; 4])) -> Score {
        let mut score = Score::default();
        let mut reference = self.reference.iter();
        let (mut runs, mut failed) = (0.0, 0.0);
        for (calendar, design) in &self.calendars {
            let (design, constants) = change(design);
            let setting = self.setting(calendar, &design, constants);
            for scenario in &self.scenarios {
                let mut itae = 0.0;
                for seed in &self.seeds {
                    let case = Case {
                        scenario: *scenario,
                        policy,
                        seed: *seed,
                    };
                    let Some(metrics) = self.run(&setting, case) else {
                        failed += 1.0;
                        continue;
                    };
                    runs += 1.0;
                    itae += metrics.itae;
                    score.effort += metrics.effort;
                    score.overshoot += metrics.overshoot;
                    score.others += others(&metrics);
                    score.at_limit += at_limit(&metrics);
                    score.volatility += metrics.volatility;
                    score.inflation += metrics.inflation;
                }
                score.tracking += itae / reference.next().copied().unwrap_or(f64::NAN);
            }
        }
        score.tracking /= self.reference.len() as f64;
        for sum in [
            &mut score.effort,
            &mut score.overshoot,
            &mut score.others,
            &mut score.at_limit,
            &mut score.volatility,
            &mut score.inflation,
        ] {
            *sum /= f64::max(runs, 1.0);
        }
        score.failed = failed / (runs + failed);
        score
    }
}

/// The errors of the loops beside the emission's that have a target of their own. A loop that never
/// had a sample has none.
fn others(metrics: &Metrics) -> f64 {
    let errors = [metrics.burn_error, metrics.liquidity_error];
    errors.iter().filter(|error| !error.is_nan()).sum()
}

/// The mean part of the cranks in which a loop rests at a limit.
fn at_limit(metrics: &Metrics) -> f64 {
    let shares = [
        metrics.emission_at_limit,
        metrics.fee_at_limit,
        metrics.burn_at_limit,
        metrics.liquidity_at_limit,
    ];
    shares.iter().filter(|share| !share.is_nan()).sum::<f64>() / 4.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objective() -> Objective {
        let calendar = |period_days: f64| Calendar {
            epochs: 120,
            epoch_days: 1.0,
            period_days,
        };
        let design = |period| Design::with_defaults(period, 1_000_000_000_000_000);
        let calendars = vec![
            (calendar(1.0), design(86_400)),
            (calendar(7.0), design(604_800)),
        ];
        let scenarios = vec![Scenario::Stationary, Scenario::Crash];
        Objective::new(scenarios, vec![3, 4], 50, calendars)
    }

    #[test]
    fn not_steering_scores_one_and_steering_pays_for_its_effort() {
        let objective = objective();
        let own = |design: &Design| (design.clone(), [0; 4]);
        // Given the policy that the score is relative to, then it is one, and costs no effort.
        let fixed = objective.score(Policy::StaticUntuned, own);
        assert_eq!(
            (fixed.tracking, fixed.effort, fixed.failed),
            (1.0, 0.0, 0.0)
        );
        // Given one that steers, then every price is in the total.
        let ours = objective.score(Policy::Homeostat, own);
        assert!(ours.effort > 0.0 && ours.tracking != 1.0);
        let total = ours.tracking
            + 0.2 * ours.effort
            + 0.5 * ours.overshoot
            + 0.1 * ours.others
            + 0.25 * ours.at_limit
            + 10.0 * ours.failed;
        assert!((ours.total() - total).abs() < 1e-12);
        // Two calendars, two scenarios, two seeds, 120 epochs, 50 people.
        assert_eq!(objective.agent_steps(), 2 * 2 * 2 * 120 * 50);
    }

    #[test]
    fn a_series_takes_the_place_of_the_scenarios_demand() {
        // Given a quiet series and one that falls to a tenth,
        let design = Design::with_defaults(86_400, 1_000_000_000_000_000);
        let falls = |to: f64| {
            let demand = (0..120)
                .map(|day| if day < 40 { 1.0 } else { to })
                .collect();
            Objective::of_series(demand, vec![3, 4], 50, design.clone())
        };
        let (quiet, wild) = (falls(1.0), falls(0.1));
        // when not steering is scored, then it is one in both, of another error;
        let own = |design: &Design| (design.clone(), [0; 4]);
        for objective in [&quiet, &wild] {
            assert_eq!(objective.score(Policy::StaticUntuned, own).tracking, 1.0);
            assert_eq!(objective.agent_steps(), 2 * 120 * 50);
        }
        assert_ne!(quiet.reference, wild.reference);
    }

    #[test]
    fn a_run_that_the_program_refuses_counts() {
        let refused = |design: &Design| {
            let mut design = design.clone();
            design.supply = 0;
            (design, [0; 4])
        };
        let score = objective().score(Policy::Homeostat, refused);
        assert_eq!(score.failed, 1.0);
        assert!(score.total() >= 10.0);
    }
}
