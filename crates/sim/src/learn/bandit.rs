//! LinUCB with one linear model for each arm (Li, Chu, Langford and Schapire 2010, "A
//! contextual-bandit approach to personalized news article recommendation", algorithm 1).

/// The weight of the prior that all coefficients are zero.
const RIDGE: f64 = 1.0;

/// What is known of one arm: the inverse of the matrix of its contexts, and the sum of its
/// contexts times their rewards.
#[derive(Clone, Debug, PartialEq)]
struct Arm {
    inverse: Vec<f64>,
    sum: Vec<f64>,
    times: u64,
}

/// A bandit that expects of each arm a reward linear in the context.
#[derive(Clone, Debug, PartialEq)]
pub struct LinUcb {
    arms: Vec<Arm>,
    dimension: usize,
    exploration: f64,
}

impl LinUcb {
    /// A bandit that knows nothing. An arm is tried where its expected reward plus `exploration`
    /// times the width of that is the greatest.
    pub fn new(arms: usize, dimension: usize, exploration: f64) -> Self {
        let mut inverse = vec![0.0; dimension * dimension];
        for index in 0..dimension {
            inverse[index * dimension + index] = 1.0 / RIDGE;
        }
        let arm = Arm {
            inverse,
            sum: vec![0.0; dimension],
            times: 0,
        };
        Self {
            arms: vec![arm; arms],
            dimension,
            exploration,
        }
    }

    /// The same that only takes what it expects the most of.
    #[must_use]
    pub fn greedy(&self) -> Self {
        Self {
            exploration: 0.0,
            ..self.clone()
        }
    }

    /// The same expectations, as sure of them as after `lessons` lessons of each arm, where it had
    /// more: what it learns from here on counts, and it explores again.
    #[must_use]
    pub fn as_prior(&self, lessons: u64) -> Self {
        let mut prior = self.clone();
        for arm in &mut prior.arms {
            if arm.times > lessons {
                let weight = lessons as f64 / arm.times as f64;
                arm.inverse.iter_mut().for_each(|x| *x /= weight);
                arm.sum.iter_mut().for_each(|x| *x *= weight);
                arm.times = lessons;
            }
        }
        prior
    }

    /// The arm to take in a context; of equals the first.
    pub fn choose(&self, context: &[f64]) -> usize {
        let mut best = (0, f64::NEG_INFINITY);
        for (index, arm) in self.arms.iter().enumerate() {
            let known = arm.times_inverse(context);
            let width = libm::sqrt(dot(context, &known).max(0.0));
            let bound = dot(&arm.sum, &known) + self.exploration * width;
            if bound > best.1 {
                best = (index, bound);
            }
        }
        best.0
    }

    /// The reward that is expected of an arm in a context.
    pub fn expected(&self, arm: usize, context: &[f64]) -> f64 {
        self.arms
            .get(arm)
            .map_or(0.0, |arm| dot(&arm.sum, &arm.times_inverse(context)))
    }

    /// Learns that an arm brought a reward in a context.
    pub fn learn(&mut self, arm: usize, context: &[f64], reward: f64) {
        let dimension = self.dimension;
        let Some(arm) = self.arms.get_mut(arm) else {
            return;
        };
        // The inverse after a rank-one update (Sherman and Morrison).
        let known = arm.times_inverse(context);
        let scale = 1.0 + dot(context, &known);
        for (row, left) in known.iter().enumerate() {
            for (column, right) in known.iter().enumerate() {
                arm.inverse[row * dimension + column] -= left * right / scale;
            }
        }
        for (sum, x) in arm.sum.iter_mut().zip(context) {
            *sum += reward * x;
        }
        arm.times += 1;
    }

    /// How often each arm was learned of.
    pub fn times(&self) -> Vec<u64> {
        self.arms.iter().map(|arm| arm.times).collect()
    }
}

impl Arm {
    fn times_inverse(&self, context: &[f64]) -> Vec<f64> {
        self.inverse
            .chunks_exact(context.len())
            .map(|row| dot(row, context))
            .collect()
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Luck, Purpose};

    #[test]
    fn it_finds_the_best_arm_of_each_context() {
        // Given three arms whose rewards are linear in (1, x) with noise, of which the first is
        // best below -0.25, the second between, and the third above 0.5 (seed 1),
        let truth = |arm: usize, x: f64| [-0.5 - x, 0.0 + x, -1.0 + 3.0 * x][arm];
        let best = |x: f64| (0..3).max_by(|a, b| truth(*a, x).total_cmp(&truth(*b, x)));
        let mut luck = Luck::new(1, Purpose::Search, 0);
        let mut bandit = LinUcb::new(3, 2, 1.0);
        let mut regret = [0.0, 0.0];
        for round in 0..4_000 {
            let x = luck.between(-1.0, 1.0);
            let arm = bandit.choose(&[1.0, x]);
            let reward = truth(arm, x) + 0.3 * luck.normal();
            bandit.learn(arm, &[1.0, x], reward);
            regret[round / 2_000] += truth(best(x).unwrap(), x) - truth(arm, x);
        }
        // then it takes them where they are best, knows what they bring, and regrets ever less.
        let greedy = bandit.greedy();
        for (x, arm) in [
            (-0.8, 0),
            (-0.35, 0),
            (-0.1, 1),
            (0.4, 1),
            (0.6, 2),
            (0.9, 2),
        ] {
            assert_eq!(greedy.choose(&[1.0, x]), arm, "at {x}");
            assert!((greedy.expected(arm, &[1.0, x]) - truth(arm, x)).abs() < 0.1);
        }
        assert!(regret[1] < 0.5 * regret[0], "{regret:?}");
        assert_eq!(bandit.times().iter().sum::<u64>(), 4_000);
    }

    #[test]
    fn one_arm_learns_what_ridge_regression_says() {
        // Given two rewards of one arm, contexts (1, 1) and (1, -1),
        let mut bandit = LinUcb::new(1, 2, 0.0);
        bandit.learn(0, &[1.0, 1.0], 3.0);
        bandit.learn(0, &[1.0, -1.0], 1.0);
        // then with X'X + I = 3 I and X'y = (4, 2) the coefficients are (4/3, 2/3).
        assert!((bandit.expected(0, &[1.0, 0.0]) - 4.0 / 3.0).abs() < 1e-12);
        assert!((bandit.expected(0, &[0.0, 1.0]) - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(bandit.expected(7, &[1.0, 0.0]), 0.0);
    }

    #[test]
    fn a_prior_expects_the_same_and_changes_its_mind_sooner() {
        // Given an arm that has brought 1 a thousand times,
        let mut sure = LinUcb::new(1, 1, 0.0);
        for _ in 0..1_000 {
            sure.learn(0, &[1.0], 1.0);
        }
        // when what it knows counts as ten lessons,
        let mut prior = sure.as_prior(10);
        let difference = prior.expected(0, &[1.0]) - sure.expected(0, &[1.0]);
        assert!(difference.abs() < 1e-12);
        // then ten lessons of zero halve what it expects, and of the other change little.
        for _ in 0..10 {
            sure.learn(0, &[1.0], 0.0);
            prior.learn(0, &[1.0], 0.0);
        }
        assert!((prior.expected(0, &[1.0]) - 0.5).abs() < 0.01);
        assert!(sure.expected(0, &[1.0]) > 0.98);
    }
}
