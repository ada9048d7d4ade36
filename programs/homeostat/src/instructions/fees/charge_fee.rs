//! Charges the fee on a payment whose tokens another program moves itself.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use super::{charge, record};
use crate::{
    instructions::tokens::Token,
    state::{Economy, Meter},
};

/// Accounts of `charge_fee`.
#[derive(Accounts)]
pub struct ChargeFee<'info> {
    /// The owner or delegate of the tokens that pay the fee.
    pub payer: Signer<'info>,
    /// The economy whose fee applies; it must be live.
    #[account(has_one = mint)]
    pub economy: AccountLoader<'info, Economy>,
    /// The meter that counts the payment; any shard of the economy will do.
    #[account(mut, has_one = economy, has_one = vault)]
    pub meter: AccountLoader<'info, Meter>,
    /// The mint of the economy's token.
    #[account(mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// The payer's token account; it is debited with the fee alone.
    #[account(mut, dup, token::mint = mint)]
    pub payer_tokens: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The meter's fee vault; it is credited with the fee.
    #[account(
        mut,
        dup,
        constraint = vault.key() != payer_tokens.key()
            @ ErrorCode::ConstraintDuplicateMutableAccount,
    )]
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The token program that the mint belongs to.
    pub token_program: Interface<'info, TokenInterface>,
}

/// The owner or delegate of the tokens calls it, usually through the program that moves the
/// payment.
///
/// 1. Computes the fee on `amount` (base units) and refuses one above `max_fee` (base units).
/// 2. Moves the fee to the meter's vault.
/// 3. Counts the payment and the fee that arrived. The meter's counters stand for an event.
pub fn charge_fee(ctx: Context<ChargeFee>, amount: u64, max_fee: u64) -> Result<()> {
    let accounts = ctx.accounts;
    let economy = accounts.economy.load()?;
    let charge = charge(&economy, amount, max_fee, Clock::get()?.unix_timestamp)?;
    let token = Token {
        mint: &accounts.mint,
        program: &accounts.token_program,
    };
    let vault = &accounts.vault;
    let received = token.transfer(&accounts.payer_tokens, vault, &accounts.payer, charge.fee)?;
    let mut meter = accounts.meter.load_mut()?;
    record(&economy, &mut meter, amount, received, vault)
}
