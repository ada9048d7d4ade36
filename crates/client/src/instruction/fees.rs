//! Payments, and what becomes of their fees.

use anchor_lang::prelude::Pubkey;
use homeostat::{accounts, instruction as data};
use solana_program::instruction::Instruction;

use super::build;
use crate::{
    address::{event_authority, fee_vault, EconomyAddresses},
    PROGRAM_ID,
};

/// A payment: who pays, from which token account, to which, and through which shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Signs: the owner or the delegate of `from`.
    pub payer: Pubkey,
    /// Token account that is debited.
    pub from: Pubkey,
    /// Token account that is credited; [`charge_fee`] does not look at it.
    pub to: Pubkey,
    /// Index of the meter. Any will do; payments spread over all of them wait less for each
    /// other.
    pub shard: u8,
    /// What the payer gives, fee included (base units).
    pub amount: u64,
    /// The highest fee that the payer accepts (base units).
    pub max_fee: u64,
}

/// Pays `to` and takes the fee on the way, so that `fee + net == amount`; the payer signs. The
/// fee rounds up.
///
/// Refused above `max_fee`, while payments are paused, and unless the economy is live.
pub fn pay(at: &EconomyAddresses, token_program: &Pubkey, payment: &Payment) -> Instruction {
    let meter = at.meter(payment.shard);
    build(
        accounts::Pay {
            payer: payment.payer,
            economy: at.economy,
            meter,
            mint: at.mint,
            payer_tokens: payment.from,
            recipient_tokens: payment.to,
            vault: fee_vault(&meter),
            token_program: *token_program,
        },
        data::Pay {
            amount: payment.amount,
            max_fee: payment.max_fee,
        },
    )
}

/// Takes the fee on a payment whose tokens another program moves itself; the payer signs. Only
/// the fee leaves `from`.
///
/// Refused as [`pay`] is.
pub fn charge_fee(at: &EconomyAddresses, token_program: &Pubkey, payment: &Payment) -> Instruction {
    let meter = at.meter(payment.shard);
    build(
        accounts::ChargeFee {
            payer: payment.payer,
            economy: at.economy,
            meter,
            mint: at.mint,
            payer_tokens: payment.from,
            vault: fee_vault(&meter),
            token_program: *token_program,
        },
        data::ChargeFee {
            amount: payment.amount,
            max_fee: payment.max_fee,
        },
    )
}

/// Moves a meter's fees to burn, stakers and treasury; nobody signs.
pub fn collect(at: &EconomyAddresses, token_program: &Pubkey, shard: u8) -> Instruction {
    let meter = at.meter(shard);
    build(
        accounts::Collect {
            economy: at.economy,
            meter,
            mint: at.mint,
            vault: fee_vault(&meter),
            reward_vault: at.reward_vault,
            treasury_vault: at.treasury_vault,
            authority: at.authority,
            token_program: *token_program,
            event_authority: event_authority(),
            program: PROGRAM_ID,
        },
        data::Collect {},
    )
}
