//! Trips the economy when a vault contains less than the economy owes from it: the emission
//! stops and every controller is held. Anyone may call it; a solvent vault is refused. Exits
//! stay open, and only a proposal resumes the economy.

use anchor_lang::{prelude::*, Discriminator};
use anchor_spl::token_interface::TokenAccount;

use super::gather;
use crate::{
    error::HomeostatError,
    events::{publish, BreakerTripped},
    state::{AuditKind, AuditLog, AuditRecord, Council, Economy, Meter, Pool},
};

/// Accounts of `trip_breaker`; after them, for the reward vault what [`gather`]
/// reads, for a principal vault its pool, for a fee vault its meter.
#[event_cpi]
#[derive(Accounts)]
pub struct TripBreaker<'info> {
    /// The economy; it must be live.
    #[account(mut, has_one = council)]
    pub economy: AccountLoader<'info, Economy>,
    /// The vault that is short: the economy's reward vault, or the vault of the pool or
    /// meter that is passed after the fixed accounts.
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The council of the economy.
    #[account(has_one = audit)]
    pub council: AccountLoader<'info, Council>,
    /// The council's audit log, which gets the record.
    #[account(mut)]
    pub audit: AccountLoader<'info, AuditLog>,
}

impl<'info> TripBreaker<'info> {
    /// The vault's least balance (base units). Refuses a vault that is not the economy's
    /// (`WrongVault`): otherwise anybody could trip it with an empty token account of their
    /// own.
    #[inline(never)]
    fn liability(&self, remaining: &'info [AccountInfo<'info>], now: i64) -> Result<u64> {
        let economy = self.economy.load()?;
        economy.require_live()?;
        let (economy_key, vault) = (self.economy.key(), self.vault.key());
        if vault == economy.reward_vault {
            let now = economy.stream.time(now);
            let (tally, ..) = gather::tally(&economy, remaining, now)?;
            return Economy::reward_liability(&tally, economy.totals.supplied);
        }
        let [part] = remaining else {
            return Err(error!(HomeostatError::WrongVault));
        };
        let is_pool = part.try_borrow_data()?.starts_with(Pool::DISCRIMINATOR);
        let (owner, named, liability) = if is_pool {
            let pool = AccountLoader::<Pool>::try_from(part)?;
            let pool = pool.load()?;
            (pool.economy, pool.principal_vault, pool.liability()?)
        } else {
            let meter = AccountLoader::<Meter>::try_from(part)?;
            let meter = meter.load()?;
            (meter.economy, meter.vault, meter.liability()?)
        };
        require!(
            owner == economy_key && named == vault,
            HomeostatError::WrongVault
        );
        Ok(liability)
    }

    /// Trips the economy and records it. The audit record's value is the shortfall (base
    /// units).
    fn apply(&self, liability: u64, clock: &Clock) -> Result<BreakerTripped> {
        let balance = self.vault.amount;
        let mut economy = self.economy.load_mut()?;
        let old_emit_until = economy.stream.emit_until;
        economy.trip(clock.unix_timestamp)?;
        let mut record = AuditRecord::new(AuditKind::Tripped, &Pubkey::default(), clock);
        record.subject = self.vault.key();
        // A shortfall above 63 bits is recorded as the highest number.
        record.value = i64::try_from(liability.saturating_sub(balance)).unwrap_or(i64::MAX);
        Ok(BreakerTripped {
            economy: self.economy.key(),
            vault: self.vault.key(),
            balance,
            liability,
            old_emit_until,
            new_emit_until: economy.stream.emit_until,
            record: record.append(&self.audit)?,
        })
    }
}

/// Anyone calls it.
///
/// 1. Computes what the vault should contain at least, and refuses one that does.
/// 2. Trips the economy, and records it in the audit log.
/// 3. Publishes the shortfall.
pub fn trip_breaker<'info>(ctx: Context<'info, TripBreaker<'info>>) -> Result<()> {
    let accounts = &ctx.accounts;
    let clock = Clock::get()?;
    let liability = accounts.liability(ctx.remaining_accounts, clock.unix_timestamp)?;
    require!(
        accounts.vault.amount < liability,
        HomeostatError::VaultSolvent
    );
    let event = accounts.apply(liability, &clock)?;
    publish(&ctx.accounts.event_authority, &event)
}
