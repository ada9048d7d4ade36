//! The instructions, a file each: the accounts with every rule as an attribute at its field,
//! then the rules that attributes cannot express (`validate`), then effects and the event.
//!
//! Only fields that a rule or an effect needs are loaded. `#[inline(never)]` gives a step a
//! stack frame of its own, which has at most 4 KB on chain.

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
