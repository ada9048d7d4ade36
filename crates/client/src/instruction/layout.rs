//! Bringing accounts to the layout that the program has now.

use anchor_lang::{prelude::Pubkey, system_program};
use homeostat::{accounts, instruction as data};
use solana_program::instruction::Instruction;

use super::build;
use crate::{address::event_authority, PROGRAM_ID};

/// Brings an account of an older layout version to the present one; `payer`, who may be
/// anybody, signs and pays the rent of what is new.
///
/// Refused for accounts that are current, and for versions that the program does not know.
pub fn migrate(account: &Pubkey, payer: &Pubkey) -> Instruction {
    build(
        accounts::Migrate {
            payer: *payer,
            account: *account,
            system_program: system_program::ID,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::Migrate {},
    )
}
