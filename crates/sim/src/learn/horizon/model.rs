//! What a planner knows of the people whom it imagines.

use super::Fitted;
use crate::{behaviour::Behaviour, plant::World, scenario::Weather};

/// How many futures are imagined in a decision, each with luck of its own.
const FUTURES: usize = 4;
/// How many seeds belong to one of them, one for each epoch in which a decision may fall.
const EPOCHS: u64 = 1 << 16;

/// What is known of the people.
#[derive(Clone, Debug)]
pub enum Model {
    /// Everything but their luck, and today's mood: the bound for a perfect fit.
    TruePeople,
    /// What everybody can see: who owns and has staked what and is here for what, and today's
    /// demand. How they think is drawn anew from the ranges of [`Behaviour`] for each future,
    /// and nobody knows their mood.
    DrawnPeople,
    /// The same, but how they think is fitted to the history that everybody can read, and nothing
    /// is advised while there is no fit or the fit is poor.
    FittedPeople(Box<Fitted>),
}

impl Model {
    /// Learns what the past tells, where it is time for that; `seed` is that of the run.
    pub(super) fn learn(&mut self, world: &World, seed: u64) {
        if let Self::FittedPeople(fitted) = self {
            fitted.learn(world, seed);
        }
    }

    /// The worlds that may be ahead, with the luck of `seed` and of seeds that belong to it; none
    /// where nothing is known.
    pub(super) fn imagine(&self, world: &World, ahead: &[Weather], seed: u64) -> Vec<World> {
        let seeds = (0..).map(|number| seed + number * EPOCHS).take(FUTURES);
        let strangers = |(seed, behaviour)| world.imagine(ahead, seed, Some(&behaviour));
        match self {
            Self::TruePeople => seeds.map(|seed| world.imagine(ahead, seed, None)).collect(),
            Self::DrawnPeople => seeds
                .map(|seed| strangers((seed, Behaviour::of_seed(seed))))
                .collect(),
            Self::FittedPeople(fitted) => seeds.zip(fitted.people()).map(strangers).collect(),
        }
    }

    /// The weather that stays, from today's.
    pub(super) fn forecast(&self, today: Weather) -> Weather {
        match self {
            Self::TruePeople => Weather {
                exit: 0.0,
                keeper: true,
                feed: Some(1.0),
                ..today
            },
            Self::DrawnPeople | Self::FittedPeople(_) => Weather {
                demand: today.demand,
                ..Weather::QUIET
            },
        }
    }

    /// The epochs that were lived to learn about the people.
    pub(super) fn imagined(&self) -> u64 {
        match self {
            Self::FittedPeople(fitted) => fitted.imagined(),
            Self::TruePeople | Self::DrawnPeople => 0,
        }
    }
}
