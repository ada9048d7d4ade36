//! Token transfers that return what really arrived, and the economy's signature.

use anchor_lang::prelude::*;
use anchor_spl::{
    token, token_2022,
    token_2022_extensions::transfer_fee::{
        harvest_withheld_tokens_to_mint, HarvestWithheldTokensToMint,
    },
    token_interface::{
        self, Burn, CloseAccount, Mint, MintTo, SetAuthority, TokenAccount, TokenInterface,
        TransferChecked,
    },
};
use token_2022::spl_token_2022::{
    extension::{transfer_fee::TransferFeeAmount, BaseStateWithExtensions, PodStateWithExtensions},
    instruction::AuthorityType,
    pod::PodAccount,
};

use crate::{error::HomeostatError, seeds, state::number::add};

/// The economy's signature: its data-less authority, which owns every vault and, in Mint
/// mode, holds the mint authority.
#[derive(Clone, Copy)]
pub struct Authority<'a, 'info> {
    /// The authority account.
    pub info: &'a AccountInfo<'info>,
    /// The economy whose authority it is.
    pub economy: &'a Pubkey,
    /// The canonical bump of the authority's address.
    pub bump: [u8; 1],
}

impl Authority<'_, '_> {
    fn seeds(&self) -> [&[u8]; 3] {
        [seeds::AUTHORITY, self.economy.as_ref(), &self.bump]
    }
}

/// A mint and its token program.
#[derive(Clone, Copy)]
pub struct Token<'a, 'info> {
    /// The mint.
    pub mint: &'a InterfaceAccount<'info, Mint>,
    /// The token program that the mint belongs to.
    pub program: &'a Interface<'info, TokenInterface>,
}

impl<'info> Token<'_, 'info> {
    /// Transfers with the signature that the transaction carries; returns what arrived
    /// (base units), because a transfer fee may keep a part of it.
    pub fn transfer(
        &self,
        from: &InterfaceAccount<'info, TokenAccount>,
        to: &InterfaceAccount<'info, TokenAccount>,
        signer: &Signer<'info>,
        amount: u64,
    ) -> Result<u64> {
        self.move_tokens(from, to, signer, amount, &[])
    }

    /// Transfers with the economy's signature; returns what arrived (base units).
    pub fn pay_out(
        &self,
        from: &InterfaceAccount<'info, TokenAccount>,
        to: &InterfaceAccount<'info, TokenAccount>,
        authority: &Authority<'_, 'info>,
        amount: u64,
    ) -> Result<u64> {
        self.move_tokens(from, to, authority.info, amount, &[&authority.seeds()])
    }

    /// Transfers, and returns by how much the recipient's balance rose (base units).
    /// Refuses more than was sent (`UnexpectedTransfer`). The balance is read again after
    /// the transfer, because what was loaded before a CPI is stale after it.
    #[inline(never)]
    fn move_tokens(
        &self,
        from: &InterfaceAccount<'info, TokenAccount>,
        to: &InterfaceAccount<'info, TokenAccount>,
        authority: &AccountInfo<'info>,
        amount: u64,
        seeds: &[&[&[u8]]],
    ) -> Result<u64> {
        if amount == 0 {
            return Ok(0);
        }
        let accounts = TransferChecked {
            from: from.to_account_info(),
            mint: self.mint.to_account_info(),
            to: to.to_account_info(),
            authority: authority.clone(),
        };
        let context = CpiContext::new(self.program.key(), accounts).with_signer(seeds);
        token_interface::transfer_checked(context, amount, self.mint.decimals)?;
        let received = balance(to)?
            .checked_sub(to.amount)
            .ok_or(HomeostatError::UnexpectedTransfer)?;
        require!(received <= amount, HomeostatError::UnexpectedTransfer);
        Ok(received)
    }

    /// Mints `amount` base units into `to` and returns the supply afterwards (base units):
    /// what was loaded and the amount, which is what either token program writes. It is
    /// called at most once an instruction, for the mint as it was loaded is stale afterwards.
    pub fn mint_to(
        &self,
        to: &InterfaceAccount<'info, TokenAccount>,
        authority: &Authority<'_, 'info>,
        amount: u64,
    ) -> Result<u64> {
        let supply = add(self.mint.supply, amount)?;
        if amount == 0 {
            return Ok(supply);
        }
        let accounts = MintTo {
            mint: self.mint.to_account_info(),
            to: to.to_account_info(),
            authority: authority.info.clone(),
        };
        let seeds = authority.seeds();
        let seeds: [&[&[u8]]; 1] = [&seeds];
        let context = CpiContext::new(self.program.key(), accounts).with_signer(&seeds);
        token_interface::mint_to(context, amount)?;
        Ok(supply)
    }

    /// Burns `amount` base units from one of the economy's vaults.
    pub fn burn(
        &self,
        from: &InterfaceAccount<'info, TokenAccount>,
        authority: &Authority<'_, 'info>,
        amount: u64,
    ) -> Result<()> {
        if amount == 0 {
            return Ok(());
        }
        let accounts = Burn {
            mint: self.mint.to_account_info(),
            from: from.to_account_info(),
            authority: authority.info.clone(),
        };
        let seeds = authority.seeds();
        let seeds: [&[&[u8]]; 1] = [&seeds];
        let context = CpiContext::new(self.program.key(), accounts).with_signer(&seeds);
        token_interface::burn(context, amount)
    }

    /// Gives the mint authority to `successor`, or to nobody for ever.
    pub fn set_mint_authority(
        &self,
        authority: &Authority<'_, 'info>,
        successor: Option<Pubkey>,
    ) -> Result<()> {
        let accounts = SetAuthority {
            current_authority: authority.info.clone(),
            account_or_mint: self.mint.to_account_info(),
        };
        let seeds = authority.seeds();
        let seeds: [&[&[u8]]; 1] = [&seeds];
        let context = CpiContext::new(self.program.key(), accounts).with_signer(&seeds);
        token_interface::set_authority(context, AuthorityType::MintTokens, successor)
    }

    /// Moves the transfer fees that a vault withholds to its mint: the token program
    /// closes no account that holds any.
    pub fn harvest_withheld(&self, vault: &InterfaceAccount<'info, TokenAccount>) -> Result<()> {
        if withheld(vault.as_ref())? == 0 {
            return Ok(());
        }
        let accounts = HarvestWithheldTokensToMint {
            token_program_id: self.program.to_account_info(),
            mint: self.mint.to_account_info(),
        };
        let context = CpiContext::new(self.program.key(), accounts);
        harvest_withheld_tokens_to_mint(context, vec![vault.to_account_info()])
    }

    /// Closes an empty vault; its rent goes to `to`.
    pub fn close(
        &self,
        vault: &InterfaceAccount<'info, TokenAccount>,
        to: &AccountInfo<'info>,
        authority: &Authority<'_, 'info>,
    ) -> Result<()> {
        let accounts = CloseAccount {
            account: vault.to_account_info(),
            destination: to.clone(),
            authority: authority.info.clone(),
        };
        let seeds = authority.seeds();
        let seeds: [&[&[u8]]; 1] = [&seeds];
        let context = CpiContext::new(self.program.key(), accounts).with_signer(&seeds);
        token_interface::close_account(context)
    }
}

