//! A start in the middle of a life: from the accounts of an economy that is live on chain.
//!
//! [`Start::of`] puts the accounts themselves into a [`Chain`]: the economy with its limits,
//! ramps, outputs, integrals, averages, guards and stream, and its clock. Nothing is scaled and
//! nothing starts anew, so the next decision on the same measurements is the chain's own. The
//! simulator has one liquidity pool and one meter: several are added up, so that every sum that
//! a crank compares stays what it is.
//!
//! People are not read from the chain. [`World::resume`](crate::plant::World::resume) draws
//! them and gives them what is staked, what unbonds, what is unclaimed, and the rest of the
//! tokens that are in no vault of the economy.

mod change;
mod merge;
#[cfg(test)]
mod tests;

use core::fmt;

use homeostat::state::{
    Economy, FeedReading, Funding, Life, Meter, Metric, Parameter, Pool, Section,
};
use homeostat_control::{Fx, Mode, Ramp};

use crate::{
    chain::{Chain, Cranked, Design, Error, Loop},
    plant::MARKET_SHARE,
    policy::{Policy, Steer},
};

pub use change::{execute, Reach};

/// The seconds of a year.
const YEAR: f64 = homeostat::constants::YEAR as f64;

/// A pool as it is on chain, with what its market has.
#[derive(Clone, Copy, Debug)]
pub struct LivePool {
    /// The pool.
    pub pool: Pool,
    /// The AMM's balance of the economy's token (base units); 0 for the native pool.
    pub amm_tokens: u64,
    /// The supply of the LP mint (base units); 0 for the native pool.
    pub lp_supply: u64,
}

/// What was read of a live economy, all at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    /// The economy.
    pub economy: &'a Economy,
    /// Its pools, in the order of [`Economy::active_pools`].
    pub pools: &'a [LivePool],
    /// Its meters, in the order of [`Economy::active_meters`].
    pub meters: &'a [Meter],
    /// The readings of its feeds, by index.
    pub feeds: [Option<FeedReading>; 4],
    /// The mint's supply (base units).
    pub supply: u64,
    /// The balance of the reward vault (base units).
    pub reward_vault: u64,
    /// The balance of the treasury (base units).
    pub treasury: u64,
    /// The balance of the excluded accounts (base units).
    pub excluded: u64,
    /// The cluster's clock (unix seconds).
    pub now: i64,
}

/// Why a run cannot start in an economy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It is a Draft: nothing accrues yet.
    Draft,
    /// It has retired: nothing accrues any more.
    Retired,
    /// It pays its rewards from a vault; the simulator knows economies that mint them.
    Funded,
    /// A section is paused until then (unix seconds).
    Paused {
        /// Which.
        section: Section,
        /// Until when (unix seconds).
        until: i64,
    },
    /// Fewer or more pools or meters than the economy lists.
    Incomplete,
    /// Every token is in a vault of the economy, so that there is nothing to trade or to pay with.
    NothingFree,
    /// Balances or counters that cannot be true together.
    Inconsistent,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Draft => f.write_str("the economy is a Draft: it has not gone live"),
            Self::Retired => f.write_str("the economy has retired: it decides nothing any more"),
            Self::Funded => f.write_str("the simulator knows economies that mint their rewards"),
            Self::Paused { section, until } => {
                write!(
                    f,
                    "the section {section:?} is paused until {until} (unix seconds)"
                )
            }
            Self::Incomplete => f.write_str("not every pool and meter of the economy was read"),
            Self::NothingFree => {
                f.write_str("every token is in a vault of the economy or excluded")
            }
            Self::Inconsistent => {
                f.write_str("balances and counters of the economy contradict each other")
            }
        }
    }
}

impl std::error::Error for Unfit {}

/// A live economy, ready to go on in the simulator.
#[derive(Clone)]
pub struct Start {
    /// The accounts, at the moment when they were read.
    chain: Chain,
    /// The economy's tokens in the markets of its liquidity pools (base units).
    in_markets: u64,
    /// What was paid through the economy in a year, over the circulating supply, in the last
    /// period and since; `None` where nothing was measured yet.
    pub turnover: Option<f64>,
    /// Whether the people are fitted to the present: then the yield that everybody asks for is
    /// scaled by one factor with which as much is staked as is, another one does the same for
    /// liquidity providers, and payments start at the measured turnover. Without it people are
    /// as their behaviour says, for a behaviour that was itself fitted to the economy's history.
    pub fits_people: bool,
}

