//! The council, and the roles that it offers.

use anchor_lang::{prelude::Pubkey, system_program};
use homeostat::{
    accounts, instruction as data,
    state::{CouncilArgs, RoleKind},
};
use solana_program::{instruction::Instruction, sysvar};

use crate::{
    address::{event_authority, EconomyAddresses},
    instruction::build,
    PROGRAM_ID,
};

/// Creates a Draft's council and its audit log, or sets the council up anew; `creator` signs and
/// pays the rent.
///
/// Refused for a threshold or delays (seconds) out of range, and for the same key twice.
pub fn create_council(at: &EconomyAddresses, creator: &Pubkey, args: CouncilArgs) -> Instruction {
    build(
        accounts::CreateCouncil {
            creator: *creator,
            economy: at.economy,
            council: at.council,
            audit: at.audit,
            system_program: system_program::ID,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::CreateCouncil { args },
    )
}

/// Accepts a role that a proposal offered: guardian, advisor or a seat; `holder`, to whom it was
/// offered, signs.
pub fn accept_role(at: &EconomyAddresses, holder: &Pubkey, role: RoleKind) -> Instruction {
    build(
        accounts::AcceptRole {
            signer: *holder,
            council: at.council,
            audit: at.audit,
            instructions: sysvar::instructions::ID,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::AcceptRole { role },
    )
}
