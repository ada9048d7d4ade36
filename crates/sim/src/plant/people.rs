//! Who lives in the economy, and what they are like.
//!
//! Everything that a person is follows from the seed and its number. What all of its kind own is
//! a share of the supply; within a kind some own more than others.

use crate::{
    behaviour::Behaviour,
    random::{Luck, Purpose},
};

/// What somebody is here for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Stakes at nearly any yield and seldom looks at it.
    Passive,
    /// Stakes where the yield is what it asks for, and leaves where it is not.
    Chaser,
    /// The same with much more, by a Pareto distribution.
    Whale,
    /// Pays others, and stakes what it does not need for that.
    Payer,
    /// Trades with the trend.
    Momentum,
    /// Trades towards what it thinks the token is worth.
    Value,
    /// Puts tokens and money into the market, and stakes its shares.
    Provider,
    /// Pays its like, where that is cheap enough.
    Spammer,
    /// Stakes like a chaser until the scenario has it play its game.
    Attacker,
}

/// How many of a hundred people are of a kind. A tenth of the people own most of the tokens.
const HEADCOUNT: [(Kind, usize); 9] = [
    (Kind::Passive, 18),
    (Kind::Chaser, 26),
    (Kind::Whale, 4),
    (Kind::Payer, 28),
    (Kind::Momentum, 5),
    (Kind::Value, 5),
    (Kind::Provider, 7),
    (Kind::Spammer, 5),
    (Kind::Attacker, 2),
];

/// The tokens in the market at the start (fraction of the supply).
pub const MARKET_SHARE: f64 = 0.05;
/// What chasers, spammers and attackers own, before all shares are scaled to what the
/// market leaves.
const CHASER_SHARE: f64 = 0.30;
const SPAMMER_SHARE: f64 = 0.01;
const ATTACKER_SHARE: f64 = 0.10;

impl Kind {
    /// The share of the supply that everybody of the kind owns at the start, before scaling.
    fn weight(self, behaviour: &Behaviour) -> f64 {
        match self {
            Self::Passive => behaviour.passive_share,
            Self::Chaser => CHASER_SHARE,
            Self::Whale => behaviour.whale_share,
            Self::Payer => behaviour.payer_share,
            Self::Momentum | Self::Value => behaviour.trader_share / 2.0,
            Self::Provider => behaviour.provider_share,
            Self::Spammer => SPAMMER_SHARE,
            Self::Attacker => ATTACKER_SHARE,
        }
    }

    /// Whether the kind stakes in the native pool.
    pub const fn stakes(self) -> bool {
        !matches!(
            self,
            Self::Momentum | Self::Value | Self::Provider | Self::Spammer
        )
    }
}

/// What never changes about a person, and what it has.
#[derive(Clone, Debug)]
pub struct Person {
    /// What for.
    pub kind: Kind,
    /// Whether it has left for good and nobody has come in its place yet.
    pub gone: bool,
    /// Whether it is leaving: it sells what unlocks.
    pub leaving: bool,
    /// The tokens in its wallet (base units).
    pub liquid: u64,
    /// The LP tokens in its wallet (base units).
    pub shares: u64,
    /// The money that it has to trade with; may be negative for those whose income comes from
    /// outside.
    pub money: f64,
    /// What it owned at the start (base units); who comes in its place buys as much for money.
    pub wealth: u64,
    /// The annual yield that it asks for (fraction), before the mood of the market.
    pub required: f64,
    /// The yield (fraction) over which its wished share goes from 27 % to 73 %.
    pub width: f64,
    /// The probability that it decides anew in an epoch.
    pub attention: f64,
    /// The highest fee rate at which a spammer pays (fraction).
    pub bears: f64,
    /// When its next ticket unlocks (unix seconds).
    pub unlocks: i64,
    /// The epoch in which it came.
    pub joined: u32,
    /// The last epoch in which it staked, unstaked, paid or traded.
    pub acted: u32,
    /// The rewards that it has claimed (base units).
    pub claimed: u64,
    /// The fees that it has paid (base units).
    pub fees: u64,
    /// Its position's index among those of its pool.
    pub position: u32,
    /// Its own random numbers: four words an epoch.
    pub luck: Luck,
}

/// The people of a seed, the kinds mixed, and each kind's tokens add up to its share of `supply`
/// (base units, less what rounding loses). There are at least as many people as kinds.
pub fn population(
    behaviour: &Behaviour,
    people: usize,
    supply: u64,
    epoch_days: f64,
    seed: u64,
) -> Vec<Person> {
    let weights: f64 = HEADCOUNT
        .iter()
        .map(|(kind, _)| kind.weight(behaviour))
        .sum();
    let mut all = Vec::with_capacity(people);
    for (kind, count) in headcounts(people) {
        let share = (1.0 - MARKET_SHARE) * kind.weight(behaviour) / weights;
        let parts: Vec<f64> = (0..count)
            .map(|index| part(kind, behaviour, seed, number(kind, index)))
            .collect();
        let sum: f64 = parts.iter().sum();
        for (index, part) in parts.iter().enumerate() {
            let wealth = (supply as f64 * share * part / sum) as u64;
            all.push(person(
                kind,
                behaviour,
                wealth,
                epoch_days,
                seed,
                number(kind, index),
            ));
        }
    }
    mix(&mut all);
    all
}

