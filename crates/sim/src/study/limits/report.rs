//! What the study of limits shows.

use core::fmt::Write;

use homeostat::state::Parameter;
use serde::Serialize;

use super::{counted, Life, Plan, Rest};
use crate::study::{economies::Cell, page, period_text, text, Mean};

/// The part of the time that a loop with a target within reach may rest at a limit.
const BAR: f64 = 0.10;

/// Where a design comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A forecast that expects the people who live there.
    Forecast,
    /// The program's defaults.
    Defaults,
}

/// Whether a loop's target can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// In at least half of the lives, and the forecast found nothing against it.
    AsAsked,
    /// The same of a target that the forecast lowered because what was asked is out of reach.
    Lowered,
    /// In fewer than half of the lives.
    Out,
}

/// One loop of one economy.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    /// The economy.
    pub cell: Cell,
    /// Where its design comes from.
    pub origin: Origin,
    /// The loop.
    pub parameter: &'static str,
    /// Its target; where that is a multiple of a measurement's average, the multiple.
    pub target: f64,
    /// Its lowest and its highest value (fractions).
    pub limits: [f64; 2],
    /// Whether the target can be reached.
    pub reach: Reach,
    /// What the forecast said against the target that was asked for.
    pub finding: Option<String>,
    /// The mean value under the widest limits (fraction): what a perfect constant would be.
    pub needed: Option<Mean>,
    /// The part of the cranks, under the widest limits, with a value beyond the economy's, over the
    /// lives within reach: what the plant asks for, whatever the law does.
    pub beyond: Option<Mean>,
    /// The lives in which the needed value is within the limits.
    pub lives: usize,
    /// The lives in which it is not.
    pub out_of_reach: usize,
    /// The lives that the program ended, or their twins.
    pub failed: usize,
    /// The part of the cranks at a limit, over the lives within reach.
    pub at_limit: Option<Mean>,
    /// The same at the minimum.
    pub at_minimum: Option<Mean>,
    /// The largest part in any of these lives.
    pub worst: Option<f64>,
    /// The mean absolute error over its scale, over the lives within reach.
    pub error: Option<Mean>,
    /// The part of the cranks at a limit over all lives, whatever can be reached.
    pub at_limit_of_all: Option<Mean>,
}

impl Line {
    pub(super) fn new(
        cell: Cell,
        origin: Origin,
        parameter: Parameter,
        target: f64,
        limits: [f64; 2],
        finding: Option<String>,
        lives: &[Life],
    ) -> Self {
        // What the loop did and what it would have needed.
        let pairs: Vec<(Rest, Rest)> = lives
            .iter()
            .filter_map(|[life, twin]| {
                let of = |loops: &Option<[Option<Rest>; 4]>| (*loops)?[parameter.index()];
                Some((of(life)?, of(twin)?))
            })
            .collect();
        let is_within = |twin: &Rest| (limits[0]..=limits[1]).contains(&twin.value);
        let (within, twins): (Vec<Rest>, Vec<Rest>) = pairs
            .iter()
            .copied()
            .filter(|(_, twin)| is_within(twin))
            .unzip();
        let mean =
            |of: &dyn Fn(&Rest) -> f64| Mean::of(&within.iter().map(of).collect::<Vec<f64>>());
        let at_limit = |rest: &Rest| rest.low + rest.high;
        let reach = match (2 * within.len() >= pairs.len().max(1), &finding) {
            (false, _) => Reach::Out,
            (true, None) => Reach::AsAsked,
            (true, Some(_)) => Reach::Lowered,
        };
        Self {
            cell,
            origin,
            parameter: parameter.name(),
            target,
            limits,
            reach,
            finding,
            needed: Mean::of(&pairs.iter().map(|(_, twin)| twin.value).collect::<Vec<_>>()),
            beyond: Mean::of(&twins.iter().map(|twin| twin.beyond).collect::<Vec<_>>()),
            lives: within.len(),
            out_of_reach: pairs.len() - within.len(),
            failed: lives.len() - pairs.len(),
            at_limit: mean(&at_limit),
            at_minimum: mean(&|rest| rest.low),
            worst: within.iter().map(at_limit).reduce(f64::max),
            error: mean(&|rest| rest.error),
            at_limit_of_all: Mean::of(
                &pairs
                    .iter()
                    .map(|(life, _)| at_limit(life))
                    .collect::<Vec<_>>(),
            ),
        }
    }

    /// Whether the target can be reached and the loop rests at a limit for longer than the bar.
    pub fn is_above_bar(&self) -> bool {
        self.reach != Reach::Out && self.at_limit.is_some_and(|part| part.mean > BAR)
    }

    /// The part of the time at a limit, in per cent: bold above the bar, `†` where the target was
    /// lowered, in brackets where it is out of reach.
    fn cell_text(&self, has_bar: bool) -> String {
        let part = text(self.at_limit, 100.0, 1);
        match self.reach {
            Reach::Out => format!("({})", text(self.at_limit_of_all, 100.0, 1)),
            _ if has_bar && self.is_above_bar() => format!("**{part}**{}", self.mark()),
            _ => format!("{part}{}", self.mark()),
        }
    }

    const fn mark(&self) -> &'static str {
        match self.reach {
            Reach::Lowered => " †",
            Reach::AsAsked | Reach::Out => "",
        }
    }
}

