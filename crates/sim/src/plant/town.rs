//! What one person does when its moment comes.
//!
//! A person draws four words of luck an epoch, whatever it sees and does, so that its luck is
//! the same under every policy.

mod arrival;
mod feeds;

use homeostat::state::{FeedReading, Parameter, PoolKind, Position};

use super::{cohorts::Cohorts, mind::Mind, people::Kind, Person, LIQUIDITY, NATIVE};
use crate::{
    behaviour::Behaviour,
    chain::{Chain, Error},
    market::Market,
    random::{Luck, Purpose},
    scenario::{Calendar, Weather},
};

/// The change of the invested part of what somebody owns below which it does not bother.
const BOTHER: f64 = 0.05;
/// How long payers keep what they need for payments (days).
pub const PURSE: f64 = 7.0;
/// The part of claimed rewards that those who stake for the yield sell.
const CASHED: f64 = 0.5;
/// In how many days somebody who leaves sells what it owned.
const SALE: f64 = 10.0;
/// The part of the market's money that a newcomer spends at most.
const ENTRY: f64 = 0.02;
/// The time in which value traders earn half of the money that they lack of their first (days).
const INCOME: f64 = 90.0;
/// How long attackers stay in and out of the pool in turns (days).
const TURN: f64 = 14.0;
/// The part of their wallet that attackers pay to each other at the end of a period.
const WASH: f64 = 0.05;
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
        for person in people {
            match person.kind {
                Kind::Momentum | Kind::Value => person.money = person.wealth as f64,
                Kind::Spammer => {}
                Kind::Provider => {
                    person.position = index(self.provisions.len());
                    self.provisions.push(self.chain.open_position(LIQUIDITY)?);
                    self.provide(person)?;
                }
                _ => {
                    person.position = index(self.stakes.len());
                    self.stakes.push(self.chain.open_position(NATIVE)?);
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

    /// Touches the liquidity pool.
    pub fn touch(&mut self) {
        self.chain
            .touch_pool(self.market.tokens, self.market.shares);
    }

    /// Those with the largest stakes take out all they have, until `part` of the native stake is
    /// leaving; they will sell it. Of equal stakes the first in the list goes first.
    pub fn largest_leave(&mut self, people: &mut [Person], part: f64) -> Result<(), Error> {
        let mut wanted = part * self.chain.native.total as f64;
        while wanted > 0.0 {
            // Looking for each anew instead of sorting takes no memory.
            let mut largest = (0, None);
            for person in people
                .iter_mut()
                .filter(|p| p.kind.stakes() && !p.gone && !p.leaving)
            {
                let staked = self.staked(person);
                if staked > largest.0 {
                    largest = (staked, Some(person));
                }
            }
            let (staked, Some(person)) = largest else {
                break;
            };
            wanted -= staked as f64;
            self.leave(person)?;
        }
        Ok(())
    }

    fn staked(&self, person: &Person) -> u64 {
        self.stakes
            .get(person.position as usize)
            .map_or(0, |position| position.amount)
    }

    /// One person's moment.
    pub fn act(&mut self, person: &mut Person) -> Result<(), Error> {
        let luck: [f64; 4] = core::array::from_fn(|_| person.luck.uniform());
        let [attention, size, leaving, coming] = luck;
        let staked = person.kind.stakes() && self.staked(person) > 0;
        self.cohorts.look(person, staked, self.mind.epoch);
        if person.gone {
            if coming < self.mind.comes() {
                self.come(person);
            }
            return Ok(());
        }
        if person.unlocks <= self.chain.now {
            self.withdraw(person)?;
        }
        if person.leaving {
            return self.sell_out(person);
        }
        if leaving < self.mind.leaves(self.fee) {
            return self.leave(person);
        }
        let decides = attention < person.attention * self.mind.weather.alarm;
        match person.kind {
            Kind::Passive | Kind::Chaser | Kind::Whale if decides => self.decide_stake(person),
            Kind::Payer => {
                self.pay(person, size)?;
                if decides {
                    self.decide_stake(person)?;
                    self.sell_surplus(person);
                }
                Ok(())
            }
            Kind::Momentum | Kind::Value if decides => {
                self.speculate(person, size);
                Ok(())
            }
            Kind::Provider if decides => self.provide(person),
            Kind::Spammer => self.spam(person),
            Kind::Attacker if self.mind.weather.gaming => self.game(person),
            Kind::Attacker if decides => self.decide_stake(person),
            _ => Ok(()),
        }
    }

    /// Claims, takes profit or buys more, and stakes or unstakes towards what it wishes.
    fn decide_stake(&mut self, person: &mut Person) -> Result<(), Error> {
        self.claim(person)?;
        let gap = self.gap();
        self.trade(person, self.mind.behaviour.holder_strength * gap / 0.1);
        let wish = self.mind.wish(person, self.yields[0], self.mind.mood);
        self.stake_towards(person, wish)
    }

    /// Stakes or unstakes, so that `part` of what it can spare is staked.
    fn stake_towards(&mut self, person: &mut Person, part: f64) -> Result<(), Error> {
        let staked = self.staked(person);
        let purse = self.purse(person);
        let own = (person.liquid + staked) as f64;
        let wanted = (part * (own - purse).max(0.0)) as u64;
        if (wanted.abs_diff(staked) as f64) <= BOTHER * own {
            return Ok(());
        }
        let Some(position) = self.stakes.get_mut(person.position as usize) else {
            return Ok(());
        };
        if wanted > staked {
            let amount = (wanted - staked).min(person.liquid);
            if amount > 0 {
                self.chain.stake(NATIVE, position, amount)?;
                person.liquid -= amount;
            }
        } else {
            self.chain.unstake(NATIVE, position, staked - wanted)?;
            person.unlocks = next_unlock(position);
        }
        person.acted = self.mind.epoch;
        Ok(())
    }

    /// What a payer keeps for payments (base units).
    fn purse(&self, person: &Person) -> f64 {
        if person.kind == Kind::Payer {
            self.due(person) * PURSE / self.calendar.epoch_days
        } else {
            0.0
        }
    }

    /// What a payer pays in the epoch, but for its luck (base units): a value in money.
    fn due(&self, person: &Person) -> f64 {
        let value = person.wealth as f64 * self.payments * self.mind.weather.demand;
        value * self.mind.fee_factor / self.market.price()
    }

    fn claim(&mut self, person: &mut Person) -> Result<(), Error> {
        let invested = position(&mut self.stakes, &mut self.provisions, person);
        let Some((kind, position)) = invested else {
            return Ok(());
        };
        let claimed = self.chain.claim(kind, position)?;
        person.claimed += claimed;
        let cashed = match person.kind {
            Kind::Chaser | Kind::Whale | Kind::Provider | Kind::Attacker => {
                (claimed as f64 * CASHED) as u64
            }
            _ => 0,
        };
        person.money += self.market.sell(cashed);
        person.liquid += claimed - cashed;
        Ok(())
    }

    fn withdraw(&mut self, person: &mut Person) -> Result<(), Error> {
        let invested = position(&mut self.stakes, &mut self.provisions, person);
        let Some((kind, position)) = invested else {
            return Ok(());
        };
        let amount = self.chain.withdraw(kind, position)?;
        person.unlocks = next_unlock(position);
        if kind == LIQUIDITY {
            let (tokens, money) = self.market.leave(amount);
            person.liquid += tokens;
            person.money += money;
        } else {
            person.liquid += amount;
        }
        Ok(())
    }

    /// Gets what the payer before it paid, and pays; buys what it lacks.
    fn pay(&mut self, person: &mut Person, size: f64) -> Result<(), Error> {
        person.liquid += core::mem::take(&mut self.till);
        let amount = (self.due(person) * (0.5 + size)) as u64;
        if amount > person.liquid {
            let missing = (amount - person.liquid) as f64;
            let money = missing * self.market.price() * 1.02;
            person.money -= money;
            person.liquid += self.market.buy(money);
        }
        let amount = amount.min(person.liquid);
        // Two base units are the least of which the fee leaves something.
        if amount < 2 {
            return Ok(());
        }
        let charge = self.chain.pay(amount)?;
        person.liquid -= amount;
        person.fees += charge.fee;
        person.acted = self.mind.epoch;
        self.till += charge.net;
        self.honest_volume += amount;
        Ok(())
    }

    /// Sells what a payer once bought for payments and has above its purse: who only passes tokens
    /// on does not come to own more and more of them.
    fn sell_surplus(&mut self, person: &mut Person) {
        let spent = (-person.money).max(0.0);
        let surplus = (person.liquid as f64 - self.purse(person)).max(0.0);
        let sold = surplus.min(spent / self.market.price()) as u64;
        person.liquid -= sold;
        person.money += self.market.sell(sold);
    }

    /// How far the price is below what the token is thought worth, as a logarithm.
    fn gap(&self) -> f64 {
        let growth = self.chain.supply as f64 / self.first_supply;
        libm::log(self.mind.worth(growth) / self.market.price())
    }

    /// What a trader does: a value trader, who has an income from outside, moves the price towards
    /// the worth of the token, a momentum trader with the trend of the last month.
    fn speculate(&mut self, person: &mut Person, size: f64) {
        let gap = match person.kind {
            Kind::Value => {
                // Since its last decision, which was so long ago in the mean.
                let passed = self.calendar.epoch_days / person.attention;
                let missing = (person.wealth as f64 - person.money).max(0.0);
                person.money += missing * (1.0 - libm::exp2(-passed / INCOME));
                self.gap()
            }
            _ => (self.mind.trend / 12.0).clamp(-0.3, 0.3),
        };
        // At a gap of a tenth the strength is what it is called.
        let strength = self.mind.behaviour.trader_strength * (0.5 + size);
        self.trade(person, strength * gap / 0.1);
        person.acted = self.mind.epoch;
    }

    /// Buys for `part` of a person's money, or sells that part of its wallet, if it is negative.
    fn trade(&mut self, person: &mut Person, part: f64) {
        if part > 0.0 {
            let money = part.min(1.0) * person.money.max(0.0);
            person.money -= money;
            person.liquid += self.market.buy(money);
        } else {
            let tokens = ((-part).min(1.0) * person.liquid as f64) as u64;
            person.liquid -= tokens;
            person.money += self.market.sell(tokens);
        }
    }

    /// Claims, and adds or removes liquidity towards what it wishes.
    fn provide(&mut self, person: &mut Person) -> Result<(), Error> {
        self.claim(person)?;
        let wish = self.mind.wish(person, self.yields[1], self.mind.mood);
        let Some(position) = self.provisions.get_mut(person.position as usize) else {
            return Ok(());
        };
        let per_share = self.market.tokens as f64 / self.market.shares as f64;
        let provided = position.amount as f64 * per_share;
        let own = person.liquid as f64 + provided;
        let wanted = wish * own;
        if (wanted - provided).abs() <= BOTHER * own {
            return Ok(());
        }
        person.acted = self.mind.epoch;
        if wanted > provided {
            let tokens = ((wanted - provided) as u64).min(person.liquid);
            let (shares, money) = self.market.join(tokens);
            person.liquid -= tokens;
            person.money -= money;
            if shares > 0 {
                self.chain.stake(LIQUIDITY, position, shares)?;
            }
        } else {
            let shares = ((provided - wanted) / per_share) as u64;
            let shares = shares.min(position.amount);
            if shares > 0 {
                self.chain.unstake(LIQUIDITY, position, shares)?;
                person.unlocks = next_unlock(position);
            }
        }
        Ok(())
    }

    /// Pays the next spammer, if the fee is one that it bears.
    fn spam(&mut self, person: &mut Person) -> Result<(), Error> {
        person.liquid += core::mem::take(&mut self.spam_till);
        let wanted = (self.mind.weather.spam * self.spam) as u64;
        let amount = wanted.min(person.liquid);
        if amount < 2 || self.fee > person.bears {
            return Ok(());
        }
        let charge = self.chain.pay(amount)?;
        person.liquid -= amount;
        person.fees += charge.fee;
        person.acted = self.mind.epoch;
        self.spam_till += charge.net;
        Ok(())
    }

    /// Leaves the pool for a turn and comes back for one, to move the staked share and harvest
    /// what the economy then pays; and pays itself where a period ends.
    fn game(&mut self, person: &mut Person) -> Result<(), Error> {
        let day = f64::from(self.mind.epoch) * self.calendar.epoch_days;
        let out = libm::fmod(day, 2.0 * TURN) < TURN;
        if !out {
            self.claim(person)?;
        }
        self.stake_towards(person, if out { 0.0 } else { 1.0 })?;
        let until = self.chain.economy.next_end - self.chain.now;
        let wash = (person.liquid as f64 * WASH) as u64;
        if until as f64 <= self.calendar.epoch_days * super::DAY && wash >= 2 {
            let charge = self.chain.pay(wash)?;
            person.liquid -= charge.fee;
            person.fees += charge.fee;
        }
        Ok(())
    }

    /// Takes out all that it has invested; it will sell.
    fn leave(&mut self, person: &mut Person) -> Result<(), Error> {
        person.leaving = true;
        self.claim(person)?;
        let invested = position(&mut self.stakes, &mut self.provisions, person);
        if let Some((kind, position)) = invested.filter(|(_, position)| position.amount > 0) {
            self.chain.unstake(kind, position, position.amount)?;
            person.unlocks = next_unlock(position);
        }
        Ok(())
    }

    /// Sells a part of what it has; who has nothing left is gone.
    fn sell_out(&mut self, person: &mut Person) -> Result<(), Error> {
        let part = (person.wealth as f64 / SALE * self.calendar.epoch_days) as u64;
        let sold = person.liquid.min(part.max(1));
        person.liquid -= sold;
        person.money += self.market.sell(sold);
        if person.liquid == 0 && person.unlocks == i64::MAX {
            person.gone = true;
            self.lives.push(Life {
                from: person.joined,
                until: self.mind.epoch,
            });
        }
        Ok(())
    }

    /// Somebody comes in the place of one who left, and buys as much as that one once had, or
    /// what the market bears in a day.
    fn come(&mut self, person: &mut Person) {
        self.cohorts.replace(person, self.mind.epoch);
        let money = (person.wealth as f64).min(ENTRY * self.market.money);
        person.gone = false;
        person.leaving = false;
        person.liquid += self.market.buy(money);
        person.money = match person.kind {
            Kind::Momentum | Kind::Value => person.wealth as f64,
            _ => 0.0,
        };
        person.joined = self.mind.epoch;
        person.acted = self.mind.epoch;
    }
}

/// The position of a person and its pool; none for those who never invest.
fn position<'a>(
    stakes: &'a mut [Position],
    provisions: &'a mut [Position],
    person: &Person,
) -> Option<(PoolKind, &'a mut Position)> {
    let (kind, positions) = match person.kind {
        Kind::Provider => (LIQUIDITY, provisions),
        kind if kind.stakes() => (NATIVE, stakes),
        _ => return None,
    };
    Some((kind, positions.get_mut(person.position as usize)?))
}

/// When the first of a position's tickets unlocks (unix seconds); never without one. Tickets
/// merge, so it may be later than when the last one was made.
fn next_unlock(position: &Position) -> i64 {
    let waiting = position.tickets.iter().filter(|ticket| ticket.amount > 0);
    waiting
        .map(|ticket| ticket.unlock_at)
        .min()
        .unwrap_or(i64::MAX)
}

/// The index of the next position. There are fewer people than 32 bits count.
fn index(positions: usize) -> u32 {
    u32::try_from(positions).unwrap_or(u32::MAX)
}
