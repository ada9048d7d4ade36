//! What several instructions do the same way: the clock, token moves, raw reads.

use anchor_lang::{prelude::*, solana_program::program::invoke, system_program};
use anchor_spl::{
    token_2022::spl_token_2022::{
        self,
        extension::{transfer_fee, BaseStateWithExtensions, StateWithExtensions},
    },
    token_interface::{self, Burn, CloseAccount, Mint, MintTo, TokenAccount, TransferChecked},
};

use crate::{error::HomeostatError, seeds, state::Economy};

/// The cluster's time (unix seconds).
pub fn now() -> Result<i64> {
    Ok(Clock::get()?.unix_timestamp)
}

/// The economy's signature.
pub struct Authority<'a, 'info> {
    /// The authority account.
    pub info: &'a UncheckedAccount<'info>,
    /// Economy whose authority it is.
    pub economy: Pubkey,
    /// Its canonical bump.
    pub bump: [u8; 1],
}

/// What one token transfer moves.
pub struct Move<'a, 'info> {
    /// Debited.
    pub from: &'a InterfaceAccount<'info, TokenAccount>,
    /// Credited.
    pub to: &'a mut InterfaceAccount<'info, TokenAccount>,
    /// Mint of both.
    pub mint: &'a InterfaceAccount<'info, Mint>,
    /// Its token program.
    pub program: &'a AccountInfo<'info>,
}

impl<'info> Move<'_, 'info> {
    /// Transfers with the authority's own signature and returns what arrived.
    pub fn by_signer(self, signer: &Signer<'info>, amount: u64) -> Result<u64> {
        self.run(signer.to_account_info(), amount, &[])
    }

    /// Transfers with the economy's signature and returns what arrived.
    pub fn by_authority(self, authority: &Authority<'_, 'info>, amount: u64) -> Result<u64> {
        let seeds = Economy::authority_seeds(&authority.economy, &authority.bump);
        self.run(authority.info.to_account_info(), amount, &[&seeds])
    }

    /// Measures the recipient's balance on both sides of the transfer, because
    /// a transfer fee may keep a part of it.
    fn run(self, authority: AccountInfo<'info>, amount: u64, seeds: &[&[&[u8]]]) -> Result<u64> {
        if amount == 0 {
            return Ok(0);
        }
        let before = self.to.amount;
        token_interface::transfer_checked(
            CpiContext::new_with_signer(
                *self.program.key,
                TransferChecked {
                    from: self.from.to_account_info(),
                    mint: self.mint.to_account_info(),
                    to: self.to.to_account_info(),
                    authority,
                },
                seeds,
            ),
            amount,
            self.mint.decimals,
        )?;
        self.to.reload()?;
        let received = self
            .to
            .amount
            .checked_sub(before)
            .ok_or(HomeostatError::UnexpectedTransfer)?;
        require!(received <= amount, HomeostatError::UnexpectedTransfer);
        Ok(received)
    }
}

/// Mints rewards into the reward vault and reloads both accounts.
pub fn mint_rewards<'info>(
    mint: &mut InterfaceAccount<'info, Mint>,
    vault: &mut InterfaceAccount<'info, TokenAccount>,
    authority: &Authority<'_, 'info>,
    program: &AccountInfo<'info>,
    amount: u64,
) -> Result<()> {
    if amount == 0 {
        return Ok(());
    }
    let seeds = Economy::authority_seeds(&authority.economy, &authority.bump);
    token_interface::mint_to(
        CpiContext::new_with_signer(
            *program.key,
            MintTo {
                mint: mint.to_account_info(),
                to: vault.to_account_info(),
                authority: authority.info.to_account_info(),
            },
            &[&seeds],
        ),
        amount,
    )?;
    mint.reload()?;
    vault.reload()
}

