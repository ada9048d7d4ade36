//! History, fit, forecast, groups and search, one after the other, until one of them says to
//! wait.

use homeostat_chain::history;
use homeostat_client::Wiring;
use homeostat_sim::advisor::fit::{HeldOut, Known};
use homeostat_sim::advisor::recommend::{must_wait, Move, Reason};
use homeostat_sim::advisor::{
    fit, recommend, Fit, Fitting, Forecast, Plant, Present, Reach, Recommendation, Recommending,
    Told, Verdict,
};
use homeostat_sim::chain::{Design, Loop};

use super::answer::Wait;
use super::ground::Ground;
use super::wallets::{self, Grouped};
use super::{evidence, Arguments};
use crate::chain::start;
use crate::chain::Context;
use crate::failure::Failure;

/// The seconds of a day.
const DAY: f64 = 86_400.0;
/// How far rollouts look (days), unless the history is shorter.
const HORIZON: f64 = 60.0;

/// What was found, as far as it was looked.
pub struct Looked {
    /// Every reason to wait.
    pub waits: Vec<Wait>,
    /// Who owns and stakes, or why that is not known.
    pub groups: Result<Grouped, String>,
    /// What the cranks told.
    pub told: Option<Told>,
    /// The forecast of demand.
    pub forecast: Option<Forecast>,
    /// What is known of the people.
    pub people: Vec<Known>,
    /// How they did on the last fifth of the history.
    pub held_out: Option<HeldOut>,
    /// What to do.
    pub recommendation: Option<Recommendation>,
    /// How it was searched.
    pub how: Recommending,
}

impl Looked {
    /// The change that is recommended.
    pub fn change(&self) -> Option<Move> {
        match self.recommendation.as_ref()?.verdict {
            Verdict::Advise(change) => Some(change),
            Verdict::Wait(_) => None,
        }
    }

    fn wait(mut self, wait: Wait) -> Self {
        self.waits.push(wait);
        self
    }
}

