//! Tokens: reading accounts where they lie, and moving what is in them.

use core::mem::size_of;

use crate::framework::prelude::*;
use anchor_spl::{
    token::spl_token,
    token_2022::{
        self,
        spl_token_2022::{
            extension::{
                transfer_fee::TransferFeeAmount, BaseState, BaseStateWithExtensions, ExtensionType,
                PodStateWithExtensions,
            },
            pod::{PodAccount, PodMint, PodMultisig},
            state::Account,
        },
    },
};
use bytemuck::Pod;

use super::{
    checks::{same, same_key},
    cpi::{call, readonly, signer, writable},
};
use crate::{
    error::{refuse, HomeostatError},
    state::Economy,
};

// The token programs' instructions that this program calls, by their first byte. The
// builders of their crate would bring the encoder of all the others into the ELF; a
// test compares the bytes with theirs.
const SET_AUTHORITY: u8 = 6;
const MINT_TO: u8 = 7;
const BURN: u8 = 8;
const CLOSE_ACCOUNT: u8 = 9;
const TRANSFER_CHECKED: u8 = 12;
const INITIALIZE_ACCOUNT_3: u8 = 18;
/// The authority over minting, as the token programs number them.
const MINT_TOKENS: u8 = 0;
/// The fourth instruction of the transfer-fee extension.
const HARVEST_WITHHELD_TO_MINT: [u8; 2] = [26, 4];

/// A token account as it was when it was read.
#[derive(Clone, Copy)]
pub struct Tokens<'a, 'info> {
    /// The account.
    pub info: &'a AccountInfo<'info>,
    /// Its mint.
    pub mint: Pubkey,
    /// Its owner.
    pub owner: Pubkey,
    /// Balance (base units).
    pub amount: u64,
}

impl<'a, 'info> Tokens<'a, 'info> {
    /// Reads a token account of either token program. Refuses an account of another
    /// program (`AccountOwnedByWrongProgram`), and what is no initialised token
    /// account.
    pub fn read(name: &'static str, info: &'a AccountInfo<'info>) -> Result<Self> {
        Self::quiet(info).map_err(|error| error.with_account_name(name))
    }

    /// The same of an account that may well be something else: the log does not name it.
    #[inline(never)]
    fn quiet(info: &'a AccountInfo<'info>) -> Result<Self> {
        require_token_owner(info)?;
        let data = info.try_borrow_data()?;
        let account = base::<PodAccount>(&data)?;
        Ok(Self {
            info,
            mint: account.mint,
            owner: account.owner,
            amount: account.amount.into(),
        })
    }

    /// The same, of one mint (`ConstraintTokenMint`).
    pub fn of(name: &'static str, info: &'a AccountInfo<'info>, mint: &Pubkey) -> Result<Self> {
        let tokens = Self::read(name, info)?;
        same(ErrorCode::ConstraintTokenMint, name, mint, &tokens.mint)?;
        Ok(tokens)
    }

    /// The same, of one mint and one owner (`ConstraintTokenOwner`).
    pub fn owned(
        name: &'static str,
        info: &'a AccountInfo<'info>,
        mint: &Pubkey,
        owner: &Pubkey,
    ) -> Result<Self> {
        let tokens = Self::of(name, info, mint)?;
        same(ErrorCode::ConstraintTokenOwner, name, owner, &tokens.owner)?;
        Ok(tokens)
    }
}

/// Balance of a token account now (base units): what was read before a CPI is stale
/// after it.
pub fn balance(info: &AccountInfo) -> Result<u64> {
    Ok(Tokens::quiet(info)?.amount)
}

/// Balance of a token account of `mint`, or 0 if it is no such account (any
/// more): an account outside the program must never stop a crank.
pub fn balance_or_zero(info: &AccountInfo, mint: &Pubkey) -> u64 {
    match Tokens::quiet(info) {
        Ok(tokens) if same_key(&tokens.mint, mint) => tokens.amount,
        _ => 0,
    }
}

/// Owner of a token account, if it is one.
pub fn token_owner(info: &AccountInfo) -> Option<Pubkey> {
    Tokens::quiet(info).ok().map(|tokens| tokens.owner)
}

/// Supply (base units) and decimals of a mint of either token program.
#[inline(never)]
fn read_mint(info: &AccountInfo) -> Result<(u64, u8)> {
    require_token_owner(info)?;
    let data = info.try_borrow_data()?;
    let mint = base::<PodMint>(&data).map_err(|_| refuse(ErrorCode::AccountDidNotDeserialize))?;
    Ok((mint.supply.into(), mint.decimals))
}

