//! What people of a behaviour would stake, before anything happens: what a founder who knows
//! them can forecast.

use super::{
    mind::Mind,
    people::{population, Kind, Person},
    town::PURSE,
};
use crate::{behaviour::Behaviour, scenario::Calendar};

/// What the people of a census own together (base units); only shares of it matter.
const SUPPLY: u64 = 1_000_000_000_000_000;

/// Some people of a behaviour.
pub struct Census {
    people: Vec<Person>,
    mind: Mind,
    /// What a payer keeps for payments, over what it owns.
    purse: f64,
}

impl Census {
    /// Counts `count` people of `seed`, who would wait `unbonding` seconds for their stake.
    pub fn new(behaviour: &Behaviour, count: usize, unbonding: u32, seed: u64) -> Self {
        let calendar = Calendar {
            epochs: 1,
            epoch_days: 1.0,
            period_days: 1.0,
        };
        let people = population(behaviour, count, SUPPLY, calendar.epoch_days, seed);
        let payers = people.iter().filter(|p| p.kind == Kind::Payer);
        let owned: f64 = payers.map(|payer| payer.wealth as f64).sum();
        let kept = PURSE * behaviour.turnover / 365.0 * SUPPLY as f64;
        Self {
            people,
            mind: Mind::new(*behaviour, &calendar, unbonding),
            purse: (kept / owned.max(1.0)).min(1.0),
        }
    }

    /// The share of the supply that will be staked at an annual yield (fraction) on a quiet day,
    /// once everybody has decided.
    pub fn staked_share(&self, annual_yield: f64) -> f64 {
        let stakers = self.people.iter().filter(|person| person.kind.stakes());
        let staked: f64 = stakers
            .map(|person| {
                let kept = match person.kind {
                    Kind::Payer => self.purse,
                    _ => 0.0,
                };
                let own = person.wealth as f64 * (1.0 - kept);
                own * self.mind.wish(person, annual_yield, 0.0)
            })
            .sum();
        staked / SUPPLY as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_is_staked_at_a_higher_yield_and_never_what_payments_need() {
        // Given people who hold back a week of payments,
        let usual = Behaviour::at(&[]);
        let census = |turnover| {
            let behaviour = Behaviour { turnover, ..usual };
            Census::new(&behaviour, 2_000, 604_800, 1)
        };
        let calm = census(0.5);
        let shares = [0.0, 0.05, 0.1, 10.0].map(|annual_yield| calm.staked_share(annual_yield));
        // then more is staked at a higher yield, at most what stakers own: by weights
        // 1 of 1.225 in all, of the 95 % that the market leaves, less 0.5 x 7 / 365.
        assert!(shares.is_sorted() && shares[0] < 0.1, "{shares:?}");
        let most = 0.95 / 1.225 - 0.5 * 7.0 / 365.0;
        assert!((shares[3] - most).abs() < 1e-6, "{} {most}", shares[3]);
        // and busier payers leave less to be staked.
        assert!(census(4.0).staked_share(10.0) < shares[3] - 0.06);
    }
}
