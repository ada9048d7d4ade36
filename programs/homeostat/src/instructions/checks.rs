//! Checks of accounts: which key, which mint, which owner.
//!
//! They are Anchor's `has_one`, `token::`, `mint::` and duplicate constraints with
//! Anchor's own codes, as functions: an attribute expands at every field and reads the
//! account again each time. Handlers call their `check` before they validate.

use crate::{error::refuse, framework::prelude::*};

/// Refuses an account that is not the one another account names (`ConstraintHasOne`);
/// the log has both.
#[inline(never)]
pub fn has_one(named: &Pubkey, given: &AccountInfo) -> Result<()> {
    if same_key(named, given.key) {
        return Ok(());
    }
    Err(refuse(ErrorCode::ConstraintHasOne).with_pubkeys((*named, *given.key)))
}

/// Refuses `given` with `code` unless it is `expected`; the log names it and has both.
#[inline(never)]
pub fn same(code: ErrorCode, name: &'static str, expected: &Pubkey, given: &Pubkey) -> Result<()> {
    if same_key(expected, given) {
        return Ok(());
    }
    Err(refuse(code)
        .with_account_name(name)
        .with_pubkeys((*expected, *given)))
}

/// Whether two keys are equal, word by word: `==` is a call to `memcmp`, which costs 65
/// compute units more.
#[inline(always)]
pub fn same_key(a: &Pubkey, b: &Pubkey) -> bool {
    let words = |key: &Pubkey| bytemuck::cast::<[u8; 32], [u64; 4]>(key.to_bytes());
    let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (words(a), words(b));
    a0 == b0 && a1 == b1 && a2 == b2 && a3 == b3
}

/// Refuses the same account in two places (`ConstraintDuplicateMutableAccount`):
/// a balance read before a transfer would be stale for the other place.
pub fn distinct(accounts: &[(&'static str, &Pubkey)]) -> Result<()> {
    for (index, (name, key)) in accounts.iter().enumerate() {
        let before = accounts.get(..index).unwrap_or_default();
        if before.iter().any(|(_, other)| other == key) {
            let error = refuse(ErrorCode::ConstraintDuplicateMutableAccount);
            return Err(error.with_account_name(name));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_differ_in_one_bit_are_not_the_same() {
        let key = Pubkey::new_unique();
        assert!(same_key(&key, &key.clone()));
        for bit in 0..256 {
            let mut other = key.to_bytes();
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(!same_key(&key, &Pubkey::from(other)), "bit {bit}");
        }
    }
}
