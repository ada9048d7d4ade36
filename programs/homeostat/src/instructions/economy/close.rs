//! Gives up a Draft: every account of it is closed, the rent goes back.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use crate::{
    error::HomeostatError,
    events::EconomyClosed,
    instructions::shared::*,
    state::{DecisionLog, Economy, Meter, Pool},
};

/// Accounts of `close`; after them, for each pool in order: pool, principal
/// vault, stake mint, token program; for each meter in order: meter, vault.
#[event_cpi]
#[derive(Accounts)]
pub struct Close<'info> {
    /// The economy's creator; gets the rent and the funds.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// In Draft.
    #[account(
        mut,
        has_one = creator @ HomeostatError::Unauthorized,
        has_one = mint,
        has_one = authority,
        has_one = reward_vault,
        has_one = treasury_vault,
        has_one = log
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
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
}

/// A vault on its way out. A Draft holds no stake and no fees, so whatever lies
/// in one was donated; it is burned, or a donation could block the closing.
struct Vault<'a, 'info> {
    account: &'a AccountInfo<'info>,
    mint: &'a AccountInfo<'info>,
    program: &'a AccountInfo<'info>,
}

impl<'info> Close<'info> {
    fn validate(&self, remaining: &[AccountInfo<'info>]) -> Result<[u8; 1]> {
        let economy = self.economy.load()?;
        economy.require_draft()?;
        let pools = economy.active_pools().len().saturating_mul(4);
        let meters = economy.active_meters().len().saturating_mul(2);
        require!(
            remaining.len() == pools.saturating_add(meters),
            HomeostatError::NotClosable
        );
        Ok([economy.authority_bump])
    }

    fn close_vault(&self, vault: &Vault<'_, 'info>, bump: [u8; 1]) -> Result<()> {
        let authority = Authority {
            info: &self.authority,
            economy: self.economy.key(),
            bump,
        };
        let mint = vault.mint.key();
        // Wrapped SOL cannot be burned; closing the vault pays it out.
        let wrapped_sol = mint == anchor_spl::token::spl_token::native_mint::ID;
        let donated = if wrapped_sol {
            0
        } else {
            balance_or_zero(vault.account, &mint)
        };
        burn(
            vault.mint,
            vault.account,
            &authority,
            vault.program,
            donated,
        )?;
        close_vault(
            vault.account,
            &self.creator.to_account_info(),
            &authority,
            vault.program,
        )
    }

    /// Closes the pools and meters with their vaults.
    #[inline(never)]
    fn close_parts(&self, remaining: &'info [AccountInfo<'info>], bump: [u8; 1]) -> Result<()> {
        // Not the whole account: it outgrows a stack frame.
        let (pool_keys, meter_keys) = {
            let economy = self.economy.load()?;
            let pools: Vec<Pubkey> = economy.active_pools().iter().map(|s| s.pool).collect();
            (pools, economy.active_meters().to_vec())
        };
        let creator = self.creator.to_account_info();
        let split = pool_keys.len().saturating_mul(4);
        let (pools, meters) = remaining
            .split_at_checked(split)
            .ok_or(HomeostatError::NotClosable)?;
        for (key, accounts) in pool_keys.iter().zip(pools.chunks_exact(4)) {
            let [pool, vault, mint, program] = accounts else {
                return err!(HomeostatError::NotClosable);
            };
            require_keys_eq!(*pool.key, *key, HomeostatError::NotClosable);
            let loader = AccountLoader::<Pool>::try_from(pool)?;
            {
                let state = loader.load()?;
                require_keys_eq!(
                    *vault.key,
                    state.principal_vault,
                    HomeostatError::NotClosable
                );
                require_keys_eq!(*mint.key, state.stake_mint, HomeostatError::NotClosable);
                require_keys_eq!(
                    *program.key,
                    state.stake_token_program,
                    HomeostatError::NotClosable
                );
            }
            self.close_vault(
                &Vault {
                    account: vault,
                    mint,
                    program,
                },
                bump,
            )?;
            loader.close(creator.clone())?;
        }
        let mint = self.mint.to_account_info();
        let program = self.token_program.to_account_info();
        for (key, accounts) in meter_keys.iter().zip(meters.chunks_exact(2)) {
            let [meter, vault] = accounts else {
                return err!(HomeostatError::NotClosable);
            };
            require_keys_eq!(*meter.key, *key, HomeostatError::NotClosable);
            let loader = AccountLoader::<Meter>::try_from(meter)?;
            require_keys_eq!(
                *vault.key,
                loader.load()?.vault,
                HomeostatError::NotClosable
            );
            self.close_vault(
                &Vault {
                    account: vault,
                    mint: &mint,
                    program: &program,
                },
                bump,
            )?;
            loader.close(creator.clone())?;
        }
        Ok(())
    }

    /// Returns the funds and closes the economy's own accounts.
    #[inline(never)]
    fn close_economy(&mut self, bump: [u8; 1]) -> Result<u64> {
        let program = self.token_program.to_account_info();
        let refund = self.reward_vault.amount;
        Move {
            from: &self.reward_vault,
            to: &mut self.creator_tokens,
            mint: &self.mint,
            program: &program,
        }
        .by_authority(
            &Authority {
                info: &self.authority,
                economy: self.economy.key(),
                bump,
            },
            refund,
        )?;
        let mint = self.mint.to_account_info();
        for account in [
            self.reward_vault.to_account_info(),
            self.treasury_vault.to_account_info(),
        ] {
            self.close_vault(
                &Vault {
                    account: &account,
                    mint: &mint,
                    program: &program,
                },
                bump,
            )?;
        }
        let creator = self.creator.to_account_info();
        self.log.close(creator.clone())?;
        self.economy.close(creator)?;
        Ok(refund)
    }
}

/// Handles `close`.
pub fn close<'info>(ctx: Context<'info, Close<'info>>) -> Result<()> {
    let bump = ctx.accounts.validate(ctx.remaining_accounts)?;
    ctx.accounts.close_parts(ctx.remaining_accounts, bump)?;
    let economy = ctx.accounts.economy.key();
    let refunded = ctx.accounts.close_economy(bump)?;
    emit_cpi!(EconomyClosed {
        economy,
        creator: ctx.accounts.creator.key(),
        refunded,
    });
    Ok(())
}
