//! The emission: what is owed, what may still be emitted, and at which rate it streams.
//!
//! Caps become a time. Nobody has to come to stop the emission at a cap: the second at which
//! the grant is used up is stored as `emit_until` when the rate is set.

use anchor_lang::prelude::*;

use super::Economy;
use crate::{
    constants::*,
    error::HomeostatError,
    state::{
        controller::Parameter,
        number::{add, ceil_q64, mul_div_floor, U128},
        snapshot::Tally,
        stream::emission_per_second,
    },
};

impl Economy {
    /// The emission that belongs to stakers at `now`: what has streamed, less what streamed
    /// to empty pools up to the last crank (Q64.64 base units).
    pub fn owed_emission(&self, now: i64) -> Result<u128> {
        Ok(self.owed_of(self.stream.emitted_at(now)?))
    }

    /// The same of `emitted`, what [`Stream::emitted_at`](crate::state::Stream::emitted_at)
    /// gave, so that it is summed once. It saturates: after the clock stepped back, an empty
    /// pool may have returned seconds that the stream has not reached yet.
    fn owed_of(&self, emitted: u128) -> u128 {
        emitted.saturating_sub(self.tally.returned_emission_q64.get())
    }

    /// The tokens that have accrued and are not in the reward vault yet (base units, rounded
    /// up, so that every claim is covered): what `top_up` mints. Saturates at 0: a crank mints
    /// one period ahead, so the vault usually has more than is owed.
    pub fn mintable(&self, now: i64) -> Result<u64> {
        if !self.mints() {
            return Ok(0);
        }
        Ok(ceil_q64(self.owed_emission(now)?).saturating_sub(self.totals.supplied))
    }

    /// The reward vault's least balance (base units): everything that was put in, less what
    /// the pools have paid out, as `tally` counts it.
    ///
    /// Saturates at 0. What has accrued and is not minted yet is owed as well, and donated
    /// tokens in the vault may have paid for it already. Then more is paid out than was put in,
    /// the vault owes nothing until the next mint, and no crank is refused for it.
    pub fn reward_liability(tally: &Tally, supplied: u64) -> Result<u64> {
        let liability = u128::from(supplied)
            .checked_add(tally.swept_stakers.get())
            .ok_or(HomeostatError::MathOverflow)?
            .saturating_sub(tally.claimed.get());
        u64::try_from(liability).map_err(|_| error!(HomeostatError::MathOverflow))
    }

    /// The tokens that may still be emitted in this period (base units, rounded down). The
    /// least of three:
    ///
    /// - the headroom: what the hard cap leaves above the supply (Mint), or what the reward
    ///   vault has for emission (Funded), less everything owed already;
    /// - what this period's emission so far leaves of the period's cap;
    /// - what the economy may still stream in its life, less the fees that stream already, so
    ///   that no accumulator overflows.
    ///
    /// Where nothing is left, the subtractions saturate at 0: nothing more is emitted.
    fn grant(&self, mint_supply: u64, now: i64) -> Result<u64> {
        let emitted = self.stream.emitted_at(now)?;
        let owed = ceil_q64(self.owed_of(emitted));
        let room = if self.mints() {
            // What the mint's supply will be once everything owed is minted.
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
        let this_period = emitted.saturating_sub(self.tally.emitted_q64.get());
        let lifetime = MAX_LIFETIME_STREAM
            .saturating_sub(ceil_q64(emitted))
            .saturating_sub(ceil_q64(self.stream.fees_at(i64::MAX)?));
        Ok(room
            .min(cap.saturating_sub(ceil_q64(this_period)))
            .min(lifetime))
    }

    /// The most that a base unit of native stake may earn in a second by the yield cap (Q64.64
    /// base units, rounded down); 0 = no cap, which no cap is rounded to.
    ///
    /// Without a cap, whoever stakes a handful of tokens while nobody else does earns the whole
    /// emission. The rate is computed here once a period, so that a settlement divides nothing,
    /// and a changed cap acts from the crank on that settles the pool: it never reaches back.
    pub(super) fn highest_yield(&self) -> Result<u64> {
        if self.limits.yield_ppm == NO_YIELD_CAP {
            return Ok(0);
        }
        let rate = emission_per_second(1, u64::from(self.limits.yield_ppm))?;
        u64::try_from(rate).map_err(|_| error!(HomeostatError::MathOverflow))
    }

    /// The weights of the pools by lane.
    fn weights(&self) -> [u16; MAX_POOLS] {
        self.pools.map(|slot| slot.weight)
    }

    /// Sets the rate and its lanes from the controllers' values in force and from S, and
    /// `emit_until` from `grant_q64` (Q64.64 base units). A tripped economy emits nothing.
    /// Settle the stream first: the new rate must not reach back.
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

    /// Makes a changed limit, share or weight act from `now` (unix seconds) on. A tightened
    /// limit acts at once. A widened one allows no more than is left of this period's grant
    /// until the next crank, so that no series of proposals emits more in a period than its
    /// cap. Settles first; `mint_supply` is the mint's supply (base units).
    pub fn re_rate(&mut self, mint_supply: u64, now: i64) -> Result<()> {
        self.stream.settle(now)?;
        let grant = u128::from(self.grant(mint_supply, now)?) << 64;
        self.set_rate(grant.min(self.stream.grant_q64.get()))
    }

    /// Starts the emission of the next period at `now` (unix seconds): the rate from the
    /// controllers' values and S, `emit_until` from the grant. Settles first. Returns how
    /// many tokens to mint ahead, for the whole period (base units, rounded up); 0 in Funded
    /// mode. `mint_supply` is the mint's supply (base units).
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

    /// Counts `amount` base units that went into the reward vault for emission.
    pub fn supply_rewards(&mut self, amount: u64) -> Result<()> {
        self.totals.supplied = add(self.totals.supplied, amount)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_core::{RngCore, SeedableRng};

    use super::super::{fixture::*, Funding};
    use super::*;
    use crate::state::pause::{PauseReason, Section};

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

        // A wider cap has no effect before the next crank.
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
        let one = 1 << 64; // The most that rounding down to base units loses.
        assert!(all <= grant && all + per_second(60_000) + one > grant);
    }

    /// However often and however far limits change inside a period, no more is emitted than
    /// was granted at its start, and all that was emitted is backed.
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
                    // The lowest cap that everything owed allows.
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
}
