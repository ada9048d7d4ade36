//! Makes room for more records in the decision log or in the audit log. Anyone may call it and
//! pays the rent.

use anchor_lang::{prelude::*, Discriminator};

use crate::{
    constants::LOG_MAX_CAPACITY,
    error::{check, HomeostatError},
    events::{publish, LogGrown},
    instructions::lamports::grow,
    state::{
        log::{Place, Ring},
        AuditLog, DecisionLog, Economy,
    },
};

/// Most bytes that the runtime lets an account grow by in one instruction.
const MAX_GROWTH: usize = 10_240;

/// Accounts of `grow_log`.
#[event_cpi]
#[derive(Accounts)]
pub struct GrowLog<'info> {
    /// Pays the rent of the new slots; anyone.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The economy that the log belongs to.
    pub economy: AccountLoader<'info, Economy>,
    /// The log that grows: the economy's decision log or its audit log.
    /// CHECK: an account of the program; which of the two logs it is, and of which economy,
    /// its discriminator and its header say.
    #[account(
        mut,
        owner = crate::ID @ ErrorCode::AccountOwnedByWrongProgram,
        constraint = Ring::header(&log.try_borrow_data()?)?.economy == economy.key()
            @ ErrorCode::ConstraintHasOne,
    )]
    pub log: UncheckedAccount<'info>,
    /// The system program, which moves the rent.
    pub system_program: Program<'info, System>,
}

impl GrowLog<'_> {
    /// The rings of the log, which have equally many slots, and how many so far. Refuses an
    /// account that is neither log (`AccountDiscriminatorMismatch`).
    fn measure(&self) -> Result<(&'static [Place], u32)> {
        let data = self.log.try_borrow_data()?;
        let rings: &[Place] = if data.starts_with(DecisionLog::DISCRIMINATOR) {
            &[Place::DECISIONS]
        } else {
            require!(
                data.starts_with(AuditLog::DISCRIMINATOR),
                ErrorCode::AccountDiscriminatorMismatch
            );
            &[AuditLog::DECISIONS, AuditLog::ACTS]
        };
        Ok((rings, Ring::header(&data)?.ring.allocated))
    }

    /// The number of slots from now on: `slots` more, up to `LOG_MAX_CAPACITY`. Refuses a
    /// log of that size (`LogAtCapacity`), none, and more bytes than an account can grow by
    /// at once (`InvalidParameter`); a product that saturates is more as well. The cast
    /// widens.
    fn validate(slots: u32, slot: usize, old: u32) -> Result<u32> {
        require!(old < LOG_MAX_CAPACITY, HomeostatError::LogAtCapacity);
        let growth = slot.saturating_mul(slots as usize);
        check("slots", (1..=MAX_GROWTH).contains(&growth))?;
        Ok(old.saturating_add(slots).min(LOG_MAX_CAPACITY))
    }

    fn apply(&self, first: &Place, rings: &[Place], slots: u32) -> Result<()> {
        let space = Ring::space(first.slots, first.stride, slots);
        grow(&self.log, &self.payer, &self.system_program, space)?;
        // A ring begins to use the new slots when it would wrap next.
        let mut data = self.log.try_borrow_mut_data()?;
        for place in rings {
            Ring::split(&mut data, place)?.0.allocated = slots;
        }
        Ok(())
    }
}

/// Anyone calls it and pays the rent of the new slots.
///
/// 1. Refuses a log at its largest capacity, and more slots than fit one instruction.
/// 2. Grows the account and counts its slots.
/// 3. Publishes how many slots the log has.
pub fn grow_log(ctx: Context<GrowLog>, slots: u32) -> Result<()> {
    let accounts = &ctx.accounts;
    let (rings, old_slots) = accounts.measure()?;
    let first = rings.first().ok_or(HomeostatError::InvariantViolated)?;
    let new_slots = GrowLog::validate(slots, first.stride, old_slots)?;
    accounts.apply(first, rings, new_slots)?;
    publish(
        &ctx.accounts.event_authority,
        &LogGrown {
            economy: accounts.economy.key(),
            log: accounts.log.key(),
            old_slots,
            new_slots,
        },
    )
}
