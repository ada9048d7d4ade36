//! Creates an economy in Draft, with its vaults and its decision log.

use crate::framework::prelude::*;
use anchor_spl::token_interface::TokenInterface;

use crate::{
    constants::*,
    events::{emit, EconomyCreated},
    instructions::shared::*,
    seeds,
    state::{
        controller::Controller, defaults, log::Ring, mint_rules, DecisionLog, Economy, Funding,
        Life, Metric, Parameter,
    },
};

/// What cannot be left to a default.
#[derive(AnchorSerialize, Clone, Copy, Debug)]
pub struct EconomyArgs {
    /// Where rewards come from.
    pub funding: Funding,
    /// Period (seconds), 60 to 31,536,000; immutable.
    pub period: u32,
    /// Highest supply that emission may lead to (base units).
    pub hard_cap: u64,
}

/// Accounts of `create_economy`.
#[event_cpi]
#[derive(Accounts)]
pub struct CreateEconomy<'info> {
    /// Pays the rent, configures the Draft.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// The economy's token.
    /// CHECK: a mint of the token program, read with its rules.
    pub mint: UncheckedAccount<'info>,
    /// Created.
    /// CHECK: by its seeds.
    #[account(mut)]
    pub economy: UncheckedAccount<'info>,
    /// Signs for the economy's mint and vaults: its data-less address.
    /// CHECK: by its seeds.
    pub authority: UncheckedAccount<'info>,
    /// Lamports for bounties; data-less.
    /// CHECK: by its seeds.
    pub keeper_vault: UncheckedAccount<'info>,
    /// Created.
    /// CHECK: by its seeds.
    #[account(mut)]
    pub reward_vault: UncheckedAccount<'info>,
    /// Created.
    /// CHECK: by its seeds.
    #[account(mut)]
    pub treasury_vault: UncheckedAccount<'info>,
    /// Created.
    /// CHECK: by its seeds.
    #[account(mut)]
    pub log: UncheckedAccount<'info>,
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
    /// Creates the accounts.
    pub system_program: Program<'info, System>,
}

/// Canonical bumps of the addresses that the economy signs for or is found at.
struct Bumps {
    economy: u8,
    authority: u8,
    keeper_vault: u8,
    reward_vault: u8,
    treasury_vault: u8,
}

impl<'info> CreateEconomy<'info> {
    fn validate(&self) -> Result<Token<'_, 'info>> {
        let token = Token::read(&self.mint, self.token_program.as_ref())?;
        let data = self.mint.try_borrow_data()?;
        mint_rules::require_safe_extensions(&data, self.authority.key)?;
        // Refused from the start: a vault frozen in Draft stays frozen for ever
        // once the authority is revoked, and would block collect.
        mint_rules::require_no_freeze_authority(&data)?;
        Ok(token)
    }

    /// Creates the four accounts, at their addresses; those of the program stay empty.
    #[inline(never)]
    fn create(&self, token: &Token<'_, 'info>) -> Result<Bumps> {
        let creator = Creator {
            payer: &self.creator,
        };
        let key = self.economy.key.as_ref();
        let (_, economy) = creator.state::<Economy>(
            "economy",
            &self.economy,
            Economy::SPACE,
            &[
                seeds::ECONOMY,
                self.mint.key.as_ref(),
                self.creator.key.as_ref(),
            ],
        )?;
        let vault = |name, account, seed| {
            creator.vault(name, account, token, self.authority.key, &[seed, key])
        };
        let reward_vault = vault("reward_vault", &self.reward_vault, seeds::REWARDS)?;
        let treasury_vault = vault("treasury_vault", &self.treasury_vault, seeds::TREASURY)?;
        let (mut log, bump) = creator.state::<DecisionLog>(
            "log",
            &self.log,
            DecisionLog::space(LOG_INITIAL_CAPACITY),
            &[seeds::LOG, key],
        )?;
        log.bump = bump;
        log.economy = self.economy.key();
        log.ring = Ring::new(LOG_INITIAL_CAPACITY);
        Ok(Bumps {
            economy,
            authority: derived("authority", &self.authority, &[seeds::AUTHORITY, key])?,
            keeper_vault: derived("keeper_vault", &self.keeper_vault, &[seeds::KEEPER, key])?,
            reward_vault,
            treasury_vault,
        })
    }

    #[inline(never)]
    fn apply(&'info self, args: &EconomyArgs, decimals: u8, bumps: &Bumps) -> Result<()> {
        let loader = loader::<Economy>(self.economy.as_ref())?;
        let mut economy = loader.open_mut()?;
        economy.bump = bumps.economy;
        economy.authority_bump = bumps.authority;
        economy.keeper_bump = bumps.keeper_vault;
        economy.rewards_bump = bumps.reward_vault;
        economy.treasury_bump = bumps.treasury_vault;
        economy.life = Life::Draft as u8;
        economy.funding = args.funding as u8;
        economy.decimals = decimals;
        economy.mint = self.mint.key();
        economy.token_program = self.token_program.key();
        economy.creator = self.creator.key();
        economy.authority = self.authority.key();
        economy.keeper_vault = self.keeper_vault.key();
        economy.reward_vault = self.reward_vault.key();
        economy.treasury_vault = self.treasury_vault.key();
        economy.log = self.log.key();
        economy.limits = defaults::limits(args.period, args.hard_cap);
        for parameter in Parameter::ALL {
            let config = defaults::config(parameter, args.period);
            let controller = economy
                .controllers
                .get_mut(parameter.index())
                .ok_or(crate::error::HomeostatError::InvariantViolated)?;
            *controller = Controller {
                config: (&config).into(),
                guard_config: (&defaults::guard(parameter)).into(),
                metric: Metric::default_for(parameter) as u8,
                ..Controller::default()
            };
        }
        economy.validate()
    }
}

/// Handles `create_economy`.
pub fn create_economy<'info>(
    ctx: Context<'info, CreateEconomy<'info>>,
    args: EconomyArgs,
) -> Result<()> {
    let accounts: &'info CreateEconomy<'info> = ctx.accounts;
    let token = accounts.validate()?;
    let bumps = accounts.create(&token)?;
    accounts.apply(&args, token.decimals, &bumps)?;
    emit(
        &accounts.event_authority,
        &EconomyCreated {
            economy: accounts.economy.key(),
            mint: accounts.mint.key(),
            creator: accounts.creator.key(),
            funding: args.funding,
            period: args.period,
            hard_cap: args.hard_cap,
        },
    )
}
