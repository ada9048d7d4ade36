//! A position: one owner's stake in one pool.

use anchor_lang::prelude::*;

use super::{
    checkpoint::Checkpoint,
    layout::space,
    number::{add, checked_times, floor_q64, since, U128},
    pool::Pool,
};
use crate::{constants::*, error::HomeostatError};

/// Stake that is unbonding.
#[zero_copy]
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ticket {
    /// The stake in the ticket (base units); 0 = the slot is free.
    pub amount: u64,
    /// When the ticket can be withdrawn (unix seconds).
    pub unlock_at: i64,
}

/// The stake of one owner in one pool.
#[account(zero_copy, discriminator = b"positio\x01")]
#[derive(Debug, PartialEq, Eq)]
pub struct Position {
    /// The canonical bump of the position's address.
    pub bump: u8,
    /// The number of checkpoints in use.
    pub checkpoint_count: u8,
    /// Reserved; zero.
    pub reserved: [u8; 6],
    /// The pool that the position is in.
    pub pool: Pubkey,
    /// The owner, who alone stakes, unstakes and claims.
    pub owner: Pubkey,
    /// The payer of the rent, who gets it back.
    pub payer: Pubkey,
    /// The stake that earns (base units).
    pub amount: u64,
    /// All of the stake votes on proposals whose snapshot is later (unix seconds): when stake
    /// was last added, or later where it is added often.
    pub votes_from: i64,
    /// The pool's `reward_per_share_q64` up to which `pending_q64` is settled (Q64.64 base
    /// units).
    pub paid_q64: U128,
    /// What is earned and unclaimed (Q64.64 base units).
    pub pending_q64: U128,
    /// The unbonding tickets of the position.
    pub tickets: [Ticket; MAX_TICKETS],
    /// What votes on proposals with an earlier snapshot, oldest first: the stake that has been
    /// there since that moment.
    pub checkpoints: [Checkpoint; MAX_CHECKPOINTS],
    /// Reserved; zero.
    pub reserved_end: [u8; 32],
}

const _: () = assert!(core::mem::size_of::<Position>() == 8 + 96 + 16 + 32 + 128 + 256 + 32);
const _: () = assert!(core::mem::align_of::<Position>() == 8);

impl Position {
    /// Bytes of the account.
    pub const SPACE: usize = space::<Self>();

    /// Credits what the stake has earned since it was last settled. Settle the pool first.
    pub fn settle(&mut self, pool: &Pool) -> Result<()> {
        let per_share = since(pool.reward_per_share_q64.get(), self.paid_q64)?;
        // At most what the pool has distributed, which stays below MAX_LIFETIME_STREAM in
        // Q64.64: only a broken invariant overflows here.
        let earned = checked_times(per_share, self.amount).ok_or(HomeostatError::MathOverflow)?;
        self.pending_q64.add(earned)?;
        self.paid_q64 = pool.reward_per_share_q64;
        Ok(())
    }

    /// Adds `amount` base units of stake at `now` (unix seconds). Settle first.
    pub fn add(&mut self, amount: u64, now: i64) -> Result<()> {
        self.note_addition(now);
        self.amount = add(self.amount, amount)?;
        Ok(())
    }

    /// Moves `amount` base units of stake into a ticket and returns when it unlocks (unix
    /// seconds). Settle first. Refuses zero (`AmountTooSmall`) and more than is staked
    /// (`InsufficientStake`).
    ///
    /// Waiting tickets that unlock on the same day merge at the later time. When all slots are
    /// in use, two unlocked tickets merge; if there are no two, the stake is added to the
    /// ticket that unlocks last. So an exit is never refused, no unlocked ticket waits again,
    /// and at worst one waiting ticket waits longer.
    pub fn unbond(&mut self, amount: u64, now: i64, unlock_at: i64) -> Result<i64> {
        require!(amount > 0, HomeostatError::AmountTooSmall);
        self.amount = self
            .amount
            .checked_sub(amount)
            .ok_or(HomeostatError::InsufficientStake)?;
        self.note_removal();
        // The division is unsigned, because the SBF target has no signed one; times are not
        // negative.
        let day = |at: i64| {
            at.max(0)
                .unsigned_abs()
                .div_euclid(TICKET_GRAIN.unsigned_abs())
        };
        let same_day = |ticket: &Ticket| {
            ticket.amount > 0 && ticket.unlock_at > now && day(ticket.unlock_at) == day(unlock_at)
        };
        let slot = match self.tickets.iter().position(same_day) {
            Some(slot) => slot,
            None => match self.free_slot(now)? {
                Some(slot) => slot,
                None => self.youngest(),
            },
        };
        let ticket = self
            .tickets
            .get_mut(slot)
            .ok_or(HomeostatError::InvariantViolated)?;
        let later = if ticket.amount == 0 {
            unlock_at
        } else {
            ticket.unlock_at.max(unlock_at)
        };
        ticket.amount = add(ticket.amount, amount)?;
        ticket.unlock_at = later;
        Ok(later)
    }

    /// A free slot; where there is none, one that two unlocked tickets leave when they merge.
    fn free_slot(&mut self, now: i64) -> Result<Option<usize>> {
        let free = self.tickets.iter().position(|ticket| ticket.amount == 0);
        if free.is_some() {
            return Ok(free);
        }
        let mut unlocked = self
            .tickets
            .iter_mut()
            .enumerate()
            .filter(|(_, ticket)| ticket.unlock_at <= now);
        let (Some((_, first)), Some((slot, second))) = (unlocked.next(), unlocked.next()) else {
            return Ok(None);
        };
        first.amount = add(first.amount, core::mem::take(second).amount)?;
        Ok(Some(slot))
    }

