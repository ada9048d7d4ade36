//! What a wallet or a shop wants to know before it asks for a signature, from accounts
//! alone and without network: what a payment costs, what a position has earned at a given
//! second, which tickets are ready, what an economy looks like; and the transactions that
//! take more than one instruction.
//!
//! Amounts are base units of the mint (`Economy.decimals` places), rates are ppm
//! (1,000,000 = 100 %), times are unix seconds by the cluster's clock, which may be some
//! seconds off yours. Every figure is computed by the program's own code, so it rounds as
//! the program does.

use anchor_lang::prelude::{Error, ProgramError, Pubkey};
use anchor_spl::token_2022::spl_token_2022::{
    extension::{
        transfer_fee::{TransferFee as Token2022Fee, TransferFeeConfig},
        BaseStateWithExtensions, StateWithExtensions,
    },
    state::Mint,
};
use homeostat::{
    constants::{PPM, YEAR},
    state::{meter::Charge, stream::NATIVE_LANE, Section, Stream},
    HomeostatError,
};
use solana_program::instruction::Instruction;

use crate::{
    address::EconomyAddresses,
    error::from_code,
    instruction::{self, StakeMint},
    Economy, Funding, Life, Parameter, Pool, Position,
};

/// How long after it was built a transaction can still land, with a margin for the
/// cluster's clock (seconds): [`claim_all`] looks that far ahead.
pub const LANDS_WITHIN: i64 = 180;

/// The program's own error behind a refusal.
fn refusal(error: Error) -> HomeostatError {
    match ProgramError::from(error) {
        ProgramError::Custom(code) => from_code(code),
        _ => None,
    }
    .unwrap_or(HomeostatError::InvariantViolated)
}

/// What a payment through `pay` or `charge_fee` costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quote {
    /// What the payer gives (base units): `fee + net == amount`.
    pub amount: u64,
    /// The fee (base units): `amount x fee_ppm`, rounded up, at least 1.
    pub fee: u64,
    /// What is sent to the recipient (base units), before a transfer fee of the mint's own.
    pub net: u64,
    /// The fee rate in force (ppm).
    pub fee_ppm: u64,
}

impl Quote {
    /// A `max_fee` that lets the rate rise by `tolerance_ppm` of itself (50,000 = 5 %)
    /// until the payment lands (base units, rounded up, saturating). A crank moves the
    /// rate by one slew limit at most; what is not paid is not taken.
    pub fn max_fee(&self, tolerance_ppm: u64) -> u64 {
        let scaled = u128::from(self.fee)
            .saturating_mul(u128::from(PPM).saturating_add(u128::from(tolerance_ppm)));
        u64::try_from(scaled.div_ceil(u128::from(PPM))).unwrap_or(u64::MAX)
    }
}

/// What a payment of `amount` base units would cost at `now`.
///
/// # Errors
///
/// What the program would refuse it with: `NotLive`, `Paused`, `AmountTooSmall` for 0,
/// `SplitExceedsAmount` when the fee leaves nothing to pay.
///
/// ```
/// use homeostat_client::{wallet::quote, Economy, Life};
///
/// let mut economy: Economy = bytemuck::Zeroable::zeroed();
/// economy.life = Life::Live as u8;
/// let fee = &mut economy.controllers[1];
/// (fee.config.min, fee.config.max, fee.state.u) = (500, 10_000, 3_000);
///
/// let quote = quote(&economy, 1_000_001, 1_800_000_000).unwrap();
/// // 0.3 % is 3,000.003, and a fee rounds up.
/// assert_eq!((quote.fee, quote.net), (3_001, 997_000));
/// assert_eq!(quote.max_fee(100_000), 3_302);
/// ```
pub fn quote(economy: &Economy, amount: u64, now: i64) -> Result<Quote, HomeostatError> {
    economy.require_live().map_err(refusal)?;
    economy.require_open(Section::Pay, now).map_err(refusal)?;
    let fee_ppm = economy.value(Parameter::Fee);
    let charge = Charge::new(amount, fee_ppm).map_err(refusal)?;
    Ok(Quote {
        amount,
        fee: charge.fee,
        net: charge.net,
        fee_ppm,
    })
}

/// The transfer fee that a Token-2022 mint takes itself, on every transfer of any program.
/// It has nothing to do with Homeostat's fee.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransferFee {
    /// Part of what is sent (basis points; 100 = 1 %).
    pub basis_points: u16,
    /// The most that one transfer costs (base units).
    pub maximum: u64,
}

impl TransferFee {
    /// The fee of a mint in an epoch, from the mint account's data; none for SPL Token and
    /// for mints without the extension. `None` when the data is no mint.
    pub fn of_mint(data: &[u8], epoch: u64) -> Option<Self> {
        let mint = StateWithExtensions::<Mint>::unpack(data).ok()?;
        let Ok(config) = mint.get_extension::<TransferFeeConfig>() else {
            return Some(Self::default());
        };
        let fee = config.get_epoch_fee(epoch);
        Some(Self {
            basis_points: fee.transfer_fee_basis_points.into(),
            maximum: fee.maximum_fee.into(),
        })
    }

