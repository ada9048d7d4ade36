//! The economy: parameters, controllers, stream, totals.

use crate::prelude::*;

use super::{
    controller::{Controller, Metric, Parameter},
    envelope::Advice,
    layout::Layout,
    number::{ceil_q64, floor_q64, mul_div_floor, U128},
    pause::{Pause, PauseReason, Section},
    snapshot::{Report, Snapshot, Tally},
    stream::{emission_per_second, Stream},
};
use crate::{
    constants::*,
    error::{refuse, say, HomeostatError},
    seeds,
};

/// Stage of an economy.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Life {
    /// The creator configures; nothing accrues.
    Draft = 0,
    /// Running.
    Live = 1,
    /// Accrual has stopped for ever; claims stay open.
    Retired = 2,
}

/// Where rewards come from.
#[derive(AnchorSerialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Funding {
    /// The economy's authority holds the mint authority and mints them.
    Mint = 0,
    /// From the reward vault, which anyone fills.
    Funded = 1,
}

/// A pool as the economy knows it.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct PoolSlot {
    /// Pool account.
    pub pool: Pubkey,
    /// Share of the liquidity emission relative to the other liquidity pools.
    pub weight: u16,
    /// `PoolKind` as a number.
    pub kind: u8,
    /// Unused.
    pub reserved: [u8; 5],
}

/// Limits and fixed parameters.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Highest supply that emission may lead to (base units).
    pub hard_cap: u64,
    /// Burns stop at this supply (base units).
    pub supply_floor: u64,
    /// Yearly volume over circulating supply that is utilisation 1 (ppm).
    pub turnover_ppm: u64,
    /// Smallest stake that can be added (base units).
    pub min_stake: u64,
    /// Paid to whoever cranks, once a period (lamports).
    pub bounty: u64,
    /// Highest emission of one period (ppm of supply).
    pub period_emission_ppm: u32,
    /// Treasury's share of the fee that is not burned (ppm).
    pub treasury_ppm: u32,
    /// Period (seconds), immutable.
    pub period: u32,
    /// Time between request_unstake and withdraw (seconds).
    pub unbonding: u32,
    /// Paid out of the treasury in 30 d at most (base units); 0 = nothing.
    pub outflow_cap: u64,
    /// Highest burn of one period (ppm of supply), shared equally by the meters.
    pub period_burn_ppm: u32,
    /// Unused.
    pub reserved: u32,
}

/// Running totals.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// S: the program's own supply counter (base units).
    pub supply: u64,
    /// C: circulating supply at the last crank (base units).
    pub circulating: u64,
    /// Put into the reward vault for emission since creation: minted or funded (base units).
    pub supplied: u64,
    /// Paid out of the treasury since creation (base units).
    pub treasury_paid: u64,
    /// Native stake, mean over the last window (base units).
    pub mean_stake: u64,
    /// Periods cranked.
    pub periods: u64,
    /// Treasury payments that count against the outflow cap at `outflow_at` (base units).
    pub outflow: u64,
    /// When that was so (unix seconds).
    pub outflow_at: i64,
}

/// A numerator and a denominator as the last crank measured them.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Two's complement.
    pub numerator: U128,
    /// Zero when there was no measurement.
    pub denominator: U128,
}