impl Start {
    /// A start from what was read. `fits_people` is true.
    ///
    /// # Errors
    ///
    /// What an economy is not fit for.
    pub fn of(found: &Found<'_>) -> Result<Self, Unfit> {
        let Found { economy, now, .. } = *found;
        let now = economy.stream.time(now);
        require_fit(economy, now)?;
        if found.pools.len() != economy.active_pools().count()
            || found.meters.len() != economy.active_meters().len()
        {
            return Err(Unfit::Incomplete);
        }
        let turnover = turnover(economy, found.meters, now);
        let (economy, native, liquidity) = merge::pools(economy, found.pools, now)?;
        let chain = Chain {
            economy,
            native,
            liquidity,
            meter: merge::meters(found.meters)?,
            supply: found.supply,
            reward_vault: found.reward_vault,
            treasury: found.treasury,
            excluded: found.excluded,
            feeds: found.feeds,
            now,
        };
        let markets = found.pools.iter().map(|pool| u128::from(pool.amm_tokens));
        let start = Self {
            in_markets: u64::try_from(markets.sum::<u128>()).map_err(|_| Unfit::Inconsistent)?,
            chain,
            turnover,
            fits_people: true,
        };
        let free = start.free().ok_or(Unfit::Inconsistent)?;
        if free < start.in_markets {
            return Err(Unfit::Inconsistent);
        }
        if free == 0 {
            return Err(Unfit::NothingFree);
        }
        Ok(start)
    }

    /// The accounts.
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The tokens that are in no vault of the economy and not excluded: in wallets and markets
    /// (base units). `None` where the vaults have more than there is.
    fn free(&self) -> Option<u64> {
        let chain = &self.chain;
        let vaults = [
            chain.reward_vault,
            chain.treasury,
            chain.excluded,
            chain.native.total,
            chain.native.unbonding,
            chain.meter.liability().ok()?,
        ];
        vaults
            .into_iter()
            .try_fold(chain.supply, |left, vault| left.checked_sub(vault))
    }

    /// What people own, with what they have staked and what unbonds, and the market (base
    /// units).
    pub fn owned(&self) -> u64 {
        let native = &self.chain.native;
        // None of the sums leaves the supply, of which they are parts.
        self.free()
            .unwrap_or(0)
            .saturating_add(native.total)
            .saturating_add(native.unbonding)
    }

    /// The tokens in the simulator's market at the start (base units): what is in the markets of
    /// the economy's pools, at least the usual share of what people own, of which the rest is on
    /// markets that the economy does not know; at most half of what is free, unless the pools
    /// have more.
    pub fn market(&self) -> u64 {
        let usual = (self.owned() as f64 * MARKET_SHARE) as u64;
        let half = self.free().unwrap_or(0).div_ceil(2);
        self.in_markets.max(usual.min(half)).max(1)
    }

    /// The design of the economy as it is now: what a founder would have to write to get it.
    pub fn design(&self) -> Result<Design, Error> {
        let economy = &self.chain.economy;
        let mut controllers = Vec::with_capacity(Parameter::ALL.len());
        for controller in &economy.controllers {
            controllers.push(Loop {
                wiring: controller.wiring()?,
                config: controller.config(),
                guard: controller.guard_config(),
            });
        }
        let controllers = controllers
            .try_into()
            .map_err(|_| homeostat::error::HomeostatError::InvariantViolated)?;
        Ok(Design {
            supply: self.chain.supply,
            excluded: self.chain.excluded,
            limits: economy.limits,
            controllers,
        })
    }

    /// Whether a controller measures a feed, looks at one, or has one as its reference.
    pub fn uses_feeds(&self) -> bool {
        let mut wirings = self.chain.economy.controllers.iter();
        wirings.any(|controller| controller.wiring().is_ok_and(|wiring| wiring.has_feed()))
    }