/// Looks at everything until something says to wait.
pub fn look(context: &Context, arguments: &Arguments, ground: &Ground) -> Result<Looked, Failure> {
    let delays = &ground.council.delays;
    let (reach, delay) = match arguments.proposal {
        // Whatever the change, it is not made sooner than that.
        Some(_) => (Reach::Council, delays.standard),
        None => (Reach::Advisor, delays.routine),
    };
    let mut looked = Looked {
        waits: ground.hindrances(),
        groups: wallets::grouped(context, ground, arguments.seed),
        told: None,
        forecast: None,
        people: Vec::new(),
        held_out: None,
        recommendation: None,
        how: Recommending {
            weights: arguments.weights,
            horizon: arguments.horizon.map_or(HORIZON, f64::from),
            reach,
            only: arguments.only,
            delay,
            over_seconds: arguments.over,
            threads: arguments.threads.map_or_else(cores, usize::from),
            ..Recommending::default()
        },
    };
    if !looked.waits.is_empty() {
        return Ok(looked);
    }

    let told = read(context, arguments, ground)?;
    let economy = &ground.live.economy;
    let present = Present::of(economy, economy.last_crank);
    let history = told.history.clone();
    looked.told = Some(told.clone());
    if arguments.horizon.is_none() {
        let seconds = economy.last_crank.saturating_sub(history.start);
        looked.how.horizon = (seconds as f64 / DAY).min(HORIZON);
    }
    if let Some(reason) = must_wait(&history, &present) {
        return Ok(looked.wait(evidence::wait(reason)));
    }
    // A change comes with the first crank after its delay, and has to last for a period.
    let first = f64::from(delay) + 2.0 * f64::from(economy.limits.period);
    if looked.how.horizon * DAY < first {
        let text = format!(
            "rollouts of {:.1} days would end before a change shows, which takes {:.1} days; take \
             a longer --horizon",
            looked.how.horizon,
            first / DAY
        );
        let code = "short_horizon";
        return Ok(looked.wait(Wait { code, text }));
    }

    let plant = plant(context, ground, &told, arguments.people)?;
    let fitting = Fitting {
        candidates: arguments.candidates,
        kept: arguments.seeds as usize,
        seed: arguments.seed,
        threads: looked.how.threads,
        ..Fitting::default()
    };
    context.say(&format!(
        "fitting {} kinds of people to {} periods",
        fitting.candidates,
        history.len()
    ));
    let found: Fit = match fit(&plant, &history, &fitting) {
        Ok(found) => found,
        Err(failure) if failure.code == "no_fit" => {
            let text = format!(
                "hardly any kind of people can live in this economy: {}",
                failure.message
            );
            let code = "no_fit";
            return Ok(looked.wait(Wait { code, text }));
        }
        Err(failure) => return Err(failure),
    };
    let forecast = Forecast::of(&history).map_err(|error| {
        Failure::new("no_statistic", error.to_string())
            .remedy("report it with the history that it came from")
    })?;
    let mut start = match start::read(context, &ground.live)?.start {
        Ok(start) => start,
        Err(unfit) => {
            let (code, text) = ("unfit_economy", format!("no rollout can start: {unfit}"));
            return Ok(looked.wait(Wait { code, text }));
        }
    };
    // The people are fitted to the history, and not once more to the present.
    start.fits_people = false;
    context.say(&format!(
        "trying {} changes on {} of them, {:.0} days ahead",
        present.moves(&looked.how).len(),
        found.kept.len(),
        looked.how.horizon
    ));
    let how = looked.how;
    let recommendation = recommend(
        &plant,
        &history,
        &present,
        &found,
        &forecast,
        &how,
        Some(&start),
    )?;
    if let Verdict::Wait(reason) = recommendation.verdict {
        looked = looked.wait(evidence::wait(reason));
    }
    looked.forecast = Some(forecast);
    looked.people = found.parameters;
    looked.held_out = Some(found.held_out);
    looked.recommendation = Some(recommendation);
    Ok(looked)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The history that the server's cranks tell, up to the state that was read.
fn read(context: &Context, arguments: &Arguments, ground: &Ground) -> Result<Told, Failure> {
    let (live, most) = (&ground.live, arguments.periods as usize);
    context.say(&format!("reading the last {most} cranks"));
    let at = &live.at;
    let mut cranks = history::cranks(&context.connection, &at.log, &at.economy, most, context)?;
    // A crank that came after the accounts were read is of the next question.
    let periods = live.economy.totals.periods;
    cranks.retain(|crank| crank.period <= periods);
    let last = cranks.last().map_or(0, |crank| crank.period);
    let mut told = homeostat_sim::advisor::History::of_cranks(&live.economy.limits, &cranks)?;
    if last < periods {
        // What lies between the history and now is not known: it cannot be gone on from there.
        told.history.observations.clear();
        told.notes.push(format!(
            "the server's last crank is that of period {last}, and {periods} periods have ended"
        ));
    }
    Ok(told)
}

/// The economy as the simulator knows it.
fn plant(context: &Context, ground: &Ground, told: &Told, people: u32) -> Result<Plant, Failure> {
    let economy = &ground.live.economy;
    let unknown = |_| context.connection.nonsense("an unknown metric or signal");
    let wirings: Vec<Wiring> = economy
        .controllers
        .iter()
        .map(|controller| controller.wiring())
        .collect::<Result<_, _>>()
        .map_err(unknown)?;
    let loops = core::array::from_fn(|index| Loop {
        wiring: wirings[index],
        config: economy.controllers[index].config(),
        guard: economy.controllers[index].guard_config(),
    });
    Ok(Plant {
        design: Design {
            supply: told.supply,
            excluded: told.excluded,
            limits: economy.limits,
            controllers: loops,
        },
        people: people as usize,
        epoch_days: epoch_days(f64::from(economy.limits.period) / DAY),
    })
}

/// The length of an epoch (days): a period has a whole number of them, and none is longer than a
/// day unless only the period itself divides it exactly.
fn epoch_days(period_days: f64) -> f64 {
    let least = period_days.ceil().max(1.0) as u32;
    (least..least.saturating_mul(2))
        .map(|parts| period_days / f64::from(parts))
        .find(|epoch| {
            let parts = period_days / epoch;
            parts == parts.round()
        })
        .unwrap_or(period_days)
}

/// Why the search itself says to wait, as a code.
pub fn code(reason: &Reason) -> &'static str {
    match reason {
        Reason::Latched(_) => "guard_latched",
        Reason::ShortHistory { .. } => "short_history",
        Reason::PoorFit(_) => "poor_fit",
        Reason::NothingAllowed => "nothing_allowed",
        Reason::FewRollouts { .. } => "few_rollouts",
        Reason::NothingBetter => "nothing_better",
        Reason::Unsure(_) => "unsure",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_has_a_whole_number_of_epochs() {
        for seconds in [
            60_u32, 3_600, 50_000, 86_400, 100_000, 129_600, 604_800, 2_592_000,
        ] {
            let period = f64::from(seconds) / DAY;
            let parts = period / epoch_days(period);
            assert!(parts >= 1.0 && parts == parts.round(), "{seconds}: {parts}");
            assert!(epoch_days(period) <= 1.0, "{seconds}");
        }
        assert_eq!(epoch_days(7.0), 1.0);
    }
}
