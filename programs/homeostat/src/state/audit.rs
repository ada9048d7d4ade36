//! The audit log: every act of governance and safety, each of the two under its hash chain.
//!
//! Proposals can be closed for their rent; the digest of their actions stays here. The event
//! of each instruction carries the record itself, so a chain can be followed from its first
//! record on; a ring alone proves the records that it still has.
//!
//! What took effect by the keys of several is in one ring, what one key does alone in the
//! other: a member who approves and withdraws without end, or a guardian who pauses often,
//! drops no record of how the council came about. The slots of the two alternate, so that both
//! grow with the account.

use anchor_lang::prelude::*;

use super::{
    layout::space,
    log::{append, Place, Ring, HASH_BYTES},
};

/// The bytes of a record that are hashed.
pub const AUDIT_RECORD_BYTES: usize = core::mem::size_of::<AuditRecord>();
/// The bytes of a record together with its hash. A slot of the log is a slot of either ring.
pub const AUDIT_SLOT_BYTES: usize = AUDIT_RECORD_BYTES + HASH_BYTES;

/// What was done, in a record of the audit log. Where a kind names no subject, it is the
/// proposal's address, or none if the act concerned no proposal.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum AuditKind {
    /// The council came into being; subject: the guardian.
    CouncilCreated = 0,
    /// A proposal was made, and approved by its proposer.
    Proposed = 1,
    /// A member approved a proposal.
    Approved = 2,
    /// A member withdrew an approval.
    Withdrawn = 3,
    /// The guardian vetoed a proposal.
    Vetoed = 4,
    /// A member voted to lift the guardian's veto.
    Overridden = 5,
    /// Stakers vetoed by their ballots; subject: the last voter.
    StakersVetoed = 6,
    /// A proposal was executed.
    Executed = 7,
    /// A proposal was cancelled by its proposer or by a threshold of members.
    Cancelled = 8,
    /// A proposal was marked as expired.
    Expired = 9,
    /// Somebody accepted a role; subject: the address that held it before.
    RoleAccepted = 10,
    /// The advisor recommended a value; subject: none.
    Advised = 11,
    /// The guardian vetoed the pending advice.
    AdviceVetoed = 12,
    /// The guardian paused a section.
    Paused = 13,
    /// The economy was tripped, because a vault was found short; subject: the vault.
    Tripped = 14,
}

/// One act of governance or safety.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct AuditRecord {
    /// The number of the record in the chain of its ring, from 1.
    pub seq: u64,
    /// When the act was done (unix seconds).
    pub at: i64,
    /// The slot of the act, because a cluster's time can stand still or step back.
    pub slot: u64,
    /// The index of the proposal concerned; `u64::MAX` if none is.
    pub proposal: u64,
    /// The signer who acted; the zero address when anyone tripped the breaker.
    pub actor: Pubkey,
    /// Whom or what the act concerned, as [`AuditKind`] says.
    pub subject: Pubkey,
    /// The sha256 of the proposal's actions; zero without a proposal.
    pub digest: [u8; 32],
    /// The [`AuditKind`] as a number.
    pub kind: u8,
    /// The `ProposalState` after the act, or the section, role or controller concerned, as
    /// a number.
    pub outcome: u8,
    /// Reserved; zero.
    pub reserved: [u8; 6],
    /// A number of the act: the eta of a proposal or an advice, the end of a pause (unix
    /// seconds); the stake of a veto or the shortfall of a vault (base units).
    pub value: i64,
}

const _: () = assert!(AUDIT_RECORD_BYTES == 144);

/// `AuditRecord.proposal` of an act that concerns no proposal.
pub const NO_PROPOSAL: u64 = u64::MAX;

impl AuditRecord {
    /// A record of an act by `actor` at the clock's time. Whoever makes it fills in subject,
    /// outcome and value, and for an act on a proposal its index and digest; [`append`]
    /// numbers it.
    pub fn new(kind: AuditKind, actor: &Pubkey, clock: &Clock) -> Self {
        Self {
            at: clock.unix_timestamp,
            slot: clock.slot,
            proposal: NO_PROPOSAL,
            actor: *actor,
            kind: kind as u8,
            ..Self::default()
        }
    }

    /// True for what took effect by more keys than one: the creation of the council, a veto of
    /// the stakers, an execution, and a role that was accepted after one, or in Draft.
    pub fn is_decision(&self) -> bool {
        [
            AuditKind::CouncilCreated,
            AuditKind::StakersVetoed,
            AuditKind::Executed,
            AuditKind::RoleAccepted,
        ]
        .iter()
        .any(|kind| *kind as u8 == self.kind)
    }

    /// The ring that the record belongs to.
    pub fn place(&self) -> Place {
        if self.is_decision() {
            AuditLog::DECISIONS
        } else {
            AuditLog::ACTS
        }
    }

    /// Appends the record to its ring of the log and returns its bytes, for the event.
    pub fn append(mut self, log: &AccountLoader<'_, AuditLog>) -> Result<Vec<u8>> {
        append(log, &self.place(), core::slice::from_mut(&mut self))?;
        Ok(bytemuck::bytes_of(&self).to_vec())
    }
}

/// The log of governance and safety. It begins like the decision log.
#[account(zero_copy, discriminator = b"audlog.\x01")]
#[derive(Debug, PartialEq, Eq)]
pub struct AuditLog {
    /// The canonical bump of the log's address.
    pub bump: u8,
    /// Reserved; zero.
    pub reserved: [u8; 7],
    /// The economy that the log belongs to.
    pub economy: Pubkey,
    /// The ring of what took effect by the keys of several; its [`AuditRecord`]s are in every
    /// other slot.
    pub ring: Ring,
    /// The ring of what one key did alone; its records are in the slots between.
    pub acts: Ring,
}

const _: () = assert!(core::mem::size_of::<AuditLog>() == 232);

impl core::ops::Deref for AuditLog {
    type Target = Ring;

    fn deref(&self) -> &Ring {
        &self.ring
    }
}

impl AuditLog {
    /// Where the slots begin in the account's data.
    pub const SLOTS_AT: usize = space::<Self>();
    /// The bytes of a slot of each ring.
    pub const STRIDE: usize = 2 * AUDIT_SLOT_BYTES;
    /// The ring of what took effect by the keys of several.
    pub const DECISIONS: Place = Place {
        ring: Ring::FIRST,
        slots: Self::SLOTS_AT,
        stride: Self::STRIDE,
    };
    /// The ring of what one key did alone.
    pub const ACTS: Place = Place {
        ring: Ring::FIRST + core::mem::size_of::<Ring>(),
        slots: Self::SLOTS_AT + AUDIT_SLOT_BYTES,
        stride: Self::STRIDE,
    };

    /// The bytes of an account with `slots` slots for each ring.
    pub const fn space(slots: u32) -> usize {
        Ring::space(Self::SLOTS_AT, Self::STRIDE, slots)
    }
}
