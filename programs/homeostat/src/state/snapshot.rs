//! One snapshot of the economy at a crank: what happened in the window, what
//! every metric measures, and what each controller decides on it.
//!
//! `crank` commits it, `preview` returns a part of it; both come from here, so
//! that what is previewed is what is applied.

use crate::prelude::*;
use homeostat_control::{guarded_step, Config, Fx, Guarded, Input, Sample};

use super::{
    controller::{Metric, Parameter},
    economy::Economy,
    feed::FeedReading,
    meter::Meter,
    number::{floor_q64, product, quotient, times, U128},
    pool::Pool,
    stream::Stream,
};
use crate::{
    constants::*,
    error::{refuse, HomeostatError},
};

/// Sums over all pools and meters since creation.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Time integral of the native stake (base units x seconds).
    pub stake_seconds: U128,
    /// Time integral of the depth of all liquidity pools (base units x seconds).
    pub depth_seconds: U128,
    /// Emission that streamed to empty pools (Q64.64 base units).
    pub returned_emission_q64: U128,
    /// Fees that streamed to an empty pool (Q64.64 base units).
    pub returned_fees_q64: U128,
    /// Rewards claimed (base units).
    pub claimed: U128,
    /// Volume charged (base units).
    pub volume: U128,
    /// Fees received (base units).
    pub fees: U128,
    /// Fees burned (base units).
    pub burned: U128,
    /// Burns that the supply floor blocked (base units).
    pub burn_blocked: U128,
    /// Fees moved to the reward vault (base units).
    pub swept_stakers: U128,
    /// Fees moved to the treasury (base units).
    pub swept_treasury: U128,
    /// Emission at the time of the tally (Q64.64 base units).
    pub emitted_q64: U128,
    /// `Totals.supplied` at the time of the tally (base units).
    pub supplied: u64,
    /// Fees not yet collected at the time of the tally (base units).
    pub pending_fees: u64,
}

impl Tally {
    /// Adds a pool as it will be when `stream` is settled at `now`; its depth is added
    /// when it is touched.
    pub fn add_pool(&mut self, pool: &Pool, stream: &Stream, now: i64) -> Result<()> {
        if pool.is_native() {
            self.stake_seconds.add(pool.stake_seconds_at(now)?)?;
        }
        let (emission, fees) = pool.returned_at(stream, now)?;
        self.returned_emission_q64.count(emission);
        self.returned_fees_q64.count(fees);
        self.claimed.count(U128::new(u128::from(pool.claimed)));
        Ok(())
    }

    /// Adds a meter.
    #[inline(never)]
    pub fn add_meter(&mut self, meter: &Meter) -> Result<()> {
        self.volume.count(meter.volume);
        self.fees.count(meter.fees);
        self.burned.count(meter.burned);
        self.burn_blocked.count(meter.burn_blocked);
        self.swept_stakers.count(meter.swept_stakers);
        self.swept_treasury.count(meter.swept_treasury);
        self.pending_fees = self
            .pending_fees
            .checked_add(meter.liability()?)
            .ok_or(HomeostatError::MathOverflow)?;
        Ok(())
    }
}

/// A measurement as numerator over denominator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measurement {
    /// May be negative.
    pub numerator: i128,
    /// Above zero.
    pub denominator: u128,
}

impl Measurement {
    fn new(numerator: u128, denominator: u128) -> Option<Self> {
        (denominator > 0).then_some(Self {
            numerator: i128::try_from(numerator).unwrap_or(i128::MAX),
            denominator,
        })
    }

    fn negated(self) -> Self {
        Self {
            numerator: self.numerator.saturating_neg(),
            ..self
        }
    }

    /// The quotient, rounded towards zero.
    pub fn value(&self) -> Option<Fx> {
        let magnitude = quotient(self.numerator.unsigned_abs(), self.denominator)?;
        if self.numerator < 0 {
            magnitude.checked_neg()
        } else {
            Some(magnitude)
        }
    }
}

/// What a crank knows about the window that ends with it.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// By `Metric`.
    pub measurements: [Option<Measurement>; 4],
    /// Real value of a parameter over the window where a cap, a pause or the
    /// funding kept it from its set value, by `Parameter` (ppm).
    pub applied: [Option<i64>; 4],
    /// Native stake, mean over the window (base units).
    pub mean_stake: u64,
}

impl Report {
    /// What the controller of `parameter` is told, whose metric is `metric`.
    pub fn of(&self, metric: Metric, parameter: Parameter) -> (Option<Measurement>, Option<i64>) {
        let measurement = self.measurements.get(metric as usize).copied().flatten();
        let applied = self.applied.get(parameter.index()).copied().flatten();
        (measurement, applied)
    }
}

/// The economy at one instant, over the window since the last crank.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot {
    /// Unix seconds.
    pub now: i64,
    /// Sums at `now`.
    pub tally: Tally,
    /// S from now on (base units).
    pub supply: u64,
    /// C from now on (base units).
    pub circulating: u64,
    /// What the feeds say.
    pub feeds: [Option<FeedReading>; MAX_FEEDS],
    /// The economy-wide check failed, now or before: every controller is held.
    pub latched: bool,
    /// Length of the window.
    seconds: u64,
    /// Time integral of C over the window (base units x seconds).
    circulating_seconds: u128,
    /// Emission per second that was set for the window (Q64.64 base units).
    emission_rate: u128,
}

