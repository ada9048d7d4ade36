//! Accounts and the arithmetic on them: one account type a file.

pub mod controller;
pub mod defaults;
pub mod economy;
pub mod feed;
pub mod log;
pub mod meter;
pub mod mint_rules;
pub mod number;
pub mod pause;
pub mod pool;
pub mod position;
pub mod snapshot;
pub mod stream;

pub use controller::{Controller, Metric, Parameter, StoredConfig, StoredDecision, StoredState};
pub use economy::{Economy, Funding, Life, Limits, PoolSlot};
pub use feed::{Feed, FeedReading, FeedSettings, Reporter};
pub use log::{ConfigRecord, DecisionLog, DecisionRecord};
pub use meter::Meter;
pub use pause::{Pause, PauseReason, Section};
pub use pool::{Pool, PoolKind};
pub use position::{Position, Ticket};
pub use snapshot::{Measurement, Snapshot, Tally};
pub use stream::Stream;
