//! Creating accounts at derived addresses, one copy of the code for all.

use std::cell::RefMut;

use anchor_lang::{
    prelude::*,
    system_program::{self, Allocate, Assign, CreateAccount, Transfer},
    Owner, ZeroCopy,
};

use super::tokens::Token;

/// Creates accounts for one payer.
pub struct Creator<'a, 'info> {
    /// Signs and pays the rent.
    pub payer: &'a AccountInfo<'info>,
}

impl<'info> Creator<'_, 'info> {
    /// Creates a zeroed account of the program at the address of `seeds` (with
    /// bump), marks its type, and opens it.
    pub fn state<'b, T: ZeroCopy + Owner>(
        &self,
        account: &'b AccountInfo<'info>,
        space: usize,
        seeds: &[&[u8]],
    ) -> Result<RefMut<'b, T>> {
        self.allocate(account, space, &T::owner(), seeds)?;
        let (mark, state) = RefMut::map_split(account.try_borrow_mut_data()?, |data| {
            data.split_at_mut(T::DISCRIMINATOR.len().min(data.len()))
        });
        fill(mark, T::DISCRIMINATOR)?;
        let size = core::mem::size_of::<T>();
        ensure!(state.len() >= size, ErrorCode::AccountDidNotDeserialize);
        Ok(RefMut::map(state, |bytes| {
            bytemuck::from_bytes_mut(bytes.split_at_mut(size).0)
        }))
    }

    /// Creates a token account at the address of `seeds` (with bump).
    pub fn vault(
        &self,
        account: &AccountInfo<'info>,
        token: &Token<'_, 'info>,
        owner: &AccountInfo<'info>,
        seeds: &[&[u8]],
    ) -> Result<()> {
        self.allocate(account, token.account_space()?, token.program.key, seeds)?;
        token.initialize(account, owner)
    }

    /// An address that somebody sent lamports to can still be created: it is funded,
    /// allocated and assigned in steps, which `create_account` would refuse to do.
    #[inline(never)]
    fn allocate(
        &self,
        account: &AccountInfo<'info>,
        space: usize,
        owner: &Pubkey,
        seeds: &[&[u8]],
    ) -> Result<()> {
        let system = System::id();
        let rent = Rent::get()?.minimum_balance(space);
        let held = account.lamports();
        let length = u64::try_from(space).map_err(|_| ErrorCode::AccountDidNotDeserialize)?;
        if held == 0 {
            let accounts = CreateAccount {
                from: self.payer.clone(),
                to: account.clone(),
            };
            return system_program::create_account(
                CpiContext::new_with_signer(system, accounts, &[seeds]),
                rent,
                length,
                owner,
            );
        }
        let missing = rent.saturating_sub(held);
        if missing > 0 {
            let accounts = Transfer {
                from: self.payer.clone(),
                to: account.clone(),
            };
            system_program::transfer(CpiContext::new(system, accounts), missing)?;
        }
        let accounts = Allocate {
            account_to_allocate: account.clone(),
        };
        system_program::allocate(
            CpiContext::new_with_signer(system, accounts, &[seeds]),
            length,
        )?;
        let accounts = Assign {
            account_to_assign: account.clone(),
        };
        system_program::assign(
            CpiContext::new_with_signer(system, accounts, &[seeds]),
            owner,
        )
    }
}

fn fill(mut to: RefMut<[u8]>, from: &[u8]) -> Result<()> {
    ensure!(to.len() == from.len(), ErrorCode::AccountDidNotDeserialize);
    to.copy_from_slice(from);
    Ok(())
}
