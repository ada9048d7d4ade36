//! One snapshot of the economy at a crank: what happened in the window since the last crank,
//! what every metric measures, and what each controller decides on it.
//!
//! `crank` commits a snapshot and `preview` returns one decision on it. Both compute it here,
//! so that what is previewed is what is applied.

mod measurement;
mod supply;
mod tally;

pub use measurement::Measurement;
pub use tally::Tally;

use anchor_lang::prelude::*;
use homeostat_control::{guarded_step, Config, Guarded, Input, Sample};

use self::{
    measurement::accrued,
    supply::{burnable, circulating, follow_excluded, follow_supply},
};
use super::{
    controller::{Controller, Metric, Parameter, Signal},
    economy::Economy,
    feed::FeedReading,
    number::{since, U128},
};
use crate::constants::*;

/// What all metrics measured over the window, and what was really applied.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    /// What each `Metric` measured; `None` where there was nothing to measure.
    pub measurements: [Option<Measurement>; Metric::COUNT],
    /// The mean value of each `Parameter` over the window (ppm) where a cap, a pause or the
    /// funding kept it from its set value.
    pub applied: [Option<i64>; 4],
    /// The mean of the native stake over the window (base units).
    pub mean_stake: u64,
}

impl Report {
    /// The measurement of a metric of the program's own.
    pub fn measured(&self, metric: Metric) -> Option<Measurement> {
        self.measurements.get(metric as usize).copied().flatten()
    }

    /// What was applied of a parameter (ppm).
    pub fn applied(&self, parameter: Parameter) -> Option<i64> {
        self.applied.get(parameter.index()).copied().flatten()
    }
}

/// The economy at one instant, over the window since the last crank.
#[derive(Clone, Copy, Debug)]
pub struct Snapshot {
    /// The time of the snapshot (unix seconds).
    pub now: i64,
    /// The sums over pools and meters at `now`.
    pub tally: Tally,
    /// The supply counter S from now on (base units).
    pub supply: u64,
    /// The circulating supply C from now on (base units).
    pub circulating: u64,
    /// What the excluded accounts count for from now on (base units).
    pub excluded: u64,
    /// The readings of the feeds, by index.
    pub feeds: [Option<FeedReading>; MAX_FEEDS],
    /// True when the economy is tripped, now or since before: every controller is held.
    pub tripped: bool,
    /// The length of the window (seconds).
    seconds: u64,
    /// The time integral of C over the window (base units x seconds).
    circulating_seconds: u128,
    /// The emission per second that was set for the window (Q64.64 base units).
    emission_rate: u128,
    /// The emission that accrued in the window (base units, rounded down).
    accrued: u128,
    /// What was charged in the window to be burned (base units).
    charged: u128,
    /// What the supply floor and the burn cap let be burned of that (base units).
    burned: u128,
    /// The value of each `Parameter` in force over the window (ppm).
    values: [u64; 4],
}

impl Snapshot {
    /// Computes supply, circulating supply and solvency at `now` (unix seconds). The metrics
    /// are computed one by one ([`Snapshot::measure`]), because a preview needs one of four;
    /// pass them the same economy before it rolls on.
    ///
    /// `tally` has every pool (settled to `now`) and every meter; `excluded` is the balance of
    /// the excluded accounts, which is followed slowly; `rewards` that of the reward vault (base units). A mint in a
    /// Funded economy is foreign, so `minted` is 0 there. A clock that stepped back makes a
    /// window of 0 seconds.
    pub fn new(
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
        let collected = since(tally.burned.get(), before.burned)?;
        let supply = follow_supply(
            economy.totals.supply,
            minted,
            collected,
            mint_supply,
            seconds,
        );
        let charged = since(tally.charged_to_burn().get(), before.charged_to_burn())?;
        let excluded = follow_excluded(economy.excluded_balance, excluded, supply, seconds);
        let owed = Economy::reward_liability(&tally, tally.supplied)?;
        let circulating = circulating(economy, &tally, owed, supply, excluded);
        // The mean of C before and after, times the window. Nothing wraps: the sum has 65 bits
        // and a time 63.
        let circulating_seconds = u128::from(economy.totals.circulating)
            .wrapping_add(u128::from(circulating))
            .wrapping_mul(u128::from(seconds))
            >> 1;
        Ok(Self {
            now,
            tally,
            supply,
            circulating,
            excluded,
            feeds,
            tripped: economy.tripped != 0 || rewards < owed,
            seconds,
            circulating_seconds,
            emission_rate: stream.rate_q64.get(),
            accrued: accrued(&tally, before)?,
            charged,
            burned: charged.min(burnable(economy, supply, collected)),
            values: Parameter::ALL.map(|parameter| economy.value(parameter)),
        })
    }

