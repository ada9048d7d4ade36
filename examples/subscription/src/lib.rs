//! An example to copy from: a program that sells subscriptions for an economy's token and
//! charges Homeostat's fee by CPI. docs/INTEGRATION.md walks through it.
//!
//! Three ways to charge, one an instruction:
//!
//! - [`subscription::subscribe`]: the customer signs, `pay` moves the tokens and the fee.
//! - [`subscription::renew`]: nobody signs but this program, as the delegate that the
//!   customer approved once; `pay` again.
//! - [`subscription::tip`]: this program moves the tokens itself, `charge_fee` takes the fee.

#![deny(clippy::arithmetic_side_effects)]

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{
    transfer_checked, Mint, TokenAccount, TokenInterface, TransferChecked,
};
use homeostat::{
    cpi::accounts::{ChargeFee, Pay},
    program::Homeostat,
    state::Economy,
};

declare_id!("SubxSWpjyeyLpy2uutw1ywPW96kA4bNi1Qc7C1gr99A");

/// Seed of a shop: `["shop", owner]`.
pub const SHOP: &[u8] = b"shop";
/// Seed of a subscription: `["subscription", shop, customer]`.
pub const SUBSCRIPTION: &[u8] = b"subscription";

/// What can go wrong here; Homeostat's own errors come through unchanged.
#[error_code]
pub enum SubscriptionError {
    /// The price is zero, or the period is.
    #[msg("A shop needs a price and a period above zero; correct them")]
    NoPrice,
    /// It was renewed for this period.
    #[msg("The subscription is paid until later; renew it then")]
    PaidAlready,
    /// Time or price left its range.
    #[msg("A number leaves its range; use smaller ones")]
    Overflow,
}

/// What is sold, and the one economy in whose token.
#[account]
#[derive(InitSpace)]
pub struct Shop {
    /// Who opened it.
    pub owner: Pubkey,
    /// The economy whose fee is charged. Kept here, so that nobody can come with an
    /// economy of his own whose fee is next to nothing.
    pub economy: Pubkey,
    /// The economy's mint.
    pub mint: Pubkey,
    /// Token account that is paid.
    pub till: Pubkey,
    /// Price of a period (base units), fee included.
    pub price: u64,
    /// Length of a period (seconds).
    pub period: u32,
}

/// One customer's subscription. Its address is the delegate that the customer approves.
#[account]
#[derive(InitSpace)]
pub struct Subscription {
    /// Shop.
    pub shop: Pubkey,
    /// Who pays, and may cancel.
    pub customer: Pubkey,
    /// Token account that is debited.
    pub tokens: Pubkey,
    /// Highest fee of a renewal that the customer accepts (base units): whoever calls
    /// `renew` must not choose it.
    pub max_fee: u64,
    /// Paid until then (unix seconds).
    pub paid_until: i64,
    /// Canonical bump.
    pub bump: u8,
}

/// The program.
#[program]
pub mod subscription {
    use super::*;

    /// Opens the signer's shop: `price` of a period (base units, fee included), `period`
    /// (seconds).
    pub fn open_shop(ctx: Context<OpenShop>, price: u64, period: u32) -> Result<()> {
        require!(price > 0 && period > 0, SubscriptionError::NoPrice);
        ctx.accounts.shop.set_inner(Shop {
            owner: ctx.accounts.owner.key(),
            economy: ctx.accounts.economy.key(),
            mint: ctx.accounts.mint.key(),
            till: ctx.accounts.till.key(),
            price,
            period,
        });
        Ok(())
    }

    /// Subscribes and pays the first period; `max_fee` (base units) holds for this payment
    /// and for every renewal.
    pub fn subscribe(ctx: Context<Subscribe>, max_fee: u64) -> Result<()> {
        let shop = &ctx.accounts.shop;
        ctx.accounts.subscription.set_inner(Subscription {
            shop: shop.key(),
            customer: ctx.accounts.customer.key(),
            tokens: ctx.accounts.charge.payer_tokens.key(),
            max_fee,
            paid_until: paid_until(shop, Clock::get()?.unix_timestamp)?,
            bump: ctx.bumps.subscription,
        });
        // The customer's signature on this instruction is their signature on the call.
        let payer = ctx.accounts.customer.to_account_info();
        let pay = CpiContext::new(
            ctx.accounts.charge.homeostat.key(),
            ctx.accounts.charge.pay(payer, &ctx.accounts.till),
        );
        homeostat::cpi::pay(pay, ctx.accounts.shop.price, max_fee)
    }

