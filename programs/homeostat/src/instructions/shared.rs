//! What several instructions do the same way: the clock and the keeper's vault.

use crate::framework::prelude::*;

pub use super::{checks::*, creation::*, loader::Open, tokens::*};
use crate::{
    error::{refuse, HomeostatError},
    seeds,
    state::{council::Permit, Council, Economy, Life},
};

/// The cluster's clock.
#[inline(never)]
pub fn clock() -> Result<Clock> {
    Ok(Clock::get()?)
}

/// The cluster's time (unix seconds).
#[inline(never)]
pub fn now() -> Result<i64> {
    Ok(clock()?.unix_timestamp)
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

/// Lets the creator build a Draft, and anyone build in a live economy what a proposal
/// allowed: `take` uses the permit up, or answers that it does not cover this.
#[inline(never)]
pub fn require_permit<'info>(
    economy: &Economy,
    signer: &Pubkey,
    council: Option<&AccountLoader<'info, Council>>,
    take: impl FnOnce(&mut Permit) -> Option<()>,
) -> Result<()> {
    if economy.life == Life::Draft as u8 {
        return economy.require_creator(signer);
    }
    economy.require_live()?;
    let council = council.ok_or_else(|| refuse(HomeostatError::NotPermitted))?;
    has_one(&economy.council, council.as_ref())?;
    let mut council = council.open_mut()?;
    take(&mut council.permit).ok_or_else(|| refuse(HomeostatError::NotPermitted))?;
    council.invariant()
}
