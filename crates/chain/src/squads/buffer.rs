//! Messages that are larger than a packet: they are stored in a buffer of the member, piece by
//! piece, and the vault transaction is created from it, which closes it.
//!
//! What is missing follows from what the buffer has. So a command that was stopped anywhere goes
//! on where it was when it is started again, and the last transaction either creates the vault
//! transaction with its proposal or does nothing. The program compares the sha256 of the whole
//! message: pieces that were mixed up are refused.

use homeostat_client::{Instruction, Pubkey};
use solana_program::hash::hash;

use super::{accounts::Buffer, layout, length, Multisig};
use crate::send::packet::{self, PACKET};
use homeostat_settings::failure::Failure;

/// Which of a member's buffers is used. Squads' app counts from 0: at this place only this command
/// line puts anything, so that what is there and is of another message was left behind.
pub const INDEX: u8 = b'H';

/// Longest message that the program takes through a buffer (bytes).
pub const LONGEST: usize = 4_000;

/// How a message is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The transactions, in order; each needs those before.
    pub transactions: Vec<Vec<Instruction>>,
    /// Bytes of the message that are in the buffer already.
    pub kept: usize,
    /// Whether the first transaction closes a buffer that was left behind for another message.
    pub replaces: bool,
}

/// A message on its way into a multisig.
pub struct Upload<'a> {
    /// The multisig.
    pub multisig: &'a Multisig,
    /// The member, who signs and pays.
    pub creator: &'a Pubkey,
    /// Which vault shall act.
    pub vault_index: u8,
    /// What it shall do.
    pub message: &'a [u8],
    /// For those who read the multisig's history.
    pub memo: &'a str,
    /// Whether the member who stores it approves it in the same transaction.
    pub approves: bool,
}