/// One token economy.
#[account(zero_copy)]
#[derive(Debug, PartialEq, Eq)]
pub struct Economy {
    /// Layout version.
    pub version: u8,
    /// Canonical bump.
    pub bump: u8,
    /// Canonical bump of the authority.
    pub authority_bump: u8,
    /// Canonical bump of the keeper vault.
    pub keeper_bump: u8,
    /// Canonical bump of the reward vault.
    pub rewards_bump: u8,
    /// Canonical bump of the treasury vault.
    pub treasury_bump: u8,
    /// `Life` as a number.
    pub life: u8,
    /// `Funding` as a number.
    pub funding: u8,
    /// Pools in use.
    pub pool_count: u8,
    /// Meters in use.
    pub meter_count: u8,
    /// Exclusions in use.
    pub excluded_count: u8,
    /// Decimals of the mint.
    pub decimals: u8,
    /// 1 after a failed economy-wide check: nothing is emitted, every controller held.
    pub tripped: u8,
    /// Feeds in use.
    pub feed_count: u8,
    /// Unused.
    pub reserved: [u8; 2],
    /// Mint of the economy's token.
    pub mint: Pubkey,
    /// Its token program.
    pub token_program: Pubkey,
    /// Who configures the Draft and gets its rent back.
    pub creator: Pubkey,
    /// Council that proposals come from; default until governance is created.
    pub council: Pubkey,
    /// Data-less signer over the mint and every vault.
    pub authority: Pubkey,
    /// Data-less lamport vault that pays crank bounties.
    pub keeper_vault: Pubkey,
    /// Reward vault.
    pub reward_vault: Pubkey,
    /// Treasury vault.
    pub treasury_vault: Pubkey,
    /// Decision log.
    pub log: Pubkey,
    /// Pools; the native pool is the first.
    pub pools: [PoolSlot; MAX_POOLS],
    /// Meters.
    pub meters: [Pubkey; MAX_METERS],
    /// Feeds.
    pub feeds: [Pubkey; MAX_FEEDS],
    /// Token accounts whose balance does not circulate.
    pub excluded: [Pubkey; MAX_EXCLUDED],
    /// Limits and fixed parameters.
    pub limits: Limits,
    /// Pauses by `Section`.
    pub pauses: [Pause; Section::COUNT],
    /// When it went live (unix seconds).
    pub live_at: i64,
    /// Time of the last crank (unix seconds).
    pub last_crank: i64,
    /// Earliest time of the next crank (unix seconds).
    pub next_end: i64,
    /// Configuration sequence over the whole economy.
    pub config_seq: u64,
    /// Running totals.
    pub totals: Totals,
    /// Sums over pools and meters at the last crank.
    pub tally: Tally,
    /// What the last crank measured itself, by `Metric`.
    pub readings: [Reading; 4],
    /// The stream.
    pub stream: Stream,
    /// Controllers by `Parameter`.
    pub controllers: [Controller; 4],
    /// What the advisor recommends.
    pub advice: Advice,
    /// Unused.
    pub reserved_end: [u8; 256],
}

const _: () = assert!(core::mem::align_of::<Economy>() == 8);
const _: () = assert!(core::mem::size_of::<Economy>() == 7_248);

impl Economy {
    /// Bytes of the account.
    pub const SPACE: usize = 8 + core::mem::size_of::<Self>();

    /// Refuses unless the creator still configures.
    pub fn require_draft(&self) -> Result<()> {
        ensure!(self.life == Life::Draft as u8, HomeostatError::NotDraft);
        Ok(())
    }

    /// Refuses anybody but the creator.
    pub fn require_creator(&self, signer: &Pubkey) -> Result<()> {
        ensure!(self.creator == *signer, HomeostatError::Unauthorized);
        Ok(())
    }

    /// Refuses unless running.
    pub fn require_live(&self) -> Result<()> {
        ensure!(self.life == Life::Live as u8, HomeostatError::NotLive);
        Ok(())
    }

    /// True while a section is paused.
    pub fn is_paused(&self, section: Section, now: i64) -> bool {
        self.pauses
            .get(section as usize)
            .is_some_and(|pause| pause.covers(now))
    }

    /// Refuses while a section is paused.
    pub fn require_open(&self, section: Section, now: i64) -> Result<()> {
        ensure!(!self.is_paused(section, now), HomeostatError::Paused);
        Ok(())
    }

    /// Lower and upper limit of every parameter (ppm).
    pub fn outputs(&self) -> [(i64, i64); 4] {
        self.controllers
            .each_ref()
            .map(|c| (c.config.min, c.config.max))
    }

    /// Refuses limits that are wider than `before` by more than one proposal may make
    /// them, however many of its actions did it.
    pub fn require_step(&self, before: &[(i64, i64); 4]) -> Result<()> {
        for ((old, new), parameter) in before.iter().zip(self.outputs()).zip(Parameter::ALL) {
            let widened = old.0.saturating_sub(new.0).max(new.1.saturating_sub(old.1));
            let parts = widened.saturating_mul(LIMIT_STEP_PARTS);
            ensure!(parts <= parameter.ceiling(), HomeostatError::StepTooLarge);
        }
        Ok(())
    }

    /// True in Mint mode.
    pub fn mints(&self) -> bool {
        self.funding == Funding::Mint as u8
    }

    /// The controller of a parameter.
    pub fn controller(&self, parameter: Parameter) -> Result<&Controller> {
        self.controllers
            .get(parameter.index())
            .ok_or_else(|| refuse(HomeostatError::NoSuchController))
    }

