//! What the demo lives through: whose economy, which people, what happens to them and when.
//!
//! People, market and scenarios are the simulator's. The economy is lived twice: steered, with a
//! journal of every deed, which the bank gets as transactions; and under a fixed rule, which keeps
//! every parameter where it started.

use homeostat::constants::PPM;
use homeostat::state::Parameter;
use homeostat_client::Funding;
use homeostat_settings::economy_file::EconomySpec;
use homeostat_sim::chain::{Chain, Error};
use homeostat_sim::funded;
use homeostat_sim::plant::{World, START};
use homeostat_sim::policy::Policy;
use homeostat_sim::run::Run;
use homeostat_sim::scenario::{mix, weather, Calendar, Scenario};
use homeostat_sim::Behaviour;

use crate::failure::Failure;
use crate::simulate;

/// The number of people.
pub const PEOPLE: usize = 60;
/// The longest epoch (seconds). A period is one epoch, or as many as it takes.
const LONGEST_EPOCH: u32 = 604_800;
/// Team tokens that do not circulate (ppm of supply).
const TEAM: u64 = 100_000;
/// Funded economies: part of the team's tokens that goes into the reward vault (ppm of supply).
const REWARD_FUND: u64 = 80_000;

/// What happens from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Story {
    /// Congestion with sybils after a fifth, a crash after a half, and a whale's exit after
    /// three quarters of the time.
    Mix,
    /// One scenario of the simulator.
    One(Scenario),
}

impl Story {
    /// The name in arguments and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mix => "mix",
            Self::One(scenario) => scenario.name(),
        }
    }

    /// The story of a name, for the command line.
    pub fn from_name(name: &str) -> Result<Self, String> {
        if name == Self::Mix.name() {
            return Ok(Self::Mix);
        }
        match Scenario::from_name(name) {
            Some(scenario) if scenario.uses_feed() => {
                Err("the demo's economy has no feed to manipulate; `simulate` has one".to_owned())
            }
            Some(scenario) => Ok(Self::One(scenario)),
            None => {
                let others = Scenario::ALL.into_iter().filter(|other| !other.uses_feed());
                let names: Vec<&str> = others.map(Scenario::name).collect();
                Err(format!("one of mix, {}", names.join(", ")))
            }
        }
    }

    /// Which scenario has its shock in which epoch; none for those that act all the time.
    fn shocks(self, calendar: &Calendar) -> Vec<(Scenario, usize)> {
        let epochs = calendar.epochs;
        match self {
            Self::Mix => vec![
                (Scenario::Congestion, epochs / 5),
                (Scenario::Crash, epochs / 2),
                (Scenario::WhaleExit, epochs * 3 / 4),
            ],
            Self::One(scenario) => vec![(scenario, calendar.shock())],
        }
    }
}

/// A shock of the story.
#[derive(Clone, Copy, Debug)]
pub struct Shock {
    /// The epoch in which it begins.
    pub epoch: usize,
    /// What the time from it on is called.
    pub name: &'static str,
    /// What happens, in a few words.
    pub label: &'static str,
}

/// What the time from a scenario's shock on is called, and what happens; `None` for a scenario
/// that acts from the first day on.
const fn words(scenario: Scenario) -> Option<(&'static str, &'static str)> {
    Some(match scenario {
        Scenario::Stationary | Scenario::LowParticipation | Scenario::RegimeSwitching => {
            return None;
        }
        Scenario::Bull => ("bull run", "bull run: demand x 4 in 120 days"),
        Scenario::Crash => ("crash", "crash: demand -60 % in 5 days"),
        Scenario::WhaleExit => ("whale exit", "whale exit"),
        Scenario::Congestion => ("congestion", "congestion: demand x 1.5, and sybils"),
        Scenario::FeedManipulation => ("manipulation", "feed manipulation"),
        Scenario::BoundaryGaming => ("gaming", "attackers game the boundary"),
        Scenario::KeeperOutage => ("outage", "keeper outage: 20 periods"),
    })
}

/// Everything that is decided before the economy is created.
pub struct Plan<'a> {
    /// The economy.
    pub spec: &'a EconomySpec,
    /// What happens.
    pub story: Story,
    /// The seed of everything random.
    pub seed: u64,
    /// Epochs and periods.
    pub calendar: Calendar,
    /// The shocks, by time.
    pub shocks: Vec<Shock>,
    /// How people behave: drawn from the simulator's ranges by the seed.
    pub behaviour: Behaviour,
    /// Tokens of the team, which do not circulate (base units).
    pub team: u64,
    /// Tokens in the reward vault of a funded economy (base units); 0 where rewards are minted.
    pub fund: u64,
}