impl Upload<'_> {
    /// Where the buffer is.
    pub fn buffer(&self) -> Pubkey {
        layout::buffer(&self.multisig.address, self.creator, INDEX)
    }

    /// The one transaction, where a packet takes the message.
    ///
    /// # Errors
    ///
    /// `too_large`: more than a list holds.
    pub fn at_once(&self) -> Result<Option<Plan>, Failure> {
        let Self {
            multisig,
            creator,
            vault_index,
            message,
            memo,
            ..
        } = self;
        let stored = multisig.propose(creator, *vault_index, message, memo)?;
        let stored = self.with_vote(stored);
        Ok((packet::bytes(creator, &stored) <= PACKET).then(|| Plan {
            transactions: vec![stored],
            kept: 0,
            replaces: false,
        }))
    }

    /// The transactions that are missing, where `there` is in the buffer.
    ///
    /// # Errors
    ///
    /// `too_large`: longer than a buffer.
    pub fn through_buffer(&self, there: Option<&Buffer>) -> Result<Plan, Failure> {
        let Self {
            multisig,
            creator,
            vault_index,
            message,
            memo,
            ..
        } = self;
        if message.len() > LONGEST {
            return Err(Failure::new(
                "too_large",
                format!(
                    "what the vault shall do has {} bytes; a Squads transaction holds {LONGEST}",
                    message.len()
                ),
            )
            .remedy("do it in several steps; nothing was stored"));
        }
        let size = length(message.len())?;
        let sum = hash(message).to_bytes();
        let ours = there.filter(|it| {
            (it.vault_index, it.hash, it.size) == (*vault_index, sum, size)
                && message.starts_with(&it.bytes)
        });
        let kept = ours.map_or(0, |buffer| buffer.bytes.len());
        let mut transactions = Vec::new();
        let mut rest = message.get(kept..).unwrap_or_default();
        if ours.is_none() {
            let create = |first: &[u8]| {
                let places = (INDEX, *vault_index);
                let create = multisig.buffer_create(creator, places, (&sum, size), first)?;
                let close = there.map(|_| multisig.buffer_close(creator, INDEX));
                Ok(close.into_iter().chain([create]).collect())
            };
            transactions.push(self.piece(&mut rest, create)?);
        }
        while !rest.is_empty() {
            let extend = |more: &[u8]| Ok(vec![multisig.buffer_extend(creator, INDEX, more)?]);
            transactions.push(self.piece(&mut rest, extend)?);
        }
        let buffer = self.buffer();
        let last = multisig.propose_from_buffer(creator, *vault_index, &buffer, memo)?;
        transactions.push(self.with_vote(last));
        Ok(Plan {
            transactions,
            kept,
            replaces: there.is_some() && ours.is_none(),
        })
    }

    /// What stores a message and opens its vote, with the member's own vote.
    fn with_vote(&self, stored: [Instruction; 2]) -> Vec<Instruction> {
        let number = self.multisig.next();
        let vote = self
            .approves
            .then(|| self.multisig.vote(self.creator, number, true));
        stored.into_iter().chain(vote).collect()
    }

    /// A transaction with as much of the rest as its packet takes.
    fn piece(
        &self,
        rest: &mut &[u8],
        build: impl Fn(&[u8]) -> Result<Vec<Instruction>, Failure>,
    ) -> Result<Vec<Instruction>, Failure> {
        // The count of an instruction's bytes grows by one above 127.
        const COUNT: usize = 1;
        let empty = packet::bytes(self.creator, &build(&[])?) + COUNT;
        let room = PACKET.saturating_sub(empty).min(rest.len());
        let (now, later) = rest.split_at(room);
        *rest = later;
        build(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn multisig() -> Multisig {
        Multisig {
            address: Pubkey::new_from_array([9; 32]),
            threshold: 2,
            time_lock: 0,
            transaction_index: 41,
            stale_index: 0,
            members: Vec::new(),
        }
    }

    /// The pieces of the message in a plan, read from its instructions.
    fn pieces(plan: &Plan) -> Vec<u8> {
        let mut all = Vec::new();
        for instruction in plan.transactions.iter().flatten() {
            let data = &instruction.data;
            let from = match data.first_chunk::<8>() {
                Some(&layout::BUFFER_CREATE) => 8 + 2 + 32 + 2 + 4,
                Some(&layout::BUFFER_EXTEND) => 8 + 4,
                _ => continue,
            };
            all.extend(&data[from..]);
        }
        all
    }

    #[test]
    fn a_message_is_stored_in_full_packets_from_wherever_it_was_stopped() {
        let (multisig, creator) = (multisig(), Pubkey::new_from_array([3; 32]));
        let message: Vec<u8> = (0..2_500u16).map(|number| number as u8).collect();
        let upload = Upload {
            multisig: &multisig,
            creator: &creator,
            vault_index: 1,
            message: &message,
            memo: "homeostat propose",
            approves: true,
        };
        assert_eq!(upload.at_once().unwrap(), None);
        // given nothing, then every transaction but the last two fills its packet
        let plan = upload.through_buffer(None).unwrap();
        assert_eq!((plan.kept, plan.replaces), (0, false));
        assert_eq!(pieces(&plan), message);
        let sizes = plan.transactions.iter();
        let sizes: Vec<_> = sizes.map(|one| packet::bytes(&creator, one)).collect();
        let (full, last) = sizes.split_at(sizes.len() - 2);
        assert!(full.iter().all(|size| *size == PACKET), "{sizes:?}");
        assert!(last.iter().all(|size| *size <= PACKET), "{sizes:?}");
        let plan_of = |kept: usize, hash: [u8; 32], vault_index: u8| {
            upload.through_buffer(Some(&Buffer {
                vault_index,
                hash,
                size: 2_500,
                bytes: message[..kept].to_vec(),
            }))
        };
        let sum = hash(&message).to_bytes();
        // given a part, then the rest is stored; given all, then only the transaction is created
        for kept in [0, 700, 2_499, 2_500] {
            let plan = plan_of(kept, sum, 1).unwrap();
            assert_eq!((plan.kept, plan.replaces), (kept, false));
            assert_eq!(pieces(&plan), message[kept..]);
        }
        assert_eq!(plan_of(2_500, sum, 1).unwrap().transactions.len(), 1);
        // given what another message or vault has left, then it is closed first
        for other in [plan_of(700, [1; 32], 1), plan_of(700, sum, 0)] {
            let plan = other.unwrap();
            assert_eq!((plan.kept, plan.replaces), (0, true));
            let first = &plan.transactions[0][0];
            assert_eq!(first.data, layout::BUFFER_CLOSE);
            assert_eq!(pieces(&plan), message);
        }
    }

    #[test]
    fn a_packet_stores_801_bytes_of_a_proposal_with_the_members_approval() {
        // A packet of 1,232 bytes: a signature (65), the header (3), seven keys (225), the blockhash
        // (32), the count of instructions (1), the budget (8 and 12), the vote (25), and beside
        // the message a place for the program, five accounts, lengths, vault and memo (45). An
        // approval has a place for the program, three accounts, nine bytes and two counts (15).
        let (multisig, creator) = (multisig(), Pubkey::new_from_array([3; 32]));
        let at_once = |length: usize, approves: bool| {
            let upload = Upload {
                multisig: &multisig,
                creator: &creator,
                vault_index: 0,
                message: &vec![7; length],
                memo: "homeostat propose",
                approves,
            };
            let plan = upload.at_once().expect("it is built");
            plan.map(|plan| plan.transactions.concat().len())
        };
        assert_eq!((at_once(816, false), at_once(817, false)), (Some(2), None));
        assert_eq!((at_once(801, true), at_once(802, true)), (Some(3), None));
    }

    #[test]
    fn what_is_longer_than_a_buffer_is_refused() {
        let (multisig, creator) = (multisig(), Pubkey::new_from_array([3; 32]));
        let plan = |length: usize| {
            let upload = Upload {
                multisig: &multisig,
                creator: &creator,
                vault_index: 0,
                message: &vec![7; length],
                memo: "",
                approves: false,
            };
            upload.through_buffer(None)
        };
        assert!(plan(LONGEST).is_ok());
        assert_eq!(plan(LONGEST + 1).unwrap_err().code, "too_large");
    }
}
