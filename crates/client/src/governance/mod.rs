//! Instruction builders of governance: council, proposals, ballots, the guardian and the
//! advisor. As in [`crate::instruction`] a builder checks nothing: the program checks
//! everything.
//!
//! A [`ProposalId`] says which proposal is meant: its address follows from the digest of its
//! actions, and its index tells it from others with the same actions.
//!
//! ```
//! use homeostat_client::{governance, Action, EconomyAddresses, Parameter, Pubkey, Tunable};
//!
//! let (mint, creator, member) = (Pubkey::new_unique(), Pubkey::new_unique(), Pubkey::new_unique());
//! let at = EconomyAddresses::new(&mint, &creator);
//! // Lower the target of the staked share from 60 % to 58 %, over a week.
//! let action = Action::Tune {
//!     parameter: Parameter::Emission,
//!     field: Tunable::Setpoint,
//!     expected_q48: governance::q48(0.60),
//!     value_q48: governance::q48(0.58),
//!     over_seconds: 604_800,
//! };
//! let propose = governance::propose(&at, &member, &member, vec![action], None);
//! assert!(propose.accounts.iter().any(|meta| meta.pubkey == at.council));
//! ```

mod ballots;
mod council;
mod execute;
mod offices;
mod proposals;

pub use ballots::*;
pub use council::*;
pub use execute::execute;
pub use offices::*;
pub use proposals::*;

/// A number as the control law's fixed point (x 2^48), for arguments whose name ends in
/// `_q48`. Rounds to the nearest; what leaves the range becomes its end.
pub fn q48(value: f64) -> i128 {
    homeostat_control::Fx::saturating_from_num(value).to_bits()
}
