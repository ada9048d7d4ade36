//! Starts the clock of a Draft, once and for all.

use anchor_lang::prelude::*;
use anchor_spl::token_interface::{Mint, TokenAccount, TokenInterface};
use homeostat_control::{create, GuardState};

use crate::{
    error::{check, HomeostatError},
    events::{publish, WentLive},
    instructions::{
        control::gather,
        tokens::{token_owner, Authority, Token},
    },
    state::{log, mint_rules, ConfigRecord, Council, DecisionLog, Economy, Parameter},
};

/// Accounts of `go_live`; after them the excluded token accounts, in order.
#[event_cpi]
#[derive(Accounts)]
pub struct GoLive<'info> {
    /// The creator of the economy, who starts it.
    pub creator: Signer<'info>,
    /// The economy; it must be a Draft with a council and a native pool.
    #[account(
        mut,
        has_one = creator @ HomeostatError::Unauthorized,
        has_one = mint,
        has_one = authority,
        has_one = reward_vault,
        has_one = log,
        has_one = council,
    )]
    pub economy: AccountLoader<'info, Economy>,
    /// The mint of the economy's token; in Mint mode its supply rises.
    #[account(mut, dup, mint::token_program = token_program)]
    pub mint: Box<InterfaceAccount<'info, Mint>>,
    /// The economy's data-less address that signs for its mint and vaults.
    pub authority: SystemAccount<'info>,
    /// The economy's reward vault; in Mint mode the first period's rewards are minted into it.
    #[account(mut, dup)]
    pub reward_vault: Box<InterfaceAccount<'info, TokenAccount>>,
    /// The economy's decision log; its first records are the controllers' configurations.
    #[account(mut)]
    pub log: AccountLoader<'info, DecisionLog>,
    /// The economy's council, all of whose roles were accepted.
    pub council: AccountLoader<'info, Council>,
    /// The token program that the mint belongs to.
    pub token_program: Interface<'info, TokenInterface>,
}

/// What remains to be minted and published after the clock was started.
struct Opening {
    /// Tokens to mint ahead (base units).
    ahead: u64,
    /// The log records' bytes, back to back.
    records: Vec<u8>,
    /// The stored configurations' bytes, back to back.
    configs: Vec<u8>,
}

impl<'info> GoLive<'info> {
    fn validate(&self) -> Result<()> {
        // economy
        let economy = self.economy.load()?;
        economy.require_draft()?;
        economy.validate()?;
        require!(economy.pool_count > 0, HomeostatError::NativePoolMissing);

        // mint
        let mint = (*self.mint).as_ref();
        let supply = self.mint.supply;
        mint_rules::require_safe(mint, &economy.authority)?;
        if economy.mints() {
            require!(
                mint_rules::has_mint_authority(mint, &economy.authority)?,
                HomeostatError::MintAuthorityNotHeld
            );
            check("hard_cap", supply <= economy.limits.hard_cap)?;
        }
        require!(supply > 0, HomeostatError::NoSupply);
        check("supply_floor", economy.limits.supply_floor <= supply)?;

        // rewards: a Funded economy with an empty vault would promise what nobody has given
        require!(
            economy.mints() || economy.totals.supplied > 0,
            HomeostatError::NoFunds
        );

        // council: without one that can decide nothing could ever be changed or paused
        self.council.load()?.require_accepted()
    }

    /// Starts the clock, the controllers, the stream and the log at `now` (unix seconds).
    #[inline(never)]
    fn open(&self, remaining: &'info [AccountInfo<'info>], now: i64) -> Result<Opening> {
        let supply = self.mint.supply;
        let mut economy = self.economy.load_mut()?;
        // Compares `remaining` with the economy's own list, whose entries differ, so that
        // no balance is counted twice.
        let excluded = gather::excluded_balance(&economy, remaining)?;
        // The economy's own vaults do not circulate anyway, and would be deducted twice.
        let ours = remaining
            .iter()
            .any(|info| token_owner(info) == Some(economy.authority));
        check("excluded", !ours)?;
        economy.go_live(supply, excluded, now)?;

        let mut records = Vec::with_capacity(Parameter::ALL.len());
        let mut configs = Vec::new();
        for (controller, parameter) in economy.controllers.iter_mut().zip(Parameter::ALL) {
            let state = create(&controller.config(), now)
                .map_err(|_| error!(HomeostatError::InvalidParameter))?;
            controller.remember(&state);
            controller.guard = (&GuardState::new(now)).into();
            controller.envelope.anchor_all(&controller.config);
            records.push(ConfigRecord::new(parameter, controller, now));
            configs.extend_from_slice(bytemuck::bytes_of(&controller.config));
        }
        let ahead = economy.open_period(supply, now)?;
        log::append(&self.log, &log::Place::DECISIONS, &mut records)?;
        Ok(Opening {
            ahead,
            records: bytemuck::cast_slice(&records).to_vec(),
            configs,
        })
    }

    /// Mints the first period's rewards (base units) and checks the invariant.
    #[inline(never)]
    fn mint_ahead(&self, ahead: u64, now: i64) -> Result<()> {
        let authority = Authority {
            info: &self.authority,
            economy: &self.economy.key(),
            bump: [self.economy.load()?.authority_bump],
        };
        let token = Token {
            mint: &self.mint,
            program: &self.token_program,
        };
        let supply = token.mint_to(&self.reward_vault, &authority, ahead)?;
        let mut economy = self.economy.load_mut()?;
        economy.supply_rewards(ahead)?;
        economy.invariant(supply, now)
    }

    fn event(&self, opening: Opening, now: i64) -> Result<WentLive> {
        let economy = self.economy.load()?;
        Ok(WentLive {
            economy: self.economy.key(),
            at: now,
            supply: economy.totals.supply,
            circulating: economy.totals.circulating,
            excluded: economy.excluded_balance,
            minted: opening.ahead,
            emit_until: economy.stream.emit_until,
            records: opening.records,
            configs: opening.configs,
        })
    }
}

/// The creator calls it.
///
/// 1. Checks the Draft as a whole, and the mint.
/// 2. Starts the clock, the controllers and the stream; logs the configurations.
/// 3. In Mint mode, mints the first period's rewards ahead.
pub fn go_live<'info>(ctx: Context<'info, GoLive<'info>>) -> Result<()> {
    let now = Clock::get()?.unix_timestamp;
    ctx.accounts.validate()?;
    let opening = ctx.accounts.open(ctx.remaining_accounts, now)?;
    ctx.accounts.mint_ahead(opening.ahead, now)?;
    let event = ctx.accounts.event(opening, now)?;
    publish(&ctx.accounts.event_authority, &event)
}
