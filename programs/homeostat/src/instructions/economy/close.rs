//! Closes a Draft with all of its accounts; the creator gets rent, funds and mint authority
//! back.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use super::closing::{close_part, close_vault};
use crate::{
    error::HomeostatError,
    events::{publish, EconomyClosed},
    instructions::{
        lamports::pay_from_keeper_vault,
        tokens::{Authority, Token},
    },
    state::{mint_rules, AuditLog, Council, DecisionLog, Economy, Feed, Meter, Pool},
};

/// Accounts that `close` is given for each pool: pool, principal vault, stake mint, token
/// program.
const ACCOUNTS_OF_POOL: usize = 4;
/// Accounts that `close` is given for each meter: meter, vault.
const ACCOUNTS_OF_METER: usize = 2;

/// Accounts of `close`; after them, for each pool in order: pool, principal
/// vault, stake mint, token program; for each meter in order: meter, vault; each feed;
/// council and audit log, if it has them.
#[event_cpi]
#[derive(Accounts)]
pub struct Close<'info> {
    /// The economy's creator, who gets the rent and the funds.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// The economy; it must be a Draft, and is closed.
    #[account(
        mut,
        close = creator,
        has_one = creator @ HomeostatError::Unauthorized,
        has_one = mint,
        has_one = authority,
        has_one = reward_vault,
        has_one = treasury_vault,
        has_one = log,
        has_one = keeper_vault,
    )]
    pub economy: AccountLoader<'info, Economy>,
    /// The mint of the economy's token; tokens that were donated to vaults are burned, and its
    /// authority returns to the creator, if the economy has it.
    #[account(mut, dup, mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// The economy's data-less address that signs for its mint and vaults.
    pub authority: SystemAccount<'info>,
    /// A token account of the creator's; what the economy was funded with returns to it.
    #[account(mut, dup, token::mint = mint, token::authority = creator)]
    pub creator_tokens: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The economy's reward vault; it is emptied and closed.
    #[account(mut, dup)]
    pub reward_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The economy's treasury vault; it is closed.
    #[account(mut, dup)]
    pub treasury_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The economy's decision log; it is closed.
    #[account(mut, close = creator)]
    pub log: AccountLoader<'info, DecisionLog>,
    /// The economy's lamports for cranks; they return to the creator.
    #[account(mut)]
    pub keeper_vault: SystemAccount<'info>,
    /// The token program that the mint belongs to.
    pub token_program: Interface<'info, TokenInterface>,
    /// The system program, which moves the keeper vault's lamports.
    pub system_program: Program<'info, System>,
}

/// The accounts after the fixed ones, by what they belong to.
///
/// No state account and no vault can be passed twice: each is compared with the address
/// that the economy or a part of it stores for that very place, and these addresses differ,
/// because they are derived from different seeds.
struct Parts<'info> {
    pools: &'info [AccountInfo<'info>],
    meters: &'info [AccountInfo<'info>],
    feeds: &'info [AccountInfo<'info>],
    council: &'info [AccountInfo<'info>],
}

impl<'info> Parts<'info> {
    /// Splits `remaining`. Refuses too few accounts (`NotClosable`); the counts are small,
    /// so no product saturates.
    fn split(economy: &Economy, remaining: &'info [AccountInfo<'info>]) -> Result<Self> {
        let pools = economy.active_pools().count();
        let meters = economy.active_meters().len();
        let feeds = economy.active_feeds().len();
        let split = || {
            let (pools, rest) =
                remaining.split_at_checked(pools.saturating_mul(ACCOUNTS_OF_POOL))?;
            let (meters, rest) = rest.split_at_checked(meters.saturating_mul(ACCOUNTS_OF_METER))?;
            let (feeds, council) = rest.split_at_checked(feeds)?;
            Some(Self {
                pools,
                meters,
                feeds,
                council,
            })
        };
        split().ok_or_else(|| error!(HomeostatError::NotClosable))
    }

    /// Compares pools, meters, feeds and the council with the economy's own lists.
    fn validate(&self, economy: &Economy) -> Result<()> {
        let pools = self.pools.iter().step_by(ACCOUNTS_OF_POOL);
        let meters = self.meters.iter().step_by(ACCOUNTS_OF_METER);
        let own_pools = economy.active_pools().map(|slot| &slot.pool);
        let listed = pools.map(|info| info.key).eq(own_pools)
            && meters.map(|info| info.key).eq(economy.active_meters())
            && self
                .feeds
                .iter()
                .map(|info| info.key)
                .eq(economy.active_feeds());
        require!(listed, HomeostatError::NotClosable);
        let whole = match self.council {
            [] => economy.council == Pubkey::default(),
            [council, audit] => {
                *council.key == economy.council
                    && *audit.key == AccountLoader::<Council>::try_from(council)?.load()?.audit
            }
            _ => false,
        };
        require!(whole, HomeostatError::NotClosable);
        Ok(())
    }
}

