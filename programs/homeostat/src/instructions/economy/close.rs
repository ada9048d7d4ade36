//! Gives up a Draft: every account of it is closed, the rent goes back.

use crate::framework::prelude::*;
use anchor_spl::token_interface::TokenInterface;

use crate::{
    error::{refuse, HomeostatError},
    events::{emit, EconomyClosed},
    instructions::shared::*,
    state::{AuditLog, Council, DecisionLog, Economy, Feed, Layout, Meter, Pool},
};

/// Accounts of `close`; after them, for each pool in order: pool, principal
/// vault, stake mint, token program; for each meter in order: meter, vault; each feed;
/// council and audit log, if it has them.
#[event_cpi]
#[derive(Accounts)]
pub struct Close<'info> {
    /// The economy's creator; gets the rent and the funds.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// In Draft.
    #[account(mut)]
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's mint.
    /// CHECK: by `economy.mint`.
    #[account(mut)]
    pub mint: UncheckedAccount<'info>,
    /// Signs for the economy's mint and vaults: its data-less address.
    /// CHECK: by `economy.authority`.
    pub authority: UncheckedAccount<'info>,
    /// What was funded goes here.
    /// CHECK: a token account of the creator's, read with its owner.
    #[account(mut)]
    pub creator_tokens: UncheckedAccount<'info>,
    /// Emptied and closed.
    /// CHECK: by `economy.reward_vault`.
    #[account(mut)]
    pub reward_vault: UncheckedAccount<'info>,
    /// Closed.
    /// CHECK: by `economy.treasury_vault`.
    #[account(mut)]
    pub treasury_vault: UncheckedAccount<'info>,
    /// Closed.
    #[account(mut)]
    pub log: AccountLoader<'info, DecisionLog>,
    /// Lamports for bounties; emptied to the creator.
    /// CHECK: by `economy.keeper_vault`.
    #[account(mut)]
    pub keeper_vault: UncheckedAccount<'info>,
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
    /// Moves the keeper vault's lamports.
    pub system_program: Program<'info, System>,
}

impl<'info> Close<'info> {
    fn check(&self) -> Result<()> {
        distinct(&[
            ("creator_tokens", self.creator_tokens.key),
            ("reward_vault", self.reward_vault.key),
            ("treasury_vault", self.treasury_vault.key),
        ])?;
        let economy = self.economy.open()?;
        economy.require_creator(self.creator.key)?;
        has_one(&economy.mint, &self.mint)?;
        has_one(&economy.authority, &self.authority)?;
        has_one(&economy.reward_vault, &self.reward_vault)?;
        has_one(&economy.treasury_vault, &self.treasury_vault)?;
        has_one(&economy.log, self.log.as_ref())?;
        has_one(&economy.keeper_vault, &self.keeper_vault)?;
        Token::read(&self.mint, self.token_program.as_ref()).map(|_| ())
    }

