//! Accounts that no transaction leads to: look-alikes and altered balances.

use solana_account::{ReadableAccount, WritableAccount};
use solana_program::pubkey::Pubkey;

use crate::bank::Bank;

/// Where the holder lies in a token account.
const TOKEN_HOLDER: core::ops::Range<usize> = 32..64;
/// Where the authority's tag and key lie in a mint.
const MINT_AUTHORITY: core::ops::Range<usize> = 0..36;
/// Where the supply lies in a mint.
const MINT_SUPPLY: core::ops::Range<usize> = 36..44;
/// Where the amount lies in a token account.
const TOKEN_AMOUNT: core::ops::Range<usize> = 64..72;

impl Bank {
    /// A look-alike of an account: the same bytes, another owner program.
    pub async fn forge_owner(&mut self, of: &Pubkey, owner: &Pubkey) -> Pubkey {
        let mut account = self.account(of).await.expect("the account exists");
        account.set_owner(*owner);
        let forged = Pubkey::new_unique();
        self.set_account(&forged, &account);
        forged
    }

    /// A look-alike that belongs to a program nobody knows.
    pub async fn forge(&mut self, of: &Pubkey) -> Pubkey {
        self.forge_owner(of, &Pubkey::new_unique()).await
    }

    /// A copy of an account with some of its bytes changed, at a new address.
    pub async fn forge_bytes(&mut self, of: &Pubkey, edit: impl FnOnce(&mut [u8])) -> Pubkey {
        let mut account = self.account(of).await.expect("the account exists");
        edit(account.data_as_mut_slice());
        let forged = Pubkey::new_unique();
        self.set_account(&forged, &account);
        forged
    }

    /// Puts an account into the hands of another program, in place.
    pub async fn set_owner(&mut self, address: &Pubkey, owner: &Pubkey) {
        let mut account = self.account(address).await.expect("the account exists");
        account.set_owner(*owner);
        self.set_account(address, &account);
    }

    /// Puts a token account into somebody's hands, in place.
    pub async fn set_holder(&mut self, tokens: &Pubkey, holder: &Pubkey) {
        let mut account = self.account(tokens).await.expect("the account exists");
        account.data_as_mut_slice()[TOKEN_HOLDER].copy_from_slice(holder.as_ref());
        self.set_account(tokens, &account);
    }

    /// Puts a mint into somebody's hands, in place.
    pub async fn set_minter(&mut self, mint: &Pubkey, minter: &Pubkey) {
        let mut account = self.account(mint).await.expect("the mint exists");
        let authority = [[1, 0, 0, 0].as_slice(), minter.as_ref()].concat();
        account.data_as_mut_slice()[MINT_AUTHORITY].copy_from_slice(&authority);
        self.set_account(mint, &account);
    }

    /// Rewrites the supply of a mint (base units).
    pub async fn set_supply(&mut self, mint: &Pubkey, supply: u64) {
        let mut account = self.account(mint).await.expect("the mint exists");
        account.data_as_mut_slice()[MINT_SUPPLY].copy_from_slice(&supply.to_le_bytes());
        self.set_account(mint, &account);
    }

    /// Rewrites the balance of a token account (base units).
    pub async fn set_balance(&mut self, tokens: &Pubkey, amount: u64) {
        let mut account = self.account(tokens).await.expect("the account exists");
        let held = account
            .data()
            .get(TOKEN_AMOUNT)
            .is_some_and(|bytes| bytes.len() == 8);
        assert!(held, "not a token account");
        account.data_as_mut_slice()[TOKEN_AMOUNT].copy_from_slice(&amount.to_le_bytes());
        self.set_account(tokens, &account);
    }
}
