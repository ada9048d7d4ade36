//! The controllers' clock: cranks, previews, reports to feeds, the breaker, and room in the
//! logs.

pub mod crank;
pub mod gather;
pub mod grow_log;
pub mod preview;
pub mod report_feed;
pub mod touch_pool;
pub mod trip_breaker;

pub use crank::*;
pub use grow_log::*;
pub use preview::*;
pub use report_feed::*;
pub use touch_pool::*;
pub use trip_breaker::*;
