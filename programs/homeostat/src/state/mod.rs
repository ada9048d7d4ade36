//! The accounts and the arithmetic on them: a file, or a folder, for each account type.
//!
//! # Numbers
//!
//! - Fields ending in `_q64` are Q64.64, those ending in `_q48` have 48 fraction bits, those
//!   ending in `_ppm` are parts per million. Times are unix seconds.
//! - An enum that an account stores is `repr(u8)`. A cast such as `Life::Live as u8` writes the
//!   number that the enum declares, and a cast to `usize` widens it: neither loses anything.
//! - `wrapping_` stands only where the result is proven to fit, and says so beside it.
//! - Times saturate when they are added or subtracted: a sum that far in the future is never
//!   reached, and a difference below zero, after the cluster's clock stepped back, is cut off.
//! - Counters of events, such as periods, payments and configuration changes, saturate: they
//!   hold more than a cluster can ever execute. A quota bounds the count of open proposals.
//! - Whatever else saturates, or falls back on the largest number where a `try_from` fails, is
//!   bounded elsewhere or errs on the safe side, which the function says.

// The attribute `account` checks every given discriminator for emptiness.
#![allow(clippy::const_is_empty)]

pub mod action;
pub mod audit;
pub mod ballot;
pub mod checkpoint;
pub mod controller;
pub mod council;
pub mod defaults;
mod depth;
pub mod economy;
pub mod envelope;
pub mod exits;
pub mod feed;
pub mod layout;
pub mod legacy;
pub mod log;
pub mod meter;
pub mod mint_rules;
pub mod number;
pub mod pause;
pub mod pool;
pub mod position;
pub mod proposal;
pub mod snapshot;
pub mod stream;

pub use action::Action;
pub use audit::{AuditKind, AuditLog, AuditRecord};
pub use ballot::Ballot;
pub use checkpoint::Checkpoint;
pub use controller::{
    Controller, ControllerSettings, Direction, FeedForward, GuardSettings, Metric, Parameter,
    Reference, Signal, StoredConfig, StoredDecision, StoredGuardConfig, StoredGuardState,
    StoredState, Wiring,
};
pub use council::{Class, Council, CouncilArgs, Delays, Member, Role, RoleKind, SeatArgs};
pub use economy::{Economy, Funding, Life, Limits, PoolSlot, Remains};
pub use envelope::{Advice, Envelope, Tunable};
pub use exits::EconomyHead;
pub use feed::{Feed, FeedReading, FeedSettings, Reporter};
pub use layout::{AccountKind, Layout};
pub use log::{ConfigRecord, DecisionLog, DecisionRecord};
pub use meter::Meter;
pub use pause::{Pause, PauseReason, Section};
pub use pool::{Pool, PoolKind};
pub use position::{Position, Ticket};
pub use proposal::{Proposal, ProposalState, Reason};
pub use snapshot::{Measurement, Report, Snapshot, Tally};
pub use stream::Stream;
