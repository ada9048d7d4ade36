//! Accounts of the staking instructions.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};
use homeostat::{
    seeds,
    state::{Economy, Pool, Position},
};

/// `open_position`.
#[event_cpi]
#[derive(Accounts)]
pub struct OpenPosition<'info> {
    /// Pays the rent and gets it back when the position closes.
    #[account(mut)]
    pub payer: Signer<'info>,
    /// Of the position.
    pub owner: Signer<'info>,
    /// Any pool.
    pub pool: AccountLoader<'info, Pool>,
    /// Created.
    #[account(
        init,
        payer = payer,
        space = Position::SPACE,
        seeds = [seeds::POSITION, pool.key().as_ref(), owner.key().as_ref()],
        bump
    )]
    pub position: AccountLoader<'info, Position>,
    /// Creates the account.
    pub system_program: Program<'info, System>,
}

/// `stake`.
#[event_cpi]
#[derive(Accounts)]
pub struct Stake<'info> {
    /// Of the position and the tokens.
    pub owner: Signer<'info>,
    /// Live.
    pub economy: AccountLoader<'info, Economy>,
    /// Staked in.
    #[account(mut, has_one = economy, has_one = stake_mint, has_one = principal_vault)]
    pub pool: AccountLoader<'info, Pool>,
    /// The owner's.
    #[account(mut, has_one = pool, has_one = owner)]
    pub position: AccountLoader<'info, Position>,
    /// Staked.
    #[account(mint::token_program = token_program)]
    pub stake_mint: Box<InterfaceAccount<'info, Mint>>,
    /// Debited.
    #[account(mut, token::mint = stake_mint, token::authority = owner)]
    pub owner_tokens: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Credited.
    #[account(mut)]
    pub principal_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// CHECK: liquidity pools only: `pool.amm_vault`, checked in `validate`.
    pub amm_vault: Option<UncheckedAccount<'info>>,
    /// Of the stake mint.
    pub token_program: Interface<'info, TokenInterface>,
}

/// `request_unstake`.
#[event_cpi]
#[derive(Accounts)]
pub struct RequestUnstake<'info> {
    /// Of the position.
    pub owner: Signer<'info>,
    /// Any stage of life.
    pub economy: AccountLoader<'info, Economy>,
    /// Unstaked from.
    #[account(mut, has_one = economy)]
    pub pool: AccountLoader<'info, Pool>,
    /// The owner's.
    #[account(mut, has_one = pool, has_one = owner)]
    pub position: AccountLoader<'info, Position>,
}

/// `cancel_unstake`.
#[event_cpi]
#[derive(Accounts)]
pub struct CancelUnstake<'info> {
    /// Of the position.
    pub owner: Signer<'info>,
    /// Live.
    pub economy: AccountLoader<'info, Economy>,
    /// Staked in again.
    #[account(mut, has_one = economy)]
    pub pool: AccountLoader<'info, Pool>,
    /// The owner's.
    #[account(mut, has_one = pool, has_one = owner)]
    pub position: AccountLoader<'info, Position>,
}

/// `withdraw`.
#[event_cpi]
#[derive(Accounts)]
pub struct Withdraw<'info> {
    /// Of the position.
    pub owner: Signer<'info>,
    /// Any stage of life.
    #[account(has_one = authority)]
    pub economy: AccountLoader<'info, Economy>,
    /// Withdrawn from.
    #[account(mut, has_one = economy, has_one = stake_mint, has_one = principal_vault)]
    pub pool: AccountLoader<'info, Pool>,
    /// The owner's.
    #[account(mut, has_one = pool, has_one = owner)]
    pub position: AccountLoader<'info, Position>,
    /// Staked.
    #[account(mint::token_program = token_program)]
    pub stake_mint: Box<InterfaceAccount<'info, Mint>>,
    /// Any token account of the owner's; credited.
    #[account(mut, token::mint = stake_mint, token::authority = owner)]
    pub owner_tokens: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Debited.
    #[account(mut)]
    pub principal_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// CHECK: by `economy.authority`.
    pub authority: UncheckedAccount<'info>,
    /// Of the stake mint.
    pub token_program: Interface<'info, TokenInterface>,
}

/// `claim`.
#[event_cpi]
#[derive(Accounts)]
pub struct Claim<'info> {
    /// Of the position.
    pub owner: Signer<'info>,
    /// Any stage of life.
    #[account(has_one = mint, has_one = authority, has_one = reward_vault)]
    pub economy: AccountLoader<'info, Economy>,
    /// Earned in.
    #[account(mut, has_one = economy)]
    pub pool: AccountLoader<'info, Pool>,
    /// The owner's.
    #[account(mut, has_one = pool, has_one = owner)]
    pub position: AccountLoader<'info, Position>,
    /// The economy's mint.
    #[account(mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// Any token account of the owner's; credited.
    #[account(mut, token::mint = mint, token::authority = owner)]
    pub owner_tokens: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Debited.
    #[account(mut)]
    pub reward_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// CHECK: by `economy.authority`.
    pub authority: UncheckedAccount<'info>,
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
}

/// `close_position`.
#[event_cpi]
#[derive(Accounts)]
pub struct ClosePosition<'info> {
    /// Of the position.
    pub owner: Signer<'info>,
    /// CHECK: by `position.payer`; gets the rent.
    #[account(mut)]
    pub payer: UncheckedAccount<'info>,
    /// Any stage of life.
    pub economy: AccountLoader<'info, Economy>,
    /// Of the position.
    #[account(mut, has_one = economy)]
    pub pool: AccountLoader<'info, Pool>,
    /// Empty.
    #[account(mut, has_one = pool, has_one = owner, has_one = payer, close = payer)]
    pub position: AccountLoader<'info, Position>,
}
