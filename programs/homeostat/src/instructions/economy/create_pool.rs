//! Adds a pool to a Draft: the native pool first, then liquidity pools.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use crate::{
    constants::*,
    error::HomeostatError,
    events::PoolCreated,
    seeds,
    state::{economy::check, mint_rules, Economy, Pool, PoolKind, PoolSlot},
};

/// Accounts of `create_pool`.
#[event_cpi]
#[derive(Accounts)]
pub struct CreatePool<'info> {
    /// The economy's creator; pays the rent.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// In Draft.
    #[account(
        mut,
        has_one = creator @ HomeostatError::Unauthorized,
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
    /// Of the stake mint.
    pub token_program: Interface<'info, TokenInterface>,
    /// Creates the accounts.
    pub system_program: Program<'info, System>,
}

impl CreatePool<'_> {
    fn validate(&self, weight: u16) -> Result<PoolKind> {
        let economy = self.economy.load()?;
        economy.require_draft()?;
        require!(
            usize::from(economy.pool_count) < MAX_POOLS,
            HomeostatError::TooMany
        );
        let mint = self.stake_mint.to_account_info();
        let data = mint.try_borrow_data()?;
        mint_rules::require_safe_extensions(&data, &economy.authority)?;
        mint_rules::require_no_freeze_authority(&data)?;

        // The native pool is first, so its lane is always 0.
        let native = self.stake_mint.key() == economy.mint;
        require!(
            native == (economy.pool_count == 0),
            HomeostatError::NativePoolMissing
        );
        if native {
            return Ok(PoolKind::Native);
        }
        check("weight", weight > 0)?;
        let amm_vault = self
            .amm_vault
            .as_ref()
            .ok_or(HomeostatError::WrongAmmVault)?;
        let ours = amm_vault.owner == economy.authority;
        require!(
            amm_vault.mint == economy.mint && !ours,
            HomeostatError::WrongAmmVault
        );
        Ok(PoolKind::Liquidity)
    }

    #[inline(never)]
    fn apply(&self, kind: PoolKind, weight: u16, bumps: &CreatePoolBumps) -> Result<u8> {
        let mut economy = self.economy.load_mut()?;
        let lane = economy.pool_count;
        let slot = economy
            .pools
            .get_mut(usize::from(lane))
            .ok_or(HomeostatError::TooMany)?;
        *slot = PoolSlot {
            pool: self.pool.key(),
            weight,
            kind: kind as u8,
            reserved: [0; 5],
        };
        economy.pool_count = lane.checked_add(1).ok_or(HomeostatError::MathOverflow)?;

        let mut pool = self.pool.load_init()?;
        pool.version = LAYOUT_VERSION;
        pool.bump = bumps.pool;
        pool.principal_bump = bumps.principal_vault;
        pool.lane = lane;
        pool.kind = kind as u8;
        pool.decimals = self.stake_mint.decimals;
        pool.economy = self.economy.key();
        pool.stake_mint = self.stake_mint.key();
        pool.stake_token_program = self.token_program.key();
        pool.principal_vault = self.principal_vault.key();
        pool.amm_vault = self
            .amm_vault
            .as_ref()
            .map_or(Pubkey::default(), |vault| vault.key());
        pool.payer = self.creator.key();
        pool.invariant()?;
        economy.validate()?;
        Ok(lane)
    }
}

/// Handles `create_pool`.
pub fn create_pool(ctx: Context<CreatePool>, weight: u16) -> Result<()> {
    let kind = ctx.accounts.validate(weight)?;
    let lane = ctx.accounts.apply(kind, weight, &ctx.bumps)?;
    emit_cpi!(PoolCreated {
        economy: ctx.accounts.economy.key(),
        pool: ctx.accounts.pool.key(),
        stake_mint: ctx.accounts.stake_mint.key(),
        kind,
        lane,
        weight,
    });
    Ok(())
}
