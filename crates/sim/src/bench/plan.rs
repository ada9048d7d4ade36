//! Which runs a benchmark has.

use homeostat::state::{StoredConfig, StoredGuardConfig};
use homeostat_settings::failure::{Failure, Place};
use sha2::{Digest, Sha256};

use crate::{
    behaviour::Behaviour,
    chain::{Design, Error},
    metrics::Metrics,
    policy::Policy,
    run::{Case, Run, Setting},
    scenario::{replay, Calendar, Scenario},
    series::Series,
    tune::Gains,
};

use super::row::{hex, Row};

/// The first seed of a benchmark. Those below belong to tuning, so that nothing is judged by
/// what it was tuned on.
pub const FIRST_SEED: u64 = 1000;

/// The length of a period, and of an epoch (seconds).
const PERIOD: u32 = 86_400;
/// The tokens at go-live (base units).
const SUPPLY: u64 = 1_000_000_000_000_000;
/// The fewest and the most days of a series.
const FEWEST_DAYS: usize = 30;
const MOST_DAYS: usize = 36_500;
/// What a series is called in the place of a scenario.
const SERIES: &str = "series";

/// The sizes of a benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// 500 people, 180 days, 8 seeds: seconds.
    Smoke,
    /// 2,000 people, 730 days, 64 seeds: an hour or two on a core.
    Standard,
    /// 10,000 people, 730 days, 256 seeds: a day or two on a core.
    Full,
}

impl Tier {
    /// All of them, the smallest first.
    pub const ALL: [Self; 3] = [Self::Smoke, Self::Standard, Self::Full];

    /// The name in arguments and files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Smoke => "smoke",
            Self::Standard => "standard",
            Self::Full => "full",
        }
    }

    /// The tier of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.name() == name)
    }

    /// The number of people.
    pub const fn people(self) -> usize {
        match self {
            Self::Smoke => 500,
            Self::Standard => 2_000,
            Self::Full => 10_000,
        }
    }

    /// The number of epochs of a scenario, each a day; a series has as many as it has days.
    pub const fn epochs(self) -> usize {
        match self {
            Self::Smoke => 180,
            Self::Standard | Self::Full => 730,
        }
    }

    /// The number of seeds.
    pub const fn seeds(self) -> u64 {
        match self {
            Self::Smoke => 8,
            Self::Standard => 64,
            Self::Full => 256,
        }
    }
}

/// The runs of a benchmark: for each seed, for each scenario, each policy. Seeds come outermost,
/// so that what was stopped early is a whole benchmark of fewer seeds, and one of more seeds
/// goes on where one of fewer ended.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The sizes.
    pub tier: Tier,
    /// People, calendar and design.
    pub setting: Setting,
    /// The number of seeds, from [`FIRST_SEED`] on.
    pub seeds: u64,
    /// The gains of the controllers and the constants of the tuned static policy.
    gains: Gains,
    /// The demand of each epoch of a series, which takes the place of all scenarios.
    demand: Option<Vec<f64>>,
}

impl Plan {
    /// The benchmark of a tier, with the tier's number of seeds: the program's defaults and
    /// periods of a day.
    pub fn new(tier: Tier) -> Self {
        let gains = Gains::of_defaults();
        Self {
            tier,
            setting: Setting {
                people: tier.people(),
                calendar: Calendar {
                    epochs: tier.epochs(),
                    epoch_days: 1.0,
                    period_days: f64::from(PERIOD) / 86_400.0,
                },
                design: Design::with_defaults(PERIOD, SUPPLY),
                constants: gains.constants,
            },
            gains,
            seeds: tier.seeds(),
            demand: None,
        }
    }

    /// The same with other gains and constants.
    #[must_use]
    pub fn with_gains(mut self, gains: Gains) -> Self {
        gains.apply(&mut self.setting.design);
        self.setting.constants = gains.constants;
        self.gains = gains;
        self
    }

    /// The same with the demand of a series in the place of the scenarios: its price each day
    /// over that of its first, on which the economy goes live. The runs are as long as it is.
    ///
    /// # Errors
    ///
    /// `series_too_short`, `series_too_long`, and what [`Series::resample`] refuses.
    pub fn with_series(self, series: &Series) -> Result<Self, Failure> {
        let daily = series.resample(i64::from(PERIOD))?;
        let closes = daily.closes();
        let days = closes.len();
        let refuse = |code, problem: String, remedy| {
            Err(Failure::at(code, Place::file(series.name()), problem).remedy(remedy))
        };
        if days < FEWEST_DAYS {
            let problem = format!("has {days} days, too few to tell anything of");
            return refuse("series_too_short", problem, "give at least 30 days");
        }
        if days > MOST_DAYS {
            let problem = format!("has {days} days, more than a hundred years");
            return refuse("series_too_long", problem, "give a part of it");
        }
        let demand = closes.iter().map(|close| close / closes[0]).collect();
        Ok(self.with_demand(demand))
    }

