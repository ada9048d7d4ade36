//! Creates an economy in Draft, with its vaults and its decision log.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};

use crate::{
    constants::*,
    error::check,
    events::{publish, EconomyCreated},
    seeds,
    state::{
        controller::Controller, defaults, log::Ring, mint_rules, DecisionLog, Economy, Funding,
        Life, Parameter,
    },
};

/// The choices of a new economy that have no default.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct EconomyArgs {
    /// Where the economy's rewards come from.
    pub funding: Funding,
    /// The length of a period (seconds), 60 to 2,592,000 (30 d); it never changes.
    pub period: u32,
    /// The highest supply that emission may lead to (base units).
    pub hard_cap: u64,
    /// Funded economies only: who gets back what is not spent, and may recall what is not
    /// promised; none = it stays, and goes to the treasury at the end.
    pub sponsor: Option<Pubkey>,
}

/// Accounts of `create_economy`.
#[event_cpi]
#[derive(Accounts)]
pub struct CreateEconomy<'info> {
    /// Pays the rent, configures the Draft and gets the rent back if it is closed.
    #[account(mut)]
    pub creator: Signer<'info>,
    /// The mint of the economy's token.
    #[account(mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// The economy; it is created.
    #[account(
        init,
        payer = creator,
        space = Economy::SPACE,
        seeds = [seeds::ECONOMY, mint.key().as_ref(), creator.key().as_ref()],
        bump,
    )]
    pub economy: AccountLoader<'info, Economy>,
    /// The economy's data-less address that will sign for its mint and vaults.
    #[account(seeds = [seeds::AUTHORITY, economy.key().as_ref()], bump)]
    pub authority: SystemAccount<'info>,
    /// The economy's data-less address whose lamports will pay for cranks.
    #[account(seeds = [seeds::KEEPER, economy.key().as_ref()], bump)]
    pub keeper_vault: SystemAccount<'info>,
    /// The economy's reward vault, which claims are paid from; it is created.
    #[account(
        init,
        payer = creator,
        token::mint = mint,
        token::authority = authority,
        token::token_program = token_program,
        seeds = [seeds::REWARDS, economy.key().as_ref()],
        bump,
    )]
    pub reward_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The economy's treasury vault; it is created.
    #[account(
        init,
        payer = creator,
        token::mint = mint,
        token::authority = authority,
        token::token_program = token_program,
        seeds = [seeds::TREASURY, economy.key().as_ref()],
        bump,
    )]
    pub treasury_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The economy's decision log; it is created.
    #[account(
        init,
        payer = creator,
        space = DecisionLog::space(LOG_INITIAL_CAPACITY),
        seeds = [seeds::LOG, economy.key().as_ref()],
        bump,
    )]
    pub log: AccountLoader<'info, DecisionLog>,
    /// The token program that the mint belongs to.
    pub token_program: Interface<'info, TokenInterface>,
    /// The system program, which creates the accounts.
    pub system_program: Program<'info, System>,
}

impl CreateEconomy<'_> {
    /// A freeze authority is refused from the start, because a vault that was frozen in Draft
    /// stays frozen for ever once the authority is revoked, and would block collect.
    fn validate(&self) -> Result<()> {
        mint_rules::require_safe((*self.mint).as_ref(), self.authority.key)
    }

    #[inline(never)]
    fn set_up_economy(&self, args: &EconomyArgs, bumps: &CreateEconomyBumps) -> Result<()> {
        let mut economy = self.economy.load_init()?;
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
        economy.sponsor = self.sponsor(args)?;
        economy.limits = defaults::limits(args.period, args.hard_cap);
        // The defaults of the controllers divide by the period.
        economy.validate_limits()?;
        for (controller, parameter) in economy.controllers.iter_mut().zip(Parameter::ALL) {
            let config = defaults::config(parameter, args.period);
            *controller = Controller {
                config: (&config).into(),
                guard_config: (&defaults::guard(parameter, args.period)).into(),
                ..Controller::default()
            };
            controller.set_wiring(&defaults::wiring(parameter));
        }
        economy.validate()
    }

    /// The sponsor as it is stored. Refuses one in Mint mode, where nobody funds anything; the
    /// zero address, which reads as nobody; and the economy's own authority, to whose vaults a
    /// payment would be none (`InvalidParameter`).
    fn sponsor(&self, args: &EconomyArgs) -> Result<Pubkey> {
        let Some(sponsor) = args.sponsor else {
            return Ok(Pubkey::default());
        };
        let sound = args.funding == Funding::Funded
            && sponsor != Pubkey::default()
            && sponsor != self.authority.key();
        check("sponsor", sound)?;
        Ok(sponsor)
    }

    fn set_up_log(&self, bump: u8) -> Result<()> {
        let mut log = self.log.load_init()?;
        log.bump = bump;
        log.economy = self.economy.key();
        log.ring = Ring::new(LOG_INITIAL_CAPACITY);
        Ok(())
    }
}

/// The creator calls it and pays the rent.
///
/// 1. Creates economy, vaults and decision log, by their attributes, and checks the mint.
/// 2. Fills in the arguments and the default controllers and limits, and checks the whole.
/// 3. Publishes the new economy.
pub fn create_economy(ctx: Context<CreateEconomy>, args: EconomyArgs) -> Result<()> {
    let accounts = &ctx.accounts;
    accounts.validate()?;
    accounts.set_up_economy(&args, &ctx.bumps)?;
    accounts.set_up_log(ctx.bumps.log)?;
    publish(
        &ctx.accounts.event_authority,
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
