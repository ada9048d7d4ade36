//! Calls another program, signing with an address of its own: a multisig without
//! members. [`call`] builds the instruction.
//!
//! Instruction data: how often it calls itself first (a byte), the number of seeds (a
//! byte), each seed as its length (a byte) and its bytes, then the data of the call.
//! Accounts: the program to call, this program, then the accounts of the call.

use solana_program::{
    account_info::AccountInfo,
    entrypoint::ProgramResult,
    instruction::{AccountMeta, Instruction},
    program::invoke_signed,
    program_error::ProgramError,
    pubkey::Pubkey,
};

use crate::Task;

/// Seeds of a vault, as Squads v4 derives it: multisig account and index.
pub fn vault_seeds<'a>(multisig: &'a Pubkey, index: &'a [u8; 1]) -> [&'a [u8]; 4] {
    [b"multisig", multisig.as_ref(), b"vault", index]
}

/// The instruction that makes `program` at `id` call `inner`, signing with the address of
/// `seeds`, the bump among them, from `2 + levels` up in the stack. Without seeds nobody
/// but the transaction's signers signs.
pub fn call(program: &Pubkey, levels: u8, seeds: &[&[u8]], inner: &Instruction) -> Instruction {
    let mut data = vec![Task::Call as u8, levels, seeds.len() as u8];
    for seed in seeds {
        data.push(seed.len() as u8);
        data.extend_from_slice(seed);
    }
    data.extend_from_slice(&inner.data);
    let signer = Pubkey::create_program_address(seeds, program).ok();
    let mut accounts = vec![
        AccountMeta::new_readonly(inner.program_id, false),
        AccountMeta::new_readonly(*program, false),
    ];
    accounts.extend(inner.accounts.iter().cloned().map(|mut meta| {
        // No transaction can carry its signature: the program adds it.
        meta.is_signer &= seeds.is_empty() || Some(meta.pubkey) != signer;
        meta
    }));
    Instruction {
        program_id: *program,
        accounts,
        data,
    }
}

/// Makes a call, which stands behind the byte of the task.
pub(crate) fn process(id: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
    let invalid = ProgramError::InvalidInstructionData;
    let (levels, rest) = data.split_first().ok_or(invalid.clone())?;
    let (count, mut rest) = rest.split_first().ok_or(invalid.clone())?;
    let mut seeds: Vec<&[u8]> = Vec::with_capacity(usize::from(*count));
    for _ in 0..*count {
        let (length, tail) = rest.split_first().ok_or(invalid.clone())?;
        let (seed, tail) = tail
            .split_at_checked(usize::from(*length))
            .ok_or(invalid.clone())?;
        seeds.push(seed);
        rest = tail;
    }
    let [target, own, ..] = accounts else {
        return Err(ProgramError::NotEnoughAccountKeys);
    };
    let meta = |info: &AccountInfo, signs: bool| AccountMeta {
        pubkey: *info.key,
        is_signer: signs,
        is_writable: info.is_writable,
    };
    if let Some(levels) = levels.checked_sub(1) {
        let rest = data.get(1..).unwrap_or_default();
        let deeper = [&[Task::Call as u8, levels], rest].concat();
        let itself = Instruction {
            program_id: *own.key,
            accounts: accounts.iter().map(|a| meta(a, a.is_signer)).collect(),
            data: deeper,
        };
        return invoke_signed(&itself, accounts, &[]);
    }
    let signer = if seeds.is_empty() {
        None
    } else {
        Some(Pubkey::create_program_address(&seeds, id)?)
    };
    let inner = Instruction {
        program_id: *target.key,
        accounts: accounts
            .iter()
            .skip(2)
            .map(|a| meta(a, a.is_signer || Some(*a.key) == signer))
            .collect(),
        data: rest.to_vec(),
    };
    let seeds: &[&[&[u8]]] = if signer.is_some() { &[&seeds] } else { &[] };
    invoke_signed(&inner, accounts, seeds)
}
