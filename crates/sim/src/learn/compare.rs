//! The comparison: every contender lives the same cases, on seeds that nothing was trained on.

use serde::Serialize;

use super::{
    decision_epochs,
    horizon::{Fitted, Horizon, Model},
    linear::Linear,
    live,
    sets::GainSets,
    train::{together, Trained},
    Pilot,
};
use crate::{
    advisor::Plant,
    chain::{Chain, Error},
    plant::{Outlook, Steering, World},
    policy::Policy,
    run::{Case, Setting},
    scenario::Scenario,
    stats::{self, Better, Bootstrap, StatsError, Summary},
    Metrics,
};
use homeostat::state::{Report, Snapshot};

/// How much a bandit that goes on learning trusts what it was trained on, in lessons of each set.
const PRIOR_LESSONS: u64 = 20;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Contender {
    /// The design's own values for ever: no steering at all.
    NoSteering,
    /// The economy's own controllers with the design's gains.
    FixedGains,
    /// The same with the gains that CMA-ES found.
    SearchedGains,
    /// Receding horizon over a model of the true people.
    HorizonTrue,
    /// Receding horizon over people drawn from the ranges.
    HorizonDrawn,
    /// Receding horizon over people fitted to the history.
    HorizonFitted,
    /// A bandit among sets of gains, as it was trained.
    BanditFrozen,
    /// The same, which goes on learning in each run.
    BanditLearning,
    /// A linear policy.
    LinearPolicy,
}

impl Contender {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 9] = [
        Self::NoSteering,
        Self::FixedGains,
        Self::SearchedGains,
        Self::HorizonTrue,
        Self::HorizonDrawn,
        Self::HorizonFitted,
        Self::BanditFrozen,
        Self::BanditLearning,
        Self::LinearPolicy,
    ];

    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoSteering => "no steering",
            Self::FixedGains => "fixed gains",
            Self::SearchedGains => "searched gains",
            Self::HorizonTrue => "receding horizon, true people",
            Self::HorizonDrawn => "receding horizon, drawn people",
            Self::HorizonFitted => "receding horizon, fitted people",
            Self::BanditFrozen => "bandit, frozen",
            Self::BanditLearning => "bandit, learning on",
            Self::LinearPolicy => "linear policy",
        }
    }
}

/// What a comparison is made of.
#[derive(Clone, Debug)]
pub struct Plan {
    /// People, calendar and the design that all start from, which has the program's own gains.
    pub setting: Setting,
    /// The scenarios.
    pub scenarios: Vec<Scenario>,
    /// The seeds to train on, below 64.
    pub training_seeds: Vec<u64>,
    /// The budget, in generations of the search for gains.
    pub generations: usize,
    /// The seeds to judge on.
    pub test_seeds: Vec<u64>,
    /// The threads to use; at least one.
    pub threads: usize,
}

impl Plan {
    /// The candidates of a generation: CMA-ES takes 4 + floor(3 ln n) in n = 8 dimensions.
    pub const POPULATION: usize = 10;

    /// The cases to train on.
    pub fn training_cases(&self) -> usize {
        self.scenarios.len() * self.training_seeds.len()
    }

    /// The lives that each learner may spend, in every case to train on: the references, the
    /// candidates of all generations, and once more what the search starts with and what it
    /// found. All of them spend it to the last life.
    pub fn budget(&self) -> usize {
        self.training_cases() * (Self::POPULATION * self.generations + 3)
    }

    /// The simulated years of so many lives.
    pub fn years(&self, lives: usize) -> f64 {
        let calendar = &self.setting.calendar;
        (lives * calendar.epochs) as f64 * calendar.epoch_days / 365.0
    }

    /// How often a planner or a bandit decides in a life.
    pub fn decisions(&self) -> usize {
        let calendar = &self.setting.calendar;
        calendar.epochs.saturating_sub(1) / decision_epochs(calendar.epoch_days)
    }
}

/// One life.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// What steered.
    pub contender: Contender,
    /// What happened.
    pub scenario: Scenario,
    /// Who lived there.
    pub seed: u64,
    /// What it cost ([`super::cost`]).
    pub cost: f64,
    /// The ITAE of the staked share (days squared).
    pub itae: f64,
    /// That of static untuned in the same case.
    pub reference: f64,
    /// The effort (points of the supply a year, as a fraction).
    pub effort: f64,
    /// The overshoot (fraction).
    pub overshoot: f64,
    /// The part of the time that the emission rested at a limit.
    pub emission_at_limit: f64,
    /// Whether the program refused something.
    pub failed: bool,
    /// The epochs that were lived in rollouts.
    pub imagined: u64,
}

