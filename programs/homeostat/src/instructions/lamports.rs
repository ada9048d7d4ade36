//! Lamports that the program moves: the rent of accounts that grow, and the keeper vault's.

use anchor_lang::{
    prelude::*,
    system_program::{transfer, Transfer},
};

use crate::seeds;

/// Resizes an account to `space` bytes; `payer` pays the rent that is missing (lamports), if
/// any is.
pub fn grow<'info>(
    account: &AccountInfo<'info>,
    payer: &Signer<'info>,
    system_program: &Program<'info, System>,
    space: usize,
) -> Result<()> {
    let missing = Rent::get()?
        .minimum_balance(space)
        .saturating_sub(account.lamports());
    if missing > 0 {
        let accounts = Transfer {
            from: payer.to_account_info(),
            to: account.clone(),
        };
        transfer(CpiContext::new(system_program.key(), accounts), missing)?;
    }
    Ok(account.resize(space)?)
}

/// Pays lamports out of an economy's keeper vault, whose canonical bump is `bump`.
pub fn pay_from_keeper_vault<'info>(
    vault: &SystemAccount<'info>,
    to: &AccountInfo<'info>,
    system_program: &Program<'info, System>,
    economy: &Pubkey,
    bump: u8,
    lamports: u64,
) -> Result<()> {
    if lamports == 0 {
        return Ok(());
    }
    let accounts = Transfer {
        from: vault.to_account_info(),
        to: to.clone(),
    };
    let seeds: [&[u8]; 3] = [seeds::KEEPER, economy.as_ref(), &[bump]];
    transfer(
        CpiContext::new(system_program.key(), accounts).with_signer(&[&seeds]),
        lamports,
    )
}
