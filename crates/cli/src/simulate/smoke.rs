//! A quiet year of an economy file, lived a few times: enough to tell a founder what it would do.

use std::path::Path;

use homeostat::state::Parameter;
use homeostat_sim::bench::ordered;
use homeostat_sim::effect::{self, Figures, Refused, FIGURES};
use homeostat_sim::policy::Policy;
use homeostat_sim::run::Case;
use homeostat_sim::scenario::Scenario;
use homeostat_sim::stats::Bootstrap;
use homeostat_sim::Metrics;
use schemars::JsonSchema;
use serde::Serialize;

use super::setting::Lived;
use super::{refused_in, Arguments};
use crate::failure::Failure;
use crate::files::economy_from;
use crate::progress::Progress;

/// People of a run.
const PEOPLE: u64 = 200;
/// Days of a run; figures are taken from its last two thirds.
const DAYS: u64 = 365;
/// Most epochs of a run.
const MOST_EPOCHS: u64 = 2_000;
/// Seeds, each of which draws its own people.
const SEEDS: u64 = 8;

/// What a quiet year was like.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Smoke {
    /// People of each run.
    pub people: u64,
    /// Days of each run.
    pub days: f64,
    /// Runs, each with people of its own.
    pub seeds: u64,
    /// Means over the runs (fractions; rates a year), without what could not be told.
    pub figures: Vec<Figure>,
    /// For each parameter, the part of the decisions in which it rested at a limit and wanted
    /// further, the most first.
    pub at_limit: Vec<Figure>,
}

/// A mean over the runs, with its BCa bootstrap interval of 95 %.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Figure {
    /// What it is of.
    pub name: String,
    /// The mean.
    pub mean: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Figure {
    /// `None` where fewer than two runs have it.
    fn of(name: &str, values: impl Iterator<Item = f64>) -> Option<Self> {
        let values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
        let mean = |values: &mut [f64]| values.iter().sum::<f64>() / values.len() as f64;
        let estimate = Bootstrap::default().bca(&values, mean).ok()?;
        Some(Self {
            name: name.to_owned(),
            mean: estimate.value,
            low: estimate.low,
            high: estimate.high,
        })
    }
}

impl Smoke {
    /// The figure of a name.
    pub fn figure(&self, name: &str) -> Option<&Figure> {
        self.figures.iter().find(|figure| figure.name == name)
    }
}

/// Epochs of a run: days, or periods where these are shorter, and then fewer days, because a year
/// of minutes would take hours.
fn epochs(economy: &Path) -> Result<u64, Failure> {
    const DAY: u64 = 86_400;
    let period = u64::from(economy_from(economy)?.period).clamp(1, DAY);
    Ok((DAYS * DAY).div_ceil(period).min(MOST_EPOCHS))
}

/// Lives a quiet year of the economy that a file describes, once for each seed. The result does not
/// depend on the number of threads.
///
/// # Errors
///
/// A file that no run can be made of, as of `simulate --economy`; a run in which the program
/// refuses something.
pub fn smoke(economy: &Path) -> Result<Smoke, Failure> {
    let lived = Lived::of(
        &Arguments {
            scenario: Scenario::Stationary,
            policy: Policy::Homeostat,
            seed: 1,
            people: PEOPLE,
            epochs: Some(epochs(economy)?),
            period: None,
            economy: Some(economy.to_owned()),
            from_chain: None,
            mint: None,
            creator: None,
            proposal: None,
            seeds: SEEDS,
            series: None,
            chart: Default::default(),
        },
        None,
    )?;
    let case = |index: usize| Case {
        scenario: Scenario::Stationary,
        policy: Policy::Homeostat,
        seed: 1 + index as u64,
    };
    let work = |index: usize| -> Result<(Figures, [f64; 4]), Refused> {
        let refused = |error| Refused { epoch: 0, error };
        let mut run = lived.prepare(case(index)).map_err(refused)?;
        let figures = effect::live(&mut run, None)?;
        let of = Metrics::of(&run.world);
        let at_limit = [
            of.emission_at_limit,
            of.fee_at_limit,
            of.burn_at_limit,
            of.liquidity_at_limit,
        ];
        Ok((figures, at_limit))
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut progress = Progress::start();
    let mut lives = Vec::new();
    ordered(0..SEEDS as usize, threads, work, |index, told| {
        progress.tell(|| format!("{} of {SEEDS} years", index + 1));
        lives.push(told.map_err(|Refused { epoch, error }| {
            refused_in(
                &format!("in epoch {} of seed {}", epoch + 1, index + 1),
                &error,
            )
        })?);
        Ok(())
    })?;
    let figures = FIGURES.iter().enumerate();
    let figures = figures
        .filter_map(|(place, (name, _))| Figure::of(name, lives.iter().map(|it| it.0[place])));
    let mut at_limit: Vec<Figure> = Parameter::ALL
        .into_iter()
        .filter_map(|parameter| {
            let values = lives.iter().map(|it| it.1[parameter.index()]);
            Figure::of(parameter.name(), values)
        })
        .collect();
    at_limit.sort_by(|one, other| other.mean.total_cmp(&one.mean));
    Ok(Smoke {
        people: PEOPLE,
        days: lived.setting.calendar.epochs as f64 * lived.setting.calendar.epoch_days,
        seeds: SEEDS,
        figures: figures.collect(),
        at_limit,
    })
}
