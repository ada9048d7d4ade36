//! Adds a pool to a Draft, the native pool first, then liquidity pools; or a liquidity
//! pool that a proposal allowed.

use crate::framework::prelude::*;
use anchor_spl::token_interface::TokenInterface;

use crate::{
    constants::*,
    error::HomeostatError,
    events::{emit, PoolCreated},
    instructions::shared::*,
    seeds,
    state::{
        council::Permit, economy::check, mint_rules, Council, Economy, Pool, PoolKind, PoolSlot,
    },
};

/// Accounts of `create_pool`.
#[event_cpi]
#[derive(Accounts)]
pub struct CreatePool<'info> {
    /// The economy's creator; once live, anyone. Pays the rent.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// In Draft, or allowed by a proposal.
    #[account(mut)]
    pub economy: AccountLoader<'info, Economy>,
    /// Signs for the economy's mint and vaults: its data-less address.
    /// CHECK: by `economy.authority`.
    pub authority: UncheckedAccount<'info>,
    /// Mint that will be staked.
    /// CHECK: a mint of the token program, read with its rules.
    pub stake_mint: UncheckedAccount<'info>,
    /// Liquidity pools: the AMM's vault of the economy's mint.
    /// CHECK: a token account, read with its mint and owner.
    pub amm_vault: Option<UncheckedAccount<'info>>,
    /// Created.
    /// CHECK: by its seeds.
    #[account(mut)]
    pub pool: UncheckedAccount<'info>,
    /// Created.
    /// CHECK: by its seeds.
    #[account(mut)]
    pub principal_vault: UncheckedAccount<'info>,
    /// The economy's council, once live.
    #[account(mut)]
    pub council: Option<AccountLoader<'info, Council>>,
    /// Of the stake mint.
    pub token_program: Interface<'info, TokenInterface>,
    /// Creates the accounts.
    pub system_program: Program<'info, System>,
}

impl CreatePool<'_> {
    fn check(&self, weight: u16) -> Result<()> {
        let economy = self.economy.open()?;
        require_permit(
            &economy,
            self.creator.key,
            self.council.as_ref(),
            |permit| {
                let pool = Permit {
                    stake_mint: self.stake_mint.key(),
                    amm_vault: self.amm_vault.as_ref()?.key(),
                    weight,
                    ..*permit
                };
                let allowed = pool == *permit;
                permit.stake_mint = Pubkey::default();
                allowed.then_some(())
            },
        )?;
        has_one(&economy.authority, &self.authority)
    }

    fn validate(&self, weight: u16) -> Result<PoolKind> {
        let economy = self.economy.open()?;
        ensure!(
            usize::from(economy.pool_count) < MAX_POOLS,
            HomeostatError::TooMany
        );
        let data = self.stake_mint.try_borrow_data()?;
        mint_rules::require_safe_extensions(&data, &economy.authority)?;
        mint_rules::require_no_freeze_authority(&data)?;

        // The native pool is first, so its lane is always 0.
        let native = self.stake_mint.key() == economy.mint;
        ensure!(
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
        let amm_vault = Tokens::read("amm_vault", amm_vault)?;
        let ours = amm_vault.owner == economy.authority;
        ensure!(
            amm_vault.mint == economy.mint && !ours,
            HomeostatError::WrongAmmVault
        );
        Ok(PoolKind::Liquidity)
    }

    #[inline(never)]
    fn apply(&self, kind: PoolKind, weight: u16) -> Result<u8> {
        let (key, mint) = (self.economy.key(), self.stake_mint.key());
        let mut economy = self.economy.open_mut()?;
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

        let creator = Creator {
            payer: &self.creator,
        };
        let token = Token::read(&self.stake_mint, self.token_program.as_ref())?;
        let (mut pool, bump) = creator.state::<Pool>(
            "pool",
            &self.pool,
            Pool::SPACE,
            &[seeds::POOL, key.as_ref(), mint.as_ref()],
        )?;
        let vault_bump = creator.vault(
            "principal_vault",
            &self.principal_vault,
            &token,
            self.authority.key,
            &[seeds::PRINCIPAL, self.pool.key.as_ref()],
        )?;
        pool.bump = bump;
        pool.principal_bump = vault_bump;
        pool.lane = lane;
        pool.kind = kind as u8;
        pool.decimals = token.decimals;
        pool.economy = key;
        pool.stake_mint = mint;
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
    ctx.accounts.check(weight)?;
    let kind = ctx.accounts.validate(weight)?;
    let lane = ctx.accounts.apply(kind, weight)?;
    emit(
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
