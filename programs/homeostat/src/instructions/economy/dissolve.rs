//! Closes a retired economy that is empty, with everything that is left of it. Rent goes to the
//! recorded payers. Anyone may call it.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use super::closing::{close_part, close_vault};
use crate::{
    error::HomeostatError,
    events::{publish, EconomyDissolved},
    instructions::{
        lamports::pay_from_keeper_vault,
        tokens::{Authority, Token},
    },
    seeds,
    state::{AuditLog, Council, DecisionLog, Economy, Feed, Life, Meter, Pool},
};

/// Part of the supply that is dust at most: a millionth.
const DUST_PART: u64 = 1_000_000;
/// Accounts that `dissolve` is given for each meter: meter, vault, payer.
const ACCOUNTS_OF_METER: usize = 3;
/// Accounts that `dissolve` is given for each feed: feed, payer.
const ACCOUNTS_OF_FEED: usize = 2;

/// Accounts of `dissolve`; after them, for each meter in order: meter, vault, payer; for each
/// feed in order: feed, payer.
#[event_cpi]
#[derive(Accounts)]
pub struct Dissolve<'info> {
    /// The economy's creator, who gets the rent of what the creator paid for, and the keeper
    /// vault's lamports.
    /// CHECK: bound by `economy.creator`; it only receives lamports.
    #[account(mut)]
    pub creator: UncheckedAccount<'info>,
    /// The economy; it must be retired and empty, and is closed.
    #[account(
        mut,
        close = creator,
        has_one = creator,
        has_one = mint,
        has_one = authority,
        has_one = reward_vault,
        has_one = treasury_vault,
        has_one = council,
        has_one = log,
        has_one = keeper_vault,
    )]
    pub economy: AccountLoader<'info, Economy>,
    /// The mint of the economy's token; dust in vaults is burned.
    #[account(mut, dup, mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// The economy's data-less address that signs for its mint and vaults.
    pub authority: SystemAccount<'info>,
    /// The native pool; it must be without positions, and is closed. The creator paid its
    /// rent, because only a Draft gets one.
    #[account(
        mut,
        close = creator,
        seeds = [seeds::POOL, economy.key().as_ref(), mint.key().as_ref()],
        bump = pool.load()?.bump,
        has_one = principal_vault,
    )]
    pub pool: AccountLoader<'info, Pool>,
    /// The native pool's vault; it is closed.
    #[account(mut, dup)]
    pub principal_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The economy's reward vault; it must be empty, and is closed.
    #[account(mut, dup)]
    pub reward_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The economy's treasury vault; it must be empty, and is closed.
    #[account(mut, dup)]
    pub treasury_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The economy's council; no proposal may be open, and it is closed.
    #[account(mut, close = creator, has_one = audit)]
    pub council: AccountLoader<'info, Council>,
    /// The council's audit log; it is closed.
    #[account(mut, close = creator)]
    pub audit: AccountLoader<'info, AuditLog>,
    /// The economy's decision log; it is closed.
    #[account(mut, close = creator)]
    pub log: AccountLoader<'info, DecisionLog>,
    /// The economy's lamports for cranks; they go to the creator.
    #[account(mut)]
    pub keeper_vault: SystemAccount<'info>,
    /// The token program that the mint belongs to.
    pub token_program: Interface<'info, TokenInterface>,
    /// The system program, which moves the keeper vault's lamports.
    pub system_program: Program<'info, System>,
}

/// The accounts after the fixed ones. None can be passed twice: each is compared with the
/// address that the economy or a part of it stores for that very place, and payers only
/// receive lamports.
struct Parts<'info> {
    meters: &'info [AccountInfo<'info>],
    feeds: &'info [AccountInfo<'info>],
}

impl<'info> Parts<'info> {
    /// Splits `remaining`. Refuses other accounts than the economy's meters and feeds with
    /// their recorded payers (`WrongRemainingAccounts`), and a meter with uncollected fees
    /// (`EconomyInUse`). The counts are small, so no product saturates.
    #[inline(never)]
    fn of(economy: &Economy, remaining: &'info [AccountInfo<'info>]) -> Result<Self> {
        let count = economy.active_meters().len();
        let (meters, feeds) = remaining
            .split_at_checked(count.saturating_mul(ACCOUNTS_OF_METER))
            .ok_or(HomeostatError::WrongRemainingAccounts)?;
        let parts = Self { meters, feeds };
        let own_meters = meters
            .iter()
            .step_by(ACCOUNTS_OF_METER)
            .map(|info| info.key);
        let own_feeds = feeds.iter().step_by(ACCOUNTS_OF_FEED).map(|info| info.key);
        let whole = own_meters.eq(economy.active_meters())
            && own_feeds.eq(economy.active_feeds())
            && feeds.len()
                == economy
                    .active_feeds()
                    .len()
                    .saturating_mul(ACCOUNTS_OF_FEED);
        require!(whole, HomeostatError::WrongRemainingAccounts);
        for accounts in parts.meters.chunks_exact(ACCOUNTS_OF_METER) {
            require_meter(accounts)?;
        }
        for accounts in parts.feeds.chunks_exact(ACCOUNTS_OF_FEED) {
            require_feed(accounts)?;
        }
        Ok(parts)
    }
}

