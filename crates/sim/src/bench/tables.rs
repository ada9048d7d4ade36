//! Means of every policy, and Homeostat against every other, from the rows.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    metrics::{Better, Metrics},
    policy::Policy,
    stats::{self, Bootstrap, Estimate, Summary},
};

use super::{ordered, plan::Plan, row::Row, FIRST_SEED};

/// The policy that the others are compared with.
const OURS: Policy = Policy::Homeostat;
/// What all scenarios together are called: the mean of a seed over them.
pub(super) const ALL: &str = "all";

/// Everything that is said of a benchmark in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Tables {
    /// The first seed.
    pub first_seed: u64,
    /// The number of seeds.
    pub seeds: u64,
    /// The number of runs.
    pub runs: usize,
    /// How many of them failed.
    pub failed: usize,
    /// A table for each scenario; where there are several, one more for all of them, `all`, in
    /// which a seed's value is the mean of its values over the scenarios.
    pub scenarios: Vec<ScenarioTable>,
}

/// One scenario.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ScenarioTable {
    /// Its name.
    pub scenario: String,
    /// Each policy.
    pub policies: Vec<PolicyTable>,
    /// Homeostat against each other policy.
    pub against: Vec<AgainstTable>,
}

/// One policy in one scenario.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct PolicyTable {
    /// Its name.
    pub policy: &'static str,
    /// How many of its runs failed.
    pub failed: usize,
    /// Each metric.
    pub metrics: Vec<Cell>,
}

/// One metric of one policy in one scenario.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Cell {
    /// Its name.
    pub metric: &'static str,
    /// The number of runs that have a value.
    pub n: usize,
    /// The runs that failed or whose value is not a number.
    pub missing: usize,
    /// The mean; none without a value.
    pub mean: Option<f64>,
    /// Monte-Carlo standard error of the mean; none with fewer than two values.
    pub standard_error: Option<f64>,
    /// The mean of the worst twentieth of the runs (CVaR 95 %; of a drawdown it is its CDaR);
    /// none where no direction is better.
    pub worst_twentieth: Option<f64>,
}

/// Homeostat against another policy.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct AgainstTable {
    /// The name of the other.
    pub policy: &'static str,
    /// Each metric.
    pub metrics: Vec<Pairing>,
}

/// One metric of Homeostat against another policy, paired by seed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Pairing {
    /// Its name.
    pub metric: &'static str,
    /// The seeds in which both have a value.
    pub n: usize,
    /// The other seeds.
    pub left_out: usize,
    /// The median of ours less theirs; none with fewer than two seeds.
    pub median_difference: Option<Figure>,
    /// The mean of ours over the mean of theirs; none where that has no finite value.
    pub ratio_of_means: Option<Figure>,
    /// p of Wilcoxon's signed-rank test, two-sided.
    pub p: Option<f64>,
    /// The same after Holm's correction over all scenarios and policies of the metric.
    pub p_holm: Option<f64>,
    /// The part of the seeds in which ours is better; none where no direction is.
    pub win_rate: Option<f64>,
    /// Its standard error.
    pub win_rate_standard_error: Option<f64>,
}

/// A figure with its BCa interval of 95 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Figure {
    /// The figure.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
    /// The bootstrap standard error.
    pub standard_error: f64,
}

impl From<Estimate> for Figure {
    fn from(estimate: Estimate) -> Self {
        Self {
            value: estimate.value,
            low: estimate.low,
            high: estimate.high,
            standard_error: estimate.standard_error,
        }
    }
}

impl Tables {
    /// The table of a scenario.
    pub fn scenario(&self, name: &str) -> Option<&ScenarioTable> {
        self.scenarios.iter().find(|table| table.scenario == name)
    }
}

impl ScenarioTable {
    /// A metric of a policy.
    pub fn cell(&self, policy: Policy, metric: &str) -> Option<&Cell> {
        let table = self.policies.iter().find(|t| t.policy == policy.name())?;
        table.metrics.iter().find(|cell| cell.metric == metric)
    }

    /// A metric of Homeostat against a policy.
    pub fn pairing(&self, policy: Policy, metric: &str) -> Option<&Pairing> {
        let table = self.against.iter().find(|t| t.policy == policy.name())?;
        table
            .metrics
            .iter()
            .find(|pairing| pairing.metric == metric)
    }
}

