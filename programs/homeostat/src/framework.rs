//! What Anchor's macros mean by `anchor_lang` in this program: Anchor itself, but for the
//! parts below, which refuse with one word.
//!
//! `#[derive(Accounts)]` and `#[program]` write `anchor_lang::error::Error`,
//! `anchor_lang::Accounts::try_accounts` and so on, and take whatever goes by that name
//! where they stand; `anchor_lang::prelude` brings the name along for this reason. Here it
//! is this module, so that what they write is the same and returns [`Refusal`]: accounts,
//! constraints, codes, interface description and clients are Anchor's, its allocated error
//! with its text is not. It would add 70 KB to the program.
//!
//! The dependency itself is called `anchor`, for a name that stood for both would be
//! ambiguous.

use core::{marker::PhantomData, ops::Deref};
use std::collections::BTreeSet;

use anchor::prelude::{AccountInfo, AccountMeta, ErrorCode, Pubkey, System, UncheckedAccount};
pub use anchor::*;

pub use crate::error::Result;
use crate::{
    error::{refuse, Refusal},
    instructions::checks::same_key,
    state::Layout,
};

/// As Anchor's, with the error that is one word.
pub mod error {
    pub use anchor::error::*;

    pub use crate::error::Refusal as Error;
}

/// As Anchor's: its context's constructor asks for its trait of accounts.
pub mod context {
    pub use anchor::context::*;

    use super::{prelude::*, Bumps};

    /// What an instruction is given.
    pub struct Context<'info, T: Bumps> {
        /// The program.
        pub program_id: &'info Pubkey,
        /// Its accounts, checked as they are declared.
        pub accounts: &'info mut T,
        /// Those after them, as they came.
        pub remaining_accounts: &'info [AccountInfo<'info>],
        /// Bumps that were found on the way.
        pub bumps: T::Bumps,
    }

    impl<'info, T: Bumps> Context<'info, T> {
        /// All of it.
        #[inline(always)]
        pub fn new(
            program_id: &'info Pubkey,
            accounts: &'info mut T,
            remaining_accounts: &'info [AccountInfo<'info>],
            bumps: T::Bumps,
        ) -> Self {
            Self {
                program_id,
                accounts,
                remaining_accounts,
                bumps,
            }
        }
    }
}

/// Where Anchor's macros look for the types of accounts.
pub mod accounts {
    pub use anchor::accounts::*;

    pub use super::types::{interface, program, signer};
}

/// By which `#[program]` reads arguments.
pub use crate::state::take::Arguments as AnchorDeserialize;

/// What an instruction's file uses: the program's prelude with the parts of this module.
pub mod prelude {
    pub use super::{
        context::Context, loader, AccountLoader, Accounts, AccountsClose, AccountsExit, Interface,
        Program, Signer,
    };
    pub use crate::{framework as anchor_lang, prelude::*};
}

mod types {
    pub mod interface {
        pub use crate::framework::Interface;
    }
    pub mod program {
        pub use crate::framework::Program;
    }
    pub mod signer {
        pub use crate::framework::Signer;
    }
}

pub use anchor::prelude::AccountLoader;

/// Accounts taken from the front of those that an instruction was given.
pub trait Accounts<'info, B>: ToAccountMetas + ToAccountInfos<'info> + Sized {
    /// Takes and checks them, as Anchor's trait of this name.
    fn try_accounts(
        program_id: &Pubkey,
        accounts: &mut &'info [AccountInfo<'info>],
        ix_data: &[u8],
        bumps: &mut B,
        reallocs: &mut BTreeSet<Pubkey>,
    ) -> Result<Self>;
}

/// What happens to accounts after an instruction: nothing. Anchor writes the type of an
/// account again; here it is written once, when the account is created.
pub trait AccountsExit<'info>: ToAccountMetas + ToAccountInfos<'info> {
    /// Nothing.
    #[inline(always)]
    fn exit(&self, _program_id: &Pubkey) -> Result<()> {
        Ok(())
    }
}

/// Accounts that end with an instruction.
pub trait AccountsClose<'info>: ToAccountInfos<'info> {
    /// Moves the rent away, and the account back to the system program.
    fn close(&self, sol_destination: AccountInfo<'info>) -> Result<()>;
}

/// Any account.
impl<'info, B> Accounts<'info, B> for UncheckedAccount<'info> {
    #[inline(always)]
    fn try_accounts(
        _: &Pubkey,
        accounts: &mut &'info [AccountInfo<'info>],
        _: &[u8],
        _: &mut B,
        _: &mut BTreeSet<Pubkey>,
    ) -> Result<Self> {
        match next(accounts) {
            Some(info) => Ok(Self::try_from(info)),
            None => Err(refuse(ErrorCode::AccountNotEnoughKeys)),
        }
    }
}

impl<'info> AccountsExit<'info> for UncheckedAccount<'info> {}

