//! The cost by which everything here is trained and judged, fixed before any result was seen.
//!
//! The cost of a life is [`Score::total`] of that one run: the ITAE of the staked share over that
//! of static untuned in the same case, and what effort, overshoot, resting at limits and failure
//! cost. The cost of a window is the same sum without the weight of time, for those who decide
//! in the middle of a life: the mean error over the usual one of static untuned.

use homeostat::state::Parameter;

use crate::{
    metrics::{windows::Path, TARGET},
    plant::Day,
    tune::Score,
    Metrics,
};

/// The cost of a life; `reference` is the ITAE of static untuned in the same case, and `None` a
/// run that failed.
pub fn of_life(metrics: Option<&Metrics>, reference: f64) -> f64 {
    Score::of_run(metrics, reference).total()
}

/// The cost of the epochs after the first of `days`; the first is where they start from.
/// `usual_error` is the mean error of static untuned.
pub fn of_window(days: &[Day], epoch_days: f64, usual_error: f64) -> f64 {
    let Some((_, after)) = days.split_first().filter(|(_, after)| !after.is_empty()) else {
        return 0.0;
    };
    let count = after.len() as f64;
    let errors = || after.iter().map(|day| day.staked_share - TARGET);
    let travel: f64 = days
        .windows(2)
        .map(|pair| (pair[1].values[0] - pair[0].values[0]).abs())
        .sum();
    let (mut cranks, mut resting) = (0.0, 0.0);
    for day in after.iter().filter(|day| day.cranked) {
        cranks += 1.0;
        let loops = day.at_limit.iter().filter(|at| **at != 0).count();
        resting += loops as f64 / day.at_limit.len() as f64;
    }
    Score {
        tracking: errors().map(f64::abs).sum::<f64>() / count / usual_error,
        effort: travel / 1e6 / (count * epoch_days / 365.0),
        overshoot: errors().fold(0.0, f64::max),
        others: others(after),
        at_limit: resting / f64::max(cranks, 1.0),
        ..Score::default()
    }
    .total()
}

/// The mean absolute errors of the loops beside the emission's that have a target of their own, over
/// their scales, added up; a loop without a sample has none.
fn others(days: &[Day]) -> f64 {
    let path = Path::new(days, 0, 1.0);
    let loops = [Parameter::Burn, Parameter::Liquidity];
    let errors =
        loops.map(|parameter| path.mean_of_cranks(|day| day.errors[parameter.index()].abs()));
    errors.iter().filter(|error| !error.is_nan()).sum()
}

/// The mean error of a run (fraction), weighted with the time since the shock as the ITAE is.
pub fn mean_error(metrics: &Metrics, epochs: usize, epoch_days: f64) -> f64 {
    let days = epochs as f64 * epoch_days;
    metrics.itae / (0.5 * days * days)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        learn::tests::{case, setting},
        plant::World,
        policy::Policy,
        run::Case,
        scenario::Scenario,
    };

    /// A life under static untuned, of so many epochs.
    fn lived(epochs: usize, seed: u64) -> World {
        let case = Case {
            policy: Policy::StaticUntuned,
            ..case(Scenario::Stationary, seed)
        };
        let mut run = setting(epochs).prepare(case).unwrap();
        run.world.run(&mut run.steer).unwrap();
        run.world
    }

    #[test]
    fn static_untuned_costs_one_and_its_overshoot_and_a_failed_run_ten() {
        // Given a life of static untuned,
        let world = lived(90, 3);
        let metrics = Metrics::of(&world);
        // when it is judged against itself, then its tracking costs one; it has no effort and
        // rests at no limit.
        let cost = of_life(Some(&metrics), metrics.itae);
        let others = metrics.burn_error + metrics.liquidity_error;
        assert!((cost - 1.0 - 0.5 * metrics.overshoot - 0.1 * others).abs() < 1e-12);
        assert_eq!(of_life(None, metrics.itae), 10.0);
        // The window from the shock on costs as much by the plain mean error,
        let shock = world.calendar().shock();
        let days = &world.days()[shock - 1..];
        let usual = metrics.iae / 60.0;
        assert!((of_window(days, 1.0, usual) - cost).abs() < 1e-12);
        // and the weighted mean lies between the least and the greatest error.
        let weighted = mean_error(&metrics, 60, 1.0);
        let errors = || days.iter().map(|day| (day.staked_share - TARGET).abs());
        assert!(errors().fold(f64::INFINITY, f64::min) <= weighted);
        assert!(errors().fold(0.0, f64::max) >= weighted);
    }

    #[test]
    fn effort_and_limits_of_a_window_are_those_of_its_days() {
        let world = lived(4, 1);
        // Given three days at the target, of which the emission moved up and down by a
        // point, and all loops rested on one,
        let mut days = world.days()[..3].to_vec();
        for day in &mut days {
            day.staked_share = TARGET;
            day.at_limit = [0; 4];
            day.errors = [0.0; 4];
            day.values[0] = 60_000.0;
        }
        days[1].values[0] = 70_000.0;
        days[2].at_limit = [1; 4];
        // then the two days after the first have moved 2 points in 2/365 years, at 0.2 a point
        // and year, and half of the resting at 0.25.
        let expected = 0.2 * 0.02 / (2.0 / 365.0) + 0.25 * 0.5;
        assert!((of_window(&days, 1.0, 0.1) - expected).abs() < 1e-12);
        assert_eq!(of_window(&days[..1], 1.0, 0.1), 0.0);
    }
}
