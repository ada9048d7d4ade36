//! The scenarios: what happens to the economy from outside, day by day.
//!
//! A scenario makes the [`Weather`] of every epoch before the run starts, from the seed alone,
//! so that all policies live through the same. The shock comes after a third of the run, when
//! every policy has had time to settle.

mod mix;
mod paths;

use serde::{Deserialize, Serialize};

pub use mix::mix;

use crate::{
    plant::START,
    random::{Luck, Purpose},
};
use paths::{linear, logarithmic, Regimes};

/// What is outside the economy's power in one epoch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weather {
    /// The demand for payments and for the token, over that of a quiet day.
    pub demand: f64,
    /// How much of [`Behaviour::mood`](crate::Behaviour) people add to the yield they ask for.
    pub mood: f64,
    /// The factor on how often people decide.
    pub alarm: f64,
    /// The volume that spammers want to pay at a fee that they bear, over the quiet volume.
    pub spam: f64,
    /// The part of the native stake that whales take out at once.
    pub exit: f64,
    /// Whether a keeper cranks.
    pub keeper: bool,
    /// What feeds report, over the truth; `None` when nobody reports.
    pub feed: Option<f64>,
    /// Whether the attackers play their game.
    pub gaming: bool,
}

impl Weather {
    /// A quiet day.
    pub const QUIET: Self = Self {
        demand: 1.0,
        mood: 0.0,
        alarm: 1.0,
        spam: 0.0,
        exit: 0.0,
        keeper: true,
        feed: Some(1.0),
        gaming: false,
    };
}

/// The ten scenarios.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scenario {
    /// Quiet demand with its noise.
    Stationary,
    /// Demand rises to four times in 120 d and stays.
    Bull,
    /// Demand falls by 60 % in 5 d; half of that comes back in 90 d. People ask for more and
    /// decide more often.
    Crash,
    /// The largest stakers take 10 to 20 % of the stake out at once, and sell.
    WhaleExit,
    /// Demand is three times for 60 d, half of it sybils who pay each other.
    Congestion,
    /// The utilisation comes from a feed that is 30 % too high for 6 h, then 30 % too low for
    /// 6 h, then silent for 24 h, every 30 d.
    FeedManipulation,
    /// People decide a tenth as often.
    LowParticipation,
    /// A group with a tenth of the tokens leaves its stake and comes back in turns, and pays
    /// itself at the end of each period, to move what is measured.
    BoundaryGaming,
    /// Nobody cranks for 20 periods.
    KeeperOutage,
    /// Calm, boom, bust and spam follow each other at random, with strengths that no other
    /// scenario has.
    RegimeSwitching,
}

impl Scenario {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 10] = [
        Self::Stationary,
        Self::Bull,
        Self::Crash,
        Self::WhaleExit,
        Self::Congestion,
        Self::FeedManipulation,
        Self::LowParticipation,
        Self::BoundaryGaming,
        Self::KeeperOutage,
        Self::RegimeSwitching,
    ];

    /// The name in tables, files and arguments.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stationary => "stationary",
            Self::Bull => "bull",
            Self::Crash => "crash",
            Self::WhaleExit => "whale-exit",
            Self::Congestion => "congestion",
            Self::FeedManipulation => "feed-manipulation",
            Self::LowParticipation => "low-participation",
            Self::BoundaryGaming => "boundary-gaming",
            Self::KeeperOutage => "keeper-outage",
            Self::RegimeSwitching => "regime-switching",
        }
    }

    /// The scenario of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|scenario| scenario.name() == name)
    }

    /// Whether the fee's controller measures a feed instead of the program's own utilisation.
    pub const fn uses_feed(self) -> bool {
        matches!(self, Self::FeedManipulation)
    }
}

/// When a run has its shock, and what it is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calendar {
    /// The number of epochs.
    pub epochs: usize,
    /// The length of an epoch (days).
    pub epoch_days: f64,
    /// The length of a period (days).
    pub period_days: f64,
}

impl Calendar {
    /// The epoch in which the shock comes: after a third of the run.
    pub const fn shock(&self) -> usize {
        self.epochs / 3
    }

    /// When an epoch starts (unix seconds).
    pub fn start(&self, epoch: usize) -> i64 {
        START + libm::round(epoch as f64 * (self.epoch_days * 86_400.0)) as i64
    }

