//! What is remembered of an epoch.

use homeostat::state::Parameter;
use homeostat_control::{Flags, HoldReason};
use serde::Serialize;

use super::{town::Town, NATIVE, PARAMETERS};
use crate::chain::Cranked;

/// One epoch, as it ended.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Day {
    /// The mean price over the epoch (money a base unit; 1 at the start).
    pub price: f64,
    /// The exogenous demand.
    pub demand: f64,
    /// The native stake (base units).
    pub staked: f64,
    /// The native stake over the circulating supply, at the end of the epoch.
    pub staked_share: f64,
    /// The mint's supply (base units).
    pub supply: f64,
    /// The circulating supply at the last crank (base units).
    pub circulating: f64,
    /// The values in force, by parameter (ppm).
    pub values: [f64; 4],
    /// The annual yield of native stake (fraction); 0 while nobody is staked.
    pub annual_yield: f64,
    /// The volume charged in the epoch (base units).
    pub volume: f64,
    /// The part of it that is no sybil's and no attacker's (base units).
    pub honest_volume: f64,
    /// The fees charged in the epoch (base units).
    pub fees: f64,
    /// The tokens burned in the epoch (base units).
    pub burned: f64,
    /// The tokens minted in the epoch (base units).
    pub minted: f64,
    /// What is spent on security: emission of the native pool and fees that streamed, in the
    /// epoch (base units).
    pub issued: f64,
    /// The economy's tokens in the market (base units).
    pub market: f64,
    /// The balance of the treasury (base units).
    pub treasury: f64,
    /// Where each value rests after a crank in this epoch: -1 at its minimum, 1 at its maximum,
    /// while the law wanted to go further; 0 otherwise.
    pub at_limit: [i8; 4],
    /// Whether each guard is latched.
    pub latched: [bool; 4],
    /// Whether a period ended in the epoch.
    pub cranked: bool,
    /// What the emission's and the other controllers measured at that crank; not a number where
    /// they were held without a sample, or before the first crank.
    pub measured: [f64; 4],
    /// Their errors at that crank over the error scale, before the dead-band; not a number where
    /// there was no sample.
    pub errors: [f64; 4],
}

/// The counters at the start of an epoch.
pub(super) struct Before {
    volume: u128,
    honest: u64,
    fees: u128,
    burned: u128,
    supply: u64,
    emitted: f64,
}

impl Before {
    pub(super) fn of(town: &Town) -> Self {
        let meter = &town.chain.meter;
        Self {
            volume: meter.volume.get(),
            honest: town.honest_volume,
            fees: meter.fees.get(),
            burned: meter.burned.get(),
            supply: town.chain.supply,
            emitted: emitted(town),
        }
    }

    /// The epoch that ends now.
    pub(super) fn until(
        &self,
        town: &Town,
        price: f64,
        demand: f64,
        cranked: Option<&Cranked>,
    ) -> Day {
        let chain = &town.chain;
        let meter = &chain.meter;
        let burned = (meter.burned.get() - self.burned) as f64;
        let circulating = chain.economy.totals.circulating as f64;
        let staked = chain.native.total as f64;
        let decision = |parameter: Parameter| cranked.map(|c| c.decisions[parameter.index()]);
        Day {
            price,
            demand,
            staked,
            staked_share: staked / circulating,
            supply: chain.supply as f64,
            circulating,
            values: PARAMETERS.map(|parameter| chain.economy.value(parameter) as f64),
            annual_yield: chain.annual_yield(NATIVE).unwrap_or(0.0),
            volume: (meter.volume.get() - self.volume) as f64,
            honest_volume: (town.honest_volume - self.honest) as f64,
            fees: (meter.fees.get() - self.fees) as f64,
            burned,
            minted: chain.supply as f64 + burned - self.supply as f64,
            issued: emitted(town) - self.emitted,
            market: town.market.tokens as f64,
            treasury: chain.treasury as f64,
            at_limit: PARAMETERS.map(|parameter| {
                decision(parameter).map_or(0, |decision| {
                    let trimmed = decision.flags.contains(Flags::TRIMMED);
                    match (trimmed, decision.flags) {
                        (true, flags) if flags.contains(Flags::LIMIT_LOW) => -1,
                        (true, flags) if flags.contains(Flags::LIMIT_HIGH) => 1,
                        _ => 0,
                    }
                })
            }),
            latched: chain
                .economy
                .controllers
                .map(|controller| controller.guard.latched != 0),
            cranked: cranked.is_some(),
            measured: PARAMETERS.map(|parameter| {
                decision(parameter).map_or(f64::NAN, |decision| decision.y.to_num())
            }),
            errors: PARAMETERS.map(|parameter| {
                let sampled = decision(parameter).filter(|d| d.held == HoldReason::None);
                sampled.map_or(f64::NAN, |decision| decision.z.to_num())
            }),
        }
    }
}

/// The emission of all pools up to now (base units).
fn emitted(town: &Town) -> f64 {
    let chain = &town.chain;
    let emitted = chain.economy.stream.emitted_at(chain.now).unwrap_or(0);
    emitted as f64 / 18_446_744_073_709_551_616.0
}