/// What the study shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// What it is made of.
    pub plan: Plan,
    /// Every loop of every economy, with both designs.
    pub lines: Vec<Line>,
}

impl Report {
    /// The loops with a target within reach that rest at a limit for longer than the bar, in
    /// economies that fit a forecast.
    pub fn above_bar(&self) -> impl Iterator<Item = &Line> {
        let forecast = self.lines.iter().filter(|l| l.origin == Origin::Forecast);
        forecast.filter(|line| line.is_above_bar())
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        page(|page| self.write(page))
    }

    fn write(&self, page: &mut String) -> core::fmt::Result {
        let Plan { people, seeds, .. } = &self.plan;
        writeln!(
            page,
            "## Loops at their limits\n\n{people} people, {seeds} seeds from {}, quiet demand with \
             its noise. Loops settle for 40 weeks, or 40 periods where those are longer; then as \
             long is counted, a year at least. Cells: the part of the cranks in which a loop rests \
             at a limit and wants to go further, in %, ± one standard error over seeds, over the \
             lives in which the target can be reached: in which the mean value that the loop \
             takes under the widest limits of the program lies within the economy's. In brackets: \
             the target is out of reach in most lives, and the figure is of all lives. †: the \
             forecast found the target that was asked for out of reach, and the loop follows the \
             nearest that is not. Bold: above {:.0} %.",
            super::FIRST_SEED,
            100.0 * BAR,
        )?;
        writeln!(
            page,
            "\n### Economies that fit a forecast of their people\n"
        )?;
        self.write_verdict(page)?;
        self.write_table(page, Origin::Forecast, true)?;
        self.write_above(page)?;
        writeln!(
            page,
            "\n### The program's defaults, which expect nobody in particular\n"
        )?;
        self.write_table(page, Origin::Defaults, false)
    }

    /// How many loops there are above the bar.
    fn write_verdict(&self, page: &mut String) -> core::fmt::Result {
        writeln!(
            page,
            "| loop | target within reach | of these lowered by the forecast | above {:.0} % | \
             largest part |\n|---|---|---|---|---|",
            100.0 * BAR
        )?;
        for parameter in Parameter::ALL {
            let lines = || {
                let lines = self.lines.iter();
                lines.filter(move |line| {
                    line.origin == Origin::Forecast
                        && line.parameter == parameter.name()
                        && line.reach != Reach::Out
                })
            };
            let largest = lines()
                .filter_map(|line| line.at_limit)
                .max_by(|a, b| a.mean.total_cmp(&b.mean));
            writeln!(
                page,
                "| {} | {} of {} | {} | {} | {} % |",
                parameter.name(),
                lines().count(),
                self.plan.grid.cells().len(),
                lines().filter(|line| line.reach == Reach::Lowered).count(),
                lines().filter(|line| line.is_above_bar()).count(),
                text(largest, 100.0, 1),
            )?;
        }
        writeln!(page)
    }

    fn write_table(&self, page: &mut String, origin: Origin, has_bar: bool) -> core::fmt::Result {
        write!(page, "| period | stakers | turnover |")?;
        for parameter in Parameter::ALL {
            write!(page, " {} |", parameter.name())?;
        }
        writeln!(page, " failed |\n|---|---|---|---|---|---|---|---|")?;
        let lines: Vec<&Line> = self.lines.iter().filter(|l| l.origin == origin).collect();
        for loops in lines.chunks(Parameter::ALL.len()) {
            let Some(first) = loops.first() else {
                continue;
            };
            let Cell {
                turnover,
                stakers,
                period,
            } = first.cell;
            let period = period_text(period);
            write!(page, "| {period} | {} | {turnover} |", stakers.name())?;
            for line in loops {
                write!(page, " {} |", line.cell_text(has_bar))?;
            }
            writeln!(page, " {} |", first.failed)?;
        }
        Ok(())
    }

    /// The loops above the bar, with what they need and what they may.
    fn write_above(&self, page: &mut String) -> core::fmt::Result {
        if self.above_bar().next().is_none() {
            return writeln!(
                page,
                "\nNo loop with a target within reach is above the bar."
            );
        }
        writeln!(
            page,
            "\nAbove the bar:\n\n| loop | period | stakers | turnover | at a limit, % | at the \
             minimum, % | worst life, % | beyond under the widest limits, % | needed, % | limits, % | error, % of the scale | lives \
             within reach | counted, d |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|"
        )?;
        for line in self.above_bar() {
            let [low, high] = line.limits.map(|limit| 100.0 * limit);
            writeln!(
                page,
                "| {} | {} | {} | {} | {} | {} | {:.1} | {} | {} | {low:.3} to {high:.3} | {} | {} of {} | {:.0} |",
                line.parameter,
                period_text(line.cell.period),
                line.cell.stakers.name(),
                line.cell.turnover,
                text(line.at_limit, 100.0, 1),
                text(line.at_minimum, 100.0, 1),
                100.0 * line.worst.unwrap_or(f64::NAN),
                text(line.beyond, 100.0, 1),
                text(line.needed, 100.0, 3),
                text(line.error, 100.0, 1),
                line.lives,
                line.lives + line.out_of_reach,
                counted(&line.cell),
            )?;
        }
        Ok(())
    }
}
