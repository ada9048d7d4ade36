//! Who of those who came is active later.

use super::{Kind, Person};
use crate::scenario::Calendar;

/// The ages at which people are looked at (days).
const AGES: [f64; 3] = [30.0, 90.0, 180.0];
/// How long ago somebody may have acted last and still be active (days).
const ACTIVE: f64 = 30.0;

/// Counts of people at each age.
#[derive(Clone, Debug)]
pub struct Cohorts {
    /// The ages in epochs.
    ages: [u32; 3],
    /// The epochs within which an act counts.
    active: u32,
    /// The epochs of the run.
    epochs: u32,
    seen: [u32; 3],
    stayed: [u32; 3],
}

impl Cohorts {
    /// Nobody has been looked at.
    pub fn new(calendar: &Calendar) -> Self {
        let epochs = |days: f64| (days / calendar.epoch_days) as u32;
        Self {
            ages: AGES.map(epochs),
            active: epochs(ACTIVE).max(1),
            epochs: u32::try_from(calendar.epochs).unwrap_or(u32::MAX),
            seen: [0; 3],
            stayed: [0; 3],
        }
    }

    /// Looks at a person, if it reaches one of the ages in this epoch. `staked` tells whether it
    /// has native stake; liquidity providers count as active while they are there.
    pub fn look(&mut self, person: &Person, staked: bool, epoch: u32) {
        let age = epoch - person.joined;
        for (index, at) in self.ages.into_iter().enumerate() {
            if age == at {
                let invested = staked || (person.kind == Kind::Provider && !person.leaving);
                let active = invested || epoch - person.acted <= self.active;
                self.seen[index] += 1;
                self.stayed[index] += u32::from(active && !person.gone);
            }
        }
    }

    /// Counts a person who left, and in whose place somebody comes, at the ages that it would
    /// have reached.
    pub fn replace(&mut self, person: &Person, epoch: u32) {
        for (seen, age) in self.seen.iter_mut().zip(self.ages) {
            let due = person.joined.saturating_add(age);
            *seen += u32::from(due > epoch && due < self.epochs);
        }
    }

    /// The part that was active, by age.
    pub fn parts(&self) -> [f64; 3] {
        core::array::from_fn(|index| f64::from(self.stayed[index]) / f64::from(self.seen[index]))
    }
}
