//! What should be changed, if anything?
//!
//! Every change that the advisor's range allows is tried in the simulator: the economy goes on
//! from now for some weeks with it and without it, once with each of the accepted fits, and with
//! the same luck in both. What differs is the effect of the change. The change that does best on
//! one half of the fits, by the council's weights, is judged on the other half, so that being
//! picked for its luck does not count for it.
//!
//! This is a receding horizon: only the first step is recommended, and the next period plans
//! anew from what then is. It recommends one change at a time, as an advisor has one slot on
//! chain. It waits, and says why, while a guard is latched, the history is short, the fit is
//! poor, or the improvement may be none.
//!
//! Rollouts know no shocks: nobody cranks late, no whale leaves at once, nobody attacks, and the
//! mood stays as it is. The advice is for quiet times; the guard is for the others.

mod evidence;
mod moves;
mod rollout;
#[cfg(test)]
mod tests;

pub use evidence::{Change, Effect, Sensitivity, Tried};
pub use moves::{Move, Present, Reach};
pub use rollout::{live, Costs};

use homeostat::state::Parameter;
use homeostat_settings::Failure;
use serde::Serialize;

use super::{
    fit::{in_order, Fit, HeldOut, Plant, LEAST_PERIODS},
    Forecast, History,
};
use crate::{live::Start, stats::Bootstrap};
use evidence::Rollouts;

/// The fewest fits that a change is judged on.
const FEWEST: usize = 6;
/// The seconds of a day.
const DAY: f64 = 86_400.0;

/// What the council wants, and how hard to look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recommending {
    /// What each of the costs weighs: how many points of the weighted sum one whole of it is.
    pub weights: Costs,
    /// How far rollouts look (days).
    pub horizon: f64,
    /// Who would make the change.
    pub reach: Reach,
    /// The one parameter to look at; all four without it.
    pub only: Option<Parameter>,
    /// The delay of advice, or of a proposal (seconds).
    pub delay: u32,
    /// The duration of the ramp of a change (seconds).
    pub over_seconds: u32,
    /// The intervals of the mean improvement.
    pub bootstrap: Bootstrap,
    /// The threads; the result does not depend on it.
    pub threads: usize,
}

impl Default for Recommending {
    /// A point of staked share that is missing weighs as much as a point of inflation and a
    /// tenth of a point of fees, and five times as much as a point that the emission travels; 60
    /// days; an advisor's range, all four parameters, and the shortest delay; no ramp; 90 %; one thread.
    fn default() -> Self {
        Self {
            weights: Costs {
                shortfall: 1.0,
                inflation: 1.0,
                fee_burden: 10.0,
                effort: 0.2,
            },
            horizon: 60.0,
            reach: Reach::Advisor,
            only: None,
            delay: *homeostat::constants::ROUTINE_DELAY.start(),
            over_seconds: 0,
            bootstrap: Bootstrap {
                level: 0.9,
                ..Bootstrap::default()
            },
            threads: 1,
        }
    }
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Make this change.
    Advise(Move),
    /// Leave all as it is.
    Wait(Reason),
}

/// Why to leave all as it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The guard of this parameter is latched: what it measured may be an attack or an accident.
    Latched(&'static str),
    /// There are fewer periods than a fit needs.
    ShortHistory {
        /// How many there are.
        have: usize,
        /// How many it takes.
        need: usize,
    },
    /// The fits miss the last fifth of the history.
    PoorFit(HeldOut),
    /// The council gave the advisor no range, or the program allows no change there.
    NothingAllowed,
    /// Too few rollouts came to their end.
    FewRollouts {
        /// How many did.
        have: usize,
    },
    /// No change does better than none.
    NothingBetter,
    /// This change looks best, but its improvement may be none: an interval includes zero.
    Unsure(Move),
}

/// What a recommendation rests on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Basis {
    /// The periods of the history.
    pub periods: usize,
    /// The fits that were lived on from, half of them to choose and half to judge by.
    pub fits: usize,
    /// The rollouts.
    pub rollouts: usize,
    /// The days that each looked ahead.
    pub horizon: f64,
    /// How the fits did on the last fifth of the history.
    pub held_out: HeldOut,
    /// Whether demand follows a forecast; otherwise it stays as it is.
    pub forecast: bool,
}

/// A recommendation with its evidence.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recommendation {
    /// What to do.
    pub verdict: Verdict,
    /// What the change that looked best would do; `None` where none was tried.
    pub effect: Option<Effect>,
    /// What is not worse than another in all four costs at once: each with its mean costs, in
    /// order of the first. Other weights would choose another of these.
    pub front: Vec<Tried>,
    /// By which parameter of the people the effect differs, the one that most does first.
    pub sensitivity: Vec<Sensitivity>,
    /// What it rests on; `None` where no fit was looked at.
    pub basis: Option<Basis>,
    /// What it does not know, in words.
    pub unknown: Vec<String>,
}

