//! Adds a pool to a Draft, the native pool first and then liquidity pools; or a liquidity pool
//! to a live economy, if a proposal allowed it.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use super::permit::require_permit;
use crate::{
    error::{check, HomeostatError},
    events::{publish, PoolCreated},
    instructions::tokens::require_amm,
    seeds,
    state::{
        council::Permit, mint_rules, number::U128, Council, Economy, Pool, PoolKind, PoolSlot,
    },
};

/// Accounts of `create_pool`.
#[event_cpi]
#[derive(Accounts)]
pub struct CreatePool<'info> {
    /// Pays the rent; the economy's creator, once it is live anyone.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// The economy; it must be a Draft, or live with a proposal that allowed the pool.
    #[account(mut, has_one = authority)]
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's data-less address that signs for its mint and vaults.
    pub authority: SystemAccount<'info>,
    /// The mint that will be staked: the economy's own, or an AMM's fungible LP mint, whose
    /// mint authority is a program-derived address.
    #[account(mint::token_program = token_program)]
    pub stake_mint: Box<InterfaceAccount<'info, Mint>>,
    /// Liquidity pools only: the AMM's token account of the economy's mint, whose balance
    /// will be measured, and whose owner is a program-derived address. The economy's own vaults
    /// are refused: nobody can trade against the tokens in them, so they are no liquidity.
    #[account(
        constraint = amm_vault.mint == economy.load()?.mint @ HomeostatError::WrongAmmVault,
        constraint = amm_vault.owner != authority.key() @ HomeostatError::WrongAmmVault,
    )]
    pub amm_vault: Option<Box<InterfaceAccount<'info, TokenAccount>>>,
    /// The pool; it is created.
    #[account(
        init,
        payer = creator,
        space = Pool::SPACE,
        seeds = [seeds::POOL, economy.key().as_ref(), stake_mint.key().as_ref()],
        bump,
    )]
    pub pool: AccountLoader<'info, Pool>,
    /// The pool's vault, which will hold the stake; it is created.
    #[account(
        init,
        payer = creator,
        token::mint = stake_mint,
        token::authority = authority,
        token::token_program = token_program,
        seeds = [seeds::PRINCIPAL, pool.key().as_ref()],
        bump,
    )]
    pub principal_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The economy's council; needed once the economy is live.
    #[account(mut, has_one = economy)]
    pub council: Option<AccountLoader<'info, Council>>,
    /// The token program that the stake mint belongs to.
    pub token_program: Interface<'info, TokenInterface>,
    /// The system program, which creates the accounts.
    pub system_program: Program<'info, System>,
}

impl CreatePool<'_> {
    fn validate(&self, weight: u16) -> Result<PoolKind> {
        let economy = self.economy.load()?;
        let now = Clock::get()?.unix_timestamp;
        // signer
        require_permit(&economy, &self.creator, self.council.as_ref(), |permit| {
            let pool = Permit {
                stake_mint: self.stake_mint.key(),
                amm_vault: self.amm_vault.as_ref()?.key(),
                weight,
                ..*permit
            };
            let allowed = pool == *permit && now <= permit.pool_until;
            permit.stake_mint = Pubkey::default();
            allowed.then_some(())
        })?;

        // stake mint
        economy.next_lane()?;
        mint_rules::require_safe((*self.stake_mint).as_ref(), &economy.authority)?;

        // kind: the native pool is the first, so that its lane is always 0
        let native = self.stake_mint.key() == economy.mint;
        require!(
            native == (economy.pool_count == 0),
            HomeostatError::NativePoolMissing
        );
        if native {
            return Ok(PoolKind::Native);
        }
        check("weight", weight > 0)?;
        let amm_vault = self.amm_vault.as_ref();
        let amm_vault = amm_vault.ok_or(HomeostatError::WrongAmmVault)?;
        require_amm(&self.stake_mint, amm_vault)?;
        Ok(PoolKind::Liquidity)
    }

    #[inline(never)]
    fn apply(&self, kind: PoolKind, weight: u16, bumps: &CreatePoolBumps) -> Result<u8> {
        let mut economy = self.economy.load_mut()?;
        let lane = economy.next_lane()?;
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
        let used = lane.checked_add(1).ok_or(HomeostatError::MathOverflow)?;
        economy.pool_count = economy.pool_count.max(used);
        // What streamed to a closed pool of this lane was that pool's.
        let streamed = economy.stream.lanes.get(usize::from(lane));
        let seen = streamed.map_or(U128::ZERO, |lane| lane.acc_q64);

        let mut pool = self.pool.load_init()?;
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
        pool.seen_emission_q64 = seen;
        pool.invariant()?;
        economy.validate()?;
        Ok(lane)
    }
}

/// The creator of a Draft calls it; in a live economy anyone, if a proposal allowed this pool.
///
/// 1. Refuses whoever may not add it, unsafe stake mints, and a ninth pool.
/// 2. Creates the pool and its vault on the next free lane of the stream.
/// 3. Publishes the new pool.
pub fn create_pool(ctx: Context<CreatePool>, weight: u16) -> Result<()> {
    let kind = ctx.accounts.validate(weight)?;
    let lane = ctx.accounts.apply(kind, weight, &ctx.bumps)?;
    publish(
        &ctx.accounts.event_authority,
        &PoolCreated {
            economy: ctx.accounts.economy.key(),
            pool: ctx.accounts.pool.key(),
            stake_mint: ctx.accounts.stake_mint.key(),
            kind,
            lane,
            weight,
        },
    )
}