/// Supply of a mint now (base units).
pub fn supply_of(info: &AccountInfo) -> Result<u64> {
    read_mint(info).map(|(supply, _)| supply)
}

/// Supply of a mint, or 0 if it is none (any more).
pub fn supply_or_zero(info: &AccountInfo) -> u64 {
    supply_of(info).unwrap_or(0)
}

/// The mint or token account in `data`, which a token program wrote: alone, or in front
/// of extensions and with its type behind the length of a token account.
///
/// Refuses what `PodStateWithExtensions::unpack` refuses, but does not look for bytes
/// other than zero between a mint and its type: no token program leaves any, and
/// `unpack` allocates to find them.
fn base<S: BaseState + Pod>(data: &[u8]) -> core::result::Result<&S, ProgramError> {
    let base: &S = data
        .get(..size_of::<S>())
        .filter(|_| data.len() != size_of::<PodMultisig>())
        .and_then(|base| bytemuck::try_from_bytes(base).ok())
        .ok_or(ProgramError::InvalidAccountData)?;
    if !base.is_initialized() {
        return Err(ProgramError::UninitializedAccount);
    }
    let kind = data.get(size_of::<PodAccount>());
    if data.len() != size_of::<S>() && kind.is_none_or(|kind| *kind != S::ACCOUNT_TYPE as u8) {
        return Err(ProgramError::InvalidAccountData);
    }
    Ok(base)
}

fn require_token_owner(info: &AccountInfo) -> Result<()> {
    if same_key(info.owner, &spl_token::ID) || same_key(info.owner, &token_2022::ID) {
        return Ok(());
    }
    // A wallet or nothing at all is told apart from an account of another program.
    let code = if *info.owner == System::id() && info.lamports() == 0 {
        ErrorCode::AccountNotInitialized
    } else {
        ErrorCode::AccountOwnedByWrongProgram
    };
    Err(refuse(code))
}

/// The economy's signature.
#[derive(Clone, Copy)]
pub struct Authority<'a, 'info> {
    /// The authority account.
    pub info: &'a AccountInfo<'info>,
    /// Economy whose authority it is.
    pub economy: &'a Pubkey,
    /// Its canonical bump.
    pub bump: [u8; 1],
}

/// A mint and the token program it belongs to.
#[derive(Clone, Copy)]
pub struct Token<'a, 'info> {
    /// The mint.
    pub mint: &'a AccountInfo<'info>,
    /// Its token program.
    pub program: &'a AccountInfo<'info>,
    /// Supply when it was read (base units).
    pub supply: u64,
    /// Decimals.
    pub decimals: u8,
}

impl<'a, 'info> Token<'a, 'info> {
    /// Reads a mint. Refuses one of another token program
    /// (`ConstraintMintTokenProgram`), and what is no mint.
    #[inline(never)]
    pub fn read(mint: &'a AccountInfo<'info>, program: &'a AccountInfo<'info>) -> Result<Self> {
        let (supply, decimals) =
            read_mint(mint).map_err(|error| error.with_account_name("mint"))?;
        same(
            ErrorCode::ConstraintMintTokenProgram,
            "mint",
            program.key,
            mint.owner,
        )?;
        Ok(Self {
            mint,
            program,
            supply,
            decimals,
        })
    }

    /// Transfers with the signature that the transaction carries; returns what
    /// arrived (base units).
    pub fn transfer(
        &self,
        from: &AccountInfo<'info>,
        to: &Tokens<'_, 'info>,
        signer: &AccountInfo<'info>,
        amount: u64,
    ) -> Result<u64> {
        self.move_tokens(from, to, signer, amount, &[])
    }

    /// Transfers with the economy's signature; returns what arrived (base units).
    pub fn pay_out(
        &self,
        from: &AccountInfo<'info>,
        to: &Tokens<'_, 'info>,
        authority: &Authority<'_, 'info>,
        amount: u64,
    ) -> Result<u64> {
        let seeds = Economy::authority_seeds(authority.economy, &authority.bump);
        self.move_tokens(from, to, authority.info, amount, &[&seeds])
    }

