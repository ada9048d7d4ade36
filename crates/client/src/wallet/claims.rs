//! Claims: of every position at once, and staked again.

use anchor_lang::prelude::Pubkey;
use homeostat::{state::Section, HomeostatError};
use solana_program::instruction::Instruction;

use super::{pending_rewards, refusal, TransferFee};
use crate::{
    address::EconomyAddresses,
    instruction::{self, StakeMint},
    Economy, Pool, Position,
};

/// How long after it was built a transaction can still land (seconds), with a margin for the
/// difference to the cluster's clock: [`claim_all`] reckons with what accrues until then.
pub const LANDS_WITHIN: i64 = 180;

/// A position with its pool, both read at the same slot.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// The pool account.
    pub pool: &'a Pool,
    /// The owner's position in it.
    pub position: &'a Position,
}

impl Held<'_> {
    fn pool_address(&self, at: &EconomyAddresses) -> Pubkey {
        at.pool(&self.pool.stake_mint)
    }
}

/// To whom and where rewards are paid, and what the reward vault holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payout {
    /// The owner of the positions, who signs.
    pub owner: Pubkey,
    /// Token account of the owner's, of the economy's mint.
    pub owner_tokens: Pubkey,
    /// Balance of the reward vault (base units), read with the other accounts.
    pub reward_vault_balance: u64,
}

/// Claims whatever the owner's positions have earned, with `top_up` first when the reward
/// vault would be short by the time the transaction lands ([`LANDS_WITHIN`]). Empty when
/// there is nothing to claim.
///
/// # Errors
///
/// `InvariantViolated` when the accounts do not belong together.
pub fn claim_all(
    at: &EconomyAddresses,
    economy: &Economy,
    held: &[Held],
    payout: &Payout,
    now: i64,
) -> Result<Vec<Instruction>, HomeostatError> {
    let mut claims = Vec::new();
    let mut due = 0u64;
    for held in held {
        if pending_rewards(economy, held.pool, held.position, now)? == 0 {
            continue;
        }
        let later = now.saturating_add(LANDS_WITHIN);
        due = due.saturating_add(pending_rewards(economy, held.pool, held.position, later)?);
        claims.push(instruction::claim(
            at,
            &held.pool_address(at),
            &payout.owner,
            &payout.owner_tokens,
            &economy.token_program,
        ));
    }
    if economy.mints() && payout.reward_vault_balance < due {
        claims.insert(0, instruction::top_up(at, &economy.token_program));
    }
    Ok(claims)
}

/// Claims the native position's rewards and stakes them, in one transaction; what accrues
/// until it lands stays in the wallet. `transfer_fee` is the mint's own
/// ([`TransferFee::of_mint`]): what it keeps back is not there to be staked. Empty when the
/// rewards are below the native pool's smallest stake.
///
/// # Errors
///
/// `NotLive` and `Paused` (staking), as the program would say; `InvariantViolated` when the
/// accounts do not belong together or the pool is not the native one.
pub fn compound(
    at: &EconomyAddresses,
    economy: &Economy,
    held: &Held,
    payout: &Payout,
    transfer_fee: &TransferFee,
    now: i64,
) -> Result<Vec<Instruction>, HomeostatError> {
    if !held.pool.is_native() {
        return Err(HomeostatError::InvariantViolated);
    }
    economy.require_live().map_err(refusal)?;
    economy.require_open(Section::Stake, now).map_err(refusal)?;
    let earned = pending_rewards(economy, held.pool, held.position, now)?;
    let arrives = transfer_fee.arrives(earned);
    if arrives < economy.min_stake(held.pool.lane) {
        return Ok(Vec::new());
    }
    let mut both = claim_all(at, economy, &[*held], payout, now)?;
    let native = StakeMint {
        mint: at.mint,
        token_program: economy.token_program,
        amm_vault: None,
    };
    both.push(instruction::stake(
        at,
        &native,
        &payout.owner,
        &payout.owner_tokens,
        arrives,
    ));
    Ok(both)
}
