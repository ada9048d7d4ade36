//! Positions: stake, unbond, withdraw, claim. None of these writes the economy's account.
//! Stakers of one pool write the pool and wait for each other. Claims wait for each other in
//! every pool of an economy, because all of them are paid from its reward vault.

pub mod cancel_unstake;
pub mod claim;
pub mod close_position;
pub mod open_position;
pub mod request_unstake;
pub mod stake;
pub mod withdraw;

pub use cancel_unstake::*;
pub use claim::*;
pub use close_position::*;
pub use open_position::*;
pub use request_unstake::*;
pub use stake::*;
pub use withdraw::*;

use anchor_lang::prelude::*;

use crate::state::{Economy, Pool, Position};

/// Settles a pool and one of its positions at `now` (unix seconds): credits what has streamed
/// since they were settled last.
fn settle(economy: &Economy, pool: &mut Pool, position: &mut Position, now: i64) -> Result<()> {
    pool.settle(&economy.stream, economy.yield_q64, now)?;
    position.settle(pool)
}
