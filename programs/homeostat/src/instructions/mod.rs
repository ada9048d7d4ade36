//! The instructions, a file each: the accounts with every rule as an attribute at its field,
//! then the rules that attributes cannot express (`validate`), then effects and the event.
//!
//! Only fields that a rule or an effect needs are loaded. `#[inline(never)]` gives a step a
//! stack frame of its own, which has at most 4 KB on chain.
//!
//! # One account in two places
//!
//! A balance that is loaded twice would be counted twice, so no account can stand in two
//! places where that matters. Each kind is refused in one place:
//!
//! - Token accounts that anybody chooses (`pay`, `charge_fee`, `fund_rewards`): by a
//!   `constraint` at the later field (`ConstraintDuplicateMutableAccount`). Anchor's own check
//!   builds a hash set in every instruction, at 1,300 compute units; the attribute `dup`
//!   leaves it out.
//! - Vaults and logs: by `has_one`, because the economy, pool, meter or council stores another
//!   address for each.
//! - Accounts of the program, which Anchor does not compare at all: by their types, because no
//!   instruction takes two of one type.
//! - Accounts after the named ones: [`control::gather`] compares each with the economy's own
//!   list, in order, whose entries differ; `close` and `execute` do the same with theirs.
//!
//! tests/interface/exchange tries every ordered pair of every instruction.

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