    /// The value of a parameter in force (ppm).
    pub fn value(&self, parameter: Parameter) -> u64 {
        self.controllers
            .get(parameter.index())
            .map_or(0, |controller| controller.value(parameter))
    }

    /// Pools in use.
    pub fn active_pools(&self) -> &[PoolSlot] {
        self.pools
            .get(..usize::from(self.pool_count))
            .unwrap_or(&[])
    }

    /// Meters in use.
    pub fn active_meters(&self) -> &[Pubkey] {
        self.meters
            .get(..usize::from(self.meter_count))
            .unwrap_or(&[])
    }

    /// Feeds in use.
    pub fn active_feeds(&self) -> &[Pubkey] {
        self.feeds
            .get(..usize::from(self.feed_count))
            .unwrap_or(&[])
    }

    /// Exclusions in use.
    pub fn active_excluded(&self) -> &[Pubkey] {
        self.excluded
            .get(..usize::from(self.excluded_count))
            .unwrap_or(&[])
    }

    /// Replaces the exclusions. Refuses too many, the same twice, and the zero address.
    pub fn exclude(&mut self, accounts: &[Pubkey]) -> Result<()> {
        check("excluded", accounts.len() <= MAX_EXCLUDED)?;
        let mut excluded = [Pubkey::default(); MAX_EXCLUDED];
        for (index, (slot, account)) in excluded.iter_mut().zip(accounts).enumerate() {
            let known = accounts.get(..index).is_some_and(|a| a.contains(account));
            ensure!(!known, HomeostatError::DuplicateAccount);
            check("excluded", *account != Pubkey::default())?;
            *slot = *account;
        }
        self.excluded = excluded;
        self.excluded_count =
            u8::try_from(accounts.len()).map_err(|_| HomeostatError::MathOverflow)?;
        Ok(())
    }

    /// True when a pool other than the native one exists.
    pub fn has_liquidity_pools(&self) -> bool {
        self.pool_count > 1
    }

    /// Emission that belongs to stakers at `now`: streamed, less what streamed
    /// to empty pools up to the last crank (Q64.64 base units).
    pub fn owed_emission(&self, now: i64) -> Result<u128> {
        self.stream
            .emitted_at(now)?
            .checked_sub(self.tally.returned_emission_q64.get())
            .ok_or_else(|| refuse(HomeostatError::InvariantViolated))
    }

    /// Tokens that have accrued and are not in the reward vault yet (base
    /// units, rounded up): what `top_up` mints.
    pub fn mintable(&self, now: i64) -> Result<u64> {
        if !self.mints() {
            return Ok(0);
        }
        Ok(ceil_q64(self.owed_emission(now)?).saturating_sub(self.totals.supplied))
    }

    /// What the reward vault must hold at least: everything put in less what was
    /// claimed up to the last crank and since (`claimed`, base units).
    pub fn reward_liability(tally: &Tally, supplied: u64) -> Result<u64> {
        let held = u128::from(supplied)
            .checked_add(tally.swept_stakers.get())
            .and_then(|sum| sum.checked_sub(tally.claimed.get()))
            .ok_or(HomeostatError::InvariantViolated)?;
        u64::try_from(held).map_err(|_| refuse(HomeostatError::MathOverflow))
    }

    /// Tokens that may be emitted in the rest of this period (base units, rounded
    /// down): the headroom under the hard cap (Mint) or the unearmarked vault
    /// (Funded), less everything owed; at most what this period's emission leaves of
    /// the period's cap.
    fn grant(&self, mint_supply: u64, now: i64) -> Result<u64> {
        let owed = ceil_q64(self.owed_emission(now)?);
        let room = if self.mints() {
            // Once everything owed is minted the supply is this.
            let committed = u128::from(mint_supply)
                .checked_add(u128::from(owed))
                .and_then(|sum| sum.checked_sub(u128::from(self.totals.supplied)))
                .ok_or(HomeostatError::MathOverflow)?;
            let room = u128::from(self.limits.hard_cap).saturating_sub(committed);
            u64::try_from(room).unwrap_or(u64::MAX)
        } else {
            self.totals.supplied.saturating_sub(owed)
        };
        let cap = mul_div_floor(
            self.totals.supply,
            u64::from(self.limits.period_emission_ppm),
            PPM,
        )
        .ok_or(HomeostatError::MathOverflow)?;
        let emitted = self.stream.emitted_at(now)?;
        let this_period = emitted.saturating_sub(self.tally.emitted_q64.get());
        let lifetime = MAX_LIFETIME_STREAM
            .saturating_sub(ceil_q64(emitted))
            .saturating_sub(ceil_q64(self.stream.fees_at(now)?));
        Ok(room
            .min(cap.saturating_sub(ceil_q64(this_period)))
            .min(lifetime))
    }

