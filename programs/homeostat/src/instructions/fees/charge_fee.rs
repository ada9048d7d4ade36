//! Takes the fee on a payment whose tokens another program moves itself.

use crate::framework::prelude::*;
use anchor_spl::token_interface::TokenInterface;

use super::{charge, check_meter, record};
use crate::{
    instructions::shared::*,
    state::{Economy, Meter},
};

/// Accounts of `charge_fee`.
#[derive(Accounts)]
pub struct ChargeFee<'info> {
    /// Owner or delegate of the tokens.
    pub payer: Signer<'info>,
    /// Live.
    pub economy: AccountLoader<'info, Economy>,
    /// Any shard.
    #[account(mut)]
    pub meter: AccountLoader<'info, Meter>,
    /// The economy's mint.
    /// CHECK: by `economy.mint`.
    pub mint: UncheckedAccount<'info>,
    /// Debited.
    /// CHECK: a token account of the mint.
    #[account(mut)]
    pub payer_tokens: UncheckedAccount<'info>,
    /// Credited with the fee.
    /// CHECK: by `meter.vault`.
    #[account(mut)]
    pub vault: UncheckedAccount<'info>,
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
}

impl<'info> ChargeFee<'info> {
    fn check(&self) -> Result<()> {
        distinct(&[
            ("payer_tokens", self.payer_tokens.key),
            ("vault", self.vault.key),
        ])?;
        check_meter(&self.economy, &self.mint, &self.meter, &self.vault)
    }

    #[inline(never)]
    fn apply(&self, amount: u64, max_fee: u64, now: i64) -> Result<()> {
        let economy = self.economy.open()?;
        let charge = charge(&economy, amount, max_fee, now)?;
        let token = Token::read(&self.mint, self.token_program.as_ref())?;
        Tokens::of("payer_tokens", &self.payer_tokens, self.mint.key)?;
        let vault = Tokens::read("vault", &self.vault)?;
        let received = token.transfer(&self.payer_tokens, &vault, &self.payer, charge.fee)?;
        let mut meter = self.meter.open_mut()?;
        record(&economy, &mut meter, amount, received, &vault)
    }
}

/// Handles `charge_fee`.
pub fn charge_fee(ctx: Context<ChargeFee>, amount: u64, max_fee: u64) -> Result<()> {
    ctx.accounts.check()?;
    ctx.accounts.apply(amount, max_fee, now()?)
}
