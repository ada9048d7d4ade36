//! A Pareto front by NSGA-II (Deb, Pratap, Agarwal and Meyarivan 2002): simulated binary
//! crossover, polynomial mutation, sorting by dominance and by crowding.
//!
//! Forty candidates of eight numbers need no linear algebra, so this stands here instead of a
//! library that brings seventy others.

use crate::random::{Luck, Purpose};

/// The distribution indices of crossover and mutation: large ones keep children near.
const CROSSOVER: f64 = 15.0;
const MUTATION: f64 = 20.0;
/// How often a pair is crossed.
const CROSSED: f64 = 0.9;

/// One candidate: a point with coordinates from -1 to 1, and what it achieves (less is better).
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The point.
    pub point: Vec<f64>,
    /// What it achieves.
    pub costs: Vec<f64>,
}

impl Candidate {
    /// True where no cost is higher than the other's and one is lower. Nothing dominates by a
    /// cost that is not a number.
    pub fn dominates(&self, other: &Self) -> bool {
        let pairs = || self.costs.iter().zip(&other.costs);
        pairs().all(|(a, b)| a <= b) && pairs().any(|(a, b)| a < b)
    }
}

/// What NSGA-II is given.
pub struct Breeding {
    /// The coordinates of a point.
    pub dimension: usize,
    /// The candidates of a generation; even.
    pub size: usize,
    /// The generations after the first.
    pub generations: usize,
    /// The seed of all luck.
    pub seed: u64,
}

impl Breeding {
    /// The front: the candidates of the last generation that none dominates, in order of the
    /// first cost. `start` is one of the first generation.
    pub fn front(&self, start: &[f64], cost: impl Fn(&[f64]) -> Vec<f64>) -> Vec<Candidate> {
        let mut luck = Luck::new(self.seed, Purpose::Search, 0);
        let judged = |point: Vec<f64>| {
            let costs = cost(&point);
            Candidate { point, costs }
        };
        let mut parents: Vec<Candidate> = (0..self.size)
            .map(|index| {
                let random: Vec<f64> = (0..self.dimension)
                    .map(|_| luck.between(-1.0, 1.0))
                    .collect();
                judged(if index == 0 { start.to_vec() } else { random })
            })
            .collect();
        let mut ranks = ranked(&parents);
        for _ in 0..self.generations {
            let mut all = parents.clone();
            while all.len() < 2 * self.size {
                let mother = tournament(&ranks, &mut luck);
                let father = tournament(&ranks, &mut luck);
                let children = crossed(&parents[mother].point, &parents[father].point, &mut luck);
                for child in children {
                    all.push(judged(mutated(child, &mut luck)));
                }
            }
            let order = ranked(&all);
            let mut places: Vec<usize> = (0..all.len()).collect();
            places.sort_by(|a, b| order[*a].compare(&order[*b]));
            parents = places
                .iter()
                .take(self.size)
                .map(|at| all[*at].clone())
                .collect();
            ranks = ranked(&parents);
        }
        let mut front: Vec<Candidate> = parents
            .into_iter()
            .zip(&ranks)
            .filter(|(_, rank)| rank.front == 0)
            .map(|(candidate, _)| candidate)
            .collect();
        front.sort_by(|a, b| first_cost(a).total_cmp(&first_cost(b)));
        front.dedup();
        front
    }
}

fn first_cost(candidate: &Candidate) -> f64 {
    candidate.costs.first().copied().unwrap_or(f64::NAN)
}

/// Where a candidate stands in its generation.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Rank {
    /// How many fronts are better.
    front: usize,
    /// How far its neighbours on the front are; infinite at the ends.
    room: f64,
}

impl Rank {
    fn compare(&self, other: &Self) -> core::cmp::Ordering {
        self.front
            .cmp(&other.front)
            .then(other.room.total_cmp(&self.room))
    }
}

/// The rank of every candidate.
fn ranked(all: &[Candidate]) -> Vec<Rank> {
    let mut ranks = vec![
        Rank {
            front: 0,
            room: 0.0
        };
        all.len()
    ];
    let mut left: Vec<usize> = (0..all.len()).collect();
    let mut number = 0;
    while !left.is_empty() {
        let (front, rest): (Vec<usize>, Vec<usize>) = left
            .iter()
            .partition(|at| !left.iter().any(|by| all[*by].dominates(&all[**at])));
        for at in &front {
            ranks[*at].front = number;
        }
        spread(all, &front, &mut ranks);
        left = rest;
        number += 1;
    }
    ranks
}

