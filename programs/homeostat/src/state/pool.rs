//! A pool: everyone who stakes one mint, and what each share has earned.

use anchor_lang::prelude::*;

use super::{
    number::{mul_div_floor, product, U128},
    stream::{Stream, Streamed},
};
use crate::{constants::*, error::HomeostatError};

/// What a pool's stake is.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum PoolKind {
    /// The economy's own mint.
    Native = 0,
    /// A fungible LP mint of a pair with the economy's mint.
    Liquidity = 1,
}

/// Stake and rewards of one mint.
#[account(zero_copy, discriminator = b"pool...\x01")]
#[derive(Debug, PartialEq, Eq)]
pub struct Pool {
    /// Canonical bump.
    pub bump: u8,
    /// Canonical bump of the principal vault.
    pub principal_bump: u8,
    /// Index of the pool's stream lane and of its slot in `Economy.pools`.
    pub lane: u8,
    /// `PoolKind` as a number.
    pub kind: u8,
    /// Decimals of the stake mint.
    pub decimals: u8,
    /// Unused.
    pub reserved: [u8; 3],
    /// Economy.
    pub economy: Pubkey,
    /// Mint that is staked.
    pub stake_mint: Pubkey,
    /// Its token program.
    pub stake_token_program: Pubkey,
    /// Token account that holds stakes and tickets.
    pub principal_vault: Pubkey,
    /// Liquidity pools: the AMM's token account of the economy's mint.
    pub amm_vault: Pubkey,
    /// Who paid the rent and gets it back.
    pub payer: Pubkey,
    /// Stake that earns (base units).
    pub total: u64,
    /// Stake in unbonding tickets (base units); earns nothing.
    pub unbonding: u64,
    /// Rewards paid out (base units).
    pub claimed: u64,
    /// Time of the last settlement (unix seconds).
    pub settled_at: i64,
    /// Rewards of one base unit of stake since creation (Q64.64 base units).
    pub reward_per_share_q64: U128,
    /// What a division left over, carried to the next settlement (Q64.64).
    pub remainder_q64: U128,
    /// Rewards distributed to shares since creation (Q64.64 base units).
    pub distributed_q64: U128,
    /// Emission accumulator at the last settlement (Q64.64).
    pub seen_emission_q64: U128,
    /// Fee accumulator at the last settlement (Q64.64).
    pub seen_fees_q64: U128,
    /// Emission of seconds in which nobody staked: back to the grant (Q64.64).
    pub returned_emission_q64: U128,
    /// Fees of such seconds: streamed again (Q64.64).
    pub returned_fees_q64: U128,
    /// Time integral of `total` (base units x seconds).
    pub stake_seconds: U128,
    /// Time integral of the depth (base units x seconds).
    pub depth_seconds: U128,
    /// Our tokens behind the staked LP share at the last touch (base units).
    pub depth: u64,
    /// Time of the last touch that counted (unix seconds).
    pub touched_at: i64,
    /// Unused.
    pub reserved_end: [u8; 64],
}

const _: () = assert!(core::mem::size_of::<Pool>() == 8 + 6 * 32 + 4 * 8 + 9 * 16 + 16 + 64);
const _: () = assert!(core::mem::align_of::<Pool>() == 8);

/// What a touch records.
pub struct Touched {
    /// Time integral of the depth (base units x seconds).
    pub depth_seconds: U128,
    /// Our tokens behind the staked LP share (base units).
    pub depth: u64,
}

impl Pool {
    /// Bytes of the account.
    pub const SPACE: usize = 8 + core::mem::size_of::<Self>();

    /// True for the pool of the economy's own mint.
    pub fn is_native(&self) -> bool {
        self.kind == PoolKind::Native as u8
    }

    /// Credits everything streamed up to `now` to the shares that were there.
    ///
    /// The quotient per share is floored; its remainder is carried, so over
    /// any number of settlements less than one 2^-64 of a base unit per share is
    /// withheld from stakers. Seconds without stake are returned. A clock that
    /// stepped back changes nothing: exits do not wait for it.
    pub fn settle(&mut self, streamed: Streamed, now: i64) -> Result<()> {
        if now < self.settled_at {
            return Ok(());
        }
        let emission = streamed
            .emission
            .checked_sub(self.seen_emission_q64.get())
            .ok_or(HomeostatError::InvariantViolated)?;
        let fees = streamed
            .fees
            .checked_sub(self.seen_fees_q64.get())
            .ok_or(HomeostatError::InvariantViolated)?;
        if self.total == 0 {
            self.returned_emission_q64.add(emission)?;
            self.returned_fees_q64.add(fees)?;
        } else {
            let income = emission
                .checked_add(fees)
                .ok_or(HomeostatError::MathOverflow)?;
            let total = u128::from(self.total);
            let divisible = income
                .checked_add(self.remainder_q64.get())
                .ok_or(HomeostatError::MathOverflow)?;
            let per_share = divisible
                .checked_div(total)
                .ok_or(HomeostatError::MathOverflow)?;
            // Exact: the product is at most what was divided.
            let remainder = divisible.wrapping_sub(per_share.wrapping_mul(total));
            self.reward_per_share_q64.add(per_share)?;
            self.remainder_q64 = U128::new(remainder);
            self.distributed_q64.add(income)?;
        }
        self.seen_emission_q64 = U128::new(streamed.emission);
        self.seen_fees_q64 = U128::new(streamed.fees);
        self.stake_seconds = U128::new(self.stake_seconds_at(now)?);
        self.settled_at = now;
        Ok(())
    }

