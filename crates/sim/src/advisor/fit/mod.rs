//! Which behaviours of people explain a history, and how badly are they known?
//!
//! Approximate Bayesian computation: a Latin hypercube of [`Behaviour`] is lived through with the
//! values that were in force, each point with characters and luck of its own, and those whose
//! summary statistics are nearest to the history's are kept. Three things make that affordable:
//!
//! - The distance is one of expected parameters (Fearnhead and Prangle 2012, "Constructing
//!   summary statistics for approximate Bayesian computation"): linear regression says what each
//!   parameter is expected to be at the statistics, and differences count in residual standard
//!   deviations. A parameter that the statistics say nothing about does not count.
//! - What is kept is moved along that regression to the history's statistics (Beaumont, Zhang and
//!   Balding 2002, "Approximate Bayesian computation in population genetics").
//! - The controllers do not steer in these lives, so that a difference in people cannot hide
//!   behind what controllers answer to it.
//!
//! The statistics are of the first four fifths of the history. The last fifth is predicted by the
//! kept fits; where they miss it, the fit is poor, and nobody should build on it: people, or what
//! happens to them, are then unlike anything that this simulator knows.

mod near;
mod regression;
mod replay;
mod summary;
#[cfg(test)]
pub(super) mod tests;

pub use replay::{Candidate, Plant};

use homeostat_settings::Failure;
use serde::Serialize;

use super::History;
use crate::{
    behaviour::Behaviour,
    bench::ordered,
    stats::{expected_range, latin_hypercube, median},
};
use near::{nearest, scaled, Lived};
use summary::summarise;

/// The fewest periods that anything is fitted to.
pub const LEAST_PERIODS: usize = 40;
/// The part of the periods held out that has to lie within the error bars of the prediction.
/// They are of 90 %, and errors of neighbouring periods go together.
const LEAST_INSIDE: f64 = 0.5;
/// The seeds of candidates begin here, far from all seeds of tuning and of tests.
const FIRST_SEED: u64 = 3 << 40;
/// How many seeds belong to one seed of a fitting.
const SEEDS: u64 = 1 << 24;

/// How hard to search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fitting {
    /// The points of the hypercube; at least 200.
    pub candidates: u32,
    /// How many of the nearest are kept; at least 8, a few per cent of the candidates.
    pub kept: usize,
    /// The part of what is kept that an interval covers, above 0 and below 1.
    pub level: f64,
    /// The seed of the hypercube and of the candidates.
    pub seed: u64,
    /// The threads; the result does not depend on it.
    pub threads: usize,
}

impl Default for Fitting {
    /// 2,000 candidates, of which 80 are kept; 90 %; seed 0; one thread.
    fn default() -> Self {
        Self {
            candidates: 2_000,
            kept: 80,
            level: 0.9,
            seed: 0,
            threads: 1,
        }
    }
}

/// What is known of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Known {
    /// The parameter of [`Behaviour`].
    pub parameter: &'static str,
    /// The lower end of the interval.
    pub low: f64,
    /// The median of the kept fits.
    pub median: f64,
    /// The upper end.
    pub high: f64,
    /// The width of the interval over that of one that knows nothing but the range: 1 and above
    /// where the history says nothing of the parameter, near 0 where it tells it exactly.
    pub width: f64,
    /// Whether the statistics say anything about it.
    pub identified: bool,
}

/// How the kept fits did on the last fifth of the history, which they had not seen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct HeldOut {
    /// The number of periods.
    pub periods: usize,
    /// The part of them in which the staked share lay within the error bars.
    pub share_inside: f64,
    /// The same of the volume.
    pub volume_inside: f64,
    /// The same of the price, where the history has one.
    pub price_inside: Option<f64>,
}

impl HeldOut {
    /// Whether less than half of the periods are inside by any of the three.
    fn is_missed(&self) -> bool {
        let price = self.price_inside.unwrap_or(1.0);
        self.share_inside.min(self.volume_inside).min(price) < LEAST_INSIDE
    }
}

/// What explains a history.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The fits that were kept, the nearest first.
    pub kept: Vec<Candidate>,
    /// What is known of each parameter, in the order of [`Behaviour::NAMES`].
    pub parameters: Vec<Known>,
    /// The judgement by the periods held out.
    pub held_out: HeldOut,
    /// Whether the fits do not reproduce the periods held out.
    pub poor: bool,
    /// The candidates that lived.
    pub tried: usize,
    /// Those that the program refused something.
    pub failed: usize,
}

