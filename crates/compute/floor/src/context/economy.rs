//! Accounts of an economy's life.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};
use homeostat::{
    constants::LOG_INITIAL_CAPACITY,
    seeds,
    state::{Council, DecisionLog, Economy, Feed, Meter, Pool},
};

/// `create_economy`.
#[event_cpi]
#[derive(Accounts)]
pub struct CreateEconomy<'info> {
    /// Pays the rent, configures the Draft.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// The economy's token.
    #[account(mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// Created.
    #[account(
        init,
        payer = creator,
        space = Economy::SPACE,
        seeds = [seeds::ECONOMY, mint.key().as_ref(), creator.key().as_ref()],
        bump
    )]
    pub economy: AccountLoader<'info, Economy>,
    /// CHECK: data-less signer, by its seeds.
    #[account(seeds = [seeds::AUTHORITY, economy.key().as_ref()], bump)]
    pub authority: UncheckedAccount<'info>,
    /// CHECK: data-less lamport vault, by its seeds.
    #[account(seeds = [seeds::KEEPER, economy.key().as_ref()], bump)]
    pub keeper_vault: UncheckedAccount<'info>,
    /// Created.
    #[account(
        init,
        payer = creator,
        seeds = [seeds::REWARDS, economy.key().as_ref()],
        bump,
        token::mint = mint,
        token::authority = authority,
        token::token_program = token_program
    )]
    pub reward_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Created.
    #[account(
        init,
        payer = creator,
        seeds = [seeds::TREASURY, economy.key().as_ref()],
        bump,
        token::mint = mint,
        token::authority = authority,
        token::token_program = token_program
    )]
    pub treasury_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Created.
    #[account(
        init,
        payer = creator,
        space = DecisionLog::space(LOG_INITIAL_CAPACITY),
        seeds = [seeds::LOG, economy.key().as_ref()],
        bump
    )]
    pub log: AccountLoader<'info, DecisionLog>,
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
    /// Creates the accounts.
    pub system_program: Program<'info, System>,
}

/// `configure`.
#[event_cpi]
#[derive(Accounts)]
pub struct Configure<'info> {
    /// The economy's creator.
    pub creator: Signer<'info>,
    /// In Draft.
    #[account(mut, has_one = creator)]
    pub economy: AccountLoader<'info, Economy>,
}

/// `create_pool`.
#[event_cpi]
#[derive(Accounts)]
pub struct CreatePool<'info> {
    /// The economy's creator; pays the rent.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// In Draft, or allowed by a proposal.
    #[account(
        mut,
        has_one = creator,
        has_one = authority
    )]
    pub economy: AccountLoader<'info, Economy>,
    /// CHECK: by `economy.authority`.
    pub authority: UncheckedAccount<'info>,
    /// Mint that will be staked.
    #[account(mint::token_program = token_program)]
    pub stake_mint: Box<InterfaceAccount<'info, Mint>>,
    /// Liquidity pools: the AMM's vault of the economy's mint.
    pub amm_vault: Option<Box<InterfaceAccount<'info, TokenAccount>>>,
    /// Created.
    #[account(
        init,
        payer = creator,
        space = Pool::SPACE,
        seeds = [seeds::POOL, economy.key().as_ref(), stake_mint.key().as_ref()],
        bump
    )]
    pub pool: AccountLoader<'info, Pool>,
    /// Created.
    #[account(
        init,
        payer = creator,
        seeds = [seeds::PRINCIPAL, pool.key().as_ref()],
        bump,
        token::mint = stake_mint,
        token::authority = authority,
        token::token_program = token_program
    )]
    pub principal_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The economy's council, once live.
    #[account(mut)]
    pub council: Option<AccountLoader<'info, Council>>,
    /// Of the stake mint.
    pub token_program: Interface<'info, TokenInterface>,
    /// Creates the accounts.
    pub system_program: Program<'info, System>,
}

/// `create_meter`.
#[event_cpi]
#[derive(Accounts)]
#[instruction(shard: u8)]
pub struct CreateMeter<'info> {
    /// The economy's creator; pays the rent.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// In Draft, or allowed by a proposal.
    #[account(
        mut,
        has_one = creator,
        has_one = authority,
        has_one = mint
    )]
    pub economy: AccountLoader<'info, Economy>,
    /// CHECK: by `economy.authority`.
    pub authority: UncheckedAccount<'info>,
    /// The economy's mint.
    #[account(mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// Created.
    #[account(
        init,
        payer = creator,
        space = Meter::SPACE,
        seeds = [seeds::METER, economy.key().as_ref(), &[shard]],
        bump
    )]
    pub meter: AccountLoader<'info, Meter>,
    /// Created.
    #[account(
        init,
        payer = creator,
        seeds = [seeds::FEES, meter.key().as_ref()],
        bump,
        token::mint = mint,
        token::authority = authority,
        token::token_program = token_program
    )]
    pub vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The economy's council, once live.
    #[account(mut)]
    pub council: Option<AccountLoader<'info, Council>>,
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
    /// Creates the accounts.
    pub system_program: Program<'info, System>,
}

