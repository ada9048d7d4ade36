//! The staking instructions.
