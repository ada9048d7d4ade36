//! The second step of a retirement: the mint authority goes to the successor who accepts it, or
//! to nobody once the offer has run out. Two steps, so that it cannot be lost to a mistyped
//! address, nor given to one that nobody answers for.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenInterface};

use crate::{
    events::{publish, MintHandedOver},
    instructions::tokens::{Authority, Token},
    state::Economy,
};

/// Accounts of `hand_over_mint`.
#[event_cpi]
#[derive(Accounts)]
pub struct HandOverMint<'info> {
    /// The successor; once the offer has run out, anyone.
    pub signer: Signer<'info>,
    /// The economy, whose retirement offered the mint authority.
    #[account(mut, has_one = mint, has_one = authority)]
    pub economy: AccountLoader<'info, Economy>,
    /// The mint of the economy's token; its mint authority changes.
    #[account(mut, dup, mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// The economy's data-less address, which holds the mint authority.
    pub authority: SystemAccount<'info>,
    /// The token program that the mint belongs to.
    pub token_program: Interface<'info, TokenInterface>,
}

impl HandOverMint<'_> {
    #[inline(never)]
    fn apply(&self, now: i64) -> Result<MintHandedOver> {
        let key = self.economy.key();
        let (successor, bump) = {
            let mut economy = self.economy.load_mut()?;
            let successor = economy.take_successor(self.signer.key, now)?;
            (successor, [economy.authority_bump])
        };
        let authority = Authority {
            info: &self.authority,
            economy: &key,
            bump,
        };
        let token = Token {
            mint: &self.mint,
            program: &self.token_program,
        };
        token.set_mint_authority(&authority, successor)?;
        Ok(MintHandedOver {
            economy: key,
            successor,
        })
    }
}

/// The successor calls it within 14 d of the retirement, itself or through a program that signs
/// for it; afterwards anyone.
///
/// 1. Ends the offer. Refuses whoever was not offered the authority while the offer lasts.
/// 2. Gives the mint authority to the successor, or to nobody for ever.
/// 3. Publishes who has it.
pub fn hand_over_mint(ctx: Context<HandOverMint>) -> Result<()> {
    let event = ctx.accounts.apply(Clock::get()?.unix_timestamp)?;
    publish(&ctx.accounts.event_authority, &event)
}