    /// Pays the next period out of what the customer approved. Anyone; refused before the
    /// paid period is over.
    pub fn renew(ctx: Context<Renew>) -> Result<()> {
        let now = Clock::get()?.unix_timestamp;
        let shop = &ctx.accounts.shop;
        let subscription = &mut ctx.accounts.subscription;
        require!(
            now >= subscription.paid_until,
            SubscriptionError::PaidAlready
        );
        subscription.paid_until = paid_until(shop, now)?;

        // The subscription's address is the delegate; this program signs for it.
        let payer = subscription.to_account_info();
        let (max_fee, bump) = (subscription.max_fee, [subscription.bump]);
        let (shop_key, customer) = (subscription.shop, subscription.customer);
        let seeds: [&[u8]; 4] = [SUBSCRIPTION, shop_key.as_ref(), customer.as_ref(), &bump];
        let signer: [&[&[u8]]; 1] = [&seeds];
        let pay = CpiContext::new_with_signer(
            ctx.accounts.charge.homeostat.key(),
            ctx.accounts.charge.pay(payer, &ctx.accounts.till),
            &signer,
        );
        homeostat::cpi::pay(pay, ctx.accounts.shop.price, max_fee)
    }

    /// Tips the shop: `amount` (base units) goes to the till in full, and the customer pays
    /// the fee on top, at most `max_fee` (base units).
    pub fn tip(ctx: Context<Tip>, amount: u64, max_fee: u64) -> Result<()> {
        let charge = &ctx.accounts.charge;
        let payer = ctx.accounts.customer.to_account_info();
        let transfer = CpiContext::new(
            charge.token_program.key(),
            TransferChecked {
                from: charge.payer_tokens.to_account_info(),
                mint: charge.mint.to_account_info(),
                to: ctx.accounts.till.to_account_info(),
                authority: payer.clone(),
            },
        );
        transfer_checked(transfer, amount, charge.mint.decimals)?;
        let fee = CpiContext::new(charge.homeostat.key(), charge.fee(payer));
        homeostat::cpi::charge_fee(fee, amount, max_fee)
    }

    /// Ends the signer's subscription; the rent goes back. Revoke the allowance too.
    pub fn cancel(_ctx: Context<Cancel>) -> Result<()> {
        Ok(())
    }
}

/// End of a period that begins at `now` (unix seconds).
fn paid_until(shop: &Shop, now: i64) -> Result<i64> {
    now.checked_add(shop.period.into())
        .ok_or_else(|| SubscriptionError::Overflow.into())
}

/// What every charge takes along, checked against the shop. Homeostat itself refuses
/// another economy's meter, another meter's vault, and a mint that is not the economy's.
#[derive(Accounts)]
pub struct Charge<'info> {
    /// The program at Homeostat's address, and no other.
    pub homeostat: Program<'info, Homeostat>,
    /// The shop's economy: compared by the instruction that takes this along.
    pub economy: AccountLoader<'info, Economy>,
    /// Any payment shard of the economy.
    /// CHECK: by Homeostat.
    #[account(mut)]
    pub meter: UncheckedAccount<'info>,
    /// The shard's fee vault.
    /// CHECK: by Homeostat.
    #[account(mut)]
    pub fee_vault: UncheckedAccount<'info>,
    /// The economy's mint.
    pub mint: InterfaceAccount<'info, Mint>,
    /// Debited.
    #[account(mut)]
    pub payer_tokens: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
}

