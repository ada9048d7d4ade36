//! The economies of a study: how busy, with which stakers, with which period; and the design of
//! a founder who expects just these people.

use homeostat_client::forecast::{Derived, Forecast};
use homeostat_settings::Failure;
use serde::Serialize;

use super::require;
use crate::{
    behaviour::Behaviour,
    chain::{Design, Error},
    plant::Census,
    policy::Policy,
    run::{Case, Run, Setting},
    scenario::{Calendar, Scenario, Weather},
};

/// The tokens at go-live (base units).
pub const SUPPLY: u64 = 1_000_000_000_000_000;
/// A week and a day (seconds).
const WEEK: u32 = 604_800;
const DAY: f64 = 86_400.0;
/// The time that the program's defaults are made to settle in: forty weeks, or forty periods
/// where those are longer.
const SETTLING: f64 = 40.0;
/// The people that a founder counts, and their seed: one that no study lives with.
const COUNTED: usize = 2_000;
const COUNTED_SEED: u64 = 999;
/// The parts of all that will ever be staked at which a founder asks for the yield.
const PARTS: [f64; 6] = [0.1, 0.3, 0.5, 0.7, 0.9, 0.99];
/// The highest yield that a forecast may have (fraction a year).
const HIGHEST_YIELD: f64 = 10.0;

/// How strongly those who stake answer the yield.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stakers {
    /// What they ask for differs most, and each decides least sharply: the upper ends of the
    /// ranges of `required_spread` and `decision_width`.
    Inelastic,
    /// The middle of all ranges.
    Usual,
    /// The lower ends.
    Elastic,
}

impl Stakers {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Inelastic, Self::Usual, Self::Elastic];

    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inelastic => "inelastic",
            Self::Usual => "usual",
            Self::Elastic => "elastic",
        }
    }

    /// The behaviour of a population with these stakers and a turnover; all else is the middle
    /// of its range.
    pub fn behaviour(self, turnover: f64) -> Behaviour {
        let place = match self {
            Self::Inelastic => 1.0,
            Self::Usual => 0.5,
            Self::Elastic => 0.0,
        };
        let names = Behaviour::NAMES.iter();
        let point: Vec<f64> = names
            .map(|name| match *name {
                "required_spread" | "decision_width" => place,
                _ => 0.5,
            })
            .collect();
        Behaviour {
            turnover,
            ..Behaviour::at(&point)
        }
    }
}

/// The forecast of a founder who knows these people: the yields at which parts of all that will
/// ever be staked are, the turnover, and what providers ask for. What the founder wants is as in
/// the default forecast.
pub fn forecast(behaviour: &Behaviour, unbonding: u32) -> Forecast {
    let census = Census::new(behaviour, COUNTED, unbonding, COUNTED_SEED);
    let most = census.staked_share(HIGHEST_YIELD);
    let yield_for = |share: f64| {
        let (mut low, mut high) = (0.0, HIGHEST_YIELD);
        for _ in 0..50 {
            let middle = 0.5 * (low + high);
            if census.staked_share(middle) < share {
                low = middle;
            } else {
                high = middle;
            }
        }
        high
    };
    let mut stakers: Vec<(f64, f64)> = PARTS
        .iter()
        .map(|part| (yield_for(part * most), part * most))
        .collect();
    // More than all of it is to be had for no yield.
    stakers.push((HIGHEST_YIELD, most));
    Forecast {
        turnover: behaviour.turnover,
        stakers,
        provider_yield: behaviour.provider_yield,
        ..Forecast::default()
    }
}

/// One economy of a [`Grid`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cell {
    /// The volume paid in a year over the circulating supply.
    pub turnover: f64,
    /// Who stakes.
    pub stakers: Stakers,
    /// The period (seconds).
    pub period: u32,
}

impl Cell {
    /// The people.
    pub fn behaviour(&self) -> Behaviour {
        self.stakers.behaviour(self.turnover)
    }

    /// What a forecast that expects these people leads to.
    pub fn derive(&self) -> Result<Derived, Failure> {
        let unbonding = homeostat::state::defaults::limits(self.period, u64::MAX / 2).unbonding;
        let forecast = forecast(&self.behaviour(), unbonding);
        forecast
            .derive(self.period, u64::MAX / 2)
            .map_err(|invalid| {
                Failure::new(
                    "bad_forecast",
                    format!("a forecast's {} is out of range", invalid.field),
                )
                .remedy(format!("it allows {}", invalid.allowed))
            })
    }

    /// How long its loops have to settle (days).
    pub fn settling(&self) -> f64 {
        SETTLING * f64::from(self.period.max(WEEK)) / DAY
    }

    /// Epochs of a day, or of a period where that is shorter, for at least so many days.
    pub fn calendar(&self, days: f64) -> Calendar {
        let period_days = f64::from(self.period) / DAY;
        let epoch_days = period_days.min(1.0);
        Calendar {
            epochs: libm::ceil(days / epoch_days) as usize,
            epoch_days,
            period_days,
        }
    }

