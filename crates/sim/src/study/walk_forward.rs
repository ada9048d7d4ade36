//! Do gains that were tuned on one part of a price series do better on the next?
//!
//! Each series is parted in the middle. On the first part, its demand over that of its first day,
//! CMA-ES searches the gains of all four controllers, and with the same budget the best four
//! constants, on tuning seeds. On the second part an economy of its own goes live on the first
//! day, and all are judged on test seeds: the design's own gains, those of the stretch, the
//! design's biases for ever, and the best constants of the stretch. The search is only as
//! repeatable as one machine's floating point; what it finds is rounded before it is judged.

mod report;

pub use report::{Line, Pairing, Part, Report};

use homeostat_settings::Failure;
use serde::Serialize;

use super::{economies::SUPPLY, refused, require, together, Progress, FIRST_SEED};
use crate::{
    chain::{Chain, Design},
    plant::START,
    policy::Policy,
    run::{Case, Setting},
    scenario::{Calendar, Scenario},
    series::{bundled, Series},
    tune::{search::search, Knobs, Objective},
    Metrics,
};

/// A period, and an epoch (seconds).
const PERIOD: u32 = 86_400;
/// The metrics that are compared.
pub const HEADLINE: [&str; 8] = [
    "itae",
    "security_per_net",
    "volatility",
    "price_drawdown",
    "stake_drawdown",
    "retention_90",
    "fees_per_value",
    "inflation",
];

/// What is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Contender {
    /// The economy's own controllers with the design's gains.
    DefaultGains,
    /// The same with the gains that were tuned on the first part.
    StretchGains,
    /// The design's biases for ever.
    StaticUntuned,
    /// The constants that did best on the first part.
    StretchConstants,
}

impl Contender {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 4] = [
        Self::DefaultGains,
        Self::StretchGains,
        Self::StaticUntuned,
        Self::StretchConstants,
    ];

    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DefaultGains => "default gains",
            Self::StretchGains => "gains of the stretch",
            Self::StaticUntuned => "static untuned",
            Self::StretchConstants => "best constants of the stretch",
        }
    }
}

/// What is compared with what: the first less the second.
pub const PAIRS: [(Contender, Contender); 4] = [
    (Contender::DefaultGains, Contender::StaticUntuned),
    (Contender::DefaultGains, Contender::StretchConstants),
    (Contender::StretchGains, Contender::DefaultGains),
    (Contender::StretchGains, Contender::StretchConstants),
];

/// What the study is made of.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The economy, with periods of a day.
    pub design: Design,
    /// The people.
    pub people: usize,
    /// The names of the series.
    pub series: Vec<&'static str>,
    /// The tuning seeds, from 0 on; below 64.
    pub tuning_seeds: u64,
    /// The scores that each of the two searches may take.
    pub budget: usize,
    /// The test seeds, from [`FIRST_SEED`] on.
    pub seeds: u64,
}

impl Plan {
    /// All series, 120 scores on four tuning seeds, 64 test seeds.
    pub fn standard() -> Self {
        Self {
            design: Design::with_defaults(PERIOD, SUPPLY),
            people: 200,
            series: crate::series::BUNDLED.map(|(name, _)| name).to_vec(),
            tuning_seeds: 4,
            budget: 120,
            seeds: 64,
        }
    }

    /// One short series, 20 scores on two tuning seeds, eight test seeds.
    pub fn small() -> Self {
        Self {
            people: 100,
            series: vec!["eth_usd_2017_2019"],
            tuning_seeds: 2,
            budget: 20,
            seeds: 8,
            ..Self::standard()
        }
    }

    fn validate(&self) -> Result<(), Failure> {
        require(self.people >= 20, "people", "20 or more")?;
        require(!self.series.is_empty(), "series", "one or more")?;
        let tuning = (1..=64).contains(&self.tuning_seeds);
        require(
            tuning,
            "tuning_seeds",
            "1 to 64, as those from 64 on are not for tuning",
        )?;
        require(self.budget >= 1, "budget", "one score or more")?;
        require(self.seeds >= 2, "seeds", "two or more, for an interval")?;
        Chain::go_live(&self.design, START).map_err(|error| refused(&error))?;
        require(
            self.design.limits.period == PERIOD,
            "design",
            "one with periods of a day",
        )
    }
}

/// The demand of a part of a series: its price each day over that of its first.
fn demand(series: &Series) -> Vec<f64> {
    let closes = series.closes();
    closes.iter().map(|close| close / closes[0]).collect()
}

/// What was found on the first part of a series.
struct Stretch {
    /// The design with the gains of the stretch.
    design: Design,
    constants: [i64; 4],
    /// What the proportional and the integral gain of each controller are multiplied by.
    factors: Vec<f64>,
    /// The scores on the stretch: of the design's own gains, of those found, and of the constants.
    scores: [f64; 3],
}