    /// The same economy under a policy, and what steers it. Where the policy sets values by hand,
    /// its constants are those in force now; `constants` are those of the tuned static policy
    /// (ppm, by parameter), `shock` is the epoch of the shock.
    pub fn under(
        &self,
        policy: Policy,
        constants: [i64; 4],
        shock: usize,
    ) -> Result<(Self, Steer), Error> {
        let present = self.design()?;
        let mut held = present.clone();
        for parameter in Parameter::ALL {
            let value = self.chain.economy.value(parameter);
            held.of_mut(parameter).config.bias = Ramp::constant(Fx::from_num(value));
        }
        let (design, steer) = policy.prepare(&held, constants, shock);
        let mut start = self.clone();
        let loops = design.controllers.iter().zip(&present.controllers);
        for (controller, (new, old)) in start.chain.economy.controllers.iter_mut().zip(loops) {
            let mut config = new.config;
            if !matches!(config.mode, Mode::Manual(_)) {
                config.bias = old.config.bias;
            }
            controller.config = (&config).into();
            controller.guard_config = (&new.guard).into();
        }
        Ok((start, steer))
    }

    /// What a crank at this moment would decide, as the instruction `preview` says it: a period
    /// that has not ended is measured so far, and advice that is due counts as applied.
    pub fn preview(&self) -> Result<Cranked, Error> {
        let mut chain = self.chain.clone();
        chain.economy.next_end = chain.economy.next_end.min(chain.now);
        end_period(&mut chain)
    }
}

/// Refuses what no run can start in.
fn require_fit(economy: &Economy, now: i64) -> Result<(), Unfit> {
    match economy.life {
        life if life == Life::Draft as u8 => return Err(Unfit::Draft),
        life if life == Life::Live as u8 => {}
        _ => return Err(Unfit::Retired),
    }
    if economy.funding == Funding::Funded as u8 {
        return Err(Unfit::Funded);
    }
    for section in [
        Section::Stake,
        Section::Pay,
        Section::Crank,
        Section::Emission,
    ] {
        if economy.is_paused(section, now) {
            let until = economy.pause_until(section);
            return Err(Unfit::Paused { section, until });
        }
    }
    Ok(())
}

/// The yearly volume over the circulating supply, over the period before the last crank and the
/// time since.
fn turnover(economy: &Economy, meters: &[Meter], now: i64) -> Option<f64> {
    let circulating = economy.totals.circulating as f64;
    let reading = &economy.readings[Metric::Utilisation as usize];
    let before = economy.last_crank - economy.live_at;
    let measured = reading.denominator.get();
    let (mut volume, mut seconds) = (0.0, 0.0);
    if measured > 0 && before > 0 {
        let length = before.min(i64::from(economy.limits.period)) as f64;
        // Utilisation 1 is a yearly volume of `turnover_ppm` over the circulating supply.
        let utilisation = reading.numerator.get() as f64 / measured as f64;
        let yearly = utilisation * economy.limits.turnover_ppm as f64 / 1e6 * circulating;
        volume += yearly * length / YEAR;
        seconds += length;
    }
    let since = (now - economy.last_crank).max(0) as f64;
    let charged: u128 = meters.iter().map(|meter| meter.volume.get()).sum();
    volume += charged.saturating_sub(economy.tally.volume.get()) as f64;
    seconds += since;
    (seconds > 0.0 && circulating > 0.0).then(|| volume / circulating / seconds * YEAR)
}

/// Ends the period, as the instruction `crank` does: measures, applies advice that is due, decides
/// and opens the next period.
pub(crate) fn end_period(chain: &mut Chain) -> Result<Cranked, Error> {
    let (snapshot, report) = chain.measure()?;
    follow_advice(chain)?;
    chain.crank(&snapshot, &report)
}

/// Applies the economy's own advice, once it is due.
pub(crate) fn follow_advice(chain: &mut Chain) -> Result<(), Error> {
    let now = chain.now;
    let mut due = chain.economy.advice.take_due(now);
    chain.follow_due(&mut due)
}
