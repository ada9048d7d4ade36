//! Adds stake to the signer's own position. It earns from this second on.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use super::settle;
use crate::{
    error::HomeostatError,
    events::{publish, Staked},
    instructions::tokens::{balance_or_zero, require_covered, Token},
    seeds,
    state::{mint_rules, pause::Section, Economy, Pool, Position},
};

/// Accounts of `stake`.
#[event_cpi]
#[derive(Accounts)]
pub struct Stake<'info> {
    /// The owner of the position and of the tokens.
    pub owner: Signer<'info>,
    /// The economy; it must be live and its staking not paused.
    pub economy: AccountLoader<'info, Economy>,
    /// The pool that is staked in.
    #[account(mut, has_one = economy, has_one = stake_mint, has_one = principal_vault)]
    pub pool: AccountLoader<'info, Pool>,
    /// The owner's position in the pool; it is credited.
    #[account(
        mut,
        seeds = [seeds::POSITION, pool.key().as_ref(), owner.key().as_ref()],
        bump = position.load()?.bump,
        has_one = owner,
    )]
    pub position: AccountLoader<'info, Position>,
    /// The mint of what is staked.
    #[account(mint::token_program = token_program)]
    pub stake_mint: Box<InterfaceAccount<'info, Mint>>,
    /// A token account of the owner's; it is debited.
    #[account(mut, dup, token::mint = stake_mint, token::authority = owner)]
    pub owner_tokens: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The pool's vault; it is credited.
    #[account(mut, dup)]
    pub principal_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Liquidity pools only: the AMM's token account of the economy's mint, whose balance
    /// is measured.
    /// CHECK: bound by `pool.amm_vault`. Whether it still is a token account is checked
    /// when its balance is read, because a closed one must not keep anybody from staking.
    #[account(
        constraint = pool.load()?.is_native() || amm_vault.key() == pool.load()?.amm_vault
            @ HomeostatError::WrongAmmVault,
    )]
    pub amm_vault: Option<UncheckedAccount<'info>>,
    /// The token program that the stake mint belongs to.
    pub token_program: Interface<'info, TokenInterface>,
}

impl Stake<'_> {
    fn validate(&self, amount: u64, now: i64) -> Result<()> {
        let economy = self.economy.load()?;
        economy.require_live()?;
        economy.require_open(Section::Stake, now)?;
        let pool = self.pool.load()?;
        require!(
            amount >= economy.min_stake(pool.lane),
            HomeostatError::AmountTooSmall
        );
        economy.require_pool_open(pool.lane)?;
        require!(
            pool.is_native() || self.amm_vault.is_some(),
            HomeostatError::WrongAmmVault
        );
        mint_rules::require_safe((*self.stake_mint).as_ref(), &economy.authority)
    }

    #[inline(never)]
    fn apply(&self, amount: u64, now: i64) -> Result<Staked> {
        let token = Token {
            mint: &self.stake_mint,
            program: &self.token_program,
        };
        let received = token.transfer(
            &self.owner_tokens,
            &self.principal_vault,
            &self.owner,
            amount,
        )?;
        require!(received > 0, HomeostatError::AmountTooSmall);

        let economy = self.economy.load()?;
        let mut pool = self.pool.load_mut()?;
        let mut position = self.position.load_mut()?;
        settle(&economy, &mut pool, &mut position, now)?;
        if let Some(amm_vault) = self.amm_vault.as_ref().filter(|_| !pool.is_native()) {
            let held = balance_or_zero(amm_vault, &economy.mint);
            // A touch that is too soon measures nothing, and stake enters all the same.
            pool.touch(&economy, now, held, self.stake_mint.supply);
        }
        let old_amount = position.amount;
        position.add(received, now)?;
        pool.add_stake(received)?;
        require_covered(&self.principal_vault, pool.liability()?)?;
        Ok(Staked {
            pool: self.pool.key(),
            owner: self.owner.key(),
            amount: received,
            old_amount,
            new_amount: position.amount,
            total: pool.total,
        })
    }
}

/// The position's owner calls it.
///
/// 1. Refuses an economy that is not live, paused staking, less than the pool's least stake, and
///    a mint that is not safe.
/// 2. Moves `amount` (base units) to the pool's vault.
/// 3. Settles, measures a liquidity pool's depth, and adds the stake that arrived.
/// 4. Publishes the position's stake before and after.
pub fn stake(ctx: Context<Stake>, amount: u64) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    ctx.accounts.validate(amount, now)?;
    let event = ctx.accounts.apply(amount, now)?;
    publish(&ctx.accounts.event_authority, &event)
}
