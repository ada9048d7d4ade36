//! What a position has earned, and which of its tickets are ready.

use homeostat::HomeostatError;

use super::refusal;
use crate::{Economy, Pool, Position};

/// What `claim` would pay a position at `now` (base units, rounded down; the fraction
/// stays with the position). Read all three accounts at the same slot.
///
/// # Errors
///
/// `InvariantViolated` when the accounts do not belong together.
pub fn pending_rewards(
    economy: &Economy,
    pool: &Pool,
    position: &Position,
    now: i64,
) -> Result<u64, HomeostatError> {
    let (mut pool, mut position) = (*pool, *position);
    pool.settle(&economy.stream, economy.yield_q64, now)
        .map_err(refusal)?;
    position.settle(&pool).map_err(refusal)?;
    Ok(position.claimable())
}

/// A ticket: stake that is unbonding or ready to be withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unbonding {
    /// Its index in `Position.tickets`, which `cancel_unstake` takes.
    pub ticket: u8,
    /// How much it is (base units of the stake mint).
    pub amount: u64,
    /// From when on `withdraw` pays it (unix seconds).
    pub ready_at: i64,
    /// Whether that time has come at `now`.
    pub ready: bool,
}

/// A position's tickets, the earliest first.
///
/// ```
/// use homeostat_client::{wallet, Position};
///
/// let mut position: Position = bytemuck::Zeroable::zeroed();
/// position.tickets[3].amount = 70;
/// position.tickets[3].unlock_at = 2_000;
/// let [ticket] = wallet::unbonding(&position, 1_999)[..] else { panic!() };
/// assert_eq!((ticket.ticket, ticket.amount, ticket.ready), (3, 70, false));
/// assert_eq!(wallet::withdrawable(&position, 1_999), 0);
/// assert_eq!(wallet::withdrawable(&position, 2_000), 70);
/// ```
pub fn unbonding(position: &Position, now: i64) -> Vec<Unbonding> {
    let mut tickets: Vec<Unbonding> = (0u8..)
        .zip(&position.tickets)
        .filter(|(_, ticket)| ticket.amount > 0)
        .map(|(index, ticket)| Unbonding {
            ticket: index,
            amount: ticket.amount,
            ready_at: ticket.unlock_at,
            ready: ticket.unlock_at <= now,
        })
        .collect();
    tickets.sort_by_key(|ticket| ticket.ready_at);
    tickets
}

/// What asking for stake back comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaving {
    /// From when on `withdraw` pays it (unix seconds).
    pub ready_at: i64,
    /// Stake asked for earlier that has to wait until then as well (base units): waiting tickets
    /// of one day are one.
    pub moved: u64,
}

/// What asking for `amount` (base units of the stake mint) at `now` (unix seconds) comes to, where
/// stake unbonds for `unbonding` seconds (`Limits.unbonding`).
///
/// # Errors
///
/// Nothing is asked for (`AmountTooSmall`), or more than is staked (`InsufficientStake`).
///
/// ```
/// use homeostat_client::{wallet, Position};
///
/// let mut position: Position = bytemuck::Zeroable::zeroed();
/// position.amount = 100;
/// position.tickets[0].amount = 7;
/// position.tickets[0].unlock_at = 86_400 + 10;
/// let leaving = wallet::leaving(&position, 60, 90, 86_400).unwrap();
/// assert_eq!((leaving.ready_at, leaving.moved), (86_400 + 90, 7));
/// assert!(wallet::leaving(&position, 101, 90, 86_400).is_err());
/// ```
pub fn leaving(
    position: &Position,
    amount: u64,
    now: i64,
    unbonding: u32,
) -> Result<Leaving, HomeostatError> {
    let mut after = *position;
    let until = now.saturating_add(i64::from(unbonding));
    let ready_at = after.unbond(amount, now, until).map_err(refusal)?;
    let tickets = position.tickets.iter().zip(&after.tickets);
    let moved = tickets
        .filter(|(old, new)| new.amount > old.amount && old.unlock_at < new.unlock_at)
        .fold(0, |sum: u64, (old, _)| sum.saturating_add(old.amount));
    Ok(Leaving { ready_at, moved })
}

/// What `withdraw` would pay at `now` (base units of the stake mint).
pub fn withdrawable(position: &Position, now: i64) -> u64 {
    unbonding(position, now)
        .iter()
        .filter(|ticket| ticket.ready)
        .fold(0, |sum, ticket| sum.saturating_add(ticket.amount))
}
