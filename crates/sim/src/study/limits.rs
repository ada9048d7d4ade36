//! Does a loop rest at a limit although its target can be reached?
//!
//! Every economy of a grid is lived through with the design of a founder who expects just these
//! people, and with the program's defaults, which expect nobody. Lives are quiet: demand has its
//! noise and nothing happens. After the time that the loops have to settle, the cranks are
//! counted at which a loop rests at a limit and wants to go further.
//!
//! Whether a target can be reached is decided for each life by living it once more under the
//! widest limits that the program allows: the mean value that a loop takes there, after settling,
//! is what a perfect constant would have to be. Where that lies outside the design's limits, the
//! target is out of reach, and a loop that rests at that limit does what it can. A forecast also
//! finds targets that are out of reach; their controllers get the nearest that are not, and count.

mod report;

pub use report::{Line, Origin, Reach, Report};

use homeostat::{
    constants::{MAX_PERIOD_BURN_PPM, MAX_PERIOD_EMISSION_PPM},
    state::Parameter,
};
use homeostat_client::forecast::Derived;
use homeostat_settings::Failure;
use serde::Serialize;

use super::{
    economies::{Cell, Grid, SUPPLY},
    refused, require, together,
    watch::{live, part, Crank},
    Progress, FIRST_SEED,
};
use crate::{
    chain::Design,
    scenario::{weather, Scenario},
};

/// What the study is made of.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// The economies.
    pub grid: Grid,
    /// The people of each.
    pub people: usize,
    /// The test seeds, from [`FIRST_SEED`] on.
    pub seeds: u64,
}

impl Plan {
    /// The whole grid with four seeds. With fewer people, what a single whale does moves the
    /// price so much that nothing settles.
    pub fn standard() -> Self {
        Self {
            grid: Grid::whole(),
            people: 500,
            seeds: 4,
        }
    }

    /// Corners of the grid in periods of a day and of a week, with two seeds.
    pub fn small() -> Self {
        Self {
            grid: Grid {
                periods: vec![86_400, 604_800],
                ..Grid::corners()
            },
            people: 200,
            seeds: 2,
        }
    }

    fn validate(&self) -> Result<(), Failure> {
        self.grid.validate()?;
        require(self.people >= 20, "people", "20 or more")?;
        require(self.seeds >= 1, "seeds", "one or more")
    }
}

/// How long is counted after settling (days): as long as it took, and a year at least.
fn counted(cell: &Cell) -> f64 {
    match cell.settling() {
        settling if settling > 365.0 => settling,
        _ => 365.0,
    }
}

/// What one loop did after settling.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rest {
    /// The part of the cranks at which it rested at its minimum, and at its maximum.
    low: f64,
    high: f64,
    /// The mean value (fraction).
    value: f64,
    /// The part of the cranks with a value beyond the limits of the design.
    beyond: f64,
    /// The mean absolute error over its scale.
    error: f64,
}

impl Rest {
    fn of(cranks: &[Crank], settled: f64, parameter: Parameter, limits: [i64; 2]) -> Option<Self> {
        let share = |limit: i8| part(cranks, settled, parameter, |seen| seen.limit == limit);
        let after = cranks.iter().filter(|crank| crank.day > settled);
        let loops = after.map(|crank| crank.loops[parameter.index()]);
        let (mut count, mut value, mut error) = (0.0, 0.0, 0.0);
        for seen in loops {
            count += 1.0;
            value += seen.value as f64 / 1e6;
            error += seen.error.abs();
        }
        Some(Self {
            low: share(-1)?,
            high: share(1)?,
            beyond: part(cranks, settled, parameter, |seen| {
                !(limits[0]..=limits[1]).contains(&seen.value)
            })?,
            value: value / count,
            error: error / count,
        })
    }
}

/// The same design with the widest limits that the program allows.
fn widened(design: &Design) -> Design {
    let mut design = design.clone();
    design.limits.period_emission_ppm = MAX_PERIOD_EMISSION_PPM;
    design.limits.period_burn_ppm = MAX_PERIOD_BURN_PPM;
    for (controller, parameter) in design.controllers.iter_mut().zip(Parameter::ALL) {
        controller.config.min = parameter.floor();
        controller.config.max = parameter.ceiling();
    }
    design
}

/// An economy of the grid with its design.
struct Economy {
    cell: Cell,
    origin: Origin,
    design: Design,
    /// The widened design.
    probe: Design,
    /// What the forecast found out of reach, by parameter.
    findings: [Option<String>; 4],
}

impl Economy {
    fn of_forecast(cell: Cell, derived: &Derived) -> Self {
        let design = Design::of_forecast(derived, SUPPLY);
        let finding = |parameter| {
            let mut findings = derived.findings.iter();
            findings
                .find(|finding| finding.parameter == parameter)
                .map(|finding| finding.text.clone())
        };
        Self {
            cell,
            origin: Origin::Forecast,
            probe: widened(&design),
            design,
            findings: Parameter::ALL.map(finding),
        }
    }

    fn of_defaults(cell: Cell) -> Self {
        let design = Design::with_defaults(cell.period, SUPPLY);
        Self {
            cell,
            origin: Origin::Defaults,
            probe: widened(&design),
            design,
            findings: [const { None }; 4],
        }
    }

