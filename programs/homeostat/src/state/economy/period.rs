//! How an economy starts, and goes from one period to the next.

use anchor_lang::prelude::*;

use super::{Economy, Life, Reading};
use crate::{
    constants::*,
    error::HomeostatError,
    state::{
        controller::Parameter,
        log::DecisionRecord,
        number::{mul_div_floor, U128},
        snapshot::{Report, Snapshot},
    },
};

impl Economy {
    /// Starts a Draft's clock at `now` (unix seconds). `supply` is the mint's supply and
    /// `excluded` the balance of the excluded accounts (base units). The caller starts the
    /// controllers and the first period's emission ([`Economy::open_period`]).
    pub fn go_live(&mut self, supply: u64, excluded: u64, now: i64) -> Result<()> {
        self.life = Life::Live as u8;
        self.live_at = now;
        self.last_crank = now;
        self.next_end = now.saturating_add(i64::from(self.limits.period));
        self.stream.t0 = now;
        self.stream.fee_until = now;
        self.totals.supply = supply;
        self.tally.supplied = self.totals.supplied;
        self.excluded_balance = excluded;
        self.totals.circulating = self.first_circulating()?;
        self.yield_q64 = self.highest_yield()?;
        Ok(())
    }

    /// Applies the advisor's recommendation once its delay is over at `now` (unix seconds), before
    /// the controllers step: whose controller it was for, and whether it still fitted. What does
    /// not is dropped ([`Controller::follow`](crate::state::Controller::follow)); `None` where
    /// nothing is due.
    pub fn follow_advice(&mut self, now: i64) -> Result<Option<(Parameter, bool)>> {
        let Some(advice) = self.advice.take_due(now) else {
            return Ok(None);
        };
        let parameter = Parameter::from_index(advice.parameter)?;
        let period = self.totals.periods;
        let followed = self
            .controller_mut(parameter)?
            .follow(&advice, period, now)?;
        Ok(Some((parameter, followed)))
    }

    /// Steps one controller on a crank's snapshot and stores its state. Returns the record of the
    /// decision.
    #[inline(never)]
    pub fn regulate(
        &mut self,
        snapshot: &Snapshot,
        report: &Report,
        parameter: Parameter,
    ) -> Result<DecisionRecord> {
        let controller = self.controller_mut(parameter)?;
        let measured = |metric| Ok(report.measured(metric));
        let outcome = snapshot.decide(controller, measured, report.applied(parameter))?;
        let record = DecisionRecord::new(parameter, controller, &outcome);
        controller.remember(&outcome.step.state);
        controller.guard = (&outcome.step.guard).into();
        Ok(record)
    }

    /// The number of the period that runs, from 1.
    pub fn current_period(&self) -> u64 {
        self.totals.periods.saturating_add(1)
    }

    /// Commits a crank's snapshot and opens the next period. Returns how many tokens to mint
    /// ahead (base units).
    ///
    /// The next period ends a period after the last one did, but never sooner than half a
    /// period from now: after a late crank nobody can end several periods at once.
    pub fn roll(&mut self, snapshot: &Snapshot, report: &Report, mint_supply: u64) -> Result<u64> {
        let now = snapshot.now;
        self.stream.settle(now)?;
        self.tally = snapshot.tally;
        self.totals.supply = snapshot.supply;
        self.totals.circulating = snapshot.circulating;
        self.excluded_balance = snapshot.excluded;
        self.totals.mean_stake = report.mean_stake;
        self.totals.periods = self.current_period();
        self.period_burned = 0;
        self.yield_q64 = self.highest_yield()?;
        for (reading, measured) in self.readings.iter_mut().zip(&report.measurements) {
            *reading = measured.map_or_else(Reading::default, |m| Reading {
                // Two's complement: the bits of a negative numerator are kept.
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

    /// Spreads every staker fee that was swept and has not streamed, or streamed to an empty
    /// pool, over the next period.
    pub(super) fn stream_fees(&mut self) -> Result<()> {
        // 64 bits are more than the stream can ever pay, so the cut changes nothing and the
        // shift loses no bit.
        let swept = self.tally.swept_stakers.get().min(u128::from(u64::MAX));
        let unstreamed = (swept << 64)
            .saturating_add(self.tally.returned_fees_q64.get())
            .checked_sub(self.stream.fee_acc_q64.get())
            .ok_or(HomeostatError::InvariantViolated)?;
        // Fees beyond what the accumulators can count in the economy's life stay in the vault.
        // The emission has stopped at the present second here, until its next grant.
        let room = (u128::from(MAX_LIFETIME_STREAM) << 64)
            .saturating_sub(self.stream.fee_acc_q64.get())
            .saturating_sub(self.stream.total()?.acc_q64.get());
        self.stream
            .set_fees(unstreamed.min(room), self.limits.period)
    }

    /// What may still be burned in this period (base units, rounded down): the burn cap less
    /// what all meters together have burned since the last crank. The allowance is the
    /// economy's and no meter's, so what the same payments burn does not depend on the shards
    /// that they went through.
    pub fn burn_allowance(&self) -> u64 {
        self.burn_cap().saturating_sub(self.period_burned)
    }

    /// The burn cap of a period (base units, rounded down).
    pub fn burn_cap(&self) -> u64 {
        let cap = mul_div_floor(
            self.totals.supply,
            u64::from(self.limits.period_burn_ppm),
            PPM,
        );
        cap.unwrap_or(u64::MAX)
    }

    /// Counts `amount` base units, at most the allowance, as burned in this period.
    pub fn count_burn(&mut self, amount: u64) {
        self.period_burned = self.period_burned.saturating_add(amount);
    }

    /// Trips the economy at `now` (unix seconds): the emission stops and every controller is
    /// held, until a proposal resumes the economy.
    pub fn trip(&mut self, now: i64) -> Result<()> {
        self.stream.settle(now)?;
        self.stream.emit_until = self.stream.emit_until.min(self.stream.t0);
        if self.tripped == 0 {
            self.trips = self.trips.wrapping_add(1);
        }
        self.tripped = 1;
        Ok(())
    }
}
