//! Ends the periods of many economies, each with one transaction, as soon as the
//! cluster's clock says that it is over.
//!
//! A keeper has no state that matters: everything it knows it reads from the chain, and what
//! it may keep in a file (where its lookup tables are) only saves it a search. It may be killed
//! at any moment, and any number of keepers may look after the same economy. The program refuses to end a period twice, and a keeper that came second has lost nothing
//! (or, in a close race, the fee of one transaction).
//!
//! One thread reads the clock and decides; a few workers send, so that an economy or a
//! server that hangs does not hold up the others. Memory is bounded by the number of
//! economies ([`MOST_ECONOMIES`] with `all`).
//!
//! [`reporter`] is another daemon of the same make: it reads values from the world and reports
//! them to feeds; [`alarms`] tells people what they must know. What they need alike (log,
//! metrics, health, signals, workers, wallet, programs, web) lies beside them and knows none of them.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod alarms;
mod attempt;
pub mod backoff;
mod connecting;
mod crew;
mod health;
pub mod http;
mod keeper;
pub mod log;
mod message;
pub mod metrics;
mod options;
mod program;
mod purse;
mod record;
pub mod reporter;
mod round;
mod sight;
pub mod signals;
mod summary;
mod table;
mod touch;
mod vitals;
pub mod watch;
mod web;

pub use keeper::Keeper;
pub use message::Message;
pub use metrics::Metrics;
pub use options::{Options, DEFAULT_GRACE, MOST_ECONOMIES, POOREST};
pub use summary::{Kept, Summary};
pub use table::lookup_table;