    /// Weights by lane.
    fn weights(&self) -> [u16; MAX_POOLS] {
        self.pools.map(|slot| slot.weight)
    }

    /// Sets rate and lanes from the controllers' values in force and S; `emit_until`
    /// from `grant_q64`. The stream is settled.
    fn set_rate(&mut self, grant_q64: u128) -> Result<()> {
        let rate = if self.tripped == 0 {
            emission_per_second(self.totals.supply, self.value(Parameter::Emission))?
        } else {
            0
        };
        let weights = self.weights();
        let liquidity = self.value(Parameter::Liquidity);
        self.stream
            .set_emission(rate, liquidity, &weights, grant_q64)?;
        if self.tripped != 0 {
            self.stream.emit_until = self.stream.t0;
        }
        Ok(())
    }

    /// Makes a changed limit, share or weight act inside a period, from `now` on: at
    /// most what is left of this period's grant, whatever the limits became. A
    /// tightened limit acts at once, the emission that a widened one allows comes with
    /// the next crank. Settles first; `mint_supply` is the mint's supply (base units).
    pub fn re_rate(&mut self, mint_supply: u64, now: i64) -> Result<()> {
        self.stream.settle(now)?;
        let grant = u128::from(self.grant(mint_supply, now)?) << 64;
        self.set_rate(grant.min(self.stream.grant_q64.get()))
    }

    /// Starts the emission of the next period at `now`: rate from the controllers'
    /// values and S, `emit_until` from the grant. Settles first. Returns how many
    /// tokens to mint ahead.
    pub fn open_period(&mut self, mint_supply: u64, now: i64) -> Result<u64> {
        self.stream.settle(now)?;
        self.stream.planned_q64 = U128::ZERO;
        let grant = self.grant(mint_supply, now)?;
        self.set_rate(u128::from(grant) << 64)?;
        if !self.mints() {
            return Ok(0);
        }
        let period_end = now.saturating_add(i64::from(self.limits.period));
        let ahead = ceil_q64(self.owed_emission(period_end)?);
        Ok(ahead.saturating_sub(self.totals.supplied))
    }

    /// Spreads every staker fee that was swept and not streamed over the next period.
    fn stream_fees(&mut self) -> Result<()> {
        let swept = self.tally.swept_stakers.get().min(u128::from(u64::MAX));
        let unstreamed = (swept << 64)
            .saturating_add(self.tally.returned_fees_q64.get())
            .checked_sub(self.stream.fee_acc_q64.get())
            .ok_or(HomeostatError::InvariantViolated)?;
        // A lifetime of fees beyond the stream's range waits in the vault.
        let room =
            (u128::from(MAX_LIFETIME_STREAM) << 64).saturating_sub(self.stream.fee_acc_q64.get());
        self.stream
            .set_fees(unstreamed.min(room), self.limits.period)
    }

    /// Stops the emission now and holds every controller, until people resume it.
    pub fn trip(&mut self, now: i64) -> Result<()> {
        self.stream.settle(now)?;
        self.stream.emit_until = self.stream.emit_until.min(self.stream.t0);
        self.tripped = 1;
        Ok(())
    }

    /// Treasury payments that count against the outflow cap at `now` (base units, rounded
    /// up): they are forgotten evenly, all that a full cap allows within 30 d.
    fn outflow(&self, now: i64) -> u64 {
        let elapsed = now.saturating_sub(self.totals.outflow_at).max(0);
        let forgotten = mul_div_floor(
            self.limits.outflow_cap,
            elapsed.unsigned_abs(),
            OUTFLOW_WINDOW,
        );
        let counted = self.totals.outflow;
        counted.saturating_sub(forgotten.unwrap_or(u64::MAX))
    }

    /// Counts a treasury payment (base units). Refuses more than the outflow cap leaves,
    /// whoever approved it.
    pub fn spend_treasury(&mut self, amount: u64, now: i64) -> Result<()> {
        ensure!(amount > 0, HomeostatError::AmountTooSmall);
        let outflow = self.outflow(now).saturating_add(amount);
        ensure!(
            outflow <= self.limits.outflow_cap,
            HomeostatError::OutflowCapExceeded
        );
        self.totals.outflow = outflow;
        self.totals.outflow_at = now;
        self.totals.treasury_paid = self
            .totals
            .treasury_paid
            .checked_add(amount)
            .ok_or(HomeostatError::MathOverflow)?;
        Ok(())
    }