impl Recommendation {
    fn wait(reason: Reason) -> Self {
        Self {
            verdict: Verdict::Wait(reason),
            effect: None,
            front: Vec::new(),
            sensitivity: Vec::new(),
            basis: None,
            unknown: Vec::new(),
        }
    }
}

/// The reason to wait before anything was fitted, if there is one.
pub fn must_wait(history: &History, present: &Present) -> Option<Reason> {
    if let Some(parameter) = present.latched() {
        return Some(Reason::Latched(Parameter::name(parameter)));
    }
    (history.len() < LEAST_PERIODS).then_some(Reason::ShortHistory {
        have: history.len(),
        need: LEAST_PERIODS,
    })
}

/// What should be changed, given a fit of the history and a forecast of demand. Rollouts go on
/// from `start`, a live economy without people fitted to it, or, without one, each from the end of
/// the history that its people have lived through.
///
/// # Errors
///
/// What no statistic can be taken of (`no_statistic`).
pub fn recommend(
    plant: &Plant,
    history: &History,
    present: &Present,
    fit: &Fit,
    forecast: &Forecast,
    how: &Recommending,
    start: Option<&Start>,
) -> Result<Recommendation, Failure> {
    if let Some(reason) = must_wait(history, present) {
        return Ok(Recommendation::wait(reason));
    }
    if fit.poor {
        return Ok(Recommendation::wait(Reason::PoorFit(fit.held_out)));
    }
    let moves = present.moves(how);
    if moves.is_empty() {
        return Ok(Recommendation::wait(Reason::NothingAllowed));
    }
    let epochs = libm::ceil(how.horizon / plant.epoch_days).max(1.0) as usize;
    let lived = in_order(fit.kept.len(), how.threads, |index| {
        let period = |epoch: usize| {
            let days = (epoch as f64 + 1.0) * plant.epoch_days;
            libm::ceil(days / (f64::from(history.period) / DAY)) as usize
        };
        let candidate = fit.kept.get(index)?;
        let factor = |epoch: usize| forecast.factor(period(epoch));
        let world = match start {
            Some(start) => plant.resume(history, start, candidate, epochs, factor),
            None => plant.replay(history, history.len(), candidate, epochs, factor),
        }
        .ok()?;
        core::iter::once(None)
            .chain(moves.iter().map(Some))
            .map(|one| rollout::live(world.clone(), present, one, how.delay, epochs).ok())
            .collect::<Option<Vec<Costs>>>()
    });
    let rollouts = Rollouts::new(moves, &fit.kept, lived, how.weights);
    let basis = Basis {
        periods: history.len(),
        fits: rollouts.fits(),
        rollouts: rollouts.count(),
        horizon: how.horizon,
        held_out: fit.held_out,
        forecast: forecast.is_on(),
    };
    let unknown = unknown(history, fit, forecast, &rollouts);
    if rollouts.fits() < 2 * FEWEST {
        let have = rollouts.fits();
        return Ok(Recommendation {
            basis: Some(basis),
            unknown,
            ..Recommendation::wait(Reason::FewRollouts { have })
        });
    }
    let front = rollouts.front();
    let Some(best) = rollouts.best() else {
        return Ok(Recommendation {
            front,
            basis: Some(basis),
            unknown,
            ..Recommendation::wait(Reason::NothingBetter)
        });
    };
    let effect = rollouts.effect(best, &how.bootstrap)?;
    let one = rollouts.of(best);
    Ok(Recommendation {
        verdict: if effect.is_sure() {
            Verdict::Advise(one)
        } else {
            Verdict::Wait(Reason::Unsure(one))
        },
        effect: Some(effect),
        front,
        sensitivity: rollouts.sensitivity(best),
        basis: Some(basis),
        unknown,
    })
}

/// What a recommendation does not know.
fn unknown(history: &History, fit: &Fit, forecast: &Forecast, rollouts: &Rollouts) -> Vec<String> {
    let mut all = vec![
        "no shock, attack, whale's exit or late crank is in the rollouts; people's mood stays as \
         it is"
            .to_owned(),
    ];
    let names: Vec<&str> = fit
        .parameters
        .iter()
        .filter(|known| !known.identified)
        .map(|known| known.parameter)
        .collect();
    if !names.is_empty() {
        all.push(format!(
            "the history says nothing of {}; each was anything in its range",
            names.join(", ")
        ));
    }
    if !history.has_prices() {
        all.push("there is no price, so nothing of how the market answers was compared".into());
    }
    if !forecast.is_on() {
        all.push(
            "no forecast of the volume beats the last value; demand was taken as it is".into(),
        );
    }
    let lost = fit.kept.len() - rollouts.fits();
    if lost > 0 {
        all.push(format!("{lost} of {} fits did not live on", fit.kept.len()));
    }
    all
}