impl<'a> Plan<'a> {
    /// The plan of a seed, for so many periods.
    pub fn new(spec: &'a EconomySpec, story: Story, seed: u64, periods: u32) -> Self {
        let parts = spec.period.div_ceil(LONGEST_EPOCH);
        let days = f64::from(spec.period) / 86_400.0;
        let calendar = Calendar {
            epochs: (periods * parts) as usize,
            epoch_days: days / f64::from(parts),
            period_days: days,
        };
        let shocks = story.shocks(&calendar).into_iter();
        let shocks = shocks.filter_map(|(scenario, epoch)| {
            let (name, label) = words(scenario)?;
            Some(Shock { epoch, name, label })
        });
        let fund = match spec.funding {
            Funding::Mint => 0,
            Funding::Funded => part(spec.supply, REWARD_FUND),
        };
        Self {
            spec,
            story,
            seed,
            calendar,
            shocks: shocks.collect(),
            behaviour: Behaviour::of_seed(seed),
            team: part(spec.supply, TEAM) - fund,
            fund,
        }
    }

    /// The economy at go-live with everybody in it, steered by a policy.
    pub fn begin(&self, policy: Policy) -> Result<Run, Failure> {
        self.prepare(policy)
            .map_err(|error| refused("before it began", &error))
    }

    fn prepare(&self, policy: Policy) -> Result<Run, Error> {
        let mut design = simulate::design(self.spec);
        design.excluded = self.team;
        // No policy of the demo has tuned constants.
        let (design, steer) =
            policy.prepare(&design, [0; Parameter::ALL.len()], self.calendar.shock());
        let chain = match self.spec.funding {
            Funding::Mint => Chain::go_live(&design, START)?,
            Funding::Funded => funded::go_live(&design, self.fund, START)?,
        };
        let noise = self.behaviour.demand_noise;
        let weather = match self.story {
            Story::Mix => mix(
                &self.story.shocks(&self.calendar),
                &self.calendar,
                noise,
                self.seed,
            ),
            Story::One(scenario) => weather(scenario, &self.calendar, noise, self.seed),
        };
        let world = World::on(
            chain,
            self.behaviour,
            PEOPLE,
            self.calendar,
            weather,
            self.seed,
        )?;
        Ok(Run { world, steer })
    }
}

/// Lives through the next epoch of a run.
pub fn step(run: &mut Run) -> Result<(), Failure> {
    let epoch = run.world.days().len() + 1;
    run.world
        .step(&mut run.steer)
        .map_err(|error| refused(&format!("in epoch {epoch}"), &error))
}

fn refused(when: &str, error: &Error) -> Failure {
    Failure::new(
        "run_failed",
        format!("the program refused something {when}: {error}"),
    )
    .remedy("limits and controllers of the economy do not fit together; change them")
}

fn part(of: u64, ppm: u64) -> u64 {
    let product = u128::from(of) * u128::from(ppm) / u128::from(PPM);
    u64::try_from(product).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_story_but_that_of_feeds_has_a_name_that_is_read_again() {
        let all = Scenario::ALL.into_iter().filter(|s| !s.uses_feed());
        for story in [Story::Mix].into_iter().chain(all.map(Story::One)) {
            assert_eq!(Story::from_name(story.name()), Ok(story));
        }
        let refused = Story::from_name("feed-manipulation").expect_err("there is no feed");
        assert!(refused.contains("no feed"), "{refused}");
        let refused = Story::from_name("boom").expect_err("there is no such scenario");
        assert!(refused.contains("mix, stationary, bull"), "{refused}");
    }

    #[test]
    fn a_period_is_an_epoch_or_as_many_as_keep_it_below_a_week() {
        for (period, epochs, days) in [
            (60, 10, 60.0 / 86_400.0),
            (86_400, 10, 1.0),
            (604_800, 10, 7.0),
            (604_801, 20, 604_801.0 / 2.0 / 86_400.0),
            (2_592_000, 50, 6.0),
        ] {
            let spec = EconomySpec {
                period,
                ..EconomySpec::default()
            };
            let plan = Plan::new(&spec, Story::Mix, 1, 10);
            assert_eq!(plan.calendar.epochs, epochs, "{period}");
            assert_eq!(plan.calendar.epoch_days, days, "{period}");
            // Every period ends in the second in which an epoch does.
            for ended in 1..=10 {
                let end = plan.calendar.start(ended * epochs / 10);
                assert_eq!(end - START, i64::from(period) * ended as i64, "{period}");
            }
        }
    }

    #[test]
    fn a_funded_economy_is_lived_by_the_simulator_and_mints_nothing() {
        let spec = EconomySpec {
            funding: Funding::Funded,
            ..EconomySpec::default()
        };
        let plan = Plan::new(&spec, Story::Mix, 3, 8);
        let mut run = plan.begin(Policy::Homeostat).expect("it goes live");
        assert_eq!(run.world.chain().reward_vault, plan.fund);
        for _ in 0..8 {
            step(&mut run).expect("an epoch passes");
            assert!(run.world.is_conserved());
        }
        let chain = run.world.chain();
        let burned = u64::try_from(chain.meter.burned.get()).expect("burned tokens");
        assert_eq!(chain.supply + burned, spec.supply);
        // Rewards were paid out of the vault.
        assert!(chain.native.claimed > 0);
        assert_eq!(chain.economy.totals.periods, 8);
    }
}