    /// What one meter may burn in a period (base units, rounded down).
    pub fn burn_allowance(&self) -> u64 {
        let all = mul_div_floor(
            self.totals.supply,
            u64::from(self.limits.period_burn_ppm),
            PPM,
        );
        all.unwrap_or(u64::MAX)
            .checked_div(u64::from(self.meter_count))
            .unwrap_or(0)
    }

    /// Ends the economy: nothing more accrues but the fees that were swept already,
    /// which stream over one more period.
    pub fn retire(&mut self, now: i64) -> Result<()> {
        self.require_live()?;
        self.stream.settle(now)?;
        self.stream_fees()?;
        self.stream.set_emission(0, 0, &[0; MAX_POOLS], 0)?;
        self.stream.emit_until = self.stream.t0;
        self.life = Life::Retired as u8;
        Ok(())
    }

    /// Pauses a section for `seconds` from `now`, within its budget ([`Pause::begin`]).
    pub fn pause(
        &mut self,
        section: Section,
        seconds: u32,
        reason: PauseReason,
        now: i64,
    ) -> Result<()> {
        self.change_pause(section, now, |pause| pause.begin(now, seconds, reason))
    }

    /// Ends a section's pause at `now` ([`Pause::end`]).
    pub fn unpause(&mut self, section: Section, now: i64) -> Result<()> {
        self.change_pause(section, now, |pause| {
            pause.end(now);
            Ok(())
        })
    }

    /// What has streamed up to `now` is settled under the pause as it was.
    fn change_pause(
        &mut self,
        section: Section,
        now: i64,
        change: impl FnOnce(&mut Pause) -> Result<()>,
    ) -> Result<()> {
        let pause = self
            .pauses
            .get_mut(section as usize)
            .ok_or(HomeostatError::InvariantViolated)?;
        change(pause)?;
        if section == Section::Emission {
            self.stream.settle(now)?;
            self.stream.pause_from = pause.from;
            self.stream.pause_until = pause.until;
        }
        Ok(())
    }

    /// Counts tokens that went into the reward vault for emission.
    pub fn supply_rewards(&mut self, amount: u64) -> Result<()> {
        self.totals.supplied = self
            .totals
            .supplied
            .checked_add(amount)
            .ok_or(HomeostatError::MathOverflow)?;
        Ok(())
    }

    /// Commits a crank's snapshot and opens the next period. Returns how many
    /// tokens to mint ahead.
    pub fn roll(&mut self, snapshot: &Snapshot, report: &Report, mint_supply: u64) -> Result<u64> {
        let now = snapshot.now;
        self.stream.settle(now)?;
        self.tally = snapshot.tally;
        self.totals.supply = snapshot.supply;
        self.totals.circulating = snapshot.circulating;
        self.totals.mean_stake = report.mean_stake;
        self.totals.periods = self.totals.periods.saturating_add(1);
        for (reading, measured) in self.readings.iter_mut().zip(&report.measurements) {
            *reading = measured.map_or_else(Reading::default, |m| Reading {
                numerator: U128::new(m.numerator as u128),
                denominator: U128::new(m.denominator),
            });
        }
        let period = i64::from(self.limits.period);
        self.last_crank = now;
        self.next_end = self
            .next_end
            .saturating_add(period)
            .max(now.saturating_add(period / 2));
        self.stream_fees()?;
        self.open_period(mint_supply, now)
    }

    /// What holds after every instruction that writes an economy, given the
    /// mint's supply: everything owed fits under the cap.
    pub fn invariant(&self, mint_supply: u64, now: i64) -> Result<()> {
        ensure!(self.version == Self::VERSION, HomeostatError::WrongVersion);
        if self.life != Life::Live as u8 {
            return Ok(());
        }
        let owed = ceil_q64(self.owed_emission(now)?);
        if self.mints() {
            let minted_then = u128::from(mint_supply)
                .checked_add(u128::from(owed.saturating_sub(self.totals.supplied)))
                .ok_or(HomeostatError::MathOverflow)?;
            ensure!(
                minted_then <= u128::from(self.limits.hard_cap.max(mint_supply)),
                HomeostatError::MintCapExceeded
            );
        } else {
            ensure!(owed <= self.totals.supplied, HomeostatError::InsolventVault);
        }
        ensure!(
            floor_q64(self.stream.fees_at(now)?)
                <= u64::try_from(
                    self.tally
                        .swept_stakers
                        .get()
                        .saturating_add(u128::from(ceil_q64(self.tally.returned_fees_q64.get())))
                )
                .unwrap_or(u64::MAX),
            HomeostatError::InvariantViolated
        );
        Ok(())
    }