    /// What a controller decides on this snapshot. `measured` tells what a metric of the
    /// program's own measured, `applied` the mean value of its parameter where that was not the
    /// one that was set (ppm). Changes nothing.
    pub fn decide(
        &self,
        controller: &Controller,
        mut measured: impl FnMut(Metric) -> Result<Option<Measurement>>,
        applied: Option<i64>,
    ) -> Result<Outcome> {
        let config = controller.config();
        let wiring = controller.wiring()?;
        let (measurement, sample) = match wiring.metric.feed_index() {
            Some(feed) => self.feed(feed, &config),
            None => {
                let measurement = measured(wiring.metric)?;
                let value = measurement.and_then(|m| m.value());
                let sample = value.map(|value| Sample {
                    value,
                    at: self.now,
                    samples: 1,
                });
                (measurement, sample)
            }
        };
        let mut follow = |signal: Option<Signal>| -> Result<Option<Measurement>> {
            Ok(match signal {
                None => None,
                Some(Signal::Output(parameter)) => self.output(parameter),
                Some(Signal::Metric(metric)) => match metric.feed_index() {
                    Some(feed) => self.gated_feed(feed, &config),
                    None => measured(metric)?,
                },
            })
        };
        let w = follow(wiring.feed_forward)?;
        let reference = follow(wiring.reference.signal())?;
        let value =
            |signal: Option<Signal>, measurement: Option<Measurement>| signal?.value(&measurement?);
        let input = Input {
            now: self.now,
            y: sample,
            w: value(wiring.feed_forward, w),
            reference: value(wiring.reference.signal(), reference),
            applied,
            tripped: self.tripped,
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
            w,
            reference,
            applied,
        })
    }

    /// The value of a parameter over the window as a ratio. Those of all controllers are from
    /// before the first of them stepped, so that their order means nothing, and two that
    /// follow each other get the same as anybody who looks.
    fn output(&self, parameter: Parameter) -> Option<Measurement> {
        let value = self.values.get(parameter.index())?;
        Measurement::new(u128::from(*value), u128::from(PPM))
    }

    /// The reading of a feed as a signal beside y: nobody looks at it again, so it is as fresh
    /// and has as many reports as the controller asks for, or there is none.
    fn gated_feed(&self, index: usize, config: &Config) -> Option<Measurement> {
        let (ratio, sample) = self.feed(index, config);
        let sample = sample?;
        let fresh = self.now.abs_diff(sample.at) <= u64::from(config.max_age);
        ratio.filter(|_| fresh && sample.samples >= config.min_samples)
    }

    /// The reading of a feed as a ratio and as a sample of the control law; neither where
    /// the feed has no reading that the controller may use.
    fn feed(&self, index: usize, config: &Config) -> (Option<Measurement>, Option<Sample>) {
        let reading = self.feeds.get(index).copied().flatten();
        let sample = reading.and_then(|reading| reading.sample(config.min_samples));
        (sample.as_ref().map(FeedReading::ratio), sample)
    }
}

/// The step of one controller, with its inputs.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// The decision, and the states of law and guard after it.
    pub step: Guarded,
    /// The measurement behind the process variable, as a ratio.
    pub measurement: Option<Measurement>,
    /// The same measurement as the sample that the control law was given.
    pub sample: Option<Sample>,
    /// The signal of the feed-forward, as a ratio.
    pub w: Option<Measurement>,
    /// The signal that the setpoint is a multiple of, as a ratio.
    pub reference: Option<Measurement>,
    /// The mean value that a cap, a pause or the funding left over the window (ppm).
    pub applied: Option<i64>,
}
