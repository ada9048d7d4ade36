//! Another future of a world: what somebody who plans can try out without seeing what will
//! happen.

use super::{
    people::{recast, Person},
    World,
};
use crate::{
    behaviour::Behaviour,
    random::{Luck, Purpose},
    scenario::Weather,
};

impl World {
    /// This world as it is now, with `ahead` as the weather of the epochs to come and with the
    /// luck of `seed` from now on: nothing of the true future is in it. With a `behaviour`, its
    /// people are also strangers: they keep what they own, have staked and are here for, which
    /// everybody can see on chain, and think and decide like those whom `seed` draws of that
    /// behaviour.
    #[must_use]
    pub fn imagine(&self, ahead: &[Weather], seed: u64, behaviour: Option<&Behaviour>) -> Self {
        let lived = self.days.len().min(self.weather.len());
        let mut weather = Vec::with_capacity(lived + ahead.len());
        weather.extend_from_slice(&self.weather[..lived]);
        weather.extend_from_slice(ahead);
        let mut days = Vec::with_capacity(weather.len());
        days.extend_from_slice(&self.days);
        let mut town = self.town.clone();
        town.reseed(seed);
        if let Some(behaviour) = behaviour {
            town.mind.adopt(*behaviour);
        }
        let epoch_days = self.calendar.epoch_days;
        let people = (0..).zip(&self.people).map(|(number, person)| {
            let mut person = Person {
                luck: Luck::new(seed, Purpose::Choices, number),
                ..person.clone()
            };
            if let Some(behaviour) = behaviour {
                recast(&mut person, behaviour, epoch_days, seed, number);
            }
            person
        });
        Self {
            people: people.collect(),
            town,
            calendar: self.calendar,
            days,
            weather,
            start: self.start,
        }
    }
}