impl<'info> Charge<'info> {
    /// Accounts of `pay`, with `payer` as owner or delegate of the tokens.
    fn pay(
        &self,
        payer: AccountInfo<'info>,
        till: &InterfaceAccount<'info, TokenAccount>,
    ) -> Pay<'info> {
        Pay {
            payer,
            economy: self.economy.to_account_info(),
            meter: self.meter.to_account_info(),
            mint: self.mint.to_account_info(),
            payer_tokens: self.payer_tokens.to_account_info(),
            recipient_tokens: till.to_account_info(),
            vault: self.fee_vault.to_account_info(),
            token_program: self.token_program.to_account_info(),
        }
    }

    /// Accounts of `charge_fee`.
    fn fee(&self, payer: AccountInfo<'info>) -> ChargeFee<'info> {
        ChargeFee {
            payer,
            economy: self.economy.to_account_info(),
            meter: self.meter.to_account_info(),
            mint: self.mint.to_account_info(),
            payer_tokens: self.payer_tokens.to_account_info(),
            vault: self.fee_vault.to_account_info(),
            token_program: self.token_program.to_account_info(),
        }
    }
}

/// Accounts of `open_shop`.
#[derive(Accounts)]
pub struct OpenShop<'info> {
    /// Pays the rent.
    #[account(mut)]
    pub owner: Signer<'info>,
    /// Created.
    #[account(
        init,
        payer = owner,
        space = 8 + Shop::INIT_SPACE,
        seeds = [SHOP, owner.key().as_ref()],
        bump
    )]
    pub shop: Account<'info, Shop>,
    /// An account of Homeostat's, or it does not load.
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's mint.
    #[account(address = economy.load()?.mint)]
    pub mint: InterfaceAccount<'info, Mint>,
    /// Paid by customers.
    #[account(token::mint = mint)]
    pub till: InterfaceAccount<'info, TokenAccount>,
    /// Creates the account.
    pub system_program: Program<'info, System>,
}

/// Accounts of `subscribe`.
#[derive(Accounts)]
pub struct Subscribe<'info> {
    /// Pays.
    #[account(mut)]
    pub customer: Signer<'info>,
    /// Subscribed to.
    #[account(has_one = till, constraint = shop.economy == charge.economy.key())]
    pub shop: Box<Account<'info, Shop>>,
    /// Created.
    #[account(
        init,
        payer = customer,
        space = 8 + Subscription::INIT_SPACE,
        seeds = [SUBSCRIPTION, shop.key().as_ref(), customer.key().as_ref()],
        bump
    )]
    pub subscription: Box<Account<'info, Subscription>>,
    /// Credited.
    #[account(mut)]
    pub till: Box<InterfaceAccount<'info, TokenAccount>>,
    /// What the charge takes along.
    pub charge: Charge<'info>,
    /// Creates the account.
    pub system_program: Program<'info, System>,
}

/// Accounts of `renew`.
#[derive(Accounts)]
pub struct Renew<'info> {
    /// Subscribed to.
    #[account(has_one = till, constraint = shop.economy == charge.economy.key())]
    pub shop: Box<Account<'info, Shop>>,
    /// Renewed.
    #[account(mut, has_one = shop, constraint = subscription.tokens == charge.payer_tokens.key())]
    pub subscription: Box<Account<'info, Subscription>>,
    /// Credited.
    #[account(mut)]
    pub till: Box<InterfaceAccount<'info, TokenAccount>>,
    /// What the charge takes along.
    pub charge: Charge<'info>,
}

/// Accounts of `tip`.
#[derive(Accounts)]
pub struct Tip<'info> {
    /// Pays.
    pub customer: Signer<'info>,
    /// Tipped.
    #[account(has_one = till, constraint = shop.economy == charge.economy.key())]
    pub shop: Box<Account<'info, Shop>>,
    /// Credited.
    #[account(mut)]
    pub till: Box<InterfaceAccount<'info, TokenAccount>>,
    /// What the charge takes along.
    pub charge: Charge<'info>,
}

/// Accounts of `cancel`.
#[derive(Accounts)]
pub struct Cancel<'info> {
    /// Gets the rent back.
    #[account(mut)]
    pub customer: Signer<'info>,
    /// Closed.
    #[account(mut, has_one = customer, close = customer)]
    pub subscription: Account<'info, Subscription>,
}