    /// A life of these people in an economy of this design, with the weather of every epoch.
    pub fn prepare(
        &self,
        design: &Design,
        people: usize,
        calendar: Calendar,
        weather: Vec<Weather>,
        seed: u64,
    ) -> Result<Run, Error> {
        let setting = Setting {
            people,
            calendar,
            design: design.clone(),
            constants: [0; 4],
        };
        let case = Case {
            scenario: Scenario::Stationary,
            policy: Policy::Homeostat,
            seed,
        };
        setting.prepare_with(case, self.behaviour(), weather)
    }
}

/// Every combination of some turnovers, stakers and periods.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Grid {
    /// The turnovers.
    pub turnovers: Vec<f64>,
    /// The stakers.
    pub stakers: Vec<Stakers>,
    /// The periods (seconds).
    pub periods: Vec<u32>,
}

impl Grid {
    /// Turnovers from 0.5 to 10, inelastic to elastic stakers, periods from an hour to 30 days.
    pub fn whole() -> Self {
        Self {
            turnovers: vec![0.5, 1.0, 2.0, 4.0, 10.0],
            stakers: Stakers::ALL.to_vec(),
            periods: vec![3_600, 21_600, 86_400, WEEK, 2_592_000],
        }
    }

    /// The lowest and the highest turnover with the least and the most elastic stakers, in all
    /// periods.
    pub fn corners() -> Self {
        Self {
            turnovers: vec![0.5, 10.0],
            stakers: vec![Stakers::Inelastic, Stakers::Elastic],
            ..Self::whole()
        }
    }

    /// All cells, by period, stakers and turnover.
    pub fn cells(&self) -> Vec<Cell> {
        let mut cells = Vec::new();
        for period in &self.periods {
            for stakers in &self.stakers {
                for turnover in &self.turnovers {
                    cells.push(Cell {
                        turnover: *turnover,
                        stakers: *stakers,
                        period: *period,
                    });
                }
            }
        }
        cells
    }

    /// Refuses an empty grid, a turnover that no forecast may have, and a period that no economy
    /// may have.
    pub fn validate(&self) -> Result<(), Failure> {
        let turnovers = self.turnovers.iter();
        let sound = turnovers.clone().all(|t| (0.01..=1_000.0).contains(t));
        require(
            sound && turnovers.len() > 0,
            "turnovers",
            "one or more from 0.01 to 1,000",
        )?;
        require(!self.stakers.is_empty(), "stakers", "one kind or more")?;
        let periods = self.periods.iter();
        let sound = periods.clone().all(|p| (3_600..=2_592_000).contains(p));
        require(
            sound && periods.len() > 0,
            "periods",
            "one or more from 3,600 to 2,592,000 s",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_founder_of_elastic_people_expects_a_narrow_range_of_yields() {
        // Given founders who know their people,
        let expected = |stakers: Stakers| forecast(&stakers.behaviour(2.0), WEEK);
        for stakers in Stakers::ALL {
            let forecast = expected(stakers);
            assert_eq!(forecast.validate(), Ok(()));
            assert_eq!(forecast.turnover, 2.0);
        }
        // when they look at the yields for half and for nine tenths of all that will be staked,
        let spread = |stakers| {
            let pairs = expected(stakers).stakers;
            pairs[4].0 / pairs[2].0
        };
        // then inelastic people need a larger change of the yield for the same change of the stake.
        let [inelastic, usual, elastic] = Stakers::ALL.map(spread);
        assert!(
            inelastic > usual && usual > elastic,
            "{inelastic} {usual} {elastic}"
        );
    }

    #[test]
    fn what_nobody_has_to_stake_is_a_finding() {
        // Given payers who need nearly all they own for payments,
        let cell = Cell {
            turnover: 10.0,
            stakers: Stakers::Usual,
            period: WEEK,
        };
        // when 90 % are to be staked, then the founder is told that this is out of reach.
        let wants = Forecast {
            staked_share: 0.9,
            ..forecast(&cell.behaviour(), WEEK)
        };
        let derived = wants.derive(WEEK, u64::MAX / 2).expect("it is sound");
        let reachable = derived.findings.iter().map(|finding| finding.reachable);
        assert!(reachable.clone().any(|share| share < 0.8), "{derived:?}");
    }

    #[test]
    fn a_grid_has_every_combination_and_refuses_what_no_economy_has() {
        let grid = Grid::whole();
        assert_eq!(grid.cells().len(), 5 * 3 * 5);
        assert_eq!(grid.validate(), Ok(()));
        for bad in [
            Grid {
                turnovers: vec![],
                ..Grid::whole()
            },
            Grid {
                turnovers: vec![f64::NAN],
                ..Grid::whole()
            },
            Grid {
                periods: vec![60],
                ..Grid::whole()
            },
            Grid {
                stakers: vec![],
                ..Grid::whole()
            },
        ] {
            assert_eq!(bad.validate().unwrap_err().code, "bad_plan", "{bad:?}");
        }
    }

    #[test]
    fn an_epoch_is_a_day_or_a_shorter_period() {
        let cell = |period| Cell {
            turnover: 1.0,
            stakers: Stakers::Usual,
            period,
        };
        assert_eq!(cell(21_600).calendar(10.0).epochs, 40);
        assert_eq!(cell(2_592_000).calendar(10.0).epochs, 10);
        assert_eq!(cell(3_600).settling(), 280.0);
        assert_eq!(cell(2_592_000).settling(), 1_200.0);
    }
}
