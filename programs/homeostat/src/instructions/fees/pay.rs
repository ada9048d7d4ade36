//! Pays a recipient and takes the fee on the way: `fee + net == amount`.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use super::{charge, record};
use crate::{
    instructions::shared::*,
    state::{Economy, Meter},
};

/// Accounts of `pay`.
#[derive(Accounts)]
pub struct Pay<'info> {
    /// Owner or delegate of the tokens.
    pub payer: Signer<'info>,
    /// Live.
    #[account(has_one = mint)]
    pub economy: AccountLoader<'info, Economy>,
    /// Any shard.
    #[account(mut, has_one = economy, has_one = vault)]
    pub meter: AccountLoader<'info, Meter>,
    /// The economy's mint.
    #[account(mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// Debited.
    #[account(mut, token::mint = mint)]
    pub payer_tokens: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Credited with the net amount.
    #[account(mut, token::mint = mint)]
    pub recipient_tokens: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Credited with the fee.
    #[account(mut)]
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
}

impl Pay<'_> {
    #[inline(never)]
    fn apply(&mut self, amount: u64, max_fee: u64, now: i64) -> Result<()> {
        let economy = self.economy.load()?;
        let charge = charge(&economy, amount, max_fee, now)?;
        let program = self.token_program.to_account_info();
        // The recipient is neither the payer's account nor the fee vault: Anchor
        // refuses the same account twice, so the vault's balance stays fresh.
        Move {
            from: &self.payer_tokens,
            to: &mut self.recipient_tokens,
            mint: &self.mint,
            program: &program,
        }
        .by_signer(&self.payer, charge.net)?;
        let received = Move {
            from: &self.payer_tokens,
            to: &mut self.vault,
            mint: &self.mint,
            program: &program,
        }
        .by_signer(&self.payer, charge.fee)?;
        let mut meter = self.meter.load_mut()?;
        record(&economy, &mut meter, amount, received, self.vault.amount)
    }
}

/// Handles `pay`.
pub fn pay(ctx: Context<Pay>, amount: u64, max_fee: u64) -> Result<()> {
    ctx.accounts.apply(amount, max_fee, now()?)
}
