//! A pool: the stake of everyone who stakes one mint, and what a share of it has earned.

use anchor_lang::prelude::*;

use super::{
    layout::space,
    number::{add, div_rem, product, since, U128},
    stream::{Stream, Streamed},
};
use crate::{constants::*, error::HomeostatError};

/// What is staked in a pool.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum PoolKind {
    /// The economy's own mint is staked.
    Native = 0,
    /// A fungible LP mint is staked, of a pair with the economy's mint.
    Liquidity = 1,
}

/// The stake and the rewards of one mint.
#[account(zero_copy, discriminator = b"pool...\x01")]
#[derive(Debug, PartialEq, Eq)]
pub struct Pool {
    /// The canonical bump of the pool's address.
    pub bump: u8,
    /// The canonical bump of the principal vault's address.
    pub principal_bump: u8,
    /// The index of the pool's lane in the stream and of its slot in `Economy.pools`.
    pub lane: u8,
    /// The `PoolKind` as a number.
    pub kind: u8,
    /// The number of decimals of the stake mint.
    pub decimals: u8,
    /// Reserved; zero.
    pub reserved: [u8; 3],
    /// The economy that the pool belongs to.
    pub economy: Pubkey,
    /// The mint that is staked in the pool.
    pub stake_mint: Pubkey,
    /// The token program that the stake mint belongs to.
    pub stake_token_program: Pubkey,
    /// The token account that holds stakes and tickets.
    pub principal_vault: Pubkey,
    /// The AMM's token account of the economy's mint; the zero address for the native pool.
    pub amm_vault: Pubkey,
    /// The payer of the rent, who gets it back.
    pub payer: Pubkey,
    /// The stake that earns (base units).
    pub total: u64,
    /// The stake in unbonding tickets (base units), which earns nothing.
    pub unbonding: u64,
    /// The rewards paid out since creation (base units).
    pub claimed: u64,
    /// The time of the last settlement (unix seconds).
    pub settled_at: i64,
    /// What one base unit of stake has earned since creation (Q64.64 base units).
    pub reward_per_share_q64: U128,
    /// What the last division left over, carried to the next settlement (Q64.64 base
    /// units).
    pub remainder_q64: U128,
    /// The rewards distributed to shares since creation (Q64.64 base units).
    pub distributed_q64: U128,
    /// The emission accumulator at the last settlement (Q64.64 base units).
    pub seen_emission_q64: U128,
    /// The fee accumulator at the last settlement (Q64.64 base units).
    pub seen_fees_q64: U128,
    /// The emission of seconds in which nobody staked, returned to the grant (Q64.64 base
    /// units).
    pub returned_emission_q64: U128,
    /// The fees of seconds in which nobody staked, which stream again (Q64.64 base units).
    pub returned_fees_q64: U128,
    /// The time integral of `total` (base units x seconds).
    pub stake_seconds: U128,
    /// The depths of the liquidity pool at its touches in `touch_period`, each in the place of
    /// its number modulo [`MAX_TOUCHES`] (base units).
    pub depths: [u64; MAX_TOUCHES],
    /// The period that these touches belong to, from 1; 0 = none.
    pub touch_period: u64,
    /// The number of touches in that period.
    pub touches: u32,
    /// The number of positions that are open in the pool.
    pub positions: u32,
    /// The time of the last touch (unix seconds).
    pub touched_at: i64,
}

const _: () =
    assert!(core::mem::size_of::<Pool>() == 8 + 6 * 32 + 4 * 8 + 8 * 16 + 8 * MAX_TOUCHES + 24);
const _: () = assert!(core::mem::align_of::<Pool>() == 8);

impl Pool {
    /// Bytes of the account.
    pub const SPACE: usize = space::<Self>();

    /// True for the pool of the economy's own mint.
    pub fn is_native(&self) -> bool {
        self.kind == PoolKind::Native as u8
    }

    /// Credits everything streamed up to `now` (unix seconds) to the stake that was there.
    ///
    /// The quotient per share is floored and its remainder carried, so that over any number
    /// of settlements stakers miss less than 2^-64 base units per share. What streamed while
    /// nobody staked is returned. A clock that stepped back changes nothing and fails nothing,
    /// because an exit must not wait for it.
    pub fn settle(&mut self, stream: &Stream, now: i64) -> Result<()> {
        let now = stream.time(now);
        if now < self.settled_at {
            return Ok(());
        }
        let Streamed { emission, fees } = self.unseen(stream, now)?;
        if self.total == 0 {
            self.returned_emission_q64.add(emission)?;
            self.returned_fees_q64.add(fees)?;
        } else {
            let income = emission
                .checked_add(fees)
                .ok_or(HomeostatError::MathOverflow)?;
            let divisible = income
                .checked_add(self.remainder_q64.get())
                .ok_or(HomeostatError::MathOverflow)?;
            let (per_share, remainder) =
                div_rem(divisible, u128::from(self.total)).ok_or(HomeostatError::MathOverflow)?;
            self.reward_per_share_q64.add(per_share)?;
            self.remainder_q64 = U128::new(remainder);
            self.distributed_q64.add(income)?;
        }
        self.seen_emission_q64.add(emission)?;
        self.seen_fees_q64.add(fees)?;
        self.stake_seconds = U128::new(self.stake_seconds_at(now)?);
        self.settled_at = now;
        Ok(())
    }

