//! People decide: proposals that wait, and what can stop them.

pub mod accept_role;
pub mod ballot;
pub mod close_proposal;
pub mod create_council;
pub mod decide;
pub mod execute;
pub mod office;
pub mod propose;

pub use accept_role::*;
pub use ballot::*;
pub use close_proposal::*;
pub use create_council::*;
pub use decide::*;
pub use execute::*;
pub use office::*;
pub use propose::*;
