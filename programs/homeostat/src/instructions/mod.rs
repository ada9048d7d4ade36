//! One instruction a file: accounts, validate, handler.

pub mod control;
pub mod economy;
pub mod fees;
pub mod shared;
pub mod staking;

pub use control::*;
pub use economy::*;
pub use fees::*;
pub use staking::*;