impl Stretch {
    fn tune(plan: &Plan, demand: Vec<f64>) -> Self {
        let objective = Objective::of_series(
            demand,
            (0..plan.tuning_seeds).collect(),
            plan.people,
            plan.design.clone(),
        );
        let search = |policy, knobs| search(&objective, policy, knobs, &[], plan.budget, 1, |_| ());
        let own = |design: &Design| (design.clone(), [0; 4]);
        let start = objective.score(Policy::Homeostat, own);
        let found = search(Policy::Homeostat, Knobs::Gains);
        // Three digits: what the machine's last bits did to the search is not judged.
        let rounded: Vec<f64> = found
            .point
            .iter()
            .map(|x| libm::round(x * 1e3) / 1e3)
            .collect();
        let fixed = search(Policy::StaticTuned, Knobs::Constants);
        let (_, constants) = Knobs::Constants.turn(&fixed.point, &plan.design, [0; 4]);
        Self {
            design: Knobs::Gains.turn(&rounded, &plan.design, [0; 4]).0,
            constants,
            factors: rounded.iter().map(|x| libm::pow(8.0, *x)).collect(),
            scores: [start.total(), found.score.total(), fixed.score.total()],
        }
    }

    /// What a contender makes of the second part.
    fn judge(
        &self,
        plan: &Plan,
        demand: &[f64],
        contender: Contender,
        seed: u64,
    ) -> Option<Metrics> {
        let (design, policy) = match contender {
            Contender::DefaultGains => (&plan.design, Policy::Homeostat),
            Contender::StretchGains => (&self.design, Policy::Homeostat),
            Contender::StaticUntuned => (&plan.design, Policy::StaticUntuned),
            Contender::StretchConstants => (&plan.design, Policy::StaticTuned),
        };
        let setting = Setting {
            people: plan.people,
            calendar: Calendar {
                epochs: demand.len(),
                epoch_days: 1.0,
                period_days: 1.0,
            },
            design: design.clone(),
            constants: self.constants,
        };
        let case = Case {
            scenario: Scenario::Stationary,
            policy,
            seed,
        };
        setting.run_series(case, demand)
    }
}

/// Tunes and judges on each series. `seen` is told after the searches, each score of which counts
/// as one piece of work, and after each life that is judged.
///
/// # Errors
///
/// A plan that is out of range, a series that there is not, or a design that the program refuses.
pub fn run(plan: &Plan, threads: usize, seen: Progress) -> Result<Report, Failure> {
    plan.validate()?;
    let seeds = plan.seeds as usize;
    let lives = Contender::ALL.len() * seeds;
    let each = 2 * plan.budget + lives;
    let mut report = Report::of(plan);
    for (index, name) in plan.series.iter().enumerate() {
        let series = bundled(name)?.resample(i64::from(PERIOD))?;
        let middle = series.times()[series.times().len() / 2];
        let (first, second) = series.split(middle)?;
        let stretch = Stretch::tune(plan, demand(&first));
        let before = index * each + 2 * plan.budget;
        seen(before, plan.series.len() * each);
        let demand = demand(&second);
        let mut judged = |done, _| seen(before + done, plan.series.len() * each);
        let outcomes = together(lives, threads, &mut judged, |index| {
            let contender = Contender::ALL[index / seeds];
            let seed = FIRST_SEED + (index % seeds) as u64;
            stretch.judge(plan, &demand, contender, seed)
        });
        report.add(plan, &stretch, [&first, &second], &outcomes);
    }
    report.correct();
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_tuned_on_the_first_part_is_judged_on_the_second_alone() {
        // Given a small plan,
        let plan = Plan {
            people: 30,
            tuning_seeds: 1,
            budget: 8,
            seeds: 4,
            ..Plan::small()
        };
        let report = |threads| run(&plan, threads, &mut |_, _| ()).expect("a sound plan");
        let one = report(1);
        assert_eq!(one, report(2));
        let part = &one.parts[0];
        // then no day is in both parts, and together they are the series but for the day between,
        assert_eq!(part.days, [365, 366]);
        assert!(part.until < part.from, "{} {}", part.until, part.from);
        // every contender has every metric, and every pair is compared.
        assert_eq!(part.lines.len(), Contender::ALL.len());
        assert!(part
            .lines
            .iter()
            .all(|line| line.metrics.len() == HEADLINE.len()));
        assert_eq!(part.pairings.len(), PAIRS.len() * HEADLINE.len());
        // On the stretch the search found nothing worse than it started with.
        assert!(part.scores[1] <= part.scores[0], "{part:?}");
    }

    #[test]
    fn every_headline_metric_is_one() {
        for name in HEADLINE {
            assert!(Metrics::NAMES.contains(&name), "{name}");
        }
    }

    #[test]
    fn a_plan_that_tunes_on_test_seeds_is_refused() {
        let plan = Plan {
            tuning_seeds: 65,
            ..Plan::small()
        };
        let failure = run(&plan, 1, &mut |_, _| ()).expect_err("too many");
        assert_eq!(failure.code, "bad_plan");
    }
}
