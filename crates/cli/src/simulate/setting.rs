//! What `simulate` lives in, from its arguments.

use std::path::Path;

use homeostat::state::defaults;
use homeostat_client::Funding;
use homeostat_settings::economy_file::EconomySpec;
use homeostat_sim::behaviour::Behaviour;
use homeostat_sim::chain::{Design, Error};
use homeostat_sim::live::Start;
use homeostat_sim::plant::World;
use homeostat_sim::run::{Case, Run, Setting};
use homeostat_sim::scenario::{replay, weather, Calendar, Scenario};
use homeostat_sim::tune::Gains;

use super::live::Ground;
use super::{place, Arguments};
use crate::bench::series_from;
use crate::failure::Failure;
use crate::files::economy_from;

/// A day (seconds).
const DAY: u32 = 86_400;
/// The epochs of a run, unless they are given.
const EPOCHS: u64 = 365;
/// The fewest and the most epochs of a run: what `--epochs` takes.
const FEWEST: u64 = 10;
const MOST: u64 = 36_500;
/// The tokens of an economy without a file (base units).
const SUPPLY: u64 = 1_000_000_000_000_000;
/// The decimals of such a token.
const DECIMALS: u8 = 6;
/// The fewest base units for each person. With less, rounding would be seen.
const UNITS_EACH: u64 = 1_000;

/// People, economy, and what happens.
pub struct Lived {
    /// People, calendar and economy.
    pub setting: Setting,
    /// The name of the economy.
    pub economy: String,
    /// What happens; a series takes its place.
    pub scenario: Scenario,
    /// The decimals of its token.
    pub decimals: u8,
    /// The demand by epoch, from a series.
    demand: Option<Vec<f64>>,
    /// The live economy that runs go on from.
    start: Option<Start>,
}

impl Lived {
    /// What the arguments ask for; `ground` is the live economy, if they ask for one.
    pub fn of(arguments: &Arguments, ground: Option<&Ground>) -> Result<Self, Failure> {
        let (design, economy, decimals) = match (ground, &arguments.economy) {
            (Some(ground), _) => of_chain(arguments, ground)?,
            (None, Some(path)) => of_file(arguments, path)?,
            (None, None) => {
                let period = arguments.period.unwrap_or(DAY);
                let design = Design::with_defaults(period, SUPPLY);
                (design, "defaults".to_owned(), DECIMALS)
            }
        };
        let period = design.limits.period;
        let epoch = period.min(DAY);
        let demand = match &arguments.series {
            Some(path) => {
                let series = series_from(path)?.resample(i64::from(epoch))?;
                let first = series.closes()[0];
                Some(
                    series
                        .closes()
                        .iter()
                        .map(|close| close / first)
                        .collect::<Vec<f64>>(),
                )
            }
            None => None,
        };
        let there = demand.as_ref().map(|demand| demand.len() as u64);
        let epochs = arguments
            .epochs
            .unwrap_or(there.unwrap_or(EPOCHS).min(MOST));
        if let (Some(there), Some(path)) = (there, &arguments.series) {
            if there < epochs.max(FEWEST) {
                let problem = format!(
                    "has {there} epochs of {epoch} s, fewer than {}",
                    epochs.max(FEWEST)
                );
                return Err(Failure::at("series_too_short", place(path), problem)
                    .remedy("give a longer series, or fewer --epochs (at least 10)"));
            }
        }
        let length = epochs * u64::from(epoch);
        if u64::from(period) > length {
            let problem = format!("a period of {period} s is longer than the run of {length} s");
            let failure = match &arguments.economy {
                Some(path) => Failure::at("period_too_long", place(path), problem),
                None => Failure::new("period_too_long", problem),
            };
            return Err(failure.remedy("live through more --epochs, or take a shorter period"));
        }
        Ok(Self {
            setting: Setting {
                people: arguments.people as usize,
                calendar: Calendar {
                    epochs: epochs as usize,
                    epoch_days: f64::from(epoch) / f64::from(DAY),
                    period_days: f64::from(period) / f64::from(DAY),
                },
                design,
                constants: Gains::of_defaults().constants,
            },
            economy,
            decimals,
            start: ground.map(|ground| ground.start.clone()),
            // Under a series all else is quiet.
            scenario: match demand {
                Some(_) => Scenario::Stationary,
                None => arguments.scenario,
            },
            demand,
        })
    }

