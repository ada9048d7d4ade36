//! A reporter: reads values from the world and reports them to feeds, as one of each feed's
//! reporters.
//!
//! It has no memory of its own that matters. What it reported last, when, and under which number
//! stands in the feed's account, and the program takes every number once: a reporter that is
//! killed at any moment, or runs twice, reports nothing twice. Nothing depends on the other
//! reporters of a feed, and no feed on another: each is read and sent for by a worker of its own.
//!
//! What a source says is hostile until it is judged. It is read within a bound of bytes and
//! time ([`source`]), as decimal digits and never as floating point; it has to be fresh, inside
//! the operator's range, and near what was reported last ([`judge`]). What fails is told with a
//! code and a remedy, and not reported.

mod attempt;
mod due;
mod file;
mod judge;
mod message;
mod metrics;
mod options;
mod round;
mod running;
mod source;
mod told;
mod watch;

pub use file::{read, Plan};
pub use message::Message;
pub use metrics::Metrics;
pub use options::{Jump, Options};
pub use running::Reporter;
pub use told::{Summary, Told};