/// The economy's own controllers, left alone.
#[derive(Clone, Copy, Debug)]
struct Own;

impl Pilot for Own {
    fn look(&mut self, _: &World) -> Result<(), Error> {
        Ok(())
    }
}

impl Steering for Own {
    fn steer(&mut self, _: &mut Chain, _: &Snapshot, _: &Report, _: &Outlook) -> Result<(), Error> {
        Ok(())
    }
}

/// Lives all test cases with all contenders, on the plan's threads. Rows come scenario by
/// scenario, seed by seed, contender by contender.
pub fn test(plan: &Plan, trained: &Trained) -> Vec<Row> {
    let cases: Vec<(Scenario, u64)> = plan
        .scenarios
        .iter()
        .flat_map(|scenario| plan.test_seeds.iter().map(|seed| (*scenario, *seed)))
        .collect();
    together(plan, cases.len(), |index| {
        let (scenario, seed) = cases[index];
        contend(plan, trained, scenario, seed)
    })
    .concat()
}

/// The rows of one case.
fn contend(plan: &Plan, trained: &Trained, scenario: Scenario, seed: u64) -> Vec<Row> {
    let case = |policy| Case {
        scenario,
        policy,
        seed,
    };
    let untuned = plan.setting.run(case(Policy::StaticUntuned));
    let reference = untuned.as_ref().map_or(f64::NAN, |metrics| metrics.itae);
    let row = |contender, metrics: Option<&Metrics>, imagined| {
        let of = |figure: fn(&Metrics) -> f64| metrics.map_or(f64::NAN, figure);
        Row {
            contender,
            scenario,
            seed,
            cost: super::cost::of_life(metrics, reference),
            itae: of(|metrics| metrics.itae),
            reference,
            effort: of(|metrics| metrics.effort),
            overshoot: of(|metrics| metrics.overshoot),
            emission_at_limit: of(|metrics| metrics.emission_at_limit),
            failed: metrics.is_none(),
            imagined,
        }
    };
    let mut rows = Vec::with_capacity(Contender::ALL.len());
    for contender in Contender::ALL {
        if contender == Contender::NoSteering {
            rows.push(row(contender, untuned.as_ref(), 0));
            continue;
        }
        let mut setting = plan.setting.clone();
        if contender == Contender::SearchedGains {
            trained.gains.apply(&mut setting.design);
        }
        let mut pilot = pilot(contender, trained, &setting, seed);
        let run = setting.prepare(case(Policy::Homeostat)).ok();
        let metrics = run.and_then(|run| live(run.world, pilot.as_mut()));
        rows.push(row(contender, metrics.as_ref(), pilot.imagined()));
    }
    rows
}

/// What a contender steers with.
fn pilot(contender: Contender, trained: &Trained, setting: &Setting, seed: u64) -> Box<dyn Pilot> {
    let usual = trained.usual_error;
    match contender {
        Contender::NoSteering | Contender::FixedGains | Contender::SearchedGains => Box::new(Own),
        Contender::HorizonTrue => Box::new(Horizon::new(Model::TruePeople, seed, usual)),
        Contender::HorizonDrawn => Box::new(Horizon::new(Model::DrawnPeople, seed, usual)),
        Contender::HorizonFitted => {
            let plant = Plant {
                design: setting.design.clone(),
                people: setting.people,
                epoch_days: setting.calendar.epoch_days,
            };
            let model = Model::FittedPeople(Box::new(Fitted::new(plant)));
            Box::new(Horizon::new(model, seed, usual))
        }
        Contender::BanditFrozen => Box::new(GainSets::new(trained.bandit.greedy(), false, usual)),
        Contender::BanditLearning => Box::new(GainSets::new(
            trained.bandit.as_prior(PRIOR_LESSONS),
            true,
            usual,
        )),
        Contender::LinearPolicy => Box::new(Linear::new(
            trained.policy.clone(),
            setting.calendar.shock(),
        )),
    }
}

