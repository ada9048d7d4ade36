//! Do the loops settle after a step of demand, also with half and twice the gains?
//!
//! Economies that fit a forecast of their people live quietly until their loops have settled;
//! then demand steps to a multiple and stays there. Each life has a twin of the same luck without
//! the step: the price and the people of this plant move by themselves, and only what differs from
//! the twin answers the step. The errors of the staked share, of the utilisation that the fee
//! follows and of what the burn share steers are averaged over windows of 56 days, or of eight
//! periods where those are longer, and their differences over seeds. A loop has settled when these
//! means stay within the band, or within three standard errors of nought where those are wider.
//! After the time that it has, its errors should also be as large as the twin's and not larger:
//! the ratio of their root mean squares tells.
//!
//! Whether a loop swings by itself is told by the errors of the twins: their root mean square over
//! the windows, with half and with twice the gains over that with the design's own.

mod report;

pub use report::{Line, Report};

use homeostat::state::Parameter;
use homeostat_control::Reference;
use homeostat_settings::Failure;
use serde::Serialize;

use super::{
    economies::{Cell, Grid, SUPPLY},
    refused, require, together,
    watch::{live, Crank},
    Progress, FIRST_SEED,
};
use crate::{
    chain::{Chain, Design},
    plant::START,
    scenario::replay,
    tune::Knobs,
};

/// The loops that are looked at.
pub const LOOPS: [Parameter; 3] = [Parameter::Emission, Parameter::Fee, Parameter::Burn];
/// The difference of the error over its scale, from that without the step, within which a loop has
/// settled.
pub const BAND: f64 = 0.10;
/// The half-lives of its own average that a loop which follows it has on top: after four of them a
/// sixteenth of a step is left.
const HALF_LIVES: f64 = 4.0;
/// What the gains are multiplied by.
const FACTORS: [f64; 3] = [0.5, 1.0, 2.0];
/// The seconds of a day.
const DAY: f64 = 86_400.0;

/// What the study is made of.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// The economies.
    pub grid: Grid,
    /// What demand steps to, over that before.
    pub steps: Vec<f64>,
    /// The people of each economy.
    pub people: usize,
    /// The test seeds, from [`FIRST_SEED`] on.
    pub seeds: u64,
}

impl Plan {
    /// The corners of the grid; demand doubles; six seeds.
    pub fn standard() -> Self {
        Self {
            grid: Grid::corners(),
            steps: vec![2.0],
            people: 500,
            seeds: 6,
        }
    }

    /// Doubled demand in periods of a day and of a week, with two seeds.
    pub fn small() -> Self {
        Self {
            grid: Grid {
                periods: vec![86_400, 604_800],
                ..Grid::corners()
            },
            steps: vec![2.0],
            people: 200,
            seeds: 2,
        }
    }

    fn validate(&self) -> Result<(), Failure> {
        self.grid.validate()?;
        let sound = self.steps.iter().all(|step| (0.01..=100.0).contains(step));
        require(
            sound && !self.steps.is_empty(),
            "steps",
            "one or more from 0.01 to 100",
        )?;
        require(self.people >= 20, "people", "20 or more")?;
        require(
            self.seeds >= 2,
            "seeds",
            "two or more, for a standard error",
        )
    }
}

/// A window of one loop in a life: its mean error over its scale, and the part of its cranks at a
/// limit.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Window {
    error: f64,
    at_limit: f64,
}

/// The windows of each loop after the step, in the order of [`LOOPS`]; `None` where the program
/// refused something.
type Life = Option<[Vec<Window>; 3]>;

/// How the time of a life is divided (days).
#[derive(Clone, Copy, Debug)]
struct Times {
    step: f64,
    window: f64,
    /// The time that each loop has, by the order of [`LOOPS`].
    allowed: [f64; 3],
}

impl Times {
    fn of(cell: &Cell, design: &Design) -> Self {
        let settling = cell.settling();
        let allowed = LOOPS.map(|parameter| {
            let config = &design.of(parameter).config;
            match config.reference {
                Reference::Average => settling + HALF_LIVES * config.average_half_life as f64 / DAY,
                Reference::Absolute | Reference::Given => settling,
            }
        });
        Self {
            step: settling,
            window: settling / 5.0,
            allowed,
        }
    }

