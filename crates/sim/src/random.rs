//! Random numbers: one ChaCha8 stream per (seed, purpose, agent).
//!
//! Every stream stands for itself, so that a policy that makes one agent act differently leaves
//! the luck of all others alone: policies are compared on common random numbers, and each
//! agent has its own counterfactual. An agent draws the same number of words an epoch whatever
//! it sees.

use chacha20::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// What a stream of random numbers is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The behaviour of a whole population, drawn from its ranges.
    Behaviour = 1,
    /// What one agent is like.
    Character = 2,
    /// What one agent does.
    Choices = 3,
    /// The exogenous demand and the mood of the market.
    Demand = 4,
    /// The noise and the reports of a feed.
    Feed = 5,
    /// The parameters of a scenario, where it has random ones.
    Scenario = 6,
    /// The candidates of a search.
    Search = 7,
    /// Which runs are lived again to verify them.
    Verification = 8,
    /// The first centres of groups of wallets.
    Groups = 9,
    /// What one agent is like as a voter, and the importance of a proposal.
    Voting = 10,
}

/// A stream of random numbers.
#[derive(Debug)]
pub struct Luck(ChaCha8Rng);

impl Clone for Luck {
    /// A stream that goes on with the same numbers.
    fn clone(&self) -> Self {
        let mut copy = ChaCha8Rng::from_seed(self.0.get_seed());
        copy.set_word_pos(self.0.get_word_pos());
        Self(copy)
    }
}

impl Luck {
    /// The stream of a seed, for one purpose and one agent.
    pub fn new(seed: u64, purpose: Purpose, agent: u64) -> Self {
        let mut key = [0; 32];
        let words = [seed, purpose as u64, agent];
        for (bytes, word) in key.chunks_exact_mut(8).zip(words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// Uniform in [0, 1), a multiple of 2^-32. One word.
    pub fn uniform(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / 4_294_967_296.0
    }

    /// Uniform in [`low`, `high`). One word.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// A standard normal number by Box and Muller's transform. Two words.
    pub fn normal(&mut self) -> f64 {
        // One minus a number below one is above zero, so the logarithm is finite.
        let radius = libm::sqrt(-2.0 * libm::log(1.0 - self.uniform()));
        radius * libm::cos(2.0 * core::f64::consts::PI * self.uniform())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_themselves_and_differ_from_each_other() {
        // Given streams that differ in one of seed, purpose and agent,
        let draw = |seed, purpose, agent| Luck::new(seed, purpose, agent).uniform();
        let one = draw(1, Purpose::Choices, 1);
        // when the same is drawn again, then it is the same; and no other stream gives it.
        assert_eq!(one, draw(1, Purpose::Choices, 1));
        assert_ne!(one, draw(2, Purpose::Choices, 1));
        assert_ne!(one, draw(1, Purpose::Character, 1));
        assert_ne!(one, draw(1, Purpose::Choices, 2));
    }

    #[test]
    fn normal_numbers_have_the_moments_of_the_normal_distribution() {
        let mut luck = Luck::new(7, Purpose::Demand, 0);
        let draws: Vec<f64> = (0..100_000).map(|_| luck.normal()).collect();
        let count = draws.len() as f64;
        let moment = |power: i32| draws.iter().map(|x| x.powi(power)).sum::<f64>() / count;
        assert!(moment(1).abs() < 0.01, "{}", moment(1));
        assert!((moment(2) - 1.0).abs() < 0.02, "{}", moment(2));
        assert!((moment(4) - 3.0).abs() < 0.15, "{}", moment(4));
    }
}
