//! Empties the reward vault of a retired economy of everything that belongs to nobody: what was
//! minted ahead or funded and not spent, and fees that streamed while nobody was staked.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use crate::{
    error::HomeostatError,
    events::{publish, WoundUp},
    instructions::{
        control::gather,
        tokens::{Authority, Token},
    },
    state::Economy,
};

/// Accounts of `wind_up`; after them each pool, writable, then each meter, in order.
#[event_cpi]
#[derive(Accounts)]
pub struct WindUp<'info> {
    /// The economy; it must be retired.
    #[account(mut, has_one = mint, has_one = authority, has_one = reward_vault)]
    pub economy: AccountLoader<'info, Economy>,
    /// The mint of the economy's token.
    #[account(mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// The economy's data-less address that signs for its mint and vaults.
    pub authority: SystemAccount<'info>,
    /// The economy's reward vault; it is debited.
    #[account(mut, dup)]
    pub reward_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Gets what belongs to nobody: the treasury vault, or a token account of the sponsor's
    /// where the economy has one.
    #[account(
        mut,
        dup,
        token::mint = mint,
        constraint = economy.load()?.takes_the_rest(&to.key(), &to.owner)
            @ HomeostatError::WrongVault,
    )]
    pub to: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The token program that the mint belongs to.
    pub token_program: Interface<'info, TokenInterface>,
}

impl<'info> WindUp<'info> {
    #[inline(never)]
    fn apply(&self, remaining: &'info [AccountInfo<'info>], now: i64) -> Result<WoundUp> {
        let key = self.economy.key();
        let (kept, fee_until, bump) = {
            let mut economy = self.economy.load_mut()?;
            let remains = gather::remains(&economy, remaining, now)?;
            let kept = economy.wind_up(&remains, now)?;
            (kept, economy.stream.fee_until, [economy.authority_bump])
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
        // A vault that is short has nothing to give.
        let rest = self.reward_vault.amount.saturating_sub(kept);
        let paid = token.pay_out(&self.reward_vault, &self.to, &authority, rest)?;
        Ok(WoundUp {
            economy: key,
            to: self.to.key(),
            paid,
            kept,
            fee_until,
        })
    }
}

/// Anyone calls it, as often as they like, once the economy is retired.
///
/// 1. Settles the pools and adds up what they owe; lets fees stream that were swept after the last crank.
/// 2. Pays everything that nobody is owed to the treasury, or to the sponsor.
/// 3. Publishes what was paid and what stays.
pub fn wind_up<'info>(ctx: Context<'info, WindUp<'info>>) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let event = ctx.accounts.apply(ctx.remaining_accounts, now)?;
    publish(&ctx.accounts.event_authority, &event)
}
