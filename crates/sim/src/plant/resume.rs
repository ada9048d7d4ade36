//! A world that goes on from where a live economy is.

use homeostat::state::{Action, Council};

use super::{population, town::Town, Person, World, MARKET_SHARE};
use crate::{
    behaviour::Behaviour,
    chain::Error,
    live::{end_period, execute, Start},
    market::Market,
    scenario::{Calendar, Weather},
};

/// The most of what stakers own that is staked or unbonds at the start: people who have staked
/// everything could not pay.
const FULL: f64 = 0.95;

impl World {
    /// The world of a seed from the present of a live economy on. A period that is over is ended
    /// first, as any keeper would do. After that a keeper comes at the end of every epoch.
    ///
    /// People are drawn as at go-live. What they own adds up to what is in no vault of the
    /// economy, and what they have staked to what is staked.
    pub fn resume(
        start: &Start,
        behaviour: Behaviour,
        people: usize,
        calendar: Calendar,
        weather: Vec<Weather>,
        seed: u64,
    ) -> Result<Self, Error> {
        let mut chain = start.chain().clone();
        if chain.is_due() {
            end_period(&mut chain)?;
        }
        let owned = start.owned();
        let for_people = owned - start.market();
        // A population leaves the market its share of what it is given.
        let with_market = (for_people as f64 / (1.0 - MARKET_SHARE)) as u64;
        let mut people = population(&behaviour, people, with_market, calendar.epoch_days, seed);
        make_room(
            &mut people,
            chain.native.total + chain.native.unbonding,
            for_people,
        );
        let theirs: u64 = people.iter().map(|person| person.wealth).sum();
        let mut market = Market::new(owned.saturating_sub(theirs).max(1), 1.0);
        // Shares are counted in tokens at the start; there are never fewer than in the pools.
        let pools = &chain.liquidity;
        market.shares = market.tokens.max(pools.total + pools.unbonding);
        let at = chain.now;
        let mut world = Self {
            town: Town::new(chain, market, behaviour, calendar, people.len(), seed),
            people,
            calendar,
            days: Vec::with_capacity(calendar.epochs),
            weather,
            start: at,
        };
        world.town.move_in(&mut world.people, start)?;
        Ok(world)
    }

    /// Executes at this moment what a council has decided ([`execute`]). What is paid out of the
    /// treasury is kept by who gets it.
    pub fn enact(&mut self, council: &Council, actions: &[Action]) -> Result<(), Error> {
        let paid = execute(&mut self.town.chain, council, actions)?;
        self.town.paid_out = self.town.paid_out.saturating_add(paid);
        Ok(())
    }
}

/// Makes those who stake own enough that `staked` base units are at most the [`FULL`] part of it,
/// and the others less, of `all` base units that people own; or all of it, if that is not enough.
fn make_room(people: &mut [Person], staked: u64, all: u64) {
    let sum = |stakes: bool| -> f64 {
        let of = people.iter().filter(|p| p.kind.stakes() == stakes);
        of.map(|p| p.wealth as f64).sum()
    };
    let (stakers, others) = (sum(true), sum(false));
    let wanted = (staked as f64 / FULL).min(all as f64);
    if stakers >= wanted || stakers <= 0.0 {
        return;
    }
    let left = (all as f64 - wanted).max(0.0) / others.max(1.0);
    for person in people {
        let wealth = person.wealth as f64;
        person.wealth = if person.kind.stakes() {
            // Rounded up, so that what is staked fits.
            libm::ceil(wealth * wanted / stakers) as u64
        } else {
            (wealth * left) as u64
        };
        person.liquid = person.wealth;
    }
}
