//! A pool: the stake of everyone who stakes one mint, and what a share of it has earned.

use anchor_lang::prelude::*;

use super::{
    layout::space,
    number::{add, div_rem, product, since, times, U128},
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
    /// The emission of seconds in which nobody staked, or above the yield cap, returned to the
    /// grant (Q64.64 base units).
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
    /// nobody staked is returned, and so is what streamed above the yield cap `yield_q64`
    /// ([`Economy::yield_q64`](super::Economy::yield_q64)). A clock that stepped back changes
    /// nothing and fails nothing, because an exit must not wait for it.
    pub fn settle(&mut self, stream: &Stream, yield_q64: u64, now: i64) -> Result<()> {
        let now = stream.time(now);
        if now < self.settled_at {
            return Ok(());
        }
        let Streamed { emission, fees } = self.unseen(stream, now)?;
        let earned = self.earned(emission, yield_q64, now);
        // It does not saturate: a part is at most the whole.
        self.returned_emission_q64
            .add(emission.saturating_sub(earned))?;
        if self.total == 0 {
            self.returned_fees_q64.add(fees)?;
        } else {
            let income = earned
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

    /// What the stake earns at `now` (unix seconds) of the `emission` since the last settlement
    /// (both in Q64.64 base units): at most `yield_q64` a second and base unit. Only the native
    /// pool has a cap: in a liquidity pool stake and reward are different tokens.
    ///
    /// The product saturates far above any emission.
    fn earned(&self, emission: u128, yield_q64: u64, now: i64) -> u128 {
        if self.total == 0 {
            return 0;
        }
        if yield_q64 == 0 || !self.is_native() {
            return emission;
        }
        let seconds = now.saturating_sub(self.settled_at).max(0).unsigned_abs();
        emission.min(times(product(self.total, seconds), yield_q64))
    }

    /// The emission and the fees returned for want of stake, and the emission above the yield
    /// cap, as they will be once the pool is settled at `now` (Q64.64 base units). Cheaper than
    /// a settlement: it divides nothing.
    pub fn returned_at(&self, stream: &Stream, yield_q64: u64, now: i64) -> Result<(U128, U128)> {
        let mut emission = self.returned_emission_q64;
        let mut fees = self.returned_fees_q64;
        let returns = self.total == 0 || (self.is_native() && yield_q64 != 0);
        let now = stream.time(now);
        if returns && now >= self.settled_at {
            let streamed = self.unseen(stream, now)?;
            let earned = self.earned(streamed.emission, yield_q64, now);
            emission.add(streamed.emission.saturating_sub(earned))?;
            if self.total == 0 {
                fees.add(streamed.fees)?;
            }
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

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_core::{RngCore, SeedableRng};

    use super::*;
    use crate::state::stream::emission_per_second;

    const START: i64 = 1_000_000;
    /// The number 1 in Q64.64.
    const ONE_Q64: u128 = 1 << 64;

    fn pool(total: u64) -> Pool {
        Pool {
            total,
            settled_at: START,
            ..bytemuck::Zeroable::zeroed()
        }
    }

    /// A stream that has brought `emission` base units and 7 of fees, and brings no more.
    fn brought(emission: u64) -> Stream {
        let mut stream = Stream {
            t0: START,
            fee_acc_q64: U128::new(7 * ONE_Q64),
            ..Stream::default()
        };
        stream.lanes[0].acc_q64 = U128::new(u128::from(emission) * ONE_Q64);
        stream
    }

    #[test]
    fn e4_what_is_above_the_yield_cap_is_returned() {
        // given a cap of 100 % a year, and stake that would earn ten times as much
        let cap = u64::try_from(emission_per_second(1, PPM).unwrap()).unwrap();
        let mut pool = pool(1_000_000);
        let year = START + YEAR;
        pool.settle(&brought(10_000_000), cap, year).unwrap();

        // then it earns itself once, rounded down, and all of the fees
        let earned = pool.distributed_q64.get() - 7 * ONE_Q64;
        assert!(earned <= 1_000_000 * ONE_Q64);
        assert!(earned > 999_999 * ONE_Q64);
        let returned = pool.returned_emission_q64.get();
        assert_eq!(earned + returned, 10_000_000 * ONE_Q64);
        assert_eq!(pool.returned_fees_q64.get(), 0);
    }

    #[test]
    fn no_cap_and_a_liquidity_pool_return_nothing() {
        for (kind, cap) in [(PoolKind::Native, 0), (PoolKind::Liquidity, 1)] {
            let mut pool = Pool {
                kind: kind as u8,
                ..pool(1)
            };
            pool.settle(&brought(u64::MAX / 8), cap, START + 1).unwrap();
            assert_eq!(pool.returned_emission_q64.get(), 0);
        }
    }

    /// Whatever the stake, the cap and the pieces: nothing is lost, nothing is paid twice, no
    /// more is earned than the cap says, and what is announced is what is returned.
    #[test]
    fn e4_earned_and_returned_add_up_to_what_streamed() {
        let mut random = ChaCha8Rng::seed_from_u64(0x79_6965_6c64);
        let mut below = |most: u64| random.next_u64() % most;
        for story in 0..2_000 {
            let mut pool = pool(0);
            let mut stream = Stream {
                t0: START,
                emit_until: i64::MAX,
                ..Stream::default()
            };
            stream.lanes[0].rate_q64 = U128::new(u128::from(below(u64::MAX)) << below(30));
            let (mut now, mut highest) = (START, 0u128);
            for _ in 0..1 + below(20) {
                let cap = if below(4) == 0 { 0 } else { 1 + below(1 << 52) };
                let seconds = below(1_000_000);
                now += seconds as i64;
                highest = highest.saturating_add(match cap {
                    0 => u128::MAX,
                    cap => times(product(pool.total, seconds), cap),
                });
                let (emission, fees) = pool.returned_at(&stream, cap, now).unwrap();
                pool.settle(&stream, cap, now).unwrap();
                assert_eq!(pool.returned_emission_q64, emission, "story {story}");
                assert_eq!(pool.returned_fees_q64, fees, "story {story}");
                pool.total = below(1 << 40);
            }
            let all = stream.at(0, now).unwrap().emission;
            let earned = pool.distributed_q64.get();
            assert_eq!(earned + pool.returned_emission_q64.get(), all);
            assert!(earned <= highest, "story {story}");
        }
    }
}