    /// The days from the shock to the start of an epoch; negative before it.
    fn since_shock(&self, epoch: usize) -> f64 {
        self.since(self.shock(), epoch)
    }

    /// The days from the start of one epoch to that of another; negative before it.
    fn since(&self, from: usize, epoch: usize) -> f64 {
        (epoch as f64 - from as f64) * self.epoch_days
    }
}

/// The weather of every epoch of a run. `noise` is the standard deviation of the logarithm of
/// demand in a day; demand returns from it with a half-life of ten days.
pub fn weather(scenario: Scenario, calendar: &Calendar, noise: f64, seed: u64) -> Vec<Weather> {
    let demand = |_: usize| None;
    make(scenario, calendar, noise, seed, demand)
}

/// The same with the demand of a series in the place of the scenario's own and of the noise:
/// one value an epoch, over that of a quiet day. Epochs beyond its end keep its last value.
pub fn replay(series: &[f64], calendar: &Calendar, seed: u64) -> Vec<Weather> {
    let last = series.last().copied();
    let demand = |epoch: usize| series.get(epoch).copied().or(last);
    make(Scenario::Stationary, calendar, 0.0, seed, demand)
}

fn make(
    scenario: Scenario,
    calendar: &Calendar,
    noise: f64,
    seed: u64,
    replayed: impl Fn(usize) -> Option<f64>,
) -> Vec<Weather> {
    let mut luck = Luck::new(seed, Purpose::Demand, 0);
    let mut fate = Luck::new(seed, Purpose::Scenario, scenario as u64);
    let exit = fate.between(0.10, 0.20);
    let mut regimes = Regimes::new(fate);
    let mut noisy = paths::Reverting::new(noise, calendar.epoch_days);
    (0..calendar.epochs)
        .map(|epoch| {
            let day = calendar.since_shock(epoch);
            let regime = regimes.next(calendar.epoch_days);
            let mut weather = match scenario {
                Scenario::RegimeSwitching => regime,
                _ => planned(scenario, day, exit, calendar),
            };
            weather.demand *= libm::exp(noisy.next(&mut luck));
            if let Some(demand) = replayed(epoch) {
                weather.demand = demand;
            }
            weather
        })
        .collect()
}

/// What a scenario plans for a day, counted from the shock.
fn planned(scenario: Scenario, day: f64, exit: f64, calendar: &Calendar) -> Weather {
    let quiet = Weather::QUIET;
    let shocked = day >= 0.0;
    match scenario {
        Scenario::Stationary | Scenario::RegimeSwitching => quiet,
        Scenario::Bull => Weather {
            demand: logarithmic(day, &[(0.0, 1.0), (120.0, 4.0)]),
            // What else is to be had yields more in a bull market.
            mood: linear(day, &[(0.0, 0.0), (120.0, 0.3)]),
            ..quiet
        },
        Scenario::Crash => Weather {
            demand: logarithmic(day, &[(0.0, 1.0), (5.0, 0.4), (95.0, 0.7)]),
            mood: linear(day, &[(0.0, 0.0), (5.0, 1.0), (125.0, 0.4)]),
            alarm: if (0.0..10.0).contains(&day) { 3.0 } else { 1.0 },
            ..quiet
        },
        Scenario::WhaleExit => Weather {
            exit: if (0.0..calendar.epoch_days).contains(&day) {
                exit
            } else {
                0.0
            },
            ..quiet
        },
        Scenario::Congestion => {
            let busy = (0.0..60.0).contains(&day);
            Weather {
                demand: if busy { 1.5 } else { 1.0 },
                spam: if busy { 1.5 } else { 0.0 },
                ..quiet
            }
        }
        Scenario::FeedManipulation => {
            let hour = if shocked {
                libm::fmod(day, 30.0) * 24.0
            } else {
                48.0
            };
            Weather {
                feed: match hour {
                    hour if hour < 6.0 => Some(1.3),
                    hour if hour < 12.0 => Some(0.7),
                    hour if hour < 36.0 => None,
                    _ => Some(1.0),
                },
                ..quiet
            }
        }
        Scenario::LowParticipation => Weather {
            alarm: 0.1,
            ..quiet
        },
        Scenario::BoundaryGaming => Weather {
            gaming: shocked,
            ..quiet
        },
        Scenario::KeeperOutage => Weather {
            keeper: !(0.0..20.0 * calendar.period_days).contains(&day),
            ..quiet
        },
    }
}

#[cfg(test)]
mod tests;