/// `create_feed`.
#[event_cpi]
#[derive(Accounts)]
#[instruction(index: u8)]
pub struct CreateFeed<'info> {
    /// The economy's creator; pays the rent.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// In Draft, or allowed by a proposal.
    #[account(mut, has_one = creator)]
    pub economy: AccountLoader<'info, Economy>,
    /// Created.
    #[account(
        init,
        payer = creator,
        space = Feed::SPACE,
        seeds = [seeds::FEED, economy.key().as_ref(), &[index]],
        bump
    )]
    pub feed: AccountLoader<'info, Feed>,
    /// The economy's council, once live.
    #[account(mut)]
    pub council: Option<AccountLoader<'info, Council>>,
    /// Creates the account.
    pub system_program: Program<'info, System>,
}

/// `configure_feed`.
#[event_cpi]
#[derive(Accounts)]
pub struct ConfigureFeed<'info> {
    /// The economy's creator.
    pub creator: Signer<'info>,
    /// In Draft.
    #[account(has_one = creator)]
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's.
    #[account(mut, has_one = economy)]
    pub feed: AccountLoader<'info, Feed>,
}

/// `report_feed`.
#[event_cpi]
#[derive(Accounts)]
pub struct ReportFeed<'info> {
    /// One of the feed's reporters.
    pub reporter: Signer<'info>,
    /// Written.
    #[account(mut)]
    pub feed: AccountLoader<'info, Feed>,
}

/// `go_live`.
#[event_cpi]
#[derive(Accounts)]
pub struct GoLive<'info> {
    /// The economy's creator.
    pub creator: Signer<'info>,
    /// In Draft.
    #[account(
        mut,
        has_one = creator,
        has_one = mint,
        has_one = authority,
        has_one = reward_vault,
        has_one = log
    )]
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's mint.
    #[account(mut, mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// CHECK: by `economy.authority`.
    pub authority: UncheckedAccount<'info>,
    /// The first period's rewards are minted into it.
    #[account(mut)]
    pub reward_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Gets the configurations as its first records.
    #[account(mut)]
    pub log: AccountLoader<'info, DecisionLog>,
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
}

/// `fund_rewards`.
#[event_cpi]
#[derive(Accounts)]
pub struct FundRewards<'info> {
    /// Anyone; in Draft only the creator, who gets it back on `close`.
    pub funder: Signer<'info>,
    /// Funded.
    #[account(mut, has_one = mint, has_one = reward_vault)]
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's mint.
    #[account(mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// Debited.
    #[account(mut, token::mint = mint)]
    pub funder_tokens: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Credited.
    #[account(mut)]
    pub reward_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
}

/// `top_up`.
#[event_cpi]
#[derive(Accounts)]
pub struct TopUp<'info> {
    /// In Mint mode.
    #[account(mut, has_one = mint, has_one = authority, has_one = reward_vault)]
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's mint.
    #[account(mut, mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// CHECK: by `economy.authority`.
    pub authority: UncheckedAccount<'info>,
    /// Credited.
    #[account(mut)]
    pub reward_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
}

/// `close`.
#[event_cpi]
#[derive(Accounts)]
pub struct Close<'info> {
    /// The economy's creator; gets the rent and the funds.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// In Draft.
    #[account(
        mut,
        has_one = creator,
        has_one = mint,
        has_one = authority,
        has_one = reward_vault,
        has_one = treasury_vault,
        has_one = log,
        has_one = keeper_vault
    )]
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's mint.
    #[account(mut, mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// CHECK: by `economy.authority`.
    pub authority: UncheckedAccount<'info>,
    /// What was funded goes here.
    #[account(mut, token::mint = mint, token::authority = creator)]
    pub creator_tokens: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Emptied and closed.
    #[account(mut)]
    pub reward_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Closed.
    #[account(mut)]
    pub treasury_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Closed.
    #[account(mut)]
    pub log: AccountLoader<'info, DecisionLog>,
    /// CHECK: by `economy.keeper_vault`; emptied.
    #[account(mut)]
    pub keeper_vault: UncheckedAccount<'info>,
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
    /// Moves the keeper vault's lamports.
    pub system_program: Program<'info, System>,
}