impl Snapshot {
    /// Takes stock; what that means is asked afterwards, of the same economy before it
    /// rolls on: a preview needs one metric of four. `tally` holds every pool (settled to `now`) and meter; `excluded`
    /// is the balance of the excluded accounts, `rewards` that of the reward vault.
    pub fn take(
        economy: &Economy,
        mut tally: Tally,
        feeds: [Option<FeedReading>; MAX_FEEDS],
        mint_supply: u64,
        excluded: u64,
        rewards: u64,
        now: i64,
    ) -> Result<Self> {
        let before = &economy.tally;
        let stream = economy.stream.total()?;
        let emitted = stream.after(economy.stream.emission_seconds(now))?;
        tally.emitted_q64 = U128::new(emitted);
        tally.supplied = economy.totals.supplied;
        let seconds = now.saturating_sub(economy.last_crank).max(0).unsigned_abs();

        let minted = if economy.mints() {
            tally.supplied.saturating_sub(before.supplied)
        } else {
            0
        };
        let burned = since(tally.burned, before.burned)?;
        let supply = follow_supply(economy.totals.supply, minted, burned, mint_supply);
        let owed = Economy::reward_liability(&tally, tally.supplied)?;
        let circulating = circulating(economy, &tally, owed, supply, excluded);
        // The mean of C over the window: a change at its very end counts half. The sum
        // has 65 bits and a time 63.
        let circulating_seconds = u128::from(economy.totals.circulating)
            .wrapping_add(u128::from(circulating))
            .wrapping_mul(u128::from(seconds))
            >> 1;
        Ok(Self {
            now,
            tally,
            supply,
            circulating,
            feeds,
            latched: economy.tripped != 0 || rewards < owed,
            seconds,
            circulating_seconds,
            emission_rate: stream.rate_q64.get(),
        })
    }

