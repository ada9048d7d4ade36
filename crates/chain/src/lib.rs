//! What the tools that touch a cluster share (command line, keeper, deployments): which
//! cluster, whose keys, reading accounts, sending transactions until their outcome is
//! known, and handing them to a multisig.
//!
//! JSON-RPC only, and blocking: a tool that serves many users at once calls it from
//! threads of its own.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod answers;
pub mod cluster;
pub mod connection;
pub mod creation;
pub mod envelope;
pub mod feeds;
pub mod history;
pub mod journal;
pub mod live;
pub mod metadata;
pub mod offline;
pub mod program;
pub mod recipient;
pub mod refusal;
pub mod rpc;
pub mod send;
pub mod signer;
pub mod squads;
pub mod trial;
pub mod wallets;

pub use cluster::{Cluster, Kind, Settings, Wishes};
pub use connection::Connection;
pub use envelope::Envelope;
pub use journal::{Journal, Notes};
pub use live::{Live, Which};
pub use send::{Fees, Receipt, Sender, Silent, Talk};
