//! One instruction a file: accounts, validate, handler.

pub mod caller;
pub mod checks;
pub mod control;
pub mod cpi;
pub mod creation;
pub mod economy;
pub mod fees;
pub mod governance;
pub mod layout;
pub mod loader;
pub mod shared;
pub mod staking;
pub mod tokens;

pub use control::*;
pub use economy::*;
pub use fees::*;
pub use governance::*;
pub use layout::*;
pub use staking::*;
