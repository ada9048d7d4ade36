//! Events: every state change except payments is published by a call of the program to
//! itself (`emit_cpi!`), with old and new values. Logs can be cut off by other
//! instructions of the transaction; the data of an inner instruction cannot.
//!
//! The files are the families of `instructions/`. Tokens are in base units of their mint,
//! times in unix seconds, shares in ppm.

mod control;
mod economy;
mod fees;
mod governance;
mod layout;
mod staking;

pub use control::*;
pub use economy::*;
pub use fees::*;
pub use governance::*;
pub use layout::*;
pub use staking::*;
