//! A program for tests, natively and as an ELF. The first byte of its instruction data says what
//! it does: the control law on random steps ([`law`]), 128-bit products and quotients
//! ([`products`]), or the call of another program in its own vault's name ([`caller`]).

pub mod caller;
pub mod law;
pub mod products;
pub mod random;
pub mod record;
pub mod story;

use solana_program::{
    account_info::AccountInfo, entrypoint::ProgramResult, program_error::ProgramError,
    pubkey::Pubkey,
};

// Linked for its symbols: the compiler calls them, no line of this code does.
#[cfg(homeostat_upstream_sbf)]
extern crate homeostat_sbf_builtins as _;

#[cfg(target_os = "solana")]
solana_program::entrypoint!(process);

/// What the program does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Task {
    /// Runs the control law.
    Law = 0,
    /// Multiplies and divides.
    Products = 1,
    /// Calls another program.
    Call = 2,
}

/// The program.
pub fn process(id: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    let (task, data) = data
        .split_first()
        .ok_or(ProgramError::InvalidInstructionData)?;
    match *task {
        task if task == Task::Law as u8 => law::process(data),
        task if task == Task::Products as u8 => products::process(data),
        task if task == Task::Call as u8 => caller::process(id, accounts, data),
        _ => Err(ProgramError::InvalidInstructionData),
    }
}
