//! The controllers' clock: crank, preview, log.

pub mod crank;
pub mod gather;
pub mod grow_log;
pub mod preview;
pub mod trip_breaker;

pub use crank::*;
pub use grow_log::*;
pub use preview::*;
pub use trip_breaker::*;
