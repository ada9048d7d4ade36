//! Who called an instruction of governance, and how.
//!
//! Members sign transactions themselves, or act through the one program that their seat
//! names: a multisig's, say. Nothing else may call for them, and no signature that never
//! expires.

use anchor::solana_program::instruction::get_stack_height;

use crate::framework::prelude::*;
use solana_program::sysvar::instructions;

use super::checks::same;
use crate::error::{refuse, HomeostatError};

/// The first bytes of the system program's AdvanceNonceAccount.
const ADVANCE_NONCE: [u8; 4] = 4u32.to_le_bytes();

/// Whether a transaction with a durable nonce is accepted: a pause and a veto may be
/// signed in advance, they only stop things.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Nonce {
    /// It is.
    Accepted,
    /// It is refused (`DurableNonceForbidden`).
    Refused,
}

/// Refuses (`CpiForbidden`) a call through another program than `via`, and a call through
/// `via` from anywhere but the top of the transaction; the default address stands for no
/// program at all. `sysvar` is the instructions sysvar (`ConstraintAddress`).
#[inline(never)]
pub fn require_caller(sysvar: &AccountInfo, via: &Pubkey, nonce: Nonce) -> Result<()> {
    same(
        ErrorCode::ConstraintAddress,
        "instructions",
        &instructions::ID,
        sysvar.key,
    )?;
    let data = sysvar.try_borrow_data()?;
    let transaction = Transaction(&data);
    if nonce == Nonce::Refused {
        let (program, arguments) = transaction.instruction(0)?;
        let advances = *program == System::id().to_bytes() && arguments.starts_with(&ADVANCE_NONCE);
        ensure!(!advances, HomeostatError::DurableNonceForbidden);
    }
    let allowed = if *via == Pubkey::default() {
        get_stack_height() == 1
    } else {
        let (program, _) = transaction.instruction(transaction.current()?)?;
        get_stack_height() == 2 && *program == via.to_bytes()
    };
    ensure!(allowed, HomeostatError::CpiForbidden);
    Ok(())
}

/// The instructions sysvar's data. Its crate's reader copies every account of an
/// instruction; two fields are enough here. Layout: count, an offset each; an instruction
/// is a count of accounts, 33 bytes each, the program, the length of its data, the
/// data; the index of the running one comes last. All counts are 16 bits.
struct Transaction<'a>(&'a [u8]);

impl<'a> Transaction<'a> {
    fn number(&self, at: usize) -> Option<usize> {
        let bytes = self.0.get(at..)?.first_chunk::<2>()?;
        Some(usize::from(u16::from_le_bytes(*bytes)))
    }

    fn current(&self) -> Result<usize> {
        self.0
            .len()
            .checked_sub(2)
            .and_then(|at| self.number(at))
            .ok_or_else(|| refuse(HomeostatError::InvariantViolated))
    }

    fn instruction(&self, index: usize) -> Result<(&'a [u8; 32], &'a [u8])> {
        self.find(index)
            .ok_or_else(|| refuse(HomeostatError::InvariantViolated))
    }

    fn find(&self, index: usize) -> Option<(&'a [u8; 32], &'a [u8])> {
        let at = self.number(index.checked_mul(2)?.checked_add(2)?)?;
        let accounts = self.number(at)?.checked_mul(33)?;
        let at = at.checked_add(2)?.checked_add(accounts)?;
        let (program, rest) = self.0.get(at..)?.split_first_chunk::<32>()?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let data = rest.get(..usize::from(u16::from_le_bytes(*length)))?;
        Some((program, data))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use solana_instruction::{BorrowedAccountMeta, BorrowedInstruction};
    use solana_instructions_sysvar::{construct_instructions_data, store_current_index_checked};

    #[test]
    fn instructions_are_found_where_the_runtime_writes_them() {
        // given a transaction of three instructions, as the runtime writes it
        let keys: [Pubkey; 6] = core::array::from_fn(|_| Pubkey::new_unique());
        let metas = |count: usize| {
            let meta = |pubkey| BorrowedAccountMeta {
                pubkey,
                is_signer: false,
                is_writable: true,
            };
            keys.iter().take(count).map(meta).collect::<Vec<_>>()
        };
        let data: [&[u8]; 3] = [&[4, 0, 0, 0], &[], &[7; 40]];
        let instructions: Vec<_> = [0, 5, 2]
            .into_iter()
            .zip(data)
            .enumerate()
            .map(|(index, (count, data))| BorrowedInstruction {
                program_id: &keys[index],
                accounts: metas(count),
                data,
            })
            .collect();
        let mut bytes = construct_instructions_data(&instructions);
        store_current_index_checked(&mut bytes, 2).unwrap();

        // then each is found, and which one runs
        let transaction = Transaction(&bytes);
        for (index, data) in data.into_iter().enumerate() {
            let found = transaction.instruction(index).unwrap();
            assert_eq!(found, (&keys[index].to_bytes(), data));
        }
        assert_eq!(transaction.current().unwrap(), 2);

        // and nonsense is an error, not a panic
        assert!(transaction.instruction(70).is_err());
        for length in 0..bytes.len() {
            let short = Transaction(&bytes[..length]);
            let _ = (short.instruction(1), short.current());
        }
    }
}
