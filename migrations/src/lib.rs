//! Brings a cluster to what a file says: the program deployed or upgraded, economies
//! created, accounts of older layouts migrated.
//!
//! The command is `homeostat deploy`; this is what it does.
//!
//! What is to be done is always computed from the chain ([`plan`]); a step that was done
//! is not there any more. So it may be killed anywhere and started again, and the state
//! file ([`state`]) only remembers what a run set out to do.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod chain;
pub mod file;
pub mod loader;
pub mod plan;
pub mod publisher;
pub mod run;
pub mod state;
pub mod status;

pub use chain::Chain;
pub use file::ClusterFile;
pub use plan::{plan, Plan, Step};
pub use publisher::Publisher;
pub use run::{apply, Outcome, Point, Signed, Witness};
