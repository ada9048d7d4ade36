//! What several instructions do the same way: the clock and the keeper's vault.

use anchor_lang::prelude::*;

pub use super::{checks::*, creation::*, tokens::*};
use crate::seeds;

/// The cluster's time (unix seconds).
pub fn now() -> Result<i64> {
    Ok(Clock::get()?.unix_timestamp)
}

/// Moves lamports out of an economy's keeper vault.
pub fn pay_from_keeper_vault<'info>(
    vault: &AccountInfo<'info>,
    to: &AccountInfo<'info>,
    economy: &Pubkey,
    bump: u8,
    lamports: u64,
) -> Result<()> {
    let seeds: [&[u8]; 3] = [seeds::KEEPER, economy.as_ref(), &[bump]];
    transfer_lamports(vault, to, lamports, &[&seeds])
}
