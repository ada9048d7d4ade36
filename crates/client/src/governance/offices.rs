//! What the guardian and the advisor do by themselves.

use anchor_lang::prelude::Pubkey;
use homeostat::{
    accounts, instruction as data,
    state::{Parameter, PauseReason, Section, Tunable},
};
use solana_program::{instruction::Instruction, sysvar};

use crate::{
    address::{event_authority, EconomyAddresses},
    instruction::build,
    PROGRAM_ID,
};

/// What the guardian and the advisor need for whatever they do alone.
fn office(at: &EconomyAddresses, signer: &Pubkey) -> accounts::Office {
    accounts::Office {
        signer: *signer,
        economy: at.economy,
        council: at.council,
        audit: at.audit,
        instructions: sysvar::instructions::ID,
        event_authority: event_authority(),
        program: PROGRAM_ID,
    }
}

/// Recommends a setpoint (a fraction) or a bias (ppm), both x 2^48 (see [`q48`](super::q48)), to
/// be reached over `over_seconds`; `advisor` signs. A crank applies it after the Routine delay.
///
/// Refused outside the range that the council allowed, and while other advice is pending.
pub fn advise(
    at: &EconomyAddresses,
    advisor: &Pubkey,
    parameter: Parameter,
    field: Tunable,
    value_q48: i128,
    over_seconds: u32,
) -> Instruction {
    build(
        office(at, advisor),
        data::Advise {
            parameter,
            field,
            value_q48,
            over_seconds,
        },
    )
}

/// Drops pending advice before a crank applies it; `guardian` signs.
pub fn veto_advice(at: &EconomyAddresses, guardian: &Pubkey) -> Instruction {
    build(office(at, guardian), data::VetoAdvice {})
}

/// Pauses a section for `seconds` from now on, at most what its budget holds; `guardian` signs.
/// Exits and governance never pause.
pub fn pause(
    at: &EconomyAddresses,
    guardian: &Pubkey,
    section: Section,
    seconds: u32,
    reason: PauseReason,
) -> Instruction {
    build(
        office(at, guardian),
        data::Pause {
            section,
            seconds,
            reason,
        },
    )
}