/// Fits a plant's people to a history.
///
/// # Errors
///
/// A history of fewer than [`LEAST_PERIODS`] periods (`short_history`), too few candidates or
/// kept ones (`bad_fitting`), a period that is no whole number of epochs (`bad_fitting`), or an
/// economy that hardly any candidate can live in (`no_fit`).
pub fn fit(plant: &Plant, history: &History, fitting: &Fitting) -> Result<Fit, Failure> {
    check(plant, history, fitting)?;
    let seen = history.len() * 4 / 5;
    let treasury = f64::from(plant.design.limits.treasury_ppm) / 1e6;
    let (with_price, with_depth) = (history.has_prices(), history.has_depths());
    let of = |history: &History| summarise(history, seen, treasury, with_price, with_depth);
    let observed = of(history);

    let points = latin_hypercube(fitting.candidates, Behaviour::COUNT, fitting.seed);
    let seed = |index: usize| FIRST_SEED + fitting.seed * SEEDS + index as u64;
    let statistics = in_order(points.len(), fitting.threads, |index| {
        let candidate = Candidate {
            behaviour: Behaviour::at(&points[index]),
            seed: seed(index),
        };
        let world = plant.replay(history, seen, &candidate, 0, |_| 1.0).ok()?;
        Some(of(&History::of_world(&world, &plant.design)))
    });
    let lived: Vec<Lived> = points
        .into_iter()
        .zip(statistics)
        .enumerate()
        .filter_map(|(index, (point, statistics))| {
            Some(Lived {
                point: scaled(&point),
                seed: seed(index),
                statistics: statistics?,
            })
        })
        .collect();
    let failed = fitting.candidates as usize - lived.len();
    if lived.len() < 2 * (observed.len() + fitting.kept) {
        let message = format!("{failed} of {} candidates failed", fitting.candidates);
        return Err(Failure::new("no_fit", message)
            .remedy("check the economy's limits, or try more candidates"));
    }
    let (kept, telling) = nearest(lived, &observed, fitting.kept);
    let held_out = predict(plant, history, seen, &kept, fitting)?;
    Ok(Fit {
        parameters: known(&kept, &telling, fitting.level)?,
        kept,
        poor: held_out.is_missed(),
        held_out,
        tried: fitting.candidates as usize - failed,
        failed,
    })
}

fn check(plant: &Plant, history: &History, fitting: &Fitting) -> Result<(), Failure> {
    if history.len() < LEAST_PERIODS {
        let message = format!(
            "{} periods, where at least {LEAST_PERIODS} are needed for a fit",
            history.len()
        );
        return Err(Failure::new("short_history", message)
            .remedy("wait for more periods, or read the older ones from events"));
    }
    let level = fitting.level > 0.0 && fitting.level < 1.0;
    if fitting.candidates < 200 || fitting.kept < 8 || !level {
        let message = format!(
            "{} candidates of which {} are kept, level {}",
            fitting.candidates, fitting.kept, fitting.level
        );
        return Err(Failure::new("bad_fitting", message)
            .remedy("take at least 200 candidates, keep at least 8, and a level within 0 and 1"));
    }
    let epochs = history.period_days() / plant.epoch_days;
    if !(epochs >= 1.0 && epochs == libm::round(epochs)) {
        let message = format!("a period has {epochs} epochs");
        return Err(Failure::new("bad_fitting", message)
            .remedy("take an epoch of which a period has a whole number"));
    }
    Ok(())
}

/// What `work` gives for each index, in order.
pub(super) fn in_order<T: Send>(
    count: usize,
    threads: usize,
    work: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let mut all = Vec::with_capacity(count);
    let done: Result<(), core::convert::Infallible> =
        ordered(0..count, threads, work, |_, done| {
            all.push(done);
            Ok(())
        });
    match done {
        Ok(()) => all,
        Err(never) => match never {},
    }
}

/// What is known of each parameter.
fn known(kept: &[Candidate], telling: &[bool], level: f64) -> Result<Vec<Known>, Failure> {
    let columns: Vec<Vec<f64>> = kept.iter().map(|one| one.behaviour.values()).collect();
    let names = Behaviour::NAMES.iter().zip(Behaviour::RANGES).zip(telling);
    names
        .enumerate()
        .map(|(index, ((parameter, (least, most)), identified))| {
            let values: Vec<f64> = columns.iter().map(|row| row[index]).collect();
            let (low, high) = expected_range(&values, level).map_err(undefined)?;
            Ok(Known {
                parameter,
                low,
                median: median(&values).map_err(undefined)?,
                high,
                width: (high - low) / (level * (most - least)),
                identified: *identified,
            })
        })
        .collect()
}

/// A statistic of finite values cannot fail; what did is told.
pub(super) fn undefined(error: crate::stats::StatsError) -> Failure {
    Failure::new("no_statistic", error.to_string())
        .remedy("report it with the history that it came from")
}

/// How the kept fits do from `seen` periods on.
fn predict(
    plant: &Plant,
    history: &History,
    seen: usize,
    kept: &[Candidate],
    fitting: &Fitting,
) -> Result<HeldOut, Failure> {
    let futures = in_order(kept.len(), fitting.threads, |index| {
        let world = plant.replay(history, history.len(), &kept[index], 0, |_| 1.0);
        Some(History::of_world(&world.ok()?, &plant.design))
    });
    let mut inside = [0.0; 3];
    for (at, real) in history.observations.iter().enumerate().skip(seen) {
        let told = |of: fn(&super::Observation) -> f64| -> Result<f64, Failure> {
            let values: Vec<f64> = futures
                .iter()
                .flatten()
                .filter_map(|future| future.observations.get(at).map(of))
                .collect();
            let (low, high) = expected_range(&values, fitting.level).map_err(undefined)?;
            Ok(f64::from(u8::from((low..=high).contains(&of(real)))))
        };
        inside[0] += told(|o| o.staked_share)?;
        inside[1] += told(|o| o.volume / o.supply)?;
        inside[2] += told(|o| o.price.unwrap_or(0.0))?;
    }
    let periods = history.len() - seen;
    let [share_inside, volume_inside, price_inside] = inside.map(|count| count / periods as f64);
    Ok(HeldOut {
        periods,
        share_inside,
        volume_inside,
        price_inside: history.has_prices().then_some(price_inside),
    })
}
