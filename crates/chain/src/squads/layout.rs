//! Names, addresses and byte order of the published program.

use homeostat_client::Pubkey;

/// The program.
pub const PROGRAM: Pubkey = solana_program::pubkey!("SQDS4ep65T869zMMBKyuUq6aD6EgTu8psMjkvj52pCf");

/// First bytes of `sha256("account:Multisig")`.
pub const MULTISIG: [u8; 8] = [224, 116, 121, 186, 68, 161, 79, 236];
/// First bytes of `sha256("account:Proposal")`.
pub const PROPOSAL: [u8; 8] = [26, 94, 189, 187, 116, 136, 53, 33];
/// First bytes of `sha256("account:VaultTransaction")`.
pub const VAULT_TRANSACTION: [u8; 8] = [168, 250, 162, 100, 81, 14, 162, 207];
/// First bytes of `sha256("account:TransactionBuffer")`.
pub const TRANSACTION_BUFFER: [u8; 8] = [90, 36, 35, 219, 93, 225, 110, 96];

/// First bytes of `sha256("global:vault_transaction_create")`.
pub const TRANSACTION_CREATE: [u8; 8] = [48, 250, 78, 168, 208, 226, 218, 211];
/// First bytes of `sha256("global:vault_transaction_create_from_buffer")`.
pub const CREATE_FROM_BUFFER: [u8; 8] = [222, 54, 149, 68, 87, 246, 48, 231];
/// First bytes of `sha256("global:vault_transaction_execute")`.
pub const TRANSACTION_EXECUTE: [u8; 8] = [194, 8, 161, 87, 153, 164, 25, 171];
/// First bytes of `sha256("global:proposal_create")`.
pub const PROPOSAL_CREATE: [u8; 8] = [220, 60, 73, 224, 30, 108, 79, 159];
/// First bytes of `sha256("global:proposal_approve")`.
pub const PROPOSAL_APPROVE: [u8; 8] = [144, 37, 164, 136, 188, 216, 42, 248];
/// First bytes of `sha256("global:proposal_reject")`.
pub const PROPOSAL_REJECT: [u8; 8] = [243, 62, 134, 156, 230, 106, 246, 135];
/// First bytes of `sha256("global:transaction_buffer_create")`.
pub const BUFFER_CREATE: [u8; 8] = [245, 201, 113, 108, 37, 63, 29, 89];
/// First bytes of `sha256("global:transaction_buffer_extend")`.
pub const BUFFER_EXTEND: [u8; 8] = [230, 157, 67, 56, 5, 238, 245, 146];
/// First bytes of `sha256("global:transaction_buffer_close")`.
pub const BUFFER_CLOSE: [u8; 8] = [17, 182, 208, 228, 136, 24, 178, 102];

const PREFIX: &[u8] = b"multisig";

fn derive(seeds: &[&[u8]]) -> Pubkey {
    Pubkey::find_program_address(seeds, &PROGRAM).0
}

/// The address that signs for a vault of a multisig.
pub fn vault(multisig: &Pubkey, index: u8) -> Pubkey {
    derive(&[PREFIX, multisig.as_ref(), b"vault", &[index]])
}

/// The transaction of a multisig with that number.
pub fn transaction(multisig: &Pubkey, number: u64) -> Pubkey {
    let number = number.to_le_bytes();
    derive(&[PREFIX, multisig.as_ref(), b"transaction", &number])
}

/// What the members think of the transaction with that number.
pub fn proposal(multisig: &Pubkey, number: u64) -> Pubkey {
    let number = number.to_le_bytes();
    let seeds: [&[u8]; 5] = [
        PREFIX,
        multisig.as_ref(),
        b"transaction",
        &number,
        b"proposal",
    ];
    derive(&seeds)
}

/// A buffer of a member for a message that is larger than a packet.
pub fn buffer(multisig: &Pubkey, creator: &Pubkey, index: u8) -> Pubkey {
    let seeds: [&[u8]; 5] = [
        PREFIX,
        multisig.as_ref(),
        b"transaction_buffer",
        creator.as_ref(),
        &[index],
    ];
    derive(&seeds)
}

/// Reads values one after the other; `None` where the bytes end too early.
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    /// The next `N` bytes.
    pub fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    /// The next `count` bytes.
    pub fn slice(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    /// The next byte.
    pub fn byte(&mut self) -> Option<u8> {
        self.take().map(|[byte]| byte)
    }

    /// The next address.
    pub fn key(&mut self) -> Option<Pubkey> {
        self.take().map(Pubkey::new_from_array)
    }

    /// The next four bytes as the length of a list.
    pub fn count(&mut self) -> Option<usize> {
        usize::try_from(u32::from_le_bytes(self.take()?)).ok()
    }

    /// A list of addresses with a count of four bytes.
    pub fn keys(&mut self) -> Option<Vec<Pubkey>> {
        let count = self.count()?;
        (0..count).map(|_| self.key()).collect()
    }
}
