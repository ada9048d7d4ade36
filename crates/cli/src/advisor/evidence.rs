//! The evidence for a recommendation, in whole sentences.

use homeostat_sim::advisor::fit::HeldOut;
use homeostat_sim::advisor::recommend::{Effect, Move, Reason, Sensitivity};
use homeostat_sim::advisor::{Forecast, Reach, Recommendation, Told};

use super::answer::{value, Wait};
use super::ground::Ground;
use super::look::{self, Looked};
use super::wallets::Grouped;
use super::way_out::field;
use crate::chain::{duration, time};

/// Differences of this many standard errors and more are told.
const TOLD: f64 = 2.0;

/// Why the search says to wait, with figures.
pub fn wait(reason: Reason) -> Wait {
    let text = match reason {
        Reason::Latched(parameter) => format!("the guard of the {parameter} is latched"),
        Reason::ShortHistory { have, need } => {
            format!("{have} periods can be read, and a fit needs {need}")
        }
        Reason::PoorFit(held_out) => format!(
            "the people that explain the first four fifths of the history do not explain the last \
             one: {}; at least half of the periods have to lie inside",
            inside(&held_out)
        ),
        Reason::NothingAllowed => "the council gave the advisor no range, or the program allows \
                                   no change in it; --proposal FILE looks at what the council \
                                   may do"
            .into(),
        Reason::FewRollouts { have } => format!(
            "only {have} of the simulated economies lived to the end, too few to choose and to \
             judge by"
        ),
        Reason::NothingBetter => "no change does better than leaving all as it is".into(),
        Reason::Unsure(change) => format!(
            "{} looks best, but its improvement may be none: an interval includes zero",
            described(&change)
        ),
    };
    Wait {
        code: look::code(&reason),
        text,
    }
}

/// What of the last fifth of the history lay inside the bars.
fn inside(held_out: &HeldOut) -> String {
    let percent = |part: f64| format!("{:.0} %", part * 100.0);
    let price = held_out.price_inside.map_or(String::new(), |price| {
        format!(" and {} of the prices", percent(price))
    });
    format!(
        "{} of the staked shares, {} of the volumes{price} of {} periods lie inside their 90 % bars",
        percent(held_out.share_inside),
        percent(held_out.volume_inside),
        held_out.periods
    )
}

/// A change as the subject of a sentence.
pub fn described(change: &Move) -> String {
    let [from, to] = [change.from, change.to].map(|number| value(change.field, number));
    let over = match change.over_seconds {
        0 => String::new(),
        seconds => format!(", over {}", duration(u64::from(seconds))),
    };
    format!(
        "moving the {} of the {} from {from} to {to}{over}",
        field(change.field),
        change.parameter.name()
    )
}

/// What was found and what it rests on.
pub fn sentences(ground: &Ground, looked: &Looked) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(told) = &looked.told {
        all.push(history(told));
    }
    let Some(found) = &looked.recommendation else {
        return all;
    };
    if let Some(effect) = &found.effect {
        effects(looked, effect, &mut all);
    }
    if let Some(basis) = &found.basis {
        all.push(format!(
            "It rests on {} rollouts of {:.0} days: {} kinds of people explain the history best, \
             half of them chose the change and the other half judged it.",
            basis.rollouts, basis.horizon, basis.fits
        ));
        all.push(format!(
            "Of the last fifth of the history, which they had not seen, {}.",
            inside(&basis.held_out)
        ));
    }
    if let Some(forecast) = &looked.forecast {
        all.push(demand(forecast));
    }
    if let Some(change) = looked.change() {
        all.push(way(ground, looked, &change));
    }
    all
}

fn history(told: &Told) -> String {
    let history = &told.history;
    match history.observations.last() {
        Some(last) => format!(
            "The history has {} periods, from {} to {}.",
            history.len(),
            time(history.start),
            time(last.end)
        ),
        None => "The history has no period.".into(),
    }
}