    /// What has streamed up to `now` (unix seconds) and is not credited yet. It saturates: after
    /// the clock stepped back under a settled pool, a rate may change from an earlier second on,
    /// and less has streamed than the pool has seen. The pool then credits nothing until the
    /// stream has made up for it, and no exit is refused.
    fn unseen(&self, stream: &Stream, now: i64) -> Result<Streamed> {
        let streamed = stream.at(usize::from(self.lane), now)?;
        Ok(Streamed {
            emission: streamed
                .emission
                .saturating_sub(self.seen_emission_q64.get()),
            fees: streamed.fees.saturating_sub(self.seen_fees_q64.get()),
        })
    }

    /// The emission and the fees returned for want of stake, as they will be once the pool is
    /// settled at `now` (Q64.64 base units). Cheaper than a settlement: it divides nothing.
    pub fn returned_at(&self, stream: &Stream, now: i64) -> Result<(U128, U128)> {
        let mut emission = self.returned_emission_q64;
        let mut fees = self.returned_fees_q64;
        let now = stream.time(now);
        if self.total == 0 && now >= self.settled_at {
            let streamed = self.unseen(stream, now)?;
            emission.add(streamed.emission)?;
            fees.add(streamed.fees)?;
        }
        Ok((emission, fees))
    }

    /// What the pool owes to its positions (Q64.64 base units): everything distributed and not
    /// paid out. Settle first. Without positions only what divisions left over is there, which
    /// nobody can claim.
    pub fn owed(&self) -> Result<u128> {
        if self.positions == 0 {
            return Ok(0);
        }
        let paid = U128::new(u128::from(self.claimed) << 64);
        since(self.distributed_q64.get(), paid)
    }

    /// The time integral of the stake at `now` (base units x seconds). A clock that stepped
    /// back adds nothing.
    pub fn stake_seconds_at(&self, now: i64) -> Result<u128> {
        let seconds = now.saturating_sub(self.settled_at).max(0).unsigned_abs();
        self.stake_seconds
            .get()
            .checked_add(product(self.total, seconds))
            .ok_or_else(|| error!(HomeostatError::MathOverflow))
    }

    /// Counts a position that is opened.
    pub fn open_position(&mut self) -> Result<()> {
        self.positions = self
            .positions
            .checked_add(1)
            .ok_or(HomeostatError::MathOverflow)?;
        Ok(())
    }

    /// Counts a position that is closed. It saturates: no exit fails because of a count.
    pub fn close_position(&mut self) {
        self.positions = self.positions.saturating_sub(1);
    }

    /// Adds `amount` base units of stake. Settle first.
    pub fn add_stake(&mut self, amount: u64) -> Result<()> {
        self.total = add(self.total, amount)?;
        self.invariant()
    }

    /// Moves `amount` base units of stake into a ticket, where it earns nothing. Settle first.
    pub fn begin_unbonding(&mut self, amount: u64) -> Result<()> {
        self.total = self
            .total
            .checked_sub(amount)
            .ok_or(HomeostatError::InvariantViolated)?;
        self.unbonding = add(self.unbonding, amount)?;
        self.invariant()
    }

    /// Moves `amount` base units from a ticket back to the stake. Settle first.
    pub fn cancel_unbonding(&mut self, amount: u64) -> Result<()> {
        self.end_unbonding(amount)?;
        self.add_stake(amount)
    }

    /// Removes `amount` base units of tickets, which are paid out.
    pub fn end_unbonding(&mut self, amount: u64) -> Result<()> {
        self.unbonding = self
            .unbonding
            .checked_sub(amount)
            .ok_or(HomeostatError::InvariantViolated)?;
        self.invariant()
    }

    /// Counts `amount` base units of rewards as paid out. Refuses more than was distributed
    /// (`InvariantViolated`).
    pub fn pay_out(&mut self, amount: u64) -> Result<()> {
        self.claimed = add(self.claimed, amount)?;
        self.invariant()
    }

    /// The principal vault's least balance (base units): all stake and all tickets.
    pub fn liability(&self) -> Result<u64> {
        add(self.total, self.unbonding)
    }

    /// What holds after every instruction that writes a pool: claims do not exceed what was
    /// distributed, and stake and tickets together fit a vault's 64 bits.
    pub fn invariant(&self) -> Result<()> {
        self.liability()?;
        require!(
            u128::from(self.claimed) << 64 <= self.distributed_q64.get(),
            HomeostatError::InvariantViolated
        );
        Ok(())
    }
}
