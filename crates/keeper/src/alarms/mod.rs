//! Alarms for people: what somebody who holds, stakes, keeps or governs must know about an
//! economy, as soon as it is on chain.
//!
//! Three parts, of which the first is pure and can be used by anybody who reads accounts:
//!
//! - [`judge`] compares what was known of an economy ([`Seen`]) with how it is now ([`View`])
//!   and says which [`Alarm`]s that raises. No network and no clock: the same two values always
//!   give the same alarms, whoever asks. [`judge_program`], [`judge_wallet`], [`judge_gone`] and
//!   [`judge_sight`] do the same for what belongs to no economy, or hides one.
//! - `memory` keeps what was seen and what is still to be told in one file, so that a process
//!   that is killed loses no alarm and decides none twice.
//! - [`sinks`] tell alarms: to a reader of stdout, a file, a web server or a command.
//!
//! [`Watcher`] is the daemon that joins them. What happened is taken from the hash chains of the
//! audit log and of the decision log, by their numbers, so what came and went between two looks
//! is told too; what no record tells (a balance, an authority) from comparing.

mod alarm;
mod memory;
mod metrics;
mod read;
mod rules;
mod seen;
pub mod sinks;
mod view;
mod watcher;

pub use alarm::{Alarm, Code, Phase, Proof, Severity};
pub use memory::{Memory, Step, MOST_PENDING};
pub use metrics::Metrics;
pub use rules::{
    judge, judge_gone, judge_program, judge_sight, judge_wallet, wanted_proposals, Rules,
};
pub use seen::{Facts, Levels, Position, Seen};
pub use view::{Program, View};
pub use watcher::{Options, Passed, Watcher};