/// An account of the program's, of one type: no other program's type has a [`Layout`].
impl<'info, B, T: Layout> Accounts<'info, B> for AccountLoader<'info, T> {
    #[inline(always)]
    fn try_accounts(
        _: &Pubkey,
        accounts: &mut &'info [AccountInfo<'info>],
        _: &[u8],
        _: &mut B,
        _: &mut BTreeSet<Pubkey>,
    ) -> Result<Self> {
        match next_state(accounts, const { mark::<T>() }) {
            Some(info) => Ok(Self::new_unchecked(info)),
            None => Err(no_state(accounts.first(), const { mark::<T>() })),
        }
    }
}

impl<'info, T: Layout> AccountsExit<'info> for AccountLoader<'info, T> {}

impl<'info, T: Layout> AccountsClose<'info> for AccountLoader<'info, T> {
    fn close(&self, sol_destination: AccountInfo<'info>) -> Result<()> {
        close(self.as_ref(), &sol_destination)
    }
}

/// An account that may be left out: the program itself stands in its place.
impl<'info, B, T: Accounts<'info, B>> Accounts<'info, B> for Option<T> {
    #[inline(always)]
    fn try_accounts(
        program_id: &Pubkey,
        accounts: &mut &'info [AccountInfo<'info>],
        ix_data: &[u8],
        bumps: &mut B,
        reallocs: &mut BTreeSet<Pubkey>,
    ) -> Result<Self> {
        if left_out(program_id, accounts) {
            return Ok(None);
        }
        T::try_accounts(program_id, accounts, ix_data, bumps, reallocs).map(Some)
    }
}

impl<'info, T: AccountsExit<'info>> AccountsExit<'info> for Option<T> {}

/// Types that are one account: what Anchor gives its own ones of these names, whose
/// constructors only come with its error.
macro_rules! one_account {
    ($name:ident <$info:lifetime $(, $kind:ident)?>) => {
        impl<$info $(, $kind)?> Deref for $name<$info $(, $kind)?> {
            type Target = AccountInfo<$info>;

            fn deref(&self) -> &Self::Target {
                self.info
            }
        }

        impl<$info $(, $kind)?> AsRef<AccountInfo<$info>> for $name<$info $(, $kind)?> {
            fn as_ref(&self) -> &AccountInfo<$info> {
                self.info
            }
        }

        impl<$info $(, $kind)?> ToAccountMetas for $name<$info $(, $kind)?> {
            fn to_account_metas(&self, is_signer: Option<bool>) -> Vec<AccountMeta> {
                self.info.to_account_metas(is_signer)
            }
        }

        impl<$info $(, $kind)?> ToAccountInfos<$info> for $name<$info $(, $kind)?> {
            fn to_account_infos(&self) -> Vec<AccountInfo<$info>> {
                vec![self.info.clone()]
            }
        }

        impl<$info $(, $kind)?> AccountsExit<$info> for $name<$info $(, $kind)?> {}
    };
}

/// An account that signs.
#[derive(Clone, Debug)]
pub struct Signer<'info> {
    info: &'info AccountInfo<'info>,
}

one_account!(Signer<'info>);

impl<'info, B> Accounts<'info, B> for Signer<'info> {
    #[inline(always)]
    fn try_accounts(
        _: &Pubkey,
        accounts: &mut &'info [AccountInfo<'info>],
        _: &[u8],
        _: &mut B,
        _: &mut BTreeSet<Pubkey>,
    ) -> Result<Self> {
        match next_signer(accounts) {
            Some(info) => Ok(Self { info }),
            None => Err(missing(accounts, ErrorCode::AccountNotSigner)),
        }
    }
}

/// One program.
#[derive(Clone, Debug)]
pub struct Program<'info, T> {
    info: &'info AccountInfo<'info>,
    kind: PhantomData<T>,
}

one_account!(Program<'info, T>);

impl<'info, B, T: Id> Accounts<'info, B> for Program<'info, T> {
    #[inline(always)]
    fn try_accounts(
        _: &Pubkey,
        accounts: &mut &'info [AccountInfo<'info>],
        _: &[u8],
        _: &mut B,
        _: &mut BTreeSet<Pubkey>,
    ) -> Result<Self> {
        let info = next_program(accounts, &[T::id()])?;
        let kind = PhantomData;
        Ok(Self { info, kind })
    }
}

/// One of several programs with the same interface.
#[derive(Clone, Debug)]
pub struct Interface<'info, T> {
    info: &'info AccountInfo<'info>,
    kind: PhantomData<T>,
}

one_account!(Interface<'info, T>);

impl<'info, B, T: Ids> Accounts<'info, B> for Interface<'info, T> {
    #[inline(always)]
    fn try_accounts(
        _: &Pubkey,
        accounts: &mut &'info [AccountInfo<'info>],
        _: &[u8],
        _: &mut B,
        _: &mut BTreeSet<Pubkey>,
    ) -> Result<Self> {
        let info = next_program(accounts, T::ids())?;
        let kind = PhantomData;
        Ok(Self { info, kind })
    }
}

// Once for all types: what is above is generated for every field of every instruction,
// and only asks these. They leave an account that they refuse at the front.

