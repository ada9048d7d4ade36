//! People fitted to the history of the economy that they live in, as the advisor fits them.

use crate::{
    advisor::{fit, Fit, Fitting, History, Plant},
    behaviour::Behaviour,
    plant::World,
};

/// The first fit is made at the first decision from this day on: there are 40 periods to fit to
/// then, where periods are of a day.
const FIRST_FIT: f64 = 60.0;
/// A fit is made anew when the history is so many times as long.
const LONGER: f64 = 3.0;
/// The candidates of a fit, and how many are kept. The advisor takes ten times as many for an
/// economy that it looks at once; these are made in thousands of lives.
const CANDIDATES: u32 = 300;
const KEPT: usize = 24;

/// What the advisor's fit knows of the people.
#[derive(Clone, Debug)]
pub struct Fitted {
    plant: Plant,
    next_fit: f64,
    /// The last fit; `None` before the first, and where none could be made or it was poor.
    fit: Option<Fit>,
    /// The epochs that the candidates of all fits lived; those of a fit that could not be made are
    /// not counted.
    imagined: u64,
}

impl Fitted {
    /// Nothing is known yet of the people of an economy that began like this.
    pub fn new(plant: Plant) -> Self {
        Self {
            plant,
            next_fit: FIRST_FIT,
            fit: None,
            imagined: 0,
        }
    }

    /// Fits people to the past, where the last fit is old.
    pub(super) fn learn(&mut self, world: &World, seed: u64) {
        let days = world.days().len() as f64 * self.plant.epoch_days;
        if days < self.next_fit {
            return;
        }
        self.next_fit = days * LONGER;
        let history = History::of_world(world, &self.plant.design);
        let fitting = Fitting {
            candidates: CANDIDATES,
            kept: KEPT,
            seed,
            ..Fitting::default()
        };
        // Without a fit nothing is advised, which is what the advisor does.
        let found = fit(&self.plant, &history, &fitting).ok();
        if let Some(found) = &found {
            // Candidates live through four fifths, and what is kept through all.
            let epochs = world.days().len();
            let lived = found.tried * (epochs * 4 / 5) + found.kept.len() * epochs;
            self.imagined += lived as u64;
        }
        self.fit = found.filter(|found| !found.poor);
    }

    /// The behaviours to imagine, the nearest first.
    pub(super) fn people(&self) -> impl Iterator<Item = Behaviour> + '_ {
        let kept = self.fit.iter().flat_map(|fit| &fit.kept);
        kept.map(|candidate| candidate.behaviour)
    }

    pub(super) fn imagined(&self) -> u64 {
        self.imagined
    }
}
