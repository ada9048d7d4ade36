//! The figures behind an answer of `advisor`, as JSON.

use homeostat_sim::advisor::fit::{HeldOut, Known};
use homeostat_sim::advisor::recommend::{Change, Effect, Sensitivity, Tried};
use homeostat_sim::advisor::{Forecast, Scored, Told};
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::ChangeAnswer;

/// The four costs; less is better.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct CostsAnswer<T> {
    /// What is missing of the staked share to the council's target.
    pub security: T,
    /// The growth of the supply in a year, as its logarithm.
    pub inflation: T,
    /// The fees over what is paid.
    pub fees: T,
    /// How far the emission travels in a year.
    pub effort: T,
}

impl<T> From<[T; 4]> for CostsAnswer<T> {
    fn from([security, inflation, fees, effort]: [T; 4]) -> Self {
        Self {
            security,
            inflation,
            fees,
            effort,
        }
    }
}

/// How a figure changes.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct RangeAnswer {
    /// The mean over the kinds of people that judge.
    pub mean: f64,
    /// The lower end of its 90 % interval.
    pub mean_low: f64,
    /// The upper end.
    pub mean_high: f64,
    /// The lower end of where the change of one economy lies, nine times out of ten.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl From<&Change> for RangeAnswer {
    fn from(change: &Change) -> Self {
        Self {
            mean: change.mean.value,
            mean_low: change.mean.low,
            mean_high: change.mean.high,
            low: change.low,
            high: change.high,
        }
    }
}

/// What a change would do.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct EffectAnswer {
    /// By how much the weighted sum of the costs is lower.
    pub improvement: RangeAnswer,
    /// The part of the kinds of people with which it is lower.
    pub better_in: f64,
    /// By how much each cost is higher.
    pub costs: CostsAnswer<RangeAnswer>,
}

impl From<&Effect> for EffectAnswer {
    fn from(effect: &Effect) -> Self {
        Self {
            improvement: (&effect.improvement).into(),
            better_in: effect.better_in,
            costs: effect.costs.each_ref().map(RangeAnswer::from).into(),
        }
    }
}

/// One thing to do, and its mean costs over the kinds of people that choose.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TriedAnswer {
    /// The change; absent to leave all as it is.
    pub change: Option<ChangeAnswer>,
    /// Its costs.
    pub costs: CostsAnswer<f64>,
    /// By how much the weighted sum is lower than that of leaving all as it is.
    pub improvement: f64,
}

impl From<&Tried> for TriedAnswer {
    fn from(tried: &Tried) -> Self {
        Self {
            change: tried.change.as_ref().map(ChangeAnswer::new),
            costs: tried.costs.values().into(),
            improvement: tried.improvement,
        }
    }
}

/// How the effect depends on a parameter of the people.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct SensitivityAnswer {
    /// The parameter.
    pub parameter: &'static str,
    /// Its median over the kinds of people.
    pub median: f64,
    /// The mean improvement below the median.
    pub below: f64,
    /// The mean improvement above it.
    pub above: f64,
    /// The difference of the two in its standard errors.
    pub errors: f64,
    /// Whether the change helps on one side only.
    pub flips: bool,
}

impl From<&Sensitivity> for SensitivityAnswer {
    fn from(one: &Sensitivity) -> Self {
        Self {
            parameter: one.parameter,
            median: one.median,
            below: one.below,
            above: one.above,
            errors: one.errors,
            flips: one.flips,
        }
    }
}

/// What is known of a parameter of the people.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct KnownAnswer {
    /// The parameter.
    pub parameter: &'static str,
    /// The lower end of its 90 % interval.
    pub low: f64,
    /// The median.
    pub median: f64,
    /// The upper end.
    pub high: f64,
    /// The width of the interval over that of one that knows nothing but the range.
    pub width: f64,
    /// Whether the history says anything about it.
    pub identified: bool,
}

impl From<&Known> for KnownAnswer {
    fn from(known: &Known) -> Self {
        Self {
            parameter: known.parameter,
            low: known.low,
            median: known.median,
            high: known.high,
            width: known.width,
            identified: known.identified,
        }
    }
}

/// The judgement by the last fifth of the history.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct HeldOutAnswer {
    /// The number of periods.
    pub periods: usize,
    /// The part of them in which the staked share lay inside the 90 % bars.
    pub share_inside: f64,
    /// The same of the volume.
    pub volume_inside: f64,
}

impl From<&HeldOut> for HeldOutAnswer {
    fn from(held_out: &HeldOut) -> Self {
        Self {
            periods: held_out.periods,
            share_inside: held_out.share_inside,
            volume_inside: held_out.volume_inside,
        }
    }
}

/// The forecast of demand.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ForecastAnswer {
    /// How each horizon was judged.
    pub horizons: Vec<ScoredAnswer>,
    /// The expected volume of each period to come over that of the last one.
    pub factors: Vec<f64>,
}

impl From<&Forecast> for ForecastAnswer {
    fn from(forecast: &Forecast) -> Self {
        Self {
            horizons: forecast.horizons.iter().map(ScoredAnswer::from).collect(),
            factors: forecast.factors.clone(),
        }
    }
}

/// How a horizon of the forecast was judged.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct ScoredAnswer {
    /// The horizon (periods).
    pub horizon: usize,
    /// The origins from which it was forecast.
    pub origins: usize,
    /// The mean absolute scaled error of the model; absent with too few origins.
    pub model: Option<f64>,
    /// That of the last value.
    pub naive: Option<f64>,
    /// The corrected p value of their difference.
    pub p: Option<f64>,
    /// Whether the model is used.
    pub on: bool,
}

impl From<&Scored> for ScoredAnswer {
    fn from(scored: &Scored) -> Self {
        Self {
            horizon: scored.horizon,
            origins: scored.origins,
            model: scored.model,
            naive: scored.naive,
            p: scored.p,
            on: scored.on,
        }
    }
}

/// The history.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct HistoryAnswer {
    /// The periods that could be read.
    pub periods: usize,
    /// When the first of them began (unix seconds); absent without one.
    pub from: Option<i64>,
    /// When the last of them ended (unix seconds).
    pub to: Option<i64>,
}

impl From<&Told> for HistoryAnswer {
    fn from(told: &Told) -> Self {
        let last = told.history.observations.last();
        Self {
            periods: told.history.len(),
            from: last.map(|_| told.history.start),
            to: last.map(|seen| seen.end),
        }
    }
}
