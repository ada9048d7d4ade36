//! What the study of the guard shows.

use core::fmt::Write;

use homeostat::state::Parameter;
use serde::Serialize;

use super::{Attack, Outcome, Plan, SILENCE};
use crate::study::{middle, page, text, Mean, FIRST_SEED};

/// The false alarms of one series or scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alarms {
    /// The series or the scenario.
    pub source: String,
    /// The days of a life.
    pub days: usize,
    /// What each loop measures, by parameter.
    pub measured: [String; 4],
    /// The lives that the program ended.
    pub failed: usize,
    /// Latches in a year, by parameter.
    pub alarms: [Option<Mean>; 4],
    /// The same of all four guards together.
    pub all: Option<Mean>,
    /// The part of the cranks with a latched guard, by parameter.
    pub latched: [Option<Mean>; 4],
}

/// What one attack led to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Detection {
    /// The attack.
    pub attack: Attack,
    /// What each loop measures, by parameter.
    pub measured: [String; 4],
    /// The lives that the program ended.
    pub failed: usize,
    /// The share of the lives in which the loop noticed, by parameter.
    pub detected: [Option<Mean>; 4],
    /// The median of the periods until then.
    pub delay: [Option<f64>; 4],
    /// The share of the same lives in which it latched in the same window without the attack.
    pub by_chance: [Option<Mean>; 4],
    /// The share of the lives in which any loop noticed, and the median until the first did.
    pub any: Option<Mean>,
    /// The same without the attack.
    pub any_by_chance: Option<Mean>,
    /// The median of the periods until the first loop noticed.
    pub any_delay: Option<f64>,
}

/// What the study shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The people.
    pub people: usize,
    /// The test seeds of scenarios and attacks.
    pub seeds: u64,
    /// The test seeds of each series.
    pub series_seeds: u64,
    /// The periods within which an attack counts as detected.
    pub window: u32,
    /// The false alarms, series first.
    pub alarms: Vec<Alarms>,
    /// The attacks.
    pub detections: Vec<Detection>,
}

impl Report {
    pub(super) fn of(plan: &Plan) -> Self {
        Self {
            people: plan.people,
            seeds: plan.seeds,
            series_seeds: plan.series_seeds,
            window: plan.window,
            alarms: Vec::new(),
            detections: Vec::new(),
        }
    }

    pub(super) fn add_alarms(
        &mut self,
        source: &str,
        days: usize,
        measured: &[String; 4],
        lives: &[Option<Outcome>],
    ) {
        let quiet: Vec<_> = lives
            .iter()
            .filter_map(|life| match life {
                Some(Outcome::Quiet(quiet)) => Some(*quiet),
                _ => None,
            })
            .collect();
        let sums = quiet.iter().map(|life| life.alarms.iter().sum());
        let all: Vec<f64> = sums.collect();
        let by_loop = |of: &dyn Fn(&super::Quiet) -> [f64; 4]| {
            Parameter::ALL.map(|parameter| {
                let values = quiet.iter().map(|life| of(life)[parameter.index()]);
                Mean::of(&values.collect::<Vec<f64>>())
            })
        };
        self.alarms.push(Alarms {
            source: source.to_owned(),
            days,
            measured: measured.clone(),
            failed: lives.len() - quiet.len(),
            alarms: by_loop(&|life| life.alarms),
            all: Mean::of(&all),
            latched: by_loop(&|life| life.latched),
        });
    }

