//! Positions: stake, unbond, withdraw, claim. None of these writes Economy.

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

use crate::framework::prelude::*;

use super::checks::has_one;
use crate::{
    instructions::loader::Open,
    state::{Economy, Pool, Position},
};

/// Refuses a pool of another economy, and a position of another pool or owner.
#[inline(never)]
fn check_position(
    economy: &AccountInfo,
    pool: &AccountLoader<Pool>,
    position: &AccountLoader<Position>,
    owner: &AccountInfo,
) -> Result<()> {
    has_one(&pool.open()?.economy, economy)?;
    let position = position.open()?;
    has_one(&position.pool, pool.as_ref())?;
    has_one(&position.owner, owner)
}

/// Brings a pool and one of its positions to `now`.
fn settle(economy: &Economy, pool: &mut Pool, position: &mut Position, now: i64) -> Result<()> {
    let streamed = economy.stream.at(usize::from(pool.lane), now)?;
    pool.settle(streamed, now)?;
    position.settle(pool)
}
