//! The answer of `advisor`, as JSON.

use homeostat_client::Tunable;
use homeostat_control::Fx;
use homeostat_sim::advisor::recommend::{Costs, Move};
use homeostat_sim::advisor::Reach;
use schemars::JsonSchema;
use serde::Serialize;

use super::evidence;
use super::figures::{
    CostsAnswer, EffectAnswer, ForecastAnswer, HeldOutAnswer, HistoryAnswer, KnownAnswer,
    SensitivityAnswer, TriedAnswer,
};
use super::ground::Ground;
use super::look::Looked;
use super::wallets::WalletsAnswer;
use super::way_out::field;
use super::Arguments;
use crate::chain::figure::{exact, term};
use crate::chain::write::Written;

/// The answer of `advisor`. Everything but times, days and counts is a fraction, unless its name
/// says otherwise.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Advice {
    /// The economy.
    pub economy: String,
    /// The cluster's time (unix seconds).
    pub now: i64,
    /// `advise`: make the change; `wait`: leave all as it is.
    pub verdict: &'static str,
    /// Every reason to wait; empty with the verdict `advise`.
    pub waits: Vec<Wait>,
    /// The change that is recommended.
    pub change: Option<ChangeAnswer>,
    /// What it would do and what that rests on, in sentences.
    pub evidence: Vec<String>,
    /// What would change it, in sentences.
    pub would_change: Vec<String>,
    /// What is not known, in sentences.
    pub unknown: Vec<String>,
    /// What the change that looked best would do; absent where none was tried or none was better.
    pub effect: Option<EffectAnswer>,
    /// What is not worse than another in all four costs at once.
    pub front: Vec<TriedAnswer>,
    /// By which parameter of the people the effect differs, the one that most does first.
    pub sensitivity: Vec<SensitivityAnswer>,
    /// What is known of the people.
    pub people: Vec<KnownAnswer>,
    /// How the people that explain the history did on the last fifth of it; absent where none
    /// were looked for.
    pub held_out: Option<HeldOutAnswer>,
    /// The forecast of demand; absent where the history is too short.
    pub forecast: Option<ForecastAnswer>,
    /// The history; absent where it was not read.
    pub history: Option<HistoryAnswer>,
    /// The wallets; absent where they could not be read.
    pub wallets: Option<WalletsAnswer>,
    /// What was asked for.
    pub asked: Asked,
    /// The proposal file that was written.
    pub proposal_file: Option<String>,
    /// What became of the advice that was sent.
    pub sent: Option<Written>,
}

/// A reason to wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Wait {
    /// `not_live`, `funded_economy`, `tripped`, `paused`, `guard_latched`, `advice_pending`,
    /// `short_history`, `short_horizon`, `no_fit`, `poor_fit`, `unfit_economy`, `nothing_allowed`,
    /// `few_rollouts`, `nothing_better` or `unsure`.
    pub code: &'static str,
    /// The same with figures.
    pub text: String,
}

/// A change.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ChangeAnswer {
    /// `emission`, `fee`, `burn` or `liquidity`.
    pub parameter: &'static str,
    /// `setpoint` or `bias`.
    pub field: &'static str,
    /// The target in force.
    pub from: String,
    /// The target that is recommended.
    pub to: String,
    /// The duration of the ramp (seconds).
    pub over_seconds: u32,
    /// Who would make it: `advisor` or `council`.
    pub by: &'static str,
}

impl ChangeAnswer {
    /// A change of the search.
    pub fn new(change: &Move) -> Self {
        let [from, to] = [change.from, change.to].map(|number| value(change.field, number));
        Self {
            parameter: change.parameter.name(),
            field: field(change.field),
            from,
            to,
            over_seconds: change.over_seconds,
            by: match change.reach {
                Reach::Advisor => "advisor",
                Reach::Council => "council",
            },
        }
    }
}

/// A setpoint or a bias as settings files have it.
pub fn value(field: Tunable, number: Fx) -> String {
    match field {
        Tunable::Bias => term(number),
        _ => exact(number),
    }
}

/// What was asked for.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Asked {
    /// What each cost weighs.
    pub weights: CostsAnswer<f64>,
    /// How far rollouts look (days).
    pub horizon_days: f64,
    /// The delay of the change in them (seconds).
    pub delay_seconds: u32,
    /// The one parameter that was looked at; absent = all four.
    pub parameter: Option<&'static str>,
    /// The kinds of people that were tried.
    pub candidates: u32,
    /// Those that were kept.
    pub seeds: u32,
    /// The number of simulated people.
    pub people: u32,
    /// The seed.
    pub seed: u64,
}

impl Advice {
    /// What was found.
    pub fn new(arguments: &Arguments, ground: &Ground, looked: &Looked) -> Self {
        let found = looked.recommendation.as_ref();
        let change = looked.change();
        let weights: Costs = looked.how.weights;
        Self {
            economy: ground.live.at.economy.to_string(),
            now: ground.now,
            verdict: if change.is_some() { "advise" } else { "wait" },
            waits: looked.waits.clone(),
            change: change.as_ref().map(ChangeAnswer::new),
            evidence: evidence::sentences(ground, looked),
            would_change: found.map_or(Vec::new(), evidence::would_change),
            unknown: evidence::unknown(ground, looked),
            effect: found.and_then(|found| found.effect.as_ref().map(EffectAnswer::from)),
            front: found.map_or(Vec::new(), |found| {
                found.front.iter().map(TriedAnswer::from).collect()
            }),
            sensitivity: found.map_or(Vec::new(), |found| {
                let all = found.sensitivity.iter();
                all.map(SensitivityAnswer::from).collect()
            }),
            people: looked.people.iter().map(KnownAnswer::from).collect(),
            held_out: looked.held_out.as_ref().map(HeldOutAnswer::from),
            forecast: looked.forecast.as_ref().map(ForecastAnswer::from),
            history: looked.told.as_ref().map(HistoryAnswer::from),
            wallets: looked
                .groups
                .as_ref()
                .ok()
                .map(|grouped| WalletsAnswer::new(grouped, ground.live.economy.decimals)),
            asked: Asked {
                weights: weights.values().into(),
                horizon_days: looked.how.horizon,
                delay_seconds: looked.how.delay,
                parameter: looked.how.only.map(|parameter| parameter.name()),
                candidates: arguments.candidates,
                seeds: arguments.seeds,
                people: arguments.people,
                seed: arguments.seed,
            },
            proposal_file: None,
            sent: None,
        }
    }
}
