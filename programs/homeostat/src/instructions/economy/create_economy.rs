//! Creates an economy in Draft, with its vaults and its decision log.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use crate::{
    constants::*,
    events::EconomyCreated,
    seeds,
    state::{
        controller::Controller, defaults, mint_rules, DecisionLog, Economy, Funding, Life, Metric,
        Parameter,
    },
};

/// What cannot be left to a default.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
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
    #[account(mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// Created.
    #[account(
        init,
        payer = creator,
        space = Economy::SPACE,
        seeds = [seeds::ECONOMY, mint.key().as_ref(), creator.key().as_ref()],
        bump
    )]
    pub economy: AccountLoader<'info, Economy>,
    /// CHECK: data-less signer, by its seeds.
    #[account(seeds = [seeds::AUTHORITY, economy.key().as_ref()], bump)]
    pub authority: UncheckedAccount<'info>,
    /// CHECK: data-less lamport vault, by its seeds.
    #[account(seeds = [seeds::KEEPER, economy.key().as_ref()], bump)]
    pub keeper_vault: UncheckedAccount<'info>,
    /// Created.
    #[account(
        init,
        payer = creator,
        seeds = [seeds::REWARDS, economy.key().as_ref()],
        bump,
        token::mint = mint,
        token::authority = authority,
        token::token_program = token_program
    )]
    pub reward_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Created.
    #[account(
        init,
        payer = creator,
        seeds = [seeds::TREASURY, economy.key().as_ref()],
        bump,
        token::mint = mint,
        token::authority = authority,
        token::token_program = token_program
    )]
    pub treasury_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// Created.
    #[account(
        init,
        payer = creator,
        space = DecisionLog::space(LOG_INITIAL_CAPACITY),
        seeds = [seeds::LOG, economy.key().as_ref()],
        bump
    )]
    pub log: AccountLoader<'info, DecisionLog>,
    /// Of the mint.
    pub token_program: Interface<'info, TokenInterface>,
    /// Creates the accounts.
    pub system_program: Program<'info, System>,
}

impl CreateEconomy<'_> {
    fn validate(&self) -> Result<()> {
        let mint = self.mint.to_account_info();
        let data = mint.try_borrow_data()?;
        mint_rules::require_safe_extensions(&data, &self.authority.key())?;
        // Refused from the start: a vault frozen in Draft stays frozen for ever
        // once the authority is revoked, and would block collect.
        mint_rules::require_no_freeze_authority(&data)
    }

    #[inline(never)]
    fn apply(&self, args: &EconomyArgs, bumps: &CreateEconomyBumps) -> Result<()> {
        let mut economy = self.economy.load_init()?;
        economy.version = LAYOUT_VERSION;
        economy.bump = bumps.economy;
        economy.authority_bump = bumps.authority;
        economy.keeper_bump = bumps.keeper_vault;
        economy.rewards_bump = bumps.reward_vault;
        economy.treasury_bump = bumps.treasury_vault;
        economy.life = Life::Draft as u8;
        economy.funding = args.funding as u8;
        economy.decimals = self.mint.decimals;
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
                metric: Metric::default_for(parameter) as u8,
                ..Controller::default()
            };
        }
        economy.validate()?;

        let mut log = self.log.load_init()?;
        log.version = LAYOUT_VERSION;
        log.bump = bumps.log;
        log.economy = self.economy.key();
        log.capacity = LOG_INITIAL_CAPACITY;
        log.allocated = LOG_INITIAL_CAPACITY;
        Ok(())
    }
}

/// Handles `create_economy`.
pub fn create_economy(ctx: Context<CreateEconomy>, args: EconomyArgs) -> Result<()> {
    ctx.accounts.validate()?;
    ctx.accounts.apply(&args, &ctx.bumps)?;
    emit_cpi!(EconomyCreated {
        economy: ctx.accounts.economy.key(),
        mint: ctx.accounts.mint.key(),
        creator: ctx.accounts.creator.key(),
        funding: args.funding,
        period: args.period,
        hard_cap: args.hard_cap,
    });
    Ok(())
}
