//! An economy at a glance, and what staking in it yields.

use homeostat::{
    constants::{PPM, YEAR},
    state::{stream::NATIVE_LANE, Section, Stream},
};

use crate::{Economy, Funding, Life, Parameter, Pool};

/// An economy at a glance. The unit of every figure stands in its name or in its sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Draft, Live or Retired.
    pub life: Life,
    /// Mint or Funded.
    pub funding: Funding,
    /// Decimals of the mint: 10^decimals base units are one token.
    pub decimals: u8,
    /// S, the program's supply counter (base units).
    pub supply: u64,
    /// C, the circulating supply at the last crank (base units).
    pub circulating: u64,
    /// Native stake, mean over the last period (base units).
    pub mean_stake: u64,
    /// The staked share: `mean_stake` over C (ppm, rounded down).
    pub staked_ppm: u64,
    /// The emission rate in force: annual emission over supply (ppm).
    pub emission_ppm: u64,
    /// The fee rate in force: part of a payment (ppm).
    pub fee_ppm: u64,
    /// The burn share in force: part of a fee that is burned (ppm).
    pub burn_ppm: u64,
    /// The treasury's part of what is not burned (ppm); the rest goes to stakers.
    pub treasury_ppm: u64,
    /// The liquidity share in force: part of the emission that goes to liquidity pools (ppm).
    pub liquidity_ppm: u64,
    /// Rewards accruing now over all pools (base units per second, rounded down): emission,
    /// and the fees that are streamed to stakers.
    pub rewards_per_second: u64,
    /// When emission stops unless a crank comes before (unix seconds); `None` = no cap or
    /// funding limits it.
    pub emit_until: Option<i64>,
    /// Length of a period (seconds).
    pub period_seconds: u32,
    /// Earliest time of the next crank (unix seconds).
    pub next_crank_at: i64,
    /// How many periods have ended.
    pub periods: u64,
    /// Time between `request_unstake` and `withdraw` (seconds).
    pub unbonding_seconds: u32,
    /// Smallest stake that can be added to the native pool (base units); `Economy::min_stake` has
    /// that of every pool.
    pub min_stake: u64,
    /// Highest supply that emission may lead to (base units).
    pub hard_cap: u64,
    /// End of the pause of each section, by `Section`; `None` = open (unix seconds).
    pub paused_until: [Option<i64>; Section::COUNT],
    /// Controllers that their guard holds at the present value, by `Parameter`.
    pub held: [bool; 4],
    /// True after the breaker tripped on a vault that was short: nothing is emitted until
    /// governance resumes the economy.
    pub tripped: bool,
}

impl Summary {
    /// The economy at `now`.
    ///
    /// ```
    /// use homeostat_client::{wallet::Summary, Economy, Life};
    ///
    /// let mut economy: Economy = bytemuck::Zeroable::zeroed();
    /// economy.pauses[1].until = 500;
    /// let summary = Summary::of(&economy, 400);
    /// assert_eq!(summary.life, Life::Draft);
    /// assert_eq!(summary.paused_until, [None, Some(500), None, None]);
    /// ```
    pub fn of(economy: &Economy, now: i64) -> Self {
        let totals = &economy.totals;
        let stream = &economy.stream;
        let emission = stream.emission_rate().unwrap_or(0);
        Self {
            life: match economy.life {
                life if life == Life::Live as u8 => Life::Live,
                life if life == Life::Retired as u8 => Life::Retired,
                _ => Life::Draft,
            },
            funding: if economy.mints() {
                Funding::Mint
            } else {
                Funding::Funded
            },
            decimals: economy.decimals,
            supply: totals.supply,
            circulating: totals.circulating,
            mean_stake: totals.mean_stake,
            staked_ppm: share_ppm(totals.mean_stake, totals.circulating).unwrap_or(0),
            emission_ppm: economy.value(Parameter::Emission),
            fee_ppm: economy.value(Parameter::Fee),
            burn_ppm: economy.value(Parameter::Burn),
            treasury_ppm: economy.limits.treasury_ppm.into(),
            liquidity_ppm: economy.value(Parameter::Liquidity),
            rewards_per_second: whole(rate_now(stream, emission, true, now)),
            emit_until: (stream.emit_until != i64::MAX).then_some(stream.emit_until),
            period_seconds: economy.limits.period,
            next_crank_at: economy.next_end,
            periods: totals.periods,
            unbonding_seconds: economy.limits.unbonding,
            min_stake: economy.limits.min_stake,
            hard_cap: economy.limits.hard_cap,
            paused_until: economy
                .pauses
                .map(|pause| pause.covers(now).then_some(pause.until)),
            held: economy
                .controllers
                .each_ref()
                .map(|controller| controller.guard().latched.is_some()),
            tripped: economy.tripped != 0,
        }
    }
}

/// What a pool's stakers earn in a year at the rates of `now`, over their stake (ppm, rounded
/// down), without compounding; of the emission at most the yield cap. `None` while nobody
/// stakes. For a liquidity pool the two are of
/// different mints: millionths of a base unit of the economy's mint per base unit of the LP mint.
pub fn apr_ppm(economy: &Economy, pool: &Pool, now: i64) -> Option<u64> {
    let lane = usize::from(pool.lane);
    let native = lane == NATIVE_LANE;
    let mut emission = economy.stream.lanes.get(lane)?.rate_q64.get();
    if native && economy.yield_q64 != 0 {
        let most = u128::from(pool.total).checked_mul(u128::from(economy.yield_q64))?;
        emission = emission.min(most);
    }
    let rate = rate_now(&economy.stream, emission, native, now);
    // A year's rewards in Q64.64 fit: the emission is at most the supply a year.
    let year = rate.checked_mul(u128::from(YEAR.unsigned_abs()))?;
    share_ppm(whole(year), pool.total)
}

/// The rate at which rewards accrue at `now` (Q64.64 base units per second): `emission` unless
/// it is paused or over, and, if `fees`, the fee stream until its end.
fn rate_now(stream: &Stream, emission: u128, fees: bool, now: i64) -> u128 {
    let paused = stream.pause_from <= now && now < stream.pause_until;
    let emission = (now < stream.emit_until && !paused).then_some(emission);
    let fees = (fees && now < stream.fee_until).then_some(stream.fee_rate_q64.get());
    emission.unwrap_or(0).saturating_add(fees.unwrap_or(0))
}

/// The whole part of a Q64.64 number, at most `u64::MAX`.
fn whole(q64: u128) -> u64 {
    u64::try_from(q64 >> 64).unwrap_or(u64::MAX)
}

/// `part` over `whole` (ppm, rounded down); `None` when `whole` is 0.
fn share_ppm(part: u64, whole: u64) -> Option<u64> {
    let ppm = u128::from(part)
        .checked_mul(u128::from(PPM))?
        .checked_div(u128::from(whole))?;
    u64::try_from(ppm).ok()
}
