//! Squads v4: what a council whose member is a multisig's vault signs.
//!
//! The layouts are those of the published program
//! (`SQDS4ep65T869zMMBKyuUq6aD6EgTu8psMjkvj52pCf`, Squads-Protocol/v4): its accounts are
//! Anchor's, and the message of a vault transaction has lists with short counts.

use base64::{prelude::BASE64_STANDARD, Engine};
use homeostat_client::{AccountMeta, Instruction, Pubkey};
use solana_message::Message;
use solana_transaction::Transaction;

use crate::connection::Connection;
use crate::failure::Failure;

/// The program.
pub const PROGRAM: Pubkey = solana_program::pubkey!("SQDS4ep65T869zMMBKyuUq6aD6EgTu8psMjkvj52pCf");

/// First bytes of `sha256("account:Multisig")`.
const MULTISIG: [u8; 8] = [224, 116, 121, 186, 68, 161, 79, 236];
/// First bytes of `sha256("global:vault_transaction_create")`.
const TRANSACTION_CREATE: [u8; 8] = [48, 250, 78, 168, 208, 226, 218, 211];
/// First bytes of `sha256("global:proposal_create")`.
const PROPOSAL_CREATE: [u8; 8] = [220, 60, 73, 224, 30, 108, 79, 159];

const PREFIX: &[u8] = b"multisig";

/// A multisig, as far as it is needed to send something to its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Multisig {
    /// Its address.
    pub address: Pubkey,
    /// Approvals that a transaction needs.
    pub threshold: u16,
    /// Seconds between the last approval and the execution.
    pub time_lock: u32,
    /// Number of its latest transaction.
    pub transaction_index: u64,
    /// Members, and whether each may start a transaction.
    pub members: Vec<(Pubkey, bool)>,
}

/// Reads values one after the other.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn key(&mut self) -> Option<Pubkey> {
        self.take().map(Pubkey::new_from_array)
    }
}

impl Multisig {
    /// Reads the account's data; `None` when it is no multisig.
    pub fn decode(address: Pubkey, data: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(data.strip_prefix(&MULTISIG)?);
        let (_create_key, _config_authority) = (bytes.key()?, bytes.key()?);
        let threshold = u16::from_le_bytes(bytes.take()?);
        let time_lock = u32::from_le_bytes(bytes.take()?);
        let transaction_index = u64::from_le_bytes(bytes.take()?);
        let _stale = bytes.take::<8>()?;
        if bytes.take::<1>()? != [0] {
            let _rent_collector = bytes.key()?;
        }
        let _bump = bytes.take::<1>()?;
        let count = u32::from_le_bytes(bytes.take()?);
        let mut members = Vec::new();
        for _ in 0..count {
            const INITIATE: u8 = 1;
            let key = bytes.key()?;
            let [mask] = bytes.take()?;
            members.push((key, mask & INITIATE != 0));
        }
        Some(Self {
            address,
            threshold,
            time_lock,
            transaction_index,
            members,
        })
    }

    /// Reads a multisig of the cluster.
    ///
    /// # Errors
    ///
    /// There is none at the address; the server's.
    pub fn read(connection: &Connection, address: &Pubkey) -> Result<Self, Failure> {
        let account = connection.account(address)?;
        account
            .filter(|account| account.owner == PROGRAM)
            .and_then(|account| Self::decode(*address, &account.data))
            .ok_or_else(|| {
                Failure::new(
                    "no_multisig",
                    format!("there is no Squads v4 multisig at {address}"),
                )
                .remedy(
                    "give the multisig's own address, not its vault's, and the cluster it is on \
                     (--url)",
                )
            })
    }

    /// The address that signs for a vault.
    pub fn vault(&self, index: u8) -> Pubkey {
        vault(&self.address, index)
    }

    /// Refuses somebody who may not start a transaction.
    ///
    /// # Errors
    ///
    /// No member, or one without the right.
    pub fn require_initiator(&self, key: &Pubkey) -> Result<(), Failure> {
        let member = self.members.iter().find(|(member, _)| member == key);
        let what = match member {
            Some((_, true)) => return Ok(()),
            Some(_) => "may not start transactions of the multisig",
            None => "is no member of the multisig",
        };
        Err(
            Failure::new("not_a_member", format!("{key} {what} {}", self.address)).remedy(
                "give the key of a member who may with --keypair, or print the transaction for \
                 Squads' web importer with --export",
            ),
        )
    }