    /// Everything that configuration can break, checked as a whole.
    pub fn validate(&self) -> Result<()> {
        self.validate_limits()?;
        for (controller, parameter) in self.controllers.iter().zip(Parameter::ALL) {
            let config = controller.config();
            let metric = Metric::from_byte(controller.metric)?;
            Controller::validate(&config, parameter, metric)?;
            self.require_metric(metric)?;
            Controller::validate_guard(&controller.guard_config(), parameter)?;
            check("controller.period", config.period == self.limits.period)?;
        }
        Ok(())
    }

    /// Refuses a feed that the economy does not have.
    pub fn require_metric(&self, metric: Metric) -> Result<()> {
        let known = metric
            .feed_index()
            .is_none_or(|index| index < usize::from(self.feed_count));
        check("controller.metric", known)
    }

    /// The same without the controllers, which a change of one checks by itself.
    pub fn validate_limits(&self) -> Result<()> {
        let limits = &self.limits;
        check("period", (MIN_PERIOD..=MAX_PERIOD).contains(&limits.period))?;
        check("unbonding", limits.unbonding <= MAX_UNBONDING)?;
        check("treasury_ppm", u64::from(limits.treasury_ppm) <= PPM)?;
        check(
            "period_emission_ppm",
            limits.period_emission_ppm <= MAX_PERIOD_EMISSION_PPM,
        )?;
        check(
            "period_burn_ppm",
            limits.period_burn_ppm <= MAX_PERIOD_BURN_PPM,
        )?;
        check("outflow_cap", limits.outflow_cap <= MAX_LIFETIME_STREAM)?;
        check(
            "turnover_ppm",
            TURNOVER_RANGE_PPM.contains(&limits.turnover_ppm),
        )?;
        check("min_stake", limits.min_stake > 0)?;
        check("bounty", limits.bounty <= MAX_BOUNTY)?;
        check(
            "hard_cap",
            limits.hard_cap > 0 && limits.hard_cap <= MAX_LIFETIME_STREAM,
        )?;
        check("supply_floor", limits.supply_floor < limits.hard_cap)?;
        let weighted = self
            .active_pools()
            .iter()
            .skip(1)
            .all(|slot| slot.weight > 0);
        check("weight", weighted)
    }

    /// Signer seeds of the authority.
    pub fn authority_seeds<'a>(economy: &'a Pubkey, bump: &'a [u8; 1]) -> [&'a [u8]; 3] {
        [seeds::AUTHORITY, economy.as_ref(), bump]
    }
}

