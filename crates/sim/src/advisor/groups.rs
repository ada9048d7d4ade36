//! Groups of wallets that are alike: k-means on what can be seen of each.
//!
//! Features are logarithms of one plus the figure over the median of those wallets that have any,
//! so that having none is near to having little in every unit; each in its own standard
//! deviations. Centres begin by k-means++ (Arthur and Vassilvitskii 2007), several times, and Lloyd's steps follow; the number
//! of groups is the one of the largest mean silhouette (Rousseeuw 1987), and one group where
//! even that shows no structure.
//!
//! The hundred lines stand here instead of `linfa-clustering`, which brings `ndarray` with its
//! threads and random numbers of its own: the same wallets have to give the same groups on every
//! machine.

use serde::Serialize;

use crate::{
    random::{Luck, Purpose},
    stats::median,
};

/// The most groups.
pub const MOST: usize = 8;
/// The mean silhouette below which there is no substantial structure (Kaufman and Rousseeuw 1990,
/// "Finding groups in data", table 4).
const STRUCTURE: f64 = 0.25;
/// How often centres begin anew.
const STARTS: u64 = 8;
/// The most steps of a start; it ends before when no wallet changes its group.
const STEPS: usize = 100;
/// The most wallets whose silhouettes are taken: every n-th of them.
const SILHOUETTES: usize = 500;

/// What is seen of a wallet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Wallet {
    /// What it owns, staked or not (base units).
    pub tokens: f64,
    /// What it has staked (base units).
    pub stake: f64,
    /// How long ago it was seen first (days).
    pub age: f64,
    /// Its transactions in a month of 30 days.
    pub activity: f64,
    /// The mean of its payments (base units); 0 without one.
    pub payment: f64,
}

impl Wallet {
    /// What wallets are compared by.
    fn figures(&self) -> [f64; 4] {
        [self.stake, self.age, self.activity, self.payment].map(|x| x.max(0.0))
    }
}

/// Wallets of a kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Group {
    /// How many there are.
    pub wallets: usize,
    /// What they own together (base units).
    pub tokens: f64,
    /// What they have staked over what they own.
    pub staked: f64,
    /// The mean of each figure.
    pub mean: Wallet,
    /// The median stake (base units); a mean is one whale's.
    pub median_stake: f64,
}

/// All groups.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Groups {
    /// The groups, the one with the most tokens first.
    pub groups: Vec<Group>,
    /// The group of each wallet, in order.
    pub of: Vec<usize>,
    /// The mean silhouette, from -1 to 1: how much nearer wallets are to their own group than to
    /// the next; `None` with one group.
    pub silhouette: Option<f64>,
}

/// Sorts wallets into at most [`MOST`] groups. The same wallets and seed give the same groups.
pub fn group(wallets: &[Wallet], seed: u64) -> Groups {
    let points = standardised(wallets);
    let every = points.len().div_ceil(SILHOUETTES).max(1);
    let mut best = (vec![0; points.len()], None);
    for count in 2..=MOST.min(points.len().saturating_sub(1)) {
        let of = k_means(&points, count, seed);
        let silhouette = mean_silhouette(&points, &of, count, every);
        if silhouette >= STRUCTURE && best.1.is_none_or(|before| silhouette > before) {
            best = (of, Some(silhouette));
        }
    }
    let (of, silhouette) = best;
    report(wallets, &of, silhouette)
}

/// The features in standard deviations; one that never varies is 0.
fn standardised(wallets: &[Wallet]) -> Vec<[f64; 4]> {
    let mut points: Vec<[f64; 4]> = wallets.iter().map(Wallet::figures).collect();
    let count = points.len() as f64;
    for feature in 0..4 {
        let figures = points.iter().map(|point| point[feature]);
        let some: Vec<f64> = figures.filter(|figure| *figure > 0.0).collect();
        let usual = median(&some).unwrap_or(1.0);
        for point in &mut points {
            point[feature] = libm::log1p(point[feature] / usual);
        }
        let mean = points.iter().map(|point| point[feature]).sum::<f64>() / count;
        let squares = points.iter().map(|point| point[feature] - mean);
        let deviation = libm::sqrt(squares.map(|x| x * x).sum::<f64>() / count);
        for point in &mut points {
            point[feature] = if deviation > 1e-9 {
                (point[feature] - mean) / deviation
            } else {
                0.0
            };
        }
    }
    points
}

