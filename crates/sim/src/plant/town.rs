//! Everything around the people: the accounts on chain, the market, and what people know.

mod acts;
mod arrival;
mod feeds;

pub use acts::PURSE;

use homeostat::state::{FeedReading, Parameter, Position};

use super::{
    cohorts::Cohorts,
    journal::{Deed, Journal},
    mind::Mind,
    people::Kind,
    Person, LIQUIDITY, NATIVE,
};
use crate::{
    behaviour::Behaviour,
    chain::{Chain, Error},
    market::Market,
    random::{Luck, Purpose},
    scenario::{Calendar, Weather},
};

/// The annual yield that people see in a pool where nobody is (fraction).
const EMPTY_POOL: f64 = 1.0;

/// How long somebody stayed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Life {
    /// The epoch in which it came.
    pub from: u32,
    /// The epoch in which it left.
    pub until: u32,
}

/// Everything but the people.
#[derive(Clone)]
pub struct Town {
    pub chain: Chain,
    pub market: Market,
    pub mind: Mind,
    /// The native positions, by [`Person::position`] of those who stake.
    pub stakes: Vec<Position>,
    /// The liquidity positions, by that of the providers.
    pub provisions: Vec<Position>,
    /// The lives that have ended.
    pub lives: Vec<Life>,
    /// The volume paid by neither sybils nor attackers (base units).
    pub honest_volume: u64,
    /// Who of those who came was still active later.
    pub cohorts: Cohorts,
    /// What people did, where somebody keeps it.
    pub journal: Journal,
    calendar: Calendar,
    /// The supply at the start (base units).
    first_supply: f64,
    /// What one payer pays in an epoch of a quiet time at a price of 1, over its wealth.
    payments: f64,
    /// What payers, and what spammers, paid and the next of them has not got yet (base units).
    till: u64,
    spam_till: u64,
    /// The volume that a spammer pays in an epoch, when spam is 1 (base units).
    spam: f64,
    /// The present fee rate (fraction).
    fee: f64,
    /// The annual yields of the pools (fractions): of native stake, and of provided value.
    yields: [f64; 2],
    /// The value that the market traded in the last epochs, a year's worth.
    traded: f64,
    seen_trades: f64,
    feed: Luck,
    /// What feeds keep saying in an economy that was live before; without it they report what
    /// happens.
    said: Option<[Option<FeedReading>; 4]>,
    /// What was paid out of the treasury, to somebody who keeps it (base units).
    pub paid_out: u64,
    /// The utilisation of the epoch before, which feeds report late.
    utilisation: f64,
    seen_volume: u128,
}

impl Town {
    pub fn new(
        chain: Chain,
        market: Market,
        behaviour: Behaviour,
        calendar: Calendar,
        people: usize,
        seed: u64,
    ) -> Self {
        Self {
            mind: Mind::new(behaviour, &calendar, chain.economy.limits.unbonding),
            stakes: Vec::with_capacity(people),
            provisions: Vec::with_capacity(people),
            lives: Vec::with_capacity(people),
            honest_volume: 0,
            cohorts: Cohorts::new(&calendar),
            journal: Journal::default(),
            calendar,
            first_supply: chain.supply as f64,
            payments: 0.0,
            till: 0,
            spam_till: 0,
            spam: 0.0,
            fee: 0.0,
            yields: [0.0; 2],
            traded: 0.0,
            seen_trades: 0.0,
            feed: Luck::new(seed, Purpose::Feed, 0),
            said: None,
            paid_out: 0,
            utilisation: 1.0,
            seen_volume: 0,
            chain,
            market,
        }
    }

    /// Feeds have the luck of another seed from now on.
    pub fn reseed(&mut self, seed: u64) {
        self.feed = Luck::new(seed, Purpose::Feed, 0);
    }

    /// What is in nobody's wallet yet (base units).
    pub fn tills(&self) -> u64 {
        self.till + self.spam_till
    }