    /// Measures the recipient's balance on both sides of the transfer, because
    /// a transfer fee may keep a part of it.
    #[inline(never)]
    fn move_tokens(
        &self,
        from: &AccountInfo<'info>,
        to: &Tokens<'_, 'info>,
        authority: &AccountInfo<'info>,
        amount: u64,
        seeds: &[&[&[u8]]],
    ) -> Result<u64> {
        if amount == 0 {
            return Ok(0);
        }
        let [a, b, c, d, e, f, g, h] = amount.to_le_bytes();
        call(
            self.program.key,
            &[
                writable(from),
                readonly(self.mint),
                writable(to.info),
                signer(authority),
            ],
            &[TRANSFER_CHECKED, a, b, c, d, e, f, g, h, self.decimals],
            seeds,
        )?;
        let received = balance(to.info)?
            .checked_sub(to.amount)
            .ok_or(HomeostatError::UnexpectedTransfer)?;
        ensure!(received <= amount, HomeostatError::UnexpectedTransfer);
        Ok(received)
    }

    /// Mints into `to` and reads the supply again.
    #[inline(never)]
    pub fn mint_to(
        &mut self,
        to: &AccountInfo<'info>,
        authority: &Authority<'_, 'info>,
        amount: u64,
    ) -> Result<()> {
        if amount == 0 {
            return Ok(());
        }
        let seeds = Economy::authority_seeds(authority.economy, &authority.bump);
        let [a, b, c, d, e, f, g, h] = amount.to_le_bytes();
        call(
            self.program.key,
            &[writable(self.mint), writable(to), signer(authority.info)],
            &[MINT_TO, a, b, c, d, e, f, g, h],
            &[&seeds],
        )?;
        (self.supply, _) = read_mint(self.mint)?;
        Ok(())
    }

    /// Gives the mint authority to `successor`, or to nobody for ever.
    #[inline(never)]
    pub fn set_mint_authority(
        &self,
        authority: &Authority<'_, 'info>,
        successor: Option<&Pubkey>,
    ) -> Result<()> {
        let mut data = vec![SET_AUTHORITY, MINT_TOKENS, u8::from(successor.is_some())];
        data.extend(successor.iter().flat_map(|key| key.to_bytes()));
        let seeds = Economy::authority_seeds(authority.economy, &authority.bump);
        call(
            self.program.key,
            &[writable(self.mint), signer(authority.info)],
            &data,
            &[&seeds],
        )
    }

    /// Burns from one of the economy's vaults.
    #[inline(never)]
    pub fn burn(
        &self,
        from: &AccountInfo<'info>,
        authority: &Authority<'_, 'info>,
        amount: u64,
    ) -> Result<()> {
        if amount == 0 {
            return Ok(());
        }
        let seeds = Economy::authority_seeds(authority.economy, &authority.bump);
        let [a, b, c, d, e, f, g, h] = amount.to_le_bytes();
        call(
            self.program.key,
            &[writable(from), writable(self.mint), signer(authority.info)],
            &[BURN, a, b, c, d, e, f, g, h],
            &[&seeds],
        )
    }

    /// Moves the transfer fees that a vault withholds to its mint: the token
    /// program closes no account that holds any.
    #[inline(never)]
    pub fn harvest_withheld(&self, vault: &AccountInfo<'info>) -> Result<()> {
        if withheld(vault)? == 0 {
            return Ok(());
        }
        call(
            self.program.key,
            &[writable(self.mint), writable(vault)],
            &HARVEST_WITHHELD_TO_MINT,
            &[],
        )
    }

    /// Closes an empty vault; its rent goes to `to`.
    #[inline(never)]
    pub fn close(
        &self,
        vault: &AccountInfo<'info>,
        to: &AccountInfo<'info>,
        authority: &Authority<'_, 'info>,
    ) -> Result<()> {
        let seeds = Economy::authority_seeds(authority.economy, &authority.bump);
        call(
            self.program.key,
            &[writable(vault), writable(to), signer(authority.info)],
            &[CLOSE_ACCOUNT],
            &[&seeds],
        )
    }

    /// Makes an allocated account a token account of this mint.
    #[inline(never)]
    pub fn initialize(&self, account: &AccountInfo<'info>, owner: &Pubkey) -> Result<()> {
        let mut data = [INITIALIZE_ACCOUNT_3; 33];
        if let Some(key) = data.last_chunk_mut::<32>() {
            *key = owner.to_bytes();
        }
        call(
            self.program.key,
            &[writable(account), readonly(self.mint)],
            &data,
            &[],
        )
    }

