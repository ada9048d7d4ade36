//! Instruction builders: plain values in, accounts derived. Each function says what its
//! instruction does, who has to sign it, and what the program refuses; what a refusal's code
//! means is told by [`crate::error::explain_in`].
//!
//! Amounts are base units of the mint that moves; times are unix seconds. Nothing is checked
//! here: the program checks everything, so a builder never fails on a value.
//!
//! Council, proposals, ballots, the guardian and the advisor are in [`crate::governance`].

mod control;
mod economy;
mod fees;
mod layout;
mod names;
mod parts;
mod staking;

pub use control::*;
pub use economy::*;
pub use fees::*;
pub use layout::migrate;
pub use names::*;
pub use parts::*;
pub use staking::*;

use anchor_lang::{prelude::Pubkey, InstructionData, ToAccountMetas};
use solana_program::instruction::{AccountMeta, Instruction};

use crate::PROGRAM_ID;

/// A stake mint, and what goes with it in the instructions of its pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StakeMint {
    /// The mint that is staked: the economy's own for the native pool, an LP mint otherwise.
    pub mint: Pubkey,
    /// The token program that owns the mint.
    pub token_program: Pubkey,
    /// For a liquidity pool the AMM's vault of the economy's mint; `None` for the native pool.
    pub amm_vault: Option<Pubkey>,
}

/// An instruction with the accounts that it always has.
pub(crate) fn build(accounts: impl ToAccountMetas, data: impl InstructionData) -> Instruction {
    build_with(accounts, data, Vec::new())
}

/// An instruction with `remaining` accounts after those that it always has.
pub(crate) fn build_with(
    accounts: impl ToAccountMetas,
    data: impl InstructionData,
    remaining: Vec<AccountMeta>,
) -> Instruction {
    let mut metas = accounts.to_account_metas(None);
    metas.extend(remaining);
    Instruction {
        program_id: PROGRAM_ID,
        accounts: metas,
        data: data.data(),
    }
}
