//! What the council, its roles and the stakers decide.

use anchor_lang::prelude::*;

use crate::state::{
    economy::Power, AuditKind, Class, CouncilArgs, Parameter, PauseReason, Reason, RoleKind,
    Section, Tunable,
};

/// A Draft got its council, or the council was set up anew.
#[event]
pub struct CouncilCreated {
    /// The economy that the council decides over.
    pub economy: Pubkey,
    /// The council that was set up.
    pub council: Pubkey,
    /// The members, the threshold, the guardian and the delays.
    pub args: CouncilArgs,
    /// The record's bytes in the audit log, which its hash chain covers.
    pub record: Vec<u8>,
}

/// A proposal was made.
#[event]
pub struct Proposed {
    /// The economy that the proposal is about.
    pub economy: Pubkey,
    /// The proposal that was made.
    pub proposal: Pubkey,
    /// The index of the proposal, from 0.
    pub index: u64,
    /// The class of the proposal's gravest action.
    pub class: Class,
    /// The earliest execution (unix seconds); 0 while it is not queued.
    pub eta: i64,
    /// The last second of execution (unix seconds); 0 while it is not queued.
    pub expires_at: i64,
    /// The actions as Borsh writes them, with old and new values.
    pub actions: Vec<u8>,
    /// Where the reason is, and the sha256 of it.
    pub reason: Option<Reason>,
    /// The record's bytes in the audit log.
    pub record: Vec<u8>,
}

/// A council gave a power up for ever.
#[event]
pub struct PowerGivenUp {
    /// The economy whose council gave it up.
    pub economy: Pubkey,
    /// The proposal that did.
    pub proposal: Pubkey,
    /// The power that nobody has any more.
    pub power: Power,
}

/// A proposal was approved, vetoed, cancelled or expired, or a vote on it was withdrawn.
#[event]
pub struct Decided {
    /// The economy that the proposal is about.
    pub economy: Pubkey,
    /// The proposal that was decided upon.
    pub proposal: Pubkey,
    /// What was done to the proposal.
    pub kind: AuditKind,
    /// The `ProposalState` before, as a number.
    pub old_state: u8,
    /// The `ProposalState` after, as a number.
    pub new_state: u8,
    /// The earliest execution (unix seconds); 0 while it is not queued.
    pub eta: i64,
    /// The last second of execution (unix seconds); 0 while it is not queued.
    pub expires_at: i64,
    /// The record's bytes in the audit log.
    pub record: Vec<u8>,
}

/// A proposal was executed.
#[event]
pub struct Executed {
    /// The economy that was changed.
    pub economy: Pubkey,
    /// The proposal that was executed.
    pub proposal: Pubkey,
    /// The index of the proposal, from 0.
    pub index: u64,
    /// The signer who called the execution.
    pub executor: Pubkey,
    /// The actions as Borsh writes them, with old and new values.
    pub actions: Vec<u8>,
    /// The decision log's records of the changed controllers, back to back.
    pub records: Vec<u8>,
    /// The stored configurations of the changed controllers, back to back.
    pub configs: Vec<u8>,
    /// The record's bytes in the audit log.
    pub record: Vec<u8>,
}

/// A final proposal was closed for its rent.
#[event]
pub struct ProposalClosed {
    /// The economy that the proposal was about.
    pub economy: Pubkey,
    /// The proposal that was closed.
    pub proposal: Pubkey,
    /// The sha256 of the actions' bytes.
    pub digest: [u8; 32],
    /// The payer, who got the rent back.
    pub payer: Pubkey,
}

/// A staker voted against a proposal.
#[event]
pub struct BallotCast {
    /// The economy that the proposal is about.
    pub economy: Pubkey,
    /// The proposal that was voted against.
    pub proposal: Pubkey,
    /// The owner of the stake, who voted.
    pub owner: Pubkey,
    /// The stake against the proposal before (base units).
    pub old_weight: u64,
    /// The stake against the proposal after (base units).
    pub new_weight: u64,
    /// The stake that the ballots are a share of (base units).
    pub base: u64,
    /// True when this ballot vetoed the proposal.
    pub vetoed: bool,
    /// The record's bytes in the audit log; empty without a veto.
    pub record: Vec<u8>,
}

/// A ballot was closed for its rent.
#[event]
pub struct BallotClosed {
    /// The proposal that was voted against.
    pub proposal: Pubkey,
    /// The owner of the stake, who voted.
    pub owner: Pubkey,
    /// The payer, who got the rent back.
    pub payer: Pubkey,
}

/// Somebody accepted a role that a proposal or a Draft's creator offered.
#[event]
pub struct RoleAccepted {
    /// The economy whose council it is.
    pub economy: Pubkey,
    /// The role that was accepted.
    pub role: RoleKind,
    /// The previous holder; the zero address for a seat in the council and a Draft's guardian.
    pub old_holder: Pubkey,
    /// The new holder, who accepted.
    pub new_holder: Pubkey,
    /// The record's bytes in the audit log.
    pub record: Vec<u8>,
}

/// The guardian paused a section.
#[event]
pub struct Paused {
    /// The economy whose section was paused.
    pub economy: Pubkey,
    /// The section that was paused.
    pub section: Section,
    /// The reason that the guardian gave.
    pub reason: PauseReason,
    /// The end of the section's previous pause (unix seconds); 0 = none.
    pub old_until: i64,
    /// The end of the pause (unix seconds).
    pub new_until: i64,
    /// The record's bytes in the audit log.
    pub record: Vec<u8>,
}

/// The advisor recommended a value.
#[event]
pub struct Advised {
    /// The economy that the advice is for.
    pub economy: Pubkey,
    /// The controller that the advice is for.
    pub parameter: Parameter,
    /// The quantity that is to be moved.
    pub field: Tunable,
    /// The quantity's target so far, in its own unit (x 2^48).
    pub old_q48: i128,
    /// The recommended target, in the quantity's unit (x 2^48).
    pub new_q48: i128,
    /// The duration of the ramp (seconds).
    pub over_seconds: u32,
    /// When the first crank may apply the advice (unix seconds).
    pub eta: i64,
    /// The record's bytes in the audit log.
    pub record: Vec<u8>,
}

/// The guardian vetoed what the advisor recommended.
#[event]
pub struct AdviceVetoed {
    /// The economy that the advice was for.
    pub economy: Pubkey,
    /// The record's bytes in the audit log.
    pub record: Vec<u8>,
}
