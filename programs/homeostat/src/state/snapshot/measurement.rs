//! What the metrics measure over the window, and what became of the values that were set.

use anchor_lang::prelude::*;
use homeostat_control::Fx;

use super::{Report, Snapshot, Tally};
use crate::{
    constants::*,
    state::{
        controller::{Metric, Parameter},
        economy::Economy,
        number::{floor_q64, product, quotient, since, times},
    },
};

/// A measurement as a ratio, as the decision log stores it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measurement {
    /// The numerator, which may be negative.
    pub numerator: i128,
    /// The denominator, above zero.
    pub denominator: u128,
}

impl Measurement {
    /// The ratio of two sums; `None` without a denominator, because nothing was there to
    /// measure. A numerator above 127 bits counts as the highest: its value is out of every
    /// credible range either way.
    pub(super) fn new(numerator: u128, denominator: u128) -> Option<Self> {
        (denominator > 0).then_some(Self {
            numerator: i128::try_from(numerator).unwrap_or(i128::MAX),
            denominator,
        })
    }

    /// The same ratio with the other sign. It cannot saturate: `new` makes no `i128::MIN`.
    fn negated(self) -> Self {
        Self {
            numerator: self.numerator.saturating_neg(),
            ..self
        }
    }

    /// The quotient, rounded towards zero; `None` for a zero denominator.
    pub fn value(&self) -> Option<Fx> {
        let magnitude = quotient(self.numerator.unsigned_abs(), self.denominator)?;
        if self.numerator < 0 {
            magnitude.checked_neg()
        } else {
            Some(magnitude)
        }
    }
}

/// The emission that accrued between two tallies (base units, rounded down): what streamed,
/// less what came back from empty pools and above the yield cap.
pub(super) fn accrued(tally: &Tally, before: &Tally) -> Result<u128> {
    let emitted = since(tally.emitted_q64.get(), before.emitted_q64)?;
    let returned = since(
        tally.returned_emission_q64.get(),
        before.returned_emission_q64,
    )?;
    Ok(u128::from(floor_q64(emitted.saturating_sub(returned))))
}

impl Snapshot {
    /// All measurements of the window, and all that was applied.
    pub fn report(&self, economy: &Economy) -> Result<Report> {
        let mut report = Report {
            measurements: [None; Metric::COUNT],
            applied: [None; 4],
            mean_stake: self.mean_stake(economy)?,
        };
        for (measurement, metric) in report.measurements.iter_mut().zip(Metric::ALL) {
            *measurement = self.measure(economy, metric)?;
        }
        for (applied, parameter) in report.applied.iter_mut().zip(Parameter::ALL) {
            *applied = self.applied(economy, parameter)?;
        }
        Ok(report)
    }

    /// What one metric measures over the window; `None` where there is nothing to measure,
    /// and for feeds.
    pub fn measure(&self, economy: &Economy, metric: Metric) -> Result<Option<Measurement>> {
        let before = &economy.tally;
        Ok(match metric {
            Metric::StakedShare => Measurement::new(
                since(self.tally.stake_seconds.get(), before.stake_seconds)?,
                self.circulating_seconds,
            ),
            Metric::Utilisation => {
                let volume = since(self.tally.volume.get(), before.volume)?;
                let turnover = times(self.circulating_seconds, economy.limits.turnover_ppm);
                Measurement::new(
                    times(volume, YEAR.unsigned_abs()),
                    turnover.div_euclid(u128::from(PPM)),
                )
            }
            Metric::NetSupplyGrowth => {
                // What a funded vault pays out was minted long before: it is no growth.
                let minted = if economy.mints() { self.accrued } else { 0 };
                // As if all had been collected: S falls when somebody collects.
                let supply = economy.totals.supply.saturating_sub(before.pending_burn);
                let growth = Measurement::new(
                    times(minted.abs_diff(self.burned), YEAR.unsigned_abs()),
                    product(supply, self.seconds),
                );
                if self.burned > minted {
                    growth.map(Measurement::negated)
                } else {
                    growth
                }
            }
            // A pool that was touched too seldom says nothing, and neither does a sum without it.
            Metric::LiquidityDepth
                if economy.has_liquidity_pools() && self.tally.without_depth == 0 =>
            {
                let depth = product(self.tally.depth, self.seconds);
                Measurement::new(depth, self.circulating_seconds)
            }
            Metric::BurnedOverEmitted => Measurement::new(self.burned, self.accrued),
            Metric::EmittedOverFees => {
                let fees = since(self.tally.fees.get(), before.fees)?;
                Measurement::new(self.accrued, fees)
            }
            // A feed has no measurement of the program's own: its reading is the sample.
            Metric::LiquidityDepth
            | Metric::Feed0
            | Metric::Feed1
            | Metric::Feed2
            | Metric::Feed3 => None,
        })
    }

    /// The mean value of a parameter over the window (ppm) where a cap, a pause or the funding
    /// kept it from its set value, else `None`. The law's integral follows it, in proportion
    /// to the difference: a pause of one second counts as one second.
    pub fn applied(&self, economy: &Economy, parameter: Parameter) -> Result<Option<i64>> {
        let before = &economy.tally;
        let (part, whole) = match parameter {
            Parameter::Emission => (
                since(self.tally.emitted_q64.get(), before.emitted_q64)?,
                economy.stream.planned_with(self.emission_rate, self.now),
            ),
            Parameter::Burn => (self.burned, self.charged),
            Parameter::Fee | Parameter::Liquidity => return Ok(None),
        };
        Ok(scaled(economy.value(parameter), part, whole))
    }

    /// The mean of the native stake over the window (base units, rounded down); 0 for a window
    /// of no time. A mean of 64-bit stakes has 64 bits.
    fn mean_stake(&self, economy: &Economy) -> Result<u64> {
        let stake = since(self.tally.stake_seconds.get(), economy.tally.stake_seconds)?;
        let mean = stake.checked_div(u128::from(self.seconds)).unwrap_or(0);
        Ok(u64::try_from(mean).unwrap_or(u64::MAX))
    }
}

/// `value * part / whole` (ppm, rounded down) where the part is smaller than the whole, else
/// `None`: the whole value was applied.
fn scaled(value: u64, part: u128, whole: u128) -> Option<i64> {
    if part >= whole {
        return None;
    }
    // Both lose the same low bits, so that the product with a value of at most a million stays
    // inside 128 bits.
    let excess = 128u32
        .saturating_sub(whole.leading_zeros())
        .saturating_sub(100);
    let part = part >> excess;
    let whole = whole >> excess;
    i64::try_from(times(part, value).checked_div(whole)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capped_value_is_scaled_and_a_full_one_is_not_reported() {
        assert_eq!(scaled(60_000, 10, 10), None);
        assert_eq!(scaled(60_000, 5, 10), Some(30_000));
        assert_eq!(scaled(60_000, 0, 0), None);
        assert_eq!(scaled(60_000, u128::MAX / 2, u128::MAX), Some(29_999));
    }

    #[test]
    fn quotients_keep_their_sign_and_saturate() {
        let value = |numerator, denominator| {
            Measurement {
                numerator,
                denominator,
            }
            .value()
            .unwrap()
            .to_num::<f64>()
        };
        assert_eq!(value(3, 4), 0.75);
        assert_eq!(value(-3, 4), -0.75);
        assert_eq!(value(0, 4), 0.0);
        assert!(value(i128::MAX, 1) > 6e23);
        assert!((value(3 << 120, 4 << 120) - 0.75).abs() < 1e-12);
    }
}
