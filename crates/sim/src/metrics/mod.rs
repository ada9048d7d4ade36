//! The metrics of a run: one definition each, fixed before a benchmark is run; docs/BENCHMARK.md says
//! which changed after a preliminary one.
//!
//! Unless a definition says otherwise, a metric is taken from the shock, a third into the run,
//! to its end, and times are in days. Shares and rates are fractions. What cannot be told from
//! a run, such as the delay of a guard that nothing had to latch, is not a number, and tables
//! leave it out and say how many runs it was.

pub(crate) mod windows;

use homeostat::state::Parameter;
use serde::{Deserialize, Serialize};

use crate::{
    plant::{Kind, World},
    stats::{gini, nakamoto, KaplanMeier, Lifetime},
};
use windows::{Errors, Path};

pub use crate::stats::Better;

/// The staked share that security is counted up to, and that errors are taken from: the
/// default setpoint of the emission.
pub const TARGET: f64 = 0.60;
/// The window after the shock in which drawdowns are looked for (days).
const STRESS: f64 = 90.0;
/// The error of the staked share within which it counts as settled.
const SETTLED: f64 = 0.05;
/// The least net issuance that security is divided by (fraction of the supply a year): a
/// thousandth. Without it a policy that burns as much as it mints would be infinitely good.
const LEAST_ISSUANCE: f64 = 0.001;
/// What the treasury is expected to spend in a year (fraction of the supply at the start).
const SPENDING: f64 = 0.01;

