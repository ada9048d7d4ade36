//! Events: every state change except payments is published by a call of the program to
//! itself (`emit_cpi!`), with old and new values. Logs can be cut off by other
//! instructions of the transaction; the data of an inner instruction cannot.
//!
//! Units as in the accounts: base units of tokens, lamports, unix seconds, ppm.

use anchor_lang::prelude::*;

use crate::state::{
    AccountKind, AuditKind, Class, CouncilArgs, FeedSettings, Funding, Parameter, PauseReason,
    PoolKind, RoleKind, Section, Tunable,
};

/// A Draft was created.
#[event]
pub struct EconomyCreated {
    /// Economy.
    pub economy: Pubkey,
    /// Its mint.
    pub mint: Pubkey,
    /// Its creator.
    pub creator: Pubkey,
    /// Mint or Funded.
    pub funding: Funding,
    /// Period (s).
    pub period: u32,
    /// Hard cap.
    pub hard_cap: u64,
}

/// A Draft was configured: the bytes of what was set, before and after.
#[event]
pub struct EconomyConfigured {
    /// Economy.
    pub economy: Pubkey,
    /// Index of the setting's kind.
    pub setting: u8,
    /// Controller concerned, if one is.
    pub parameter: Option<Parameter>,
    /// Stored bytes before.
    pub old: Vec<u8>,
    /// Stored bytes after.
    pub new: Vec<u8>,
}

/// A pool was created.
#[event]
pub struct PoolCreated {
    /// Economy.
    pub economy: Pubkey,
    /// Pool.
    pub pool: Pubkey,
    /// Its stake mint.
    pub stake_mint: Pubkey,
    /// Native or Liquidity.
    pub kind: PoolKind,
    /// Stream lane.
    pub lane: u8,
    /// Weight among liquidity pools.
    pub weight: u16,
}

/// A meter was created.
#[event]
pub struct MeterCreated {
    /// Economy.
    pub economy: Pubkey,
    /// Meter.
    pub meter: Pubkey,
    /// Shard.
    pub shard: u8,
}

/// A feed was created, without reporters.
#[event]
pub struct FeedCreated {
    /// Economy.
    pub economy: Pubkey,
    /// Feed.
    pub feed: Pubkey,
    /// Its index.
    pub index: u8,
}

/// A feed's reporters and rules were set.
#[event]
pub struct FeedConfigured {
    /// Economy.
    pub economy: Pubkey,
    /// Feed.
    pub feed: Pubkey,
    /// Its index.
    pub index: u8,
    /// Before.
    pub old: FeedSettings,
    /// After.
    pub new: FeedSettings,
}

/// A reporter told a feed a value (x 2^48).
#[event]
pub struct FeedReported {
    /// Economy.
    pub economy: Pubkey,
    /// Feed.
    pub feed: Pubkey,
    /// Who.
    pub reporter: Pubkey,
    /// Number of its report before; 0 = none.
    pub old_sequence: u64,
    /// Number of this one.
    pub new_sequence: u64,
    /// Value before.
    pub old_value_q48: i128,
    /// Value.
    pub new_value_q48: i128,
    /// Time of the observation before.
    pub old_observed_at: i64,
    /// Time of the observation.
    pub new_observed_at: i64,
}

/// The economy went live. Carries the configuration records that open the
/// decision log and the configurations behind their digests.
#[event]
pub struct WentLive {
    /// Economy.
    pub economy: Pubkey,
    /// When.
    pub at: i64,
    /// Supply at that time.
    pub supply: u64,
    /// Circulating supply at that time.
    pub circulating: u64,
    /// Minted ahead for the first period.
    pub minted: u64,
    /// Emission stops here unless a crank comes before.
    pub emit_until: i64,
    /// Four log records, back to back.
    pub records: Vec<u8>,
    /// Four stored configurations, back to back.
    pub configs: Vec<u8>,
}

/// Tokens were added for rewards.
#[event]
pub struct RewardsFunded {
    /// Economy.
    pub economy: Pubkey,
    /// Who paid.
    pub funder: Pubkey,
    /// What the vault received.
    pub amount: u64,
    /// Supplied in all before.
    pub old_supplied: u64,
    /// Supplied in all after.
    pub new_supplied: u64,
}

/// Accrued rewards were minted.
#[event]
pub struct ToppedUp {
    /// Economy.
    pub economy: Pubkey,
    /// Minted.
    pub amount: u64,
    /// Supplied in all before.
    pub old_supplied: u64,
    /// Supplied in all after.
    pub new_supplied: u64,
}

/// A Draft was closed.
#[event]
pub struct EconomyClosed {
    /// Economy.
    pub economy: Pubkey,
    /// Its creator, who got the rent back.
    pub creator: Pubkey,
    /// Funds returned from the reward vault.
    pub refunded: u64,
}

/// A position was opened.
#[event]
pub struct PositionOpened {
    /// Pool.
    pub pool: Pubkey,
    /// Position.
    pub position: Pubkey,
    /// Owner.
    pub owner: Pubkey,
}

