//! Calls of other programs, one copy of the code for all.

use anchor::solana_program::{instruction::Instruction, program::invoke_signed};

use crate::framework::prelude::*;

/// An account with its role in a call.
pub struct Role<'a, 'info> {
    info: &'a AccountInfo<'info>,
    writable: bool,
    signer: bool,
}

/// May be written.
pub fn writable<'a, 'info>(info: &'a AccountInfo<'info>) -> Role<'a, 'info> {
    Role {
        info,
        writable: true,
        signer: false,
    }
}

/// Is read.
pub fn readonly<'a, 'info>(info: &'a AccountInfo<'info>) -> Role<'a, 'info> {
    Role {
        info,
        writable: false,
        signer: false,
    }
}

/// Signs, and is read.
pub fn signer<'a, 'info>(info: &'a AccountInfo<'info>) -> Role<'a, 'info> {
    Role {
        info,
        writable: false,
        signer: true,
    }
}

/// Signs, and may be written.
pub fn payer<'a, 'info>(info: &'a AccountInfo<'info>) -> Role<'a, 'info> {
    Role {
        info,
        writable: true,
        signer: true,
    }
}

/// Calls `program`; `seeds` are those of the derived addresses that sign.
#[inline(never)]
pub fn call<'info>(
    program: &Pubkey,
    roles: &[Role<'_, 'info>],
    data: &[u8],
    seeds: &[&[&[u8]]],
) -> Result<()> {
    let mut accounts = Vec::with_capacity(roles.len());
    let mut infos = Vec::with_capacity(roles.len());
    for role in roles {
        accounts.push(AccountMeta {
            pubkey: *role.info.key,
            is_signer: role.signer,
            is_writable: role.writable,
        });
        infos.push(role.info.clone());
    }
    let instruction = Instruction {
        program_id: *program,
        accounts,
        data: data.to_vec(),
    };
    invoke_signed(&instruction, &infos, seeds).map_err(Into::into)
}
