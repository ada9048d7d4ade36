//! The plant: people and a market around the program's accounts.
//!
//! An epoch has four moments, and a quarter of the people acts at each: withdraws what has
//! unlocked, decides anew now and then, pays, trades. After the last one a keeper collects the
//! fees and ends the period, if it is over. What makes control hard is all here: decisions come
//! late and one by one, stake leaves through an unbonding time, trades move the price, feeds lag
//! and are noisy, keepers fail, and tokens are whole.

mod census;
mod cohorts;
mod day;
mod imagined;
mod journal;
mod mind;
mod people;
mod resume;
mod town;

pub use census::Census;
pub use day::Day;
pub use journal::{Deed, Done, Till};
pub use people::{population, Kind, Person, MARKET_SHARE};
pub use town::Life;

use homeostat::state::{Parameter, PoolKind, Report, Snapshot};

use crate::{
    behaviour::Behaviour,
    chain::{Chain, Cranked, Design, Error},
    live::follow_advice,
    market::Market,
    scenario::{Calendar, Weather},
};
use day::Before;
use journal::Journal;
use mind::Mind;
use town::Town;

/// The unix second in which every economy goes live.
pub const START: i64 = 1_750_000_000;
/// The fee that payers are used to (fraction).
pub const USUAL_FEE: f64 = 0.003;
/// The moments of an epoch.
const MOMENTS: usize = 4;
/// The seconds of a day.
const DAY: f64 = 86_400.0;

/// What steers the economy: called at each crank, before the controllers step.
pub trait Steering {
    /// May change the economy's controllers by what was measured. `world` has the people, for
    /// those who may know them.
    fn steer(
        &mut self,
        chain: &mut Chain,
        snapshot: &Snapshot,
        report: &Report,
        world: &Outlook,
    ) -> Result<(), Error>;
}

/// What somebody who sees everything can tell of the people.
pub struct Outlook<'a> {
    people: &'a [Person],
    stakes: &'a [homeostat::state::Position],
    mind: &'a Mind,
    /// The mood that the scenario plans for the coming epochs, as a yield (fraction).
    pub mood: f64,
    /// The epoch that ends.
    pub epoch: usize,
}

impl Outlook<'_> {
    /// The people who stake, with all that each owns (base units).
    fn stakers(&self) -> impl Iterator<Item = (&Person, f64)> {
        let present = self
            .people
            .iter()
            .filter(|p| p.kind.stakes() && !p.gone && !p.leaving);
        present.map(|person| {
            let staked = self
                .stakes
                .get(person.position as usize)
                .map_or(0, |p| p.amount);
            (person, (person.liquid + staked) as f64)
        })
    }

    /// What the people who stake own (base units).
    pub fn stakers_tokens(&self) -> f64 {
        self.stakers().map(|(_, own)| own).sum()
    }

    /// The part of all stakers' tokens that they would wish to have staked at an annual yield
    /// (fraction), once everybody has decided.
    pub fn wished_share(&self, annual_yield: f64) -> f64 {
        let (mut wished, mut all) = (0.0, 0.0);
        for (person, own) in self.stakers() {
            all += own;
            wished += own * self.mind.wish(person, annual_yield, self.mood);
        }
        if all > 0.0 {
            wished / all
        } else {
            0.0
        }
    }
}

/// A running economy with its people.
#[derive(Clone)]
pub struct World {
    people: Vec<Person>,
    town: Town,
    calendar: Calendar,
    days: Vec<Day>,
    weather: Vec<Weather>,
    /// When the first epoch begins (unix seconds).
    start: i64,
}

impl World {
    /// The world of a seed at go-live: everybody has decided once, at the yield that the
    /// design's emission gives if half of the supply is staked.
    pub fn new(
        design: &Design,
        behaviour: Behaviour,
        people: usize,
        calendar: Calendar,
        weather: Vec<Weather>,
        seed: u64,
    ) -> Result<Self, Error> {
        let chain = Chain::go_live(design, START)?;
        let journal = Journal::default();
        Self::begin(chain, behaviour, people, calendar, weather, seed, journal)
    }

    /// The same on a chain that has just gone live at [`START`], with a journal of all that
    /// people do: see [`World::take_done`].
    ///
    /// Here the keeper touches the liquidity pool before the people of a moment act, and once
    /// before anybody stakes. In the program a stake in that pool touches it as well, unless
    /// somebody has just done so; nobody's stake does in this order, and the same deeds are the
    /// same touches there.
    pub fn on(
        chain: Chain,
        behaviour: Behaviour,
        people: usize,
        calendar: Calendar,
        weather: Vec<Weather>,
        seed: u64,
    ) -> Result<Self, Error> {
        let journal = Journal::kept();
        Self::begin(chain, behaviour, people, calendar, weather, seed, journal)
    }

    fn begin(
        chain: Chain,
        behaviour: Behaviour,
        people: usize,
        calendar: Calendar,
        weather: Vec<Weather>,
        seed: u64,
        journal: Journal,
    ) -> Result<Self, Error> {
        // What is neither excluded nor in the reward vault already.
        let supply = chain.supply - chain.excluded - chain.reward_vault;
        let people = population(&behaviour, people, supply, calendar.epoch_days, seed);
        let owned: u64 = people.iter().map(|person| person.wealth).sum();
        // A base unit costs 1 at the start. What rounding left over is the market's too.
        let market = Market::new(supply - owned, 1.0);
        let mut world = Self {
            town: Town::new(chain, market, behaviour, calendar, people.len(), seed),
            people,
            calendar,
            days: Vec::with_capacity(calendar.epochs),
            weather,
            start: START,
        };
        world.town.journal = journal;
        if world.town.journal.is_kept() {
            world.town.touch();
        }
        world.town.settle_in(&mut world.people)?;
        Ok(world)
    }

