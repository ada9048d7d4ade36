//! What the study of settling shows.

use core::fmt::Write;

use serde::Serialize;

use super::{Life, Plan, Trial, Window, BAND, FACTORS, HALF_LIVES, LOOPS};
use crate::study::{economies::Cell, middle, page, period_text, text, Mean, FIRST_SEED};

/// One loop of one economy with its gains and its step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// The economy.
    pub cell: Cell,
    /// What demand steps to.
    pub step: f64,
    /// What the gains are multiplied by.
    pub factor: f64,
    /// The loop.
    pub parameter: &'static str,
    /// The time that it has (days).
    pub allowed: f64,
    /// The seeds whose life or twin the program ended.
    pub failed: usize,
    /// The days until it had settled; none where it did not in time.
    pub settled: Option<f64>,
    /// Whether it was at a limit in most cranks of the last two windows.
    pub is_at_limit: bool,
    /// The largest difference from the twins, the mean over seeds of a window.
    pub largest: f64,
    /// The median over the windows of three standard errors: what cannot be told from nought.
    pub resolution: f64,
    /// The root mean square of the error after the time that it has, over that of the twin in the
    /// same windows, of each seed.
    pub after: Vec<f64>,
    /// The root mean square of the error of each twin over the windows.
    pub swing: Vec<f64>,
}

impl Line {
    pub(super) fn new(
        trial: &Trial,
        step: f64,
        index: usize,
        lives: &[Life],
        twins: &[Life],
    ) -> Self {
        let pairs: Vec<(&[Window], &[Window])> = lives
            .iter()
            .zip(twins)
            .filter_map(|(life, twin)| {
                Some((&life.as_ref()?[index][..], &twin.as_ref()?[index][..]))
            })
            .collect();
        let windows = pairs.first().map_or(0, |(life, _)| life.len());
        let differences: Vec<Mean> = (0..windows)
            .filter_map(|at| {
                let of = |(life, twin): &(&[Window], &[Window])| life[at].error - twin[at].error;
                Mean::of(&pairs.iter().map(of).collect::<Vec<f64>>())
            })
            .collect();
        let three_errors = |mean: &Mean| 3.0 * mean.standard_error.unwrap_or(f64::INFINITY);
        let is_outside = |mean: &Mean| mean.mean.abs() > f64::max(BAND, three_errors(mean));
        let outside = differences.iter().rposition(is_outside);
        let days = outside.map_or(0.0, |at| (at + 1) as f64 * trial.times.window);
        let last = windows.saturating_sub(2)..windows;
        let at_limit = pairs
            .iter()
            .flat_map(|(life, _)| &life[last.clone()])
            .map(|window| window.at_limit);
        let at_limit = Mean::of(&at_limit.collect::<Vec<f64>>());
        // The first window that begins after the time that the loop has.
        let allowed = trial.times.allowed[index];
        let late = libm::ceil(allowed / trial.times.window) as usize;
        let swing = |windows: &[Window]| {
            let squares: f64 = windows
                .iter()
                .map(|window| window.error * window.error)
                .sum();
            libm::sqrt(squares / windows.len() as f64)
        };
        Self {
            cell: trial.cell,
            step,
            factor: trial.factor,
            parameter: LOOPS[index].name(),
            allowed,
            failed: lives.len() - pairs.len(),
            settled: (!differences.is_empty() && days <= allowed).then_some(days),
            is_at_limit: at_limit.is_some_and(|part| part.mean > 0.5),
            largest: differences
                .iter()
                .map(|mean| mean.mean.abs())
                .fold(0.0, f64::max),
            resolution: middle(differences.iter().map(three_errors).collect())
                .unwrap_or(f64::INFINITY),
            after: pairs
                .iter()
                .map(|(life, twin)| {
                    swing(&life[late.min(windows)..]) / swing(&twin[late.min(windows)..])
                })
                .collect(),
            swing: pairs.iter().map(|(_, twin)| swing(twin)).collect(),
        }
    }
}

/// What the study shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// What it is made of.
    pub plan: Plan,
    /// Every loop of every economy with each factor and step.
    pub lines: Vec<Line>,
}

impl Report {
    /// As Markdown.
    pub fn markdown(&self) -> String {
        page(|page| self.write(page))
    }