/// Stake was added.
#[event]
pub struct Staked {
    /// Pool.
    pub pool: Pubkey,
    /// Owner.
    pub owner: Pubkey,
    /// What the vault received.
    pub amount: u64,
    /// Position before.
    pub old_amount: u64,
    /// Position after.
    pub new_amount: u64,
    /// Pool total after.
    pub total: u64,
}

/// Stake began to unbond.
#[event]
pub struct UnstakeRequested {
    /// Pool.
    pub pool: Pubkey,
    /// Owner.
    pub owner: Pubkey,
    /// Amount.
    pub amount: u64,
    /// Position before.
    pub old_amount: u64,
    /// Position after.
    pub new_amount: u64,
    /// When it can be withdrawn.
    pub unlock_at: i64,
    /// Pool total after.
    pub total: u64,
}

/// An unbonding ticket went back to stake.
#[event]
pub struct UnstakeCancelled {
    /// Pool.
    pub pool: Pubkey,
    /// Owner.
    pub owner: Pubkey,
    /// Amount.
    pub amount: u64,
    /// Position before.
    pub old_amount: u64,
    /// Position after.
    pub new_amount: u64,
    /// Pool total after.
    pub total: u64,
}

/// Unlocked tickets were withdrawn.
#[event]
pub struct Withdrawn {
    /// Pool.
    pub pool: Pubkey,
    /// Owner.
    pub owner: Pubkey,
    /// Amount.
    pub amount: u64,
    /// Unbonding in the pool before.
    pub old_unbonding: u64,
    /// Unbonding in the pool after.
    pub new_unbonding: u64,
}

/// Rewards were paid.
#[event]
pub struct Claimed {
    /// Pool.
    pub pool: Pubkey,
    /// Owner.
    pub owner: Pubkey,
    /// Amount.
    pub amount: u64,
    /// Paid by the pool in all before.
    pub old_claimed: u64,
    /// Paid by the pool in all after.
    pub new_claimed: u64,
}

/// A position was closed.
#[event]
pub struct PositionClosed {
    /// Pool.
    pub pool: Pubkey,
    /// Position.
    pub position: Pubkey,
    /// Owner.
    pub owner: Pubkey,
}

/// A meter's fees were moved.
#[event]
pub struct Collected {
    /// Economy.
    pub economy: Pubkey,
    /// Meter.
    pub meter: Pubkey,
    /// Burned.
    pub burned: u64,
    /// Burns that the supply floor sent to the treasury.
    pub burn_blocked: u64,
    /// To the reward vault.
    pub stakers: u64,
    /// To the treasury, blocked burns included.
    pub treasury: u64,
    /// Payments charged through the meter in all.
    pub payments: u64,
    /// Volume charged through the meter in all.
    pub volume: u128,
}

/// A period ended: four decisions and what they led to.
#[event]
pub struct Cranked {
    /// Economy.
    pub economy: Pubkey,
    /// Periods cranked, this one included.
    pub period: u64,
    /// When.
    pub at: i64,
    /// Who.
    pub keeper: Pubkey,
    /// Lamports paid to them.
    pub bounty: u64,
    /// S before.
    pub old_supply: u64,
    /// S after.
    pub new_supply: u64,
    /// C before.
    pub old_circulating: u64,
    /// C after.
    pub new_circulating: u64,
    /// Supplied in all before.
    pub old_supplied: u64,
    /// Supplied in all after minting ahead.
    pub new_supplied: u64,
    /// `emit_until` before.
    pub old_emit_until: i64,
    /// `emit_until` after.
    pub new_emit_until: i64,
    /// Next end.
    pub next_end: i64,
    /// 1 when the economy-wide check failed.
    pub tripped: u8,
    /// Why each controller's guard holds it after this step, by `Parameter`:
    /// `LatchReason` as a number, 0 = it does not. That it opened in this step is a
    /// flag of the record.
    pub latched: [u8; 4],
    /// Log records, back to back; the log's hash chain covers them. Four decisions, after
    /// the configuration that advice changed, if it did.
    pub records: Vec<u8>,
    /// The stored configuration that advice changed.
    pub configs: Vec<u8>,
    /// What became of due advice: 0 there was none, 1 applied, 2 dropped because it no
    /// longer fits.
    pub advice: u8,
}

/// A log grew.
#[event]
pub struct LogGrown {
    /// Economy.
    pub economy: Pubkey,
    /// Its decision log or its audit log.
    pub log: Pubkey,
    /// Slots before.
    pub old_slots: u32,
    /// Slots after.
    pub new_slots: u32,
}

/// A vault held less than is owed from it: emission stopped, controllers held.
#[event]
pub struct BreakerTripped {
    /// Economy.
    pub economy: Pubkey,
    /// Vault.
    pub vault: Pubkey,
    /// What it held.
    pub held: u64,
    /// What it should have held at least.
    pub liability: u64,
    /// `emit_until` before.
    pub old_emit_until: i64,
    /// `emit_until` after.
    pub new_emit_until: i64,
    /// Record of the audit log.
    pub record: Vec<u8>,
}