/// The recipient of a treasury payment. Refuses what is no token account of `mint`
/// (`ConstraintTokenMint` or Anchor's errors of a token account), and the economy's own vaults
/// (`WrongVault`): tokens paid to them would count as paid out although the economy still had
/// them.
#[inline(never)]
pub fn recipient<'info>(
    info: &'info AccountInfo<'info>,
    mint: &Pubkey,
    authority: &Pubkey,
) -> Result<Box<InterfaceAccount<'info, TokenAccount>>> {
    let recipient = Box::new(InterfaceAccount::<TokenAccount>::try_from(info)?);
    require_keys_eq!(recipient.mint, *mint, ErrorCode::ConstraintTokenMint);
    require!(recipient.owner != *authority, HomeostatError::WrongVault);
    Ok(recipient)
}

/// Refuses an LP mint whose authority, or an AMM vault whose owner, is no program-derived
/// address (`PoolOfWallet`). Somebody with the key could mint LP tokens at will or empty the
/// vault behind a measurement, and take the liquidity share of the emission for nothing.
pub fn require_amm(stake_mint: &Mint, amm_vault: &TokenAccount) -> Result<()> {
    let minter = Option::<Pubkey>::from(stake_mint.mint_authority);
    let of_programs = minter.is_some_and(|minter| !minter.is_on_curve());
    require!(
        of_programs && !amm_vault.owner.is_on_curve(),
        HomeostatError::PoolOfWallet
    );
    Ok(())
}

/// Balance of a token account now (base units). What was loaded before a CPI is stale after
/// it; only the balance is read again, at a tenth of a reload's cost.
pub fn balance(account: &InterfaceAccount<TokenAccount>) -> Result<u64> {
    token::accessor::amount(account.as_ref())
}

/// Refuses a vault that now contains less than its `liability` (base units;
/// `InsolventVault`).
pub fn require_covered(vault: &InterfaceAccount<TokenAccount>, liability: u64) -> Result<()> {
    require!(balance(vault)? >= liability, HomeostatError::InsolventVault);
    Ok(())
}

/// The transfer fees withheld in a token account (base units).
fn withheld(vault: &AccountInfo) -> Result<u64> {
    let data = vault.try_borrow_data()?;
    let account = PodStateWithExtensions::<PodAccount>::unpack(&data)?;
    Ok(account
        .get_extension::<TransferFeeAmount>()
        .map_or(0, |fee| fee.withheld_amount.into()))
}

/// A token account or mint, if `info` still is one, else `None`: an account that is not the
/// program's own may have been closed since its address was stored, and must not stop a crank.
fn read<T: AccountDeserialize>(info: &AccountInfo) -> Option<T> {
    let known = [token::ID, token_2022::ID].contains(info.owner);
    let data = info.try_borrow_data().ok().filter(|_| known)?;
    T::try_deserialize(&mut &**data).ok()
}

/// The balance of a token account of `mint` (base units), or 0 if it is no such account.
pub fn balance_or_zero(info: &AccountInfo, mint: &Pubkey) -> u64 {
    read::<TokenAccount>(info)
        .filter(|account| account.mint == *mint)
        .map_or(0, |account| account.amount)
}

/// The supply of a mint (base units), or 0 if it is none.
pub fn supply_or_zero(info: &AccountInfo) -> u64 {
    read::<Mint>(info).map_or(0, |mint| mint.supply)
}

/// The owner of a token account, or `None` if it is none.
pub fn token_owner(info: &AccountInfo) -> Option<Pubkey> {
    read::<TokenAccount>(info).map(|account| account.owner)
}