/// Refuses other accounts than the meter's own, and uncollected fees.
fn require_meter<'info>(accounts: &'info [AccountInfo<'info>]) -> Result<()> {
    let [meter, vault, payer] = accounts else {
        return Err(error!(HomeostatError::WrongRemainingAccounts));
    };
    let loader = AccountLoader::<Meter>::try_from(meter)?;
    let meter = loader.load()?;
    require!(
        *vault.key == meter.vault && *payer.key == meter.payer,
        HomeostatError::WrongRemainingAccounts
    );
    require!(meter.liability()? == 0, HomeostatError::EconomyInUse);
    Ok(())
}

/// Refuses another payer than the feed's own.
fn require_feed<'info>(accounts: &'info [AccountInfo<'info>]) -> Result<()> {
    let [feed, payer] = accounts else {
        return Err(error!(HomeostatError::WrongRemainingAccounts));
    };
    require!(
        *payer.key == AccountLoader::<Feed>::try_from(feed)?.load()?.payer,
        HomeostatError::WrongRemainingAccounts
    );
    Ok(())
}

impl<'info> Dissolve<'info> {
    /// Refuses an economy that is not retired (`NotRetired`) or not empty (`EconomyInUse`). A
    /// vault is empty when it contains at most the smallest stake: otherwise anybody could
    /// keep an economy from being closed by giving it a base unit. More than a millionth of the
    /// supply is no dust, whatever the smallest stake: else a council could have a treasury
    /// burned that it could not take.
    #[inline(never)]
    fn validate(&self, remaining: &'info [AccountInfo<'info>]) -> Result<Parts<'info>> {
        let economy = self.economy.load()?;
        require!(
            economy.life == Life::Retired as u8,
            HomeostatError::NotRetired
        );
        let dust = self.mint.supply.div_euclid(DUST_PART).max(1);
        let dust = dust.min(economy.limits.min_stake);
        let empty = |vault: &InterfaceAccount<TokenAccount>| vault.amount <= dust;
        require!(
            economy.successor == Pubkey::default()
                && economy.active_pools().count() == 1
                && self.pool.load()?.positions == 0
                && self.council.load()?.open == 0
                && empty(&self.reward_vault)
                && empty(&self.treasury_vault),
            HomeostatError::EconomyInUse
        );
        Parts::of(&economy, remaining)
    }

    /// Closes every vault, and empties the keeper vault.
    #[inline(never)]
    fn close_vaults(&self, parts: &Parts<'info>) -> Result<()> {
        let key = self.economy.key();
        let (bump, keeper_bump) = {
            let economy = self.economy.load()?;
            (economy.authority_bump, economy.keeper_bump)
        };
        let authority = Authority {
            info: &self.authority,
            economy: &key,
            bump: [bump],
        };
        let token = Token {
            mint: &self.mint,
            program: &self.token_program,
        };
        for accounts in parts.meters.chunks_exact(ACCOUNTS_OF_METER) {
            let [_, vault, payer] = accounts else {
                return Err(error!(HomeostatError::WrongRemainingAccounts));
            };
            let vault = Box::new(InterfaceAccount::try_from(vault)?);
            close_vault(&token, &vault, payer, &authority)?;
        }
        close_vault(&token, &self.principal_vault, &self.creator, &authority)?;
        close_vault(&token, &self.reward_vault, &self.creator, &authority)?;
        close_vault(&token, &self.treasury_vault, &self.creator, &authority)?;
        pay_from_keeper_vault(
            &self.keeper_vault,
            &self.creator,
            &self.system_program,
            &key,
            keeper_bump,
            self.keeper_vault.lamports(),
        )
    }

    /// Closes meters and feeds.
    fn close_parts(parts: &Parts<'info>) -> Result<()> {
        for accounts in parts.meters.chunks_exact(ACCOUNTS_OF_METER) {
            if let [meter, _, payer] = accounts {
                close_part::<Meter>(meter, payer)?;
            }
        }
        for accounts in parts.feeds.chunks_exact(ACCOUNTS_OF_FEED) {
            if let [feed, payer] = accounts {
                close_part::<Feed>(feed, payer)?;
            }
        }
        Ok(())
    }
}

/// Anyone calls it, once nothing is left that belongs to anybody.
///
/// 1. Refuses an economy that is not retired, or not empty: a mint authority that is offered,
///    a liquidity pool, a position, an open proposal, uncollected fees, or tokens in a vault.
/// 2. Closes the vaults, and empties the keeper vault.
/// 3. Closes the program's own accounts, after the last call of another program: the runtime
///    would refuse that call if lamports had been moved by hand before it. What is named here
///    is closed last, by its attributes.
pub fn dissolve<'info>(ctx: Context<'info, Dissolve<'info>>) -> Result<()> {
    let accounts = &ctx.accounts;
    let parts = accounts.validate(ctx.remaining_accounts)?;
    accounts.close_vaults(&parts)?;
    Dissolve::close_parts(&parts)?;
    publish(
        &accounts.event_authority,
        &EconomyDissolved {
            economy: accounts.economy.key(),
            creator: accounts.creator.key(),
        },
    )
}