fn square(a: &[f64; 4], b: &[f64; 4]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// The nearest centre and its squared distance; of equals the first.
fn nearest(point: &[f64; 4], centres: &[[f64; 4]]) -> (usize, f64) {
    centres
        .iter()
        .map(|centre| square(point, centre))
        .enumerate()
        .fold((0, f64::INFINITY), |best, (index, distance)| {
            if distance < best.1 {
                (index, distance)
            } else {
                best
            }
        })
}

/// The group of each point: of several starts, the one with the smallest sum of squares.
fn k_means(points: &[[f64; 4]], count: usize, seed: u64) -> Vec<usize> {
    let mut best = (vec![0; points.len()], f64::INFINITY);
    for start in 0..STARTS {
        let mut luck = Luck::new(seed, Purpose::Groups, start << 8 | count as u64);
        let mut centres = first_centres(points, count, &mut luck);
        let mut of = vec![usize::MAX; points.len()];
        let mut sum = f64::INFINITY;
        for _ in 0..STEPS {
            let found: Vec<(usize, f64)> = points.iter().map(|p| nearest(p, &centres)).collect();
            sum = found.iter().map(|(_, distance)| distance).sum();
            let now: Vec<usize> = found.into_iter().map(|(index, _)| index).collect();
            if now == of {
                break;
            }
            of = now;
            move_centres(&mut centres, points, &of);
        }
        if sum < best.1 {
            best = (of, sum);
        }
    }
    best.0
}

/// The first centres by k-means++: each a point that is drawn in proportion to its squared
/// distance from those before it.
fn first_centres(points: &[[f64; 4]], count: usize, luck: &mut Luck) -> Vec<[f64; 4]> {
    let mut centres: Vec<[f64; 4]> = Vec::with_capacity(count);
    while centres.len() < count {
        let weights: Vec<f64> = points
            .iter()
            .map(|point| {
                if centres.is_empty() {
                    1.0
                } else {
                    nearest(point, &centres).1
                }
            })
            .collect();
        let mut left = luck.uniform() * weights.iter().sum::<f64>();
        let at = weights.iter().position(|weight| {
            left -= weight;
            left < 0.0
        });
        // Where all points are centres already, any is as good.
        centres.extend(at.or(Some(0)).and_then(|at| points.get(at)));
    }
    centres
}

/// Moves each centre to the mean of its points; one without points stays.
fn move_centres(centres: &mut [[f64; 4]], points: &[[f64; 4]], of: &[usize]) {
    for (index, centre) in centres.iter_mut().enumerate() {
        let (mut sum, mut count) = ([0.0; 4], 0.0);
        for (point, _) in points.iter().zip(of).filter(|(_, of)| **of == index) {
            for (sum, x) in sum.iter_mut().zip(point) {
                *sum += x;
            }
            count += 1.0;
        }
        if count > 0.0 {
            *centre = sum.map(|sum| sum / count);
        }
    }
}

/// The mean over every n-th point of (b - a) / max(a, b), where a is the mean distance to its own
/// group and b that to the nearest other; 0 for a point that is alone in its group.
fn mean_silhouette(points: &[[f64; 4]], of: &[usize], count: usize, every: usize) -> f64 {
    let (mut total, mut taken) = (0.0, 0.0);
    for (at, (point, own)) in points.iter().zip(of).enumerate().step_by(every) {
        let (mut sums, mut sizes) = (vec![0.0; count], vec![0.0; count]);
        for (other, (to, group)) in points.iter().zip(of).enumerate() {
            if other != at {
                sums[*group] += libm::sqrt(square(point, to));
                sizes[*group] += 1.0;
            }
        }
        taken += 1.0;
        let means = || (0..count).filter(|group| sizes[*group] > 0.0);
        let distance = |group: usize| sums[group] / sizes[group];
        let others = means().filter(|group| group != own).map(distance);
        let b = others.fold(f64::INFINITY, f64::min);
        if sizes[*own] > 0.0 && b.is_finite() {
            let a = distance(*own);
            total += (b - a) / a.max(b).max(f64::MIN_POSITIVE);
        }
    }
    total / taken
}

/// Describes the groups, the one with the most tokens first.
fn report(wallets: &[Wallet], of: &[usize], silhouette: Option<f64>) -> Groups {
    let mut described: Vec<(usize, Group)> = (0..MOST)
        .filter_map(|index| {
            let pairs = wallets.iter().zip(of);
            let own: Vec<Wallet> = pairs
                .filter(|(_, of)| **of == index)
                .map(|(wallet, _)| *wallet)
                .collect();
            Some((index, describe(&own)?))
        })
        .collect();
    described.sort_by(|a, b| b.1.tokens.total_cmp(&a.1.tokens).then(a.0.cmp(&b.0)));
    let place = |group: &usize| described.iter().position(|(index, _)| index == group);
    Groups {
        of: of.iter().filter_map(place).collect(),
        groups: described.iter().map(|(_, group)| group.clone()).collect(),
        silhouette,
    }
}

/// A group of these wallets; `None` of none.
fn describe(wallets: &[Wallet]) -> Option<Group> {
    let count = wallets.len() as f64;
    let sum = |of: fn(&Wallet) -> f64| wallets.iter().map(of).sum::<f64>();
    let stakes: Vec<f64> = wallets.iter().map(|wallet| wallet.stake).collect();
    let tokens = sum(|wallet| wallet.tokens);
    Some(Group {
        wallets: wallets.len(),
        tokens,
        staked: if tokens > 0.0 {
            sum(|wallet| wallet.stake) / tokens
        } else {
            0.0
        },
        mean: Wallet {
            tokens: tokens / count,
            stake: sum(|wallet| wallet.stake) / count,
            age: sum(|wallet| wallet.age) / count,
            activity: sum(|wallet| wallet.activity) / count,
            payment: sum(|wallet| wallet.payment) / count,
        },
        median_stake: median(&stakes).ok()?,
    })
}

#[cfg(test)]
mod tests;
