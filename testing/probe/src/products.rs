//! Multiplies and divides the pairs of 128-bit numbers in its instruction data.
//!
//! Instruction data, made by [`request`]: the operation (a byte, see [`Operation`]), then pairs of
//! little-endian 16-byte operands. Return data: a 16-byte result a pair. The
//! operators are Rust's own, so the compiler decides which routine it calls, as
//! in any other program.

use solana_program::{
    entrypoint::ProgramResult, program::set_return_data, program_error::ProgramError,
};

use crate::Task;

/// What to do with a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Nothing: what the program costs without.
    None,
    /// `a x b`.
    Multiply,
    /// `a / b`.
    Divide,
    /// `a % b`.
    Remainder,
    /// `a / b`, signed.
    DivideSigned,
    /// `a % b`, signed.
    RemainderSigned,
}

impl Operation {
    /// Every operation, at the index that is its byte.
    pub const ALL: [Self; 6] = [
        Self::None,
        Self::Multiply,
        Self::Divide,
        Self::Remainder,
        Self::DivideSigned,
        Self::RemainderSigned,
    ];

    /// The result; 0 where Rust's operator would panic.
    pub fn apply(self, a: u128, b: u128) -> u128 {
        match self {
            Self::None => 0,
            Self::Multiply => a.wrapping_mul(b),
            Self::Divide => a.checked_div(b).unwrap_or(0),
            Self::Remainder => a.checked_rem(b).unwrap_or(0),
            Self::DivideSigned => (a as i128).checked_div(b as i128).unwrap_or(0) as u128,
            Self::RemainderSigned => (a as i128).checked_rem(b as i128).unwrap_or(0) as u128,
        }
    }
}

/// The instruction data that asks for the results of some pairs.
pub fn request(operation: Operation, pairs: &[(u128, u128)]) -> Vec<u8> {
    let mut data = vec![Task::Products as u8, operation as u8];
    for (a, b) in pairs {
        data.extend_from_slice(&a.to_le_bytes());
        data.extend_from_slice(&b.to_le_bytes());
    }
    data
}

/// Answers a request, which stands behind the byte of the task.
pub(crate) fn process(data: &[u8]) -> ProgramResult {
    let (operation, pairs) = data
        .split_first()
        .ok_or(ProgramError::InvalidInstructionData)?;
    let operation = *Operation::ALL
        .get(usize::from(*operation))
        .ok_or(ProgramError::InvalidInstructionData)?;
    let mut results = Vec::with_capacity(pairs.len() / 2);
    for pair in pairs.chunks_exact(32) {
        let (a, b) = pair.split_at(16);
        let result = operation.apply(number(a)?, number(b)?);
        results.extend_from_slice(&result.to_le_bytes());
    }
    set_return_data(&results);
    Ok(())
}

fn number(bytes: &[u8]) -> Result<u128, ProgramError> {
    let bytes = bytes
        .try_into()
        .map_err(|_| ProgramError::InvalidInstructionData)?;
    Ok(u128::from_le_bytes(bytes))
}