/// Declares the metrics once: struct, names, and which direction is better.
macro_rules! metrics {
    ($($(#[$doc:meta])* $name:ident: $better:ident,)*) => {
        /// The metrics of one run.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
        pub struct Metrics {
            $($(#[$doc])* pub $name: f64,)*
        }

        impl Metrics {
            /// The names, in order.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name),)*];
            /// Which direction is better, in order.
            pub const BETTER: &'static [Better] = &[$(Better::$better,)*];

            /// The values, in order.
            pub fn values(&self) -> Vec<f64> {
                vec![$(self.$name,)*]
            }

            /// The metrics with these values, in order; `None` unless there are as many.
            pub fn from_values(values: &[f64]) -> Option<Self> {
                let mut values = values.iter().copied();
                let metrics = Self { $($name: values.next()?,)* };
                values.next().is_none().then_some(metrics)
            }
        }
    };
}

metrics! {
    /// The standard deviation of daily logarithmic returns of the mean price, times the root of
    /// 365.
    volatility: Less,
    /// The coefficient of variation of the price over that of demand; of demand itself where it
    /// is 0 it is not a number.
    relative_volatility: Less,
    /// Of those who came early enough, the part that was active 30 days later: staked, or staked,
    /// unstaked, paid or traded within 30 days.
    retention_30: More,
    /// The same 90 days later.
    retention_90: More,
    /// The same 180 days later.
    retention_180: More,
    /// The days after which half of those who came had left (Kaplan and Meier).
    median_stay: More,
    /// The fees charged, in money and a year, over the mean value of the market's pool.
    fees_per_value: More,
    /// The time integral of min(staked share, target), in years, over net issuance: what was
    /// emitted less what was burned, over the mean supply, at least a thousandth a year.
    security_per_net: More,
    /// The same over all that was emitted.
    security_per_issued: More,
    /// The deepest fall of the price from a peak within 90 days after the shock (fraction).
    price_drawdown: Less,
    /// The same of the staked value.
    stake_drawdown: Less,
    /// The days from the shock until the price was, after its lowest point within 90 days, 90 %
    /// of what it was at the shock again; to the end where it never was.
    recovery: Less,
    /// The time integral of the absolute error of the staked share (days).
    iae: Less,
    /// The time integral of its square (days).
    ise: Less,
    /// The time integral of the absolute error times the time since the shock (days squared).
    itae: Less,
    /// How far the staked share rose above the target at most.
    overshoot: Less,
    /// The days from the shock until the error stayed below 5 points; to the end if it never did.
    settling: Less,
    /// How far the emission travelled in a year, up and down (points of the supply, as a
    /// fraction).
    effort: Less,
    /// The part of the cranks in which a controller rested at a limit and wanted further: the
    /// emission's.
    emission_at_limit: Less,
    /// The same of the fee's.
    fee_at_limit: Less,
    /// The same of the burn's.
    burn_at_limit: Less,
    /// The same of the liquidity's.
    liquidity_at_limit: Less,
    /// How far the burn's loop was from its target at its cranks in the mean, over its error
    /// scale: the target itself.
    burn_error: Less,
    /// The same of the liquidity's.
    liquidity_error: Less,
    /// The mean emission rate in force (fraction a year).
    emission: Neither,
    /// The growth of the supply in a year, as its logarithm.
    inflation: Less,
    /// The tokens burned over those minted.
    burned_over_minted: Neither,
    /// The mean staked share.
    staked_share: Neither,
    /// Gini's coefficient of what people own at the end, in wallets and stakes.
    gini: Less,
    /// Nakamoto's number: how many of the largest stakes are more than a third of all.
    nakamoto: More,
    /// How long the treasury would last at the end, in years of 1 % of the first supply.
    runway: More,
    /// The fee rate that 95 % of the honest volume paid at most (fraction).
    fee_p95: Less,
    /// What attackers earned and paid, over what they own, less the same of chasers, in a year.
    attacker_profit: Less,
    /// The periods from the shock until the first latch of a guard.
    guard_delay: Neither,
    /// The latches in a year before the shock.
    guard_alarms: Less,
}

impl Metrics {
    /// The metrics of a world that has lived to its end.
    pub fn of(world: &World) -> Self {
        let days = world.days();
        let calendar = world.calendar();
        let path = Path::new(days, calendar.shock(), calendar.epoch_days);
        let years = path.after.len() as f64 * calendar.epoch_days / 365.0;
        let price = |day: &crate::plant::Day| day.price;
        let errors = Errors::new(&path);
        let supply = path.mean(|day| day.supply);
        let issued = path.sum(|day| day.issued) / supply;
        let burned = path.sum(|day| day.burned);
        let minted = path.sum(|day| day.minted);
        let secured = path.sum(|day| day.staked_share.min(TARGET)) * calendar.epoch_days / 365.0;
        let net = (issued - burned / supply).max(LEAST_ISSUANCE * years);
        let at_limit =
            |parameter: Parameter| path.part_of_cranks(|day| day.at_limit[parameter.index()] != 0);
        let error =
            |parameter: Parameter| path.mean_of_cranks(|day| day.errors[parameter.index()].abs());
        let [retention_30, retention_90, retention_180] = world.retention();
        Self {
            volatility: path.volatility(),
            relative_volatility: path.variation(price) / path.variation(|day| day.demand),
            retention_30,
            retention_90,
            retention_180,
            median_stay: median_stay(world),
            fees_per_value: path.sum(|day| day.fees * day.price)
                / years
                / path.mean(|day| 2.0 * day.market * day.price),
            security_per_net: secured / net,
            security_per_issued: secured / issued.max(LEAST_ISSUANCE * years),
            price_drawdown: path.drawdown(STRESS, price),
            stake_drawdown: path.drawdown(STRESS, |day| day.staked * day.price),
            recovery: path.recovery(STRESS, 0.9, price),
            iae: errors.absolute,
            ise: errors.squared,
            itae: errors.timed,
            overshoot: errors.overshoot,
            settling: errors.settling(SETTLED),
            effort: path.travel(|day| day.values[0]) / 1e6 / years,
            emission_at_limit: at_limit(Parameter::Emission),
            fee_at_limit: at_limit(Parameter::Fee),
            burn_at_limit: at_limit(Parameter::Burn),
            liquidity_at_limit: at_limit(Parameter::Liquidity),
            burn_error: error(Parameter::Burn),
            liquidity_error: error(Parameter::Liquidity),
            emission: path.mean(|day| day.values[0]) / 1e6,
            inflation: path.growth(|day| day.supply) / years,
            burned_over_minted: burned / minted.max(1.0),
            staked_share: path.mean(|day| day.staked_share),
            gini: gini(&mut owned(world)).unwrap_or(f64::NAN),
            nakamoto: nakamoto(&mut stakes(world), 1, 3).map_or(f64::NAN, |count| count as f64),
            runway: path.last(|day| day.treasury) / (SPENDING * path.first_supply),
            fee_p95: path.weighted_quantile(
                0.95,
                |day| day.values[Parameter::Fee.index()] / 1e6,
                |day| day.honest_volume,
            ),
            attacker_profit: (earned(world, Kind::Attacker) - earned(world, Kind::Chaser))
                / (days.len() as f64 * calendar.epoch_days / 365.0),
            guard_delay: path.first_latch().map_or(f64::NAN, |epochs| {
                epochs as f64 * calendar.epoch_days / calendar.period_days
            }),
            guard_alarms: path.latches_before()
                / (calendar.shock().max(1) as f64 * calendar.epoch_days / 365.0),
        }
    }
}

/// What everybody owns (base units).
fn owned(world: &World) -> Vec<u64> {
    let people = world.people().iter();
    people
        .map(|person| person.liquid + world.staked(person))
        .collect()
}

/// What everybody has staked (base units).
fn stakes(world: &World) -> Vec<u64> {
    let people = world.people().iter();
    people.map(|person| world.staked(person)).collect()
}

/// The days after which half of those who came had left, by the estimate of Kaplan and Meier; not
/// a number where fewer left than that.
fn median_stay(world: &World) -> f64 {
    let calendar = world.calendar();
    let length = |epochs: u32| f64::from(epochs) * calendar.epoch_days;
    let ended = world.lives().iter().map(|life| Lifetime {
        time: length(life.until - life.from),
        ended: true,
    });
    let end = u32::try_from(world.days().len()).unwrap_or(u32::MAX);
    let present = world.people().iter().filter(|person| !person.gone);
    let going_on = present.map(|person| Lifetime {
        time: length(end - person.joined),
        ended: false,
    });
    let lives: Vec<Lifetime> = ended.chain(going_on).collect();
    let curve = KaplanMeier::of(&lives).ok();
    curve.and_then(|curve| curve.median()).unwrap_or(f64::NAN)
}

/// What people of a kind earned less what they paid in fees, over what they owned at the start.
fn earned(world: &World, kind: Kind) -> f64 {
    let (mut earned, mut owned) = (0.0, 0.0);
    for person in world.people().iter().filter(|person| person.kind == kind) {
        earned += person.claimed as f64 - person.fees as f64;
        owned += person.wealth as f64;
    }
    earned / f64::max(owned, 1.0)
}
