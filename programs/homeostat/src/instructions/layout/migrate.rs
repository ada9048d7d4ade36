//! Brings an account of an older layout to the present one, in one transaction. Anyone
//! may, who pays the rent that a larger layout needs.

use anchor_lang::prelude::*;

use crate::{
    events::Migrated,
    instructions::lamports::grow,
    state::layout::{Known, DISCRIMINATOR_LEN},
};

/// Accounts of `migrate`.
#[event_cpi]
#[derive(Accounts)]
pub struct Migrate<'info> {
    /// Pays the rent of what is new; anyone.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// The account that is brought up to date.
    /// CHECK: any account of the program: its own first bytes say which type and layout
    /// version it has, and no other program can have written them.
    #[account(mut, owner = crate::ID @ ErrorCode::AccountOwnedByWrongProgram)]
    pub account: UncheckedAccount<'info>,
    /// The system program, which moves the rent.
    pub system_program: Program<'info, System>,
}

impl Migrate<'_> {
    /// Applies every step there is; each starts from what the one before left.
    #[inline(never)]
    fn apply(&self, now: i64) -> Result<Migrated> {
        let (known, old_version) = Known::read(&self.account.try_borrow_data()?)?;
        let mut version = old_version;
        loop {
            let step = known.step(version)?;
            let old = self.account.data_len();
            let space = step.space(&self.account.try_borrow_data()?)?;
            grow(&self.account, &self.payer, &self.system_program, space)?;
            let mut data = self.account.try_borrow_mut_data()?;
            step.apply(&mut data, old)?;
            version = version.saturating_add(1);
            if version == known.version {
                let state = data.get(DISCRIMINATOR_LEN..).unwrap_or_default();
                (step.invariant)(state, now)?;
                return Ok(Migrated {
                    kind: known.kind,
                    account: self.account.key(),
                    old_version,
                    new_version: version,
                });
            }
        }
    }
}

/// Handles `migrate`.
pub fn migrate(ctx: Context<Migrate>) -> Result<()> {
    let event = ctx.accounts.apply(Clock::get()?.unix_timestamp)?;
    emit_cpi!(event);
    Ok(())
}