    /// Lives through all epochs. Stops at what the program refuses, which it never should.
    pub fn run(&mut self, steering: &mut dyn Steering) -> Result<(), Error> {
        while self.days.len() < self.weather.len() {
            self.step(steering)?;
        }
        Ok(())
    }

    /// Lives through the next epoch; nothing happens after the last.
    pub fn step(&mut self, steering: &mut dyn Steering) -> Result<(), Error> {
        let epoch = self.days.len();
        let Some(weather) = self.weather.get(epoch).copied() else {
            return Ok(());
        };
        let (start, end) = (self.starts(epoch), self.starts(epoch + 1));
        let town = &mut self.town;
        let before = Before::of(town);
        town.begin(epoch, &weather);
        if weather.exit > 0.0 {
            town.largest_leave(&mut self.people, weather.exit)?;
        }
        let touches_first = town.journal.is_kept();
        let length = self.calendar.epoch_days * DAY;
        let mut price = 0.0;
        for moment in 0..MOMENTS {
            let part = length * moment as f64 / MOMENTS as f64;
            town.set_clock(start + part as i64);
            let from = self.people.len() * moment / MOMENTS;
            let to = self.people.len() * (moment + 1) / MOMENTS;
            if touches_first {
                town.touch();
            }
            for (number, person) in (from..to).zip(&mut self.people[from..to]) {
                town.journal.turn(number);
                town.act(person)?;
            }
            if !touches_first {
                town.touch();
            }
            price += town.market.price() / MOMENTS as f64;
        }
        town.set_clock(end);
        town.see(price);
        let cranked = if weather.keeper && town.chain.is_due() {
            Some(self.crank(&weather, steering)?)
        } else {
            None
        };
        self.days
            .push(before.until(&self.town, price, weather.demand, cranked.as_ref()));
        Ok(())
    }

    /// Collects, reports, and ends the period.
    fn crank(&mut self, weather: &Weather, steering: &mut dyn Steering) -> Result<Cranked, Error> {
        self.town.chain.collect()?;
        self.town.report_feed(weather.feed);
        let (snapshot, report) = self.town.chain.measure()?;
        follow_advice(&mut self.town.chain)?;
        let epoch = self.days.len();
        // What is planned for the time that the new values hold.
        let ahead = (self.calendar.period_days / self.calendar.epoch_days) as usize;
        let next = self.weather.get(epoch + ahead.max(1)).unwrap_or(weather);
        let town = &mut self.town;
        let outlook = Outlook {
            people: &self.people,
            stakes: &town.stakes,
            mind: &town.mind,
            mood: next.mood * town.mind.behaviour.mood,
            epoch,
        };
        steering.steer(&mut town.chain, &snapshot, &report, &outlook)?;
        town.chain.crank(&snapshot, &report)
    }

    /// The epochs so far.
    pub fn days(&self) -> &[Day] {
        &self.days
    }

    /// When an epoch starts (unix seconds).
    pub fn starts(&self, epoch: usize) -> i64 {
        self.start - START + self.calendar.start(epoch)
    }

    /// The weather of the last epoch that was lived; a quiet day's before the first.
    pub fn weather(&self) -> Weather {
        let last = self.days.len().checked_sub(1);
        last.and_then(|epoch| self.weather.get(epoch).copied())
            .unwrap_or(Weather::QUIET)
    }

    /// The people.
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// The accounts on chain.
    pub fn chain(&self) -> &Chain {
        &self.town.chain
    }

    /// The market.
    pub fn market(&self) -> &Market {
        &self.town.market
    }

    /// What people did since this was last asked, in order; nothing in a world without a
    /// journal.
    pub fn take_done(&mut self) -> Vec<Done> {
        self.town.journal.take()
    }

    /// How long people stayed.
    pub fn lives(&self) -> &[Life] {
        &self.town.lives
    }

    /// The native stake of a person (base units).
    pub fn staked(&self, person: &Person) -> u64 {
        if !person.kind.stakes() {
            return 0;
        }
        self.town
            .stakes
            .get(person.position as usize)
            .map_or(0, |position| position.amount)
    }

    /// Of those who came early enough to be looked at 30, 90 and 180 days later, the part that
    /// was active then; not a number where nobody did.
    pub fn retention(&self) -> [f64; 3] {
        self.town.cohorts.parts()
    }

    /// What the calendar says.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// Whether every token is somewhere.
    pub fn is_conserved(&self) -> bool {
        let wallets = self
            .people
            .iter()
            .map(|p| u128::from(p.liquid))
            .sum::<u128>()
            + u128::from(self.town.market.tokens)
            + u128::from(self.town.tills())
            + u128::from(self.town.paid_out);
        self.town.chain.is_conserved(wallets)
    }
}

#[cfg(test)]
mod tests;

/// The native pool.
const NATIVE: PoolKind = PoolKind::Native;
/// The liquidity pool.
const LIQUIDITY: PoolKind = PoolKind::Liquidity;
/// All parameters.
const PARAMETERS: [Parameter; 4] = Parameter::ALL;
