//! Events: every state change except payments is published by a call of the program to
//! itself, with old and new values. Logs can be cut off by other instructions of the
//! transaction; the data of an inner instruction cannot.
//!
//! The files are the families of `instructions/`. Tokens are in base units of their mint,
//! times in unix seconds, shares in ppm.

mod control;
mod economy;
mod fees;
mod governance;
mod layout;
mod staking;

pub use control::*;
pub use economy::*;
pub use fees::*;
pub use governance::*;
pub use layout::*;
pub use staking::*;

use anchor_lang::{
    event::EVENT_IX_TAG_LE,
    prelude::*,
    solana_program::{instruction::Instruction, program::invoke_signed_unchecked},
    Event,
};

/// Room for most events; a larger one makes the buffer grow.
const EVENT_CAPACITY: usize = 512;

/// Publishes an event exactly as Anchor's `emit_cpi!` does, whose readers read it:
/// `authority` is the account `event_authority` of `#[event_cpi]`.
///
/// The macro joins tag and event byte by byte, at eight compute units each: a crank's
/// event of 1.9 KB would cost 15,000 more. It also puts the whole call into every handler.
pub fn publish<E: Event>(authority: &AccountInfo, event: &E) -> Result<()> {
    let mut data = Vec::with_capacity(EVENT_CAPACITY);
    data.extend_from_slice(EVENT_IX_TAG_LE);
    data.extend_from_slice(E::DISCRIMINATOR);
    event.serialize(&mut data)?;
    publish_data(authority, data)
}

#[inline(never)]
fn publish_data(authority: &AccountInfo, data: Vec<u8>) -> Result<()> {
    let call = Instruction {
        program_id: crate::ID,
        accounts: vec![AccountMeta::new_readonly(*authority.key, true)],
        data,
    };
    let seeds: [&[u8]; 2] = [b"__event_authority", &[crate::EVENT_AUTHORITY_AND_BUMP.1]];
    // Unchecked means that no account is asked whether it is borrowed: the authority has no
    // data, and the call reads none.
    Ok(invoke_signed_unchecked(
        &call,
        core::slice::from_ref(authority),
        &[&seeds],
    )?)
}