/// The tables of all rows of a plan. The bootstrap runs on `threads` threads; the result does not
/// depend on their number.
pub fn tables(plan: &Plan, rows: &[Row], threads: usize) -> Tables {
    tables_by(plan, rows, threads, &Bootstrap::default())
}

fn tables_by(plan: &Plan, rows: &[Row], threads: usize, bootstrap: &Bootstrap) -> Tables {
    let groups = groups(plan, rows);
    let others: Vec<usize> = (0..Policy::ALL.len())
        .filter(|policy| Policy::ALL[*policy] != OURS)
        .collect();
    let metrics = Metrics::NAMES.len();
    let mut pairings = Vec::with_capacity(groups.len() * others.len() * metrics);
    let compare = |index: usize| {
        let (rest, metric) = (index / metrics, index % metrics);
        let (group, other) = (rest / others.len(), others[rest % others.len()]);
        groups[group].compare(other, metric, bootstrap)
    };
    let _ = ordered(
        0..groups.len() * others.len() * metrics,
        threads,
        compare,
        |_, pairing| {
            pairings.push(pairing);
            Ok::<(), std::convert::Infallible>(())
        },
    );
    // All scenarios together are made of the others, so they are a family of their own.
    let single = plan.scenarios().len() * others.len() * metrics;
    for (family, metric) in [(0..single), (single..pairings.len())]
        .into_iter()
        .flat_map(|family| (0..metrics).map(move |metric| (family.clone(), metric)))
    {
        correct(&mut pairings[family], metric, metrics);
    }
    let mut pairings = pairings.chunks(metrics);
    let scenarios = groups
        .iter()
        .map(|group| ScenarioTable {
            scenario: group.name.to_owned(),
            policies: group.policies(),
            against: others
                .iter()
                .zip(&mut pairings)
                .map(|(other, metrics)| AgainstTable {
                    policy: Policy::ALL[*other].name(),
                    metrics: metrics.to_vec(),
                })
                .collect(),
        })
        .collect();
    Tables {
        first_seed: FIRST_SEED,
        seeds: plan.seeds,
        runs: rows.len(),
        failed: rows.iter().filter(|row| row.outcome().is_err()).count(),
        scenarios,
    }
}

/// Holm's correction over the pairings of one metric.
fn correct(family: &mut [Pairing], metric: usize, metrics: usize) {
    let of_metric = || (metric..).step_by(metrics);
    let places: Vec<usize> = of_metric()
        .take_while(|place| *place < family.len())
        .filter(|place| family[*place].p.is_some())
        .collect();
    let p: Vec<f64> = places.iter().filter_map(|place| family[*place].p).collect();
    for (place, corrected) in places.into_iter().zip(stats::holm(&p)) {
        family[place].p_holm = Some(corrected);
    }
}

/// The runs of one scenario.
struct Group {
    name: &'static str,
    /// By policy and seed the values of the metrics; none of a run that failed.
    runs: Vec<Vec<Option<Vec<f64>>>>,
}

/// The scenarios, and all of them together where there are several.
fn groups(plan: &Plan, rows: &[Row]) -> Vec<Group> {
    let policies = Policy::ALL.len();
    let mut groups: Vec<Group> = plan
        .scenarios()
        .iter()
        .enumerate()
        .map(|(scenario, which)| Group {
            name: plan.name(*which),
            runs: (0..policies)
                .map(|policy| {
                    let of_it = rows.iter().skip(scenario * policies + policy);
                    of_it
                        .step_by(plan.per_seed())
                        .map(|row| row.outcome().ok().map(Metrics::values))
                        .collect()
                })
                .collect(),
        })
        .collect();
    if groups.len() > 1 {
        groups.push(together(&groups));
    }
    groups
}

/// The mean of each seed over the scenarios; not a number where one has none.
fn together(groups: &[Group]) -> Group {
    let seeds = groups[0].runs[0].len();
    let mean = |policy: usize, seed: usize| -> Option<Vec<f64>> {
        let mut sums = vec![0.0; Metrics::NAMES.len()];
        for group in groups {
            let values = group.runs[policy][seed].as_ref()?;
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += value / groups.len() as f64;
            }
        }
        Some(sums)
    };
    Group {
        name: ALL,
        runs: (0..Policy::ALL.len())
            .map(|policy| (0..seeds).map(|seed| mean(policy, seed)).collect())
            .collect(),
    }
}

