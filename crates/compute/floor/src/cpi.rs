//! Token and system calls the plain way.

use anchor_lang::{prelude::*, solana_program::program::invoke, system_program};
use anchor_spl::{
    token_2022::spl_token_2022::{extension::transfer_fee, instruction::AuthorityType},
    token_interface::{
        self, Burn, CloseAccount, Mint, MintTo, SetAuthority, TokenAccount, TransferChecked,
    },
};
use homeostat::{
    seeds,
    state::{audit::AUDIT_RECORD_BYTES, log::RECORD_BYTES, Economy, StoredConfig},
};
use solana_program::hash::{hash, hashv};

/// Moves tokens with a signature of the transaction.
pub fn transfer<'info>(
    from: &InterfaceAccount<'info, TokenAccount>,
    to: &InterfaceAccount<'info, TokenAccount>,
    mint: &InterfaceAccount<'info, Mint>,
    signer: &Signer<'info>,
    program: &Interface<'info, token_interface::TokenInterface>,
    amount: u64,
) -> Result<()> {
    token_interface::transfer_checked(
        CpiContext::new(
            program.key(),
            TransferChecked {
                from: from.to_account_info(),
                mint: mint.to_account_info(),
                to: to.to_account_info(),
                authority: signer.to_account_info(),
            },
        ),
        amount,
        mint.decimals,
    )
}

/// The economy's signature: its authority, its address and the authority's bump.
pub struct Authority<'a, 'info> {
    /// Signs.
    pub info: &'a UncheckedAccount<'info>,
    /// Whose it is.
    pub economy: &'a AccountLoader<'info, Economy>,
}