fn effects(looked: &Looked, effect: &Effect, all: &mut Vec<String>) {
    let improvement = &effect.improvement;
    all.push(format!(
        "Within {:.0} days the weighted sum of the costs falls by {:.4} on average (90 % interval \
         {:.4} to {:.4}), in a single economy by {:.4} to {:.4}; it falls in {:.0} % of those that \
         judge.",
        looked.how.horizon,
        improvement.mean.value,
        improvement.mean.low,
        improvement.mean.high,
        improvement.low,
        improvement.high,
        effect.better_in * 100.0
    ));
    let subjects = [
        "What is missing of the staked share to its target changes",
        "The growth of the supply in a year changes",
        "The fees over what is paid change",
        "The way that the emission travels in a year changes",
    ];
    for (subject, change) in subjects.into_iter().zip(&effect.costs) {
        let [mean, low, high, one, other] = [
            change.mean.value,
            change.mean.low,
            change.mean.high,
            change.low,
            change.high,
        ]
        .map(|part| part * 100.0);
        all.push(format!(
            "{subject} by {mean:+.3} points on average ({low:+.3} to {high:+.3}), in a single \
             economy by {one:+.3} to {other:+.3}."
        ));
    }
}

fn demand(forecast: &Forecast) -> String {
    let on: Vec<String> = forecast
        .horizons
        .iter()
        .filter(|scored| scored.on)
        .map(|scored| format!("{} periods", scored.horizon))
        .collect();
    if on.is_empty() {
        "Demand is taken as it is: no model of it did better than the last value.".into()
    } else {
        format!(
            "Demand follows a model that did better than the last value over {}; it expects {:.2} \
             times the last volume after twelve periods.",
            on.join(", "),
            forecast.factor(12)
        )
    }
}

/// How the change would be made.
fn way(ground: &Ground, looked: &Looked, change: &Move) -> String {
    let wait = duration(u64::from(looked.how.delay));
    match change.reach {
        Reach::Advisor => format!(
            "It is inside the advisor's range: a crank applies it after {wait}, unless the \
             guardian vetoes it."
        ),
        Reach::Council => {
            let controller = &ground.live.economy.controllers[change.parameter.index()];
            let class = if change.is_routine(controller) {
                "inside the envelope, and a Routine proposal is enough"
            } else {
                "outside the envelope, and takes a Standard proposal"
            };
            format!("It is {class}; the rollouts make it after {wait}.")
        }
    }
}

/// What would change the recommendation.
pub fn would_change(found: &Recommendation) -> Vec<String> {
    let mut all: Vec<String> = found
        .sensitivity
        .iter()
        .filter(|one| one.errors.abs() >= TOLD)
        .map(sensitive)
        .collect();
    let others = found.front.len().saturating_sub(1);
    if others > 0 {
        all.push(format!(
            "Other weights may choose another of the {} that are not worse than any in all four \
             costs at once.",
            found.front.len()
        ));
    }
    all
}

fn sensitive(one: &Sensitivity) -> String {
    let flips = if one.flips {
        ", so whoever knew it better might choose otherwise"
    } else {
        ""
    };
    format!(
        "Where {} is below {:.4} the sum falls by {:.4}, where it is above by {:.4} (a difference \
         of {:.1} standard errors){flips}.",
        one.parameter,
        one.median,
        one.below,
        one.above,
        one.errors.abs()
    )
}

/// What is not known.
pub fn unknown(ground: &Ground, looked: &Looked) -> Vec<String> {
    let mut all = Vec::new();
    let sentence = |text: &str| {
        let mut letters = text.chars();
        let first = letters
            .next()
            .map(|letter| letter.to_uppercase().to_string());
        format!("{}{}.", first.unwrap_or_default(), letters.as_str())
    };
    if let Some(told) = &looked.told {
        all.extend(told.notes.iter().map(|note| sentence(note)));
    }
    if let Some(found) = &looked.recommendation {
        all.extend(found.unknown.iter().map(|text| sentence(text)));
        let pools = ground.live.economy.active_pools().count().saturating_sub(1);
        if pools != 1 {
            all.push(format!(
                "The simulator has one liquidity pool, and the economy has {pools}."
            ));
        }
        if looked.told.is_some() {
            all.push(
                "Limits and unbonding time are those of today, also where they were others in the \
                 history."
                    .into(),
            );
        }
    }
    match &looked.groups {
        Err(why) => all.push(sentence(why)),
        Ok(Grouped { .. }) => all.push(
            "Accounts do not tell how often a wallet pays and how much; groups are of stake and \
             of its age alone."
                .into(),
        ),
    }
    all
}