/// Burns from one of the economy's vaults.
pub fn burn<'info>(
    mint: &AccountInfo<'info>,
    from: &AccountInfo<'info>,
    authority: &Authority<'_, 'info>,
    program: &AccountInfo<'info>,
    amount: u64,
) -> Result<()> {
    if amount == 0 {
        return Ok(());
    }
    let seeds = Economy::authority_seeds(&authority.economy, &authority.bump);
    token_interface::burn(
        CpiContext::new_with_signer(
            *program.key,
            Burn {
                mint: mint.clone(),
                from: from.clone(),
                authority: authority.info.to_account_info(),
            },
            &[&seeds],
        ),
        amount,
    )
}

/// Moves the transfer fees that a vault withholds to its mint: the token program
/// closes no account that holds any.
pub fn harvest_withheld<'info>(
    mint: &AccountInfo<'info>,
    vault: &AccountInfo<'info>,
    program: &AccountInfo<'info>,
) -> Result<()> {
    if withheld(vault)? == 0 {
        return Ok(());
    }
    let harvest = transfer_fee::instruction::harvest_withheld_tokens_to_mint(
        program.key,
        mint.key,
        &[vault.key],
    )?;
    invoke(&harvest, &[mint.clone(), vault.clone()])?;
    Ok(())
}

/// Transfer fees withheld in a token account (base units).
fn withheld(vault: &AccountInfo) -> Result<u64> {
    let data = vault.try_borrow_data()?;
    let account = StateWithExtensions::<spl_token_2022::state::Account>::unpack(&data)?;
    Ok(account
        .get_extension::<transfer_fee::TransferFeeAmount>()
        .map_or(0, |fee| fee.withheld_amount.into()))
}

/// Closes an empty vault; its rent goes to `to`.
pub fn close_vault<'info>(
    vault: &AccountInfo<'info>,
    to: &AccountInfo<'info>,
    authority: &Authority<'_, 'info>,
    program: &AccountInfo<'info>,
) -> Result<()> {
    let seeds = Economy::authority_seeds(&authority.economy, &authority.bump);
    token_interface::close_account(CpiContext::new_with_signer(
        *program.key,
        CloseAccount {
            account: vault.clone(),
            destination: to.clone(),
            authority: authority.info.to_account_info(),
        },
        &[&seeds],
    ))
}

/// Moves lamports out of an economy's keeper vault.
pub fn pay_from_keeper_vault<'info>(
    vault: &UncheckedAccount<'info>,
    to: AccountInfo<'info>,
    system_program: &Program<'info, System>,
    economy: &Pubkey,
    bump: u8,
    lamports: u64,
) -> Result<()> {
    if lamports == 0 {
        return Ok(());
    }
    let seeds: [&[u8]; 3] = [seeds::KEEPER, economy.as_ref(), &[bump]];
    system_program::transfer(
        CpiContext::new_with_signer(
            system_program.key(),
            system_program::Transfer {
                from: vault.to_account_info(),
                to,
            },
            &[&seeds],
        ),
        lamports,
    )
}

/// Balance of a token account of `mint`, or 0 if it is no such account (any
/// more): an account outside the program must never stop a crank.
pub fn balance_or_zero(info: &AccountInfo, mint: &Pubkey) -> u64 {
    read_token(info)
        .filter(|account| account.mint == *mint)
        .map_or(0, |account| account.amount)
}

/// Owner of a token account, if it is one.
pub fn token_owner(info: &AccountInfo) -> Option<Pubkey> {
    read_token(info).map(|account| account.owner)
}

fn read_token(info: &AccountInfo) -> Option<TokenAccount> {
    let data = info.try_borrow_data().ok()?;
    owned_by_token_program(info)
        .then(|| TokenAccount::try_deserialize_unchecked(&mut &data[..]).ok())?
}

/// Supply of a mint, or 0 if it is none (any more).
pub fn supply_or_zero(info: &AccountInfo) -> u64 {
    let read = || {
        let data = info.try_borrow_data().ok()?;
        owned_by_token_program(info)
            .then(|| Mint::try_deserialize_unchecked(&mut &data[..]).ok())?
    };
    read().map_or(0, |mint| mint.supply)
}

fn owned_by_token_program(info: &AccountInfo) -> bool {
    <token_interface::TokenInterface as anchor_lang::Ids>::ids().contains(info.owner)
}
