//! What the controllers' clock brings: reports, decisions, and the breaker.

use anchor_lang::prelude::*;

/// A reporter gave a feed a value.
#[event]
pub struct FeedReported {
    /// The economy that the feed belongs to.
    pub economy: Pubkey,
    /// The feed that was reported to.
    pub feed: Pubkey,
    /// The reporter who signed.
    pub reporter: Pubkey,
    /// The number of the reporter's previous report; 0 = none.
    pub old_sequence: u64,
    /// The number of this report.
    pub new_sequence: u64,
    /// The reporter's previous value (in the feed's unit, x 2^48).
    pub old_value_q48: i128,
    /// The reporter's new value (in the feed's unit, x 2^48).
    pub new_value_q48: i128,
    /// The time of the previous observation (unix seconds).
    pub old_observed_at: i64,
    /// The time of the new observation (unix seconds).
    pub new_observed_at: i64,
}

/// A liquidity pool was touched: its depth was measured once. A stake in it may do the same,
/// without this event.
#[event]
pub struct PoolTouched {
    /// The pool that was touched.
    pub pool: Pubkey,
    /// The economy's tokens behind its stake (base units).
    pub depth: u64,
    /// The number of touches in this period.
    pub touches: u32,
    /// When it was touched (unix seconds).
    pub at: i64,
}

/// A period ended: four decisions and what they led to.
#[event]
pub struct Cranked {
    /// The economy that was cranked.
    pub economy: Pubkey,
    /// The number of periods cranked, this one included.
    pub period: u64,
    /// When the period ended (unix seconds).
    pub at: i64,
    /// The keeper, who cranked.
    pub keeper: Pubkey,
    /// What the keeper was paid (lamports).
    pub bounty: u64,
    /// The program's supply counter S before (base units).
    pub old_supply: u64,
    /// The program's supply counter S after (base units).
    pub new_supply: u64,
    /// The circulating supply C before (base units).
    pub old_circulating: u64,
    /// The circulating supply C after (base units).
    pub new_circulating: u64,
    /// What the excluded accounts counted for before (base units).
    pub old_excluded: u64,
    /// What the excluded accounts count for after (base units).
    pub new_excluded: u64,
    /// All tokens supplied for emission before (base units).
    pub old_supplied: u64,
    /// All tokens supplied for emission after minting ahead (base units).
    pub new_supplied: u64,
    /// When emission was to stop before the crank (unix seconds).
    pub old_emit_until: i64,
    /// When emission stops after the crank (unix seconds).
    pub new_emit_until: i64,
    /// The earliest time of the next crank (unix seconds).
    pub next_end: i64,
    /// 1 when the economy is tripped: a vault was found short.
    pub tripped: u8,
    /// Why each controller's guard is latched after this step, by `Parameter`: the
    /// `LatchReason` as a number, 0 = it is open. That it opened in this step is a flag of
    /// the record.
    pub latched: [u8; 4],
    /// The number of periods in a row that each output has rested at a limit while its law
    /// wanted to go further, by `Parameter`; 0 = it does not.
    pub at_limit: [u32; 4],
    /// The records of the decision log, back to back, which its hash chain covers: four
    /// decisions, after the configuration that advice changed, if it did.
    pub records: Vec<u8>,
    /// The stored configuration that advice changed; empty if none did.
    pub configs: Vec<u8>,
    /// What became of due advice: 0 there was none, 1 applied, 2 dropped because it no
    /// longer fits.
    pub advice: u8,
}

/// A log got more slots.
#[event]
pub struct LogGrown {
    /// The economy that the log belongs to.
    pub economy: Pubkey,
    /// The decision log or the audit log that grew.
    pub log: Pubkey,
    /// The number of slots before.
    pub old_slots: u32,
    /// The number of slots after.
    pub new_slots: u32,
}

/// A vault held less than is owed from it: the economy was tripped, so that nothing is
/// emitted and every controller is held.
#[event]
pub struct BreakerTripped {
    /// The economy that was tripped.
    pub economy: Pubkey,
    /// The vault that was found short.
    pub vault: Pubkey,
    /// What the vault contained (base units).
    pub balance: u64,
    /// What the vault should have contained at least (base units).
    pub liability: u64,
    /// When emission was to stop before (unix seconds).
    pub old_emit_until: i64,
    /// When emission stopped (unix seconds).
    pub new_emit_until: i64,
    /// The record's bytes in the audit log.
    pub record: Vec<u8>,
}
