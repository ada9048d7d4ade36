//! The audit log: every act of governance and safety, under one hash chain.
//!
//! Proposals can be closed for their rent; what they were stays here by digest. The
//! event of each instruction carries the record's content, so the chain can be followed
//! from genesis; the ring alone proves its own stretch.

use anchor_lang::prelude::*;

use super::log::{append, Ring, HASH_BYTES};

/// Bytes of a record that are hashed.
pub const AUDIT_RECORD_BYTES: usize = core::mem::size_of::<AuditRecord>();
/// Bytes of a record with its hash.
pub const AUDIT_SLOT_BYTES: usize = AUDIT_RECORD_BYTES + HASH_BYTES;

/// What a record is about.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum AuditKind {
    /// The council came into being; subject: the guardian.
    CouncilCreated = 0,
    /// A proposal was made, and approved by its proposer.
    Proposed = 1,
    /// A member approved.
    Approved = 2,
    /// A member withdrew an approval.
    Withdrawn = 3,
    /// The guardian vetoed.
    Vetoed = 4,
    /// A member voted to lift the guardian's veto.
    Overridden = 5,
    /// Stakers vetoed by their ballots; subject: the last voter.
    StakersVetoed = 6,
    /// Executed.
    Executed = 7,
    /// Cancelled by its proposer or by a threshold of members.
    Cancelled = 8,
    /// Expired.
    Expired = 9,
    /// Somebody accepted a role; subject: the address that held it before.
    RoleAccepted = 10,
    /// The advisor recommended a value.
    Advised = 11,
    /// The guardian vetoed the advice.
    AdviceVetoed = 12,
    /// The guardian paused a section.
    Paused = 13,
    /// A vault was found short.
    Tripped = 14,
}

/// One act.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct AuditRecord {
    /// Position in the chain, from 1.
    pub seq: u64,
    /// When (unix seconds).
    pub at: i64,
    /// Slot, because a cluster's time can stand still or step back.
    pub slot: u64,
    /// Proposal concerned; `u64::MAX` if none is.
    pub proposal: u64,
    /// Who acted; default: anybody.
    pub actor: Pubkey,
    /// Whom or what it concerned, see [`AuditKind`].
    pub subject: Pubkey,
    /// Digest of the proposal's actions.
    pub digest: [u8; 32],
    /// [`AuditKind`] as a number.
    pub kind: u8,
    /// `ProposalState` after the act, or the section or role concerned.
    pub outcome: u8,
    /// Unused.
    pub reserved: [u8; 6],
    /// A number of the act: the eta of a proposal, the end of a pause.
    pub value: i64,
}

const _: () = assert!(AUDIT_RECORD_BYTES == 144);

/// No proposal.
pub const NO_PROPOSAL: u64 = u64::MAX;

impl AuditRecord {
    /// A record of an act by `actor` now. The rest of it is set where it lies.
    #[inline(never)]
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

    /// Appends it to the log and returns its bytes, for the event.
    #[inline(never)]
    pub fn append(mut self, log: &AccountLoader<'_, AuditLog>) -> Result<Vec<u8>> {
        append(log, core::slice::from_mut(&mut self))?;
        Ok(bytemuck::bytes_of(&self).to_vec())
    }
}

/// The log of governance and safety. Laid out like the decision log, but for its records.
#[account(zero_copy, discriminator = b"audlog.\x01")]
#[derive(Debug, PartialEq, Eq)]
pub struct AuditLog {
    /// Canonical bump.
    pub bump: u8,
    /// Unused.
    pub reserved: [u8; 7],
    /// Economy.
    pub economy: Pubkey,
    /// The ring of [`AuditRecord`]s.
    pub ring: Ring,
}

const _: () = assert!(Ring::SLOTS_AT == 8 + core::mem::size_of::<AuditLog>());

impl core::ops::Deref for AuditLog {
    type Target = Ring;

    fn deref(&self) -> &Ring {
        &self.ring
    }
}

impl AuditLog {
    /// Bytes of an account with `slots` slots.
    pub const fn space(slots: u32) -> usize {
        Ring::space(AUDIT_SLOT_BYTES, slots)
    }
}