    pub(super) fn add_detections(
        &mut self,
        attack: Attack,
        measured: &[String; 4],
        lives: &[Option<Outcome>],
    ) {
        let attacked: Vec<_> = lives
            .iter()
            .filter_map(|life| match life {
                Some(Outcome::Attacked(noticed)) => Some(*noticed),
                _ => None,
            })
            .collect();
        let column = |parameter: Parameter| {
            let loops = attacked.iter();
            loops.map(move |life| life[parameter.index()])
        };
        let firsts: Vec<Option<f64>> = attacked
            .iter()
            .map(|life| life.iter().filter_map(|one| one.delay).reduce(f64::min))
            .collect();
        self.detections.push(Detection {
            attack,
            measured: measured.clone(),
            failed: lives.len() - attacked.len(),
            detected: Parameter::ALL.map(|p| Mean::share(column(p).map(|one| one.delay.is_some()))),
            delay: Parameter::ALL.map(|p| middle(column(p).filter_map(|one| one.delay).collect())),
            by_chance: Parameter::ALL.map(|p| Mean::share(column(p).map(|one| one.by_chance))),
            any: Mean::share(firsts.iter().map(Option::is_some)),
            any_by_chance: Mean::share(
                attacked
                    .iter()
                    .map(|life| life.iter().any(|one| one.by_chance)),
            ),
            any_delay: middle(firsts.into_iter().flatten().collect()),
        });
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        page(|page| self.write(page))
    }

    fn write(&self, page: &mut String) -> core::fmt::Result {
        writeln!(
            page,
            "## The guard\n\n{} people, periods of a day, {} seeds from {FIRST_SEED} ({} for each \
             real series); ± is one standard error over seeds.\n\n### False alarms\n\nLatches in a \
             year without an attacker, and in brackets the part of the cranks with a latched \
             guard, in %.\n",
            self.people, self.seeds, self.series_seeds,
        )?;
        if let Some(first) = self.alarms.first() {
            write_head(
                page,
                "demand",
                &first.measured,
                "| all four | days | failed |",
                3,
            )?;
        }
        for line in &self.alarms {
            write!(page, "| {} |", line.source)?;
            for (alarms, latched) in line.alarms.iter().zip(&line.latched) {
                write!(
                    page,
                    " {} ({}) |",
                    text(*alarms, 1.0, 2),
                    text(*latched, 100.0, 1)
                )?;
            }
            writeln!(
                page,
                " {} | {} | {} |",
                text(line.all, 1.0, 2),
                line.days,
                line.failed
            )?;
        }
        writeln!(
            page,
            "\n### Planted attacks\n\nThe share of lives, in %, in which a loop's guard latched \
             within {} periods after the attack began; the median of the periods until then; in \
             brackets the share in which it latched in the same window of the same life without \
             the attack. The stale feed, silent for {SILENCE} d, counts as detected when the loop \
             holds its value for want of a fresh sample. Where an attack is on a feed, the fee's \
             loop reads it.\n",
            self.window,
        )?;
        if let Some(first) = self.detections.first() {
            let usual = self
                .alarms
                .first()
                .map_or(&first.measured, |line| &line.measured);
            write_head(page, "attack", usual, "| any of them | failed |", 2)?;
        }
        let cell = |detected, delay: Option<f64>, by_chance| {
            let delay = delay.map_or("–".to_owned(), |periods| format!("{periods:.0}"));
            format!(
                " {} %, {delay} ({}) |",
                text(detected, 100.0, 0),
                text(by_chance, 100.0, 0)
            )
        };
        for line in &self.detections {
            write!(page, "| {} |", line.attack.name())?;
            for parameter in Parameter::ALL {
                let index = parameter.index();
                let [detected, by_chance] = [&line.detected, &line.by_chance].map(|of| of[index]);
                page.push_str(&cell(detected, line.delay[index], by_chance));
            }
            page.push_str(&cell(line.any, line.any_delay, line.any_by_chance));
            writeln!(page, " {} |", line.failed)?;
        }
        Ok(())
    }
}

/// The head of a table with a column for each loop and `further` ones, of which there are `count`.
fn write_head(
    page: &mut String,
    first: &str,
    measured: &[String; 4],
    further: &str,
    count: usize,
) -> core::fmt::Result {
    write!(page, "| {first} ")?;
    for (parameter, measured) in Parameter::ALL.iter().zip(measured) {
        write!(page, "| {}: {measured} ", parameter.name())?;
    }
    writeln!(page, "{further}\n|{}", "---|".repeat(5 + count))
}
