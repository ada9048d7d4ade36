//! Augmented random search over the parameters of a policy (Mania, Guy and Recht 2018, "Simple
//! random search of static linear policies is competitive for reinforcement learning").
//!
//! A step tries random directions to both sides and moves along those that made the greatest
//! difference, by the difference of their rewards over the standard deviation of all rewards
//! that count. States are normalised by the policy, so together they are the paper's V2-t.

use crate::random::{Luck, Purpose};

/// The numbers of a search.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steps {
    /// The directions of a step.
    pub directions: usize,
    /// How many of them count.
    pub top: usize,
    /// How far a step goes.
    pub step: f64,
    /// How far a trial is from the present point, in each coordinate (standard deviation).
    pub noise: f64,
}

/// A search under way. More reward is better.
#[derive(Clone, Debug)]
pub struct Search {
    steps: Steps,
    point: Vec<f64>,
    luck: Luck,
}

/// A direction and the rewards on both sides of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tried {
    /// The direction.
    pub direction: Vec<f64>,
    /// The reward ahead.
    pub ahead: f64,
    /// The reward behind.
    pub behind: f64,
}

impl Search {
    /// Starts at a point, with the luck of a seed.
    pub fn new(steps: Steps, start: Vec<f64>, seed: u64) -> Self {
        Self {
            steps,
            point: start,
            luck: Luck::new(seed, Purpose::Search, 0),
        }
    }

    /// The present point.
    pub fn point(&self) -> &[f64] {
        &self.point
    }

    /// So many directions to try, at most those of a step.
    pub fn directions(&mut self, most: usize) -> Vec<Vec<f64>> {
        let dimension = self.point.len();
        (0..self.steps.directions.min(most))
            .map(|_| (0..dimension).map(|_| self.luck.normal()).collect())
            .collect()
    }

    /// The points on both sides of a direction: ahead and behind.
    pub fn sides(&self, direction: &[f64]) -> [Vec<f64>; 2] {
        [1.0, -1.0].map(|sign| {
            let pairs = self.point.iter().zip(direction);
            pairs
                .map(|(x, d)| x + sign * self.steps.noise * d)
                .collect()
        })
    }

    /// Moves by what was tried. Of equally good directions the first counts. Rewards that do
    /// not differ at all move nothing.
    pub fn step(&mut self, mut tried: Vec<Tried>) {
        let better = |tried: &Tried| tried.ahead.max(tried.behind);
        tried.sort_by(|a, b| better(b).total_cmp(&better(a)));
        tried.truncate(self.steps.top.max(1));
        let count = 2.0 * tried.len() as f64;
        let rewards = || tried.iter().flat_map(|tried| [tried.ahead, tried.behind]);
        let mean = rewards().sum::<f64>() / count;
        let squares: f64 = rewards().map(|r| (r - mean) * (r - mean)).sum();
        let deviation = libm::sqrt(squares / count);
        if deviation.is_nan() || deviation <= 0.0 {
            return;
        }
        let scale = self.steps.step / (tried.len() as f64 * deviation);
        for tried in &tried {
            let along = scale * (tried.ahead - tried.behind);
            for (x, d) in self.point.iter_mut().zip(&tried.direction) {
                *x += along * d;
            }
        }
    }
}

/// The mean and the standard deviation of states, one number a coordinate, from their sums.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Normaliser {
    count: f64,
    sums: Vec<f64>,
    squares: Vec<f64>,
}

impl Normaliser {
    /// Sees a state.
    pub fn see(&mut self, state: &[f64]) {
        self.sums.resize(state.len(), 0.0);
        self.squares.resize(state.len(), 0.0);
        self.count += 1.0;
        let sums = self.sums.iter_mut().zip(&mut self.squares);
        for ((sum, square), x) in sums.zip(state) {
            *sum += x;
            *square += x * x;
        }
    }

    /// Sees all that another has seen.
    pub fn join(&mut self, other: &Self) {
        self.sums.resize(other.sums.len().max(self.sums.len()), 0.0);
        self.squares.resize(self.sums.len(), 0.0);
        self.count += other.count;
        for (sum, other) in self.sums.iter_mut().zip(&other.sums) {
            *sum += other;
        }
        for (square, other) in self.squares.iter_mut().zip(&other.squares) {
            *square += other;
        }
    }

