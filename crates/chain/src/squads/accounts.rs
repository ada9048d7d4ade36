//! What the program stores: a multisig, its transactions, what the members think of them, and
//! buffers.

use homeostat_client::Pubkey;

use super::{
    layout::{self, Bytes, PROGRAM},
    Compiled,
};
use crate::connection::Connection;
use homeostat_settings::failure::Failure;

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
    /// Transactions up to this number can be approved no more: members, threshold or time lock
    /// have changed since.
    pub stale_index: u64,
    /// Members, and what each may do.
    pub members: Vec<Member>,
}

/// What a member may do in a multisig.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Store a transaction and ask the others.
    Start = 1,
    /// Approve and reject.
    Vote = 2,
    /// Execute what is approved.
    Execute = 4,
}

/// A member of a multisig.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Whose key.
    pub key: Pubkey,
    /// Its rights: the sum of their numbers.
    pub rights: u8,
}

impl Member {
    /// Whether it may do something.
    pub const fn may(&self, right: Right) -> bool {
        self.rights & right as u8 != 0
    }
}

impl Multisig {
    /// Reads the account's data; `None` when it is no multisig.
    pub fn decode(address: Pubkey, data: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(data.strip_prefix(&layout::MULTISIG)?);
        let (_create_key, _config_authority) = (bytes.key()?, bytes.key()?);
        let threshold = u16::from_le_bytes(bytes.take()?);
        let time_lock = u32::from_le_bytes(bytes.take()?);
        let transaction_index = u64::from_le_bytes(bytes.take()?);
        let stale_index = u64::from_le_bytes(bytes.take()?);
        if bytes.byte()? != 0 {
            let _rent_collector = bytes.key()?;
        }
        let _bump = bytes.byte()?;
        let count = bytes.count()?;
        let members = (0..count).map(|_| {
            Some(Member {
                key: bytes.key()?,
                rights: bytes.byte()?,
            })
        });
        Some(Self {
            address,
            threshold,
            time_lock,
            transaction_index,
            stale_index,
            members: members.collect::<Option<_>>()?,
        })
    }

    /// Reads a multisig of the cluster.
    ///
    /// # Errors
    ///
    /// `no_multisig`: there is none at the address; the server's.
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
        layout::vault(&self.address, index)
    }

    /// The number that the next transaction gets.
    pub const fn next(&self) -> u64 {
        self.transaction_index.saturating_add(1)
    }

    /// Whether somebody is a member who may do something.
    pub fn lets(&self, key: &Pubkey, right: Right) -> bool {
        let mut members = self.members.iter();
        members.any(|member| member.key == *key && member.may(right))
    }

    /// Refuses somebody who may not start a transaction.
    ///
    /// # Errors
    ///
    /// `not_a_member`: no member, or one without the right.
    pub fn require_initiator(&self, key: &Pubkey) -> Result<(), Failure> {
        if self.lets(key, Right::Start) {
            return Ok(());
        }
        let is_member = self.members.iter().any(|member| member.key == *key);
        let what = match is_member {
            true => "may not start transactions of the multisig",
            false => "is no member of the multisig",
        };
        Err(
            Failure::new("not_a_member", format!("{key} {what} {}", self.address)).remedy(
                "give the key of a member who may with --keypair, or print the transaction for \
                 Squads' web importer with --export",
            ),
        )
    }
}

/// Where a transaction of a multisig stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nobody can vote on it yet.
    Draft,
    /// Members vote on it.
    Active,
    /// Too many are against it.
    Rejected,
    /// It can be executed once the time lock has passed.
    Approved,
    /// It is being executed.
    Executing,
    /// It was executed.
    Executed,
    /// It was approved, and taken back.
    Cancelled,
}

impl Status {
    /// As Squads' app calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::Rejected => "rejected",
            Self::Approved => "approved",
            Self::Executing => "executing",
            Self::Executed => "executed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether it can still be executed.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Rejected | Self::Executed | Self::Cancelled)
    }
}

/// What the members think of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The transaction's number.
    pub index: u64,
    /// Where it stands.
    pub status: Status,
    /// Who approves it.
    pub approved: Vec<Pubkey>,
    /// Who is against it.
    pub rejected: Vec<Pubkey>,
}

