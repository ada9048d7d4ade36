//! A forecast of demand, used only as far as it is better than the naive one.
//!
//! The model is an exponential smoothing of the logarithm of the volume, with no, a linear or a
//! damped trend, whichever the corrected Akaike criterion prefers: AutoETS of the crate
//! `augurs-ets`. The naive forecast is the last volume. Both are judged by rolling origin: from
//! many points of the history each forecasts what was then still to come, and has seen nothing
//! but what was before. A horizon for which the model is not significantly better is off, and
//! the naive forecast takes its place.
//!
//! The library uses the standard library's floating point, so that the last bits of a forecast
//! may differ between machines. Its simulated prediction intervals, which would not even repeat
//! themselves, are not used.

use augurs_core::{Fit, Predict};
use augurs_ets::AutoETS;
use serde::Serialize;

use super::History;
use crate::stats::{holm, signed_rank, StatsError, Summary};

/// The horizons that are judged (periods).
pub const HORIZONS: [usize; 3] = [1, 4, 12];
/// The fewest periods that a model is fitted to.
const LEAST: usize = 24;
/// The most origins of a horizon.
const ORIGINS: usize = 80;
/// The fewest origins from which a horizon is judged.
const FEWEST: usize = 6;
/// The probability with which the naive forecast may be called worse by chance, for all horizons
/// together.
const LEVEL: f64 = 0.05;

/// How a horizon was forecast.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Scored {
    /// The horizon (periods).
    pub horizon: usize,
    /// The origins from which it was forecast. They are at least a horizon apart, so that no
    /// two errors are of the same stretch.
    pub origins: usize,
    /// The mean absolute scaled error of the model (Hyndman and Koehler 2006): errors of the
    /// logarithm of the volume, over the mean absolute change from one period to the next before
    /// the origin. `None` with fewer than six origins.
    pub model: Option<f64>,
    /// Its standard error over the origins.
    pub model_error: Option<f64>,
    /// The same of the naive forecast.
    pub naive: Option<f64>,
    /// Its standard error.
    pub naive_error: Option<f64>,
    /// The two-sided p value of Wilcoxon's signed-rank test of the paired scaled errors, with
    /// Holm's correction over the horizons.
    pub p: Option<f64>,
    /// Whether the model is on: its error is lower, and the p value below 5 %.
    pub on: bool,
}

/// What is expected of the volume.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Forecast {
    /// The judgement of each of the [`HORIZONS`].
    pub horizons: Vec<Scored>,
    /// The expected volume of the periods to come over that of the last one: of the model where
    /// it is on, and 1 where it is off. A period has the judgement of the shortest horizon that
    /// reaches it; what is beyond the longest one has the factor of its end.
    pub factors: Vec<f64>,
}

impl Forecast {
    /// The forecast of a history's volume.
    ///
    /// # Errors
    ///
    /// None that a valid history gives; those of the statistics otherwise.
    pub fn of(history: &History) -> Result<Self, StatsError> {
        let logs: Vec<f64> = history
            .observations
            .iter()
            // An empty period counts as one base unit.
            .map(|seen| libm::log(seen.volume.max(1.0)))
            .collect();
        Self::of_logarithms(&logs)
    }

    /// The same of a series of logarithms.
    fn of_logarithms(series: &[f64]) -> Result<Self, StatsError> {
        let judged: Vec<(Scored, Option<f64>)> = HORIZONS
            .iter()
            .map(|horizon| judge(series, *horizon))
            .collect::<Result<_, _>>()?;
        let found: Vec<f64> = judged.iter().filter_map(|(_, p)| *p).collect();
        let mut corrected = holm(&found).into_iter();
        let mut horizons = Vec::with_capacity(judged.len());
        for (mut scored, p) in judged {
            scored.p = p.and_then(|_| corrected.next());
            scored.on = scored.p.is_some_and(|p| p < LEVEL) && scored.model < scored.naive;
            horizons.push(scored);
        }
        let longest = HORIZONS[HORIZONS.len() - 1];
        let ahead = model(series, longest).unwrap_or_else(|| naive(series, longest));
        let last = series.last().copied().unwrap_or(0.0);
        let factors = (1..=longest)
            .zip(ahead)
            .map(|(period, log)| {
                let scored = horizons.iter().find(|scored| period <= scored.horizon);
                if scored.is_some_and(|scored| scored.on) {
                    libm::exp(log - last)
                } else {
                    1.0
                }
            })
            .collect();
        Ok(Self { horizons, factors })
    }

    /// Whether the model is on for any horizon.
    pub fn is_on(&self) -> bool {
        self.horizons.iter().any(|scored| scored.on)
    }

    /// The expected volume `periods` after the last one (1 = the next), over that of the last.
    pub fn factor(&self, periods: usize) -> f64 {
        let last = self.factors.len().saturating_sub(1);
        let index = periods.saturating_sub(1).min(last);
        self.factors.get(index).copied().unwrap_or(1.0)
    }
}