    /// What arrives of `amount` (base units): the mint's fee rounds up.
    ///
    /// ```
    /// use homeostat_client::wallet::TransferFee;
    ///
    /// let one_percent = TransferFee { basis_points: 100, maximum: 5_000 };
    /// assert_eq!(one_percent.arrives(1_001), 990);
    /// assert_eq!(one_percent.arrives(1_000_000), 995_000);
    /// assert_eq!(TransferFee::default().arrives(1_001), 1_001);
    /// ```
    pub fn arrives(&self, amount: u64) -> u64 {
        let fee = Token2022Fee {
            transfer_fee_basis_points: self.basis_points.into(),
            maximum_fee: self.maximum.into(),
            ..Token2022Fee::default()
        };
        fee.calculate_post_fee_amount(amount).unwrap_or(0)
    }
}

/// What `claim` would pay a position at `now` (base units, rounded down; the fraction
/// stays with the position). All three accounts read at the same slot.
///
/// # Errors
///
/// `InvariantViolated` when the accounts do not belong together.
pub fn pending_rewards(
    economy: &Economy,
    pool: &Pool,
    position: &Position,
    now: i64,
) -> Result<u64, HomeostatError> {
    let (mut pool, mut position) = (*pool, *position);
    let streamed = economy
        .stream
        .at(usize::from(pool.lane), now)
        .map_err(refusal)?;
    pool.settle(streamed, now).map_err(refusal)?;
    position.settle(&pool).map_err(refusal)?;
    Ok(position.claimable())
}

/// Stake on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unbonding {
    /// What `cancel_unstake` names it by.
    pub ticket: u8,
    /// Base units of the stake mint.
    pub amount: u64,
    /// When `withdraw` pays it (unix seconds).
    pub ready_at: i64,
    /// Whether that is so at `now`.
    pub ready: bool,
}

/// A position's tickets, the earliest first.
///
/// ```
/// use homeostat_client::{wallet, Position};
///
/// let mut position: Position = bytemuck::Zeroable::zeroed();
/// position.tickets[3].amount = 70;
/// position.tickets[3].unlock_at = 2_000;
/// let [ticket] = wallet::unbonding(&position, 1_999)[..] else { panic!() };
/// assert_eq!((ticket.ticket, ticket.amount, ticket.ready), (3, 70, false));
/// assert_eq!(wallet::withdrawable(&position, 1_999), 0);
/// assert_eq!(wallet::withdrawable(&position, 2_000), 70);
/// ```
pub fn unbonding(position: &Position, now: i64) -> Vec<Unbonding> {
    let mut tickets: Vec<Unbonding> = (0u8..)
        .zip(&position.tickets)
        .filter(|(_, ticket)| ticket.amount > 0)
        .map(|(index, ticket)| Unbonding {
            ticket: index,
            amount: ticket.amount,
            ready_at: ticket.unlock_at,
            ready: ticket.unlock_at <= now,
        })
        .collect();
    tickets.sort_by_key(|ticket| ticket.ready_at);
    tickets
}

/// What `withdraw` would pay at `now` (base units of the stake mint).
pub fn withdrawable(position: &Position, now: i64) -> u64 {
    unbonding(position, now)
        .iter()
        .filter(|ticket| ticket.ready)
        .fold(0, |sum, ticket| sum.saturating_add(ticket.amount))
}

/// A position with its pool, both as they were read.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// The pool account.
    pub pool: &'a Pool,
    /// The owner's position in it.
    pub position: &'a Position,
}

impl Held<'_> {
    fn pool_address(&self, at: &EconomyAddresses) -> Pubkey {
        at.pool(&self.pool.stake_mint)
    }
}

/// Where rewards go, and what the reward vault holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payout {
    /// Signs: the positions' owner.
    pub owner: Pubkey,
    /// Token account of the owner's, of the economy's mint.
    pub owner_tokens: Pubkey,
    /// Balance of the reward vault (base units), read with the other accounts.
    pub reward_vault_balance: u64,
}

/// Claims whatever the owner's positions have earned, `top_up` before it when the reward
/// vault would be short by the time the transaction lands ([`LANDS_WITHIN`]). Empty when
/// there is nothing to claim.
///
/// # Errors
///
/// `InvariantViolated` when the accounts do not belong together.
pub fn claim_all(
    at: &EconomyAddresses,
    economy: &Economy,
    held: &[Held],
    payout: &Payout,
    now: i64,
) -> Result<Vec<Instruction>, HomeostatError> {
    let mut claims = Vec::new();
    let mut due = 0u64;
    for held in held {
        if pending_rewards(economy, held.pool, held.position, now)? == 0 {
            continue;
        }
        let later = now.saturating_add(LANDS_WITHIN);
        due = due.saturating_add(pending_rewards(economy, held.pool, held.position, later)?);
        claims.push(instruction::claim(
            at,
            &held.pool_address(at),
            &payout.owner,
            &payout.owner_tokens,
            &economy.token_program,
        ));
    }
    if economy.mints() && payout.reward_vault_balance < due {
        claims.insert(0, instruction::top_up(at, &economy.token_program));
    }
    Ok(claims)
}

