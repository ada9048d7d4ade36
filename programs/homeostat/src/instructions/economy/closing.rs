//! How accounts of an economy are closed: a vault by the token program, an account of the
//! program by its loader. Both give the rent to whom the caller says.

use anchor_lang::prelude::*;
use anchor_spl::{token, token_2022, token_interface::TokenAccount};

use crate::{
    instructions::tokens::{balance, Authority, Token},
    state::Layout,
};

/// Closes a vault from which nothing is owed, so that whatever it contains was donated. It is
/// burned first, because the token program closes no account with a balance: otherwise
/// anybody could block the close by a donation.
pub fn close_vault<'info>(
    token: &Token<'_, 'info>,
    vault: &InterfaceAccount<'info, TokenAccount>,
    to: &AccountInfo<'info>,
    authority: &Authority<'_, 'info>,
) -> Result<()> {
    // Wrapped SOL cannot be burned; closing the vault pays it out.
    let wrapped_sol = [
        token::spl_token::native_mint::ID,
        token_2022::spl_token_2022::native_mint::ID,
    ]
    .contains(&token.mint.key());
    if !wrapped_sol {
        token.burn(vault, authority, balance(vault)?)?;
    }
    token.harvest_withheld(vault)?;
    token.close(vault, to, authority)
}

/// Closes an account of the program, of type `T`.
pub fn close_part<'info, T: Layout>(
    info: &'info AccountInfo<'info>,
    to: &AccountInfo<'info>,
) -> Result<()> {
    AccountLoader::<T>::try_from(info)?.close(to.clone())
}
