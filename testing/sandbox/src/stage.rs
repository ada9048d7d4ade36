//! Props for a test's stage: what people do outside the program.

use anchor_spl::token_2022::spl_token_2022;
use solana_account::{Account, AccountSharedData, ReadableAccount};
use solana_address_lookup_table_interface::{
    program as table_program,
    state::{AddressLookupTable, LookupTableMeta},
};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_message::AddressLookupTableAccount;
use solana_program::pubkey::Pubkey;
use solana_signer::Signer;

use crate::bank::Bank;

impl Bank {
    /// A lookup table with every account that the instructions name and that
    /// does not sign.
    pub fn create_table(&mut self, instructions: &[Instruction]) -> AddressLookupTableAccount {
        let mut addresses: Vec<Pubkey> = Vec::new();
        for meta in instructions.iter().flat_map(|ix| &ix.accounts) {
            if !meta.is_signer && !addresses.contains(&meta.pubkey) {
                addresses.push(meta.pubkey);
            }
        }
        let key = Pubkey::new_unique();
        let data = AddressLookupTable {
            meta: LookupTableMeta::default(),
            addresses: addresses.as_slice().into(),
        }
        .serialize_for_tests()
        .expect("a table has a serialised form");
        let account = Account {
            lamports: solana_program::rent::Rent::default().minimum_balance(data.len()),
            data,
            owner: table_program::id(),
            ..Account::default()
        };
        self.set_account(&key, &AccountSharedData::from(account));
        AddressLookupTableAccount { key, addresses }
    }

    /// Closes an empty token account; its owner signs.
    pub async fn close_tokens(&mut self, account: &Pubkey, owner: &Keypair) {
        let program = self.program_of(account).await;
        let to = self.payer().pubkey();
        let close = spl_token_2022::instruction::close_account(
            &program,
            account,
            &to,
            &owner.pubkey(),
            &[],
        )
        .expect("a token program");
        self.send(&[close], &[owner])
            .await
            .unwrap_or_else(|failure| panic!("closing a token account: {failure}"));
    }

    /// Lets a delegate move up to `amount` out of a token account.
    pub async fn approve(
        &mut self,
        account: &Pubkey,
        delegate: &Pubkey,
        owner: &Keypair,
        amount: u64,
    ) {
        let program = self.program_of(account).await;
        let approve = spl_token_2022::instruction::approve(
            &program,
            account,
            delegate,
            &owner.pubkey(),
            &[],
            amount,
        )
        .expect("a token program");
        self.send(&[approve], &[owner])
            .await
            .unwrap_or_else(|failure| panic!("approving a delegate: {failure}"));
    }

    async fn program_of(&mut self, address: &Pubkey) -> Pubkey {
        *self
            .account(address)
            .await
            .expect("the account exists")
            .owner()
    }
}
