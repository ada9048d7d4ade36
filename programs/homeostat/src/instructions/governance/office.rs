//! What the guardian and the advisor do by themselves: pause, veto advice, advise.

use crate::framework::prelude::*;
use homeostat_control::Fx;

use crate::{
    error::HomeostatError,
    events::{emit, AdviceVetoed, Advised, Paused},
    instructions::{caller::*, configure::Q48, shared::*},
    state::{
        envelope::Tuning, Advice, AuditKind, AuditRecord, Controller, Council, Economy, Parameter,
        PauseReason, RoleKind, Section, Tunable,
    },
};

/// Accounts of `pause`, `advise` and `veto_advice`.
#[event_cpi]
#[derive(Accounts)]
pub struct Office<'info> {
    /// The guardian; for `advise` the advisor.
    pub signer: Signer<'info>,
    /// Live.
    #[account(mut)]
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's council.
    pub council: AccountLoader<'info, Council>,
    /// Gets the record.
    /// CHECK: by `council.audit`.
    #[account(mut)]
    pub audit: UncheckedAccount<'info>,
    /// The transaction's instructions.
    /// CHECK: by its address.
    pub instructions: UncheckedAccount<'info>,
}

impl Office<'_> {
    /// Refuses anybody but the holder of a role, and an economy that is not live.
    #[inline(never)]
    fn check(&self, role: RoleKind, nonce: Nonce) -> Result<()> {
        let economy = self.economy.open()?;
        has_one(&economy.council, self.council.as_ref())?;
        let council = self.council.open()?;
        has_one(&council.audit, &self.audit)?;
        let seat = match role {
            RoleKind::Advisor => &council.advisor.holder,
            _ => &council.guardian.holder,
        };
        ensure!(seat.key == *self.signer.key, HomeostatError::Unauthorized);
        require_caller(&self.instructions, &seat.via, nonce)?;
        economy.require_live()
    }

    fn record(&self, kind: AuditKind, clock: &Clock) -> AuditRecord {
        AuditRecord::new(kind, self.signer.key, clock)
    }
}

/// Handles `pause`.
pub fn pause(
    ctx: Context<Office>,
    section: Section,
    seconds: u32,
    reason: PauseReason,
) -> Result<()> {
    let office = ctx.accounts;
    let clock = clock()?;
    office.check(RoleKind::Guardian, Nonce::Accepted)?;
    let (old_until, new_until) = {
        let mut economy = office.economy.open_mut()?;
        let until = |economy: &Economy| {
            economy
                .pauses
                .get(section as usize)
                .map_or(0, |pause| pause.until)
        };
        let old = until(&economy);
        economy.pause(section, seconds, reason, clock.unix_timestamp)?;
        (old, until(&economy))
    };
    let mut record = office.record(AuditKind::Paused, &clock);
    record.outcome = section as u8;
    record.value = new_until;
    let record = record.append(&office.audit)?;
    emit(
        &office.event_authority,
        &Paused {
            economy: office.economy.key(),
            section,
            reason,
            old_until,
            new_until,
            record,
        },
    )
}

/// Handles `advise`.
pub fn advise(
    ctx: Context<Office>,
    parameter: Parameter,
    field: Tunable,
    value_q48: Q48,
    over_seconds: u32,
) -> Result<()> {
    let office = ctx.accounts;
    let clock = clock()?;
    office.check(RoleKind::Advisor, Nonce::Refused)?;
    let now = clock.unix_timestamp;
    let value = Fx::from_bits(value_q48);
    let eta = now.saturating_add(i64::from(office.council.open()?.delays.routine));
    let old_q48 = {
        let mut economy = office.economy.open_mut()?;
        ensure!(economy.advice.pending == 0, HomeostatError::AdvicePending);
        let controller: &Controller = economy
            .controllers
            .get(parameter.index())
            .ok_or(HomeostatError::NoSuchController)?;
        controller.envelope.require_advisable(field, value)?;
        let old = field.ramp(&controller.config).to.get().to_bits();
        // What the law refuses is refused here, not silently by the crank.
        let mut trial = *controller;
        let to = Tuning {
            field,
            value,
            over_seconds,
        };
        trial.tune(parameter, &to, now)?;
        economy.advice = Advice {
            value: value.into(),
            eta,
            over_seconds,
            parameter: parameter as u8,
            field: field as u8,
            pending: 1,
            reserved: 0,
        };
        old
    };
    let mut record = office.record(AuditKind::Advised, &clock);
    record.outcome = parameter as u8;
    record.value = eta;
    let record = record.append(&office.audit)?;
    emit(
        &office.event_authority,
        &Advised {
            economy: office.economy.key(),
            parameter,
            field,
            old_q48,
            new_q48: value_q48,
            over_seconds,
            eta,
            record,
        },
    )
}

/// Handles `veto_advice`.
pub fn veto_advice(ctx: Context<Office>) -> Result<()> {
    let office = ctx.accounts;
    let clock = clock()?;
    office.check(RoleKind::Guardian, Nonce::Accepted)?;
    let parameter = {
        let mut economy = office.economy.open_mut()?;
        let parameter = economy.advice.parameter;
        economy.advice.drop_pending()?;
        parameter
    };
    let mut record = office.record(AuditKind::AdviceVetoed, &clock);
    record.outcome = parameter;
    let record = record.append(&office.audit)?;
    emit(
        &office.event_authority,
        &AdviceVetoed {
            economy: office.economy.key(),
            record,
        },
    )
}