    /// What has been returned for want of stake when `stream` is settled at `now`:
    /// emission, fees (Q64.64). Divides nothing, because it distributes nothing.
    pub fn returned_at(&self, stream: &Stream, now: i64) -> Result<(U128, U128)> {
        let mut emission = self.returned_emission_q64;
        let mut fees = self.returned_fees_q64;
        if self.total == 0 && now >= self.settled_at {
            let streamed = stream.at(usize::from(self.lane), now)?;
            let since = |after: u128, before: U128| {
                after
                    .checked_sub(before.get())
                    .ok_or_else(|| error!(HomeostatError::InvariantViolated))
            };
            emission.add(since(streamed.emission, self.seen_emission_q64)?)?;
            fees.add(since(streamed.fees, self.seen_fees_q64)?)?;
        }
        Ok((emission, fees))
    }

    /// The stake integral at `now` (base units x seconds).
    pub fn stake_seconds_at(&self, now: i64) -> Result<u128> {
        let seconds = now.saturating_sub(self.settled_at).max(0).unsigned_abs();
        self.stake_seconds
            .get()
            .checked_add(product(self.total, seconds))
            .ok_or_else(|| error!(HomeostatError::MathOverflow))
    }

    /// Records how much of our token stands behind the staked LP tokens.
    pub fn touch(&mut self, now: i64, amm_balance: u64, lp_supply: u64) -> Result<()> {
        if let Some(touched) = self.touched(now, amm_balance, lp_supply)? {
            self.record(&touched, now);
        }
        Ok(())
    }

    /// Records a touch at `now`.
    pub fn record(&mut self, touched: &Touched, now: i64) {
        self.depth_seconds = touched.depth_seconds;
        self.depth = touched.depth;
        self.touched_at = now;
    }

    /// What a touch at `now` would record.
    ///
    /// The interval since the last touch counts with the lower of both values,
    /// so nobody raises the mean with liquidity that is there for a moment only.
    /// Touches less than [`MIN_TOUCH_INTERVAL`] apart change nothing: `None`.
    pub fn touched(&self, now: i64, amm_balance: u64, lp_supply: u64) -> Result<Option<Touched>> {
        let seconds = now.saturating_sub(self.touched_at);
        if seconds < MIN_TOUCH_INTERVAL {
            return Ok(None);
        }
        let staked = self.total.min(lp_supply);
        let depth = mul_div_floor(amm_balance, staked, lp_supply).unwrap_or(0);
        let mut depth_seconds = self.depth_seconds;
        depth_seconds.add(product(self.depth.min(depth), seconds.unsigned_abs()))?;
        Ok(Some(Touched {
            depth_seconds,
            depth,
        }))
    }

    /// Stake enters. Settle first.
    pub fn add_stake(&mut self, amount: u64) -> Result<()> {
        self.total = self
            .total
            .checked_add(amount)
            .ok_or(HomeostatError::MathOverflow)?;
        self.invariant()
    }

    /// Stake stops earning and waits in a ticket. Settle first.
    pub fn begin_unbonding(&mut self, amount: u64) -> Result<()> {
        self.total = self
            .total
            .checked_sub(amount)
            .ok_or(HomeostatError::InvariantViolated)?;
        self.unbonding = self
            .unbonding
            .checked_add(amount)
            .ok_or(HomeostatError::MathOverflow)?;
        self.invariant()
    }

    /// A ticket goes back to work. Settle first.
    pub fn cancel_unbonding(&mut self, amount: u64) -> Result<()> {
        self.end_unbonding(amount)?;
        self.add_stake(amount)
    }

    /// A ticket leaves.
    pub fn end_unbonding(&mut self, amount: u64) -> Result<()> {
        self.unbonding = self
            .unbonding
            .checked_sub(amount)
            .ok_or(HomeostatError::InvariantViolated)?;
        self.invariant()
    }

    /// Rewards leave.
    pub fn pay_out(&mut self, amount: u64) -> Result<()> {
        self.claimed = self
            .claimed
            .checked_add(amount)
            .ok_or(HomeostatError::MathOverflow)?;
        self.invariant()
    }

    /// What the principal vault must hold at least (base units).
    pub fn liability(&self) -> Result<u64> {
        self.total
            .checked_add(self.unbonding)
            .ok_or_else(|| error!(HomeostatError::MathOverflow))
    }

    /// Claims never exceed what was distributed; stake and tickets fit one vault.
    pub fn invariant(&self) -> Result<()> {
        self.liability()?;
        require!(
            u128::from(self.claimed) << 64 <= self.distributed_q64.get(),
            HomeostatError::InvariantViolated
        );
        Ok(())
    }
}
