//! The simulator: does an adaptive token economy do better than a fixed one, when, and by how
//! much; and which gains should a controller have before anything goes on chain?
//!
//! The plant is the program itself: its accounts, its emission, fees and burns, and its
//! control law, called as they are, with simulated people and a simulated market around them.
//! A simulated decision is therefore the on-chain one, bit for bit; a test replays a run
//! through the compiled program and compares.
//!
//! Results are the same bits on every machine and with any number of threads: random numbers
//! come from one stream per (seed, purpose, agent), sums are taken in a fixed order, and only
//! operations that IEEE 754 rounds exactly and functions of `libm` are used.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod advisor;
pub mod behaviour;
pub mod bench;
pub mod chain;
pub mod effect;
pub mod funded;
pub mod learn;
pub mod live;
pub mod market;
pub mod metrics;
pub mod parity;
pub mod plant;
pub mod policy;
pub mod random;
pub mod run;
pub mod scenario;
pub mod series;
pub mod stats;
pub mod study;
pub mod toy;
pub mod tune;

pub use behaviour::Behaviour;
pub use metrics::Metrics;
pub use run::{Case, Setting};