    /// Stores instructions as the multisig's next vault transaction, with an active
    /// proposal; `creator` is a member, signs and pays both rents.
    ///
    /// # Errors
    ///
    /// More accounts or data than a message holds.
    pub fn propose(
        &self,
        creator: &Pubkey,
        vault_index: u8,
        instructions: &[Instruction],
        memo: &str,
    ) -> Result<[Instruction; 2], Failure> {
        let index = self.transaction_index.saturating_add(1);
        let number = index.to_le_bytes();
        let seeds: [&[u8]; 4] = [PREFIX, self.address.as_ref(), b"transaction", &number];
        let transaction = Pubkey::find_program_address(&seeds, &PROGRAM).0;
        let seeds: [&[u8]; 5] = [
            PREFIX,
            self.address.as_ref(),
            b"transaction",
            &number,
            b"proposal",
        ];
        let proposal = Pubkey::find_program_address(&seeds, &PROGRAM).0;
        let message = message(&self.vault(vault_index), instructions)?;

        let mut data = TRANSACTION_CREATE.to_vec();
        // No ephemeral signers.
        data.extend([vault_index, 0]);
        data.extend(length::<u32>(message.len())?.to_le_bytes());
        data.extend(message);
        data.push(1);
        data.extend(length::<u32>(memo.len())?.to_le_bytes());
        data.extend(memo.as_bytes());
        let signer = AccountMeta::new_readonly(*creator, true);
        let payer = AccountMeta::new(*creator, true);
        let system = AccountMeta::new_readonly(solana_sdk_ids::system_program::ID, false);
        let store = Instruction {
            program_id: PROGRAM,
            accounts: vec![
                AccountMeta::new(self.address, false),
                AccountMeta::new(transaction, false),
                signer.clone(),
                payer.clone(),
                system.clone(),
            ],
            data,
        };
        let mut data = PROPOSAL_CREATE.to_vec();
        data.extend(number);
        // Not a draft: members can vote at once.
        data.push(0);
        let open = Instruction {
            program_id: PROGRAM,
            accounts: vec![
                AccountMeta::new_readonly(self.address, false),
                AccountMeta::new(proposal, false),
                signer,
                payer,
                system,
            ],
            data,
        };
        Ok([store, open])
    }
}

/// The address that signs for a vault of a multisig.
pub fn vault(multisig: &Pubkey, index: u8) -> Pubkey {
    let seeds: [&[u8]; 4] = [PREFIX, multisig.as_ref(), b"vault", &[index]];
    Pubkey::find_program_address(&seeds, &PROGRAM).0
}

fn length<T: TryFrom<usize>>(length: usize) -> Result<T, Failure> {
    T::try_from(length).map_err(|_| {
        Failure::new("too_large", "a vault transaction does not hold so much").remedy("split it")
    })
}

/// The message of a vault transaction: the vault is the payer, counts are one byte, the
/// length of an instruction's data two.
fn message(vault: &Pubkey, instructions: &[Instruction]) -> Result<Vec<u8>, Failure> {
    let compiled = Message::new(instructions, Some(vault));
    let header = compiled.header;
    let keys = compiled.account_keys.len();
    let writable_signers = header
        .num_required_signatures
        .saturating_sub(header.num_readonly_signed_accounts);
    let others = length::<u8>(keys)?.saturating_sub(header.num_required_signatures);
    let writable_others = others.saturating_sub(header.num_readonly_unsigned_accounts);
    let mut bytes = vec![
        header.num_required_signatures,
        writable_signers,
        writable_others,
        length(keys)?,
    ];
    for key in &compiled.account_keys {
        bytes.extend(key.as_ref());
    }
    bytes.push(length(compiled.instructions.len())?);
    for instruction in &compiled.instructions {
        bytes.push(instruction.program_id_index);
        bytes.push(length(instruction.accounts.len())?);
        bytes.extend(&instruction.accounts);
        bytes.extend(length::<u16>(instruction.data.len())?.to_le_bytes());
        bytes.extend(&instruction.data);
    }
    // No address lookup tables.
    bytes.push(0);
    Ok(bytes)
}

/// How a transaction is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// What Squads' web importer takes.
    Base58,
    /// The same bytes for other tools.
    Base64,
}