    fn write(&self, page: &mut String) -> core::fmt::Result {
        let Plan { people, seeds, .. } = &self.plan;
        writeln!(
            page,
            "## Settling after a step of demand\n\n{people} people, {seeds} seeds from \
             {FIRST_SEED}, economies that fit a forecast of their people, demand without noise. \
             Each life has a twin of the same luck without the step. Errors are means over windows \
             of 56 days, or of eight periods where those are longer, over their scale. A loop has \
             settled when the mean over seeds of the difference from the twins stays within {BAND} \
             or three standard errors. It has 40 weeks for that, or 40 periods where those are \
             longer; one that follows its own average has {HALF_LIVES} half-lives of that more. \
             Cells: the economies in which it settles, in %, ± one standard error, with the median \
             of the days it took and of three standard errors; in brackets, the economies in which \
             it does not and ends at a limit, which no gain can help; then the root mean square of \
             the error after the time that it has, over that of the twins, the mean over lives.\n"
        )?;
        write!(page, "| step | period | gains |")?;
        for parameter in LOOPS {
            write!(page, " {} |", parameter.name())?;
        }
        writeln!(page, " failed |\n|---|---|---|---|---|---|---|")?;
        for step in &self.plan.steps {
            for period in &self.plan.grid.periods {
                for factor in FACTORS {
                    self.write_row(page, *step, *period, factor)?;
                }
            }
        }
        self.write_unsettled(page)?;
        self.write_swings(page)
    }

    fn lines(&self, step: f64, period: u32, factor: f64, name: &str) -> Vec<&Line> {
        let lines = self.lines.iter().filter(|line| {
            (line.step, line.cell.period, line.factor) == (step, period, factor)
                && line.parameter == name
        });
        lines.collect()
    }

    fn write_row(
        &self,
        page: &mut String,
        step: f64,
        period: u32,
        factor: f64,
    ) -> core::fmt::Result {
        write!(page, "| x {step} | {} | x {factor} |", period_text(period))?;
        let mut failed = 0;
        for parameter in LOOPS {
            let lines = self.lines(step, period, factor, parameter.name());
            let settled = Mean::share(lines.iter().map(|line| line.settled.is_some()));
            let days = middle(lines.iter().filter_map(|line| line.settled).collect());
            let days = days.map_or("–".to_owned(), |days| format!("{days:.0}"));
            let resolution = middle(lines.iter().map(|line| line.resolution).collect());
            let stuck = lines
                .iter()
                .filter(|line| line.settled.is_none() && line.is_at_limit);
            failed = lines.iter().map(|line| line.failed).sum();
            let after: Vec<f64> = lines.iter().flat_map(|line| line.after.clone()).collect();
            write!(
                page,
                " {} %, {days} d, {:.2} ({}); x {} |",
                text(settled, 100.0, 0),
                resolution.unwrap_or(f64::NAN),
                stuck.count(),
                text(Mean::of(&after), 1.0, 2),
            )?;
        }
        writeln!(page, " {failed} |")
    }

    /// The loops that neither settled nor ended at a limit.
    fn write_unsettled(&self, page: &mut String) -> core::fmt::Result {
        let lines = self.lines.iter();
        let mut lines = lines
            .filter(|line| line.settled.is_none() && !line.is_at_limit)
            .peekable();
        if lines.peek().is_none() {
            return writeln!(page, "\nEvery loop settles in time or ends at a limit.");
        }
        writeln!(
            page,
            "\nNeither settled in time nor at a limit:\n\n| loop | step | period | stakers | \
             turnover | gains | largest difference | three standard errors | it has, d |\n\
             |---|---|---|---|---|---|---|---|---|"
        )?;
        for line in lines {
            writeln!(
                page,
                "| {} | x {} | {} | {} | {} | x {} | {:.2} | {:.2} | {:.0} |",
                line.parameter,
                line.step,
                period_text(line.cell.period),
                line.cell.stakers.name(),
                line.cell.turnover,
                line.factor,
                line.largest,
                line.resolution,
                line.allowed,
            )?;
        }
        Ok(())
    }

    /// The errors without a step, over those with the design's own gains.
    fn write_swings(&self, page: &mut String) -> core::fmt::Result {
        let Some(step) = self.plan.steps.first() else {
            return Ok(());
        };
        writeln!(
            page,
            "\nWithout a step: the root mean square of the error over the windows, and with half \
             and twice the gains over that, paired by seed; ± is one standard error.\n"
        )?;
        write!(page, "| period | gains |")?;
        for parameter in LOOPS {
            write!(page, " {} |", parameter.name())?;
        }
        writeln!(page, "\n|---|---|---|---|---|")?;
        for period in &self.plan.grid.periods {
            for factor in FACTORS {
                write!(page, "| {} | x {factor} |", period_text(*period))?;
                for parameter in LOOPS {
                    let swings = |factor| -> Vec<f64> {
                        let lines = self.lines(*step, *period, factor, parameter.name());
                        lines.iter().flat_map(|line| line.swing.clone()).collect()
                    };
                    let (ours, own) = (swings(factor), swings(1.0));
                    let cell = if factor == 1.0 || ours.len() != own.len() {
                        text(Mean::of(&ours), 1.0, 3)
                    } else {
                        let ratios = ours.iter().zip(&own).map(|(ours, own)| ours / own);
                        format!("x {}", text(Mean::of(&ratios.collect::<Vec<_>>()), 1.0, 2))
                    };
                    write!(page, " {cell} |")?;
                }
                writeln!(page)?;
            }
        }
        Ok(())
    }
}
