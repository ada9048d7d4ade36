//! What the tools that touch a cluster share (command line, keeper, migrations): which
//! cluster, whose keys, reading accounts, sending transactions until their outcome is
//! known, settings files, and failures that say what to do.
//!
//! JSON-RPC only, and blocking: a tool that serves many users at once calls it from
//! threads of its own.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod actions;
pub mod answers;
pub mod change;
pub mod cluster;
pub mod connection;
pub mod controller_file;
mod controller_keys;
mod controller_settings;
mod council_file;
pub mod creation;
pub mod decimal;
pub mod economy_file;
pub mod envelope;
pub mod fields;
pub mod files;
mod forecast_file;
pub mod history;
pub mod journal;
mod keys;
pub mod live;
pub mod offline;
pub mod program;
pub mod proposal_file;
pub mod recipient;
pub mod refusal;
pub mod rpc;
pub mod send;
pub mod settings;
mod shown;
pub mod signer;
pub mod squads;
pub mod tokens;
pub mod trial;
pub mod wallets;
pub mod wiring_keys;
pub mod words;

pub use cluster::{Cluster, Kind, Settings, Wishes};
pub use connection::Connection;
pub use envelope::Envelope;
pub use failure::Failure;
pub use homeostat_failure as failure;
pub use journal::{Journal, Notes};
pub use live::{Live, Which};
pub use send::{Fees, Receipt, Sender, Silent, Talk};