    /// Bytes of a token account of this mint: its extensions decide.
    pub fn account_space(&self) -> Result<usize> {
        let data = self.mint.try_borrow_data()?;
        let mint = PodStateWithExtensions::<PodMint>::unpack(&data)?;
        let needed =
            ExtensionType::get_required_init_account_extensions(&mint.get_extension_types()?);
        Ok(ExtensionType::try_calculate_account_len::<Account>(
            &needed,
        )?)
    }
}

/// Transfer fees withheld in a token account (base units).
fn withheld(vault: &AccountInfo) -> Result<u64> {
    let data = vault.try_borrow_data()?;
    let account = PodStateWithExtensions::<PodAccount>::unpack(&data)?;
    Ok(account
        .get_extension::<TransferFeeAmount>()
        .map_or(0, |fee| fee.withheld_amount.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use anchor_spl::token_2022::spl_token_2022::extension::AccountType;
    use anchor_spl::token_2022::{
        spl_token_2022::{
            extension::transfer_fee::instruction::harvest_withheld_tokens_to_mint,
            instruction::{
                burn, close_account, initialize_account3, mint_to, set_authority, transfer_checked,
                AuthorityType,
            },
        },
        ID,
    };

    #[test]
    fn instructions_are_those_of_the_token_programs_own_builders() {
        let [a, b, c, d]: [Pubkey; 4] = core::array::from_fn(|_| Pubkey::new_unique());
        let (amount, decimals) = (0x0102_0304_0506_0708_u64, 9);
        let with_amount = |tag: u8| [&[tag], &amount.to_le_bytes()[..]].concat();

        for (built, ours) in [
            (
                transfer_checked(&ID, &a, &b, &c, &d, &[], amount, decimals),
                [with_amount(TRANSFER_CHECKED), vec![decimals]].concat(),
            ),
            (mint_to(&ID, &a, &b, &c, &[], amount), with_amount(MINT_TO)),
            (burn(&ID, &a, &b, &c, &[], amount), with_amount(BURN)),
            (close_account(&ID, &a, &b, &c, &[]), vec![CLOSE_ACCOUNT]),
            (
                initialize_account3(&ID, &a, &b, &c),
                [&[INITIALIZE_ACCOUNT_3], c.as_ref()].concat(),
            ),
            (
                set_authority(&ID, &a, None, AuthorityType::MintTokens, &b, &[]),
                vec![SET_AUTHORITY, MINT_TOKENS, 0],
            ),
            (
                set_authority(&ID, &a, Some(&c), AuthorityType::MintTokens, &b, &[]),
                [&[SET_AUTHORITY, MINT_TOKENS, 1], c.as_ref()].concat(),
            ),
            (
                harvest_withheld_tokens_to_mint(&ID, &a, &[&b]),
                HARVEST_WITHHELD_TO_MINT.to_vec(),
            ),
        ] {
            assert_eq!(built.unwrap().data, ours);
        }
    }
    fn agrees_with_unpack<S: BaseState + Pod + core::fmt::Debug + PartialEq>(data: &[u8]) -> bool {
        let ours = base::<S>(data);
        assert_eq!(
            ours,
            PodStateWithExtensions::<S>::unpack(data).map(|state| state.base),
            "{} bytes",
            data.len()
        );
        ours.is_ok()
    }

    #[test]
    fn bases_are_those_of_the_token_programs_own_reader() {
        /// Where the base of a mint and of an account say that they are initialised.
        const INITIALISED: [usize; 2] = [45, 108];
        let (mut mints, mut accounts) = (0, 0);
        for length in 0..=size_of::<PodMultisig>() + 1 {
            for kind in [
                AccountType::Uninitialized,
                AccountType::Mint,
                AccountType::Account,
            ] {
                for initialised in [false, true] {
                    let mut data = vec![0; length];
                    if let Some(byte) = data.get_mut(size_of::<PodAccount>()) {
                        *byte = kind as u8;
                    }
                    let mut mint = data.clone();
                    for (data, index) in [&mut mint, &mut data].into_iter().zip(INITIALISED) {
                        if let Some(byte) = data.get_mut(index) {
                            *byte = u8::from(initialised);
                        }
                    }
                    mints += usize::from(agrees_with_unpack::<PodMint>(&mint));
                    accounts += usize::from(agrees_with_unpack::<PodAccount>(&data));
                }
            }
        }
        // Alone, three times, for it has no room for a type; with one from the next byte
        // on, but not at the length of a multisig.
        let extended = size_of::<PodMultisig>() - size_of::<PodAccount>();
        assert_eq!((mints, accounts), (3 + extended, 3 + extended));
    }
}
