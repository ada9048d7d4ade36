//! The toy model by which simulators are compared: who stakes at which yield?
//!
//! Not used by the simulation. It is small enough to be written in the same way for every
//! framework, and `benches/peers` does so for Mesa and AgentPy.
//!
//! The rule, in integers, so that all implementations agree to the last token:
//!
//! - There are n stakers, i = 0 to n - 1. Staker i holds 1 + (7,919 i mod 1,000) tokens and
//!   requires a yield of 10,000 + (104,729 i mod 190,001) ppm a year, 1 % to 20 %.
//! - At first nobody stakes.
//! - In step k = 0, 1, … the stakers together are paid 30 n + n k / 5 (rounded down) tokens a
//!   year. Within a step they decide one after another, in the order of i, and each sees what
//!   those before it decided.
//! - A staker stakes all it holds if the yield that it would have is at least the one it
//!   requires, and nothing otherwise: with T staked by the others, h held and R paid, it stakes
//!   if 10⁶ R ≥ required (T + h).
//!
//! More reward every step keeps some stakers changing their minds until the end.

/// Stakers with their decisions; columns, one entry a staker.
#[derive(Clone, Debug)]
pub struct Toy {
    /// Tokens held.
    held: Vec<u64>,
    /// Yield required, in ppm a year.
    required: Vec<u64>,
    /// Tokens staked: all or nothing.
    staked: Vec<u64>,
    /// Sum of `staked`.
    total: u64,
}

/// What a run came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Tokens staked at the end.
    pub staked: u64,
    /// Tokens there are.
    pub supply: u64,
    /// Tokens staked after each step, added up: equal only if every step was.
    pub sum: u64,
}

impl Outcome {
    /// Staked share at the end.
    pub fn share(&self) -> f64 {
        self.staked as f64 / self.supply as f64
    }
}

impl Toy {
    /// The stakers at the start. Up to ten million of them stay clear of overflow for ten
    /// thousand steps.
    pub fn new(stakers: u32) -> Self {
        let each = |f: fn(u64) -> u64| (0..u64::from(stakers)).map(f).collect();
        Self {
            held: each(|i| 1 + 7_919 * i % 1_000),
            required: each(|i| 10_000 + 104_729 * i % 190_001),
            staked: vec![0; stakers as usize],
            total: 0,
        }
    }

    /// Reward in tokens a year that step `k` pays.
    fn reward(&self, k: u64) -> u64 {
        let n = self.held.len() as u64;
        30 * n + n * k / 5
    }

    /// One step: every staker decides once.
    fn step(&mut self, k: u64) {
        let offered = 1_000_000 * self.reward(k);
        let mut total = self.total;
        let stakers = self.held.iter().zip(&self.required).zip(&mut self.staked);
        for ((held, required), staked) in stakers {
            let without = total - *staked;
            let with = without + held;
            let stakes = offered >= required * with;
            *staked = if stakes { *held } else { 0 };
            total = if stakes { with } else { without };
        }
        self.total = total;
    }

    /// Runs so many steps from the start.
    pub fn run(mut self, steps: u32) -> Outcome {
        let mut sum = 0;
        for k in 0..u64::from(steps) {
            self.step(k);
            sum += self.total;
        }
        Outcome {
            staked: self.total,
            supply: self.held.iter().sum(),
            sum,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rule as it is told, with nothing kept that could go stale: the total is counted anew
    /// for every decision, and yields are compared as fractions.
    fn as_told(n: usize, steps: u64) -> (Outcome, u64) {
        let held: Vec<u128> = (0..n as u128).map(|i| 1 + (7_919 * i) % 1_000).collect();
        let required: Vec<u128> = (0..n as u128)
            .map(|i| 10_000 + (104_729 * i) % 190_001)
            .collect();
        let mut stakes = vec![false; n];
        let (mut outcome, mut changes) = (Outcome::default(), 0);
        for k in 0..steps {
            let reward = u128::from(30 * n as u64 + n as u64 * k / 5);
            for i in 0..n {
                let others: u128 = (0..n)
                    .filter(|j| *j != i && stakes[*j])
                    .map(|j| held[j])
                    .sum();
                // reward / (others + held) >= required / 10^6, without rounding.
                let decision = reward * 1_000_000 >= required[i] * (others + held[i]);
                changes += u64::from(decision != stakes[i]);
                stakes[i] = decision;
            }
            let staked: u128 = (0..n).filter(|j| stakes[*j]).map(|j| held[j]).sum();
            outcome.staked = staked as u64;
            outcome.sum += staked as u64;
        }
        outcome.supply = held.iter().sum::<u128>() as u64;
        (outcome, changes)
    }

    #[test]
    fn the_columns_do_what_the_rule_says() {
        for (n, steps) in [(1, 3), (7, 50), (200, 30), (1_000, 4)] {
            let (expected, _) = as_told(n, steps);
            let found = Toy::new(n as u32).run(steps as u32);
            assert_eq!(found, expected, "{n} stakers, {steps} steps");
        }
    }

    #[test]
    fn a_yield_of_exactly_what_is_required_is_enough() {
        // Given one staker of 30 tokens who requires 100 %, and 30 tokens a year to pay.
        let with = |required| Toy {
            held: vec![30],
            required: vec![required],
            staked: vec![0],
            total: 0,
        };
        assert_eq!(with(1_000_000).run(1).staked, 30);
        assert_eq!(with(1_000_001).run(1).staked, 0);
    }

    #[test]
    fn a_part_stakes_and_minds_change_until_the_end() {
        // Given 300 stakers, then neither all nor none of them stake, and the last ten steps
        // still change decisions.
        let (outcome, all) = as_told(300, 100);
        let (_, before) = as_told(300, 90);
        assert!((0.3..0.9).contains(&outcome.share()), "{outcome:?}");
        assert!(all > before, "{all} changes, {before} of them in 90 steps");
    }

    #[test]
    fn the_outcome_of_the_benchmark_is_the_one_python_finds() {
        // benches/peers/toy.py, run in plain Python: 10,000 stakers, 100 steps.
        let outcome = Toy::new(10_000).run(100);
        assert_eq!(outcome.staked, 3_493_337);
        assert_eq!(outcome.supply, 5_005_000);
        assert_eq!(outcome.sum, 311_382_346);
    }
}