    /// What each loop did in a life under a design; `None` where the program refused something.
    fn live(&self, design: &Design, people: usize, seed: u64) -> Option<[Option<Rest>; 4]> {
        let cell = &self.cell;
        let settled = cell.settling();
        let calendar = cell.calendar(settled + counted(cell));
        let noise = cell.behaviour().demand_noise;
        let weather = weather(Scenario::Stationary, &calendar, noise, seed);
        let mut run = cell.prepare(design, people, calendar, weather, seed).ok()?;
        let cranks = live(&mut run).ok()?;
        Some(Parameter::ALL.map(|parameter| {
            let config = &self.design.of(parameter).config;
            Rest::of(&cranks, settled, parameter, [config.min, config.max])
        }))
    }

    /// One line a loop, of its lives with their twins under the widest limits.
    fn lines(&self, lives: &[Life]) -> Vec<Line> {
        Parameter::ALL
            .into_iter()
            .map(|parameter| {
                let config = &self.design.of(parameter).config;
                let limits = [config.min, config.max].map(|limit| limit as f64 / 1e6);
                let finding = self.findings[parameter.index()].clone();
                let target = config.setpoint.to.to_num();
                Line::new(
                    self.cell,
                    self.origin,
                    parameter,
                    target,
                    limits,
                    finding,
                    lives,
                )
            })
            .collect()
    }
}

/// What the loops did in a life and in its twin; `None` for one that the program refused.
type Life = [Option<[Option<Rest>; 4]>; 2];

/// Lives through the grid. `seen` is told after each seed of each economy.
///
/// # Errors
///
/// A plan that is out of range, or a design that the program refuses.
pub fn run(plan: &Plan, threads: usize, seen: Progress) -> Result<Report, Failure> {
    plan.validate()?;
    let mut economies = Vec::new();
    for cell in plan.grid.cells() {
        economies.push(Economy::of_forecast(cell, &cell.derive()?));
        economies.push(Economy::of_defaults(cell));
    }
    for economy in &economies {
        for design in [&economy.design, &economy.probe] {
            crate::chain::Chain::go_live(design, crate::plant::START).map_err(|e| refused(&e))?;
        }
    }
    let seeds = plan.seeds as usize;
    let lives = together(economies.len() * seeds, threads, seen, |index| {
        let (economy, seed) = (
            &economies[index / seeds],
            FIRST_SEED + (index % seeds) as u64,
        );
        [&economy.design, &economy.probe].map(|design| economy.live(design, plan.people, seed))
    });
    let lines = economies
        .iter()
        .zip(lives.chunks(seeds))
        .flat_map(|(economy, lives)| economy.lines(lives))
        .collect();
    Ok(Report {
        plan: plan.clone(),
        lines,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::Stakers;
    use homeostat_control::Fx;

    fn plan() -> Plan {
        Plan {
            grid: Grid {
                turnovers: vec![2.0],
                stakers: vec![Stakers::Usual],
                periods: vec![604_800],
            },
            people: 60,
            seeds: 2,
        }
    }

    #[test]
    fn a_loop_whose_need_lies_beyond_its_limits_is_out_of_reach() {
        // Given an economy whose emission may be at most a thousandth a year, and one that fits,
        let cell = plan().grid.cells()[0];
        let fits = Economy::of_forecast(cell, &cell.derive().expect("a sound forecast"));
        let mut poor = Economy::of_forecast(cell, &cell.derive().expect("a sound forecast"));
        let config = &mut poor.design.of_mut(Parameter::Emission).config;
        (config.min, config.max) = (0, 1_000);
        config.bias = homeostat_control::Ramp::constant(Fx::from_num(500));
        // when both are lived, with twins under the widest limits,
        let line = |economy: &Economy| {
            let lives: Vec<Life> = (1_000..1_002)
                .map(|seed| [&economy.design, &economy.probe].map(|d| economy.live(d, 60, seed)))
                .collect();
            economy.lines(&lives).remove(Parameter::Emission.index())
        };
        // then the poor one rests at its maximum, needs more, and that is no fault of the loop;
        let poor = line(&poor);
        assert_eq!((poor.reach, poor.lives), (Reach::Out, 0));
        assert!(poor.needed.expect("two lives").mean > 0.01, "{poor:?}");
        assert_eq!(poor.at_limit, None);
        // the other has what it needs within its limits.
        let fits = line(&fits);
        assert_ne!(fits.reach, Reach::Out);
        let needed = fits.needed.expect("two lives").mean;
        assert!(
            (fits.limits[0]..fits.limits[1]).contains(&needed),
            "{fits:?}"
        );
    }

    #[test]
    fn a_report_is_the_same_on_one_thread_and_on_two() {
        let report = |threads| run(&plan(), threads, &mut |_, _| ()).expect("a sound plan");
        let one = report(1);
        assert_eq!(one, report(2));
        // One economy, two designs, four loops.
        assert_eq!(one.lines.len(), 8);
        assert!(
            one.markdown().contains("| 7 d | usual | 2 |"),
            "{}",
            one.markdown()
        );
    }

    #[test]
    fn a_plan_of_nothing_is_refused() {
        let nobody = Plan {
            people: 3,
            ..plan()
        };
        let failure = run(&nobody, 1, &mut |_, _| ()).expect_err("too few people");
        assert_eq!(failure.code, "bad_plan");
    }
}
