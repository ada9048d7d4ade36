//! Accounts kept in files: for layouts that no code writes any more.
//!
//! A file is account after account: address (32 bytes), owner (32), lamports (8,
//! little-endian), length of the data (8, likewise), data.

use solana_account::{Account, AccountSharedData, ReadableAccount};
use solana_program::pubkey::Pubkey;

use crate::bank::Bank;

/// An account with its address.
pub type Kept = (Pubkey, Account);

/// The accounts in a file; panics when it is no such file.
pub fn read(mut file: &[u8]) -> Vec<Kept> {
    fn take<'a>(file: &mut &'a [u8], length: usize) -> &'a [u8] {
        let (taken, rest) = file
            .split_at_checked(length)
            .expect("the fixture ends within an account");
        *file = rest;
        taken
    }
    fn number(file: &mut &[u8]) -> u64 {
        u64::from_le_bytes(take(file, 8).try_into().expect("eight bytes"))
    }
    fn key(file: &mut &[u8]) -> Pubkey {
        Pubkey::try_from(take(file, 32)).expect("32 bytes")
    }

    let mut accounts = Vec::new();
    while !file.is_empty() {
        let (address, owner, lamports) = (key(&mut file), key(&mut file), number(&mut file));
        let length = usize::try_from(number(&mut file)).expect("a length");
        let account = Account {
            lamports,
            owner,
            data: take(&mut file, length).to_vec(),
            ..Account::default()
        };
        accounts.push((address, account));
    }
    accounts
}

/// The bytes of a file with these accounts.
pub fn write(accounts: &[Kept]) -> Vec<u8> {
    let mut file = Vec::new();
    for (address, account) in accounts {
        file.extend_from_slice(address.as_ref());
        file.extend_from_slice(account.owner.as_ref());
        file.extend_from_slice(&account.lamports.to_le_bytes());
        file.extend_from_slice(&(account.data().len() as u64).to_le_bytes());
        file.extend_from_slice(account.data());
    }
    file
}

/// Puts accounts onto a bank.
pub fn load(bank: &mut Bank, accounts: &[Kept]) {
    for (address, account) in accounts {
        bank.set_account(address, &AccountSharedData::from(account.clone()));
    }
}