/// Both forecasts of a horizon from every origin, and the uncorrected p value of their
/// comparison.
fn judge(series: &[f64], horizon: usize) -> Result<(Scored, Option<f64>), StatsError> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for origin in origins(series.len(), horizon) {
        let (past, future) = series.split_at(origin);
        let steps: f64 = past.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum();
        let scale = steps / (past.len() as f64 - 1.0);
        let (Some(forecast), true) = (model(past, horizon), scale > 0.0) else {
            continue;
        };
        let error = |forecast: &[f64]| {
            let errors = forecast.iter().zip(future).map(|(a, b)| (a - b).abs());
            errors.sum::<f64>() / horizon as f64 / scale
        };
        ours.push(error(&forecast));
        theirs.push(error(&naive(past, horizon)));
    }
    let mut scored = Scored {
        horizon,
        origins: ours.len(),
        model: None,
        model_error: None,
        naive: None,
        naive_error: None,
        p: None,
        on: false,
    };
    if ours.len() < FEWEST {
        return Ok((scored, None));
    }
    let (model, naive) = (Summary::of(&ours)?, Summary::of(&theirs)?);
    scored.model = Some(model.mean);
    scored.model_error = Some(model.standard_error);
    scored.naive = Some(naive.mean);
    scored.naive_error = Some(naive.standard_error);
    let differences: Vec<f64> = ours.iter().zip(&theirs).map(|(a, b)| a - b).collect();
    Ok((scored, Some(signed_rank(&differences)?.p)))
}

/// The origins of a horizon: the last one as late as it can be, each at least a horizon apart.
fn origins(periods: usize, horizon: usize) -> Vec<usize> {
    let Some(room) = periods.checked_sub(LEAST + horizon) else {
        return Vec::new();
    };
    // Where there is more room than origins are needed, they are further apart.
    let apart = horizon.max(room.div_ceil(ORIGINS));
    let count = room / apart + 1;
    let last = periods - horizon;
    (0..count).rev().map(|index| last - index * apart).collect()
}

/// The model's forecast; `None` where none can be fitted, as to a constant.
fn model(past: &[f64], horizon: usize) -> Option<Vec<f64>> {
    if past.len() < LEAST {
        return None;
    }
    // Additive errors on logarithms; trends are tried with and without damping; no seasons.
    let fitted = AutoETS::new(1, "AZN").ok()?.fit(past).ok()?;
    let point = fitted.predict(horizon, None).ok()?.point;
    let fits = point.len() == horizon && point.iter().all(|x| x.is_finite());
    fits.then_some(point)
}

/// The last value for ever.
fn naive(past: &[f64], horizon: usize) -> Vec<f64> {
    vec![past.last().copied().unwrap_or(0.0); horizon]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Luck, Purpose};

    /// A series that each step makes from the one before and a standard normal number.
    fn series(periods: usize, seed: u64, step: impl Fn(usize, f64, f64) -> f64) -> Vec<f64> {
        let mut luck = Luck::new(seed, Purpose::Demand, 0);
        let mut value = 20.0;
        (0..periods)
            .map(|period| {
                value = step(period, value, luck.normal());
                value
            })
            .collect()
    }

    #[test]
    fn a_random_walk_has_no_better_forecast_than_the_naive_one() {
        // Given random walks, then the model is on for hardly any: 5 % by chance.
        let on = (0..20)
            .filter(|seed| {
                let walk = series(150, *seed, |_, before, luck| before + 0.1 * luck);
                let forecast = Forecast::of_logarithms(&walk).unwrap();
                let factors = forecast.factors.iter().all(|factor| *factor == 1.0);
                assert_eq!(factors, !forecast.is_on(), "seed {seed}");
                forecast.is_on()
            })
            .count();
        assert!(on <= 3, "{on} of 20");
    }

    #[test]
    fn noise_around_a_level_is_forecast_by_its_level() {
        // Given noise around a level, of which the naive forecast repeats the last error,
        let noise = series(220, 3, |_, _, luck| 20.0 + 0.2 * luck);
        let forecast = Forecast::of_logarithms(&noise).unwrap();
        // when it is judged, then the model is on for the next period, and for a theoretical
        // error of 1 / sqrt 2 of the naive one's.
        let next = &forecast.horizons[0];
        assert!(next.on, "{next:?}");
        let ratio = next.model.unwrap() / next.naive.unwrap();
        assert!((0.6..0.85).contains(&ratio), "{ratio}");
        // It expects the level again.
        let last = noise[219];
        let expected = libm::exp(20.0 - last);
        assert!((forecast.factor(1) / expected - 1.0).abs() < 0.1);
    }

    #[test]
    fn a_trend_is_carried_on() {
        // Given growth of 2 % a period with a noise of 1 %,
        let grown = series(150, 4, |period, _, luck| {
            20.0 + 0.02 * period as f64 + 0.01 * luck
        });
        let forecast = Forecast::of_logarithms(&grown).unwrap();
        // then twelve periods on it expects a quarter more, and stays there beyond.
        assert!(forecast.horizons.iter().all(|scored| scored.on));
        let ahead = forecast.factor(12);
        assert!((1.2..1.34).contains(&ahead), "{ahead}");
        assert_eq!(forecast.factor(50), ahead);
    }

    #[test]
    fn no_model_is_on_where_there_is_nothing_to_judge_it_by() {
        for series in [vec![], vec![20.0; 10], vec![20.0; 200]] {
            let forecast = Forecast::of_logarithms(&series).unwrap();
            assert!(!forecast.is_on());
            assert_eq!(forecast.factor(3), 1.0);
        }
    }

    #[test]
    fn origins_see_nothing_of_what_they_forecast_and_do_not_overlap() {
        assert_eq!(origins(26, 1), [24, 25]);
        assert_eq!(origins(24 + 12 * 3, 12), [24, 36, 48]);
        assert!(origins(24, 1).is_empty());
        let many = origins(1_000, 1);
        assert!(many.len() <= ORIGINS + 1 && many[many.len() - 1] == 999);
    }

    #[test]
    fn a_forecast_repeats_itself() {
        let walk = series(120, 9, |_, before, luck| 2.0 + 0.9 * before + 0.1 * luck);
        assert_eq!(
            Forecast::of_logarithms(&walk).unwrap(),
            Forecast::of_logarithms(&walk).unwrap()
        );
    }
}