/// Claims the native position's rewards and stakes them, in one transaction; what accrues
/// until it lands stays in the wallet. `transfer_fee` is the mint's own
/// ([`TransferFee::of_mint`]): what it keeps back is not there to be staked. Empty when the
/// rewards are below the economy's `min_stake`.
///
/// # Errors
///
/// `NotLive` and `Paused` (staking), as the program would say; `InvariantViolated` when the
/// accounts do not belong together or the pool is not the native one.
pub fn compound(
    at: &EconomyAddresses,
    economy: &Economy,
    held: &Held,
    payout: &Payout,
    transfer_fee: &TransferFee,
    now: i64,
) -> Result<Vec<Instruction>, HomeostatError> {
    if !held.pool.is_native() {
        return Err(HomeostatError::InvariantViolated);
    }
    economy.require_live().map_err(refusal)?;
    economy.require_open(Section::Stake, now).map_err(refusal)?;
    let earned = pending_rewards(economy, held.pool, held.position, now)?;
    let arrives = transfer_fee.arrives(earned);
    if arrives < economy.limits.min_stake.max(1) {
        return Ok(Vec::new());
    }
    let mut both = claim_all(at, economy, &[*held], payout, now)?;
    let native = StakeMint {
        mint: at.mint,
        token_program: economy.token_program,
        amm_vault: None,
    };
    both.push(instruction::stake(
        at,
        &native,
        &payout.owner,
        &payout.owner_tokens,
        arrives,
    ));
    Ok(both)
}

/// An economy at a glance: every figure with its unit in its name or its line.
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
    /// That over C (ppm, rounded down).
    pub staked_ppm: u64,
    /// Annual emission over supply in force (ppm).
    pub emission_ppm: u64,
    /// Fee of a payment in force (ppm).
    pub fee_ppm: u64,
    /// Part of a fee that is burned (ppm).
    pub burn_ppm: u64,
    /// The treasury's part of what is not burned (ppm); the rest goes to stakers.
    pub treasury_ppm: u64,
    /// Part of the emission for liquidity pools (ppm).
    pub liquidity_ppm: u64,
    /// Rewards accruing now over all pools (base units per second, rounded down): emission,
    /// and the fees that are streamed to stakers.
    pub rewards_per_second: u64,
    /// Emission stops here unless a crank comes before (unix seconds); `None` = no limit
    /// binds.
    pub emit_until: Option<i64>,
    /// Length of a period (seconds).
    pub period_seconds: u32,
    /// Earliest time of the next crank (unix seconds).
    pub next_crank_at: i64,
    /// Periods so far.
    pub periods: u64,
    /// Time between `request_unstake` and `withdraw` (seconds).
    pub unbonding_seconds: u32,
    /// Smallest stake that can be added (base units).
    pub min_stake: u64,
    /// Highest supply that emission may lead to (base units).
    pub hard_cap: u64,
    /// End of the pause of each section, by `Section`; `None` = open (unix seconds).
    pub paused_until: [Option<i64>; Section::COUNT],
    /// Controllers that their guard holds at the present value, by `Parameter`.
    pub held: [bool; 4],
    /// True after a vault was found short: nothing is emitted until governance resumes.
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

/// What a pool's stakers earn in a year at the rates of `now`, over their stake (ppm,
/// rounded down), without compounding. `None` while nobody stakes. Of a liquidity pool it
/// is base units of the economy's mint per base unit of the LP mint.
pub fn apr_ppm(economy: &Economy, pool: &Pool, now: i64) -> Option<u64> {
    let lane = usize::from(pool.lane);
    let emission = economy.stream.lanes.get(lane)?.rate_q64.get();
    let rate = rate_now(&economy.stream, emission, lane == NATIVE_LANE, now);
    // A year's rewards in Q64.64 fit: the emission is at most the supply a year.
    let year = rate.checked_mul(u128::from(YEAR.unsigned_abs()))?;
    share_ppm(whole(year), pool.total)
}

/// What of `emission` and, if `fees`, of the fee stream accrues at `now` (Q64.64 base units
/// per second).
fn rate_now(stream: &Stream, emission: u128, fees: bool, now: i64) -> u128 {
    let paused = stream.pause_from <= now && now < stream.pause_until;
    let emission = (now < stream.emit_until && !paused).then_some(emission);
    let fees = (fees && now < stream.fee_until).then_some(stream.fee_rate_q64.get());
    emission.unwrap_or(0).saturating_add(fees.unwrap_or(0))
}

fn whole(q64: u128) -> u64 {
    u64::try_from(q64 >> 64).unwrap_or(u64::MAX)
}

fn share_ppm(part: u64, whole: u64) -> Option<u64> {
    let ppm = u128::from(part)
        .checked_mul(u128::from(PPM))?
        .checked_div(u128::from(whole))?;
    u64::try_from(ppm).ok()
}