/// Adds up, over the costs, the distances of each candidate's neighbours on one front.
fn spread(all: &[Candidate], front: &[usize], ranks: &mut [Rank]) {
    let costs = front.first().map_or(0, |at| all[*at].costs.len());
    for cost in 0..costs {
        let of = |at: usize| all[at].costs[cost];
        let mut order = front.to_vec();
        order.sort_by(|a, b| of(*a).total_cmp(&of(*b)));
        let (Some(first), Some(last)) = (order.first(), order.last()) else {
            return;
        };
        let range = of(*last) - of(*first);
        ranks[*first].room = f64::INFINITY;
        ranks[*last].room = f64::INFINITY;
        for three in order.windows(3) {
            if range > 0.0 {
                ranks[three[1]].room += (of(three[2]) - of(three[0])) / range;
            }
        }
    }
}

/// The better of two candidates picked at random.
fn tournament(ranks: &[Rank], luck: &mut Luck) -> usize {
    let mut pick = || ((luck.uniform() * ranks.len() as f64) as usize).min(ranks.len() - 1);
    let (one, other) = (pick(), pick());
    if ranks[other].compare(&ranks[one]).is_lt() {
        other
    } else {
        one
    }
}

/// Two children by simulated binary crossover.
fn crossed(mother: &[f64], father: &[f64], luck: &mut Luck) -> [Vec<f64>; 2] {
    let mut children = [mother.to_vec(), father.to_vec()];
    if luck.uniform() >= CROSSED {
        return children;
    }
    for index in 0..mother.len() {
        let (chance, u) = (luck.uniform(), luck.uniform());
        if chance < 0.5 {
            let power = 1.0 / (CROSSOVER + 1.0);
            let beta = if u <= 0.5 {
                libm::pow(2.0 * u, power)
            } else {
                libm::pow(1.0 / (2.0 * (1.0 - u)), power)
            };
            let (a, b) = (mother[index], father[index]);
            children[0][index] = (0.5 * ((1.0 + beta) * a + (1.0 - beta) * b)).clamp(-1.0, 1.0);
            children[1][index] = (0.5 * ((1.0 - beta) * a + (1.0 + beta) * b)).clamp(-1.0, 1.0);
        }
    }
    children
}

/// A point with about one of its coordinates moved, by polynomial mutation.
fn mutated(mut point: Vec<f64>, luck: &mut Luck) -> Vec<f64> {
    let dimension = point.len() as f64;
    for x in &mut point {
        let (chance, u) = (luck.uniform(), luck.uniform());
        if chance * dimension < 1.0 {
            let power = 1.0 / (MUTATION + 1.0);
            let delta = if u < 0.5 {
                libm::pow(2.0 * u, power) - 1.0
            } else {
                1.0 - libm::pow(2.0 * (1.0 - u), power)
            };
            // The coordinates span two.
            *x = (*x + 2.0 * delta).clamp(-1.0, 1.0);
        }
    }
    point
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_front_of_schaffers_problem_is_found() {
        // Given Schaffer's first problem, whose front is x in 0 to 2: here in tenths,
        let breeding = Breeding {
            dimension: 1,
            size: 40,
            generations: 60,
            seed: 1,
        };
        let cost = |point: &[f64]| {
            let x = 10.0 * point[0];
            vec![x * x, (x - 2.0) * (x - 2.0)]
        };
        // when it is bred, then every candidate is on the front,
        let front = breeding.front(&[0.9], cost);
        assert!(front.len() > 20, "{}", front.len());
        for candidate in &front {
            let x = 10.0 * candidate.point[0];
            assert!((-0.01..=2.01).contains(&x), "{x}");
        }
        // both ends are there, none dominates another, and it is the same every time.
        assert!(front[0].costs[0] < 0.01 && front[front.len() - 1].costs[1] < 0.01);
        for (at, one) in front.iter().enumerate() {
            assert!(front.iter().skip(at + 1).all(|other| !one.dominates(other)));
        }
        assert_eq!(front, breeding.front(&[0.9], cost));
    }

    #[test]
    fn crowding_prefers_the_ends_and_the_lonely() {
        let at = |a: f64, b: f64| Candidate {
            point: vec![],
            costs: vec![a, b],
        };
        let ranks = ranked(&[
            at(0.0, 4.0),
            at(1.0, 3.0),
            at(1.2, 2.8),
            at(4.0, 0.0),
            at(5.0, 5.0),
        ]);
        assert_eq!(
            ranks.iter().map(|r| r.front).collect::<Vec<_>>(),
            [0, 0, 0, 0, 1]
        );
        assert!(ranks[0].room.is_infinite() && ranks[3].room.is_infinite());
        assert!(ranks[2].room > ranks[1].room);
    }
}