    /// The same with one value of demand a day.
    pub(super) fn with_demand(mut self, demand: Vec<f64>) -> Self {
        self.setting.calendar.epochs = demand.len();
        self.demand = Some(demand);
        self
    }

    /// The same with another number of seeds.
    #[must_use]
    pub fn with_seeds(self, seeds: u64) -> Self {
        Self { seeds, ..self }
    }

    /// The scenarios. Under a series all else is as in the stationary one.
    pub fn scenarios(&self) -> &'static [Scenario] {
        match self.demand {
            None => &Scenario::ALL,
            Some(_) => &[Scenario::Stationary],
        }
    }

    /// What a scenario of this plan is called: its name, or `series`.
    pub fn name(&self, scenario: Scenario) -> &'static str {
        match self.demand {
            None => scenario.name(),
            Some(_) => SERIES,
        }
    }

    /// The number of runs with one seed.
    pub fn per_seed(&self) -> usize {
        self.scenarios().len() * Policy::ALL.len()
    }

    /// The number of runs.
    pub fn len(&self) -> usize {
        self.per_seed() * self.seeds as usize
    }

    /// Whether there are no runs.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The run of an index.
    pub fn case(&self, index: usize) -> Case {
        let (seed, rest) = (index / self.per_seed(), index % self.per_seed());
        Case {
            scenario: self.scenarios()[rest / Policy::ALL.len()],
            policy: Policy::ALL[rest % Policy::ALL.len()],
            seed: FIRST_SEED + seed as u64,
        }
    }

    /// Prepares a run. Refuses a design that the program refuses.
    pub fn prepare(&self, case: Case) -> Result<Run, Error> {
        let Some(demand) = &self.demand else {
            return self.setting.prepare(case);
        };
        let behaviour = Behaviour::of_seed(case.seed);
        let weather = replay(demand, &self.setting.calendar, case.seed);
        self.setting.prepare_with(case, behaviour, weather)
    }

    /// Lives a run: its row and how many epochs it lasted. What the program refuses ends it, and
    /// the row says what that was.
    pub fn live(&self, case: Case) -> (Row, usize) {
        let name = self.name(case.scenario);
        let (outcome, epochs) = match self.prepare(case) {
            Err(error) => (Err(refusal(&error)), 0),
            Ok(mut run) => {
                let ended = run.world.run(&mut run.steer);
                let outcome = ended
                    .map(|()| Metrics::of(&run.world))
                    .map_err(|error| refusal(&error));
                (outcome, run.world.days().len())
            }
        };
        (Row::new(name, case, outcome), epochs)
    }

    /// sha256 over everything that the runs have in common: people and calendar, supply, limits,
    /// and each controller as the program stores it, with its guard; and the constants of the
    /// tuned static policy.
    pub fn design_hash(&self) -> String {
        let Setting {
            people,
            calendar,
            design,
            constants,
        } = &self.setting;
        let mut hash = Sha256::new();
        hash.update((*people as u64).to_le_bytes());
        hash.update((calendar.epochs as u64).to_le_bytes());
        hash.update(calendar.epoch_days.to_bits().to_le_bytes());
        hash.update(calendar.period_days.to_bits().to_le_bytes());
        hash.update(design.supply.to_le_bytes());
        hash.update(design.excluded.to_le_bytes());
        hash.update(bytemuck::bytes_of(&design.limits));
        for controller in &design.controllers {
            let config = StoredConfig::from(&controller.config);
            let guard = StoredGuardConfig::from(&controller.guard);
            hash.update([controller.wiring.metric as u8]);
            hash.update(controller.wiring.numbers());
            hash.update(bytemuck::bytes_of(&config));
            hash.update(bytemuck::bytes_of(&guard));
        }
        for constant in constants {
            hash.update(constant.to_le_bytes());
        }
        hex(&hash.finalize())
    }

    /// sha256 over the gains and the constants alone, as [`Gains::hash`] gives it.
    pub fn gains_hash(&self) -> String {
        self.gains.hash()
    }

    /// sha256 over the demand of a series; `none` without one.
    pub fn series_hash(&self) -> String {
        let Some(demand) = &self.demand else {
            return "none".to_owned();
        };
        let mut hash = Sha256::new();
        for value in demand {
            hash.update(value.to_bits().to_le_bytes());
        }
        hex(&hash.finalize())
    }
}

