//! The staked share over time: the median and a band over seeds, for charts.

use crate::{
    policy::Policy,
    run::Case,
    scenario::Scenario,
    stats::{quantile, StatsError},
};

use super::{ordered, plan::Plan, FIRST_SEED};

/// The staked share of a policy over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// What steers.
    pub policy: Policy,
    /// The seeds that lasted to their end.
    pub seeds: usize,
    /// The quantile of 0.1 at the end of each epoch (fraction).
    pub low: Vec<f64>,
    /// The median.
    pub median: Vec<f64>,
    /// The quantile of 0.9.
    pub high: Vec<f64>,
}

/// Lives the runs of some policies in a scenario with the first `seeds` seeds of the plan, and
/// gives the bands. Runs that fail are left out and not counted; a policy all of whose runs fail
/// has an empty band.
pub fn bands(
    plan: &Plan,
    scenario: Scenario,
    policies: &[Policy],
    seeds: u64,
    threads: usize,
) -> Vec<Band> {
    let seeds = seeds.min(plan.seeds) as usize;
    let live = |index: usize| -> Option<Vec<f64>> {
        let case = Case {
            scenario,
            policy: policies[index / seeds],
            seed: FIRST_SEED + (index % seeds) as u64,
        };
        let mut run = plan.prepare(case).ok()?;
        run.world.run(&mut run.steer).ok()?;
        let shares = run.world.days().iter().map(|day| day.staked_share);
        Some(shares.collect())
    };
    let mut paths = Vec::with_capacity(policies.len() * seeds);
    let _ = ordered(0..policies.len() * seeds, threads, live, |_, path| {
        paths.push(path);
        Ok::<(), std::convert::Infallible>(())
    });
    let epochs = plan.setting.calendar.epochs;
    policies
        .iter()
        .zip(paths.chunks(seeds.max(1)))
        .map(|(policy, paths)| {
            let lasted: Vec<&Vec<f64>> = paths.iter().flatten().collect();
            let at = |p: f64| -> Result<Vec<f64>, StatsError> {
                let of = |epoch: usize| lasted.iter().map(|path| path[epoch]).collect::<Vec<_>>();
                (0..epochs).map(|epoch| quantile(&of(epoch), p)).collect()
            };
            Band {
                policy: *policy,
                seeds: lasted.len(),
                low: at(0.1).unwrap_or_default(),
                median: at(0.5).unwrap_or_default(),
                high: at(0.9).unwrap_or_default(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::Tier;

    #[test]
    fn the_median_lies_in_the_band_and_one_seed_is_its_own_band() {
        let mut plan = Plan::new(Tier::Smoke).with_seeds(5);
        plan.setting.people = 50;
        plan.setting.calendar.epochs = 30;
        let policies = [Policy::Homeostat, Policy::Cosmos];
        // Given the runs of five seeds,
        let found = bands(&plan, Scenario::Crash, &policies, 5, 2);
        // then each epoch has a median between the ends, and the ends differ.
        for (band, policy) in found.iter().zip(policies) {
            assert_eq!((band.policy, band.seeds), (policy, 5));
            assert_eq!(band.median.len(), 30);
            for epoch in 0..30 {
                let (low, high) = (band.low[epoch], band.high[epoch]);
                assert!(low < high && (low..=high).contains(&band.median[epoch]));
            }
        }
        // And of one seed there is the run itself, which the plan lives too.
        let one = bands(&plan, Scenario::Crash, &[Policy::Cosmos], 1, 1);
        let case = Case {
            scenario: Scenario::Crash,
            policy: Policy::Cosmos,
            seed: FIRST_SEED,
        };
        let mut run = plan.prepare(case).expect("a run");
        run.world.run(&mut run.steer).expect("it lasts");
        let shares: Vec<f64> = run
            .world
            .days()
            .iter()
            .map(|day| day.staked_share)
            .collect();
        assert_eq!(one[0].low, shares);
        assert_eq!(one[0].high, shares);
    }
}