/// An unsigned transaction whose payer is the vault, for the web importer, which puts in a
/// blockhash of its own.
///
/// # Errors
///
/// It does not fit a packet.
pub fn export(
    vault: &Pubkey,
    instructions: &[Instruction],
    encoding: Encoding,
) -> Result<String, Failure> {
    let transaction = Transaction::new_unsigned(Message::new(instructions, Some(vault)));
    let bytes = bincode::serialize(&transaction)
        .map_err(|error| Failure::new("too_large", format!("it cannot be written: {error}")))?;
    if bytes.len() > crate::send::PACKET {
        return Err(Failure::new(
            "too_large",
            format!(
                "the transaction has {} bytes; a packet takes {}",
                bytes.len(),
                crate::send::PACKET
            ),
        )
        .remedy("propose fewer actions at once"));
    }
    Ok(match encoding {
        Encoding::Base58 => bs58::encode(bytes).into_string(),
        Encoding::Base64 => BASE64_STANDARD.encode(bytes),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn multisig(creator: Pubkey) -> Multisig {
        Multisig {
            address: Pubkey::new_from_array([9; 32]),
            threshold: 2,
            time_lock: 0,
            transaction_index: 41,
            members: vec![(creator, true), (Pubkey::new_from_array([4; 32]), false)],
        }
    }

    #[test]
    fn a_vault_transaction_is_written_as_the_program_reads_it() {
        // given an instruction of the vault's with one more account
        let creator = Pubkey::new_from_array([3; 32]);
        let (program, other) = (
            Pubkey::new_from_array([7; 32]),
            Pubkey::new_from_array([5; 32]),
        );
        let multisig = multisig(creator);
        let vault = multisig.vault(1);
        let inner = Instruction {
            program_id: program,
            accounts: vec![
                AccountMeta::new_readonly(vault, true),
                AccountMeta::new(other, false),
            ],
            data: vec![0xaa; 300],
        };
        // when it is stored
        let [store, open] = multisig.propose(&creator, 1, &[inner], "why").unwrap();
        // then its bytes are the published layout, read one after the other
        let mut bytes = Bytes(&store.data);
        assert_eq!(bytes.take(), Some(TRANSACTION_CREATE));
        assert_eq!(bytes.take(), Some([1, 0]), "vault, ephemeral signers");
        let length = u32::from_le_bytes(bytes.take().unwrap()) as usize;
        let (message, memo) = bytes.0.split_at(length);
        assert_eq!(memo, [&[1, 3, 0, 0, 0][..], b"why"].concat());
        let mut bytes = Bytes(message);
        assert_eq!(
            bytes.take(),
            Some([1, 1, 1]),
            "signers, writable ones, writable others"
        );
        assert_eq!(bytes.take(), Some([3]), "keys");
        assert_eq!(bytes.key(), Some(vault));
        assert_eq!(bytes.key(), Some(other));
        assert_eq!(bytes.key(), Some(program));
        assert_eq!(bytes.take(), Some([1]), "instructions");
        assert_eq!(bytes.take(), Some([2, 2, 0, 1]), "program, accounts");
        assert_eq!(bytes.take(), Some(300u16.to_le_bytes()));
        assert_eq!(bytes.take(), Some([0xaa; 300]));
        assert_eq!(bytes.0, [0], "no lookup tables");

        // and the accounts are the program's: the next number's
        let number = 42u64.to_le_bytes();
        let address = multisig.address;
        let (transaction, _) = Pubkey::find_program_address(
            &[b"multisig", address.as_ref(), b"transaction", &number],
            &PROGRAM,
        );
        assert_eq!(store.accounts[1].pubkey, transaction);
        assert!(store.accounts[0].is_writable && !open.accounts[0].is_writable);
        assert_eq!(open.data, [&PROPOSAL_CREATE[..], &number, &[0]].concat());
        assert!(multisig.require_initiator(&creator).is_ok());
        let refused = multisig.require_initiator(&Pubkey::new_from_array([4; 32]));
        assert_eq!(refused.unwrap_err().code, "not_a_member");
    }

    #[test]
    fn what_is_no_multisig_is_not_read() {
        let address = Pubkey::new_from_array([1; 32]);
        assert_eq!(Multisig::decode(address, &[]), None);
        assert_eq!(Multisig::decode(address, &[0; 500]), None);
        let mut cut = MULTISIG.to_vec();
        cut.extend([0; 90]);
        // It says that members follow, and none do.
        cut.extend([1, 0, 0, 0]);
        assert_eq!(Multisig::decode(address, &cut), None);
    }

    #[test]
    fn too_much_is_refused() {
        let creator = Pubkey::new_from_array([3; 32]);
        let much = Instruction {
            program_id: creator,
            accounts: Vec::new(),
            data: vec![0; 70_000],
        };
        let refused = multisig(creator).propose(&creator, 0, std::slice::from_ref(&much), "");
        assert_eq!(refused.unwrap_err().code, "too_large");
        let refused = export(&creator, &[much], Encoding::Base58);
        assert_eq!(refused.unwrap_err().code, "too_large");
    }
}