impl Group {
    /// A metric of a policy in each seed, where it is a number.
    fn values(&self, policy: usize, metric: usize) -> impl Iterator<Item = Option<f64>> + '_ {
        self.runs[policy].iter().map(move |run| {
            let value = *run.as_ref()?.get(metric)?;
            value.is_finite().then_some(value)
        })
    }

    fn policies(&self) -> Vec<PolicyTable> {
        let cells = |policy| {
            (0..Metrics::NAMES.len())
                .map(|metric| self.cell(policy, metric))
                .collect()
        };
        Policy::ALL
            .iter()
            .enumerate()
            .map(|(index, policy)| PolicyTable {
                policy: policy.name(),
                failed: self.runs[index].iter().filter(|run| run.is_none()).count(),
                metrics: cells(index),
            })
            .collect()
    }

    fn cell(&self, policy: usize, metric: usize) -> Cell {
        let values: Vec<f64> = self.values(policy, metric).flatten().collect();
        let summary = Summary::of(&values).ok();
        let losses = |sign: f64| {
            values
                .iter()
                .map(|value| sign * value)
                .collect::<Vec<f64>>()
        };
        let worst = |sign: f64| {
            let shortfall = stats::expected_shortfall(&losses(sign), 0.95).ok();
            shortfall.map(|loss| sign * loss)
        };
        Cell {
            metric: Metrics::NAMES[metric],
            n: values.len(),
            missing: self.runs[policy].len() - values.len(),
            mean: summary
                .map(|summary| summary.mean)
                .or(values.first().copied()),
            standard_error: summary.map(|summary| summary.standard_error),
            worst_twentieth: match Metrics::BETTER[metric] {
                Better::Less => worst(1.0),
                Better::More => worst(-1.0),
                Better::Neither => None,
            },
        }
    }

    fn compare(&self, other: usize, metric: usize, bootstrap: &Bootstrap) -> Pairing {
        let ours = Policy::ALL.iter().position(|p| *p == OURS).unwrap_or(0);
        let pairs: Vec<(f64, f64)> = self
            .values(ours, metric)
            .zip(self.values(other, metric))
            .filter_map(|(ours, theirs)| Some((ours?, theirs?)))
            .collect();
        let (ours, theirs): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        let better = Metrics::BETTER[metric];
        let none = Pairing {
            metric: Metrics::NAMES[metric],
            n: pairs.len(),
            left_out: self.runs[other].len() - pairs.len(),
            ..Pairing::default()
        };
        let Ok(found) = stats::compare(&ours, &theirs, better, bootstrap) else {
            return none;
        };
        let directed = Metrics::BETTER[metric] != Better::Neither;
        Pairing {
            median_difference: Some(found.median.into()),
            ratio_of_means: found.ratio.map(Figure::from),
            p: Some(found.test.p),
            win_rate: directed.then_some(found.win_rate),
            win_rate_standard_error: directed.then_some(found.win_rate_standard_error),
            ..none
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Tier;

    /// The tables with as few resamples as make an interval.
    fn tables(plan: &Plan, rows: &[Row], threads: usize) -> Tables {
        let bootstrap = Bootstrap {
            resamples: 400,
            ..Bootstrap::default()
        };
        tables_by(plan, rows, threads, &bootstrap)
    }

    /// A plan of so many seeds and rows in which a metric of a policy in a seed is what `of` says
    /// and all others are 1.
    fn rows(seeds: u64, metric: &str, of: impl Fn(Policy, u64) -> Option<f64>) -> (Plan, Vec<Row>) {
        let plan = Plan::new(Tier::Smoke).with_seeds(seeds);
        let place = Metrics::NAMES.iter().position(|name| *name == metric);
        let rows = (0..plan.len())
            .map(|index| {
                let case = plan.case(index);
                let outcome = of(case.policy, case.seed).ok_or_else(|| "MathOverflow".to_owned());
                let metrics = outcome.map(|value| {
                    let mut values = vec![1.0; Metrics::NAMES.len()];
                    values[place.expect("a metric")] = value;
                    Metrics::from_values(&values).expect("as many as names")
                });
                Row::new(case.scenario.name(), case, metrics)
            })
            .collect();
        (plan, rows)
    }

    #[test]
    fn homeostat_is_compared_with_each_other_by_seed() {
        // Given an itae of 10 to 19 for all, of which Homeostat has 2 less, and Cosmos half,
        let (plan, rows) = rows(10, "itae", |policy, seed| {
            let value = (seed - FIRST_SEED) as f64 + 10.0;
            Some(match policy {
                Policy::Homeostat => value - 2.0,
                Policy::Cosmos => value / 2.0,
                _ => value,
            })
        });
        // when the tables are made,
        let tables = tables(&plan, &rows, 1);
        // then the mean and its standard error are those of ten equally spaced values,
        assert_eq!((tables.runs, tables.failed, tables.seeds), (1_100, 0, 10));
        assert_eq!(tables.scenarios.len(), 11);
        let bull = tables.scenario("bull").expect("a scenario");
        let cell = bull.cell(Policy::Halving, "itae").expect("a metric");
        assert_eq!((cell.n, cell.missing, cell.mean), (10, 0, Some(14.5)));
        // √(82.5 / 9 / 10)
        let error = cell.standard_error.expect("two values");
        assert!((error - 0.957_427_107_756_338).abs() < 1e-12, "{error}");
        assert_eq!(cell.worst_twentieth, Some(19.0));
        // Homeostat is 2 better than static untuned in every seed,
        let pairing = bull.pairing(Policy::StaticUntuned, "itae").expect("a pair");
        let median = pairing.median_difference.expect("ten seeds");
        assert_eq!((median.value, median.low, median.high), (-2.0, -2.0, -2.0));
        assert_eq!(pairing.win_rate, Some(1.0));
        let ratio = pairing.ratio_of_means.expect("no mean is 0");
        assert!((ratio.value - 12.5 / 14.5).abs() < 1e-15);
        assert!(ratio.low < ratio.value && ratio.value < ratio.high);
        // which all have in common with it but Cosmos: ten equal differences, so their ranks tie,
        // and 10 scenarios x 10 policies are the family.
        let cosmos = bull.pairing(Policy::Cosmos, "itae").expect("a pair");
        assert_eq!(cosmos.win_rate, Some(0.0));
        let (p, holm) = (pairing.p.expect("p"), pairing.p_holm.expect("p"));
        assert!(p < 0.01 && holm >= p * 90.0, "{p} {holm}");
        // And what no direction is better of has no winner.
        let emission = bull.pairing(Policy::Cosmos, "emission").expect("a pair");
        assert_eq!((emission.win_rate, emission.p), (None, Some(1.0)));
    }

    #[test]
    fn what_failed_or_is_no_number_is_counted() {
        // Given runs of which Cosmos fails one in four and has no itae in another,
        let (plan, rows) = rows(8, "itae", |policy, seed| match (policy, seed % 4) {
            (Policy::Cosmos, 0) => None,
            (Policy::Cosmos, 1) => Some(f64::NAN),
            _ => Some(seed as f64),
        });
        // when the tables are made,
        let tables = tables(&plan, &rows, 2);
        // then they say so.
        assert_eq!(tables.failed, 20);
        let crash = tables.scenario("crash").expect("a scenario");
        let cell = crash.cell(Policy::Cosmos, "itae").expect("a metric");
        assert_eq!((cell.n, cell.missing), (4, 4));
        let other = crash.cell(Policy::Cosmos, "gini").expect("a metric");
        assert_eq!((other.n, other.missing), (6, 2));
        let pairing = crash.pairing(Policy::Cosmos, "itae").expect("a pair");
        assert_eq!((pairing.n, pairing.left_out), (4, 4));
        let cosmos = crash.policies.iter().find(|t| t.policy == "cosmos");
        assert_eq!(cosmos.map(|table| table.failed), Some(2));
    }

    #[test]
    fn one_seed_has_means_and_no_comparison() {
        let (plan, rows) = rows(1, "itae", |_, _| Some(3.0));
        let tables = tables(&plan, &rows, 1);
        let all = tables.scenario(ALL).expect("all");
        let cell = all.cell(OURS, "itae").expect("a metric");
        assert_eq!((cell.standard_error, cell.n), (None, 1));
        assert!((cell.mean.expect("a value") - 3.0).abs() < 1e-12);
        let pairing = all.pairing(Policy::Cosmos, "itae").expect("a pair");
        assert_eq!((pairing.median_difference, pairing.p_holm), (None, None));
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let (plan, rows) = rows(5, "volatility", |policy, seed| {
            Some((seed % 7) as f64 + 0.1 * policy as u8 as f64)
        });
        assert_eq!(tables(&plan, &rows, 1), tables(&plan, &rows, 3));
    }
}
