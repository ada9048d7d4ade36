//! Who may add a pool, a meter or a feed: to a Draft the creator; to a live economy anyone,
//! if a proposal allowed it.

use anchor_lang::prelude::*;

use crate::{
    error::HomeostatError,
    state::{council::Permit, Council, Economy, Life},
};

/// Refuses a signer who may not add a part now (`Unauthorized`, `NotLive`, `NotPermitted`).
/// In a live economy `consume` uses the permit up, so that one proposal allows one part, or
/// returns `None` if the permit does not cover this part.
#[inline(never)]
pub fn require_permit<'info>(
    economy: &Economy,
    signer: &Signer<'info>,
    council: Option<&AccountLoader<'info, Council>>,
    consume: impl FnOnce(&mut Permit) -> Option<()>,
) -> Result<()> {
    if economy.life == Life::Draft as u8 {
        return economy.require_creator(signer.key);
    }
    economy.require_live()?;
    let council = council.ok_or(HomeostatError::NotPermitted)?;
    let mut council = council.load_mut()?;
    consume(&mut council.permit).ok_or(HomeostatError::NotPermitted)?;
    council.invariant()
}