/// A contender in a scenario, or over all of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// What steered.
    pub contender: Contender,
    /// Where; `None` is the mean over all scenarios, seed by seed, as one seed's scenarios have
    /// the same people.
    pub scenario: Option<Scenario>,
    /// The costs.
    pub cost: Summary,
    /// Against fixed gains; `None` for those themselves.
    pub against: Option<Against>,
}

/// A contender against fixed gains, paired by seed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Against {
    /// The differences of the cost, less being better.
    pub difference: Summary,
    /// Their median with its interval, the test, and the win rate.
    pub paired: stats::Comparison,
    /// The p value of the test after Holm's correction: over all contenders and scenarios, or over
    /// all contenders where it is the mean over scenarios.
    pub p: f64,
}

/// What a comparison shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Over all scenarios, one line a contender.
    pub overall: Vec<Line>,
    /// By scenario and contender.
    pub by_scenario: Vec<Line>,
    /// The epochs in rollouts of all lives, by contender.
    pub imagined: Vec<(Contender, u64)>,
    /// The lives that failed, by contender.
    pub failed: Vec<(Contender, usize)>,
}

impl Comparison {
    /// What the rows of a plan show.
    ///
    /// # Errors
    ///
    /// Fewer than two test seeds, or a case in which static untuned failed, so that nothing can be
    /// measured by it.
    pub fn of(plan: &Plan, rows: &[Row], bootstrap: &Bootstrap) -> Result<Self, StatsError> {
        let costs = |contender, scenario| -> Vec<f64> {
            rows.iter()
                .filter(|row| row.contender == contender && row.scenario == scenario)
                .map(|row| row.cost)
                .collect()
        };
        let means = |contender| -> Vec<f64> {
            let mut sums = vec![0.0; plan.test_seeds.len()];
            for scenario in &plan.scenarios {
                for (sum, cost) in sums.iter_mut().zip(costs(contender, *scenario)) {
                    *sum += cost;
                }
            }
            let count = plan.scenarios.len() as f64;
            sums.iter().map(|sum| sum / count).collect()
        };
        let mut overall = Vec::new();
        for contender in Contender::ALL {
            let fixed = means(Contender::FixedGains);
            overall.push(line(contender, None, &means(contender), &fixed, bootstrap)?);
        }
        let mut by_scenario = Vec::new();
        for scenario in &plan.scenarios {
            let fixed = costs(Contender::FixedGains, *scenario);
            for contender in Contender::ALL {
                let own = costs(contender, *scenario);
                by_scenario.push(line(contender, Some(*scenario), &own, &fixed, bootstrap)?);
            }
        }
        correct(&mut overall);
        correct(&mut by_scenario);
        let of = |contender| rows.iter().filter(move |row| row.contender == contender);
        Ok(Self {
            overall,
            by_scenario,
            imagined: Contender::ALL
                .iter()
                .map(|c| (*c, of(*c).map(|row| row.imagined).sum()))
                .collect(),
            failed: Contender::ALL
                .iter()
                .map(|c| (*c, of(*c).filter(|row| row.failed).count()))
                .collect(),
        })
    }
}

/// The line of some costs against those of fixed gains, its p value not yet corrected.
fn line(
    contender: Contender,
    scenario: Option<Scenario>,
    own: &[f64],
    fixed: &[f64],
    bootstrap: &Bootstrap,
) -> Result<Line, StatsError> {
    let against = if contender == Contender::FixedGains {
        None
    } else {
        let differences: Vec<f64> = own
            .iter()
            .zip(fixed)
            .map(|(own, fixed)| own - fixed)
            .collect();
        let paired = stats::compare(own, fixed, Better::Less, bootstrap)?;
        Some(Against {
            difference: Summary::of(&differences)?,
            p: paired.test.p,
            paired,
        })
    };
    Ok(Line {
        contender,
        scenario,
        cost: Summary::of(own)?,
        against,
    })
}

/// Corrects the p values of a family of lines.
fn correct(lines: &mut [Line]) {
    let all = || lines.iter().filter_map(|line| line.against.as_ref());
    let p: Vec<f64> = all().map(|against| against.p).collect();
    let corrected = stats::holm(&p);
    let against = lines.iter_mut().filter_map(|line| line.against.as_mut());
    for (against, p) in against.zip(corrected) {
        against.p = p;
    }
}
