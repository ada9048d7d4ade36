//! What a member of a multisig sends.

use homeostat_client::{AccountMeta, Instruction, Pubkey};

use super::{
    layout::{self, PROGRAM},
    length, Compiled, Multisig,
};
use homeostat_settings::failure::Failure;

/// The message of a transaction that is created from a buffer: empty.
const NO_MESSAGE: [u8; 6] = [0; 6];

fn build(name: [u8; 8], arguments: &[u8], accounts: Vec<AccountMeta>) -> Instruction {
    Instruction {
        program_id: PROGRAM,
        accounts,
        data: [&name[..], arguments].concat(),
    }
}

/// A list of bytes with a count of four.
fn list(bytes: &[u8]) -> Result<Vec<u8>, Failure> {
    let count = length::<u32>(bytes.len())?.to_le_bytes();
    Ok([&count[..], bytes].concat())
}

/// Creator, payer of rents and system program.
fn made_by(creator: &Pubkey) -> [AccountMeta; 3] {
    [
        AccountMeta::new_readonly(*creator, true),
        AccountMeta::new(*creator, true),
        AccountMeta::new_readonly(solana_sdk_ids::system_program::ID, false),
    ]
}

impl Multisig {
    fn create(
        &self,
        name: [u8; 8],
        creator: &Pubkey,
        vault_index: u8,
        message: &[u8],
        memo: &str,
    ) -> Result<Instruction, Failure> {
        // No ephemeral signers; a memo.
        let arguments = [
            &[vault_index, 0][..],
            &list(message)?,
            &[1],
            &list(memo.as_bytes())?,
        ];
        let mut accounts = vec![
            AccountMeta::new(self.address, false),
            AccountMeta::new(layout::transaction(&self.address, self.next()), false),
        ];
        accounts.extend(made_by(creator));
        Ok(build(name, &arguments.concat(), accounts))
    }

    /// Lets the members vote on the next transaction at once.
    fn open(&self, creator: &Pubkey) -> Instruction {
        let number = self.next();
        // Not a draft.
        let arguments = [&number.to_le_bytes()[..], &[0]].concat();
        let mut accounts = vec![
            AccountMeta::new_readonly(self.address, false),
            AccountMeta::new(layout::proposal(&self.address, number), false),
        ];
        accounts.extend(made_by(creator));
        build(layout::PROPOSAL_CREATE, &arguments, accounts)
    }

    /// Stores a message as the multisig's next vault transaction, with an active proposal;
    /// `creator` is a member, signs and pays both rents.
    ///
    /// # Errors
    ///
    /// `too_large`: more than a list holds.
    pub fn propose(
        &self,
        creator: &Pubkey,
        vault_index: u8,
        message: &[u8],
        memo: &str,
    ) -> Result<[Instruction; 2], Failure> {
        let name = layout::TRANSACTION_CREATE;
        let store = self.create(name, creator, vault_index, message, memo)?;
        Ok([store, self.open(creator)])
    }

    /// The same for the message of a buffer, whose rent the creator gets back.
    ///
    /// # Errors
    ///
    /// `too_large`: more than a list holds.
    pub fn propose_from_buffer(
        &self,
        creator: &Pubkey,
        vault_index: u8,
        buffer: &Pubkey,
        memo: &str,
    ) -> Result<[Instruction; 2], Failure> {
        let name = layout::CREATE_FROM_BUFFER;
        let mut store = self.create(name, creator, vault_index, &NO_MESSAGE, memo)?;
        store.accounts.extend([
            AccountMeta::new(*buffer, false),
            AccountMeta::new(*creator, true),
        ]);
        Ok([store, self.open(creator)])
    }

    /// Approves the transaction with that number, or rejects it; a member who may vote signs.
    pub fn vote(&self, member: &Pubkey, number: u64, approves: bool) -> Instruction {
        let name = match approves {
            true => layout::PROPOSAL_APPROVE,
            false => layout::PROPOSAL_REJECT,
        };
        let accounts = vec![
            AccountMeta::new_readonly(self.address, false),
            AccountMeta::new(*member, true),
            AccountMeta::new(layout::proposal(&self.address, number), false),
        ];
        // No memo.
        build(name, &[0], accounts)
    }

    /// Creates a buffer of `creator` for a message of `size` bytes, with its first bytes.
    ///
    /// # Errors
    ///
    /// `too_large`: more than a list holds.
    pub fn buffer_create(
        &self,
        creator: &Pubkey,
        (index, vault_index): (u8, u8),
        (hash, size): (&[u8; 32], u16),
        first: &[u8],
    ) -> Result<Instruction, Failure> {
        let arguments = [
            &[index, vault_index][..],
            hash,
            &size.to_le_bytes(),
            &list(first)?,
        ];
        let mut accounts = vec![
            AccountMeta::new_readonly(self.address, false),
            AccountMeta::new(layout::buffer(&self.address, creator, index), false),
        ];
        accounts.extend(made_by(creator));
        Ok(build(layout::BUFFER_CREATE, &arguments.concat(), accounts))
    }

    fn of_buffer(&self, creator: &Pubkey, index: u8) -> Vec<AccountMeta> {
        vec![
            AccountMeta::new_readonly(self.address, false),
            AccountMeta::new(layout::buffer(&self.address, creator, index), false),
            AccountMeta::new_readonly(*creator, true),
        ]
    }

    /// Adds bytes to a buffer, behind those that it has.
    ///
    /// # Errors
    ///
    /// `too_large`: more than a list holds.
    pub fn buffer_extend(
        &self,
        creator: &Pubkey,
        index: u8,
        more: &[u8],
    ) -> Result<Instruction, Failure> {
        let accounts = self.of_buffer(creator, index);
        Ok(build(layout::BUFFER_EXTEND, &list(more)?, accounts))
    }

    /// Closes a buffer; its rent goes to the creator.
    pub fn buffer_close(&self, creator: &Pubkey, index: u8) -> Instruction {
        build(layout::BUFFER_CLOSE, &[], self.of_buffer(creator, index))
    }

    /// Executes the approved transaction with that number, whose message is `message`; a member
    /// signs.
    pub fn execute(
        &self,
        member: &Pubkey,
        number: u64,
        vault_index: u8,
        message: &Compiled,
    ) -> Instruction {
        let vault = self.vault(vault_index);
        let mut accounts = vec![
            AccountMeta::new_readonly(self.address, false),
            AccountMeta::new(layout::proposal(&self.address, number), false),
            AccountMeta::new_readonly(layout::transaction(&self.address, number), false),
            AccountMeta::new_readonly(*member, true),
        ];
        // The program signs for the vault; others sign the transaction.
        let named = (0..message.keys.len()).filter_map(|place| message.meta(place));
        accounts.extend(named.map(|mut meta| {
            meta.is_signer &= meta.pubkey != vault;
            meta
        }));
        build(layout::TRANSACTION_EXECUTE, &[], accounts)
    }
}