    /// The coordinate `index` of a state less its mean, over its standard deviation. A coordinate
    /// that never changed is left out, as 0, and as it is before anything was seen.
    pub fn normal(&self, index: usize, x: f64) -> f64 {
        let (Some(sum), Some(square)) = (self.sums.get(index), self.squares.get(index)) else {
            return x;
        };
        let mean = sum / self.count;
        let variance = square / self.count - mean * mean;
        // Below this, rounding is all that differs.
        if variance < 1e-12 * (1.0 + mean * mean) {
            return 0.0;
        }
        (x - mean) / libm::sqrt(variance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cost of the feedback u = -k x on x' = a x + b u + noise, with q = r = 1, over 40 steps
    /// from (1, 0), in two dimensions with one input.
    fn cost(gains: &[f64], luck: &mut Luck) -> f64 {
        let (mut position, mut speed, mut cost) = (1.0, 0.0, 0.0);
        for _ in 0..40 {
            let force = -(gains[0] * position + gains[1] * speed);
            cost += position * position + speed * speed + force * force;
            position += 0.5 * speed + 0.02 * luck.normal();
            speed += 0.5 * force + 0.02 * luck.normal();
        }
        cost
    }

    /// The gains of the discrete Riccati equation for A = (1 0.5; 0 1), B = (0; 0.5), Q = I,
    /// R = 1, by iterating it.
    fn riccati() -> [f64; 2] {
        let (mut p11, mut p12, mut p22) = (1.0, 0.0, 1.0);
        let mut gains = [0.0; 2];
        for _ in 0..500 {
            // B'P, B'PA and A'PA.
            let (b1, b2) = (0.5 * p12, 0.5 * p22);
            let ba = [b1, 0.5 * b1 + b2];
            let s = 1.0 + 0.5 * b2;
            gains = [ba[0] / s, ba[1] / s];
            let a12 = 0.5 * p11 + p12;
            let a22 = 0.25 * p11 + p12 + p22;
            (p11, p12, p22) = (
                1.0 + p11 - ba[0] * gains[0],
                a12 - ba[0] * gains[1],
                1.0 + a22 - ba[1] * gains[1],
            );
        }
        gains
    }

    #[test]
    fn it_solves_a_linear_quadratic_problem() {
        // Given a double integrator, whose best gains Riccati's equation tells (seed 1),
        let best = riccati();
        let steps = Steps {
            directions: 8,
            top: 4,
            step: 0.03,
            noise: 0.05,
        };
        let mut search = Search::new(steps, vec![0.0; 2], 1);
        // when the search starts from no feedback at all,
        for round in 0..400 {
            let tried = search.directions(usize::MAX).into_iter().map(|direction| {
                let [ahead, behind] = search
                    .sides(&direction)
                    .map(|point| -cost(&point, &mut Luck::new(round, Purpose::Demand, 0)));
                Tried {
                    direction,
                    ahead,
                    behind,
                }
            });
            let tried: Vec<Tried> = tried.collect();
            search.step(tried);
        }
        // then it costs within 2 % of the best, on luck that it has not seen.
        let mean = |gains: &[f64]| {
            let costs = (0..200).map(|seed| cost(gains, &mut Luck::new(seed, Purpose::Feed, 0)));
            costs.sum::<f64>() / 200.0
        };
        let (found, least) = (mean(search.point()), mean(&best));
        assert!(
            found < 1.02 * least,
            "{found} at {:?}, {least} at {best:?}",
            search.point()
        );
        assert!(mean(&[0.0; 2]) > 2.0 * least);
    }

    #[test]
    fn only_the_top_directions_move_it_and_equal_rewards_do_not() {
        let steps = Steps {
            directions: 2,
            top: 1,
            step: 1.0,
            noise: 1.0,
        };
        let tried = |direction: [f64; 2], ahead, behind| Tried {
            direction: direction.to_vec(),
            ahead,
            behind,
        };
        // Given a direction that brings 3 ahead and 1 behind, and one that brings less,
        let mut search = Search::new(steps, vec![0.0; 2], 1);
        search.step(vec![
            tried([0.0, 1.0], 2.0, 0.0),
            tried([1.0, 0.0], 3.0, 1.0),
        ]);
        // then the first moves the point by its difference over the standard deviation, 1.
        assert_eq!(search.point(), [2.0, 0.0]);
        search.step(vec![tried([0.0, 1.0], 2.0, 2.0)]);
        assert_eq!(search.point(), [2.0, 0.0]);
        assert_eq!(search.directions(1).len(), 1);
    }

    #[test]
    fn states_are_normalised_by_all_that_was_seen_in_any_grouping() {
        let mut all = Normaliser::default();
        assert_eq!(all.normal(0, 5.0), 5.0);
        let (mut one, mut two) = (all.clone(), all.clone());
        one.see(&[1.0, 7.0]);
        two.see(&[3.0, 7.0]);
        all.join(&one);
        all.join(&two);
        assert_eq!(all.normal(0, 4.0), 2.0);
        assert_eq!(all.normal(1, 8.0), 0.0);
    }
}