impl Proposal {
    /// Reads the account's data; `None` when it is none.
    pub fn decode(data: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(data.strip_prefix(&layout::PROPOSAL)?);
        let _multisig = bytes.key()?;
        let index = u64::from_le_bytes(bytes.take()?);
        let status = match bytes.byte()? {
            0 => Status::Draft,
            1 => Status::Active,
            2 => Status::Rejected,
            3 => Status::Approved,
            4 => Status::Executing,
            5 => Status::Executed,
            6 => Status::Cancelled,
            _ => return None,
        };
        if status != Status::Executing {
            let _since = bytes.take::<8>()?;
        }
        let _bump = bytes.byte()?;
        Some(Self {
            index,
            status,
            approved: bytes.keys()?,
            rejected: bytes.keys()?,
        })
    }
}

/// What a vault shall do, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultTransaction {
    /// Its number.
    pub index: u64,
    /// Which vault.
    pub vault_index: u8,
    /// What it shall do.
    pub message: Compiled,
}

impl VaultTransaction {
    /// Reads the account's data; `None` when it is none, or uses lookup tables.
    pub fn decode(data: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(data.strip_prefix(&layout::VAULT_TRANSACTION)?);
        let (_multisig, _creator) = (bytes.key()?, bytes.key()?);
        let index = u64::from_le_bytes(bytes.take()?);
        let [_bump, vault_index, _vault_bump] = bytes.take()?;
        let ephemeral = bytes.count()?;
        let _bumps = bytes.slice(ephemeral)?;
        Some(Self {
            index,
            vault_index,
            message: Compiled::read_stored(&mut bytes)?,
        })
    }
}

/// A part of a message that is stored piece by piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buffer {
    /// Which vault the message is for.
    pub vault_index: u8,
    /// The sha256 of the whole message.
    pub hash: [u8; 32],
    /// Its length (bytes).
    pub size: u16,
    /// What is there so far.
    pub bytes: Vec<u8>,
}

impl Buffer {
    /// Reads the account's data; `None` when it is none.
    pub fn decode(data: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(data.strip_prefix(&layout::TRANSACTION_BUFFER)?);
        let (_multisig, _creator) = (bytes.key()?, bytes.key()?);
        let [_index, vault_index] = bytes.take()?;
        let hash = bytes.take()?;
        let size = u16::from_le_bytes(bytes.take()?);
        let count = bytes.count()?;
        Some(Self {
            vault_index,
            hash,
            size,
            bytes: bytes.slice(count)?.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_multisig_is_not_read() {
        let address = Pubkey::new_from_array([1; 32]);
        assert_eq!(Multisig::decode(address, &[]), None);
        assert_eq!(Multisig::decode(address, &[0; 500]), None);
        let mut cut = layout::MULTISIG.to_vec();
        cut.extend([0; 90]);
        // It says that members follow, and none do.
        cut.extend([1, 0, 0, 0]);
        assert_eq!(Multisig::decode(address, &cut), None);
    }

    #[test]
    fn only_who_may_start_a_transaction_is_let_through() {
        let [starter, voter, stranger] = [3, 4, 5].map(|byte| Pubkey::new_from_array([byte; 32]));
        let multisig = Multisig {
            address: Pubkey::new_from_array([9; 32]),
            threshold: 2,
            time_lock: 0,
            transaction_index: 41,
            stale_index: 0,
            members: [(starter, 7), (voter, 6)]
                .map(|(key, rights)| Member { key, rights })
                .to_vec(),
        };
        assert!(multisig.require_initiator(&starter).is_ok());
        for (key, votes) in [(starter, true), (voter, true), (stranger, false)] {
            assert_eq!(multisig.lets(&key, Right::Vote), votes);
        }
        let executor = Member {
            key: voter,
            rights: 4,
        };
        assert!(executor.may(Right::Execute) && !executor.may(Right::Vote));
        for other in [voter, stranger] {
            let refused = multisig.require_initiator(&other).unwrap_err();
            assert_eq!(refused.code, "not_a_member");
        }
    }
}
