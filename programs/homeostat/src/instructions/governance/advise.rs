//! The advisor recommends a value; a crank applies it after the Routine delay unless the
//! guardian vetoes it.

use anchor_lang::prelude::*;
use homeostat_control::Fx;

use super::Office;
use crate::{
    error::HomeostatError,
    events::{publish, Advised},
    state::{envelope::Tuning, Advice, AuditKind, AuditRecord, Controller, Parameter, Tunable},
};

impl Office<'_> {
    #[inline(never)]
    fn advise(&self, parameter: Parameter, to: &Tuning, clock: &Clock) -> Result<Advised> {
        let now = clock.unix_timestamp;
        let eta = now.saturating_add(i64::from(self.council.load()?.delays.routine));
        let mut economy = self.economy.load_mut()?;
        require!(economy.advice.pending == 0, HomeostatError::AdvicePending);
        let old = validate_advice(economy.controller(parameter)?, parameter, to, now)?;
        economy.advice = Advice {
            value: to.value.into(),
            eta,
            over_seconds: to.over_seconds,
            parameter: parameter as u8,
            field: to.field as u8,
            pending: 1,
            reserved: 0,
        };
        let mut record = AuditRecord::new(AuditKind::Advised, self.signer.key, clock);
        record.outcome = parameter as u8;
        record.value = eta;
        Ok(Advised {
            economy: self.economy.key(),
            parameter,
            field: to.field,
            old_q48: old.to_bits(),
            new_q48: to.value.to_bits(),
            over_seconds: to.over_seconds,
            eta,
            record: record.append(&self.audit)?,
        })
    }
}

/// The target so far of the quantity that is to be moved. Refuses a value outside the
/// advisor's range (`OutsideAdvice`), and one that the control law refuses on a copy of the
/// controller: the advisor gets the error here, where a crank would only drop the advice.
#[inline(never)]
fn validate_advice(
    controller: &Controller,
    parameter: Parameter,
    to: &Tuning,
    now: i64,
) -> Result<Fx> {
    let (envelope, config) = (&controller.envelope, &controller.config);
    envelope.require_advisable(config, to.field, to.value)?;
    let mut trial = *controller;
    trial.tune(parameter, to, now)?;
    Ok(to.field.ramp(&controller.config).to.get())
}

/// The advisor calls it. `value_q48` is the target (x 2^48), which a ramp of `over_seconds`
/// leads to.
///
/// 1. Refuses while other advice is pending, and a value outside the advisor's range.
/// 2. Stores the advice with its eta.
/// 3. Records it in the audit log and publishes it.
pub fn advise(
    ctx: Context<Office>,
    parameter: Parameter,
    field: Tunable,
    value_q48: i128,
    over_seconds: u32,
) -> Result<()> {
    ctx.accounts.validate_advisor()?;
    let to = Tuning {
        field,
        value: Fx::from_bits(value_q48),
        over_seconds,
    };
    let event = ctx.accounts.advise(parameter, &to, &Clock::get()?)?;
    publish(&ctx.accounts.event_authority, &event)
}
