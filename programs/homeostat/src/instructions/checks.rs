//! Checks of accounts: which key, which mint, which owner.
//!
//! They are Anchor's `has_one`, `token::`, `mint::` and duplicate constraints with
//! Anchor's own codes, as functions: an attribute expands at every field and reads the
//! account again each time. Handlers call their `check` before they validate.

use anchor_lang::prelude::*;

/// Refuses an account that is not the one another account names
/// (`ConstraintHasOne`). `name` is the one that names it, as in Anchor's message.
#[inline(never)]
pub fn has_one(name: &'static str, named: &Pubkey, given: &AccountInfo) -> Result<()> {
    same(ErrorCode::ConstraintHasOne, name, named, given.key)
}

/// Refuses `given` with `code` unless it is `expected`.
#[inline(never)]
pub fn same(code: ErrorCode, name: &'static str, expected: &Pubkey, given: &Pubkey) -> Result<()> {
    if expected == given {
        return Ok(());
    }
    Err(Error::from(code)
        .with_account_name(name)
        .with_pubkeys((*expected, *given)))
}

/// Refuses the same account in two places (`ConstraintDuplicateMutableAccount`):
/// a balance read before a transfer would be stale for the other place.
pub fn distinct(accounts: &[(&'static str, &Pubkey)]) -> Result<()> {
    for (index, (name, key)) in accounts.iter().enumerate() {
        let before = accounts.get(..index).unwrap_or_default();
        if before.iter().any(|(_, other)| other == key) {
            return Err(
                Error::from(ErrorCode::ConstraintDuplicateMutableAccount).with_account_name(*name)
            );
        }
    }
    Ok(())
}
