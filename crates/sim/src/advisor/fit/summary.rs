//! The numbers that a history is compared by.

use super::super::History;
use super::regression::Regression;

/// What a spread that is zero counts as, before its logarithm is taken.
const LEAST: f64 = 1e-9;

/// The summary statistics of the first `periods` of a history, those of prices and of the depth
/// only where `with_price` and `with_depth` say so. `treasury` is the treasury's part of the
/// fees that are not burned. Their number depends on those two alone.
pub fn summarise(
    history: &History,
    periods: usize,
    treasury: f64,
    with_price: bool,
    with_depth: bool,
) -> Vec<f64> {
    let seen = &history.observations[..periods.min(history.len())];
    let mut all = Vec::with_capacity(32);

    // Where the staked share was: its level in each quarter, and its noise.
    let shares: Vec<f64> = seen.iter().map(|o| o.staked_share).collect();
    all.extend(quarters(&shares));
    all.push(spread(&changes(&shares)));
    all.push(persistence(&changes(&shares)));

    // How it answered the yield, and how fast: its change by yield and share of the period
    // before.
    let yields: Vec<f64> = (0..seen.len())
        .map(|at| libm::log(history.annual_yield(at, treasury).clamp(1e-4, 10.0)))
        .collect();
    all.extend(response(&changes(&shares), &yields, &shares));
    all.extend(quarters(&yields));

    // The volume over the supply: its level, its noise, and how it answered the fee.
    let volumes: Vec<f64> = (0..seen.len())
        .map(|at| {
            let days = (seen[at].end - history.begin(at)) as f64 / 86_400.0;
            libm::log((seen[at].volume / seen[at].supply / days).max(LEAST))
        })
        .collect();
    let fees: Vec<f64> = (0..seen.len())
        .map(|at| libm::log(history.in_force(at)[1].max(1.0) / 3_000.0))
        .collect();
    all.extend(quarters(&volumes));
    all.push(mean(&fees));
    all.push(spread(&changes(&volumes)));
    all.push(persistence(&changes(&volumes)));
    all.push(slope(&fees, &volumes));

    if with_price {
        let prices: Vec<f64> = seen
            .iter()
            .map(|o| libm::log(o.price.unwrap_or(1.0).max(LEAST)))
            .collect();
        all.push(prices.last().copied().unwrap_or(0.0));
        all.push(spread(&changes(&prices)));
        all.push(persistence(&changes(&prices)));
        all.push(slope(&volumes, &prices));
        // What people pay is a value: with the price, the volume shows demand.
        let values: Vec<f64> = volumes.iter().zip(&prices).map(|(v, p)| v + p).collect();
        all.push(mean(&values));
        all.push(spread(&values));
        all.push(slope(&values, &prices));
        all.push(slope(&fees, &values));
    }
    if with_depth {
        let depths: Vec<f64> = seen.iter().map(|o| o.depth.unwrap_or(0.0)).collect();
        all.extend(quarters(&depths));
        all.push(spread(&changes(&depths)));
    }
    all
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn changes(values: &[f64]) -> Vec<f64> {
    values.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// The means of the quarters.
fn quarters(values: &[f64]) -> [f64; 4] {
    core::array::from_fn(|quarter| {
        let at = |part: usize| values.len() * part / 4;
        mean(&values[at(quarter)..at(quarter + 1)])
    })
}

/// The logarithm of the standard deviation.
fn spread(values: &[f64]) -> f64 {
    0.5 * libm::log(covariance(values, values).max(LEAST * LEAST))
}

fn covariance(a: &[f64], b: &[f64]) -> f64 {
    let (of_a, of_b) = (mean(a), mean(b));
    let products = a.iter().zip(b).map(|(a, b)| (a - of_a) * (b - of_b));
    products.sum::<f64>() / a.len().max(1) as f64
}

/// The correlation of a series with itself one step later; 0 for a constant.
fn persistence(values: &[f64]) -> f64 {
    let (Some(earlier), Some(later)) = (
        values.get(..values.len().saturating_sub(1)),
        values.get(1..),
    ) else {
        return 0.0;
    };
    let scale = covariance(values, values);
    if scale < LEAST * LEAST {
        return 0.0;
    }
    (covariance(earlier, later) / scale).clamp(-1.0, 1.0)
}

/// The slope of y over x, within -5 and 5; 0 where x hardly varies.
fn slope(x: &[f64], y: &[f64]) -> f64 {
    let variance = covariance(x, x);
    if variance < 1e-8 {
        return 0.0;
    }
    (covariance(x, y) / variance).clamp(-5.0, 5.0)
}

/// The coefficients of the changes of the share on the yield and on the share before them.
fn response(changes: &[f64], yields: &[f64], shares: &[f64]) -> [f64; 2] {
    let inputs: Vec<Vec<f64>> = yields
        .iter()
        .zip(shares)
        .take(changes.len())
        .map(|(a, b)| vec![*a, *b])
        .collect();
    let outputs: Vec<Vec<f64>> = changes.iter().map(|change| vec![*change]).collect();
    let found = Regression::fit(&inputs, &outputs);
    let at = |input: [f64; 2]| found.predict(&input).first().copied().unwrap_or(0.0);
    let constant = at([0.0, 0.0]);
    [at([1.0, 0.0]), at([0.0, 1.0])].map(|x| (x - constant).clamp(-1.0, 1.0))
}
