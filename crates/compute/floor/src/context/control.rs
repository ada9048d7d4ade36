//! Accounts of the controllers' clock.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};
use homeostat::state::{AuditLog, Council, DecisionLog, Economy};

/// `crank`.
#[event_cpi]
#[derive(Accounts)]
pub struct Crank<'info> {
    /// Anyone; gets the bounty.
    #[account(mut)]
    pub keeper: Signer<'info>,
    /// Live.
    #[account(
        mut,
        has_one = mint,
        has_one = authority,
        has_one = reward_vault,
        has_one = log,
        has_one = keeper_vault
    )]
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's mint.
    #[account(mut, mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// CHECK: by `economy.authority`.
    pub authority: UncheckedAccount<'info>,
    /// The next period's rewards are minted into it.
    #[account(mut)]
    pub reward_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Gets the decisions.
    #[account(mut)]
    pub log: AccountLoader<'info, DecisionLog>,
    /// CHECK: by `economy.keeper_vault`; pays the bounty.
    #[account(mut)]
    pub keeper_vault: UncheckedAccount<'info>,
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
    /// Moves the bounty.
    pub system_program: Program<'info, System>,
}

/// `preview`.
#[derive(Accounts)]
pub struct Preview<'info> {
    /// Live.
    #[account(has_one = mint, has_one = reward_vault)]
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's mint.
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// A crank that finds it short holds every controller.
    pub reward_vault: Box<InterfaceAccount<'info, TokenAccount>>,
}

/// `trip_breaker`.
#[event_cpi]
#[derive(Accounts)]
pub struct TripBreaker<'info> {
    /// Live.
    #[account(mut, has_one = council)]
    pub economy: AccountLoader<'info, Economy>,
    /// The vault that is short.
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The economy's council.
    #[account(has_one = audit)]
    pub council: AccountLoader<'info, Council>,
    /// Gets the record.
    #[account(mut)]
    pub audit: AccountLoader<'info, AuditLog>,
}

/// `grow_log`.
#[event_cpi]
#[derive(Accounts)]
pub struct GrowLog<'info> {
    /// Pays the rent of the new slots.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// Of the log.
    #[account(has_one = log)]
    pub economy: AccountLoader<'info, Economy>,
    /// Grown.
    #[account(mut, has_one = economy)]
    pub log: AccountLoader<'info, DecisionLog>,
    /// Moves the rent.
    pub system_program: Program<'info, System>,
}

/// `migrate`.
#[event_cpi]
#[derive(Accounts)]
pub struct Migrate<'info> {
    /// Pays the rent of what is new.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// Brought up to date.
    /// CHECK: by its owner, in the handler.
    #[account(mut)]
    pub account: UncheckedAccount<'info>,
    /// Moves the rent.
    pub system_program: Program<'info, System>,
}