    /// Until every loop has had its time and four windows more.
    fn end(&self) -> f64 {
        let longest = self.allowed.into_iter().fold(0.0, f64::max);
        self.step + longest + 4.0 * self.window
    }

    /// The whole windows of a loop.
    fn windows(&self, cranks: &[Crank], parameter: Parameter) -> Vec<Window> {
        let mut sums: Vec<(f64, f64, u32)> = Vec::new();
        for crank in cranks.iter().filter(|crank| crank.day > self.step) {
            let place = ((crank.day - self.step) / self.window) as usize;
            if sums.len() <= place {
                sums.resize(place + 1, (0.0, 0.0, 0));
            }
            if let Some((error, at_limit, count)) = sums.get_mut(place) {
                let seen = crank.loops[parameter.index()];
                *error += seen.error;
                *at_limit += f64::from(seen.limit.abs());
                *count += 1;
            }
        }
        // The last window may be a part of one.
        sums.pop();
        let mean = |(error, at_limit, count): (f64, f64, u32)| Window {
            error: error / f64::from(count),
            at_limit: at_limit / f64::from(count),
        };
        sums.into_iter().map(mean).collect()
    }
}

/// One economy with its gains.
struct Trial {
    cell: Cell,
    design: Design,
    factor: f64,
    times: Times,
}

impl Trial {
    /// A life in which demand steps to a multiple; without one where that is 1.
    fn live(&self, step: f64, people: usize, seed: u64) -> Life {
        let calendar = self.cell.calendar(self.times.end());
        let before = libm::ceil(self.times.step / calendar.epoch_days) as usize;
        let demand: Vec<f64> = (0..calendar.epochs)
            .map(|epoch| if epoch < before { 1.0 } else { step })
            .collect();
        let weather = replay(&demand, &calendar, seed);
        let cell = &self.cell;
        let mut run = cell
            .prepare(&self.design, people, calendar, weather, seed)
            .ok()?;
        let cranks = live(&mut run).ok()?;
        Some(LOOPS.map(|parameter| self.times.windows(&cranks, parameter)))
    }
}

/// A design with its gains times a factor.
fn with_gains(design: &Design, factor: f64) -> Design {
    let point = [libm::log2(factor) / 3.0; 8];
    Knobs::Gains.turn(&point, design, [0; 4]).0
}

/// Lives through the plan. `seen` is told after each life.
///
/// # Errors
///
/// A plan that is out of range, or a design that the program refuses.
pub fn run(plan: &Plan, threads: usize, seen: Progress) -> Result<Report, Failure> {
    plan.validate()?;
    let mut trials = Vec::new();
    for cell in plan.grid.cells() {
        let usual = Design::of_forecast(&cell.derive()?, SUPPLY);
        for factor in FACTORS {
            let design = with_gains(&usual, factor);
            Chain::go_live(&design, START).map_err(|error| refused(&error))?;
            trials.push(Trial {
                cell,
                times: Times::of(&cell, &design),
                design,
                factor,
            });
        }
    }
    // The twins first, which have no step, then each step.
    let mut steps = vec![1.0];
    steps.extend(&plan.steps);
    let seeds = plan.seeds as usize;
    let each = steps.len() * seeds;
    let lives = together(trials.len() * each, threads, seen, |index| {
        let (trial, rest) = (&trials[index / each], index % each);
        let seed = FIRST_SEED + (rest % seeds) as u64;
        trial.live(steps[rest / seeds], plan.people, seed)
    });
    let mut lines = Vec::new();
    for (trial, lives) in trials.iter().zip(lives.chunks(each)) {
        let (twins, stepped) = lives.split_at(seeds);
        for (step, lives) in plan.steps.iter().zip(stepped.chunks(seeds)) {
            for index in 0..LOOPS.len() {
                lines.push(Line::new(trial, *step, index, lives, twins));
            }
        }
    }
    Ok(Report {
        plan: plan.clone(),
        lines,
    })
}

#[cfg(test)]
mod tests;
