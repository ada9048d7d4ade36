//! What one person does when its moment comes.
//!
//! A person draws four words of luck an epoch, whatever it sees and does, so that its luck is
//! the same under every policy.

use homeostat::state::{PoolKind, Position};

use super::{
    super::{
        journal::{Deed, Till},
        people::Kind,
        Person, DAY, LIQUIDITY, NATIVE,
    },
    Life, Town,
};
use crate::chain::Error;

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

impl Town {
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
    pub(super) fn decide_stake(&mut self, person: &mut Person) -> Result<(), Error> {
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
            // The program refuses less than the smallest stake.
            if amount >= self.chain.economy.limits.min_stake {
                self.chain.stake(NATIVE, position, amount)?;
                person.liquid -= amount;
                self.note(Deed::Stake(NATIVE, amount));
            }
        } else {
            self.chain.unstake(NATIVE, position, staked - wanted)?;
            person.unlocks = next_unlock(position);
            self.note(Deed::Unstake(NATIVE, staked - wanted));
        }
        person.acted = self.mind.epoch;
        Ok(())
    }

    /// What a payer keeps for payments (base units).
    pub(super) fn purse(&self, person: &Person) -> f64 {
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
        self.note(Deed::Claim(kind, claimed));
        person.claimed += claimed;
        person.liquid += claimed;
        let cashed = match person.kind {
            Kind::Chaser | Kind::Whale | Kind::Provider | Kind::Attacker => {
                (claimed as f64 * CASHED) as u64
            }
            _ => 0,
        };
        self.sell(person, cashed);
        Ok(())
    }

    fn withdraw(&mut self, person: &mut Person) -> Result<(), Error> {
        let invested = position(&mut self.stakes, &mut self.provisions, person);
        let Some((kind, position)) = invested else {
            return Ok(());
        };
        let amount = self.chain.withdraw(kind, position)?;
        person.unlocks = next_unlock(position);
        self.note(Deed::Withdraw(kind, amount));
        if kind == LIQUIDITY {
            let (tokens, money) = self.market.leave(amount);
            person.liquid += tokens;
            person.money += money;
            self.note(Deed::Leave {
                tokens,
                shares: amount,
            });
        } else {
            person.liquid += amount;
        }
        Ok(())
    }

    /// Gets what the payer before it paid, and pays; buys what it lacks.
    fn pay(&mut self, person: &mut Person, size: f64) -> Result<(), Error> {
        let received = core::mem::take(&mut self.till);
        person.liquid += received;
        self.note(Deed::Take(Till::Payers, received));
        let amount = (self.due(person) * (0.5 + size)) as u64;
        if amount > person.liquid {
            let missing = (amount - person.liquid) as f64;
            let money = missing * self.market.price() * 1.02;
            self.buy(person, money);
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
        self.note(Deed::Pay(Till::Payers, amount));
        Ok(())
    }

    /// Sells what a payer once bought for payments and has above its purse: who only passes tokens
    /// on does not come to own more and more of them.
    fn sell_surplus(&mut self, person: &mut Person) {
        let spent = (-person.money).max(0.0);
        let surplus = (person.liquid as f64 - self.purse(person)).max(0.0);
        let sold = surplus.min(spent / self.market.price()) as u64;
        self.sell(person, sold);
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
            self.buy(person, money);
        } else {
            let tokens = ((-part).min(1.0) * person.liquid as f64) as u64;
            self.sell(person, tokens);
        }
    }

    /// Buys tokens for so much of a person's money.
    fn buy(&mut self, person: &mut Person, money: f64) {
        person.money -= money;
        let tokens = self.market.buy(money);
        person.liquid += tokens;
        self.note(Deed::Buy(tokens));
    }

    /// Sells tokens of a person's wallet (base units).
    fn sell(&mut self, person: &mut Person, tokens: u64) {
        // A part of more base units than a double counts exactly may round to more than the whole.
        let tokens = tokens.min(person.liquid);
        person.liquid -= tokens;
        person.money += self.market.sell(tokens);
        self.note(Deed::Sell(tokens));
    }

    /// Claims, and adds or removes liquidity towards what it wishes.
    pub(super) fn provide(&mut self, person: &mut Person) -> Result<(), Error> {
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
            self.note(Deed::Join { tokens, shares });
            self.note(Deed::Stake(LIQUIDITY, shares));
        } else {
            let shares = ((provided - wanted) / per_share) as u64;
            let shares = shares.min(position.amount);
            if shares > 0 {
                self.chain.unstake(LIQUIDITY, position, shares)?;
                person.unlocks = next_unlock(position);
                self.note(Deed::Unstake(LIQUIDITY, shares));
            }
        }
        Ok(())
    }

    /// Pays the next spammer, if the fee is one that it bears.
    fn spam(&mut self, person: &mut Person) -> Result<(), Error> {
        let received = core::mem::take(&mut self.spam_till);
        person.liquid += received;
        self.note(Deed::Take(Till::Spammers, received));
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
        self.note(Deed::Pay(Till::Spammers, amount));
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
        if until as f64 <= self.calendar.epoch_days * DAY && wash >= 2 {
            let charge = self.chain.pay(wash)?;
            person.liquid -= charge.fee;
            person.fees += charge.fee;
            self.note(Deed::PayItself(wash));
        }
        Ok(())
    }

    /// Takes out all that it has invested; it will sell.
    pub(super) fn leave(&mut self, person: &mut Person) -> Result<(), Error> {
        person.leaving = true;
        self.claim(person)?;
        let invested = position(&mut self.stakes, &mut self.provisions, person);
        if let Some((kind, position)) = invested.filter(|(_, position)| position.amount > 0) {
            let amount = position.amount;
            self.chain.unstake(kind, position, amount)?;
            person.unlocks = next_unlock(position);
            self.note(Deed::Unstake(kind, amount));
        }
        Ok(())
    }

    /// Sells a part of what it has; who has nothing left is gone.
    fn sell_out(&mut self, person: &mut Person) -> Result<(), Error> {
        let part = (person.wealth as f64 / SALE * self.calendar.epoch_days) as u64;
        let sold = person.liquid.min(part.max(1));
        self.sell(person, sold);
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
        // What a newcomer spends, it brings along.
        person.money = money;
        self.buy(person, money);
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
pub(super) fn next_unlock(position: &Position) -> i64 {
    let waiting = position.tickets.iter().filter(|ticket| ticket.amount > 0);
    waiting
        .map(|ticket| ticket.unlock_at)
        .min()
        .unwrap_or(i64::MAX)
}