/// What the program calls its refusal.
fn refusal(error: &Error) -> String {
    match error {
        Error::AnchorError(error) => error.error_name.clone(),
        Error::ProgramError(error) => format!("{:?}", error.program_error)
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_is_there_once_and_more_seeds_only_add_to_it() {
        let plan = Plan::new(Tier::Smoke);
        assert_eq!(plan.len(), 10 * 11 * 8);
        let cases: std::collections::BTreeSet<Case> =
            (0..plan.len()).map(|index| plan.case(index)).collect();
        assert_eq!(cases.len(), plan.len());
        assert!(cases.iter().all(|case| (1000..1008).contains(&case.seed)));
        let fewer = Plan::new(Tier::Smoke).with_seeds(3);
        assert!((0..fewer.len()).all(|index| fewer.case(index) == plan.case(index)));
    }

    #[test]
    fn a_series_takes_the_place_of_the_scenarios() {
        let plan = Plan::new(Tier::Standard).with_demand(vec![1.0; 40]);
        assert_eq!(plan.len(), 11 * 64);
        assert_eq!(plan.setting.calendar.epochs, 40);
        assert_eq!(plan.name(plan.case(0).scenario), "series");
        assert_ne!(plan.series_hash(), Plan::new(Tier::Standard).series_hash());
    }

    #[test]
    fn a_price_series_is_demand_over_its_first_day() {
        use crate::series::read_series;
        let text = |days: i64| {
            let rows = (0..days).map(|day| format!("{},{}\n", day * 86_400, 50 + day));
            format!("t,close\n{}", rows.collect::<String>())
        };
        let plan = |days| {
            let series = read_series(text(days).as_bytes(), "x.csv").expect("a series");
            Plan::new(Tier::Smoke).with_series(&series)
        };
        let demand = plan(30).expect("thirty days").demand.expect("demand");
        assert_eq!((demand.len(), demand[0], demand[25]), (30, 1.0, 1.5));
        assert_eq!(plan(29).expect_err("too short").code, "series_too_short");
        assert_eq!(plan(36_501).expect_err("too long").code, "series_too_long");
    }

    #[test]
    fn whatever_the_runs_share_changes_the_hash() {
        let plan = || Plan::new(Tier::Smoke);
        let hash = plan().design_hash();
        assert_eq!(hash, plan().design_hash());
        let changes: [fn(&mut Setting); 6] = [
            |setting| setting.people += 1,
            |setting| setting.calendar.epochs += 1,
            |setting| setting.constants[3] += 1,
            |setting| setting.design.limits.unbonding += 1,
            |setting| setting.design.controllers[2].config.max += 1,
            |setting| setting.design.controllers[0].guard.enabled ^= true,
        ];
        for (index, change) in changes.iter().enumerate() {
            let mut changed = plan();
            change(&mut changed.setting);
            assert_ne!(changed.design_hash(), hash, "change {index}");
        }
    }

    #[test]
    fn gains_go_to_the_controllers_and_constants_to_the_static_policy() {
        let plan = Plan::new(Tier::Smoke);
        let mut gains = Gains::of_defaults();
        assert_eq!(
            plan.clone().with_gains(gains).design_hash(),
            plan.design_hash()
        );
        gains.constants[0] += 1;
        let other = plan.clone().with_gains(gains);
        assert_eq!(other.setting.constants[0], plan.setting.constants[0] + 1);
        assert_ne!(other.design_hash(), plan.design_hash());
        assert_ne!(other.gains_hash(), plan.gains_hash());
        gains.fee.ki *= 2;
        let third = plan.clone().with_gains(gains);
        let fee = |plan: &Plan| plan.setting.design.controllers[1].config.ki;
        assert_ne!(fee(&third), fee(&other));
    }

    #[test]
    fn a_run_that_the_program_refuses_is_a_row_that_says_so() {
        // Given a design with an emission whose limits are the wrong way round,
        let mut plan = Plan::new(Tier::Smoke);
        plan.setting.design.controllers[0].config.min = 1_000_000;
        // when it should be lived, then there is a row with the program's name for it.
        let case = Case {
            policy: Policy::Homeostat,
            ..plan.case(0)
        };
        let (row, epochs) = plan.live(case);
        assert_eq!(epochs, 0);
        assert!(row.outcome().is_err());
        assert!(row.text().contains(",InvalidParameter,"), "{}", row.text());
    }
}