    fn validate(&self, remaining: &'info [AccountInfo<'info>]) -> Result<[u8; 1]> {
        let economy = self.economy.open()?;
        economy.require_draft()?;
        let pools = economy.active_pools().len().saturating_mul(4);
        let meters = economy.active_meters().len().saturating_mul(2);
        let feeds = economy.active_feeds();
        let (given, council) = remaining
            .split_at_checked(pools.saturating_add(meters))
            .and_then(|(_, rest)| rest.split_at_checked(feeds.len()))
            .ok_or(HomeostatError::NotClosable)?;
        ensure!(
            given.iter().map(|info| info.key).eq(feeds),
            HomeostatError::NotClosable
        );
        let whole = if economy.council == Pubkey::default() {
            council.is_empty()
        } else {
            let [council, audit] = council else {
                return Err(refuse(HomeostatError::NotClosable));
            };
            ensure!(*council.key == economy.council, HomeostatError::NotClosable);
            let loader = loader::<Council>(council)?;
            let named = loader.open()?.audit;
            *audit.key == named
        };
        ensure!(whole, HomeostatError::NotClosable);
        Ok([economy.authority_bump])
    }

    /// Closes a vault. A Draft holds no stake and no fees, so whatever lies in one
    /// was donated; it is burned, or a donation could block the closing.
    fn close_vault(
        &self,
        token: &Token<'_, 'info>,
        vault: &AccountInfo<'info>,
        bump: [u8; 1],
    ) -> Result<()> {
        let authority = Authority {
            info: &self.authority,
            economy: self.economy.as_ref().key,
            bump,
        };
        // Wrapped SOL cannot be burned; closing the vault pays it out.
        let wrapped_sol = [
            anchor_spl::token::spl_token::native_mint::ID,
            anchor_spl::token_2022::spl_token_2022::native_mint::ID,
        ]
        .contains(token.mint.key);
        if !wrapped_sol {
            let donated = balance_or_zero(vault, token.mint.key);
            token.burn(vault, &authority, donated)?;
        }
        token.harvest_withheld(vault)?;
        token.close(vault, &self.creator, &authority)
    }

    /// Closes the vaults of the pools and meters, after checking that each is
    /// the economy's own.
    #[inline(never)]
    fn close_part_vaults(
        &self,
        remaining: &'info [AccountInfo<'info>],
        bump: [u8; 1],
    ) -> Result<()> {
        let economy = self.economy.open()?;
        let split = economy.active_pools().len().saturating_mul(4);
        let (pools, meters) = remaining
            .split_at_checked(split)
            .ok_or(HomeostatError::NotClosable)?;
        for (slot, accounts) in economy.active_pools().iter().zip(pools.chunks_exact(4)) {
            let [pool, vault, mint, program] = accounts else {
                return Err(refuse(HomeostatError::NotClosable));
            };
            ensure!(*pool.key == slot.pool, HomeostatError::NotClosable);
            let loader = loader::<Pool>(pool)?;
            {
                let state = loader.open()?;
                ensure!(
                    *vault.key == state.principal_vault,
                    HomeostatError::NotClosable
                );
                ensure!(*mint.key == state.stake_mint, HomeostatError::NotClosable);
                ensure!(
                    *program.key == state.stake_token_program,
                    HomeostatError::NotClosable
                );
            }
            self.close_vault(&Token::read(mint, program)?, vault, bump)?;
        }
        let token = Token::read(&self.mint, self.token_program.as_ref())?;
        for (key, accounts) in economy.active_meters().iter().zip(meters.chunks_exact(2)) {
            let [meter, vault] = accounts else {
                return Err(refuse(HomeostatError::NotClosable));
            };
            ensure!(*meter.key == *key, HomeostatError::NotClosable);
            let loader = loader::<Meter>(meter)?;
            ensure!(
                *vault.key == loader.open()?.vault,
                HomeostatError::NotClosable
            );
            self.close_vault(&token, vault, bump)?;
        }
        Ok(())
    }

    /// Returns the funds, closes the economy's own vaults, empties the keeper's.
    #[inline(never)]
    fn return_funds(&self, bump: [u8; 1]) -> Result<u64> {
        let token = Token::read(&self.mint, self.token_program.as_ref())?;
        let to = Tokens::owned(
            "creator_tokens",
            &self.creator_tokens,
            self.mint.key,
            self.creator.key,
        )?;
        let authority = Authority {
            info: &self.authority,
            economy: self.economy.as_ref().key,
            bump,
        };
        let refund = balance(&self.reward_vault)?;
        token.pay_out(&self.reward_vault, &to, &authority, refund)?;
        self.close_vault(&token, &self.reward_vault, bump)?;
        self.close_vault(&token, &self.treasury_vault, bump)?;
        let keeper_bump = self.economy.open()?.keeper_bump;
        pay_from_keeper_vault(
            &self.keeper_vault,
            &self.creator,
            self.economy.as_ref().key,
            keeper_bump,
            self.keeper_vault.lamports(),
        )?;
        Ok(refund)
    }

    /// Closes the program's own accounts, when every token program has had its
    /// turn: lamports moved by hand before that unbalance its instruction.
    #[inline(never)]
    fn close_accounts(&self, remaining: &'info [AccountInfo<'info>]) -> Result<()> {
        let creator = self.creator.to_account_info();
        let (pools, meters, feeds) = {
            let economy = self.economy.open()?;
            (
                economy.active_pools().len().saturating_mul(4),
                economy.active_meters().len().saturating_mul(2),
                economy.active_feeds().len(),
            )
        };
        let (pools, rest) = remaining
            .split_at_checked(pools)
            .ok_or(HomeostatError::NotClosable)?;
        let (meters, rest) = rest
            .split_at_checked(meters)
            .ok_or(HomeostatError::NotClosable)?;
        let (feeds, council) = rest
            .split_at_checked(feeds)
            .ok_or(HomeostatError::NotClosable)?;
        for feed in feeds {
            end(&loader::<Feed>(feed)?, &creator)?;
        }
        for pool in pools.iter().step_by(4) {
            end(&loader::<Pool>(pool)?, &creator)?;
        }
        for meter in meters.iter().step_by(2) {
            end(&loader::<Meter>(meter)?, &creator)?;
        }
        if let [council, audit] = council {
            end(&loader::<Council>(council)?, &creator)?;
            end(&loader::<AuditLog>(audit)?, &creator)?;
        }
        end(&self.log, &creator)?;
        end(&self.economy, &creator)
    }
}

/// Closes an account of the program, in the layout version that it knows.
fn end<'info, T: Layout>(
    account: &AccountLoader<'info, T>,
    creator: &AccountInfo<'info>,
) -> Result<()> {
    account.open()?;
    account.close(creator.clone())
}

/// Handles `close`.
pub fn close<'info>(ctx: Context<'info, Close<'info>>) -> Result<()> {
    ctx.accounts.check()?;
    let bump = ctx.accounts.validate(ctx.remaining_accounts)?;
    ctx.accounts
        .close_part_vaults(ctx.remaining_accounts, bump)?;
    let refunded = ctx.accounts.return_funds(bump)?;
    let economy = ctx.accounts.economy.key();
    ctx.accounts.close_accounts(ctx.remaining_accounts)?;
    emit(
        &ctx.accounts.event_authority,
        &EconomyClosed {
            economy,
            creator: ctx.accounts.creator.key(),
            refunded,
        },
    )
}
