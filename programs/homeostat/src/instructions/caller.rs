//! Which program called an instruction of governance, and from where.
//!
//! Members sign transactions themselves, or act through the one program that their seat
//! names, such as a multisig's. No other program may call for them, so that a signature
//! given to a malicious program cannot be passed on to governance; and a signature that
//! never expires (durable nonce) is refused, so that nobody can hold one back until it
//! does harm.

use anchor_lang::{prelude::*, solana_program::instruction::get_stack_height};
use solana_program::sysvar::instructions::{
    load_current_index_checked, load_instruction_at_checked,
};

use crate::error::HomeostatError;

/// The first bytes of the system program's AdvanceNonceAccount instruction. A transaction uses
/// a durable nonce exactly when this is its first instruction.
const ADVANCE_NONCE: [u8; 4] = 4u32.to_le_bytes();

/// Whether a transaction with a durable nonce is accepted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Nonce {
    /// It is accepted: a pause and a veto may be signed in advance, because they only stop
    /// things.
    Accepted,
    /// It is refused (`DurableNonceForbidden`).
    Refused,
}

/// Refuses a durable nonce where `nonce` says so (`DurableNonceForbidden`), a call through
/// another program than `via`, and a call through `via` from anywhere but the top of the
/// transaction (`CpiForbidden`). The default address as `via` stands for no program: the
/// instruction itself must be at the top.
///
/// `sysvar` is the instructions sysvar; another account is refused (`UnsupportedSysvar`).
#[inline(never)]
pub fn require_caller(sysvar: &AccountInfo, via: &Pubkey, nonce: Nonce) -> Result<()> {
    require!(
        nonce == Nonce::Accepted || !has_durable_nonce(sysvar)?,
        HomeostatError::DurableNonceForbidden
    );
    let allowed = if *via == Pubkey::default() {
        get_stack_height() == 1
    } else {
        get_stack_height() == 2 && top_level_program(sysvar)? == *via
    };
    require!(allowed, HomeostatError::CpiForbidden);
    Ok(())
}

/// True when the transaction's first instruction advances a nonce.
fn has_durable_nonce(sysvar: &AccountInfo) -> Result<bool> {
    let first = load_instruction_at_checked(0, sysvar)?;
    Ok(first.program_id == System::id() && first.data.starts_with(&ADVANCE_NONCE))
}

/// The program of the transaction's instruction that is running: the program at the top, from
/// which every further call came.
fn top_level_program(sysvar: &AccountInfo) -> Result<Pubkey> {
    let index = load_current_index_checked(sysvar)?;
    Ok(load_instruction_at_checked(usize::from(index), sysvar)?.program_id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use solana_instruction::{BorrowedAccountMeta, BorrowedInstruction};
    use solana_instructions_sysvar::{construct_instructions_data, store_current_index_checked};
    use solana_program::sysvar::{self, instructions};

    /// A program and its data for each instruction of a transaction.
    type Instructions<'a> = &'a [(Pubkey, &'a [u8])];

    /// Calls `ask` with the sysvar of a transaction, as the runtime writes it while the
    /// instruction at `current` is running.
    fn ask<T>(
        transaction: Instructions,
        current: u16,
        ask: impl Fn(&AccountInfo) -> Result<T>,
    ) -> T {
        let other = Pubkey::new_unique();
        let account = || BorrowedAccountMeta {
            pubkey: &other,
            is_signer: false,
            is_writable: true,
        };
        let instructions: Vec<_> = transaction
            .iter()
            .enumerate()
            .map(|(count, (program_id, data))| BorrowedInstruction {
                program_id,
                accounts: (0..count * 2).map(|_| account()).collect(),
                data,
            })
            .collect();
        let mut data = construct_instructions_data(&instructions);
        store_current_index_checked(&mut data, current).unwrap();
        let (key, owner, mut lamports) = (instructions::ID, sysvar::ID, 1);
        let info = AccountInfo::new(&key, false, false, &mut lamports, &mut data, &owner, false);
        ask(&info).unwrap()
    }

    #[test]
    fn a_nonce_counts_in_the_first_instruction_only_and_of_the_system_program_only() {
        // given instructions that advance a nonce, and some that only look like it
        let (system, other) = (System::id(), Pubkey::new_unique());
        let advance: &[u8] = &[4, 0, 0, 0];
        let rows: [(Instructions, bool); 6] = [
            (&[(system, advance)], true),
            (&[(system, advance), (other, &[7; 40])], true),
            (&[(other, &[7; 40]), (system, advance)], false),
            (&[(other, advance)], false),
            (&[(system, &[2, 0, 0, 0])], false),
            (&[(system, &[])], false),
        ];
        for (row, (transaction, expected)) in rows.into_iter().enumerate() {
            // when the transaction is asked, whichever of its instructions is running
            for current in 0..transaction.len() as u16 {
                // then only the first instruction of the system program makes it durable
                assert_eq!(
                    ask(transaction, current, has_durable_nonce),
                    expected,
                    "row {row}"
                );
            }
        }
    }

    #[test]
    fn the_program_at_the_top_is_that_of_the_running_instruction() {
        // given a transaction of three programs
        let programs: [Pubkey; 3] = core::array::from_fn(|_| Pubkey::new_unique());
        let data: [&[u8]; 3] = [&[4, 0, 0, 0], &[], &[7; 40]];
        let transaction: Vec<_> = programs.into_iter().zip(data).collect();

        // when each of its instructions is running, then its program is found
        for (current, program) in (0..).zip(programs) {
            assert_eq!(ask(&transaction, current, top_level_program), program);
        }
    }

    #[test]
    fn an_account_that_is_not_the_sysvar_is_refused() {
        // given another account with the data of the sysvar
        let (key, owner, mut lamports) = (Pubkey::new_unique(), sysvar::ID, 1);
        let mut data = construct_instructions_data(&[]);
        let info = AccountInfo::new(&key, false, false, &mut lamports, &mut data, &owner, false);

        // when it is asked, then it is refused
        assert!(has_durable_nonce(&info).is_err());
        assert!(top_level_program(&info).is_err());
    }
}