    /// What happens, for people and files.
    pub fn scenario_name(&self) -> &'static str {
        match self.demand {
            Some(_) => "series",
            None => self.scenario.name(),
        }
    }

    /// Prepares a run.
    pub fn prepare(&self, case: Case) -> Result<Run, Error> {
        let setting = &self.setting;
        let calendar = &setting.calendar;
        let behaviour = Behaviour::of_seed(case.seed);
        let weather = match &self.demand {
            None => weather(case.scenario, calendar, behaviour.demand_noise, case.seed),
            Some(demand) => replay(demand, calendar, case.seed),
        };
        let Some(start) = &self.start else {
            return setting.prepare_with(case, behaviour, weather);
        };
        let shock = calendar.shock();
        let (start, steer) = start.under(case.policy, setting.constants, shock)?;
        let people = setting.people;
        let world = World::resume(&start, behaviour, people, *calendar, weather, case.seed)?;
        Ok(Run { world, steer })
    }
}

/// Design, name and decimals of an economy.
type Named = (Design, String, u8);

/// The live economy's, as it is now.
fn of_chain(arguments: &Arguments, ground: &Ground) -> Result<Named, Failure> {
    let start = &ground.start;
    if arguments.scenario.uses_feed() && arguments.series.is_none() && !start.uses_feeds() {
        let name = arguments.scenario.name();
        let problem = format!("no controller of the economy follows a feed that {name} could move");
        return Err(Failure::new("no_feed", problem).remedy("take another --scenario"));
    }
    if start.owned() < arguments.people.saturating_mul(UNITS_EACH) {
        let problem = format!(
            "{} base units outside the economy's vaults are too few for {} people",
            start.owned(),
            arguments.people
        );
        return Err(Failure::new("supply_too_small", problem).remedy("take fewer --people"));
    }
    let design = start.design();
    let design = design.map_err(|error| super::refused_in("before it began", &error))?;
    Ok((
        design,
        ground.address.to_string(),
        start.chain().economy.decimals,
    ))
}

/// The one that a file describes.
fn of_file(arguments: &Arguments, path: &Path) -> Result<Named, Failure> {
    let spec = economy_from(path)?;
    let refuse = |code, problem: String, remedy: &str| {
        Failure::at(code, place(path), problem).remedy(remedy)
    };
    if spec.funding != Funding::Mint {
        return Err(refuse(
            "funded_economy",
            "the simulator knows economies that mint their rewards".to_owned(),
            "write mode = \"mint\" to see what the controllers do; `demo` has funded ones",
        ));
    }
    if spec.supply < arguments.people.saturating_mul(UNITS_EACH) {
        return Err(refuse(
            "supply_too_small",
            format!(
                "a supply of {} base units is too few for {} people",
                spec.supply, arguments.people
            ),
            "take a larger supply, more decimals, or fewer --people",
        ));
    }
    Ok((design(&spec), spec.name, spec.decimals))
}

/// The economy that a file describes.
pub fn design(spec: &EconomySpec) -> Design {
    let mut limits = defaults::limits(spec.period, spec.limits.hard_cap);
    limits.set(&spec.limits);
    let loops = spec.controllers.into_iter().zip(spec.wirings);
    let mut design = Design::with_defaults(spec.period, spec.supply);
    for (controller, (config, wiring)) in design.controllers.iter_mut().zip(loops) {
        controller.config = config;
        controller.wiring = wiring;
    }
    Design { limits, ..design }
}
