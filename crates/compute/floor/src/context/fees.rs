//! Accounts of the fee instructions.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};
use homeostat::state::{Economy, Meter};

/// `pay`.
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

/// `charge_fee`.
#[derive(Accounts)]
pub struct ChargeFee<'info> {
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
    /// Credited with the fee.
    #[account(mut)]
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
}

/// `collect`.
#[event_cpi]
#[derive(Accounts)]
pub struct Collect<'info> {
    /// Read only.
    #[account(
        has_one = mint,
        has_one = authority,
        has_one = reward_vault,
        has_one = treasury_vault
    )]
    pub economy: AccountLoader<'info, Economy>,
    /// Emptied.
    #[account(mut, has_one = economy, has_one = vault)]
    pub meter: AccountLoader<'info, Meter>,
    /// The economy's mint.
    #[account(mut, mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// Debited.
    #[account(mut)]
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Credited for stakers.
    #[account(mut)]
    pub reward_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Credited.
    #[account(mut)]
    pub treasury_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// CHECK: by `economy.authority`.
    pub authority: UncheckedAccount<'info>,
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
}
