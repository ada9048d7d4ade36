//! Pays a recipient and charges the fee on the way: `fee + net == amount`.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use super::{charge, record};
use crate::{
    instructions::tokens::Token,
    state::{Economy, Meter},
};

/// Accounts of `pay`. No token account can be passed in two places
/// (`ConstraintDuplicateMutableAccount`), because what arrived in an account is computed
/// from its balance, which another transfer would change.
#[derive(Accounts)]
pub struct Pay<'info> {
    /// The owner or delegate of the tokens that pay.
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
    /// The payer's token account; it is debited with the whole amount.
    #[account(mut, dup, token::mint = mint)]
    pub payer_tokens: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The recipient's token account; it is credited with the amount less the fee.
    #[account(
        mut,
        dup,
        token::mint = mint,
        constraint = recipient_tokens.key() != payer_tokens.key()
            @ ErrorCode::ConstraintDuplicateMutableAccount,
    )]
    pub recipient_tokens: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The meter's fee vault; it is credited with the fee.
    #[account(
        mut,
        dup,
        constraint = vault.key() != payer_tokens.key() && vault.key() != recipient_tokens.key()
            @ ErrorCode::ConstraintDuplicateMutableAccount,
    )]
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The token program that the mint belongs to.
    pub token_program: Interface<'info, TokenInterface>,
}

/// The owner or delegate of the tokens calls it.
///
/// 1. Computes the fee on `amount` (base units) and refuses one above `max_fee` (base units).
/// 2. Moves the rest to the recipient and the fee to the meter's vault.
/// 3. Counts the payment and the fee that arrived. The meter's counters stand for an event.
pub fn pay(ctx: Context<Pay>, amount: u64, max_fee: u64) -> Result<()> {
    let accounts = ctx.accounts;
    let economy = accounts.economy.load()?;
    let charge = charge(&economy, amount, max_fee, Clock::get()?.unix_timestamp)?;
    let token = Token {
        mint: &accounts.mint,
        program: &accounts.token_program,
    };
    let (payer, from, vault) = (&accounts.payer, &accounts.payer_tokens, &accounts.vault);
    token.transfer(from, &accounts.recipient_tokens, payer, charge.net)?;
    let received = token.transfer(from, vault, payer, charge.fee)?;
    let mut meter = accounts.meter.load_mut()?;
    record(&economy, &mut meter, amount, received, vault)
}