impl<'info> Authority<'_, 'info> {
    fn sign<R>(&self, call: impl FnOnce(&[&[&[u8]]]) -> R) -> Result<R> {
        let bump = [self.economy.load()?.authority_bump];
        let economy = self.economy.key();
        Ok(call(&[&[seeds::AUTHORITY, economy.as_ref(), &bump]]))
    }

    /// Moves tokens.
    pub fn transfer(
        &self,
        from: &InterfaceAccount<'info, TokenAccount>,
        to: &InterfaceAccount<'info, TokenAccount>,
        mint: &InterfaceAccount<'info, Mint>,
        program: &Interface<'info, token_interface::TokenInterface>,
        amount: u64,
    ) -> Result<()> {
        self.sign(|seeds| {
            token_interface::transfer_checked(
                CpiContext::new_with_signer(
                    program.key(),
                    TransferChecked {
                        from: from.to_account_info(),
                        mint: mint.to_account_info(),
                        to: to.to_account_info(),
                        authority: self.info.to_account_info(),
                    },
                    seeds,
                ),
                amount,
                mint.decimals,
            )
        })?
    }

    /// Mints.
    pub fn mint_to(
        &self,
        mint: &InterfaceAccount<'info, Mint>,
        to: &InterfaceAccount<'info, TokenAccount>,
        program: &Interface<'info, token_interface::TokenInterface>,
        amount: u64,
    ) -> Result<()> {
        self.sign(|seeds| {
            token_interface::mint_to(
                CpiContext::new_with_signer(
                    program.key(),
                    MintTo {
                        mint: mint.to_account_info(),
                        to: to.to_account_info(),
                        authority: self.info.to_account_info(),
                    },
                    seeds,
                ),
                amount,
            )
        })?
    }

    /// The same with the accounts as they come after the fixed ones.
    pub fn transfer_loose(
        &self,
        [from, mint, to, program]: [&AccountInfo<'info>; 4],
        amount: u64,
        decimals: u8,
    ) -> Result<()> {
        self.sign(|seeds| {
            token_interface::transfer_checked(
                CpiContext::new_with_signer(
                    *program.key,
                    TransferChecked {
                        from: from.clone(),
                        mint: mint.clone(),
                        to: to.clone(),
                        authority: self.info.to_account_info(),
                    },
                    seeds,
                ),
                amount,
                decimals,
            )
        })?
    }

    /// Mints, and gives the mint authority away.
    pub fn mint_last(
        &self,
        [mint, to, program]: [&AccountInfo<'info>; 3],
        amount: u64,
        successor: Option<Pubkey>,
    ) -> Result<()> {
        self.sign(|seeds| {
            if amount > 0 {
                token_interface::mint_to(
                    CpiContext::new_with_signer(
                        *program.key,
                        MintTo {
                            mint: mint.clone(),
                            to: to.clone(),
                            authority: self.info.to_account_info(),
                        },
                        seeds,
                    ),
                    amount,
                )?;
            }
            token_interface::set_authority(
                CpiContext::new_with_signer(
                    *program.key,
                    SetAuthority {
                        current_authority: self.info.to_account_info(),
                        account_or_mint: mint.clone(),
                    },
                    seeds,
                ),
                AuthorityType::MintTokens,
                successor,
            )
        })?
    }

    /// Burns.
    pub fn burn(
        &self,
        mint: &AccountInfo<'info>,
        from: &AccountInfo<'info>,
        program: &AccountInfo<'info>,
        amount: u64,
    ) -> Result<()> {
        self.sign(|seeds| {
            token_interface::burn(
                CpiContext::new_with_signer(
                    *program.key,
                    Burn {
                        mint: mint.clone(),
                        from: from.clone(),
                        authority: self.info.to_account_info(),
                    },
                    seeds,
                ),
                amount,
            )
        })?
    }

    /// Closes a token account.
    pub fn close(
        &self,
        account: &AccountInfo<'info>,
        to: &AccountInfo<'info>,
        program: &AccountInfo<'info>,
    ) -> Result<()> {
        self.sign(|seeds| {
            token_interface::close_account(CpiContext::new_with_signer(
                *program.key,
                CloseAccount {
                    account: account.clone(),
                    destination: to.clone(),
                    authority: self.info.to_account_info(),
                },
                seeds,
            ))
        })?
    }
}

/// Moves withheld transfer fees to the mint.
pub fn harvest<'info>(
    mint: &AccountInfo<'info>,
    account: &AccountInfo<'info>,
    program: &AccountInfo<'info>,
) -> Result<()> {
    let harvest = transfer_fee::instruction::harvest_withheld_tokens_to_mint(
        program.key,
        mint.key,
        &[account.key],
    )?;
    invoke(&harvest, &[mint.clone(), account.clone()])?;
    Ok(())
}

/// Moves lamports out of the keeper vault.
pub fn pay_keeper<'info>(
    economy: &AccountLoader<'info, Economy>,
    vault: &UncheckedAccount<'info>,
    to: AccountInfo<'info>,
    system_program: &Program<'info, System>,
    lamports: u64,
) -> Result<()> {
    let bump = [economy.load()?.keeper_bump];
    let key = economy.key();
    let seeds: &[&[u8]] = &[seeds::KEEPER, key.as_ref(), &bump];
    system_program::transfer(
        CpiContext::new_with_signer(
            system_program.key(),
            system_program::Transfer {
                from: vault.to_account_info(),
                to,
            },
            &[seeds],
        ),
        lamports,
    )
}

/// Hashes as many bytes as a log of `records` records does.
pub fn hash_log(records: usize) {
    let mut head = [0; 32];
    for _ in 0..records {
        head = hashv(&[&head, &[0; RECORD_BYTES]]).to_bytes();
    }
    core::hint::black_box(head);
}

/// Hashes as many bytes as `records` configurations and their records do.
pub fn hash_configurations(records: usize) {
    for _ in 0..records {
        core::hint::black_box(hash(&[0; core::mem::size_of::<StoredConfig>()]));
    }
    hash_log(records);
}

/// Hashes as many bytes as a record of the audit log.
pub fn hash_audit() {
    core::hint::black_box(hashv(&[&[0; 32], &[0; AUDIT_RECORD_BYTES]]));
}
