//! Governance: proposals that wait, votes on them, and what guardian and advisor do by
//! themselves.

pub mod accept_role;
pub mod advise;
pub mod cast_ballot;
pub mod close_ballot;
pub mod close_proposal;
pub mod create_council;
pub mod decide;
pub mod execute;
pub mod office;
pub mod pause;
pub mod propose;
pub mod veto_advice;

pub use accept_role::*;
pub use advise::*;
pub use cast_ballot::*;
pub use close_ballot::*;
pub use close_proposal::*;
pub use create_council::*;
pub use decide::*;
pub use execute::*;
pub use office::*;
pub use pause::*;
pub use propose::*;
pub use veto_advice::*;