impl<'info> Close<'info> {
    fn validate(&self, remaining: &'info [AccountInfo<'info>]) -> Result<Parts<'info>> {
        let economy = self.economy.load()?;
        economy.require_draft()?;
        let parts = Parts::split(&economy, remaining)?;
        parts.validate(&economy)?;
        Ok(parts)
    }

    /// Closes the vault of a pool, after checking that each account is the pool's own.
    #[inline(never)]
    fn close_pool_vault(
        &self,
        accounts: &'info [AccountInfo<'info>],
        authority: &Authority<'_, 'info>,
    ) -> Result<()> {
        let [pool, vault, mint, program] = accounts else {
            return Err(error!(HomeostatError::NotClosable));
        };
        {
            let loader = AccountLoader::<Pool>::try_from(pool)?;
            let pool = loader.load()?;
            require!(
                *vault.key == pool.principal_vault
                    && *mint.key == pool.stake_mint
                    && *program.key == pool.stake_token_program,
                HomeostatError::NotClosable
            );
        }
        let vault = Box::new(InterfaceAccount::try_from(vault)?);
        let token = Token {
            mint: &Box::new(InterfaceAccount::try_from(mint)?),
            program: &Interface::try_from(program)?,
        };
        close_vault(&token, &vault, &self.creator, authority)
    }

    /// Closes the vault of a meter, after checking that it is the meter's own.
    #[inline(never)]
    fn close_meter_vault(
        &self,
        accounts: &'info [AccountInfo<'info>],
        token: &Token<'_, 'info>,
        authority: &Authority<'_, 'info>,
    ) -> Result<()> {
        let [meter, vault] = accounts else {
            return Err(error!(HomeostatError::NotClosable));
        };
        require!(
            *vault.key == AccountLoader::<Meter>::try_from(meter)?.load()?.vault,
            HomeostatError::NotClosable
        );
        let vault = Box::new(InterfaceAccount::try_from(vault)?);
        close_vault(token, &vault, &self.creator, authority)
    }

    /// Gives the mint authority to the creator, if the economy has it, and says whether it
    /// had: nothing else of the economy could ever give it back, and a mint without supply
    /// would be lost for ever.
    fn return_mint_authority(
        &self,
        token: &Token<'_, 'info>,
        authority: &Authority<'_, 'info>,
    ) -> Result<bool> {
        let held = mint_rules::has_mint_authority((*self.mint).as_ref(), self.authority.key)?;
        if held {
            token.set_mint_authority(authority, Some(self.creator.key()))?;
        }
        Ok(held)
    }

    /// Returns the funds and the mint authority, and closes every vault. Returns what was
    /// refunded (base units) and whether the economy had the mint authority.
    #[inline(never)]
    fn close_vaults(&self, parts: &Parts<'info>) -> Result<(u64, bool)> {
        let refund = self.reward_vault.amount;
        let authority = Authority {
            info: &self.authority,
            economy: &self.economy.key(),
            bump: [self.economy.load()?.authority_bump],
        };
        let token = Token {
            mint: &self.mint,
            program: &self.token_program,
        };
        for accounts in parts.pools.chunks_exact(ACCOUNTS_OF_POOL) {
            self.close_pool_vault(accounts, &authority)?;
        }
        for accounts in parts.meters.chunks_exact(ACCOUNTS_OF_METER) {
            self.close_meter_vault(accounts, &token, &authority)?;
        }
        token.pay_out(&self.reward_vault, &self.creator_tokens, &authority, refund)?;
        close_vault(&token, &self.reward_vault, &self.creator, &authority)?;
        close_vault(&token, &self.treasury_vault, &self.creator, &authority)?;
        Ok((refund, self.return_mint_authority(&token, &authority)?))
    }

    /// Pays the keeper vault's lamports to the creator.
    fn empty_keeper_vault(&self) -> Result<()> {
        let bump = self.economy.load()?.keeper_bump;
        pay_from_keeper_vault(
            &self.keeper_vault,
            &self.creator,
            &self.system_program,
            &self.economy.key(),
            bump,
            self.keeper_vault.lamports(),
        )
    }

    /// Closes the parts' own accounts. None of them can be closed into itself: their
    /// lamports go to the creator, a wallet that signed, and they are accounts of this
    /// program.
    fn close_parts(&self, parts: &Parts<'info>) -> Result<()> {
        for pool in parts.pools.iter().step_by(ACCOUNTS_OF_POOL) {
            close_part::<Pool>(pool, &self.creator)?;
        }
        for meter in parts.meters.iter().step_by(ACCOUNTS_OF_METER) {
            close_part::<Meter>(meter, &self.creator)?;
        }
        for feed in parts.feeds {
            close_part::<Feed>(feed, &self.creator)?;
        }
        if let [council, audit] = parts.council {
            close_part::<Council>(council, &self.creator)?;
            close_part::<AuditLog>(audit, &self.creator)?;
        }
        Ok(())
    }
}

/// The creator calls it, as long as the economy is a Draft.
///
/// 1. Checks that the economy is a Draft and that every part of it was passed.
/// 2. Returns the funds and the mint authority, closes the vaults, and empties the keeper
///    vault.
/// 3. Closes the program's own accounts, after the last call of another program: the runtime
///    would refuse that call if lamports had been moved by hand before it. The economy and its
///    log are closed last, by their attributes.
pub fn close<'info>(ctx: Context<'info, Close<'info>>) -> Result<()> {
    let parts = ctx.accounts.validate(ctx.remaining_accounts)?;
    let (refunded, mint_returned) = ctx.accounts.close_vaults(&parts)?;
    ctx.accounts.empty_keeper_vault()?;
    ctx.accounts.close_parts(&parts)?;
    publish(
        &ctx.accounts.event_authority,
        &EconomyClosed {
            economy: ctx.accounts.economy.key(),
            creator: ctx.accounts.creator.key(),
            refunded,
            mint_returned,
        },
    )
}
