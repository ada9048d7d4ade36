//! Accounts and the arithmetic on them: one account type a file.

pub mod action;
pub mod audit;
pub mod ballot;
pub mod controller;
pub mod council;
pub mod defaults;
pub mod economy;
pub mod envelope;
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
pub mod take;

pub use action::{Action, Actions, Tunable};
pub use audit::{AuditKind, AuditLog, AuditRecord};
pub use ballot::Ballot;
pub use controller::{
    Controller, ControllerSettings, Direction, GuardSettings, Metric, Parameter, StoredConfig,
    StoredDecision, StoredGuardConfig, StoredGuardState, StoredState,
};
pub use council::{Class, Council, CouncilArgs, Delays, Member, Role, RoleKind, SeatArgs};
pub use economy::{Economy, Funding, Life, Limits, PoolSlot};
pub use envelope::{Advice, Envelope};
pub use feed::{Feed, FeedReading, FeedSettings, Reporter};
pub use layout::{AccountKind, Layout};
pub use log::{ConfigRecord, DecisionLog, DecisionRecord};
pub use meter::Meter;
pub use pause::{Pause, PauseReason, Section};
pub use pool::{Pool, PoolKind};
pub use position::{Position, Ticket};
pub use proposal::{Proposal, ProposalState};
pub use snapshot::{Measurement, Report, Snapshot, Tally};
pub use stream::Stream;