    /// The slot of the ticket that unlocks last.
    fn youngest(&self) -> usize {
        let mut slot = 0;
        let mut latest = i64::MIN;
        for (index, ticket) in self.tickets.iter().enumerate() {
            if ticket.unlock_at > latest {
                latest = ticket.unlock_at;
                slot = index;
            }
        }
        slot
    }

    /// Adds one ticket to the stake again and returns its amount (base units). Settle first.
    /// Refuses an empty slot (`NoSuchTicket`).
    pub fn rebond(&mut self, slot: u8, now: i64) -> Result<u64> {
        let ticket = self
            .tickets
            .get_mut(usize::from(slot))
            .filter(|ticket| ticket.amount > 0)
            .ok_or(HomeostatError::NoSuchTicket)?;
        let amount = core::mem::take(ticket).amount;
        self.add(amount, now)?;
        Ok(amount)
    }

    /// Removes every ticket that has unlocked at `now` (unix seconds) and returns their sum
    /// (base units). Refuses where there are no tickets (`NothingToWithdraw`) and where none
    /// has unlocked (`StillLocked`).
    pub fn withdraw(&mut self, now: i64) -> Result<u64> {
        let waiting = self.tickets.iter().any(|ticket| ticket.amount > 0);
        require!(waiting, HomeostatError::NothingToWithdraw);
        let mut sum = 0u64;
        for ticket in self.tickets.iter_mut() {
            if ticket.amount > 0 && ticket.unlock_at <= now {
                sum = add(sum, core::mem::take(ticket).amount)?;
            }
        }
        require!(sum > 0, HomeostatError::StillLocked);
        Ok(sum)
    }

    /// What can be claimed (base units, rounded down). Settle first.
    pub fn claimable(&self) -> u64 {
        floor_q64(self.pending_q64.get())
    }

    /// Debits what can be claimed and returns it (base units); the fraction of a base unit
    /// stays. Settle first.
    pub fn debit_rewards(&mut self) -> Result<u64> {
        let amount = self.claimable();
        self.pending_q64 = U128::new(
            self.pending_q64
                .get()
                .checked_sub(u128::from(amount) << 64)
                .ok_or(HomeostatError::InvariantViolated)?,
        );
        Ok(amount)
    }

    /// Refuses while stake or tickets (`PositionNotEmpty`) or at least one base unit of
    /// rewards (`UnclaimedRewards`) remain. Settle first.
    pub fn require_empty(&self) -> Result<()> {
        let bonded = self.amount > 0 || self.tickets.iter().any(|ticket| ticket.amount > 0);
        require!(!bonded, HomeostatError::PositionNotEmpty);
        require!(self.claimable() == 0, HomeostatError::UnclaimedRewards);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = TICKET_GRAIN;

    fn position(amount: u64) -> Position {
        Position {
            amount,
            ..bytemuck::Zeroable::zeroed()
        }
    }

    #[test]
    fn tickets_of_one_day_merge_at_the_later_time() {
        let mut position = position(100);
        position.unbond(10, 0, 5 * DAY + 7).unwrap();
        assert_eq!(position.unbond(20, 0, 5 * DAY + 3).unwrap(), 5 * DAY + 7);
        assert_eq!(
            position.tickets[0],
            Ticket {
                amount: 30,
                unlock_at: 5 * DAY + 7
            }
        );
        assert_eq!(position.tickets[1], Ticket::default());
    }

    #[test]
    fn a_ninth_day_joins_the_youngest_ticket_and_is_not_refused() {
        let mut position = position(100);
        for day in 0..8 {
            position.unbond(10, 0, (day + 1) * DAY).unwrap();
        }
        position.unbond(5, 0, 9 * DAY).unwrap();
        assert_eq!(
            position.tickets[7],
            Ticket {
                amount: 15,
                unlock_at: 9 * DAY
            }
        );
        assert_eq!(position.tickets[0].unlock_at, DAY);
        assert_eq!(position.withdraw(9 * DAY).unwrap(), 85);
    }

    #[test]
    fn an_unlocked_ticket_never_waits_again() {
        // given eight tickets, of which the first two have unlocked
        let mut position = position(100);
        for day in 0..8 {
            position.unbond(10, 0, (day + 1) * DAY).unwrap();
        }
        let now = 2 * DAY;

        // when more is unbonded, then those two share a slot and stay unlocked
        position.unbond(5, now, 9 * DAY).unwrap();
        assert_eq!(position.withdraw(now).unwrap(), 20);

        // nor does a short unbonding time lock what unlocked on the same day
        let mut position = self::position(100);
        position.unbond(10, 0, 60).unwrap();
        position.unbond(10, 100, 160).unwrap();
        assert_eq!(position.withdraw(100).unwrap(), 10);
    }

    #[test]
    fn a_ticket_unlocks_at_its_second_and_not_before() {
        let mut position = position(10);
        assert!(position.withdraw(0).is_err());
        position.unbond(10, 0, 1_000).unwrap();
        let before = position;
        assert!(position.withdraw(999).is_err());
        assert_eq!(position, before);
        assert_eq!(position.withdraw(1_000).unwrap(), 10);
        assert!(position.withdraw(1_000).is_err());
    }

    #[test]
    fn a_cancelled_ticket_works_again_as_new_stake() {
        let mut position = position(10);
        position.unbond(4, 0, 1_000).unwrap();
        assert_eq!(position.rebond(0, 77).unwrap(), 4);
        assert_eq!((position.amount, position.votes_from), (10, 77));
        assert!(position.rebond(0, 78).is_err());
        assert!(position.rebond(200, 78).is_err());
    }
}