#[inline(never)]
fn next<'info>(accounts: &mut &'info [AccountInfo<'info>]) -> Option<&'info AccountInfo<'info>> {
    let (first, rest) = accounts.split_first()?;
    *accounts = rest;
    Some(first)
}

#[inline(never)]
fn next_signer<'info>(
    accounts: &mut &'info [AccountInfo<'info>],
) -> Option<&'info AccountInfo<'info>> {
    if !accounts.first()?.is_signer {
        return None;
    }
    next(accounts)
}

#[inline(never)]
fn next_program<'info>(
    accounts: &mut &'info [AccountInfo<'info>],
    ids: &[Pubkey],
) -> Result<&'info AccountInfo<'info>> {
    let Some(first) = accounts.first() else {
        return Err(refuse(ErrorCode::AccountNotEnoughKeys));
    };
    ensure!(
        ids.iter().any(|id| same_key(id, first.key)),
        ErrorCode::InvalidProgramId
    );
    ensure!(first.executable, ErrorCode::InvalidProgramExecutable);
    next(accounts).ok_or_else(|| refuse(ErrorCode::AccountNotEnoughKeys))
}

#[inline(never)]
fn next_state<'info>(
    accounts: &mut &'info [AccountInfo<'info>],
    mark: u64,
) -> Option<&'info AccountInfo<'info>> {
    if !is_state(accounts.first()?, mark) {
        return None;
    }
    next(accounts)
}

#[inline(never)]
fn left_out(program_id: &Pubkey, accounts: &mut &[AccountInfo]) -> bool {
    let Some((first, rest)) = accounts.split_first() else {
        return false;
    };
    let left_out = same_key(first.key, program_id);
    if left_out {
        *accounts = rest;
    }
    left_out
}

#[cold]
#[inline(never)]
fn missing(accounts: &[AccountInfo], otherwise: ErrorCode) -> Refusal {
    if accounts.is_empty() {
        return refuse(ErrorCode::AccountNotEnoughKeys);
    }
    refuse(otherwise)
}

/// The first eight bytes of an account of a type.
const fn mark<T: Layout>() -> u64 {
    match T::DISCRIMINATOR.first_chunk() {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => panic!("a type is told by eight bytes"),
    }
}

/// Takes an account, of those after the fixed ones, for one of the program's of a type.
pub fn loader<'info, T: Layout>(
    info: &'info AccountInfo<'info>,
) -> Result<AccountLoader<'info, T>> {
    if !is_state(info, const { mark::<T>() }) {
        return Err(no_state(Some(info), const { mark::<T>() }));
    }
    Ok(AccountLoader::new_unchecked(info))
}

#[inline(never)]
fn is_state(info: &AccountInfo, mark: u64) -> bool {
    let found = info.try_borrow_data().ok();
    let found = found.as_ref().and_then(|data| data.first_chunk());
    same_key(info.owner, &crate::ID) && found == Some(&mark.to_le_bytes())
}

/// Why an account is not one of the program's of a type.
#[cold]
#[inline(never)]
fn no_state(info: Option<&AccountInfo>, mark: u64) -> Refusal {
    let Some(info) = info else {
        return refuse(ErrorCode::AccountNotEnoughKeys);
    };
    if !same_key(info.owner, &crate::ID) {
        return refuse(ErrorCode::AccountOwnedByWrongProgram)
            .with_pubkeys((*info.owner, crate::ID));
    }
    match info.try_borrow_data() {
        Err(error) => error.into(),
        Ok(data) if data.len() < size_of_val(&mark) => {
            refuse(ErrorCode::AccountDiscriminatorNotFound)
        }
        Ok(_) => refuse(ErrorCode::AccountDiscriminatorMismatch),
    }
}

/// Gives an account's lamports to another, and the account back to the system program.
#[inline(never)]
pub fn close(info: &AccountInfo, sol_destination: &AccountInfo) -> Result<()> {
    let mut from = info.try_borrow_mut_lamports()?;
    let mut to = sol_destination.try_borrow_mut_lamports()?;
    **to = to
        .checked_add(**from)
        .ok_or_else(|| refuse(crate::HomeostatError::MathOverflow))?;
    **from = 0;
    drop((from, to));
    info.assign(&System::id());
    Ok(info.resize(0)?)
}

/// The address that signs events, as something to compare with and no more: the address
/// itself would be put together, from four words, wherever `#[event_cpi]` stands.
#[cfg(not(feature = "no-entrypoint"))]
#[derive(Clone, Copy, Debug)]
pub struct EventAuthority;

#[cfg(not(feature = "no-entrypoint"))]
impl From<EventAuthority> for Pubkey {
    fn from(_: EventAuthority) -> Self {
        crate::id::EVENT_AUTHORITY_AND_BUMP.0
    }
}

#[cfg(not(feature = "no-entrypoint"))]
impl PartialEq<EventAuthority> for Pubkey {
    #[inline(never)]
    fn eq(&self, authority: &EventAuthority) -> bool {
        same_key(self, &(*authority).into())
    }
}

#[cfg(not(feature = "no-entrypoint"))]
impl core::fmt::Display for EventAuthority {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        Pubkey::from(*self).fmt(f)
    }
}
