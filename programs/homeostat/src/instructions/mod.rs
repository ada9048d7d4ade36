//! One instruction a file: accounts with every rule as an attribute at its field, then
//! what attributes cannot say (`validate`), then effects and the event.

pub mod caller;
pub mod control;
pub mod economy;
pub mod fees;
pub mod governance;
pub mod lamports;
pub mod layout;
pub mod staking;
pub mod tokens;

pub use control::*;
pub use economy::*;
pub use fees::*;
pub use governance::*;
pub use layout::*;
pub use staking::*;
