//! The accounts of every instruction: those of the program when the yardstick
//! was cut, constraint for constraint. They stay as they are when the program's
//! get cheaper, and follow only when an instruction takes other accounts.

pub mod control;
pub mod economy;
pub mod fees;
pub mod governance;
pub mod staking;

pub use control::*;
pub use economy::*;
pub use fees::*;
pub use governance::*;
pub use staking::*;