/// Refuses an out-of-range parameter, naming it in the log.
pub fn check(parameter: &str, holds: bool) -> Result<()> {
    if !holds {
        say(&[parameter, ": out of its range"]);
        return Err(refuse(HomeostatError::InvalidParameter));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_core::{RngCore, SeedableRng};

    use super::*;
    use crate::state::defaults;

    const START: i64 = 1_750_000_000;
    const WEEK: i64 = 604_800;
    const HOUR: i64 = 3_600;
    const SUPPLY: u64 = 1_000_000_000_000_000;
    const CAP: u64 = 2 * SUPPLY;

    /// A live economy of weeks with the default controllers, its first period open,
    /// and the mint's supply.
    fn live(change: impl FnOnce(&mut Economy)) -> (Economy, u64) {
        let mut economy: Economy = bytemuck::Zeroable::zeroed();
        economy.version = Economy::VERSION;
        economy.life = Life::Live as u8;
        economy.limits = defaults::limits(WEEK as u32, CAP);
        economy.pool_count = 1;
        economy.totals.supply = SUPPLY;
        economy.stream.t0 = START;
        for (controller, parameter) in economy.controllers.iter_mut().zip(Parameter::ALL) {
            let config = defaults::config(parameter, WEEK as u32);
            controller.config = (&config).into();
            controller.state.u = config.bias.to.to_num();
        }
        change(&mut economy);
        let ahead = economy.open_period(SUPPLY, START).unwrap();
        economy.supply_rewards(ahead).unwrap();
        (economy, SUPPLY + ahead)
    }

    fn emission(economy: &mut Economy) -> &mut Controller {
        &mut economy.controllers[Parameter::Emission.index()]
    }

    fn per_second(ppm: u64) -> u128 {
        emission_per_second(SUPPLY, ppm).unwrap()
    }

    #[test]
    fn k7_a_lower_maximum_lowers_the_rate_from_that_second() {
        let (mut economy, supply) = live(|_| ());
        let then = START + WEEK / 3;
        emission(&mut economy).config.max = 25_000;
        economy.re_rate(supply, then).unwrap();

        assert_eq!(economy.stream.emission_rate().unwrap(), per_second(25_000));
        let before = per_second(60_000) * (WEEK / 3) as u128;
        assert_eq!(economy.stream.emitted_at(then).unwrap(), before);
        let after = per_second(25_000) * 100;
        assert_eq!(
            economy.stream.emitted_at(then + 100).unwrap(),
            before + after
        );
        economy.invariant(supply, then).unwrap();
    }

    #[test]
    fn k7_a_lower_cap_counts_what_the_period_has_emitted() {
        let (mut economy, supply) = live(|_| ());
        let (then, late) = (START + WEEK / 2, START + 1_000 * WEEK);
        let emitted = economy.stream.emitted_at(then).unwrap();
        let cap = |economy: &Economy| {
            u128::from(SUPPLY) * u128::from(economy.limits.period_emission_ppm) / u128::from(PPM)
        };

        // Half a period at 6 % a year is 575 ppm of the supply.
        economy.limits.period_emission_ppm = 600;
        economy.re_rate(supply, then).unwrap();
        let all = economy.stream.emitted_at(late).unwrap();
        assert!(all <= cap(&economy) << 64);
        assert!(all + per_second(60_000) > (cap(&economy) - 1) << 64);

        economy.limits.period_emission_ppm = 500;
        economy.re_rate(supply, then).unwrap();
        assert_eq!(economy.stream.emitted_at(late).unwrap(), emitted);

        // A wider cap waits for the crank.
        economy.limits.period_emission_ppm = 7_000;
        economy.re_rate(supply, then).unwrap();
        assert_eq!(economy.stream.emitted_at(late).unwrap(), emitted);
        economy.tally.emitted_q64 = U128::new(emitted);
        economy.open_period(supply, then).unwrap();
        assert!(economy.stream.emitted_at(late).unwrap() > emitted);
    }

    #[test]
    fn an_emission_of_zero_and_back_keeps_the_rest_of_the_grant() {
        let (mut economy, supply) = live(|_| ());
        let grant = economy.stream.grant_q64.get();
        let (off, on, late) = (START + HOUR, START + 40 * HOUR, START + 1_000 * WEEK);

        let max = economy.controllers[0].config.max;
        emission(&mut economy).config.min = 0;
        emission(&mut economy).config.max = 0;
        economy.re_rate(supply, off).unwrap();
        let emitted = economy.stream.emitted_at(off).unwrap();
        assert_eq!(economy.stream.emitted_at(late).unwrap(), emitted);

        emission(&mut economy).config.max = max;
        economy.re_rate(supply, on).unwrap();
        assert_eq!(economy.stream.emission_rate().unwrap(), per_second(60_000));
        let all = economy.stream.emitted_at(late).unwrap();
        let one = 1 << 64; // what a floor to base units may take
        assert!(all <= grant && all + per_second(60_000) + one > grant);
    }

    /// Whatever limits become and however often, nobody gets more out of a period than
    /// it was granted, and what was emitted is backed.
    #[test]
    fn re_rating_never_emits_more_than_the_periods_grant() {
        const SEED: u64 = 0x7265_7261_7465;
        let mut random = ChaCha8Rng::seed_from_u64(SEED);
        let mut below = |most: u64| random.next_u64() % most;
        for story in 0..500 {
            let funded = below(2) == 0;
            let (mut economy, mut supply) = live(|economy| {
                if funded {
                    economy.funding = Funding::Funded as u8;
                    economy.totals.supplied = SUPPLY / 10_000 * (1 + below(20));
                }
                economy.limits.hard_cap = SUPPLY + below(SUPPLY / 500);
                economy.limits.period_emission_ppm = 1 + below(3_000) as u32;
            });
            let grant = economy.stream.grant_q64.get();
            let (mut now, mut emitted) = (START, 0);
            for change in 0..1 + below(40) {
                now += below(WEEK as u64 / 10) as i64;
                let max = below(1_000_000) as i64;
                emission(&mut economy).config.max = max;
                emission(&mut economy).config.min = below(max as u64 + 1) as i64;
                economy.limits.period_emission_ppm = below(100_000) as u32;
                if below(4) == 0 {
                    let (seconds, reason) = (1 + below(20_000) as u32, PauseReason::Market);
                    let _ = economy.pause(Section::Emission, seconds, reason, now);
                }
                if below(6) == 0 {
                    economy.unpause(Section::Emission, now).unwrap();
                }
                economy.limits.hard_cap = match below(3) {
                    0 => CAP,
                    // As low as what is owed allows.
                    _ => supply + economy.mintable(now).unwrap() + below(1_000),
                };
                economy.re_rate(supply, now).unwrap();
                let at = format!("seed {SEED:#x}, story {story}, change {change}");
                economy.invariant(supply, now).expect(&at);
                let all = economy.stream.emitted_at(now).unwrap();
                assert!(all >= emitted, "{at}: what was earned is gone");
                emitted = all;
                let late = now + 1_000 * WEEK;
                assert!(economy.stream.emitted_at(late).unwrap() <= grant, "{at}");
                economy.invariant(supply, late).expect(&at);
                if below(3) == 0 {
                    let minted = economy.mintable(now).unwrap();
                    economy.supply_rewards(minted).unwrap();
                    supply += minted;
                }
            }
        }
    }

    #[test]
    fn a_pause_of_the_emission_pays_for_every_second_but_its_own() {
        let (mut economy, supply) = live(|_| ());
        let at = |hours: i64| START + hours * HOUR;
        let hours = |hours: i64| per_second(60_000) * (hours * HOUR) as u128;
        let emitted = |economy: &Economy, hour: i64| economy.stream.emitted_at(at(hour)).unwrap();
        let pause = |economy: &mut Economy, hour: i64, length: i64| {
            let seconds = (length * HOUR) as u32;
            economy.pause(Section::Emission, seconds, PauseReason::Exploit, at(hour))
        };

        // From hour 10, for 5 hours, then 2 more, and ended at 16.
        pause(&mut economy, 10, 5).unwrap();
        for (hour, paid) in [(10, 10), (12, 10), (15, 10), (16, 11), (30, 25)] {
            assert_eq!(emitted(&economy, hour), hours(paid), "hour {hour}");
        }
        pause(&mut economy, 12, 5).unwrap();
        for (hour, paid) in [(15, 10), (17, 10), (20, 13)] {
            assert_eq!(emitted(&economy, hour), hours(paid), "hour {hour}");
        }
        economy.unpause(Section::Emission, at(16)).unwrap();
        economy.unpause(Section::Emission, at(18)).unwrap();
        assert_eq!(emitted(&economy, 20), hours(14));
        // A second pause does not forget the first, nor a change of rate either of them.
        pause(&mut economy, 20, 10).unwrap();
        emission(&mut economy).config.max = 30_000;
        economy.re_rate(supply, at(25)).unwrap();
        assert_eq!(emitted(&economy, 30), hours(14));
        assert_eq!(
            emitted(&economy, 31),
            hours(14) + per_second(30_000) * HOUR as u128
        );
        assert_eq!(economy.stream.planned_at(at(25)).unwrap(), hours(25));
        // After the stored end nobody has to do anything.
        assert!(economy.require_open(Section::Emission, at(29)).is_err());
        assert!(economy.require_open(Section::Emission, at(30)).is_ok());
        economy.invariant(supply, at(31)).unwrap();
    }

    #[test]
    fn the_other_sections_do_not_touch_the_stream() {
        let (mut economy, _) = live(|_| ());
        let stream = economy.stream;
        for section in [Section::Stake, Section::Pay, Section::Crank] {
            let reason = PauseReason::Incident;
            economy.pause(section, 60, reason, START + 5).unwrap();
            assert!(economy.require_open(section, START + 64).is_err());
            assert!(economy.require_open(section, START + 65).is_ok());
            economy.unpause(section, START + 6).unwrap();
            assert!(economy.require_open(section, START + 6).is_ok());
        }
        assert_eq!(economy.stream, stream);
    }
}
