//! Stops the emission when a vault holds less than the economy owes from it.
//! Anyone may; a solvent economy refuses. Exits stay open, resuming is for people.

use crate::framework::prelude::*;

use super::gather::{self, Touch};
use crate::{
    error::{refuse, HomeostatError},
    events::{emit_outcome, BreakerTripped},
    instructions::shared::*,
    state::{AuditKind, AuditRecord, Council, Economy, Meter, Pool},
};

/// Accounts of `trip_breaker`; after them, for the reward vault what [`gather`]
/// reads, for a principal vault its pool, for a fee vault its meter.
#[event_cpi]
#[derive(Accounts)]
pub struct TripBreaker<'info> {
    /// Live.
    #[account(mut)]
    pub economy: AccountLoader<'info, Economy>,
    /// The vault that is short.
    /// CHECK: the vault that is short; compared with what is known by its owner.
    pub vault: UncheckedAccount<'info>,
    /// The economy's council.
    pub council: AccountLoader<'info, Council>,
    /// Gets the record.
    /// CHECK: by `council.audit`.
    #[account(mut)]
    pub audit: UncheckedAccount<'info>,
}

impl<'info> TripBreaker<'info> {
    fn check(&self) -> Result<()> {
        let economy = self.economy.open()?;
        economy.require_live()?;
        has_one(&economy.council, self.council.as_ref())?;
        has_one(&self.council.open()?.audit, &self.audit)
    }

    /// What the vault must hold at least (base units).
    #[inline(never)]
    fn liability(&self, remaining: &'info [AccountInfo<'info>], now: i64) -> Result<u64> {
        let economy = self.economy.open()?;
        if self.vault.key() == economy.reward_vault {
            let (tally, ..) = gather::tally(&economy, remaining, Touch::Preview, now)?;
            return Economy::reward_liability(&tally, economy.totals.supplied);
        }
        let [part] = remaining else {
            return Err(refuse(HomeostatError::WrongVault));
        };
        if part.try_borrow_data()?.starts_with(Pool::DISCRIMINATOR) {
            let pool = loader::<Pool>(part)?;
            let pool = pool.open()?;
            ensure!(
                pool.economy == self.economy.key() && pool.principal_vault == self.vault.key(),
                HomeostatError::WrongVault
            );
            return pool.liability();
        }
        let meter = loader::<Meter>(part)?;
        let meter = meter.open()?;
        ensure!(
            meter.economy == self.economy.key() && meter.vault == self.vault.key(),
            HomeostatError::WrongVault
        );
        meter.liability()
    }

    fn apply(&self, held: u64, liability: u64, clock: &Clock) -> Result<BreakerTripped> {
        let mut economy = self.economy.open_mut()?;
        let old_emit_until = economy.stream.emit_until;
        economy.trip(clock.unix_timestamp)?;
        let mut record = AuditRecord::new(AuditKind::Tripped, &Pubkey::default(), clock);
        record.subject = self.vault.key();
        record.value = i64::try_from(liability.saturating_sub(held)).unwrap_or(i64::MAX);
        let record = record.append(&self.audit)?;
        Ok(BreakerTripped {
            economy: self.economy.key(),
            vault: self.vault.key(),
            held,
            liability,
            old_emit_until,
            new_emit_until: economy.stream.emit_until,
            record,
        })
    }
}

/// Handles `trip_breaker`.
pub fn trip_breaker<'info>(ctx: Context<'info, TripBreaker<'info>>) -> Result<()> {
    let clock = clock()?;
    ctx.accounts.check()?;
    let liability = ctx
        .accounts
        .liability(ctx.remaining_accounts, clock.unix_timestamp)?;
    let held = balance(&ctx.accounts.vault)?;
    ensure!(held < liability, HomeostatError::VaultSolvent);
    emit_outcome(
        &ctx.accounts.event_authority,
        &ctx.accounts.apply(held, liability, &clock),
    )
}
