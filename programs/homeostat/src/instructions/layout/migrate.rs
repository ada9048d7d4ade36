//! Brings an account of an older layout to the present one, in one transaction. Anyone may
//! call it and pays the rent that a larger layout needs.

use anchor_lang::prelude::*;

use crate::{
    events::{publish, Migrated},
    instructions::lamports::grow,
    state::layout::{Known, DISCRIMINATOR_LEN},
};

/// Accounts of `migrate`.
#[event_cpi]
#[derive(Accounts)]
pub struct Migrate<'info> {
    /// Pays the rent of the added bytes; anyone.
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
    /// Applies every step from the account's version to the present one, each to the result of
    /// the one before, then checks the invariant.
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

/// Anyone calls it and pays the rent of the added bytes.
///
/// 1. Refuses an account that is current, and a version that this release does not know.
/// 2. Applies every step up to the present version, and checks the invariant.
/// 3. Publishes both versions.
pub fn migrate(ctx: Context<Migrate>) -> Result<()> {
    let event = ctx.accounts.apply(Clock::get()?.unix_timestamp)?;
    publish(&ctx.accounts.event_authority, &event)
}
