//! How people behave: parameters with ranges.
//!
//! Nobody knows how elastic the stakers of a token that does not exist yet are, so no parameter
//! is a constant: each has a range, wide enough for what is reported of live networks, and
//! every seed draws its own population from the ranges, the same one for all policies. No range
//! was chosen by looking at how a controller does in it.

use crate::random::{Luck, Purpose};

/// Declares the parameters once: struct, ranges and names.
macro_rules! behaviour {
    ($($(#[$doc:meta])* $name:ident: $low:literal ..= $high:literal,)*) => {
        /// The parameters of a population.
        #[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
        pub struct Behaviour {
            $($(#[$doc])* pub $name: f64,)*
        }

        impl Behaviour {
            /// The names of the parameters, in order.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name),)*];
            /// The lowest and the highest value of each, in order.
            pub const RANGES: &'static [(f64, f64)] = &[$(($low, $high),)*];

            /// The population at a point of the unit cube: each coordinate in 0 to 1 is a
            /// place in its parameter's range. Coordinates that are missing count as 0.5.
            pub fn at(point: &[f64]) -> Self {
                let mut place = point.iter().copied();
                let mut next = |low: f64, high: f64| {
                    low + (high - low) * place.next().unwrap_or(0.5)
                };
                Self { $($name: next($low, $high),)* }
            }

            /// The values of the parameters, in order.
            pub fn values(&self) -> Vec<f64> {
                vec![$(self.$name,)*]
            }
        }
    };
}

behaviour! {
    /// The annual yield that the median staker asks for (fraction). Live networks: Ethereum 28 %
    /// staked at 3 %, Solana 65 % at 6.5 %, Cosmos 60 % at 15 %.
    required_yield: 0.03 ..= 0.12,
    /// The spread of that over people: the standard deviation of its logarithm.
    required_spread: 0.2 ..= 0.9,
    /// How sharply one person decides: the yield (fraction) over which the wished share goes from
    /// 27 % to 73 %, in parts of the yield asked for. Small is elastic.
    decision_width: 0.05 ..= 0.6,
    /// The probability that somebody decides anew in a day.
    attention: 0.02 ..= 0.2,
    /// The weight of passive people among those who own the tokens (the shares are scaled to
    /// what there is),, who stake at nearly any yield and look
    /// at it a fifth as often.
    passive_share: 0.05 ..= 0.35,
    /// The share that whales own.
    whale_share: 0.05 ..= 0.3,
    /// The exponent of the Pareto distribution of the whales' wealth.
    whale_tail: 1.1 ..= 2.0,
    /// The share that payers, who use the token, own.
    payer_share: 0.1 ..= 0.35,
    /// The volume that people want to pay in a quiet year, over the circulating supply, at the
    /// usual fee and the first price.
    turnover: 0.5 ..= 10.0,
    /// How strongly payments fall with the fee: volume ~ (fee / usual fee)^-elasticity.
    fee_elasticity: 0.1 ..= 1.0,
    /// How strongly the token's worth follows demand: worth ~ demand^elasticity over supply.
    worth_elasticity: 0.3 ..= 1.0,
    /// The share that traders own.
    trader_share: 0.05 ..= 0.2,
    /// The part of its means with which a trader answers a price 10 % away from what it thinks
    /// right.
    trader_strength: 0.05 ..= 0.5,
    /// The part of their tokens, or of their money, that holders trade when they decide and the
    /// price is a tenth away from the token's worth.
    holder_strength: 0.005 ..= 0.05,
    /// How much of the annual price trend people add to the yield they expect.
    trend_faith: 0.0 ..= 0.05,
    /// The weight of liquidity providers.
    provider_share: 0.03 ..= 0.15,
    /// The annual yield that liquidity providers ask for (fraction, on the value of both sides).
    provider_yield: 0.02 ..= 0.2,
    /// The standard deviation of the logarithm of demand in a day.
    demand_noise: 0.01 ..= 0.05,
    /// The probability that somebody leaves for good in a day of quiet times.
    churn: 0.0002 ..= 0.002,
    /// How much a scenario moves the mood: the yield that people ask for on top (fraction).
    mood: 0.01 ..= 0.06,
    /// How long a holder means to stay (days): unbonding costs a part of the yield in proportion.
    horizon: 60.0 ..= 720.0,
}

impl Behaviour {
    /// The number of parameters.
    pub const COUNT: usize = Self::NAMES.len();

    /// The population of a seed: each parameter uniform in its range.
    pub fn of_seed(seed: u64) -> Self {
        let mut luck = Luck::new(seed, Purpose::Behaviour, 0);
        let point: Vec<f64> = (0..Self::COUNT).map(|_| luck.uniform()).collect();
        Self::at(&point)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_of_the_cube_is_a_population_and_every_seed_has_its_own() {
        let low = Behaviour::at(&[0.0; Behaviour::COUNT]);
        let high = Behaviour::at(&[1.0; Behaviour::COUNT]);
        assert_eq!(low.turnover, 0.5);
        assert_eq!(high.turnover, 10.0);
        assert_eq!(high.horizon, 720.0);
        assert_eq!(Behaviour::at(&[]).fee_elasticity, 0.55);
        assert_eq!(Behaviour::of_seed(3), Behaviour::of_seed(3));
        assert_ne!(Behaviour::of_seed(3), Behaviour::of_seed(4));
        for seed in 0..100 {
            let drawn = Behaviour::of_seed(seed);
            assert!((0.03..0.12).contains(&drawn.required_yield));
            let owned =
                drawn.passive_share + drawn.whale_share + drawn.payer_share + drawn.trader_share;
            assert!(owned < 1.3, "chasers and providers share what is left");
        }
    }
}