/// A Draft got its council, or another one.
#[event]
pub struct CouncilCreated {
    /// Economy.
    pub economy: Pubkey,
    /// Council.
    pub council: Pubkey,
    /// Members, threshold, guardian, delays.
    pub args: CouncilArgs,
    /// Record of the audit log; its hash chain covers it.
    pub record: Vec<u8>,
}

/// A proposal was made.
#[event]
pub struct Proposed {
    /// Economy.
    pub economy: Pubkey,
    /// Proposal.
    pub proposal: Pubkey,
    /// Its index.
    pub index: u64,
    /// Its class.
    pub class: Class,
    /// Earliest execution, if it has the threshold already; else 0.
    pub eta: i64,
    /// Last second of execution, likewise.
    pub expires_at: i64,
    /// Its actions, as Borsh writes them, old values and new.
    pub actions: Vec<u8>,
    /// Record of the audit log.
    pub record: Vec<u8>,
}

/// A proposal was approved, vetoed, cancelled or expired, or a vote on it withdrawn.
#[event]
pub struct Decided {
    /// Economy.
    pub economy: Pubkey,
    /// Proposal.
    pub proposal: Pubkey,
    /// What happened.
    pub kind: AuditKind,
    /// `ProposalState` before.
    pub old_state: u8,
    /// `ProposalState` after.
    pub new_state: u8,
    /// Earliest execution; 0 while it is not queued.
    pub eta: i64,
    /// Last second of execution; 0 while it is not queued.
    pub expires_at: i64,
    /// Record of the audit log.
    pub record: Vec<u8>,
}

/// A proposal was executed.
#[event]
pub struct Executed {
    /// Economy.
    pub economy: Pubkey,
    /// Proposal.
    pub proposal: Pubkey,
    /// Its index.
    pub index: u64,
    /// Who.
    pub executor: Pubkey,
    /// Its actions, as Borsh writes them, old values and new.
    pub actions: Vec<u8>,
    /// Decision-log records of the controllers it changed, back to back.
    pub records: Vec<u8>,
    /// Their stored configurations, back to back.
    pub configs: Vec<u8>,
    /// Record of the audit log.
    pub record: Vec<u8>,
}

/// A final proposal was closed for its rent.
#[event]
pub struct ProposalClosed {
    /// Economy.
    pub economy: Pubkey,
    /// Proposal.
    pub proposal: Pubkey,
    /// Digest of its actions.
    pub digest: [u8; 32],
    /// Who got the rent.
    pub payer: Pubkey,
}

/// A staker voted against a proposal.
#[event]
pub struct BallotCast {
    /// Economy.
    pub economy: Pubkey,
    /// Proposal.
    pub proposal: Pubkey,
    /// Who.
    pub owner: Pubkey,
    /// Stake against it before.
    pub old_weight: u64,
    /// Stake against it after.
    pub new_weight: u64,
    /// Stake that this is a share of.
    pub base: u64,
    /// True when this ballot vetoed it.
    pub vetoed: bool,
    /// Record of the audit log, if it did.
    pub record: Vec<u8>,
}

/// A ballot was closed for its rent.
#[event]
pub struct BallotClosed {
    /// Proposal.
    pub proposal: Pubkey,
    /// Whose ballot.
    pub owner: Pubkey,
    /// Who got the rent.
    pub payer: Pubkey,
}

/// Somebody took a role that a proposal offered.
#[event]
pub struct RoleAccepted {
    /// Economy.
    pub economy: Pubkey,
    /// Role.
    pub role: RoleKind,
    /// Who held it; the zero address for a seat in the council.
    pub old_holder: Pubkey,
    /// Who holds it.
    pub new_holder: Pubkey,
    /// Record of the audit log.
    pub record: Vec<u8>,
}

/// The guardian paused a section.
#[event]
pub struct Paused {
    /// Economy.
    pub economy: Pubkey,
    /// Section.
    pub section: Section,
    /// Why.
    pub reason: PauseReason,
    /// End of the pause before.
    pub old_until: i64,
    /// End of the pause now.
    pub new_until: i64,
    /// Record of the audit log.
    pub record: Vec<u8>,
}

/// The advisor recommended a value.
#[event]
pub struct Advised {
    /// Economy.
    pub economy: Pubkey,
    /// Controller.
    pub parameter: Parameter,
    /// Quantity.
    pub field: Tunable,
    /// Its target so far (x 2^48).
    pub old_q48: i128,
    /// Its target from the first crank after `eta` on (x 2^48).
    pub new_q48: i128,
    /// Duration of the ramp (s).
    pub over_seconds: u32,
    /// Earliest crank that applies it.
    pub eta: i64,
    /// Record of the audit log.
    pub record: Vec<u8>,
}

/// The guardian vetoed what the advisor recommended.
#[event]
pub struct AdviceVetoed {
    /// Economy.
    pub economy: Pubkey,
    /// Record of the audit log.
    pub record: Vec<u8>,
}

/// An account was brought to the present layout.
#[event]
pub struct Migrated {
    /// Its type.
    pub kind: AccountKind,
    /// Account.
    pub account: Pubkey,
    /// Layout version before.
    pub old_version: u8,
    /// Layout version after.
    pub new_version: u8,
}