/// How many people there are of each kind, at least one; what is over are payers.
fn headcounts(people: usize) -> [(Kind, usize); HEADCOUNT.len()] {
    let mut counts = HEADCOUNT.map(|(kind, of)| (kind, (people * of / 100).max(1)));
    let counted: usize = counts.iter().map(|(_, count)| count).sum();
    for (kind, count) in &mut counts {
        match kind {
            Kind::Payer => *count += people.saturating_sub(counted),
            // A population so small that one of each kind is too many of some.
            Kind::Chaser => *count -= counted.saturating_sub(people).min(*count - 1),
            _ => {}
        }
    }
    counts
}

/// The number of a person's streams. Kinds do not share numbers, so that one more payer changes
/// nobody else.
const fn number(kind: Kind, index: usize) -> u64 {
    ((kind as u64) << 32) | index as u64
}

/// What a person owns in proportion to others of its kind.
fn part(kind: Kind, behaviour: &Behaviour, seed: u64, number: u64) -> f64 {
    let mut luck = Luck::new(seed, Purpose::Character, number);
    match kind {
        // Nobody has more than a hundred times what the smallest whale has.
        Kind::Whale => libm::pow(1.0 - luck.uniform(), -1.0 / behaviour.whale_tail).min(100.0),
        _ => libm::exp(0.8 * luck.normal()),
    }
}

fn person(
    kind: Kind,
    behaviour: &Behaviour,
    wealth: u64,
    epoch_days: f64,
    seed: u64,
    number: u64,
) -> Person {
    let mut character = Luck::new(seed, Purpose::Character, number);
    // The first two words made the wealth.
    character.uniform();
    character.uniform();
    let spread = libm::exp(behaviour.required_spread * character.normal());
    let median = match kind {
        Kind::Passive => 0.2 * behaviour.required_yield,
        Kind::Provider => behaviour.provider_yield,
        _ => behaviour.required_yield,
    };
    let daily = match kind {
        Kind::Passive => behaviour.attention / 5.0,
        // Who trades looks at the market twice as often.
        Kind::Momentum | Kind::Value => (2.0 * behaviour.attention).min(0.9),
        _ => behaviour.attention,
    };
    let required = median * spread;
    Person {
        kind,
        gone: false,
        leaving: false,
        liquid: wealth,
        shares: 0,
        money: 0.0,
        wealth,
        required,
        width: behaviour.decision_width * required,
        attention: 1.0 - libm::pow(1.0 - daily, epoch_days),
        // From a thousandth to a fiftieth, uniform in the logarithm.
        bears: 0.001 * libm::pow(20.0, character.uniform()),
        unlocks: i64::MAX,
        joined: 0,
        acted: 0,
        claimed: 0,
        fees: 0,
        position: 0,
        luck: Luck::new(seed, Purpose::Choices, number),
    }
}

/// Gives somebody the character that `number` has in the population of a seed. What it is here
/// for, what it has and what it did stay.
pub fn recast(who: &mut Person, behaviour: &Behaviour, epoch_days: f64, seed: u64, number: u64) {
    let cast = person(who.kind, behaviour, who.wealth, epoch_days, seed, number);
    who.required = cast.required;
    who.width = cast.width;
    who.attention = cast.attention;
    who.bears = cast.bears;
}

/// Puts the kinds among each other, always in the same way, so that every part of the list has
/// its share of each.
fn mix(people: &mut Vec<Person>) {
    // A step that has no factor in common with the length visits every place once.
    let count = people.len();
    let step = (count * 618 / 1000..)
        .find(|step| gcd(*step, count) == 1)
        .unwrap_or(1);
    let mut order: Vec<(usize, Person)> = people
        .drain(..)
        .enumerate()
        .map(|(index, person)| (index * step % count, person))
        .collect();
    order.sort_unstable_by_key(|(place, _)| *place);
    people.extend(order.into_iter().map(|(_, person)| person));
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 {
        a
    } else {
        gcd(b, a % b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUPPLY: u64 = 1_000_000_000_000_000;

    #[test]
    fn the_kinds_own_their_shares_and_nobody_more_than_there_is() {
        for seed in 0..20 {
            // Given a population with passives who own a fifth by weight,
            let behaviour = Behaviour {
                passive_share: 0.2,
                ..Behaviour::of_seed(seed)
            };
            for count in [20, 50, 500, 777] {
                let people = population(&behaviour, count, SUPPLY, 1.0, seed);
                assert_eq!(people.len(), count);
                // when the wallets of all are added up, then the market's share is left,
                let owned: u64 = people.iter().map(|p| p.wealth).sum();
                let expected = SUPPLY as f64 * (1.0 - MARKET_SHARE);
                assert!((owned as f64 / expected - 1.0).abs() < 1e-9, "{owned}");
                // and each kind is there.
                for (kind, _) in HEADCOUNT {
                    assert!(people.iter().any(|p| p.kind == kind), "{kind:?} of {count}");
                }
            }
        }
    }

    #[test]
    fn one_more_person_of_a_kind_leaves_the_others_as_they_are() {
        let behaviour = Behaviour::at(&[]);
        let required = |count| {
            let mut all: Vec<u64> = population(&behaviour, count, SUPPLY, 1.0, 1)
                .iter()
                .filter(|p| p.kind == Kind::Chaser)
                .map(|p| p.required.to_bits())
                .collect();
            all.sort_unstable();
            all
        };
        let (few, many) = (required(100), required(200));
        assert!(few.iter().all(|yields| many.contains(yields)));
    }

    #[test]
    fn the_kinds_are_mixed() {
        let people = population(&Behaviour::at(&[]), 400, SUPPLY, 1.0, 1);
        for part in people.chunks(100) {
            let payers = part.iter().filter(|p| p.kind == Kind::Payer).count();
            assert!((18..=38).contains(&payers), "{payers}");
        }
    }
}