    /// Everybody decides once, and traders get money for as much as their tokens are worth.
    pub fn settle_in(&mut self, people: &mut [Person]) -> Result<(), Error> {
        let wealth = |kind| -> f64 {
            let of_kind = people.iter().filter(|p| p.kind == kind);
            of_kind.map(|p| p.wealth as f64).sum()
        };
        let volume =
            self.first_supply * self.mind.behaviour.turnover / 365.0 * self.calendar.epoch_days;
        self.payments = volume / wealth(Kind::Payer).max(1.0);
        let spammers = people.iter().filter(|p| p.kind == Kind::Spammer).count();
        self.spam = volume / spammers.max(1) as f64;
        let emission = self.chain.economy.value(Parameter::Emission) as f64 / 1e6;
        self.begin(0, &Weather::QUIET);
        self.yields = [2.0 * emission, self.mind.behaviour.provider_yield];
        for (number, person) in people.iter_mut().enumerate() {
            self.journal.turn(number);
            match person.kind {
                Kind::Momentum | Kind::Value => person.money = person.wealth as f64,
                Kind::Spammer => {}
                Kind::Provider => {
                    person.position = index(self.provisions.len());
                    self.provisions.push(self.chain.open_position(LIQUIDITY)?);
                    self.note(Deed::Open(LIQUIDITY));
                    self.provide(person)?;
                }
                _ => {
                    person.position = index(self.stakes.len());
                    self.stakes.push(self.chain.open_position(NATIVE)?);
                    self.note(Deed::Open(NATIVE));
                    self.decide_stake(person)?;
                }
            }
        }
        Ok(())
    }

    /// The cluster's clock shows `now` (unix seconds).
    pub fn set_clock(&mut self, now: i64) {
        self.chain.now = now;
    }

    /// Starts an epoch.
    pub fn begin(&mut self, epoch: usize, weather: &Weather) {
        self.fee = self.chain.economy.value(Parameter::Fee) as f64 / 1e6;
        self.mind.begin(epoch, weather, self.fee);
        self.yields = [
            self.chain.annual_yield(NATIVE).unwrap_or(EMPTY_POOL),
            self.provider_yield(),
        ];
    }

    /// The annual yield on the value that liquidity providers tie up: rewards, and the market's
    /// own fees. A share stands for tokens and for money of the same value.
    fn provider_yield(&self) -> f64 {
        let value = 2.0 * self.market.tokens as f64 / self.market.shares as f64;
        let rewards = match self.chain.annual_yield(LIQUIDITY) {
            Some(per_share) => per_share / value,
            // Without a pool on chain there is none to be the first in.
            None if !self.chain.economy.has_liquidity_pools() => 0.0,
            None => EMPTY_POOL,
        };
        rewards + Market::FEE * self.traded / (2.0 * self.market.money)
    }

    /// Sees the mean price of the epoch and what was traded.
    pub fn see(&mut self, price: f64) {
        self.mind.see(price);
        let days = self.calendar.epoch_days;
        let kept = libm::exp2(-days / 15.0);
        let yearly = (self.market.traded - self.seen_trades) / days * 365.0;
        self.traded = kept * self.traded + (1.0 - kept) * yearly;
        self.seen_trades = self.market.traded;
        let volume = self.chain.meter.volume.get();
        let expected = self.chain.economy.totals.circulating as f64
            * (self.chain.economy.limits.turnover_ppm as f64 / 1e6)
            * days
            / 365.0;
        self.utilisation = (volume - self.seen_volume) as f64 / expected;
        self.seen_volume = volume;
    }

    /// Touches the liquidity pool, unless the last touch is too recent.
    pub fn touch(&mut self) {
        let before = self.chain.liquidity.touched_at;
        self.chain
            .touch_pool(self.market.tokens, self.market.shares);
        if self.chain.liquidity.touched_at != before {
            self.note(Deed::Touch);
        }
    }

    /// Notes what somebody did now.
    fn note(&mut self, deed: Deed) {
        self.journal.note(self.chain.now, deed);
    }

    /// Those with the largest stakes take out all they have, until `part` of the native stake is
    /// leaving; they will sell it. Of equal stakes the first in the list goes first.
    pub fn largest_leave(&mut self, people: &mut [Person], part: f64) -> Result<(), Error> {
        let mut wanted = part * self.chain.native.total as f64;
        while wanted > 0.0 {
            // Looking for each anew instead of sorting takes no memory.
            let mut largest = (0, None);
            for (number, person) in people
                .iter_mut()
                .enumerate()
                .filter(|(_, p)| p.kind.stakes() && !p.gone && !p.leaving)
            {
                let staked = self.staked(person);
                if staked > largest.0 {
                    largest = (staked, Some((number, person)));
                }
            }
            let (staked, Some((number, person))) = largest else {
                break;
            };
            wanted -= staked as f64;
            self.journal.turn(number);
            self.leave(person)?;
        }
        Ok(())
    }

    fn staked(&self, person: &Person) -> u64 {
        self.stakes
            .get(person.position as usize)
            .map_or(0, |position| position.amount)
    }
}

/// The index of the next position. There are fewer people than 32 bits count.
fn index(positions: usize) -> u32 {
    u32::try_from(positions).unwrap_or(u32::MAX)
}
