//! What happens to the layout of accounts.

use anchor_lang::prelude::*;

use crate::state::AccountKind;

/// An account was brought to the present layout.
#[event]
pub struct Migrated {
    /// The type of the account.
    pub kind: AccountKind,
    /// The account that was migrated.
    pub account: Pubkey,
    /// The layout version before the migration.
    pub old_version: u8,
    /// The layout version after the migration.
    pub new_version: u8,
}
