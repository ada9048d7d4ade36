//! Brings an account of an older layout to the present one, in one transaction. Anyone
//! may, who pays the rent that a larger layout needs.

use crate::framework::prelude::*;

use crate::{
    events::{emit_outcome, Migrated},
    instructions::shared::*,
    state::layout::{Known, MARK},
};

/// Accounts of `migrate`.
#[event_cpi]
#[derive(Accounts)]
pub struct Migrate<'info> {
    /// Pays the rent of what is new.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// Brought up to date.
    /// CHECK: by its owner, its type and its layout version.
    #[account(mut)]
    pub account: UncheckedAccount<'info>,
    /// Moves the rent.
    pub system_program: Program<'info, System>,
}

impl Migrate<'_> {
    fn check(&self) -> Result<()> {
        same(
            ErrorCode::AccountOwnedByWrongProgram,
            "account",
            &crate::ID,
            self.account.owner,
        )
    }

    /// Takes every step there is; each starts from what the one before left.
    #[inline(never)]
    fn apply(&self) -> Result<Migrated> {
        let (known, old_version) = Known::read(&self.account.try_borrow_data()?)?;
        let mut version = old_version;
        loop {
            let step = known.step(version)?;
            let old = self.account.data_len();
            let space = step.space(&self.account.try_borrow_data()?)?;
            let missing = rent_of(space)?.saturating_sub(self.account.lamports());
            transfer_lamports(&self.payer, &self.account, missing, &[])?;
            self.account.resize(space)?;
            let mut data = self.account.try_borrow_mut_data()?;
            step.take(&mut data, old)?;
            version = version.saturating_add(1);
            if version == known.version {
                (step.invariant)(data.get(MARK..).unwrap_or_default(), now()?)?;
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
    ctx.accounts.check()?;
    emit_outcome(&ctx.accounts.event_authority, &ctx.accounts.apply())
}
