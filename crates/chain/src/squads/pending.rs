//! What waits in a multisig: its transactions that can still be executed.

use homeostat_client::{instruction, Instruction, Pubkey};

use super::{
    accounts::{Proposal, Status, VaultTransaction},
    layout::{self, PROGRAM},
    Compiled, Multisig,
};
use crate::connection::Connection;
use homeostat_settings::failure::Failure;

/// Most transactions that are looked at, the latest first.
pub const MOST: u64 = 50;

/// Bytes of a `propose` that say what is proposed: its name and the digest of the actions.
const PROPOSED: usize = 8 + 32;

/// A transaction that can still be executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its number.
    pub index: u64,
    /// Where it stands; `None` where the members cannot vote on it yet, because nobody has asked
    /// them.
    pub status: Option<Status>,
    /// Members who approve it.
    pub approvals: usize,
    /// What it shall do; `None` where it is no vault transaction, or one with lookup tables.
    pub content: Option<VaultTransaction>,
}

/// What waits in a multisig.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    /// The transactions, oldest first.
    pub waiting: Vec<Waiting>,
    /// Earlier ones that were not looked at.
    pub unread: u64,
}

impl Multisig {
    /// Reads the transactions since the members or the threshold changed last: earlier ones can
    /// be approved no more.
    ///
    /// # Errors
    ///
    /// The server's.
    pub fn pending(&self, connection: &Connection) -> Result<Pending, Failure> {
        let since = self
            .transaction_index
            .saturating_sub(MOST)
            .max(self.stale_index);
        let numbers: Vec<u64> = (since.saturating_add(1)..=self.transaction_index).collect();
        let addresses: Vec<_> = numbers
            .iter()
            .flat_map(|number| {
                [
                    layout::transaction(&self.address, *number),
                    layout::proposal(&self.address, *number),
                ]
            })
            .collect();
        let accounts = connection.accounts(&addresses)?;
        let mut waiting = Vec::new();
        for (index, pair) in numbers.into_iter().zip(accounts.chunks(2)) {
            let data = |place: usize| {
                let account = pair.get(place)?.as_ref()?;
                (account.owner == PROGRAM).then_some(account.data.as_slice())
            };
            // What was executed and closed is gone.
            let Some(transaction) = data(0) else { continue };
            let proposal = data(1).and_then(Proposal::decode);
            let status = proposal.as_ref().map(|proposal| proposal.status);
            if status.is_none_or(Status::is_open) {
                waiting.push(Waiting {
                    index,
                    status,
                    approvals: proposal.map_or(0, |proposal| proposal.approved.len()),
                    content: VaultTransaction::decode(transaction),
                });
            }
        }
        Ok(Pending {
            waiting,
            unread: since.saturating_sub(self.stale_index),
        })
    }
}

impl Waiting {
    /// The names of what it does: those of Homeostat's instructions, the addresses of other
    /// programs.
    pub fn names(&self) -> String {
        let instructions = self
            .content
            .as_ref()
            .and_then(|it| it.message.instructions());
        let Some(instructions) = instructions else {
            return "something else".to_owned();
        };
        let names: Vec<String> = instructions
            .iter()
            .map(|it| match instruction::name(it) {
                Some(name) => name.to_owned(),
                None => format!("a call of {}", it.program_id),
            })
            .collect();
        names.join(", ")
    }
}

/// Which proposal is made: the digest of its actions, and the accounts, its own address among
/// them. The reason is left out: the same actions are the same proposal.
fn proposed(instruction: &Instruction) -> Option<(&[u8], Vec<Pubkey>)> {
    (instruction::name(instruction) == Some("propose")).then_some(())?;
    let accounts = instruction.accounts.iter().map(|meta| meta.pubkey);
    Some((instruction.data.get(..PROPOSED)?, accounts.collect()))
}

/// Whether the second of two messages can do nothing that the first has not done: it is the same,
/// or makes the same proposal.
fn repeats(first: &Compiled, second: &Compiled) -> bool {
    let proposals = |message: &Compiled| {
        let instructions = message.instructions().unwrap_or_default();
        let all = instructions.iter().filter_map(|it| {
            let (digest, accounts) = proposed(it)?;
            Some((digest.to_vec(), accounts))
        });
        all.collect::<Vec<_>>()
    };
    first == second || {
        let made = proposals(first);
        proposals(second).iter().any(|one| made.contains(one))
    }
}

impl Pending {
    /// What waits and does the same for the same vault.
    pub fn twin(&self, vault_index: u8, message: &Compiled) -> Option<&Waiting> {
        self.waiting.iter().find(|waiting| {
            let content = waiting.content.as_ref();
            content.is_some_and(|it| it.vault_index == vault_index && repeats(&it.message, message))
        })
    }
}