    /// Everything there is to know about the window.
    pub fn report(&self, economy: &Economy) -> Result<Report> {
        let mut report = Report {
            measurements: [None; 4],
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

    /// What one metric measures.
    pub fn measure(&self, economy: &Economy, metric: Metric) -> Result<Option<Measurement>> {
        let before = &economy.tally;
        Ok(match metric {
            Metric::StakedShare => Measurement::new(
                since(self.tally.stake_seconds, before.stake_seconds)?,
                self.circulating_seconds,
            ),
            Metric::Utilisation => {
                let volume = since(self.tally.volume, before.volume)?;
                let turnover = times(self.circulating_seconds, economy.limits.turnover_ppm);
                Measurement::new(
                    times(volume, YEAR.unsigned_abs()),
                    turnover.div_euclid(u128::from(PPM)),
                )
            }
            Metric::NetSupplyGrowth => {
                let emitted = since(self.tally.emitted_q64, before.emitted_q64)?;
                let returned = since(
                    self.tally.returned_emission_q64,
                    before.returned_emission_q64,
                )?;
                let accrued = u128::from(floor_q64(emitted.saturating_sub(returned)));
                let burned = since(self.tally.burned, before.burned)?;
                let growth = Measurement::new(
                    times(accrued.abs_diff(burned), YEAR.unsigned_abs()),
                    product(economy.totals.supply, self.seconds),
                );
                if burned > accrued {
                    growth.map(Measurement::negated)
                } else {
                    growth
                }
            }
            Metric::LiquidityDepth if economy.has_liquidity_pools() => Measurement::new(
                since(self.tally.depth_seconds, before.depth_seconds)?,
                self.circulating_seconds,
            ),
            // A feed's reading is a sample already.
            Metric::LiquidityDepth
            | Metric::Feed0
            | Metric::Feed1
            | Metric::Feed2
            | Metric::Feed3 => None,
        })
    }

    /// Real value of a parameter over the window where a cap, a pause or the
    /// funding kept it from its set value (ppm).
    pub fn applied(&self, economy: &Economy, parameter: Parameter) -> Result<Option<i64>> {
        let before = &economy.tally;
        let (part, whole) = match parameter {
            Parameter::Emission => (
                since(self.tally.emitted_q64, before.emitted_q64)?,
                economy.stream.planned_with(self.emission_rate, self.now),
            ),
            Parameter::Burn => {
                let burned = since(self.tally.burned, before.burned)?;
                let blocked = since(self.tally.burn_blocked, before.burn_blocked)?;
                (burned, burned.saturating_add(blocked))
            }
            Parameter::Fee | Parameter::Liquidity => return Ok(None),
        };
        Ok(scaled(economy.value(parameter), part, whole))
    }

    /// Native stake, mean over the window (base units).
    fn mean_stake(&self, economy: &Economy) -> Result<u64> {
        let stake = since(self.tally.stake_seconds, economy.tally.stake_seconds)?;
        let mean = stake.checked_div(u128::from(self.seconds)).unwrap_or(0);
        Ok(u64::try_from(mean).unwrap_or(u64::MAX))
    }

    /// What one controller decides on this snapshot, given what its metric measured and
    /// what was applied.
    pub fn decide(
        &self,
        economy: &Economy,
        parameter: Parameter,
        measurement: Option<Measurement>,
        applied: Option<i64>,
    ) -> Result<Outcome> {
        let controller = economy.controller(parameter)?;
        let config = controller.config();
        let (measurement, sample) = match controller.metric()?.feed_index() {
            Some(feed) => self.feed(feed, &config),
            None => {
                let value = measurement.and_then(|m| m.value());
                let sample = value.map(|value| Sample {
                    value,
                    at: self.now,
                    samples: 1,
                });
                (measurement, sample)
            }
        };
        let input = Input {
            now: self.now,
            y: sample,
            w: None,
            applied,
            tripped: self.latched,
        };
        Ok(Outcome {
            step: guarded_step(
                &config,
                &controller.guard_config(),
                &controller.state(),
                &controller.guard(),
                &input,
            ),
            measurement,
            sample,
            applied,
        })
    }

    /// What a feed says, as a ratio and as the control law's sample.
    fn feed(&self, index: usize, config: &Config) -> (Option<Measurement>, Option<Sample>) {
        let reading = self.feeds.get(index).copied().flatten();
        let sample = reading.and_then(|reading| reading.sample(config.min_samples));
        (sample.as_ref().map(FeedReading::ratio), sample)
    }
}

/// What was added to a sum since the last crank.
#[inline(never)]
fn since(after: U128, before: U128) -> Result<u128> {
    after
        .get()
        .checked_sub(before.get())
        .ok_or_else(|| refuse(HomeostatError::InvariantViolated))
}

/// One controller's step, with what it was based on.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// The decision, and memory of law and guard after it.
    pub step: Guarded,
    /// The measurement behind y.
    pub measurement: Option<Measurement>,
    /// The same as the control law was shown it.
    pub sample: Option<Sample>,
    /// The real value that a cap left (ppm).
    pub applied: Option<i64>,
}

/// `value * part / whole` where the part is smaller, else `None` (ppm, floored).
fn scaled(value: u64, part: u128, whole: u128) -> Option<i64> {
    if part >= whole {
        return None;
    }
    // Both lose the same low bits, so that the product stays inside 128.
    let excess = 128u32
        .saturating_sub(whole.leading_zeros())
        .saturating_sub(100);
    let part = part >> excess;
    let whole = whole >> excess;
    i64::try_from(times(part, value).checked_div(whole)?).ok()
}

/// The supply counter moves by our own mints and burns, and towards the mint's
/// supply by at most [`SUPPLY_DRIFT_PPM`] of itself for everybody else's.
fn follow_supply(supply: u64, minted: u64, burned: u128, mint_supply: u64) -> u64 {
    let expected = u128::from(supply)
        .wrapping_add(u128::from(minted))
        .saturating_sub(burned);
    let expected = u64::try_from(expected).unwrap_or(u64::MAX);
    // The same as times SUPPLY_DRIFT_PPM by PPM, of constants.
    const { assert!(PPM.is_multiple_of(SUPPLY_DRIFT_PPM)) };
    let drift = expected / (PPM / SUPPLY_DRIFT_PPM);
    mint_supply.clamp(
        expected.saturating_sub(drift),
        expected.saturating_add(drift),
    )
}

/// C = S - what the reward vault owes - treasury - uncollected fees - excluded accounts, by
/// internal counters, so that a donation to a vault changes nothing; at least 1.
fn circulating(economy: &Economy, tally: &Tally, owed: u64, supply: u64, excluded: u64) -> u64 {
    let treasury = tally
        .swept_treasury
        .get()
        .saturating_sub(u128::from(economy.totals.treasury_paid));
    let held = u128::from(owed)
        .saturating_add(treasury)
        .saturating_add(u128::from(tally.pending_fees))
        .saturating_add(u128::from(excluded));
    let circulating = u128::from(supply).saturating_sub(held).max(1);
    u64::try_from(circulating).unwrap_or(u64::MAX)
}

impl Economy {
    /// The first circulating supply, at go-live.
    pub fn first_circulating(&self, excluded: u64) -> Result<u64> {
        let tally = Tally {
            supplied: self.totals.supplied,
            ..Tally::default()
        };
        let owed = Economy::reward_liability(&tally, tally.supplied)?;
        Ok(circulating(
            self,
            &tally,
            owed,
            self.totals.supply,
            excluded,
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_supply_counter_follows_our_own_changes_at_once() {
        assert_eq!(follow_supply(1_000_000, 5_000, 2_000, 1_003_000), 1_003_000);
    }

    #[test]
    fn the_supply_counter_follows_foreign_changes_by_one_percent() {
        assert_eq!(follow_supply(1_000_000, 0, 0, 2_000_000), 1_010_000);
        assert_eq!(follow_supply(1_000_000, 0, 0, 0), 990_000);
        assert_eq!(follow_supply(1_000_000, 0, 0, 1_000_500), 1_000_500);
    }

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
