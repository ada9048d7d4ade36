//! The sponsor of a Funded economy takes back what is not promised to stakers yet: it is
//! announced first, so that everybody can leave before the funding ends.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use crate::{
    error::HomeostatError,
    events::{publish, FundsRecalled, RecallAnnounced},
    instructions::tokens::{Authority, Token},
    state::Economy,
};

/// Accounts of `announce_recall`.
#[event_cpi]
#[derive(Accounts)]
pub struct AnnounceRecall<'info> {
    /// The sponsor that was named when the economy was created.
    pub sponsor: Signer<'info>,
    /// The economy; it must be live.
    #[account(mut, has_one = sponsor @ HomeostatError::Unauthorized)]
    pub economy: AccountLoader<'info, Economy>,
}

/// Accounts of `recall`.
#[event_cpi]
#[derive(Accounts)]
pub struct Recall<'info> {
    /// The sponsor, who announced it.
    pub sponsor: Signer<'info>,
    /// The economy; it must be live.
    #[account(
        mut,
        has_one = sponsor @ HomeostatError::Unauthorized,
        has_one = mint,
        has_one = authority,
        has_one = reward_vault,
    )]
    pub economy: AccountLoader<'info, Economy>,
    /// The mint of the economy's token.
    #[account(mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// The economy's data-less address that signs for its mint and vaults.
    pub authority: SystemAccount<'info>,
    /// The economy's reward vault; it is debited.
    #[account(mut, dup)]
    pub reward_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Any token account of the sponsor's; it is credited.
    #[account(mut, dup, token::mint = mint, token::authority = sponsor)]
    pub sponsor_tokens: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The token program that the mint belongs to.
    pub token_program: Interface<'info, TokenInterface>,
}

impl Recall<'_> {
    /// Refuses where the vault then contains less than before, less what was recalled: what
    /// is left covers everything that is promised, because no more than the rest is taken.
    #[inline(never)]
    fn apply(&self, now: i64) -> Result<FundsRecalled> {
        let key = self.economy.key();
        let (amount, old_supplied, new_supplied, bump) = {
            let mut economy = self.economy.load_mut()?;
            let old_supplied = economy.totals.supplied;
            let amount = economy.recall_funds(now)?;
            economy.invariant(self.mint.supply, now)?;
            let bump = [economy.authority_bump];
            (amount, old_supplied, economy.totals.supplied, bump)
        };
        require!(
            self.reward_vault.amount >= amount,
            HomeostatError::RewardVaultShort
        );
        let authority = Authority {
            info: &self.authority,
            economy: &key,
            bump,
        };
        let token = Token {
            mint: &self.mint,
            program: &self.token_program,
        };
        token.pay_out(&self.reward_vault, &self.sponsor_tokens, &authority, amount)?;
        Ok(FundsRecalled {
            economy: key,
            amount,
            old_supplied,
            new_supplied,
        })
    }
}

/// The sponsor calls it: announces that up to `amount` base units will be recalled 30 to 44 d
/// later.
pub fn announce_recall(ctx: Context<AnnounceRecall>, amount: u64) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    let recall_at = {
        let mut economy = ctx.accounts.economy.load_mut()?;
        economy.announce_recall(amount, now)?;
        economy.recall_at
    };
    publish(
        &ctx.accounts.event_authority,
        &RecallAnnounced {
            economy: ctx.accounts.economy.key(),
            amount,
            recall_at,
        },
    )
}

/// The sponsor calls it, 30 to 44 d after the announcement. Pays what was announced, at most what is
/// not promised to stakers, and publishes it.
pub fn recall(ctx: Context<Recall>) -> Result<()> {
    let event = ctx.accounts.apply(Clock::get()?.unix_timestamp)?;
    publish(&ctx.accounts.event_authority, &event)
}
